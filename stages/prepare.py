"""Check the raw table and turn it into predictors and target."""

import numpy as np
import pandas as pd

from regression.errors import InputError, counted, run
from regression.files import md5, write_csv
from regression.frequency import Frequency
from regression.package import TABLE
from regression.params import Level, Prepare, load_params
from regression.raw import load_table

RESERVED = {"origin", "date", "row", "known", "target"}  # of the columns in data/prepared.csv


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Count, missing cells, mean, standard deviation, minimum, quartiles and maximum by column."""
    numbers = table.drop(columns="date", errors="ignore").describe().T.round(3)
    summary = numbers.astype(object)
    if "date" in table:
        dates = pd.DataFrame({"date": table["date"].agg(["min", "max"])}).T
        summary = pd.concat([dates, numbers])[numbers.columns].astype(object)
    summary["count"] = table.count()
    summary.insert(1, "missing", table.isna().sum())
    return summary.rename_axis("column").reset_index()


def make_rows(
    table: pd.DataFrame, params: Prepare, frequency: Frequency | None = None
) -> pd.DataFrame:
    """A row for each origin: its predictors, the target to predict, and its last known figure.

    Every date of the frequency from the table's first to its last is an origin; a cell that the
    table does not tell is missing. Predictors are the features (change: what they moved by since
    the date before; log_change: what their logarithms did) of the origin and of the dates before
    it, `lags` in all, and then the levels at the origin (log_change: their logarithms). `date`
    is the date predicted. `known` is the target at the origin; for
    horizon 0, at the date before. Without a frequency, and so without dates, each row of the
    table is one, by its number, and nothing is known before it.
    """
    calendar = frequency.calendar(table["date"]) if frequency else table.index
    periods = table.set_index("date").reindex(calendar) if frequency else table
    features, target = periods[params.features], periods[params.target]
    if params.transform == "log_change":
        features = np.log(features.astype("float64")).diff().round(9)  # no processor's own digits
    elif params.transform == "change":
        features = features.astype("float64").diff().round(12)
    lagged = [feature.shift(lag) for _, feature in features.items() for lag in range(params.lags)]
    levels = [level_of(periods, level, params.transform) for level in params.levels]
    predictors = dict(zip(name_predictors(params), [*lagged, *levels], strict=True))
    if frequency is None:
        keys = {"row": np.arange(1, len(table) + 1)}
        return pd.DataFrame({**keys, **predictors, "known": np.nan, "target": target})
    keys = {"origin": calendar, "date": calendar + params.horizon * frequency.offset}
    ends = {
        "known": target if params.horizon else target.shift(1),
        "target": target.shift(-params.horizon),
    }
    return pd.DataFrame({**keys, **predictors, **ends}, index=calendar).convert_dtypes()


def name_predictors(params: Prepare) -> list[str]:
    """What the predictors are called, in their order."""
    suffix = "" if params.transform == "level" else "_change"
    features = [
        f"{name}{suffix}_{lag}" if lag else f"{name}{suffix}"
        for name in params.features
        for lag in range(params.lags)
    ]
    return features + [level.name for level in params.levels]


def level_of(table: pd.DataFrame, level: Level, transform: str) -> pd.Series:
    """A predictor of `prepare.levels`, from a table with a row for each period."""
    figures = table[level.column].astype("float64")
    if level.per:
        figures = figures / table[level.per].astype("float64").shift(level.per_lag)
    return np.log(figures).round(9) if transform == "log_change" else figures


def prepare(
    table: pd.DataFrame, params: Prepare, frequency: Frequency | None = None
) -> pd.DataFrame:
    """The rows of `make_rows` that have all their predictors and a target.

    Raises InputError where none is left, where a logarithm does not exist, and where the name of
    a feature is one that the rows have for something else.
    """
    needed = params.reach + params.horizon
    if frequency and needed > len(frequency.calendar(table["date"])):
        raise too_short(table, params, needed, frequency)
    check_names(params)
    check_figures(table, params, TABLE)
    rows = make_rows(table, params, frequency)
    optional = ["known"] if params.horizon == 0 else []
    prepared = rows.dropna(subset=rows.columns.difference(optional))
    if prepared.empty:
        raise too_short(table, params, needed, frequency)
    return prepared


def too_short(
    table: pd.DataFrame, params: Prepare, needed: int, frequency: Frequency | None
) -> InputError:
    """Why a table gives no rows: how many periods in a row it would need, and what it has."""
    filled = table.dropna(subset=params.columns)
    if frequency is None:
        return InputError(
            f"{TABLE} should have rows without empty cells, found none in {len(table)}"
        )
    calendar = frequency.calendar(table["date"])
    there = pd.Series(calendar.isin(filled["date"]), calendar)
    longest = int(there.groupby((~there).cumsum()).sum().max())
    names, numbers = "prepare.lags", f"{params.lags}"
    if older := max((level.per_lag for level in params.levels), default=0):
        names, numbers = f"{names}, per_lag in prepare.levels", f"{numbers}, {older}"
    return InputError(
        f"{names} and prepare.horizon should fit {TABLE}: {numbers} and {params.horizon} "
        f"need {frequency.count(needed)} in a row, the longest run is {longest}"
    )


def check_names(params: Prepare) -> None:
    """Raise InputError where two predictors, or a predictor and another column, share a name."""
    names = name_predictors(params)
    taken = [name for name in names if name in RESERVED or names.count(name) > 1]
    if taken:
        raise InputError(
            f"a predictor should not be called {taken[0]}, which another column of "
            f"data/prepared.csv is: rename the column in {TABLE}"
        )


def check_figures(table: pd.DataFrame, params: Prepare, path: str) -> None:
    """Raise InputError naming the first row of `path` with a figure that cannot be computed with.

    log_change: one without a logarithm. Else: a level's `per` of 0, which nothing is divided by.
    """
    positive = params.transform == "log_change"
    rule, remedy = "other than 0 for levels", ""
    if positive:
        rule = "above 0 for prepare.transform log_change"
        remedy = "; -S prepare.transform=change takes any figure"
    for column in params.columns if positive else [level.per for level in params.levels]:
        if column is None:
            continue
        wrong = table[table[column] <= 0 if positive else table[column] == 0]
        if len(wrong):
            found = wrong[column].iloc[0]
            where = (
                f"in {wrong['date'].iloc[0]:%Y-%m-%d}"
                if "date" in wrong
                else (f"in row {wrong.index[0] + 1}")
            )
            raise InputError(f"{path}: {column} should be {rule}, found {found} {where}{remedy}")


def main() -> None:
    params = load_params().prepare
    table, package = load_table(params)

    prepared = prepare(table, params, package.table.frequency)
    summary = summarise(table)

    write_csv(prepared, "data/prepared.csv")
    write_csv(summary, "metrics/summary.csv")
    columns, dropped = len(table.columns), len(table) - len(prepared)
    count = len(params.features) * params.lags + len(params.levels)
    told, why = counted(columns, "column"), "with empty cells"
    if frequency := package.table.frequency:
        first, last = frequency.ends(table["date"])
        told, why = (
            f"{counted(columns - 1, 'variable')} and the date ({first} to {last})",
            "without history or target",
        )
    print(
        f"prepare: {TABLE} (MD5 {md5(TABLE)[:8]}): {counted(len(table), 'row')}, {told}: "
        f"{counted(len(prepared), 'row')} of {counted(count, 'predictor')} of "
        f"{params.target}, {dropped} {why}"
    )


if __name__ == "__main__":
    run(main)
