"""Predict every row that a raw table is enough for, with the exported model."""

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from regression.errors import InputError, complain, counted, remedy, run, say
from regression.files import PROJECT, csv, write_csv
from regression.model import exported
from regression.model.description import Description, Interval, read_description, read_interval
from regression.package import DATES, TABLE, Schema
from regression.params import Prepare
from regression.raw import parse_table, unknown_columns
from regression.report.predictions import add_intervals, make_predictions
from regression.table.rows import predictor_names, predictors
from stages.prepare import check_figures, make_rows
from tools.command import Parser

MODELS = PROJECT / "models"


class Model(NamedTuple):
    """An exported model and what belongs to it."""

    path: str
    description: Description
    interval: Interval | None
    without: str  # why there is no interval


def predict(table: pd.DataFrame, model: str | Path = MODELS) -> pd.DataFrame:
    """Predict every row that a table like the raw one is enough for.

    `table` has the columns and units of data/datapackage.json: those that the model does not use
    may be absent or have empty cells, and so may the target. `model` is the folder of
    model.tflite, model.json and interval.json. Returns `date`, the date predicted (`row`, its
    number, where there are no dates), and `predicted`, `lower` and `upper` in the target's unit;
    lower and upper are empty where there is no interval.json of this model. Warns of that, of
    columns that are not known, and of values far outside those that the model was trained on.
    Raises InputError where the table is wrong, or not enough for any row.
    """
    loaded = load(model)
    date = loaded.description.table.date
    content = table.to_csv(index=False, date_format=DATES[date.type].form if date else None)
    predictions, warned = predict_csv(content.encode(), "the table", loaded)
    if loaded.without:
        warnings.warn(f"lower and upper are empty: {loaded.without}", stacklevel=2)
    for line in warned:
        warnings.warn(line, stacklevel=2)
    return predictions


def load(folder: str | Path) -> Model:
    """The model in `folder`; raises InputError where its files do not belong together."""
    if not Path(folder).is_dir():
        raise InputError(f"{folder} should be the folder of a model, found no such folder")
    path, beside, interval = (
        str(Path(folder, name)) for name in ("model.tflite", "model.json", "interval.json")
    )
    description = read_description(beside, path, Description)
    if not Path(interval).exists():
        return Model(path, description, None, f"{interval} is missing")
    found = read_interval(interval)
    if found.model != description.model:
        return Model(path, description, None, f"{interval} belongs to another model")
    if found.half_width is None:
        return Model(path, description, None, f"{interval} has none, as train.folds was 0")
    return Model(path, description, found, "")


def predict_csv(content: bytes, path: str, model: Model) -> tuple[pd.DataFrame, list[str]]:
    """What `predict` does, for the content of a CSV file that messages call `path`.

    Returns the predictions, and a line for each feature with values far outside, and on the
    columns that are not known.
    """
    params, schema = model.description.prepare, model.description.table
    used = [name for name in params.current if name != params.target]
    table = parse_table(content, path, schema, used)
    check_figures(table, params, path)
    rows = make_rows(table, params, schema.frequency)
    names = predictor_names(rows)
    if names != list(model.description.predictors):
        raise InputError(
            f"{model.path} should take the predictors {','.join(names)}, "
            f"found {','.join(model.description.predictors)}: it needs the code it was trained with"
        )
    needed = names if params.transform == "level" else [*names, "known"]
    rows = rows.dropna(subset=needed).astype({"known": "float64", "target": "float64"})
    if rows.empty:
        raise InputError(f"{path} is not enough to predict a row: {missing(table, params, schema)}")
    with np.errstate(all="ignore"):  # what is not finite is refused below
        outputs = exported.predict(model.path, predictors(rows))
        predictions = make_predictions(rows, outputs, params.transform)
        half_width = model.interval.half_width if model.interval else None
        ends = np.nan if half_width is None else half_width
        predictions = add_intervals(predictions, ends, params.transform)
    endless = predictions[~np.isfinite(predictions["predicted"]) | np.isinf(predictions["upper"])]
    if len(endless):
        raise InputError(
            f"{path} should have figures that the model can compute with, "
            f"found none for {shown_key(endless, schema).iloc[0]}"
        )
    key = "date" if schema.date else "row"
    predictions = predictions[[key, "predicted", "lower", "upper"]].reset_index(drop=True)
    warned = [*unknown_columns(content, path, schema), *out_of_range(rows, model.description)]
    return predictions, warned


def shown_key(rows: pd.DataFrame, schema: Schema, key: str = "date") -> pd.Series:
    """What names each row in a message: a date, or without dates its number."""
    frequency = schema.frequency
    return rows[key].map(frequency.show) if frequency else "row " + rows["row"].astype(str)


