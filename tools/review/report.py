"""A review as Markdown, to be read in a terminal and in a pull request alike."""

import re
from decimal import Decimal
from typing import NamedTuple

from regression.errors import counted, shortened
from regression.report.markdown import markdown_table
from regression.scores.metrics import METRICS
from tools.review.changes import Change
from tools.review.comparison import Comparison, Period
from tools.review.difference import SMALLEST_THAT_MATTERS, Difference, excludes_zero
from tools.review.snapshot import Snapshot
from tools.review.soundness import NOT_TESTED, Doubt
from tools.review.text import (
    code_span,
    described,
    digits_of,
    folded,
    listing,
    number,
    signed,
    span,
)
from tools.revisions import github
from tools.verify import Finding

LARGEST = 60_000  # bytes; a comment on GitHub holds 65,536 characters
MOST_METRICS, MOST_MOVED, MOST_WARNINGS, MOST_PERIODS, MOST_CHANGES = 50, 12, 8, 20, 20
EXPLAINED = "benchmarks/README.md"
PLAIN = r"[\w %/°²³·$€£-]{1,60}"  # in a unit: neither markup, mention nor link
BAR, EIGHTHS = 10, " ▏▎▍▌▋▊▉"


class Review(NamedTuple):
    """Two revisions, how they compare, what was changed between them, and what is doubtful.

    `verified` is what running head has shown, None where it was not run. With a doubt there is
    no verdict. `loose` are modules that no stage names. `remarks` are Markdown.
    """

    base: Snapshot
    head: Snapshot
    verified: Finding | None
    doubts: list[Doubt]
    comparison: Comparison
    held_out: Comparison
    parameters: list[Change]
    data: list[Change]
    code: dict[str, list[str]]
    versions: list[Change]
    loose: list[str]
    remarks: list[str]

    @property
    def verdict(self) -> str:
        return "unsound" if self.doubts else self.comparison.verdict

    @property
    def held_out_in_doubt(self) -> bool:
        """Whether a doubt is of more than that the test rows were not scored."""
        return any(not doubt.title.endswith(NOT_TESTED) for doubt in self.doubts)


def markdown(review: Review) -> str:
    """The whole report, no longer than GitHub takes; its first line is the verdict."""
    parts = [
        *opening(review),
        *moved(review),
        *closing(review),
        folded("All metrics", *all_metrics(review)),
        folded("How it is decided", listing(reasons(review))),
        folded("Parameters, data, code, versions", listing(causes(review))),
        *pictures(review),
    ]
    origin = f"From {described_side(review.base)} to {described_side(review.head)}."
    text = ""
    for part in [*parts, origin]:
        fits = len(f"{text}{part}".encode()) < LARGEST
        text += f"{part if fits else 'Left out: a part that is too long for a comment.'}\n\n"
    return text.rstrip()


def opening(review: Review) -> list[str]:
    """The verdict and what one has to know of it, a paragraph each."""
    warned = warnings(review)
    return [
        headline(review),
        *validation(review),
        changed(review),
        verification(review),
        *(["Warnings:\n\n" + listing(shortened(warned, MOST_WARNINGS))] if warned else []),
    ]


def closing(review: Review) -> list[str]:
    """Where the error changed, and what to do next, as far as that is known."""
    step = next_step(review)
    return [*periods(review), *([f"Next: {step}."] if step else [])]


def headline(review: Review) -> str:
    """The verdict, in words that one can act on."""
    difference = review.comparison.difference
    if review.doubts:
        return doubted(review.doubts)
    if difference is None:
        return f"**Not comparable**: {review.comparison.reason}."
    title = difference.verdict.capitalize()
    if difference.verdict == "no verdict":
        title = f"No verdict: one network in {' and '.join(alone(review))}"
    before, after = shown_rmses(review, difference)
    rmses = f"test RMSE {before} → {after} {unit(review)}".rstrip()
    if difference.base and not difference.identical:
        rmses += f" ({signed(100 * difference.value / difference.base, 1)}%)"
    return f"**{title}**: {rmses}{on_shared_rows(review)}{judgement(difference, digits(review))}."


