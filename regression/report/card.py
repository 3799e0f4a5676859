"""The model card: what the model is, how good, and what it is not for."""

import pandas as pd

from regression.columns import COLUMNS
from regression.model.description import Description, Interval
from regression.params import Split
from regression.report.markdown import markdown_table
from regression.scores.metrics import shown


def card(
    model: Description,
    split: Split,
    test: pd.DataFrame,
    interval: Interval,
    scores: dict,
    hashes: dict[str, str],
) -> str:
    """Markdown of at most thirty lines.

    `test` has the column date, of the months tested on; `scores` as metrics.json holds them;
    `hashes`, by path, of the model and of the rows that it was trained and tested on.
    """
    prepare, target = model.prepare, COLUMNS[model.prepare.target]
    ahead = f"{prepare.horizon} month{'s' * (prepare.horizon > 1)} ahead"
    when = ahead if prepare.horizon else "of the same month"
    form = "monthly log changes" if prepare.transform == "log_change" else "figures"
    features = ", ".join(f"{name} ({COLUMNS[name].unit})" for name in prepare.features)
    months = f"{test['date'].min():%Y-%m} to {test['date'].max():%Y-%m}"
    facts = {
        "answers": f"{model.unit}, {when}; errors and widths below: {target.unit}",
        "takes": f"{form} of {features}"
        + (f", the last {prepare.lags} months" if prepare.lags > 1 else ""),
        "trained on": f"{model.rows} rows, {' to '.join(model.months)}",
        "tested on": f"{len(test)} rows, {months}; split: {split}",
        "prepare": prepare,
        "train": model.train,
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
            markdown_table(["", ""], facts.items()),
            "",
            markdown_table(
                ["predictor", "test RMSE"],
                ([name, shown("rmse", error)] for name, error in errors.items()),
            ),
            "",
            f"Its intervals ({interval.method}, meant for {interval.coverage:.0%}) held "
            f"{shown('coverage', scores['interval']['coverage'])} of the test months; "
            f"their mean width is {shown('width', scores['interval']['width'])}.",
            "",
            "Not for:",
            "",
            *[f"- {limit}" for limit in limits(model, split, scores)],
            "",
        ]
    )


def limits(model: Description, split: Split, scores: dict) -> list[str]:
    """What the model should not be used for, a sentence each."""
    sentences = ["Causes: that a series helps to predict another does not say that it moves it."]
    if split.method == "random":
        sentences.append(
            "Months to come: the test months were drawn at random, between training months."
        )
    if model.prepare.horizon == 0:
        sentences.append("Forecasts: it needs the figures of the very month that it predicts.")
    elif set(model.prepare.features) & {"pce", "pop", "psavert"}:
        sentences.append(
            "Use on the day: spending and saving are published weeks after unemployment."
        )
    if scores["skill"] < 0:
        sentences.append("Anything: carrying the last known figure forward errs less.")
    return sentences
