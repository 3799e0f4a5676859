"""A review as Markdown, to be read in a terminal and in a pull request alike; and as JSON."""

from decimal import Decimal
from typing import Any, NamedTuple

from regression.columns import COLUMNS
from regression.report.markdown import markdown_table
from tools.review.changes import Change
from tools.review.difference import SMALLEST_THAT_MATTERS, Difference
from tools.review.snapshot import Snapshot
from tools.verify import Finding

# Which way is better, by the last part of a metric's name. Coverage has a value to meet.
BETTER = {
    "rmse": "less",
    "mae": "less",
    "r2": "more",
    "member_rmse_mean": "less",
    "member_rmse_std": "less",
    "skill": "more",
    "width": "less",
}

MOST = 20  # changes of one kind that are listed


class Comparison(NamedTuple):
    """The number of test months that both sides have alike, and how they differ there.

    `revised` months are on both sides, but with another actual figure, and left out. Where
    there is no difference to speak of, `reason` says why. `persistence` is an RMSE.
    """

    months: int
    revised: int
    reason: str | None
    persistence: float | None = None
    difference: Difference | None = None

    @property
    def verdict(self) -> str:
        return self.difference.verdict if self.difference else "not comparable"


class Review(NamedTuple):
    """Two revisions, how they compare, what was changed between them, and what is not right.

    `verified` is what running head has shown, None where it was not run.
    """

    base: Snapshot
    head: Snapshot
    verified: Finding | None
    comparison: Comparison
    parameters: list[Change]
    data: list[Change]
    code: dict[str, list[str]]
    versions: list[Change]
    warnings: list[str]


def markdown(review: Review) -> str:
    """The whole report; its first line is the verdict."""
    return "\n\n".join(
        [
            headline(review),
            verification(review),
            f"From {code_span(review.base.revision)} to {code_span(review.head.revision)}.",
            "### How it is decided",
            listing(reasons(review)),
            "### Metrics",
            markdown_table(
                ["metric", "base", "head", "change", "better"], metric_rows(review), "lrrr", True
            ),
            *baseline_remark(review),
            "### What was changed",
            listing(causes(review)),
            "### What is not right",
            listing(shortened([*map(code_span, review.warnings)]) or ["nothing that Git can tell"]),
        ]
    )


def headline(review: Review) -> str:
    """The verdict, in words that one can act on."""
    difference = review.comparison.difference
    if difference is None:
        text = f"**Not comparable**: {review.comparison.reason}"
    else:
        before, after = shown_rmses(review, difference)
        share = f" ({signed(100 * difference.value / difference.base)}%)" if difference.base else ""
        rmses = f"Test RMSE {before} → {after} {unit(review)}{share}"
        text = f"{rmses}: {judgement(difference)}"
    return text + ("; but see what is not right, at the end" if review.warnings else "")


def verification(review: Review) -> str:
    """Whether running head gives its numbers, as a line of its own."""
    line = f"Verified by running it: {verified(review)}"
    because = review.verified and review.verified.because
    return f"{line}, because {code_span(because)}" if because else line


def verified(review: Review) -> str:
    if review.verified is None:
        return "not run"
    return "yes" if review.verified.because is None else "no"


def judgement(difference: Difference) -> str:
    """The verdict with its interval, as the end of a sentence."""
    verdict = difference.verdict
    if verdict == "no difference":
        return "**no difference**, the predictions are the same"
    if verdict == "no verdict":
        return "**no verdict**, for one network says nothing of the luck of its seed"
    if verdict.endswith("on these months"):
        beyond = "; on others " + span(difference.other_months) if difference.other_months else ""
        return (
            f"**{verdict}; not proven beyond them**; 95% interval of the difference "
            f"{span(difference.these_months)}{beyond}"
        )
    widest = difference.other_months or difference.these_months
    return f"**{verdict}**; 95% interval of the difference {span(widest)}"


def reasons(review: Review) -> list[str]:
    """What the verdict rests on."""
    comparison, difference = review.comparison, review.comparison.difference
    if difference is None:
        return [f"{comparison.reason}: the RMSEs below answer different questions"]
    if difference.identical:
        return [months(review, difference), "every network predicts the same in every month"]
    lines = [months(review, difference), networks(review, difference)]
    if difference.these_months:
        lines.append(
            f"on these months, whatever the seeds: {span(difference.these_months)} "
            "(95%, jackknife over the networks)"
        )
        if difference.other_months:
            lines += [
                f"on other months too: {span(difference.other_months)} "
                "(95%, jackknife over the networks and over calendar years)",
                "the smallest difference that these months could have shown: "
                + number(difference.smallest),
            ]
        else:
            lines.append("on other months: unknown, for these lie in one calendar year")
    lines.append(
        "better or worse is only what holds on other months too and exceeds "
        f"{number(difference.threshold)}, which is {SMALLEST_THAT_MATTERS:.0%} of the RMSE of "
        f"persistence ({number(comparison.persistence)})"
    )
    return lines


def months(review: Review, difference: Difference) -> str:
    """Which test months are compared."""
    comparison = review.comparison
    alike = f"{comparison.months} months in {difference.years} calendar years"
    counts = [len(side.predictions) for side in (review.base, review.head)]
    if counts == [comparison.months] * 2:
        return f"paired by test month: {alike}, the same on both sides"
    revised = (
        f"; {comparison.revised} more differ in the actual figure" if comparison.revised else ""
    )
    return (
        f"paired by test month: only the {alike} that are the same on both sides "
        f"(base has {counts[0]}, head {counts[1]}{revised})"
    )