def validation(review: Review) -> list[str]:
    """What the held-out training rows say, in a line; nothing where neither side has any."""
    comparison, difference = review.held_out, review.held_out.difference
    if review.held_out_in_doubt or (review.base.held_out.empty and review.head.held_out.empty):
        return []
    if difference is None:
        return [f"On held-out training rows: not compared, because {comparison.reason}."]
    before, after = (number(rmse, digits(review)) for rmse in (difference.base, difference.head))
    end = judgement(difference, digits(review))
    counts = [len(side.held_out) for side in (review.base, review.head)]
    which = "held-out training rows"
    if counts != [comparison.rows] * 2:
        which = f"the {comparison.rows} {which} that both sides share"
    return [f"On {which}: {difference.verdict}, RMSE {before} → {after}{end}."]


def divided(review: Review) -> list[str]:
    """Where test rows and held-out training rows do not say the same."""
    test, held_out = review.comparison.difference, review.held_out.difference
    if review.doubts or test is None or held_out is None:
        return []
    found, real = [], ("better", "worse")
    if test.value * held_out.value < 0 and (test.verdict in real or held_out.verdict in real):
        found.append(
            "test rows and held-out training rows point in opposite directions: the RMSE moved by "
            f"{signed(test.value, digits(review))} and {signed(held_out.value, digits(review))}"
        )
    ordered = review.head.params.get("split.method") == "chronological"
    if ordered and test.verdict == "better" and held_out.verdict != "better":
        found.append(
            "a forecast should replace another only where held-out training rows call it better "
            f"as well: here they say {held_out.verdict}"
        )
    return found


def doubted(doubts: list[Doubt]) -> str:
    """The first doubt, and how many more there are of its kind."""
    first, *others = doubts
    alike = sum(doubt[:2] == first[:2] for doubt in others)
    side = "" if first.side == "head" else f" ({first.side})"
    more = f" and {alike} more" if alike else ""
    if first.title.endswith(NOT_TESTED):
        return (
            f"**No test verdict: {first.title}{side}.** {first.text.capitalize()}: {first.remedy}"
        )
    return f"**No verdict: {first.title}{side}.** {code_span(first.text)}{more}: {first.remedy}"


def judgement(difference: Difference, digits: int) -> str:
    """What the verdict rests on, as the end of the first line."""
    if difference.identical:
        return "; the predictions are the same"
    if difference.these_rows is None:
        return "; the luck of its seed is unknown"
    if difference.other_rows is None:
        alone = f"on these rows alone {difference.on_these_rows or ''}".rstrip()
        return f"; {alone}: {span(difference.these_rows, digits)} (95%)"
    text = f"; 95% interval of the difference {span(difference.other_rows, digits)}"
    if word := difference.on_these_rows:
        text += f" (on these rows alone {word}: {span(difference.these_rows, digits)})"
    return text


def on_shared_rows(review: Review) -> str:
    """Which rows the RMSEs of the first line are of, where not of all."""
    counts = [len(side.predictions) for side in (review.base, review.head)]
    shared = review.comparison.rows
    if counts == [shared] * 2:
        return ""
    return f" on the {shared} test rows that both sides share"


def changed(review: Review) -> str:
    """One line of what was changed."""
    found = shortened([described(change) for change in review.parameters], 3)
    found += ["the data"] * bool(review.data)
    if review.code:
        stages = ", ".join(shortened([code_span(stage, 40) for stage in review.code], 5))
        found.append(f"code of {stages}")
    if review.versions:
        one = len(review.versions) == 1
        found.append(f"{len(review.versions)} package{'' if one else 's'}")
    if review.loose:
        modules = ", ".join(shortened([code_span(path, 80) for path in review.loose], 3))
        found.append(f"modules that no stage names: {modules}")
    return f"Changed: {', '.join(found) or 'nothing that the pipeline reads'}"


def verification(review: Review) -> str:
    """Whether running head gives its numbers, as a line of its own."""
    line = f"Verified by running it: {verified(review)}"
    because = review.verified and review.verified.because
    return f"{line}, because {code_span(because)}" if because else line


