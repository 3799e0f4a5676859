"""What a clone becomes for a table of one's own, and what of a table is inferred."""

import json
import re
import shlex
import shutil
import sys

import pandas as pd
import pytest

from regression.errors import InputError, run
from regression.package import parse_package
from regression.raw import parse_table
from tests.project import FROZEN, PARAMS, Clone
from tools.own import choose_params, dvc, infer_frequency, infer_package, main, told

CASES = "age,weight,group\n" + "".join(f"{20 + n},{60 + n / 10},a\n" for n in range(40))


def dated(days: list[int], figures: list[float]) -> str:
    """A table of the days after 1999-12-31 that are named, and a predictor that varies."""
    lines = zip(pd.Timestamp("1999-12-31") + pd.to_timedelta(days, "D"), figures, strict=True)
    return "date,y,x\n" + "".join(f"{day:%Y-%m-%d},{y},{day.day}\n" for day, y in lines)


@pytest.mark.parametrize(
    ("first", "alias"),
    [
        ("1990-01-01", "YS"),
        ("1990-09-30", "YE-SEP"),
        ("1990-01-01", "QS"),
        ("1990-02-01", "QS-FEB"),
        ("1990-01-01", "MS"),
        ("1990-01-31", "ME"),
        ("1990-01-03", "W-WED"),
        ("1990-01-01", "B"),
        ("1990-01-01", "D"),
    ],
)
def test_the_frequency_is_the_widest_that_has_every_date(first, alias):
    """Holes or not."""
    dates = pd.Series(pd.date_range(first, periods=60, freq=alias)).drop(index=[3, 17])

    assert infer_frequency(dates) == alias


def test_what_a_table_tells_of_itself():
    """Types, dates, the words for missing cells, decimals for three digits, and no less than 0."""
    text = "year,y,x,name\n1990,1.25,-3,a\n1991,1.5,NA,b\n1992,,4,c\n"

    schema = infer_package(text.encode(), "t.csv")["resources"][0]["schema"]
    year, y, x, name = schema["fields"]

    assert year == {"name": "year", "type": "year", "frequency": "YS"}
    assert (y["type"], y["decimals"], y["constraints"]) == ("number", 3, {"minimum": 0})
    assert (x["type"], "constraints" in x) == ("integer", False)
    assert name == {"name": "name", "type": "string"}
    assert (schema["primaryKey"], schema["missingValues"]) == (["year"], ["", "NA"])


@pytest.mark.parametrize(
    ("years", "kind"),
    [
        (range(1950, 2010), "year"),
        (range(1500, 1540), "year"),
        (range(2161, 2201), "year"),
        (range(1499, 1540), "integer"),
        (range(2162, 2202), "integer"),
        ([1950, 1951, 1953], "integer"),
        ([1951, 1950], "integer"),
    ],
)
def test_a_column_that_counts_years_has_the_dates(years, kind):
    """Whatever it is called, where there is no other; and pandas has all of their dates."""
    text = "y,time\n" + "".join(f"{number % 7},{year}\n" for number, year in enumerate(years))

    tree = infer_package(text.encode(), "t.csv")
    schema = tree["resources"][0]["schema"]

    assert schema["fields"][1]["type"] == kind
    assert schema.get("primaryKey", []) == ["time"] * (kind == "year")
    if kind == "year":
        table = parse_package(json.dumps(tree).encode(), "").table
        assert len(parse_table(text.encode(), "t.csv", table, ["y"])) == len(years)
        assert table.frequency.word == "year"


def test_what_was_taken_for_what_is_told():
    """The target, the predictors, and the dates with their frequency, or that there are none."""
    params = PARAMS.prepare.model_copy(update={"target": "y", "features": ["x"]})
    days = dated([1, 2, 4], [5, 6, 7])

    lines = []
    for text in (days, days.replace("2000-01-0", "7")):
        package = parse_package(json.dumps(infer_package(text.encode(), "t.csv")).encode(), "")
        table = parse_table(text.encode(), "t.csv", package.table, ["y", "x"])
        lines.append(told(package, params, table))

    assert lines[0] == "y from x; dates in date (D, 3 of 4 days: 2000-01-01 to 2000-01-04)"
    assert lines[1] == "y from x; no column of dates"


def test_a_long_table_is_not_described():
    """It is told how to give each series its column, where that can be seen."""
    text = "date,series,value\n2001-01-01,a,1\n2001-01-01,b,2\n2001-02-01,a,3\n2001-02-01,b,4\n"
    shops = text.replace("a", "1").replace("b", "2").replace("d1te", "date")

    with pytest.raises(InputError, match=r"a row for each date and .*, found 2 of them in 4 rows"):
        infer_package(shops.encode(), "t.csv")
    with pytest.raises(InputError, match=r"t.csv has a row for each series and date\. Pivot it"):
        infer_package(text.encode(), "t.csv")


@pytest.mark.parametrize(
    "date",
    [
        *("31/01/2000", "1.31.2000", "31-01-00", "2000/01/31", "2000-01-31 12:00", "2000/01"),
        *(
            "2000-01-31T00:00:00Z",
            "2000Q1",
            "2000-Q1",
            "2000M01",
            "2000-W05",
            "Jan 2000",
            "20000131",
        ),
    ],
)
def test_dates_in_another_form_are_not_passed_over(date):
    """A table of them would be taken for one without dates."""
    with pytest.raises(InputError, match=f"day should have its dates as .*, found '{date}'"):
        infer_package(f"day,y\n{date},1\n{date},2\n".encode(), "t.csv")


