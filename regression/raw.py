"""Read the raw table, and refuse one that is not what its description says."""

import csv
import re
from collections.abc import Iterable, Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.config import ValidationDepth, config_context

from regression.errors import InputError, complain, excerpt
from regression.package import (
    DATES,
    NUMBERS,
    PACKAGE,
    TABLE,
    Column,
    Package,
    Schema,
    check_prepare,
    read_package,
)
from regression.params import Prepare

MOST = 10  # mistakes that are told

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

# No larger than what float32 holds, since models compute with it.
NUMBER = r"-?[0-9]{1,15}(\.[0-9]+)?([eE](\+?0?[0-9]|-[0-9]{1,2}))?"
ROWS = 50_000  # that are held as text at a time


class Mistake(NamedTuple):
    """What is wrong with a cell of the table; rows count from 0."""

    row: int
    column: str
    expected: str


def load_table(params: Prepare) -> tuple[pd.DataFrame, Package]:
    """The raw table and its description, where they have what `params` name.

    Raises InputError naming every mistake of the first of them that is wrong.
    """
    package = read_package()
    check_prepare(params, package.table)
    return read_table(TABLE, package.table, params.columns), package


def read_table(path: str, schema: Schema, used: Iterable[str]) -> pd.DataFrame:
    """Read and check the raw table at `path`, as `parse_table` does; warn of unknown columns."""
    content = Path(path).read_bytes()
    table = parse_table(content, path, schema, used)
    for line in unknown_columns(content, path, schema):
        complain(f"warning: {line}")
    return table


def parse_table(content: bytes, path: str, schema: Schema, used: Iterable[str]) -> pd.DataFrame:
    """Give a raw table its types: `date`, where it has dates, and every column of numbers.

    `content` is that of a CSV file, and `path` its name in messages. The columns may stand in
    any order; those that are not in `used` may be absent, which is as if empty. Empty cells come
    out missing. Raises InputError naming the line, the column and the cell of every mistake.
    """
    check_format(content, path)
    header = read_header(content, path)
    used = dict.fromkeys([*schema.primaryKey, *used])
    check_header(header, content, path, schema, list(used))
    columns = [each for each in schema.fields if each.type in NUMBERS or each == schema.date]
    filled = [
        column.name for column in columns if column.name in used and column.constraints.required
    ]
    texts, parts, wrong = text_schema(columns, schema), [], set()
    for cells in read_cells(content, path, header):
        optional = cells.columns.difference([*schema.primaryKey, *filled])
        cells[optional] = cells[optional].mask(cells[optional].isin(schema.missingValues))
        wrong |= mistakes(texts, cells)
        parts.append(typed(cells, columns, schema))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    parts.clear()  # a long table is not held twice
    if table.empty:
        raise InputError(f"{path} should have rows below its columns, found none")
    if not content.endswith((b"\n", b"\r")):
        end = decode(content[-60:].rpartition(b"\n")[2], path)
        raise InputError(
            f"{path} should end with a line break, found none after {end!r}: "
            "the file may be cut short"
        )
    wrong |= mistakes(value_schema(columns, schema), table)
    if wrong:
        raise InputError(tell(wrong, content, path, header))
    names = {column.name: "date" if column == schema.date else column.name for column in columns}
    return table.rename(columns=names)


def typed(cells: pd.DataFrame, columns: list[Column], schema: Schema) -> pd.DataFrame:
    """Dates and numbers; missing is what is empty, absent, or not of its type."""
    table = {}
    for column in columns:
        if column.name not in cells:
            table[column.name] = pd.Series(np.nan, cells.index)
        elif column == schema.date:
            form = DATES[column.type].form
            table[column.name] = pd.to_datetime(cells[column.name], format=form, errors="coerce")
        else:
            table[column.name] = pd.to_numeric(cells[column.name], errors="coerce")
    return pd.DataFrame(table)


def text_schema(columns: list[Column], schema: Schema) -> pa.DataFrameSchema:
    """What cells look like before they get their types; so that a message shows what stands there.

    A cell that may be missing is one where it is.
    """
    checks = {}
    for column in columns:
        pattern, expected = rf"({NUMBER})\Z", "should be a number"
        if schema.frequency and column == schema.date:
            pattern, expected = rf"({DATES[column.type].pattern})\Z", date_rule(schema)
        checks[column.name] = pa.Column(
            str, pa.Check.str_matches(pattern, error=expected), nullable=True, required=False
        )
    return pa.DataFrameSchema(checks)


def value_schema(columns: list[Column], schema: Schema) -> pa.DataFrameSchema:
    """What dates and numbers are: the constraints, and one date after the other."""
    checks = {}
    for column in columns:
        limits, own = column.constraints, []
        if schema.frequency and column == schema.date:
            own = [
                pa.Check(schema.frequency.has, error=date_rule(schema), ignore_na=False),
                pa.Check(
                    lambda dates: ~(dates <= dates.shift()),
                    error="should be later than the date before it",
                ),
            ]
        if column.type == "integer":
            own.append(pa.Check(lambda values: values % 1 == 0, error="should be a whole number"))
        if limits.minimum is not None:
            expected = f"should be {limits.minimum:g} or more"
            own.append(pa.Check.ge(limits.minimum, error=expected))
        if limits.maximum is not None:
            expected = f"should be {limits.maximum:g} or less"
            own.append(pa.Check.le(limits.maximum, error=expected))
        checks[column.name] = pa.Column(checks=own, nullable=True)
    return pa.DataFrameSchema(checks)


def date_rule(schema: Schema) -> str:
    return f"should be {schema.frequency.rule}" if schema.frequency else ""