def verified(review: Review) -> str:
    if review.verified is None:
        return "not run"
    return "yes" if review.verified.because is None else "no"


def warnings(review: Review) -> list[str]:
    """What makes the numbers doubtful, a line each; the first doubt is the headline's."""
    lines = [f"{doubt.side}: {code_span(doubt.text)}" for doubt in review.doubts[1:]]
    return [*lines, *divided(review), *review.remarks]


def moved(review: Review) -> list[str]:
    """The table of the metrics that moved and matter."""
    base, head = review.base.metrics, review.head.metrics
    names = [name for name in all_names(review) if matters(name)]
    names = [name for name in names if base.get(name) != head.get(name)]
    if names:
        names.sort(key=lambda name: name not in METRICS)
        more = [f"And {len(names) - MOST_MOVED} more."] if len(names) > MOST_MOVED else []
        if on_shared_rows(review) and not review.doubts:
            more.append("In this table each side has its own test rows.")
        return [metrics_table(review, names[:MOST_MOVED]), *more]
    return [] if review.doubts else ["No metric that matters moved."]


def matters(name: str) -> bool:
    """Whether a metric tells how good the model is on rows that it did not learn from."""
    section, _, last = name.rpartition(".")
    known = METRICS.get(name)
    compared_with = known is not None and not known.better
    return section != "train" and not last.startswith("member_") and not compared_with


def all_names(review: Review) -> list[str]:
    """The metrics of either side, the baselines last."""
    names = [*{**review.base.metrics, **review.head.metrics}]
    for side in (review.base, review.head):
        if side.not_run:  # what it lacks is not gone
            names = [name for name in names if name in side.metrics]
    return sorted(names, key=lambda name: name.startswith("baseline."))


def all_metrics(review: Review) -> list[str]:
    names = all_names(review)
    left_out = len(names) - MOST_METRICS
    return [
        metrics_table(review, names[:MOST_METRICS]),
        *([f"And {left_out} more."] if left_out > 0 else []),
        *baseline_remark(review),
    ]


def metrics_table(review: Review, names: list[str]) -> str:
    """A row for each metric: what it was and is, and which way is better."""
    rows = []
    for name in names:
        before, after = (side.metrics.get(name) for side in (review.base, review.head))
        shown = digits_of(name, [before, after], digits(review))
        sides = number(before, shown), number(after, shown)
        change = metric_change(before, after, shown)
        rows.append([code_span(name, 60), *sides, change, better(name, review)])
    return markdown_table(["metric", "base", "head", "change", "better is"], rows, "lrrr", True)


def metric_change(before: Decimal | None, after: Decimal | None, digits: int) -> str:
    if before is None or after is None:
        return "new" if before is None else "gone"
    return signed(after - before, digits)


def better(name: str, review: Review) -> str:
    """Which way is better, in words."""
    known = METRICS.get(name)
    if known is None or known.better != "target":
        return known.better if known else ""
    wanted = review.head.params.get("evaluate.coverage")
    return f"nearer to {wanted}" if type(wanted) is float else ""


def baseline_remark(review: Review) -> list[str]:
    """A paragraph, where a baseline has another RMSE: why that is."""
    base, head = review.base.metrics, review.head.metrics
    differ = {
        name
        for name in base.keys() & head.keys()
        if name.startswith("baseline.") and base[name] != head[name]
    }
    if not differ:
        return []
    tested = [side.predictions[[side.key, "actual"]] for side in (review.base, review.head)]
    if not tested[0].equals(tested[1]):
        return ["The baselines differ because the test rows do."]
    if differ == {"baseline.linear"}:
        return [
            "`baseline.linear` has the network's own predictors and training rows: it moved "
            "with them, on the same test rows."
        ]
    return ["The baselines differ on the same test rows: other training rows or another form."]


