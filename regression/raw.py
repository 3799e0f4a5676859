"""Read the raw table, and refuse one that is not as it should be."""

import csv
import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from regression.columns import COLUMNS
from regression.errors import InputError

RAW = ["date", *COLUMNS]

# What begins like this is no CSV file: what it is, and what to do about it.
OTHERS = {
    b"PK\x03\x04": ("an Excel or another zip file", "save the table as CSV"),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", "save the table as CSV"),
    b"PAR1": ("a Parquet file", "write the table as CSV"),
    b"\x1f\x8b": ("a gzip file", "unpack it"),
    b"BZh": ("a bzip2 file", "unpack it"),
    b"\xfd7zXZ": ("an xz file", "unpack it"),
    b"\x28\xb5\x2f\xfd": ("a Zstandard file", "unpack it"),
    b"%PDF": ("a PDF file", "fetch the table itself"),
    b"\xff\xfe": ("UTF-16", "save it as UTF-8"),
    b"\xfe\xff": ("UTF-16", "save it as UTF-8"),
    b"version https://git-lfs": ("a Git LFS pointer", "git lfs pull"),
    b"outs:": ("a DVC pointer", "take the table that it points to"),
    b"md5:": ("a DVC pointer", "take the table that it points to"),
    b"<<<<<<<": ("the marks of a merge conflict", "take one of its sides"),
    b"<": ("HTML or XML", "fetch the table itself"),
    b"{": ("JSON", "write the table as CSV"),
    b"[": ("JSON", "write the table as CSV"),
    b"#": ("a comment", "start with the names of the columns"),
}
SEPARATORS = {b";": "semicolons", b"\t": "tabs", b"|": "bars"}

# Everything is read as text, so that a message shows what stands in the file.
SCHEMA = pa.DataFrameSchema(
    {
        "date": pa.Column(
            checks=[
                pa.Check.str_matches(
                    r"[12][0-9]{3}-(0[1-9]|1[0-2])-01\Z",
                    error="should be the first of a month, such as 1967-07-01",
                ),
                pa.Check(
                    lambda dates: dates > dates.shift(fill_value=""),
                    error="should be later than the date before it",
                ),
            ]
        ),
        **dict.fromkeys(
            COLUMNS,
            pa.Column(
                checks=pa.Check.str_matches(
                    # No larger than what float32 holds, since models compute with it.
                    r"-?[0-9]{1,15}(\.[0-9]+)?([eE](\+?0?[0-9]|-[0-9]{1,2}))?\Z",
                    error="should be a number",
                ),
                nullable=True,
                required=False,
            ),
        ),
    },
    dtype=str,
)


def read_table(path: str, filled: Iterable[str] = COLUMNS) -> pd.DataFrame:
    """Read and check the raw table at `path`, as `parse_table` does."""
    return parse_table(Path(path).read_bytes(), path, filled)


def parse_table(content: bytes, path: str, filled: Iterable[str] = COLUMNS) -> pd.DataFrame:
    """Give a raw table its types: dates, and numbers in the units of COLUMNS.

    `content` is that of a CSV file, and `path` its name in messages. Columns that are not in
    `filled` may have empty cells, which come out missing, or be absent, which is as if empty.
    Raises InputError naming the line, the column and the cell of every mistake.
    """
    check_format(content, path)
    text = decode(content, path)
    header = next(csv.reader(StringIO(text[:10_000], newline="")), [])
    check_header(header, text, path, filled)
    cells = read_cells(text, path)
    table = cells.iloc[1:].set_axis(header, axis="columns")
    if table.empty:
        raise InputError(f"{path} should have a row for each month, found none")
    if not content.endswith((b"\n", b"\r")):
        raise InputError(
            f"{path} should end with a line break, found none after "
            f"{','.join(table.iloc[-1]).rstrip(',')[-60:]!r}: the file may be cut short"
        )
    optional = table.columns.difference(["date", *filled])
    table[optional] = table[optional].replace("", pd.NA)
    try:
        SCHEMA.validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        breaks = cells.apply(lambda column: column.str.count("\r\n?|\n")).sum(axis=1).cumsum()
        mistakes = [
            f"line {case.index + 1 + breaks[case.index - 1]}: {case.column} {case.check}, "
            f"found '{excerpt(str(case.failure_case), 60)}'"
            for case in error.failure_cases.sort_values(["index", "column"]).itertuples(index=False)
        ]
        more = [f"and {len(mistakes) - 10} more"] if len(mistakes) > 10 else []
        raise InputError("\n  ".join([f"{path} is wrong:", *mistakes[:10], *more])) from None
    dates = pd.to_datetime(table["date"], format="%Y-%m-%d")
    return table.reindex(columns=list(COLUMNS)).apply(pd.to_numeric).assign(date=dates)[RAW]