@pytest.mark.parametrize(
    "cell", ["12.5", "1013.2", "-3", "2000-01", "2000-01-31", "20001301", "Ward 2000", "a"]
)
def test_what_is_no_such_date_is_taken_as_it_is(cell):
    """A figure with a point in it, too."""
    infer_package(f"x,y\n{cell},1\n{cell},2\n".encode(), "t.csv")


def test_a_series_alone_is_predicted_from_its_own_past(monkeypatch):
    """By its changes, a period ahead; where there is more, the other columns predict."""
    monkeypatch.chdir(FROZEN)
    alone = "date,y\n" + "".join(f"{1990 + n}-01-01,{n}\n" for n in range(9))
    package, cases = (
        parse_package(json.dumps(infer_package(text.encode(), "t.csv")).encode(), "")
        for text in (alone, CASES)
    )

    own, others = (
        choose_params(described, target, [], 100)["prepare"]
        for described, target in ((package, "y"), (cases, "weight"))
    )

    assert own == {
        "target": "y",
        "features": ["y"],
        "transform": "change",
        "lags": 1,
        "horizon": 1,
        "levels": [],
    }
    assert (others["features"], others["transform"], others["horizon"]) == (["age"], "level", 0)


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (CASES, "none.csv weight", "found no file 'none.csv'"),
        (CASES, "t.csv ''", "TABLE=t.csv needs TARGET too, the column to predict: age, weight"),
        (CASES, "t.csv height", "t.csv: 'height' is no column; those are age, weight"),
        (CASES, "t.csv weight group", "'group' is no column of numbers; those are age, weight"),
        (CASES.replace("63.0", "n/a"), "t.csv weight", "line 32: weight should be a number"),
        (CASES.replace("30,", "30%,"), "t.csv weight", "line 12: age should be a number, found"),
        (CASES.replace(",", ";"), "t.csv weight", "semicolons in line 1"),
        (CASES.replace("age", "known"), "t.csv weight", "a predictor should not be called known"),
        (CASES.replace("age", '"a\nb"'), "t.csv weight", "fields[0].name should be one line"),
        (CASES[:27], "t.csv weight", "should leave rows to train on, found 0.3 of the 1 rows"),
        (CASES.replace("age", ""), "t.csv weight", "should name column 1 in line 1, found ''"),
        (CASES.replace("age", "Unnamed: 0"), "t.csv weight", "found 'Unnamed: 0': name it, or"),
        ("group,name\na,b\n", "t.csv name", "'name' is no column of numbers; there is none"),
        (CASES.replace("weight", "age"), "t.csv age", "should name each column once in line 1"),
        (CASES[:67], "t.csv weight", "found 5 folds of 3 training rows; 0 does without"),
        (re.sub(",6.*,", ",7,", CASES), "t.csv weight", "t.csv: weight should vary, and it is"),
        (
            dated([*range(0, 56, 2), *range(56, 68)], [*range(28), *[9] * 12]),
            "t.csv y",
            "R² has no",
        ),
        (dated([*range(0, 78, 2), 77], [*range(39), 38]), "t.csv y", "skill has no value"),
    ],
)
def test_a_mistake_is_told_before_anything_is_written(
    tmp_path, monkeypatch, capfd, text, arguments, message
):
    """One message, and exit code 2."""
    (tmp_path / "t.csv").write_text(text)
    shutil.copy(FROZEN / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("regression.files.PROJECT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["own", *shlex.split(arguments)])

    with pytest.raises(SystemExit) as end:
        run(main)

    assert end.value.code == 2
    assert message in capfd.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"t.csv", "params.yaml"}


def test_the_way_back_needs_no_cache(tmp_path, monkeypatch):
    """A fresh clone has never run the pipeline: there is nothing to check out."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError, match=r"dvc repro failed: .* && make repro$"):
        dvc("repro")


def test_a_clone_becomes_a_project_of_its_own(small, stays_green, tmp_path):
    """One command, one commit; nothing of the tutorial is left where a reader looks."""
    clone = small.copy(tmp_path / "clone")
    (clone.path / "cases.csv").write_text(CASES)
    (clone.path / "data/others.csv").write_text("not to be published\n")
    before = clone.run("git rev-list --count HEAD")

    printed = clone.run("make own TABLE=cases.csv TARGET=weight")

    assert "own: 40 rows, committed: weight from age; no column of dates\n" in printed
    assert "weight: title, unit" in printed
    assert int(clone.run("git rev-list --count HEAD")) == int(before) + 1
    assert clone.run("git status --short") == "?? cases.csv\n?? data/others.csv\n"
    assert clone.run("cat data/table.csv") == CASES
    assert len(clone.run("cat README.md").splitlines()) <= 10
    for file in ("README.md", "data/README.md", "metrics/model_card.md", "pyproject.toml"):
        assert "unemploy" not in clone.run(f"cat {file}")
    assert clone.run("git ls-files recipes") == "recipes/README.md\nrecipes/forecast\n"
    assert len(clone.run("find .dvc/store -type f").splitlines()) == 1
    assert "up to date" in clone.run("dvc status")
    colleague = Clone.of(clone, tmp_path / "colleague")
    colleague.run("dvc pull data/table.csv.dvc")
    assert colleague.run("cat data/table.csv") == CASES
    stays_green(clone)
