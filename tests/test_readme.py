"""What README.md says is what is there."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

from project import ROOT

README = (ROOT / "README.md").read_text()
METRICS = json.loads((ROOT / "metrics/metrics.json").read_text())


def cells(line: str) -> list[str]:
    return [cell.strip(" `*") for cell in line.strip("|").split("|")]


TABLES = [cells(line) for line in README.splitlines() if line.startswith("|")]


def test_the_metrics_shown_are_the_committed_ones():
    """The block after `make repro`, and the sentences that quote it."""
    shown = re.search(r"\n    Path +(test\.mae.*)\n    metrics/metrics\.json +(.*)\n", README)
    names, values = shown[1].split(), shown[2].split()

    assert {name: float(value) for name, value in zip(names, values, strict=True)} == {
        f"{part}.{score}": value
        for part, scores in METRICS.items()
        for score, value in scores.items()
    }
    train, test = METRICS["train"]["rmse"], METRICS["test"]["rmse"]
    assert f"here they are {train} and {test}." in README


def test_the_comparison_is_computed_on_the_committed_split(reproduced):
    """Each figure of the first table, worked out again from the raw table."""
    table = pd.read_csv(reproduced.path / "data/economics.csv")
    y = table["unemploy"].to_numpy(float)
    x = table[["pce", "pop", "psavert", "uempmed"]]
    train, test = train_test_split(np.arange(len(table)), test_size=0.30, random_state=40)

    def error(rows, predicted) -> str:
        return f"{np.sqrt(np.mean((y[rows] - predicted) ** 2)):.0f}"

    linear = LinearRegression().fit(x.iloc[train], y[train]).predict(x.iloc[test])
    later = test[test > 0]
    assert dict(TABLES[2:6]) == {
        "mean of the training months": error(test, y[train].mean()),
        "the tutorial's network": f"{METRICS['test']['rmse']:.0f}",
        "linear regression on the same four series": error(test, linear),
        "last month's figure, carried forward": error(later, y[later - 1]),
    }


def test_the_table_of_parameters_is_params_yaml():
    """Every parameter with its committed value, in the file's order."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text())

    assert [(name, value) for name, value, *_ in TABLES if "." in name] == [
        (f"{section}.{key}", ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for section, values in params.items()
        for key, value in values.items()
    ]


@pytest.mark.parametrize("file", ["README.md", "data/README.md", "benchmarks/README.md"])
def test_links_and_targets_exist(file):
    """Every file that is linked is there, and so is every target of make."""
    text = (ROOT / file).read_text()
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / Path(file).parent / link).exists(), link
    for target in re.findall(r"^    make (\w+)|`make (\w+)`", text, re.MULTILINE):
        assert set(target) - {""} <= set(targets)


def test_the_tree_names_the_files_that_are_there():
    """Every script of stages/, and every file that a stage makes."""
    tree = README.partition("## What is where")[2]

    assert set(re.findall(r"(\w+\.py)", tree)) == {
        path.name for path in (ROOT / "stages").glob("*.py")
    }
    for path in ["dvc.yaml", "dvc.lock", "params.yaml", *re.findall(r"metrics/\w+\.\w+", tree)]:
        assert (ROOT / path).exists(), path