def check_format(content: bytes, path: str) -> None:
    """Raise InputError where a file does not begin as text with commas does."""
    start = content[:10_000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if found := other_format(start):
        raise InputError(f"{path} should be a CSV file, found {': '.join(found)}")


def other_format(start: bytes) -> tuple[str, str] | None:
    """What a file is that begins like this, and what to do about it; None for CSV."""
    if not start:
        return "an empty file", "fetch the table itself"
    for signature, other in OTHERS.items():
        if start.startswith(signature):
            return other
    if start[:4].count(b"\0") == 2:
        return "UTF-16", "save it as UTF-8"
    line = start.splitlines()[0]
    separator = max(SEPARATORS, key=line.count)
    if line.count(separator) > line.count(b","):
        return f"{SEPARATORS[separator]} in line 1", "save it with commas and decimal points"
    return None


def decode(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        raise InputError(
            f"{path} should be UTF-8 text, found the byte {byte:#04x} in line {line}"
        ) from None


def read_cells(text: str, path: str) -> pd.DataFrame:
    """Read CSV as text, its header as the first row; raises InputError where it is none."""
    try:
        return pd.read_csv(
            StringIO(text), header=None, dtype=str, keep_default_na=False, skip_blank_lines=False
        )
    except ValueError as error:
        reason = str(error).strip()
    if told := re.search("Expected ([0-9]+) fields in line ([0-9]+), saw ([0-9]+)", reason):
        cells, line, found = told.groups()
        reason = f"line {line} should have {cells} cells, found {found}"
    elif told := re.search("EOF inside string starting at row ([0-9]+)", reason):
        reason = f"line {int(told[1]) + 1} has a quotation mark that is never closed"
    raise InputError(f"{path} is no table: {reason}")


def check_header(found: list[str], text: str, path: str, filled: Iterable[str]) -> None:
    """Raise InputError where the columns are not those of the raw table, in their order."""
    absent = [name for name in RAW if name not in found]
    if found == [name for name in RAW if name in found] and not {"date", *filled} & {*absent}:
        return
    optional = [name for name in COLUMNS if name not in filled]
    notes = {
        "optional": optional,
        "missing": [name for name in absent if name not in optional],
        "unknown": [name for name in found if name not in RAW],
    }
    below = [line.replace('"', "").startswith("date,") for line in text[:10_000].splitlines()]
    if True in below[1:]:
        notes = {"remove the lines above the columns, in line": [str(below.index(True, 1) + 1)]}
    raise InputError(
        f"{path} should have the columns {','.join(RAW)} in line 1, "
        f"found {excerpt(','.join(found), 200)}"
        + "".join(
            f"; {note}: {excerpt(','.join(names), 200)}" for note, names in notes.items() if names
        )
    )


def excerpt(text: str, most: int) -> str:
    """What stands in a file, as a message shows it: cut where it is long, controls escaped."""
    cut = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text[:most])
    return cut + "…" * (len(text) > most)
