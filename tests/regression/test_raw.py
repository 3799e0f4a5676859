"""Which raw tables are read, and how the others are refused."""

import bz2
import gzip
import lzma
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from regression.errors import InputError
from regression.package import Column, Constraints, Schema
from regression.raw import pivot_line, read_table
from tests.project import FROZEN, ROOT
from tests.project import TABLE as SCHEMA

TABLE = """\
date,pce,pop,psavert,uempmed,unemploy
1967-07-01,507.4,198712,12.5,4.5,2944
1967-08-01,510.5,198911,12.5,4.7,2945
1967-10-01,512.9,199311,12.7,4.9,3143
"""


def read(tmp_path, text: str | bytes, used=SCHEMA.numbers, schema=SCHEMA) -> pd.DataFrame:
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(str(path), schema, used)


def test_the_raw_table_gets_its_types(tmp_path):
    """Dates become dates, numbers numbers, nothing is lost."""
    table = read(tmp_path, TABLE)

    assert list(table["unemploy"]) == [2944, 2945, 3143]
    assert list(table["pce"]) == [507.4, 510.5, 512.9]
    assert list(table["date"]) == list(pd.to_datetime(["1967-07-01", "1967-08-01", "1967-10-01"]))


@pytest.mark.parametrize(("cell", "number"), [("-0.5", -0.5), ("1e3", 1000), ("-25E-1", -2.5)])
def test_a_number_may_have_a_sign_and_an_exponent(tmp_path, cell, number):
    """People can spend more than they earn."""
    assert read(tmp_path, TABLE.replace("12.7", cell))["psavert"].iloc[-1] == number


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: '"' + text.replace(",", '","').replace("\n", '"\n"').removesuffix('"'),
    ],
)
def test_what_a_spreadsheet_adds_is_read_over(tmp_path, edit):
    """Windows' line ends, a byte order mark and quoted cells change nothing."""
    pd.testing.assert_frame_equal(read(tmp_path, edit(TABLE)), read(tmp_path, TABLE))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("pce,pop", "pop,pop", "found date,pop,pop,psavert,uempmed,unemploy; missing: pce"),
        (",unemploy\n", ",unemploy,pop\n", "uempmed,unemploy,pop; twice: pop"),
        (",unemploy\n", "\n", "found date,pce,pop,psavert,uempmed; missing: unemploy"),
        ("2944\n", "2944,1\n", "is no table: line 2 should have 6 cells, found 7"),
        ("2944\n", '"2944\n', "is no table: line 2 has a quotation mark that is never closed"),
        ("3143\n", "31", "should end with a line break, found none after '1967-10-01,512.9,199311"),
        (",4.5,2944\n", "\n", "line 2: uempmed should be a number, found ''"),
        ("507.4", "", "line 2: pce should be a number, found ''"),
        ("507.4", '"1,507.4"', "line 2: pce should be a number, found '1,507.4'"),
        ("507.4", "inf", "line 2: pce should be a number, found 'inf'"),
        ("507.4", "-inf", "line 2: pce should be a number, found '-inf'"),
        ("507.4", "NaN", "line 2: pce should be a number, found 'NaN'"),
        ("507.4", "nan", "line 2: pce should be a number, found 'nan'"),
        ("507.4", "1e99", "line 2: pce should be a number, found '1e99'"),
        ("507.4", "1e999", "line 2: pce should be a number, found '1e999'"),
        ("1967-08-01", "1967-07-01", "line 3: date should be later than the date before it"),
        ("1967-08-01", "1967-12-01", "line 4: date should be later than the date before it"),
        ("1967-08-01", "01/08/1967", "line 3: date should be the first of a month"),
        ("1967-08-01", "01.08.1967", "line 3: date should be the first of a month"),
        ("1967-08-01", "1967-08-02", "line 3: date should be the first of a month"),
        ("507.4", "5" * 400, f"line 2: pce should be a number, found '{'5' * 60}…'"),
        ("507.4", "5\x1b[2J", r"line 2: pce should be a number, found '5\x1b[2J'"),
        ("507.4", '"507.4\n"', r"line 2: pce should be a number, found '507.4\n'"),
        ("2944", '"2944\n"', r"line 2: unemploy should be a number, found '2944\n'"),
        ("1967-07-01", '"1967-07-01\n"', r"line 2: date should be the first of a month, such as "
         r"2000-01-01, found '1967-07-01\n'"),
        ("1967-08-01", '"1967-08-01\r\n"', r"line 3: date should be the first of a month, such as "
         r"2000-01-01, found '1967-08-01\r\n'"),
        ("date,", '"date\n",', r"in line 1, found date\n,pce"),
        ("unemploy", "x" * 400, f"found date,pce,pop,psavert,uempmed,{'x' * 171}…; missing: "),
        ("512.9", "-512.9", "line 4: pce should be 0 or more, found '-512.9'"),
        ("1967-08-01", "1967-02-30", "line 3: date should be the first of a month"),
        ("1967-07-01", "0000-07-01", "line 2: date should be the first of a month"),
        ("1967-08-01", "1967-13-01", "line 3: date should be the first of a month"),
        ("1967-08-01", "", "line 3: date should be the first of a month"),
        (TABLE, TABLE.splitlines()[0] + "\n", "should have rows below its columns, found none"),
        (TABLE, "\0" * 999, "in line 1, found " + r"\x00" * 200 + "…; missing: date,pce"),
        (TABLE, TABLE.partition("\n")[2], "in line 1, found 1967-07-01,507.4"),
        ("1967-08", "<<<<<<< HEAD\n1967-08", "line 3: date should be the first of a month"),
    ],
)  # fmt: skip
def test_a_bad_table_is_refused_with_line_and_column(tmp_path, before, after, message):
    """What was expected, what was found and where stand in the message."""
    assert before in TABLE
    with pytest.raises(InputError) as refusal:
        read(tmp_path, TABLE.replace(before, after))
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "an empty file"),
        ("\n\n", "an empty file"),
        (TABLE.replace(",", ";"), "semicolons in line 1: save it with commas and decimal points"),
        (TABLE.replace(",", ";").replace(".", ","), "semicolons in line 1"),
        ('"date";"pce"\n1967-07-01;507,4\n', "semicolons in line 1"),
        (TABLE.replace(",", "\t"), "tabs in line 1"),
        (TABLE.replace(",", "|"), "bars in line 1"),
        ("# monthly, in thousands\n" + TABLE, "a comment: start with the names of the columns"),
        ("\ufeff# monthly\n" + TABLE, "a comment"),
        ("<<<<<<< HEAD\n" + TABLE, "the marks of a merge conflict"),
        ("<!DOCTYPE html><html><body>404</body></html>", "HTML or XML"),
        ("\n<html><body>404</body></html>", "HTML or XML"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "a Git LFS pointer"),
        ("outs:\n- md5: 024899cdeb6104a0226a2d1dfa826faa\n", "a DVC pointer"),
        ("md5: 1a2b\nframe: 1\ndeps:\n", "a DVC pointer"),
        ('{"date": ["1967-07-01"]}', "JSON"),
        ('[{"date": "1967-07-01"}]', "JSON"),
        (gzip.compress(TABLE.encode()), "a gzip file: unpack it"),
        (bz2.compress(TABLE.encode()), "a bzip2 file"),
        (lzma.compress(TABLE.encode()), "an xz file"),
        (b"\x28\xb5\x2f\xfd\x04", "a Zstandard file"),
        (b"PK\x03\x04\xff\xfe", "an Excel or another zip file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel file"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"%PDF-1.7\n", "a PDF file"),
        (TABLE.encode("utf-16"), "UTF-16: save it as UTF-8"),
        (TABLE.encode("utf-16-be"), "UTF-16"),
        (TABLE.encode("utf-16-le"), "UTF-16"),
    ],
)
def test_what_is_no_csv_file_is_named(tmp_path, content, found):
    """From line 1, in one line, before anything is read of the rest."""
    with pytest.raises(InputError, match=f"^[^\n]*csv should be a CSV file, found {found}[^\n]*$"):
        read(tmp_path, content)