def missing(table: pd.DataFrame, params: Prepare, schema: Schema) -> str:
    """What the newest row of a table needs for a prediction and does not have."""
    frequency = schema.frequency
    if frequency is None:
        names = [name for name in params.columns if name != params.target]
        return f"the model needs {', '.join(names)}, and every row has an empty cell there"
    wanted = f"the model needs {', '.join(params.features)}"
    changes = params.transform != "level"
    reach = params.lags + changes
    newest = table["date"].iloc[-1]
    dates = frequency.ending(newest, params.reach)[::-1]
    figures = table.set_index("date").reindex(dates)
    needed = {(age, name) for age in range(reach) for name in params.features}
    needed |= {(0, params.target)} if changes else set()
    for level in params.levels:
        needed |= {(0, level.column)} | ({(level.per_lag, level.per)} if level.per else set())
    gaps = [
        f"{name} of {frequency.show(date)}"
        for age, date in enumerate(dates)
        for name in schema.numbers
        if (age, name) in needed and pd.isna(figures[name][date])
    ]
    more = [f"{len(gaps) - 5} more"] if len(gaps) > 5 else []
    in_a_row = f"one {frequency.word}"
    if reach > 1:
        in_a_row = f"{frequency.count(reach)} in a row up to {frequency.show(newest)}"
    levels = [name for name in params.columns if name not in (*params.features, params.target)]
    beside = f", and {', '.join(levels)}" if levels else ""
    return f"{wanted} of {in_a_row}{beside}, missing: {', '.join([*gaps[:5], *more])}"


def out_of_range(rows: pd.DataFrame, model: Description) -> Iterator[str]:
    """A line for each feature with values far outside its training range.

    Far is further outside than a tenth of that range's width.
    """
    shown = shown_key(rows, model.table, "origin")
    names, lags = list(model.predictors), model.prepare.lags
    lagged = len(model.prepare.features) * lags
    for name in [*names[:lagged:lags], *names[lagged:]]:  # the newest of each
        low, high = model.predictors[name]
        values = rows[name].astype("float64")
        outside = np.maximum(low - values, values - high)
        count = int((outside > 0.1 * (high - low)).sum())
        if count:
            furthest = outside.idxmax()
            place = shown[furthest] if model.table.frequency is None else f"in {shown[furthest]}"
            yield (
                f"{name} is far outside its training range of {low:.6g} to {high:.6g} "
                f"in {counted(count, model.table.period)}: {values[furthest]:.6g} {place}"
            )


def summarise(predictions: pd.DataFrame, model: Model) -> str:
    """One line on the newest prediction."""
    newest, schema = predictions.iloc[-1], model.description.table
    target = model.description.target
    digits = target.decimals
    interval = f"no interval: {model.without}"
    if model.interval:
        ends = f"{newest.lower:.{digits}f} to {newest.upper:.{digits}f}"
        interval = f"{model.interval.percent} interval {ends}"
    last = f"the newest {schema.frequency.show(newest.date)}" if schema.frequency else "the last"
    unit = f" ({target.unit})" if target.unit else ""
    return (
        f"predict: {counted(len(predictions), schema.period)}, {last}: "
        f"{target.words} {newest.predicted:.{digits}f}{unit}, {interval}"
    )


def parse_arguments() -> argparse.Namespace:
    parser = Parser("tools.predict", __doc__)
    parser.add_argument("table", metavar="TABLE", help="a CSV file like the raw table")
    parser.add_argument("--output", help="where to write the predictions (standard output)")
    parser.add_argument(
        "--model",
        default=MODELS,
        help="the folder of model.tflite, model.json and interval.json (models, of the project)",
    )
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    table, output = Path(arguments.table), arguments.output
    if not table.exists():
        raise InputError(
            f"{table} should be a CSV file like {TABLE}, found no file{remedy(arguments.table)}"
        )
    there = output and Path(output).exists()
    if there and (table.samefile(output) or not Path(output).is_file()):
        raise InputError(f"--output should be a file, and not the table, found {output}")
    model = load(arguments.model)

    predictions, warned = predict_csv(table.read_bytes(), arguments.table, model)
    digits = model.description.target.decimals
    predictions = predictions.round({"predicted": digits, "lower": digits, "upper": digits})

    if output:
        write_csv(predictions, output)
    else:
        say(csv(predictions), end="")
    complain("\n".join([*(f"warning: {line}" for line in warned), summarise(predictions, model)]))


if __name__ == "__main__":
    run(main)
