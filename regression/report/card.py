"""The model card: what the model is, how good, and what it is not for."""

import pandas as pd

from regression.errors import counted
from regression.model.description import (
    Description,
    FullDescription,
    Interval,
    shown_dates,
    tell_constant,
)
from regression.package import Column
from regression.params import Split
from regression.report.markdown import markdown_table
from regression.scores.metrics import WITHOUT_NETWORK, shown

# What a reader of the card alone, as the review of a pull request is, learns from it.
NOT_EXACT = "no: another kind of processor may train a model with other last digits"


def card(
    model: FullDescription,
    split: Split,
    test: pd.DataFrame,
    interval: Interval,
    luck: float,
    scores: dict,
    validation: dict,
    hashes: dict[str, str],
    where: str,
) -> str:
    """Markdown of at most thirty lines.

    `test` holds the predictions of the rows tested on; `luck` is the deviation of the interval's
    coverage of them; `scores` as metrics.json holds them, and `validation` those of
    validation.json; `hashes`, by path, of the model and of the rows that it was trained and
    tested on; `where` as the package says.
    """
    prepare, target, decimals = model.prepare, model.target, model.target.decimals

    def told(error: float | None) -> str:
        return "" if error is None else shown("test.rmse", error, decimals)

    lags = f", the last {counted(prepare.lags, model.table.period)}" if prepare.lags > 1 else ""
    features = ", ".join(with_unit(model.table[name]) for name in prepare.features)
    unit = target.unit or f"units of {target.name}"
    tested = " to ".join(shown_dates(test, model.table))
    facts = {
        "for": purpose(model, split, scores),
        "answers": f"{model.unit}, {when(model)}; errors and widths below: {unit}",
        "takes": "; ".join([f"{form(model)} of {features}{lags}", *levels(model)]),
        "trained on": ", ".join(
            filter(None, [counted(model.rows, "row"), " to ".join(model.dates)])
        ),
        "tested on": ", ".join(filter(None, [counted(len(test), "row"), tested]))
        + f"; split: {split}",
        "prepare": prepare,
        "train": "; ".join(filter(None, [str(model.train), tell_constant(model)])),
        "exact": "" if model.exact else NOT_EXACT,
        "MD5": ", ".join(f"{path} {md5}" for path, md5 in hashes.items()),
        "versions": ", ".join(f"{name} {number}" for name, number in model.versions.items()),
    }
    test_errors = {"rmse": scores["test"]["rmse"], **scores["baseline"]}
    errors = [
        [name.removeprefix("the "), *(told(each.get(key)) for each in (test_errors, validation))]
        for key, name in {"rmse": "this model", **WITHOUT_NETWORK}.items()
        if key in test_errors
    ]
    return "\n".join(
        [
            f"# Model card: {target.words} {where}".rstrip(),
            "",
            markdown_table(["", ""], [(name, fact) for name, fact in facts.items() if fact]),
            "",
            markdown_table(["predictor", "test RMSE", "RMSE of held-out training rows"], errors),
            "",
            told_intervals(model, interval, luck, test, scores),
            "",
            "Not for:",
            *[f"- {limit}" for limit in limits(model, split, scores)],
            "",
        ]
    )


def told_intervals(
    model: FullDescription, interval: Interval, luck: float, test: pd.DataFrame, scores: dict
) -> str:
    """How many test rows were in their intervals, in all and by decade, and how wide those are."""
    if "interval" not in scores:
        return f"Intervals: {interval.method}."
    coverage, width = (
        shown(f"interval.{name}", scores["interval"][name], model.target.decimals)
        for name in ("coverage", "width")
    )
    told = (
        f"Its intervals ({interval.method}, meant for {interval.percent}) held {coverage} of the "
        f"test rows (by luck alone, give or take {luck:.1%}); their mean width is {width}."
    )
    if "date" not in test:
        return told
    inside = test["actual"].between(test["lower"], test["upper"])
    decades = [
        (float(rows.mean()), int(decade), len(rows))
        for decade, rows in inside.groupby(test["date"].dt.year // 10 * 10)
    ]
    lowest, highest = (
        f"{share:.0%} in the {decade}s ({counted(rows, 'row')})"
        for share, decade, rows in (min(decades), max(decades))
    )
    return f"{told} By decade: from {lowest} to {highest}." if len(decades) > 1 else told


def with_unit(column: Column) -> str:
    return f"{column.name} ({column.unit})" if column.unit else column.name


def when(model: Description) -> str:
    """Of what date it answers."""
    horizon = model.prepare.horizon
    if horizon:
        return f"{counted(horizon, model.table.period)} ahead"
    return f"of the same {model.table.period}"


def form(model: Description) -> str:
    """What is taken of the features."""
    return {
        "level": "figures",
        "change": f"changes from one {model.table.period} to the next",
        "log_change": f"log changes from one {model.table.period} to the next",
    }[model.prepare.transform]


def levels(model: Description) -> list[str]:
    """What is taken of the columns as they stand, in words."""
    logarithm = "log of " if model.prepare.transform == "log_change" else ""
    return [
        logarithm
        + level.column
        + (f" per {level.per}" if level.per else "")
        + (f" of {counted(level.per_lag, model.table.period)} before" if level.per_lag else "")
        for level in model.prepare.levels
    ]


def purpose(model: Description, split: Split, scores: dict) -> str:
    """What the model is for, and how it does there beside what needs no network."""
    title = model.target.words
    task = f"estimating {title} from other figures {when(model)}"
    if model.prepare.horizon:
        task = f"forecasting {title} {when(model)}"
    if split.method == "random" and model.table.frequency:
        task += f", between {model.table.period}s that it was trained on"
    if "skill" in scores:
        other, ahead = WITHOUT_NETWORK["persistence"], scores["skill"]
        told = f" (skill {ahead})"
    else:
        other, told = WITHOUT_NETWORK["linear"], ""
        ahead = scores["baseline"]["linear"] - scores["test"]["rmse"]
    if ahead > 0:
        return f"{task}; it errs less than {other}{told}"
    errs = "errs less" if ahead < 0 else "errs as little"
    return f"{task}, as an exercise: {other} {errs}{told}"


def limits(model: Description, split: Split, scores: dict) -> list[str]:
    """What the model should not be used for, a sentence each."""
    if model.table.frequency is None:
        return [
            "Causes: a column that helps to predict another need not move it.",
            "Rows of another kind than those of the table: it was tested on rows drawn from it.",
        ]
    sentences = ["Causes: a series that helps to predict another need not move it."]
    word = model.table.period
    if split.method == "random":
        sentences.append(
            f"{word.capitalize()}s to come: the test {word}s were drawn at random, "
            f"between training {word}s."
        )
    if model.prepare.horizon == 0:
        sentences.append(f"Forecasts: it needs the figures of the very {word} that it predicts.")
    elif late := late_features(model):
        *others, last = late
        names = f"{', '.join(others)} and {last}" if others else last
        sentences.append(
            f"Use on the day: {names} {'are' if others else 'is'} published later than "
            f"{model.prepare.target}."
        )
    if scores.get("skill", 0) < 0:
        sentences.append("Anything: carrying the last known figure forward errs less.")
    return sentences


def late_features(model: Description) -> list[str]:
    """What is taken of the origin and not published yet when the target is."""
    if model.target.late:
        return []
    return [name for name in model.prepare.current if model.table[name].late]