@pytest.mark.parametrize("above", ["Economics\n", "Economics, monthly\n\n", "\n"])
def test_what_stands_above_the_header_is_told(tmp_path, above):
    """With the line that the columns stand in."""
    line = above.count("\n") + 1
    with pytest.raises(InputError, match=f"remove the lines above the columns, in line {line}$"):
        read(tmp_path, above + TABLE)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """The first such byte and its line are named."""
    with pytest.raises(InputError, match="should be UTF-8 text, found the byte 0xe9 in line 3"):
        read(tmp_path, TABLE.replace("510.5", "\xe9").encode("latin-1"))


def test_a_line_break_within_a_cell_moves_the_lines_below(tmp_path):
    """The lines that are named are those that an editor shows."""
    text = TABLE.replace("507.4", '"507.4\n"').replace("510.5", '"\r\n"').replace("512.9", "x")

    with pytest.raises(InputError) as refusal:
        read(tmp_path, text)

    lines = [line.split(":")[0] for line in str(refusal.value).splitlines()[1:]]
    assert lines == ["  line 2", "  line 4", "  line 6"]


def test_all_bad_cells_are_told_at_once_in_the_order_of_the_file(tmp_path):
    """One message names the mistakes of every line, the first ten in full."""
    rows = "".join(f"2001-{month:02}-01,1,2,3,x,y\n" for month in range(1, 7))

    with pytest.raises(InputError) as refusal:
        read(tmp_path, TABLE + rows)

    heading, *mistakes, more = str(refusal.value).splitlines()
    assert heading == f"{tmp_path}/table.csv is wrong:"
    assert mistakes[0] == "  line 5: uempmed should be a number, found 'x'"
    assert mistakes[1] == "  line 5: unemploy should be a number, found 'y'"
    assert len(mistakes) == 10
    assert more == "  and 2 more"


