"""Predict every month that a raw table is enough for, with the exported model."""

import argparse
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from regression.columns import COLUMNS
from regression.errors import InputError, run
from regression.files import PROJECT, print_csv, write_csv
from regression.model import exported
from regression.model.description import Description, Interval, read_description, read_interval
from regression.params import Prepare
from regression.raw import parse_table
from regression.report.predictions import add_intervals, make_predictions
from regression.table.rows import predictor_names, predictors
from stages.prepare import check_positive, make_rows

MODELS = PROJECT / "models"


class Model(NamedTuple):
    """An exported model and what belongs to it."""

    path: str
    description: Description
    interval: Interval | None
    without: str  # why there is no interval


def predict(table: pd.DataFrame, model: str | Path = MODELS) -> pd.DataFrame:
    """Predict every month that a table like data/economics.csv is enough for.

    `table` has the columns and units of data/README.md: those that the model does not use may
    be absent or have empty cells, and so may the target. `model` is the folder of model.tflite,
    model.json and interval.json. Returns `date`, the month predicted, and `predicted`, `lower`
    and `upper` in the target's unit; lower and upper are empty where there is no interval.json
    of this model. Warns of that, and of values far outside those that the model was trained on.
    Raises InputError where the table is wrong, or not enough for any month.
    """
    content = table.to_csv(index=False, date_format="%Y-%m-%d")
    loaded = load(model)
    predictions, far = predict_csv(content.encode(), "the table", loaded)
    if loaded.without:
        warnings.warn(f"lower and upper are empty: {loaded.without}", stacklevel=2)
    for line in far:
        warnings.warn(line, stacklevel=2)
    return predictions


def load(folder: str | Path) -> Model:
    """The model in `folder`; raises InputError where its files do not belong together."""
    path, beside, interval = (
        str(Path(folder, name)) for name in ("model.tflite", "model.json", "interval.json")
    )
    description = read_description(beside, path, Description)
    if not Path(interval).exists():
        return Model(path, description, None, f"{interval} is missing")
    found = read_interval(interval)
    if found.model != description.model:
        return Model(path, description, None, f"{interval} belongs to another model")
    return Model(path, description, found, "")


def predict_csv(content: bytes, path: str, model: Model) -> tuple[pd.DataFrame, list[str]]:
    """What `predict` does, for the content of a CSV file that messages call `path`.

    Returns the predictions, and a line for each feature with values far outside.
    """
    params = model.description.prepare
    table = parse_table(content, path, [name for name in params.features if name != params.target])
    if params.transform == "log_change":
        check_positive(table, params, path)
    rows = make_rows(table, params)
    names = predictor_names(rows)
    if names != list(model.description.predictors):
        raise InputError(
            f"{model.path} should take the predictors {','.join(names)}, "
            f"found {','.join(model.description.predictors)}: it needs the code it was trained with"
        )
    needed = [*names, "known"] if params.transform == "log_change" else names
    rows = rows.dropna(subset=needed).astype({"known": "float64", "target": "float64"})
    if rows.empty:
        raise InputError(f"{path} is not enough to predict a month: {missing(table, params)}")
    with np.errstate(all="ignore"):  # what is not finite is refused below
        outputs = exported.predict(model.path, predictors(rows))
        predictions = make_predictions(rows, outputs, params.transform)
        half_width = model.interval.half_width if model.interval else np.nan
        predictions = add_intervals(predictions, half_width, params.transform)
    endless = predictions[~np.isfinite(predictions["predicted"]) | np.isinf(predictions["upper"])]
    if len(endless):
        raise InputError(
            f"{path} should have figures that the model can compute with, "
            f"found none for {endless['date'].iloc[0]:%Y-%m}"
        )
    predictions = predictions[["date", "predicted", "lower", "upper"]].reset_index(drop=True)
    return predictions, list(out_of_range(rows, model.description))


def missing(table: pd.DataFrame, params: Prepare) -> str:
    """What the newest month of a table needs for a prediction and does not have."""
    changes = params.transform == "log_change"
    reach = params.lags + changes
    newest = table["date"].iloc[-1]
    months = pd.date_range(end=newest, periods=reach, freq="MS")[::-1]
    figures = table.set_index("date").reindex(months)
    gaps = [
        f"{name} of {month:%Y-%m}"
        for month in months
        for name in COLUMNS
        if name in params.features or (changes and name == params.target and month == newest)
        if pd.isna(figures[name][month])
    ]
    more = [f"{len(gaps) - 5} more"] if len(gaps) > 5 else []
    months_needed = f"{reach} months in a row up to {newest:%Y-%m}" if reach > 1 else "one month"
    return (
        f"the model needs {', '.join(params.features)} of {months_needed}, "
        f"missing: {', '.join([*gaps[:5], *more])}"
    )


def out_of_range(rows: pd.DataFrame, model: Description) -> Iterator[str]:
    """A line for each feature with values far outside its training range.

    Far is further outside than a tenth of that range's width.
    """
    for name in list(model.predictors)[:: model.prepare.lags]:  # the newest month of each
        low, high = model.predictors[name]
        values = rows[name].astype("float64")
        outside = np.maximum(low - values, values - high)
        months = int((outside > 0.1 * (high - low)).sum())
        if months:
            furthest = outside.idxmax()
            yield (
                f"{name} is far outside its training range of {low:.6g} to {high:.6g} "
                f"in {months} month{'s' * (months > 1)}: {values[furthest]:.6g} in {furthest:%Y-%m}"
            )


def summarise(predictions: pd.DataFrame, model: Model) -> str:
    """One line on the newest prediction."""
    newest, target = predictions.iloc[-1], COLUMNS[model.description.prepare.target]
    interval = f"no interval: {model.without}"
    if model.interval:
        interval = f"{model.interval.percent} interval {newest.lower:.1f} to {newest.upper:.1f}"
    months = f"{len(predictions)} month{'s' * (len(predictions) > 1)}"
    return (
        f"predict: {months}, the newest {newest.date:%Y-%m}: "
        f"{target.title} {newest.predicted:.1f} ({target.unit}), {interval}"
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.predict", description=__doc__)
    parser.add_argument("table", metavar="TABLE", help="a CSV file like data/economics.csv")
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
        raise InputError(f"{table} should be a CSV file like data/economics.csv, found no file")
    there = output and Path(output).exists()
    if there and (table.samefile(output) or not Path(output).is_file()):
        raise InputError(f"--output should be a file, and not the table, found {output}")
    model = load(arguments.model)

    predictions, far = predict_csv(table.read_bytes(), arguments.table, model)
    predictions = predictions.round({"predicted": 1, "lower": 1, "upper": 1})

    if output:
        write_csv(predictions, output)
    else:
        print_csv(predictions)
    print(
        *[f"warning: {line}" for line in far],
        summarise(predictions, model),
        sep="\n",
        file=sys.stderr,
    )


if __name__ == "__main__":
    run(main, returncode=2)
