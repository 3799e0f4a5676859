"""Score the exported model beside what needs no network; write and draw its predictions."""

import numpy as np
import pandas as pd

from regression.columns import COLUMNS
from regression.errors import InputError, run
from regression.files import md5, replacing, write_csv, write_json, write_text
from regression.model.description import (
    FORMAT,
    Description,
    FullDescription,
    FullInterval,
    read_description,
)
from regression.model.exported import predict
from regression.params import load_params
from regression.report.card import card
from regression.report.plots import draw
from regression.report.predictions import add_intervals, make_predictions
from regression.scores.intervals import Intervals, adaptive_conformal, split_conformal
from regression.scores.scores import rounded, score_baselines, score_predictions
from regression.table.rows import predictors, read_rows
from regression.table.transforms import apply_transform


def calibrate(
    train: pd.DataFrame, test: pd.DataFrame, method: str, coverage: float, transform: str
) -> Intervals:
    """The intervals of the test months, from tables like `make_predictions` makes.

    Errors and half widths are in the unit of the loss.
    """
    rows = pd.concat([train, test])
    known = rows["persistence"].to_numpy()
    actual, predicted = (
        apply_transform(rows[name].to_numpy(), known, transform) for name in ("actual", "predicted")
    )
    errors = np.abs(actual - predicted)
    if method == "random":
        return split_conformal(errors[len(train) :], coverage)
    origins, dates = (rows[name].to_numpy() for name in ("origin", "date"))
    return adaptive_conformal(errors, origins, dates, len(test), coverage)


def describe_intervals(
    intervals: Intervals, test: pd.DataFrame, coverage: float, model: Description
) -> FullInterval:
    """The interval of a prediction made after the test months."""
    return FullInterval(
        format_version=FORMAT,
        model=model.model,
        method=intervals.method,
        coverage=coverage,
        half_width=float(f"{intervals.half_width:.6g}"),
        unit=model.unit,
        errors_until=f"{test['date'].max():%Y-%m}",
        months_at_limit=intervals.at_limit,
    )


def main() -> None:
    params = load_params()
    evaluate, split = params.evaluate, params.split
    train, test = read_rows("data/train.csv"), read_rows("data/test.csv")
    model = read_description("models/model.json", "models/model.tflite", FullDescription)
    transform, target = model.prepare.transform, COLUMNS[model.prepare.target]

    train_predictions, predicted = (
        make_predictions(rows, predict("models/model.tflite", predictors(rows)), transform)
        for rows in (train, test)
    )
    for month in predicted["date"][~np.isfinite(predicted["predicted"])]:
        raise InputError(
            f"models/model.tflite should answer with finite numbers, found none for {month:%Y-%m}"
        )
    intervals = calibrate(train_predictions, predicted, split.method, evaluate.coverage, transform)
    predicted = add_intervals(predicted, intervals.half_widths, transform)
    baselines = score_baselines(train, test, transform)
    scores = rounded(score_predictions(train_predictions, predicted, baselines))
    interval = describe_intervals(intervals, test, evaluate.coverage, model)
    hashes = {
        path: md5(path) for path in ("models/model.tflite", "data/train.csv", "data/test.csv")
    }
    figure = draw(predicted, target, scores)

    write_json(scores, "metrics/metrics.json")
    cells = predicted.drop(columns="origin").set_index("date").round(1).reset_index()
    write_csv(cells, "metrics/predictions.csv")
    write_json(interval.model_dump(), "models/interval.json")
    write_text(card(model, split, test, interval, scores, hashes), "metrics/model_card.md")
    with replacing("metrics/predictions.png") as temporary:
        figure.savefig(temporary, dpi=130)
    print(
        f"evaluate: {len(test)} rows: test RMSE {scores['test']['rmse']} beside "
        f"{scores['baseline']['persistence']} of the last known figure ({target.unit}); "
        f"{scores['interval']['coverage']:.1%} inside their intervals, "
        f"{intervals.at_limit} months at their limit"
    )


if __name__ == "__main__":
    run(main)
