"""Read the raw table, and refuse one that is not as it should be."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from regression.columns import COLUMNS
from regression.errors import InputError

RAW = ["date", *COLUMNS]

# Everything is read as text, so that a message shows what stands in the file.
SCHEMA = pa.DataFrameSchema(
    {
        "date": pa.Column(
            checks=[
                pa.Check.str_matches(
                    r"^[12][0-9]{3}-(0[1-9]|1[0-2])-01$",
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
                    r"^-?[0-9]{1,15}(\.[0-9]+)?([eE](\+?0?[0-9]|-[0-9]{1,2}))?$",
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
    cells = read_cells(content, path)
    check_header(list(cells.iloc[0]), path, filled)
    table = cells.iloc[1:].set_axis(cells.iloc[0].tolist(), axis="columns")
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
        mistakes = [
            f"line {case.index + 1}: {case.column} {case.check}, found {case.failure_case!r}"
            for case in error.failure_cases.sort_values(["index", "column"]).itertuples(index=False)
        ]
        more = [f"and {len(mistakes) - 10} more"] if len(mistakes) > 10 else []
        raise InputError("\n  ".join([f"{path} is wrong:", *mistakes[:10], *more])) from None
    dates = pd.to_datetime(table["date"], format="%Y-%m-%d")
    return table.reindex(columns=list(COLUMNS)).apply(pd.to_numeric).assign(date=dates)[RAW]


def read_cells(content: bytes, path: str) -> pd.DataFrame:
    """Read a CSV file as text, its header as the first row; raises InputError where it is none."""
    try:
        return pd.read_csv(
            BytesIO(content),
            header=None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except ValueError as error:  # a row too long, an empty file, bytes that are no text
        raise InputError(f"{path} is no table: {str(error).strip()}") from None


def check_header(found: list[str], path: str, filled: Iterable[str]) -> None:
    """Raise InputError where the columns are not those of the raw table, in their order."""
    absent = [name for name in RAW if name not in found]
    if found == [name for name in RAW if name in found] and not {"date", *filled} & {*absent}:
        return
    optional = [name for name in COLUMNS if name not in filled]
    notes = {
        "optional": optional,
        "missing": [name for name in absent if name not in optional],
        "unknown": [name[:200] for name in found if name not in RAW],
    }
    raise InputError(
        f"{path} should have the columns {','.join(RAW)} in line 1, "
        f"found {','.join(found)[:200]}"
        + "".join(f"; {note}: {','.join(names)}" for note, names in notes.items() if names)
    )
