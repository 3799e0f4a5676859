"""Tables of one's own: nothing but data/ and params.yaml is edited, and everything works."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from regression.package import parse_package
from tests.plots import marks, read_plots, told
from tests.project import FROZEN, ROOT, SMALL, Clone

TABLES = ROOT / "tests/tables"


def with_table(repository: Path, path: Path, table: str, **prepare: object) -> Clone:
    """A clone with another table, as data/README.md has it, after `dvc repro`."""
    clone = Clone.of(repository, path)
    for file in (TABLES / table).iterdir():
        shutil.copy(file, clone.path / "data")
    clone.set({**SMALL, **{f"prepare.{name}": value for name, value in prepare.items()}})
    clone.run("dvc add data/table.csv && dvc push data/table.csv.dvc")
    assert clone.repro() == ["prepare", "split", "train", "evaluate"]
    clone.run("git add -A && git commit -qm 'Another table'")
    return clone


def scores(clone: Clone) -> dict:
    return json.loads((clone.path / "metrics/metrics.json").read_text())


def test_a_quarterly_table(repository, tmp_path):
    """Quarters, percents and two decimals, from the pipeline to the forecast and its backtest."""
    clone = with_table(
        repository, tmp_path / "clone", "quarterly", target="unemp", features=["realgdp", "cpi"]
    )
    card = (clone.path / "metrics/model_card.md").read_text()
    predicted = clone.run("python -m tools.predict data/table.csv --output predicted.csv")
    clone.run("dvc exp run -S train.epochs=2")
    review = clone.run("python -m tools.review HEAD")
    clone.run(
        "git restore . && dvc exp run $(cat recipes/forecast) "
        "-S prepare.transform=change -S train.epochs=1 -S train.layers=[4]"
    )
    params = (clone.path / "params.yaml").read_text()
    backtest = clone.run("python -m tools.backtest --horizons 1 4 --rows 150 --refit 150 --details")

    assert card.startswith("# Model card: unemployment rate in the United States\n")
    assert "percent, of the same quarter" in card
    assert predicted.startswith("predict: 203 quarters, the newest 2009-07: unemployment rate ")
    assert "calendar years" in review
    assert " percent (" in review.splitlines()[0]
    assert "  features:\n  - unemp\n  transform: change\n" in params
    assert "forecast so many quarters ahead for 1972-04 to 2009-07" in backtest
    eras = [line.split("|")[2].strip() for line in backtest.splitlines() if line[:1] == "|"]
    assert eras[2:8] == ["oil crisis", "no oil crisis", "all"] * 2
    assert round(scores(clone)["baseline"]["persistence"], 2) == 0.32
    clone.run("python -m tools.plots HEAD")
    for plot in read_plots(clone.path / "dvc_plots/page.html")[:2]:
        points = {"HEAD": 61, "workspace": 57}
        assert Counter(told(point)["revision"] for point in marks(plot, 1)) == points
    for words in ("month", "thousand", "recession"):
        assert words not in card + predicted + review.partition("<details>")[0] + backtest


def test_a_table_without_dates(repository, tmp_path):
    """Rows in the place of dates, and what cannot be is refused in words."""
    clone = with_table(
        repository,
        tmp_path / "clone",
        "cross_section",
        target="progression",
        features=["bmi", "bp", "s5"],
    )
    made = scores(clone)
    card = (clone.path / "metrics/model_card.md").read_text()
    predictions = pd.read_csv(clone.path / "metrics/predictions.csv")
    predicted = clone.run("python -m tools.predict data/table.csv --output predicted.csv")
    clone.run("dvc exp run -S train.epochs=2")
    review = clone.run("python -m tools.review HEAD")
    clone.run("git restore .")
    backtest = clone.run("python -m tools.backtest", returncode=2)
    recipe = clone.run("dvc exp run $(cat recipes/forecast)", returncode=255)

    assert list(made["baseline"]) == ["mean", "linear"]
    assert "skill" not in made
    assert list(predictions)[:5] == ["row", "actual", "predicted", "lower", "upper"]
    assert card.startswith("# Model card: progression after a year\n")
    assert predicted.splitlines()[-1].startswith("predict: 442 rows, the last: progression after")
    assert "jackknife over networks and rows" in review
    assert "test RMSE in" not in review
    assert "a table without dates has nothing to forecast" in backtest
    assert "prepare.transform should be level for a table without dates" in recipe
    clone.run("python -m tools.plots")
    through, scatter, curves, held_out, _ = read_plots(clone.path / "dvc_plots/page.html")
    for plot in (through, scatter):
        assert {told(point)["row"] for point in marks(plot, 1)} == {
            f"row {row}" for row in predictions["row"]
        }
    held_rows = {told(point)["row"] for point in marks(held_out, 1)}
    assert len(held_rows) == 442 - len(predictions)
    assert marks(through, 0, 0) == []
    assert len(marks(curves, 0)) == 2


@pytest.mark.parametrize(
    "folder", [FROZEN / "data", *sorted(TABLES.iterdir())], ids=lambda path: path.name
)
def test_other_tools_read_the_description(folder, tmp_path, monkeypatch):
    """It is a Data Package whose tables are valid, to Frictionless as to this project."""
    shutil.copytree(folder, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    program = [sys.executable, "-m", "frictionless", "validate", "datapackage.json", "--json"]

    done = subprocess.run(program, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["stats"]["tasks"] == 2
    assert parse_package(Path("datapackage.json").read_bytes(), "datapackage.json").table.numbers
