"""What README.md says is what is there."""

import json
import re
from pathlib import Path

import pytest
import yaml

from project import ROOT

README = (ROOT / "README.md").read_text()
METRICS = json.loads((ROOT / "metrics/metrics.json").read_text())


def cells(line: str) -> list[str]:
    return [cell.strip(" `*") for cell in line.strip("|").split("|")]


TABLES = [cells(line) for line in README.splitlines() if line.startswith("|")]


def test_the_metrics_shown_are_the_committed_ones():
    """The block after `make repro`, the first table, and the sentence that judges it."""
    lines = (ROOT / "metrics/metrics.json").read_text().splitlines()
    baseline = METRICS["baseline"]

    assert "".join(f"    {line}\n" for line in lines) in README
    assert dict(TABLES[2:7]) == {
        "mean of the training months": str(baseline["mean"]),
        "the tutorial's network, mean of ten seeds": str(METRICS["test"]["rmse"]),
        "linear regression on the same four series": str(baseline["linear"]),
        "last month's figure, carried forward": str(baseline["persistence"]),
        "the line between the neighbouring training months": str(baseline["neighbours"]),
    }
    assert f"against last month's figure is {METRICS['skill']}: " in README


def test_one_member_is_the_tutorials_network(reproduced, tmp_path):
    """The README quotes what `train.members=1` gives: close to the tutorial's figures."""
    clone = reproduced.copy(tmp_path / "clone")
    clone.edit("params.yaml", "members: 10", "members: 1")
    clone.repro()
    scores = json.loads((clone.path / "metrics/metrics.json").read_text())
    train, test = scores["train"]["rmse"], scores["test"]["rmse"]

    assert f"first seed has {train} and {test}." in README
    assert 1835 < train < 1870
    assert 1808 < test < 1838


def test_the_table_of_parameters_is_params_yaml():
    """Every parameter with its committed value, in the file's order."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text())

    assert [(name, value) for name, value, *_ in TABLES if "." in name] == [
        (f"{section}.{key}", ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for section, values in params.items()
        for key, value in values.items()
    ]


def test_the_ratios_of_times_are_those_of_the_benchmark():
    """The medians in the table that `make bench` wrote."""
    table = (ROOT / "benchmarks/README.md").read_text()
    rows = {(title, against): ratio for title, _, against, ratio, *_ in bench_rows(table)}
    in_full = "the usual pipeline in full"

    assert (
        f"from nothing takes {rows['dvc repro from nothing', in_full]} of what the same work takes "
        f"when written the usual way, `dvc exp run -S train.epochs=50` "
        f"{rows['dvc exp run -S train.epochs=50', in_full]}, and scoring "
        f"{rows['scoring 173 rows', 'Keras']} of a process that loads Keras"
    ) in README


def bench_rows(text: str) -> list[list[str]]:
    report = text.partition("<!-- report -->")[2].partition("<!-- end of report -->")[0]
    lines = [line.replace("`", "") for line in report.splitlines() if line.startswith("|")]
    return [cells(line) for line in lines[2:]]


@pytest.mark.parametrize(
    "file", ["README.md", "data/README.md", "benchmarks/README.md", "recipes/README.md"]
)
def test_links_and_targets_exist(file):
    """Every file that is linked is there, and so is every target of make."""
    text = (ROOT / file).read_text()
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / Path(file).parent / link).exists(), link
    for target in re.findall(r"^    make (\w+)|`make (\w+)`", text, re.MULTILINE):
        assert set(target) - {""} <= set(targets)


def test_the_tree_names_the_files_that_are_there():
    """Every script of stages/ and tools/, and every file that a stage makes."""
    tree = README.partition("## What is where")[2]

    assert set(re.findall(r"(\w+\.py)", tree)) == {
        path.name for folder in ("stages", "tools") for path in (ROOT / folder).glob("*.py")
    }
    for path in ["dvc.yaml", "dvc.lock", "params.yaml", *re.findall(r"metrics/\w+\.\w+", tree)]:
        assert (ROOT / path).exists(), path