def test_columns_are_taken_by_their_names(tmp_path, capsys):
    """In any order; one that is not described is told, and passed over."""
    swapped = pd.read_csv(StringIO(TABLE), dtype=str)[
        ["unemploy", "pop", "date", "pce", "psavert", "uempmed"]
    ]
    text = swapped.assign(gdp="x").to_csv(index=False)

    table = read(tmp_path, text)

    pd.testing.assert_frame_equal(table, read(tmp_path, TABLE))
    assert capsys.readouterr().err == (
        f"warning: {tmp_path}/table.csv: gdp: not described in data/datapackage.json, "
        "and not read\n"
    )


@pytest.mark.parametrize("cell", ["", "NA"])
def test_a_cell_that_may_be_empty_comes_out_missing(tmp_path, cell):
    """Where no parameter uses the column, or the description does not require it."""
    schema = SCHEMA.model_copy(update={"missingValues": ["", "NA"]})

    table = read(tmp_path, TABLE.replace("510.5", cell), ["unemploy"], schema)

    assert table["pce"].isna().tolist() == [False, True, False]


def test_an_unused_column_may_be_absent(tmp_path):
    """It is as if empty."""
    table = read(tmp_path, TABLE.replace("pce", "x"), ["unemploy"])

    assert table["pce"].isna().all()