def periods(review: Review) -> list[str]:
    """Where the error changed: the RMSE of either side by five years, as bars too."""
    found, difference = review.comparison.periods, review.comparison.difference
    if review.doubts or difference is None or difference.identical or not found:
        return []
    largest = max(max(period.base, period.head) for period in found)
    rows = [period_row(period, largest, digits(review)) for period in found[-MOST_PERIODS:]]
    header = ["RMSE in", "base", "", "head", "", "change"]
    return [markdown_table(header, rows, "lrlrlr", True)]


def period_row(period: Period, largest: float, digits: int) -> list[str]:
    sides = [[number(rmse, digits), bar(rmse, largest)] for rmse in (period.base, period.head)]
    change = signed(period.head - period.base, digits)
    return [f"{period.first}-{period.last % 100:02}", *sides[0], *sides[1], change]


def bar(value: float, largest: float) -> str:
    """A bar in a code span, as long as the share of the largest value, in eighths."""
    eighths = max(1, round(8 * BAR * value / largest)) if largest else 1
    full, rest = divmod(eighths, 8)
    return f"`{'█' * full}{EIGHTHS[rest].strip()}`"


def next_step(review: Review) -> str | None:
    """What to do next, where that is known."""
    difference = review.comparison.difference
    if review.doubts or difference is None or difference.identical:
        return None
    if difference.these_rows is None:
        return "train more networks than one (`train.members`) on both sides"
    if difference.verdict != "no proven difference":
        return None
    if on_shared_rows(review) and not review.data:
        return "use the same `split` on both sides: rows that only one tests are left out"
    if difference.other_rows is None:
        return f"test on rows of more than one {review.comparison.block} (`split.test_size`)"
    if difference.seeds == "some in common":
        return "use the same seeds on both sides, or all others (`train.seed`)"
    if excludes_zero(difference.these_rows):
        return "only more rows can tell; more networks would not"
    narrow, wide = (high - low for low, high in (difference.these_rows, difference.other_rows))
    if narrow > 0.7 * wide:
        return "more networks (`train.members`) would tell more"
    return None


def reasons(review: Review) -> list[str]:
    """How the verdict is reached, in two lines and a link."""
    comparison, difference = review.comparison, review.comparison.difference
    shown = digits(review)
    link = f"how often such a verdict is wrong: {explained(review)}"
    if review.held_out_in_doubt:
        return ["nothing is decided from numbers that are in doubt"]
    if review.doubts:
        return [*held_out_reason(review), link]
    if difference is None:
        return [f"not compared: {comparison.reason}"]
    if difference.identical:
        return [shared_rows(review, difference), "every network predicts the same in every row"]
    lines = [f"{shared_rows(review, difference)}; {networks(review, difference)}"]
    if difference.these_rows:
        beyond = f"unknown, because these lie in one {comparison.block}"
        if difference.other_rows:
            beyond = (
                f"{span(difference.other_rows, shown)}, so that a difference below "
                f"{number(difference.smallest, shown)} could not be shown"
            )
        lines.append(
            f"95% intervals (jackknife over networks and {comparison.block}s): on these rows "
            f"{span(difference.these_rows, shown)}, on others like these {beyond}; a side is "
            f"called better or worse only if the second excludes zero and the difference is over "
            f"{number(difference.threshold, shown)}, {SMALLEST_THAT_MATTERS:.0%} of the "
            f"{comparison.beside} ({number(comparison.yardstick, shown)})"
        )
    return [*lines, *held_out_reason(review), link]


def held_out_reason(review: Review) -> list[str]:
    """What the verdict on held-out training rows rests on, where there is one."""
    comparison = review.held_out
    if comparison.difference is None:
        return []
    return [
        f"held-out training rows: {comparison.rows}, each answered by one network that had not "
        f"learnt it; 95% interval by a jackknife over folds and {comparison.block}s"
    ]


def explained(review: Review) -> str:
    """Where the method and its rates are told."""
    place, commit = github(), review.head.revision.commit
    if place is None or commit is None:
        return f"{EXPLAINED}, Is a difference real?"
    return f"[Is a difference real?]({place}/blob/{commit}/{EXPLAINED}#is-a-difference-real)"