def mistakes(schema: pa.DataFrameSchema, table: pd.DataFrame) -> set[Mistake]:
    """Every cell of a table that a schema refuses."""
    try:
        with config_context(True, ValidationDepth.SCHEMA_AND_DATA):  # whatever a shell says
            schema.validate(table, lazy=True, inplace=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases[["index", "column", "check"]]
        return {Mistake(*case) for case in cases.itertuples(index=False)}
    return set()


def tell(mistakes: set[Mistake], content: bytes, path: str, header: list[str]) -> str:
    """The first mistakes in the order of the file, each with its line and its cell."""
    ordered = sorted(mistakes)
    last = ordered[:MOST][-1].row
    cells = next(iter(read_cells(content, path, header, last + 1)))
    breaks = cells.apply(lambda column: column.str.count("\r\n?|\n")).sum(axis=1).cumsum()
    lines = [
        f"line {row + 2 + (breaks[row - 1] if row else 0)}: {column} {expected}, "
        f"found '{excerpt(cells[column][row], 60)}'"
        for row, column, expected in ordered[:MOST]
    ]
    more = [f"and {len(ordered) - MOST} more"] if len(ordered) > MOST else []
    return "\n  ".join([f"{path} is wrong:", *lines, *more])


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


def read_header(content: bytes, path: str) -> list[str]:
    """The names in the first line."""
    decode(content, path)
    start = content[:100_000].decode("utf-8-sig", errors="ignore")
    return next(csv.reader(StringIO(start, newline="")), [])


def read_cells(
    content: bytes, path: str, header: list[str], rows: int | None = None
) -> Iterator[pd.DataFrame]:
    """Parts of a CSV file, or its first rows, as text; raises InputError where it is no table.

    Below the header, which tells how many cells a row has.
    """
    try:
        whole = pd.read_csv(
            BytesIO(content),
            header=None,
            dtype=str,
            encoding="utf-8-sig",
            keep_default_na=False,
            skip_blank_lines=False,
            chunksize=ROWS if rows is None else rows + 1,
        )
        with whole:
            for part in whole:
                cells = part.set_axis(header, axis="columns")
                yield (cells.iloc[1:] if part.index[0] == 0 else cells).rename(lambda row: row - 1)
        return
    except ValueError as error:
        reason = str(error).strip()
    if told := re.search("Expected ([0-9]+) fields in line ([0-9]+), saw ([0-9]+)", reason):
        cells, line, found = told.groups()
        reason = f"line {line} should have {cells} cells, found {found}"
    elif told := re.search("EOF inside string starting at row ([0-9]+)", reason):
        reason = f"line {int(told[1]) + 1} has a quotation mark that is never closed"
    raise InputError(f"{path} is no table: {reason}")


def check_header(
    found: list[str], content: bytes, path: str, schema: Schema, used: list[str]
) -> None:
    """Raise InputError where a column in use is missing, or one is there twice."""
    absent = [name for name in used if name not in found]
    twice = [name for name in {**dict.fromkeys(found)} if found.count(name) > 1]
    if not absent and not twice:
        return
    start = content[:10_000].decode(errors="replace")
    enough = min(2, len(used))
    below = [
        len({*used} & {*line.replace('"', "").split(",")}) >= enough for line in start.splitlines()
    ]
    note = f"; missing: {','.join(absent)}" if absent else f"; twice: {','.join(twice)}"
    if True in below[1:]:
        note = f"; remove the lines above the columns, in line {below.index(True, 1) + 1}"
    elif pivot := pivot_line(content, path, found):
        note = f": one row for each series and date. {pivot}"
    raise InputError(
        f"{path} should have the columns {excerpt(','.join(used), 200)} in line 1, "
        f"found {excerpt(','.join(found), 200)}{excerpt(note, 400)}"
    )


def pivot_line(content: bytes, path: str, header: list[str]) -> str | None:
    """How to give each series of a long table its column, in pandas; None for another table.

    Such a table has few columns: dates, each for several rows, texts that tell the series, and
    figures.
    """
    if len(header) > 10 or len({*header}) < len(header):
        return None
    try:
        cells = next(iter(read_cells(content, path, header, 1000)))
    except InputError:  # no table at all
        return None
    kinds: dict[str, list[str]] = {"date": [], "series": [], "value": []}
    for name, texts in cells.items():
        dates = texts.map(
            lambda text: any(re.fullmatch(date.pattern, text) for date in DATES.values())
        )
        numbers = texts.map(lambda text: re.fullmatch(NUMBER, text) or not text).map(bool)
        dated = dates.all() and not kinds["date"]
        kinds["date" if dated else "value" if numbers.all() else "series"].append(str(name))
    (date, *_), series, values = kinds["date"] or [""], kinds["series"], kinds["value"]
    if not date or not series or not values or 2 * cells[date].nunique() > len(cells):
        return None
    if cells.duplicated([date, *series]).any():
        return None
    names = f"index={date!r}, columns={single(series)!r}, values={single(values)!r}"
    flat = ""
    if len(series) + len(values) > 2:
        flat = ".pipe(lambda table: table.set_axis(table.columns.map('_'.join), axis=1))"
    return f"Pivot it: pd.read_csv({path!r}).pivot({names}){flat}.to_csv({path!r})"


def single(names: list[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else names


def unknown_columns(content: bytes, path: str, schema: Schema) -> list[str]:
    """A line on the columns that are passed over, where there are any."""
    known = [column.name for column in schema.fields]
    unknown = [name for name in read_header(content, path) if name not in known]
    shown = excerpt(", ".join(unknown), 200)
    return [f"{path}: {shown}: not described in {PACKAGE}, and not read"] if unknown else []