def networks(review: Review, difference: Difference) -> str:
    """Which networks are compared, and how the luck of their seeds is reckoned."""
    sides = {"base": review.base, "head": review.head}
    alone = [name for name, side in sides.items() if len(side.seeds) == 1]
    if alone:
        return (
            f"one network in {' and '.join(alone)}: how much its seed matters is unknown; "
            "compare with train.members above 1"
        )
    base, head = (
        f"{len(side.seeds)} networks, seeds {seed_range(side)}" for side in sides.values()
    )
    return {
        "the same": f"{head} on both sides: each seed is left out of both at once",
        "none in common": f"{base}, against {head}: no seed in common, each side by itself",
        "some in common": f"{base}, against {head}: some seeds in common, so that neither pairs "
        "nor each side by itself is right; their standard errors are added, the most it can be",
    }[difference.seeds]


def seed_range(side: Snapshot) -> str:
    return f"{side.seeds[0]} to {side.seeds[-1]}"


def metric_rows(review: Review) -> list[list[str]]:
    """A row for each metric on either side, the baselines last."""
    base, head = review.base.metrics, review.head.metrics
    names = sorted({**base, **head}, key=lambda name: name.startswith("baseline."))
    return [
        [
            code_span(name),
            number(base.get(name)),
            number(head.get(name)),
            metric_change(base.get(name), head.get(name)),
            "" if name.startswith("baseline.") else better(name, review),
        ]
        for name in names
    ]


def metric_change(before: Decimal | None, after: Decimal | None) -> str:
    if before is None or after is None:
        return "new" if before is None else "gone"
    return signed(after - before)


def better(name: str, review: Review) -> str:
    if name.endswith("coverage"):
        wanted = review.head.params.get("evaluate.coverage")
        return f"nearer to {wanted}" if isinstance(wanted, int | float) else ""
    return BETTER.get(name.rpartition(".")[2], "")


def baseline_remark(review: Review) -> list[str]:
    """A paragraph, where the two sides were not asked the same."""
    base, head = (
        {name: value for name, value in side.metrics.items() if name.startswith("baseline.")}
        for side in (review.base, review.head)
    )
    changed = any(base[name] != head[name] for name in base.keys() & head.keys())
    return ["The baselines differ: this table compares other data or other months."] * changed


def causes(review: Review) -> list[str]:
    """What was changed between the two revisions: a line for each kind."""
    code = [f"{stage} ({', '.join(map(code_span, files))})" for stage, files in review.code.items()]
    kinds = {
        "parameters": [described(change) for change in review.parameters],
        "data": [described(change) for change in review.data],
        "code of stages": code,
        "versions of packages": [described(change) for change in review.versions],
    }
    return [f"{kind}: {', '.join(shortened(lines)) or 'the same'}" for kind, lines in kinds.items()]


def described(change: Change) -> str:
    name = code_span(change.name)
    if change.base is None:
        return f"{name} is new, {code_span(change.head)}"
    if change.head is None:
        return f"{name} is gone, was {code_span(change.base)}"
    return f"{name} {code_span(change.base)} → {code_span(change.head)}"


def shortened(lines: list[str]) -> list[str]:
    return lines if len(lines) <= MOST else [*lines[:MOST], f"and {len(lines) - MOST} more"]


def code_span(value: object) -> str:
    """Text that a branch chose, set so that GitHub reads no markup, mention or link in it."""
    text = " ".join(str(value).split()).replace("`", "'")
    return f"`{text[:200]}`"


def unit(review: Review) -> str:
    target = review.head.params.get("prepare.target")
    return COLUMNS[target].unit if target in COLUMNS else ""


def shown_rmses(review: Review, difference: Difference) -> list[str]:
    """The RMSE of either side: with the digit of metrics.json, where it is the same figure."""
    shown = []
    for side, rmse in ((review.base, difference.base), (review.head, difference.head)):
        printed = side.metrics.get("test.rmse")
        same = printed is not None and abs(float(printed) - rmse) < 0.1
        shown.append(number(printed if same else rmse))
    return shown


def number(value: Decimal | float | None) -> str:
    """A metric with the digits it has, any other figure to one decimal; nothing for None."""
    if value is None:
        return ""
    text = f"{value:f}" if isinstance(value, Decimal) else f"{round(value, 1) + 0.0:.1f}"
    return text.replace("-", "−")


def signed(value: Decimal | float) -> str:
    text = number(value)
    return text if text.startswith("−") or not text.strip("0.") else f"+{text}"


def span(interval: tuple[float, float] | None) -> str:
    return " to ".join(map(number, interval or ()))


def listing(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def as_json(review: Review) -> dict[str, Any]:
    """The same for machines: numbers as numbers, None for what is not there."""
    comparison, difference = review.comparison, review.comparison.difference
    return {
        "verdict": comparison.verdict,
        "reason": comparison.reason,
        "text": headline(review),
        "verified": {
            "by running it": verified(review),
            "because": review.verified and review.verified.because,
        },
        "base": {"revision": review.base.revision.name, "commit": review.base.revision.commit},
        "head": {"revision": review.head.revision.name, "commit": review.head.revision.commit},
        "unit": unit(review),
        "months": comparison.months,
        "difference": difference
        and {
            "base": difference.base,
            "head": difference.head,
            "head - base": difference.value,
            "these months": difference.these_months,
            "other months": difference.other_months,
            "smallest shown": difference.smallest,
            "smallest that matters": difference.threshold,
            "seeds": difference.seeds,
        },
        "metrics": {
            name: {
                side: float(metrics[name]) if name in metrics else None
                for side, metrics in (("base", review.base.metrics), ("head", review.head.metrics))
            }
            for name in {**review.base.metrics, **review.head.metrics}
        },
        "changed": {
            "parameters": [change._asdict() for change in review.parameters],
            "data": [change._asdict() for change in review.data],
            "code": review.code,
            "versions": [change._asdict() for change in review.versions],
        },
        "not right": review.warnings,
    }
