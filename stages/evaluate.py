"""Score the exported model beside what needs no network; write and draw its predictions."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from regression.errors import InputError, complain, counted, run
from regression.files import md5, warn_if_large, write_csv, write_json, write_text
from regression.frequency import Frequency
from regression.model.description import (
    FORMAT,
    Description,
    FullDescription,
    Interval,
    read_description,
)
from regression.model.exported import predict
from regression.package import read_package, read_periods
from regression.params import load_params
from regression.report.backend import save
from regression.report.card import card
from regression.report.plots import draw
from regression.report.predictions import add_intervals, make_predictions
from regression.scores.intervals import (
    Intervals,
    adaptive_conformal,
    deviation,
    held_out_conformal,
)
from regression.scores.metrics import WITHOUT_NETWORK
from regression.scores.scores import rounded, score_baselines, score_predictions
from regression.scores.validation import score_validation
from regression.table.rows import predictor_names, predictors, read_held_out, read_rows
from regression.table.transforms import apply_transform


def check_predictors(rows: pd.DataFrame, path: str, model: Description) -> None:
    """Raise InputError where the rows of `path` have others than the model was trained with."""
    names, expected = predictor_names(rows), list(model.predictors)
    if names != expected:
        raise InputError(
            f"{path} should have the predictors {', '.join(expected)}, as models/model.json has, "
            f"found {', '.join(names)}: dvc repro"
        )


def calibrate(
    held_out: pd.DataFrame,
    train: pd.DataFrame,
    test: pd.DataFrame,
    method: str,
    coverage: float,
    transform: str,
    frequency: Frequency | None,
) -> Intervals:
    """The intervals of the test rows, from tables like `make_predictions` makes.

    `held_out` has the training rows as networks that had not learnt them answered. Errors and
    half widths are in the unit of the loss.
    """
    if method == "random" or frequency is None:
        return held_out_conformal(errors(held_out, transform), len(test), coverage)
    rows = pd.concat([train, test])
    origins, dates = (rows[name].to_numpy() for name in ("origin", "date"))
    return adaptive_conformal(errors(rows, transform), origins, dates, len(test), coverage)


def errors(rows: pd.DataFrame, transform: str) -> np.ndarray:
    """Absolute, in the unit of the loss: of a table with actual, predicted and persistence."""
    known = rows["persistence"].to_numpy("float64")
    actual, predicted = (
        apply_transform(rows[name].to_numpy("float64"), known, transform)
        for name in ("actual", "predicted")
    )
    return np.abs(actual - predicted)


def describe_intervals(intervals: Intervals, coverage: float, model: Description) -> Interval:
    """The interval of a prediction made after the test rows."""
    return Interval(
        format_version=FORMAT,
        model=model.model,
        method=intervals.method,
        coverage=coverage,
        half_width=intervals.half_width and float(f"{intervals.half_width:.6g}"),
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
    check_predictors(train, "data/train.csv", model)
    check_predictors(test, "data/test.csv", model)
    held_out = read_held_out("metrics/validation.csv")
    validation = score_validation(held_out)
    package = read_package()
    periods = read_periods(package)
    transform, target, frequency = model.prepare.transform, model.target, model.table.frequency

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
        held_out,
        train_predictions,
        predicted,
        split.method,
        evaluate.coverage,
        transform,
        frequency,
    )
    predicted = add_intervals(predicted, intervals.half_widths, transform)
    baselines = score_baselines(train, test, transform)
    scores = rounded(score_predictions(train_predictions, predicted, baselines), target.decimals)
    interval = describe_intervals(intervals, evaluate.coverage, model)
    numbers = frequency.numbers(predicted["date"]) if frequency else np.arange(len(predicted))
    luck = deviation(evaluate.coverage, numbers, model.prepare.horizon)
    hashes = {
        path: md5(path) for path in ("models/model.tflite", "data/train.csv", "data/test.csv")
    }
    figure = draw(predicted, target, scores, periods)

    write_json(scores, "metrics/metrics.json")
    write_csv(cells(predicted, target.decimals), "metrics/predictions.csv")
    write_json(interval.model_dump(), "models/interval.json")
    text = card(model, split, predicted, interval, luck, scores, validation, hashes, package.where)
    write_text(text, "metrics/model_card.md")
    save(figure, "metrics/predictions.png")
    inside = "no intervals"
    if "interval" in scores:
        inside = (
            f"{scores['interval']['coverage']:.1%} inside their intervals (deviation {luck:.1%}), "
            f"{intervals.at_limit} at their limit"
        )
    beside = "persistence" if "persistence" in baselines else "linear"
    print(
        f"evaluate: {counted(len(test), 'row')}: test RMSE {scores['test']['rmse']} beside "
        f"{scores['baseline'][beside]} of {WITHOUT_NETWORK[beside]}"
        f"{f' ({target.unit})' * bool(target.unit)}; {inside}"
    )
    for line in outside_training(test, model):
        complain(f"warning: {line}, where a network only guesses")
    warn_if_large(
        "metrics/predictions.csv", "set split.test_size to a number of rows, such as 10000"
    )


if __name__ == "__main__":
    run(main)
