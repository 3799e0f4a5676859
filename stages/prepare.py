"""Check the raw table and turn it into predictors and target."""

import pandas as pd
import pandera.pandas as pa

from stages.economics import COLUMNS
from stages.errors import InputError, run
from stages.files import write_csv
from stages.params import Prepare, load_params

# Everything is read as text, so that a message shows what stands in the file.
SCHEMA = pa.DataFrameSchema(
    {
        "date": pa.Column(
            checks=[
                pa.Check.str_matches(
                    r"^[0-9]{4}-(0[1-9]|1[0-2])-01$",
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
                    r"^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?$", error="should be a number"
                )
            ),
        ),
    },
    dtype=str,
)


def check(cells: pd.DataFrame) -> pd.DataFrame:
    """Give the raw table its types: dates, and numbers in the units of COLUMNS.

    `cells` holds the file as text, its header as the first row.
    Raises InputError naming the line, the column and the cell of every mistake.
    """
    expected, found = ["date", *COLUMNS], list(cells.iloc[0])
    if found != expected:
        raise InputError(
            f"data/economics.csv should have the columns {','.join(expected)} in line 1, "
            f"found {','.join(found)[:200]}"
        )
    table = cells.iloc[1:].set_axis(expected, axis="columns")
    if table.empty:
        raise InputError("data/economics.csv should have a row for each month, found none")
    try:
        SCHEMA.validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        mistakes = [
            f"line {case.index + 1}: {case.column} {case.check}, found {case.failure_case!r}"
            for case in error.failure_cases.sort_values(["index", "column"]).itertuples(index=False)
        ]
        more = [f"and {len(mistakes) - 10} more"] if len(mistakes) > 10 else []
        raise InputError(
            "\n  ".join(["data/economics.csv is wrong:", *mistakes[:10], *more])
        ) from None
    dates = pd.to_datetime(table["date"], format="%Y-%m-%d")
    return table[list(COLUMNS)].apply(pd.to_numeric).assign(date=dates)[expected]


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Count, missing cells, mean, standard deviation, minimum, quartiles and maximum by column."""
    numbers = table[list(COLUMNS)].describe().T.round(3)
    dates = pd.DataFrame({"date": table["date"].agg(["min", "max"])}).T
    summary = pd.concat([dates, numbers])[numbers.columns].astype(object)
    summary["count"] = table.count()
    summary.insert(1, "missing", table.isna().sum())
    return summary.rename_axis("column").reset_index()


def prepare(table: pd.DataFrame, params: Prepare) -> pd.DataFrame:
    """Lay out each month's predictors, its target, and the target's last known figure.

    `known` is last calendar month's figure: empty where the table has no such month.
    """
    target = table.set_index("date")[params.target]
    last_month = table["date"] - pd.DateOffset(months=1)
    return pd.DataFrame(
        {
            "origin": table["date"],
            "date": table["date"],
            **{feature: table[feature] for feature in params.features},
            "known": target.reindex(last_month).convert_dtypes().array,
            "target": table[params.target],
        }
    )


def main() -> None:
    params = load_params().prepare
    cells = read_cells("data/economics.csv")

    table = check(cells)
    prepared = prepare(table, params)
    summary = summarise(table)

    write_csv(prepared, "data/prepared.csv")
    write_csv(summary, "metrics/summary.csv")
    months = f"{table['date'].min():%Y-%m} to {table['date'].max():%Y-%m}"
    print(
        f"prepare: {len(table)} rows, {len(COLUMNS)} variables and the date ({months}): "
        f"{len(params.features)} predictors of {params.target}"
    )


def read_cells(path: str) -> pd.DataFrame:
    """Read a CSV file as text, its header as the first row; raises InputError where it is none."""
    try:
        return pd.read_csv(
            path,
            header=None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except ValueError as error:  # a row too long, an empty file, bytes that are no text
        raise InputError(f"{path} is no table: {str(error).strip()}") from None


if __name__ == "__main__":
    run(main)