def test_a_long_table_is_refused_with_the_line_that_pivots_it(tmp_path, monkeypatch):
    """And the line does."""
    monkeypatch.chdir(tmp_path)
    wide = pd.read_csv(StringIO(TABLE), dtype=str)
    wide.melt("date", var_name="series").to_csv("long.csv", index=False)

    with pytest.raises(InputError, match=r"one row for each series and date\. Pivot") as refusal:
        read_table("long.csv", SCHEMA, SCHEMA.numbers)
    exec(str(refusal.value).partition("Pivot it: ")[2], {"pd": pd})

    pd.testing.assert_frame_equal(
        read_table("long.csv", SCHEMA, SCHEMA.numbers), read(tmp_path, TABLE), check_dtype=False
    )


@pytest.mark.parametrize("figures", [["value"], ["value", "weight"]])
def test_a_long_table_of_more_columns_is_pivoted_too(tmp_path, monkeypatch, figures):
    """Of two columns that tell the series, or two figures: a column's name tells them all."""
    monkeypatch.chdir(tmp_path)
    rows = [(f"200{year}-01-01", a, b) for year in range(3) for a in "pq" for b in "rs"]
    long = pd.DataFrame(rows, columns=["date", "country", "item"])
    long[figures] = [[row + place for place in range(len(figures))] for row in range(len(rows))]
    long.to_csv("long.csv", index=False)

    line = pivot_line(Path("long.csv").read_bytes(), "long.csv", list(long))
    exec(line.partition("Pivot it: ")[2], {"pd": pd})

    wide = pd.read_csv("long.csv")
    ahead = [""] if len(figures) == 1 else [f"{name}_" for name in figures]
    names = [f"{name}{a}_{b}" for name in ahead for a in "pq" for b in "rs"]
    assert list(wide) == ["date", *names]
    assert wide[names[1]].tolist() == [1, 5, 9]


def test_a_date_that_stands_twice_makes_no_long_table():
    """Nor do texts beside the figures: that is a mistake in a line."""
    text = "date,x,name\n2001-01-01,1,a\n2002-01-01,2,b\n2002-01-01,3,c\n2003-01-01,4,d\n"

    assert pivot_line(text.encode(), "t.csv", ["date", "x", "name"]) is None


def test_a_long_file_is_read_in_parts(tmp_path, monkeypatch):
    """The same table, and the same lines in messages, wherever the parts end."""
    whole = read(tmp_path, TABLE)
    monkeypatch.setattr("regression.raw.ROWS", 2)

    pd.testing.assert_frame_equal(read(tmp_path, TABLE), whole)
    with pytest.raises(InputError, match="line 4: pce should be a number, found 'x'"):
        read(tmp_path, TABLE.replace("512.9", "x"))


def test_quarters_and_whole_numbers(tmp_path):
    """Dates of another frequency, and figures without decimals."""
    fields = [
        Column(name="day", type="date", frequency="QS"),
        Column(name="count", type="integer", constraints=Constraints(maximum=9)),
    ]
    schema = Schema(fields=fields, primaryKey=["day"])
    text = "day,count\n2001-01-01,1\n2001-04-01,2.5\n2001-05-01,10\n"

    with pytest.raises(InputError) as refusal:
        read(tmp_path, text, ["count"], schema)

    assert str(refusal.value).splitlines()[1:] == [
        "  line 3: count should be a whole number, found '2.5'",
        "  line 4: count should be 9 or less, found '10'",
        "  line 4: day should be the first of a quarter, such as 2000-01-01, found '2001-05-01'",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("PANDERA_VALIDATION_ENABLED", "False"), ("PANDERA_VALIDATION_DEPTH", "SCHEMA_ONLY")],
)
def test_no_variable_of_a_shell_switches_the_check_off(tmp_path, name, value):
    """The library that does it reads some."""
    (tmp_path / "table.csv").write_text(TABLE.replace("507.4", "inf"))
    script = """
from regression.errors import run
from regression.package import read_package
from regression.raw import read_table
from pathlib import Path
import sys
table = read_package(Path(sys.argv[1])).table
run(lambda: print(read_table("table.csv", table, table.numbers)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(FROZEN)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), name: value},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert "line 2: pce should be a number, found 'inf'" in done.stderr