def shared_rows(review: Review, difference: Difference) -> str:
    """Which test rows are compared."""
    comparison = review.comparison
    alike = counted(comparison.rows, "row")
    if comparison.block != "row":
        alike += f" in {difference.blocks} {comparison.block}s"
    counts = [len(side.predictions) for side in (review.base, review.head)]
    if counts == [comparison.rows] * 2:
        return f"{alike}, the same on both sides"
    revised = (
        f"; {comparison.revised} more differ in the actual figure" if comparison.revised else ""
    )
    return (
        f"only the {alike} that are the same on both sides "
        f"(base has {counts[0]}, head {counts[1]}{revised})"
    )


def networks(review: Review, difference: Difference) -> str:
    """Which networks are compared, and how the luck of their seeds is reckoned."""
    if names := alone(review):
        return f"one network in {' and '.join(names)}: how much its seed matters is unknown"
    base, head = (
        f"{counted(len(side.seeds), 'network')}, seeds {side.seeds[0]} to {side.seeds[-1]}"
        for side in (review.base, review.head)
    )
    return {
        "the same": f"{head} on both sides, each left out of both at once",
        "none in common": f"{base}, against {head}: each side by itself",
        "some in common": f"{base}, against {head}: standard errors added, as some are the same",
    }[difference.seeds]


def alone(review: Review) -> list[str]:
    """The sides that have one network."""
    sides = {"base": review.base, "head": review.head}
    return [name for name, side in sides.items() if len(side.seeds) == 1]


def causes(review: Review) -> list[str]:
    """What was changed between the two revisions: a line for each kind."""
    code = [
        f"{code_span(stage, 40)} ({', '.join(shortened([code_span(f, 80) for f in files], 5))})"
        for stage, files in review.code.items()
    ]
    kinds = {
        "parameters": [described(change) for change in review.parameters],
        "data": [described(change) for change in review.data],
        "code of stages": code,
        "versions of packages": [described(change) for change in review.versions],
        "modules that no stage names": [code_span(path, 80) for path in review.loose],
    }
    return [
        f"{kind}: {', '.join(shortened(lines, MOST_CHANGES)) or 'the same'}"
        for kind, lines in kinds.items()
    ]


def pictures(review: Review) -> list[str]:
    """The plots of either side by commit, where they lie on GitHub."""
    path, place = "metrics/predictions.png", github()
    shown = [
        f"[{name}]({place}/blob/{side.revision.commit}/{path})\n\n"
        f"![Predictions of {name}]({place}/blob/{side.revision.commit}/{path}?raw=true)"
        for name, side in (("base", review.base), ("head", review.head))
        if side.revision.commit and path in side.revision.paths - side.stale
    ]
    return [folded("Predictions, drawn", *shown)] if place and len(shown) == 2 else []


def described_side(side: Snapshot) -> str:
    """A revision with its day and its author."""
    revision = side.revision
    if revision.commit is None:
        return code_span(revision)
    return f"{code_span(revision)} ({revision.date}, {code_span(revision.author, 60)})"


def unit(review: Review) -> str:
    """The target's unit in head, as code where it could be markup or a link."""
    target = review.head.target
    if target is None or re.fullmatch(PLAIN, target.unit):
        return target.unit if target else ""
    return code_span(target.unit, 60) if target.unit else ""


def digits(review: Review) -> int:
    """The decimals of figures of the target in head; without a description, those of its RMSE."""
    if review.head.target:
        return review.head.target.decimals
    return digits_of("", [review.head.metrics.get("test.rmse")], 1)


def shown_rmses(review: Review, difference: Difference) -> list[str]:
    """The RMSE of either side: with the digit of metrics.json, where it is the same figure."""
    shown = []
    for side, rmse in ((review.base, difference.base), (review.head, difference.head)):
        printed = side.metrics.get("test.rmse")
        same = printed is not None and len(side.predictions) == review.comparison.rows
        same = same and abs(float(printed or 0) - rmse) < 10.0 ** -digits(review)
        shown.append(number(printed if same else rmse, digits(review)))
    return shown
