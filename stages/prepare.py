"""Check the raw table and turn it into predictors and target."""

import numpy as np
import pandas as pd

from regression.columns import COLUMNS
from regression.errors import InputError, run
from regression.files import write_csv
from regression.params import Prepare, load_params
from regression.raw import read_table


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Count, missing cells, mean, standard deviation, minimum, quartiles and maximum by column."""
    numbers = table[list(COLUMNS)].describe().T.round(3)
    dates = pd.DataFrame({"date": table["date"].agg(["min", "max"])}).T
    summary = pd.concat([dates, numbers])[numbers.columns].astype(object)
    summary["count"] = table.count()
    summary.insert(1, "missing", table.isna().sum())
    return summary.rename_axis("column").reset_index()


def make_rows(table: pd.DataFrame, params: Prepare) -> pd.DataFrame:
    """A row for each origin: its predictors, the target to predict, and its last known figure.

    Every calendar month from the table's first to its last is an origin; a cell that the table
    does not tell is missing. Predictors are the features (log_change: their monthly log
    changes) of the origin and of the months before it, `lags` in all. `date` is the month
    predicted. `known` is the target at the origin; for horizon 0, in the month before.
    """
    months = table.set_index("date").asfreq("MS")
    features, target = months[params.features], months[params.target]
    if params.transform == "log_change":
        features = np.log(features.astype("float64")).diff().round(9)  # no processor's own digits
        features = features.add_suffix("_change")
    rows = {"origin": months.index, "date": months.index + pd.DateOffset(months=params.horizon)}
    for name, feature in features.items():
        for lag in range(params.lags):
            rows[f"{name}_{lag}" if lag else name] = feature.shift(lag)
    rows["known"] = target if params.horizon else target.shift(1)
    rows["target"] = target.shift(-params.horizon)
    return pd.DataFrame(rows, index=months.index).convert_dtypes()


def prepare(table: pd.DataFrame, params: Prepare) -> pd.DataFrame:
    """The rows of `make_rows` that have all their predictors and a target.

    Raises InputError where none is left, and where a logarithm does not exist.
    """
    needed = params.lags + params.horizon
    if params.transform == "log_change":
        needed += 1
        check_positive(table, params, "data/economics.csv")
    too_short = InputError(
        f"prepare.lags and prepare.horizon should fit the table: {params.lags} and "
        f"{params.horizon} need {needed} months in a row, found {len(table)} in all"
    )
    if needed > len(table):
        raise too_short
    rows = make_rows(table, params)
    optional = ["known"] if params.horizon == 0 else []
    prepared = rows.dropna(subset=rows.columns.difference(optional))
    if prepared.empty:
        raise too_short
    return prepared


def check_positive(table: pd.DataFrame, params: Prepare, path: str) -> None:
    """Raise InputError naming the first month of a column of `path` that has no logarithm."""
    for column in dict.fromkeys([*params.features, params.target]):
        below = table[table[column] <= 0]
        if len(below):
            raise InputError(
                f"{path}: {column} should be above 0 for prepare.transform log_change, "
                f"found {below[column].iloc[0]} in {below['date'].iloc[0]:%Y-%m}"
            )


def main() -> None:
    params = load_params().prepare
    table = read_table("data/economics.csv")

    prepared = prepare(table, params)
    summary = summarise(table)

    write_csv(prepared, "data/prepared.csv")
    write_csv(summary, "metrics/summary.csv")
    months = f"{table['date'].min():%Y-%m} to {table['date'].max():%Y-%m}"
    print(
        f"prepare: {len(table)} rows, {len(COLUMNS)} variables and the date ({months}): "
        f"{len(prepared)} rows of {len(params.features) * params.lags} predictors of "
        f"{params.target}, {len(table) - len(prepared)} months without history or target"
    )


if __name__ == "__main__":
    run(main)
