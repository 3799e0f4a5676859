"""What README.md says is what is there."""

import json
import re

import pandas as pd
import yaml

from regression.params import shown
from regression.scores.scores import rmse
from tests.project import FROZEN, PARAMS, README, ROOT, TOOLS, quoted

pytestmark = quoted
METRICS = json.loads((FROZEN / "metrics/metrics.json").read_text())


def cells(line: str) -> list[str]:
    return [cell.strip(" `*") for cell in line.strip("|").split("|")]


TABLES = [cells(line) for line in README.splitlines() if line.startswith("|")]


def test_the_metrics_shown_are_the_tutorials():
    """The first table, and the sentence that judges it."""
    baseline = METRICS["baseline"]

    assert dict(TABLES[2:7]) == {
        "mean of the training months": str(baseline["mean"]),
        "the tutorial's network, mean of ten seeds": str(METRICS["test"]["rmse"]),
        "linear regression on the same four series": str(baseline["linear"]),
        "last month's figure, carried forward": str(baseline["persistence"]),
        "the line between the neighbouring training months": str(baseline["neighbours"]),
    }
    assert f"against last month's figure is {METRICS['skill']}: " in README


def test_the_line_shown_is_what_evaluate_prints(reproduced):
    """In the output of `make repro`."""
    printed = (reproduced.path.parent / "printed.txt").read_text()
    (shown,) = re.findall("^    (evaluate: .*)", README, re.MULTILINE)

    assert f"\n{shown}\n" in printed


def test_one_member_is_the_tutorials_network(rows):
    """The README quotes what `train.members=1` gives: close to the tutorial's figures."""
    from tools.in_process import train_and_predict

    params = PARAMS.train.model_copy(update={"members": 1})
    predicted = train_and_predict(rows[0], pd.concat(rows), "level", params)[:, 0]
    first = len(rows[0])
    train, test = (
        round(rmse(part["target"], part_predicted), 1)
        for part, part_predicted in zip(rows, (predicted[:first], predicted[first:]), strict=True)
    )

    assert f"first seed has {train} and {test}." in README
    assert 1835 < train < 1870
    assert 1808 < test < 1838


def test_the_table_of_parameters_is_the_tutorials():
    """Every parameter with its value, in the file's order."""
    params = yaml.safe_load((FROZEN / "params.yaml").read_text())

    assert [(name, value) for name, value, *_ in TABLES if "." in name] == [
        (f"{section}.{key}", shown(value))
        for section, values in params.items()
        for key, value in values.items()
    ]


def test_the_queue_trains_as_many_networks_as_it_says():
    """Each experiment takes as many seeds in a row as it has members."""
    shown, other = re.findall(r"[=`]range\(([0-9,]+)\)[`']", TOOLS)
    told = re.search(r"That trains (\d+) networks.*` would train (\d+),", TOOLS)

    assert [networks(shown), networks(other)] == [int(number) for number in told.groups()]


def networks(seeds: str) -> int:
    firsts = range(*map(int, seeds.split(",")))
    return len({first + member for first in firsts for member in range(PARAMS.train.members)})


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
