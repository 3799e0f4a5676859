"""Which raw tables are read, and how the others are refused."""

import pandas as pd
import pytest

from regression.errors import InputError
from regression.raw import read_table

TABLE = """\
date,pce,pop,psavert,uempmed,unemploy
1967-07-01,507.4,198712,12.5,4.5,2944
1967-08-01,510.5,198911,12.5,4.7,2945
1967-10-01,512.9,199311,12.7,4.9,3143
"""


def read(tmp_path, text: str | bytes) -> pd.DataFrame:
    path = tmp_path / "economics.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(str(path))


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
        ("pce,pop", "pop,pce", "should have the columns date,pce,pop,psavert,uempmed,unemploy"),
        ("pce,pop", "pop,pop", "in line 1, found date,pop,pop,psavert,uempmed,unemploy"),
        (",unemploy\n", "\n", "is no table: Error tokenizing data. C error: Expected 5 fields"),
        (",unemploy\n", ",unemploy,gdp\n", "in line 1, found"),
        (",", ";", "should have the columns date,pce"),
        ("2944\n", "2944,1\n", "is no table: "),
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
        ("507.4", "5" * 400, "line 2: pce should be a number, found '555"),
        ("1967-07-01", "0000-07-01", "line 2: date should be the first of a month"),
        ("1967-08-01", "1967-13-01", "line 3: date should be the first of a month"),
        ("1967-08-01", "", "line 3: date should be the first of a month"),
        (TABLE, TABLE.splitlines()[0] + "\n", "should have a row for each month, found none"),
        (TABLE, "", "is no table: "),
        (TABLE, TABLE.partition("\n")[2], "in line 1, found 1967-07-01,507.4"),
        (TABLE, "<<<<<<< HEAD\n" + TABLE, "is no table: "),
        (TABLE, "<html><body>404</body></html>", "in line 1, found <html>"),
        (TABLE, "outs:\n- md5: 024899cdeb6104a0226a2d1dfa826faa\n", "in line 1, found outs:"),
        ("1967-08", "<<<<<<< HEAD\n1967-08", "line 3: date should be the first of a month"),
    ],
)  # fmt: skip
def test_a_bad_table_is_refused_with_line_and_column(tmp_path, before, after, message):
    """What was expected, what was found and where stand in the message."""
    assert before in TABLE
    with pytest.raises(InputError) as refusal:
        read(tmp_path, TABLE.replace(before, after))
    assert message in str(refusal.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """A compressed file in place of the table ends in a message."""
    with pytest.raises(InputError, match="is no table"):
        read(tmp_path, b"\x1f\x8b\x08\x00\xff\xfe" + TABLE.encode())


def test_all_bad_cells_are_told_at_once_in_the_order_of_the_file(tmp_path):
    """One message names the mistakes of every line, the first ten in full."""
    rows = "".join(f"2001-{month:02}-01,1,2,3,x,y\n" for month in range(1, 7))

    with pytest.raises(InputError) as refusal:
        read(tmp_path, TABLE + rows)

    heading, *mistakes, more = str(refusal.value).splitlines()
    assert heading == f"{tmp_path}/economics.csv is wrong:"
    assert mistakes[0] == "  line 5: uempmed should be a number, found 'x'"
    assert mistakes[1] == "  line 5: unemploy should be a number, found 'y'"
    assert len(mistakes) == 10
    assert more == "  and 2 more"
