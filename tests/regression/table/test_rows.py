"""The tables that stages hand on are read as they were written, or not at all."""

import re

import pytest

from regression.errors import InputError
from regression.table.rows import read_rows

DATED = """origin,date,pce,pop,known,target
1967-06-01,1967-07-01,507.4,198712,,2944
1967-07-01,1967-08-01,510.5,198911,2944,2945
"""
CASES = "row,bmi,known,target\n1,32.1,,151.0\n4,21.6,,75.0\n"


@pytest.mark.parametrize("text", [DATED, CASES, DATED.replace("\n", "\r\n")])
def test_a_table_is_read_as_it_was_written(tmp_path, text):
    """With dates or with numbers of rows; what was known may be empty."""
    (tmp_path / "t.csv").write_text(text)

    table = read_rows(str(tmp_path / "t.csv"))

    assert len(table) == 2
    assert list(table)[-2:] == ["known", "target"]
    assert table["known"].isna().iloc[0]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (DATED, "", "No columns to parse from file"),
        (DATED, "\0" * 99, "it has the columns"),
        (DATED, "<html></html>\n", "it has the columns <html></html>"),
        (DATED, CASES.partition("\n")[0], "it has no rows"),
        (",target", "", "it has the columns origin,date,pce,pop,known"),
        ("origin,", "", "it has the columns date,pce,pop,known,target"),
        ("pce,pop,", "", "it has the columns origin,date,known,target"),
        ("known,target", "target,known", "it has the columns origin,date,pce,pop,target,known"),
        ("pce,pop", "pce,pce", "it has the columns origin,date,pce,pce,known,target"),
        ("origin", "\ufefforigin", "it has the columns \ufefforigin,date"),
        (",2944\n", ",2944,1\n", "Expected 6 fields in line 3, saw|more cells than the 6 columns"),
        (",2945\n", "\n", "line 3: target should be a number up to 1e+30, found nothing"),
        ("507.4", "abc", "line 2: pce should be a number up to 1e+30, found 'abc'"),
        ("507.4", "nan", "line 2: pce should be a number up to 1e+30, found nothing"),
        ("507.4", "-inf", "line 2: pce should be a number up to 1e+30, found '-inf'"),
        ("507.4", "1e308", "line 2: pce should be a number up to 1e+30, found '1e+308'"),
        ("198712", "9" * 400, "line 2: pop should be a number up to 1e+30, found"),
        ("507.4", "True", "line 2: pce should be a number up to 1e+30, found 'True'"),
        ("507.4", '"1,234"', "line 2: pce should be a number up to 1e+30, found '1,234'"),
        ("507.4", '"507.4', "EOF inside string"),
        ("2944,2945", "x,2945", "line 3: known should be a number up to 1e+30, found 'x'"),
        ("1967-08-01", "soon", "line 3: date should be a date, later than the one before it"),
        ("1967-08-01", "", "line 3: date should be a date, later than the one before it, found no"),
        ("1967-08-01", "1967-08-01 12:00", "line 3: date should be a date"),
        ("1967-08-01", "1967-07-01", "line 3: date should be a date, later than the one before"),
        ("\n1967-06", "\n<<<<<<<\n1967-06", "line 2: origin should be a date"),
        (DATED, CASES.replace("4,", "1,"), "line 3: row should be a number, larger than the one"),
        (DATED, CASES.replace("4,", "x,"), "line 3: row should be a number, larger than the one"),
    ],
)
def test_what_split_does_not_write_is_refused(tmp_path, before, after, message):
    """In one line that tells where it is."""
    (tmp_path / "t.csv").write_text(DATED.replace(before, after, 1))

    with pytest.raises(InputError) as told:
        read_rows(str(tmp_path / "t.csv"))

    first, _, rest = str(told.value).partition(": ")
    assert first == f"{tmp_path}/t.csv should be as the stage split writes it"
    assert any(part in rest for part in message.split("|"))


def test_text_in_another_encoding_is_refused(tmp_path):
    """Whether a name or a cell has it."""
    for text in (DATED.replace("pce", "pcé"), DATED.replace("507.4", "é")):
        (tmp_path / "t.csv").write_text(text, encoding="latin-1")

        with pytest.raises(InputError, match=re.escape("'utf-8' codec can't decode byte 0xe9")):
            read_rows(str(tmp_path / "t.csv"))
