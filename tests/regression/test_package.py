"""What a description of the table may say, and how its mistakes are told."""

import ast
import json

import pandas as pd
import pytest

from regression.errors import InputError
from regression.package import PACKAGE, TABLE, check_prepare, parse_package, read_periods
from regression.params import Level
from tests.project import FROZEN, PARAMS, ROOT
from tests.project import PACKAGE as TUTORIAL

TEXT = (FROZEN / "data/datapackage.json").read_text()


def edited(change) -> str:
    tree = json.loads(TEXT)
    change(tree, tree["resources"][0]["schema"])
    return json.dumps(tree)


def test_what_the_tutorials_table_is():
    """Columns, units, the dates' frequency, and which come late."""
    table = TUTORIAL.table

    assert table.numbers == ["pce", "pop", "psavert", "uempmed", "unemploy"]
    assert table["unemploy"].label == "unemployed persons, thousands"
    assert table.frequency.alias == "MS"
    assert [name for name in table.numbers if table[name].late] == ["pce", "pop", "psavert"]


def test_the_code_knows_no_table():
    """No module names a column, a unit or a place, and one the path."""
    words = {word for column in TUTORIAL.table.fields for word in (column.name, column.unit)}
    words -= {"date", ""}
    floors = [ROOT / floor for floor in ("stages", "regression", "tools")]
    paths = [path for floor in floors for path in floor.rglob("*.py")]
    literals = {
        path.relative_to(ROOT).as_posix(): {
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for path in paths
    }

    assert len(literals) > 30
    for path, texts in literals.items():
        assert not texts & words, path
        assert not [text for text in texts if TUTORIAL.where in text], path
    assert [path for path, texts in literals.items() if TABLE in texts] == ["regression/package.py"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda tree, table: table["fields"][1].update(uint="x"),
            "resources[0].schema.fields[1].uint is not a known property: did you mean unit?",
        ),
        (
            lambda tree, table: tree.update(sourcs=[]),
            "sourcs is not a known property: did you mean sources?",
        ),
        (
            lambda tree, table: table["fields"][1].update(constraints={"minimum": 3, "maximum": 2}),
            "resources[0].schema.fields[1].constraints minimum should be at most maximum, "
            "found 3 above 2",
        ),
        (
            lambda tree, table: table["fields"][1].update(decimals="2"),
            "resources[0].schema.fields[1].decimals should be a valid integer, found '2'",
        ),
        (
            lambda tree, table: table["fields"][0].update(frequency="month"),
            "fields[0].frequency should be a frequency of pandas: YS, QS, MS, W-SUN, D, B and the",
        ),
        (
            lambda tree, table: table["fields"][0].pop("frequency"),
            "date should have a frequency, such as MS for months",
        ),
        (
            lambda tree, table: table.update(primaryKey=["pce"]),
            "primaryKey should be the one column of dates, or [] without dates",
        ),
        (
            lambda tree, table: table["fields"].append({"name": "pce", "type": "number"}),
            "fields should have each name once",
        ),
        (
            lambda tree, table: table["fields"][1].update(name="two\nlines"),
            "fields[1].name should be one line",
        ),
        (
            lambda tree, table: table["fields"][1].update(title="two\nlines"),
            "fields[1].title should be one line, without control characters",
        ),
        (
            lambda tree, table: table["fields"].extend([{"name": 5}] * 1000),
            "\n  and 1980 more",
        ),
        (
            lambda tree, table: tree["resources"][0].update(path="other.csv"),
            "resources should be table (table.csv) and periods (periods.csv)",
        ),
        (
            lambda tree, table: tree["resources"][0].update(encoding="latin-1"),
            "resources[0].encoding should be 'utf-8', found 'latin-1'",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(change, message):
    """As in params.yaml: what was expected, what was found, and where."""
    with pytest.raises(InputError) as refusal:
        parse_package(edited(change).encode(), PACKAGE)

    assert str(refusal.value).startswith("data/datapackage.json is wrong:\n  ")
    assert message in str(refusal.value)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b"1", b'{"a": 1, "a": 2}'])
def test_what_is_no_description_is_told(content):
    """Without a traceback, however deep it is."""
    with pytest.raises(InputError, match=r"data/datapackage\.json is "):
        parse_package(content, PACKAGE)


def test_a_parameter_that_names_no_column_is_told_where_columns_are_described():
    """Every one of them, with the name that is closest."""
    wrong = {"target": "unemployed", "features": ["x", "pop"]}
    levels = [Level(column="pop"), Level(column="unemployed", per="date")]
    prepare = PARAMS.prepare.model_copy(update={**wrong, "levels": levels})

    with pytest.raises(InputError) as refusal:
        check_prepare(prepare, TUTORIAL.table)

    assert str(refusal.value).splitlines() == [
        "params.yaml is wrong:",
        "  prepare.target is not a column of numbers in data/datapackage.json, "
        "found 'unemployed': did you mean unemploy?",
        "  prepare.features[0] is not a column of numbers in data/datapackage.json, "
        "found 'x': it has pce, pop, psavert, uempmed, unemploy",
        "  prepare.levels[1].column is not a column of numbers in data/datapackage.json, "
        "found 'unemployed': did you mean unemploy?",
        "  prepare.levels[1].per is not a column of numbers in data/datapackage.json, "
        "found 'date': it has pce, pop, psavert, uempmed, unemploy",
    ]


def test_a_table_without_dates_has_no_past():
    """Neither lags nor a horizon nor changes, nor a column that is older than another."""
    table = parse_package(edited(lambda tree, table: table.pop("primaryKey")).encode(), "").table
    levels = [Level(column="pce", per="pop"), Level(column="uempmed", per="pop", per_lag=1)]
    changes = {"transform": "change", "lags": 2, "horizon": 1, "levels": levels}

    check_prepare(PARAMS.prepare, table)
    with pytest.raises(InputError) as refusal:
        check_prepare(PARAMS.prepare.model_copy(update=changes), table)

    assert [line.split()[0] for line in str(refusal.value).splitlines()[1:]] == [
        "prepare.transform",
        "prepare.lags",
        "prepare.horizon",
        "prepare.levels[1].per_lag",
    ]


def test_a_period_holds_its_first_and_its_last_date():
    """And none beside them."""
    periods = read_periods(TUTORIAL, FROZEN)
    dates = pd.Series(pd.to_datetime(["2007-11-01", "2007-12-01", "2009-06-01", "2009-07-01"]))

    assert periods.name == "recession"
    assert periods.hold(dates).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("first,last\n2001-03-01\n", "line 2 should be the first and the last date of a period"),
        ("first,last\n2001-11-01,2001-03-01\n", "found '2001-11-01,2001-03-01'"),
        ("first,last\n2001-03,2001-11\n", "found '2001-03,2001-11'"),
        ("2001-03-01,2001-11-01\n", "line 1 should be first,last, found '2001-03-01,2001-11-01'"),
        ("first,last\n\udce9\n", "should be UTF-8 text, found 0xe9"),
    ],
)
def test_a_line_that_is_no_period_is_named(tmp_path, content, message):
    """With what stands there."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/periods.csv").write_text(content, "utf-8", "surrogateescape")

    with pytest.raises(InputError, match=f"data/periods.csv.* {message}"):
        read_periods(TUTORIAL, tmp_path)
