"""The model card: what the model is, how good, and what it is not for."""

import pandas as pd

from regression.columns import COLUMNS
from regression.model.description import (
    Description,
    FullDescription,
    FullInterval,
    tell_constant,
)
from regression.params import Prepare, Split
from regression.report.markdown import markdown_table
from regression.scores.metrics import shown

# What a reader of the card alone, as the review of a pull request is, learns from it.
NOT_EXACT = "no: another kind of processor may train a model with other last digits"


def card(
    model: FullDescription,
    split: Split,
    test: pd.DataFrame,
    interval: FullInterval,
    scores: dict,
    hashes: dict[str, str],
) -> str:
    """Markdown of at most thirty lines.

    `test` has the column date, of the months tested on; `scores` as metrics.json holds them;
    `hashes`, by path, of the model and of the rows that it was trained and tested on.
    """
    prepare, target = model.prepare, COLUMNS[model.prepare.target]
    when = ahead(prepare.horizon) if prepare.horizon else "of the same month"
    form = "monthly log changes" if prepare.transform == "log_change" else "figures"
    features = ", ".join(f"{name} ({COLUMNS[name].unit})" for name in prepare.features)
    months = f"{test['date'].min():%Y-%m} to {test['date'].max():%Y-%m}"
    facts = {
        "for": purpose(model, split, scores["skill"]),
        "answers": f"{model.unit}, {when}; errors and widths below: {target.unit}",
        "takes": f"{form} of {features}"
        + (f", the last {prepare.lags} months" if prepare.lags > 1 else ""),
        "trained on": f"{model.rows} rows, {' to '.join(model.months)}",
        "tested on": f"{len(test)} rows, {months}; split: {split}",
        "prepare": prepare,
        "train": model.train,
        "constant": tell_constant(model),
        "exact": "" if model.exact else NOT_EXACT,
        "MD5": ", ".join(f"{path} {md5}" for path, md5 in hashes.items()),
        "versions": ", ".join(f"{name} {number}" for name, number in model.versions.items()),
    }
    errors = {
        "this model": scores["test"]["rmse"],
        "last known figure": scores["baseline"]["persistence"],
        "linear regression on the same predictors": scores["baseline"]["linear"],
        "training mean": scores["baseline"]["mean"],
        "line between the neighbouring training months": scores["baseline"]["neighbours"],
    }
    return "\n".join(
        [
            f"# Model card: {target.title} in the United States",
            "",
            markdown_table(["", ""], [(name, fact) for name, fact in facts.items() if fact]),
            "",
            markdown_table(
                ["predictor", "test RMSE"],
                ([name, shown("rmse", error)] for name, error in errors.items()),
            ),
            "",
            f"Its intervals ({interval.method}, meant for {interval.percent}) held "
            f"{shown('coverage', scores['interval']['coverage'])} of the test months; "
            f"their mean width is {shown('width', scores['interval']['width'])}.",
            "",
            "Not for:",
            *[f"- {limit}" for limit in limits(model, split, scores)],
            "",
        ]
    )


def ahead(horizon: int) -> str:
    return f"{horizon} month{'s' * (horizon > 1)} ahead"


def purpose(model: Description, split: Split, skill: float) -> str:
    """What the model is for, and how it does there beside the last known figure."""
    prepare, title = model.prepare, COLUMNS[model.prepare.target].title
    task = f"estimating {title} from other figures of the same month"
    if prepare.horizon:
        task = f"forecasting {title} {ahead(prepare.horizon)}"
    if split.method == "random":
        task += ", between months that it was trained on"
    if skill > 0:
        return f"{task}; it errs less than the last known figure (skill {skill})"
    errs = "errs less" if skill < 0 else "errs as little"
    return f"{task}, as an exercise: the last known figure {errs} (skill {skill})"


def limits(model: Description, split: Split, scores: dict) -> list[str]:
    """What the model should not be used for, a sentence each."""
    sentences = ["Causes: that a series helps to predict another does not say that it moves it."]
    if split.method == "random":
        sentences.append(
            "Months to come: the test months were drawn at random, between training months."
        )
    if model.prepare.horizon == 0:
        sentences.append("Forecasts: it needs the figures of the very month that it predicts.")
    elif late := late_features(model.prepare):
        *others, last = late
        names = f"{', '.join(others)} and {last}" if others else last
        sentences.append(
            f"Use on the day: {names} {'are' if others else 'is'} published weeks after "
            f"{model.prepare.target}."
        )
    if scores["skill"] < 0:
        sentences.append("Anything: carrying the last known figure forward errs less.")
    return sentences


def late_features(prepare: Prepare) -> list[str]:
    """The features that are not published yet when the target is."""
    if COLUMNS[prepare.target].late:
        return []
    return [name for name in prepare.features if COLUMNS[name].late]
