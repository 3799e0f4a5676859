"""Score the exported model beside what needs no network; write and draw its predictions."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from regression.errors import InputError, complain, run
from regression.files import md5, replacing, write_csv, write_json, write_text
from regression.frequency import Frequency
from regression.model.description import (
    FORMAT,
    Description,
    FullDescription,
    FullInterval,
    read_description,
    shown_dates,
)
from regression.model.exported import predict
from regression.package import read_package, read_periods
from regression.params import load_params
from regression.report.card import WITHOUT_NETWORK, card
from regression.report.plots import draw
from regression.report.predictions import add_intervals, make_predictions
from regression.scores.intervals import (
    Intervals,
    adaptive_conformal,
    deviation,
    split_conformal,
)
from regression.scores.scores import rounded, score_baselines, score_predictions
from regression.table.rows import predictors, read_rows
from regression.table.transforms import apply_transform

LARGEST = 10_000_000  # bytes of metrics/predictions.csv that are small enough for Git


def calibrate(
    train: pd.DataFrame,
    test: pd.DataFrame,
    method: str,
    coverage: float,
    transform: str,
    frequency: Frequency | None,
) -> Intervals:
    """The intervals of the test rows, from tables like `make_predictions` makes.

    Errors and half widths are in the unit of the loss.
    """
    rows = pd.concat([train, test])
    known = rows["persistence"].to_numpy()
    actual, predicted = (
        apply_transform(rows[name].to_numpy(), known, transform) for name in ("actual", "predicted")
    )
    errors = np.abs(actual - predicted)
    if method == "random" or frequency is None:
        return split_conformal(errors[len(train) :], coverage)
    origins, dates = (rows[name].to_numpy() for name in ("origin", "date"))
    return adaptive_conformal(errors, origins, dates, len(test), coverage)


def describe_intervals(
    intervals: Intervals, test: pd.DataFrame, coverage: float, model: Description
) -> FullInterval:
    """The interval of a prediction made after the test rows."""
    return FullInterval(
        format_version=FORMAT,
        model=model.model,
        method=intervals.method,
        coverage=coverage,
        half_width=float(f"{intervals.half_width:.6g}"),
        unit=model.unit,
        errors_until="".join(shown_dates(test, model.table)[1:]),
        rows_at_limit=intervals.at_limit,
    )


def outside_training(test: pd.DataFrame, model: Description) -> Iterator[str]:
    """A line for each level that leaves in test rows the range that the model was trained on."""
    for level in model.prepare.levels:
        low, high = model.predictors[level.name]
        outside = (~test[level.name].between(low, high)).sum()
        if outside:
            yield (
                f"{level.name} is outside its training range of {low:.6g} to {high:.6g} "
                f"in {outside} of {len(test)} test rows"
            )


def cells(predicted: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """What metrics/predictions.csv holds: no persistence where there are no dates."""
    key = "date" if "date" in predicted else "row"
    unused = ["origin"] if key == "date" else ["persistence"]
    return predicted.drop(columns=unused).set_index(key).round(decimals).reset_index()


def main() -> None:
    params = load_params()
    evaluate, split = params.evaluate, params.split
    train, test = read_rows("data/train.csv"), read_rows("data/test.csv")
    model = read_description("models/model.json", "models/model.tflite", FullDescription)
    package = read_package()
    periods = read_periods(package)
    transform, target = model.prepare.transform, model.target

    train_predictions, predicted = (
        make_predictions(rows, predict("models/model.tflite", predictors(rows)), transform)
        for rows in (train, test)
    )
    for number in np.flatnonzero(~np.isfinite(predicted["predicted"])):
        raise InputError(
            "models/model.tflite should answer with finite numbers, "
            f"found none for row {number + 1} of data/test.csv"
        )
    intervals = calibrate(
        train_predictions,
        predicted,
        split.method,
        evaluate.coverage,
        transform,
        model.table.frequency,
    )
    predicted = add_intervals(predicted, intervals.half_widths, transform)
    baselines = score_baselines(train, test, transform)
    scores = rounded(score_predictions(train_predictions, predicted, baselines), target.decimals)
    interval = describe_intervals(intervals, test, evaluate.coverage, model)
    hashes = {
        path: md5(path) for path in ("models/model.tflite", "data/train.csv", "data/test.csv")
    }
    figure = draw(predicted, target, scores, periods)

    write_json(scores, "metrics/metrics.json")
    write_csv(cells(predicted, target.decimals), "metrics/predictions.csv")
    write_json(interval.model_dump(), "models/interval.json")
    text = card(model, split, test, interval, scores, hashes, package.where)
    write_text(text, "metrics/model_card.md")
    with replacing("metrics/predictions.png") as temporary:
        figure.savefig(temporary, dpi=130)
    luck = deviation(evaluate.coverage, len(test), model.prepare.horizon)
    beside = "persistence" if "persistence" in baselines else "linear"
    print(
        f"evaluate: {len(test)} rows: test RMSE {scores['test']['rmse']} beside "
        f"{scores['baseline'][beside]} of {WITHOUT_NETWORK[beside]}"
        f"{f' ({target.unit})' * bool(target.unit)}; "
        f"{scores['interval']['coverage']:.1%} inside their intervals (deviation {luck:.1%}), "
        f"{intervals.at_limit} at their limit"
    )
    for line in outside_training(test, model):
        complain(f"warning: {line}, where a network only guesses")
    size = Path("metrics/predictions.csv").stat().st_size
    if size > LARGEST:
        complain(
            f"warning: metrics/predictions.csv has {size / 1e6:.0f} MB, and Git keeps every "
            "version of it: a number of rows as split.test_size, such as 10000, makes it smaller"
        )


if __name__ == "__main__":
    run(main)
