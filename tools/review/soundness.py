"""Whether the numbers of two revisions can be what their pipelines made."""

from typing import Any, NamedTuple

from regression.report.card import NOT_EXACT
from tools.check_lock import Lock, flatten, load, out_of_step
from tools.review.comparison import same_predictions
from tools.review.difference import rmse
from tools.review.snapshot import LARGEST_TABLE, METRICS, PREDICTIONS, Snapshot
from tools.review.text import code_span, shortened
from tools.revisions import Revision, uncommitted
from tools.verify import NOT_ENDED, TOLERANCES, Finding

CARD = "metrics/model_card.md"
REPRO = "`dvc repro`, commit"
VERIFY = "`make verify` tells which side is right"


class Doubt(NamedTuple):
    """Why there is no verdict: on which side, what is wrong, and what to do."""

    side: str
    title: str
    text: str
    remedy: str


def doubts(base: Snapshot, head: Snapshot, verified: Finding | None) -> list[Doubt]:
    """Why the numbers decide nothing, the gravest first; empty where they do."""
    found = [doubt for side in ("head", "base") for doubt in by_itself(side, base, head)]
    if verified and verified.because:
        title = "it was not run to its end" if verified.because == NOT_ENDED else "running it fails"
        if verified.because.startswith(tuple(TOLERANCES)):
            title = "running it gives other metrics"
        found.append(Doubt("head", title, verified.because, REPRO))
    if not found and not verified:
        found += contradictions(base, head)
    return found


def by_itself(name: str, base: Snapshot, head: Snapshot) -> list[Doubt]:
    """What a side alone gets wrong."""
    side = {"base": base, "head": head}[name]
    absent = [path for path in (METRICS, PREDICTIONS) if path not in side.revision.paths]
    titles = {
        "not rerun": "not rerun",
        "missing": "metrics are missing",
        "edited": "metrics were edited",
        "disagree": "metrics disagree",
    }
    found: dict[str, list[str]] = {kind: [] for kind in titles}
    for mismatch in out_of_step(side.revision):
        found[mismatch.kind].append(mismatch.text)
    listed = " ".join(found["missing"])
    found["missing"] += [f"{path} is not in Git" for path in absent if path not in listed]
    if not absent:
        found["disagree"] = disagreements(side)
    return [
        Doubt(name, titles[kind], text, REPRO)
        for kind, texts in found.items()
        for text in dict.fromkeys(texts)
    ]


def disagreements(side: Snapshot) -> list[str]:
    """Where a side's own files contradict each other."""
    found = []
    said, there = side.params.get("train.members", 1), len(side.members.columns)
    if said != there:
        found.append(f"train.members is {said}, {PREDICTIONS} has {there} members")
    printed = side.metrics.get("test.rmse")
    computed = rmse(side.predictions["actual"].to_numpy(), side.members.to_numpy())
    if printed is not None and abs(float(printed) - computed) > 0.1:  # both are rounded
        found.append(f"{METRICS} has test.rmse {printed}, {PREDICTIONS} gives {computed:.1f}")
    return found


def contradictions(base: Snapshot, head: Snapshot) -> list[Doubt]:
    """What differs although the same inputs give the same bytes.

    Of predictions, more than another kind of processor may move.
    """
    before, after = (inputs(side) for side in (base, head))
    alike = same_predictions(base.predictions, head.predictions, TOLERANCES[PREDICTIONS].amount)
    if not alike and without_evaluate(before) == without_evaluate(after):
        text = "nothing that makes predictions differs, and the predictions do"
        return [Doubt("head", "the same inputs, other predictions", text, VERIFY)]
    if before == after and base.metrics != head.metrics:
        text = "nothing that makes metrics differs, and the metrics do"
        return [Doubt("head", "the same inputs, other metrics", text, VERIFY)]
    return []


def inputs(side: Snapshot) -> dict[str, Any]:
    """What dvc.lock says that each stage was given and no stage made."""
    stages = load(Lock, side.revision, "dvc.lock").stages
    made = {path for stage in stages.values() for path in stage.outs}
    return {
        name: (
            stage.cmd,
            {file: flatten(tree) for file, tree in stage.params.items()},
            {path: md5 for path, md5 in stage.deps.items() if path not in made},
        )
        for name, stage in stages.items()
    }


def without_evaluate(stages: dict[str, Any]) -> dict[str, Any]:
    """The same, but for the parameters of intervals: they move no prediction."""
    return {
        name: (
            cmd,
            {
                file: {key: tree[key] for key in tree if not key.startswith("evaluate.")}
                for file, tree in params.items()
            },
            deps,
        )
        for name, (cmd, params, deps) in stages.items()
    }


def remarks(base: Snapshot, head: Snapshot, verified: Finding | None) -> list[str]:
    """What a reader should know beside the verdict, in Markdown, a line each."""
    found = []
    methods = {name: side.params.get("split.method") for name, side in pairs(base, head)}
    if methods["base"] != methods["head"]:
        said = " and ".join(f"{code_span(method)} in {name}" for name, method in methods.items())
        between = [name for name, method in methods.items() if method == "random"]
        trained = f": only {between[0]} was trained between its test months" if between else ""
        found.append(f"`split.method` is {said}{trained}")
    for name, side in pairs(base, head):
        if said_inexact(side.revision):
            found.append(f"{name}: not exact: another kind of processor may give other last digits")
        if side.revision.commit is None and (files := uncommitted("metrics")):
            found.append(f"{name}: not committed: {', '.join(map(code_span, shortened(files, 5)))}")
    if verified and verified.because is None and contradictions(base, head):
        found.append("base has other numbers from the same inputs: running head gives head's")
    return found


def said_inexact(revision: Revision) -> bool:
    """Whether a revision's card says that its model is not exact."""
    there = CARD in revision.paths
    return there and NOT_EXACT.encode() in revision.read(CARD, LARGEST_TABLE)


def pairs(base: Snapshot, head: Snapshot) -> list[tuple[str, Snapshot]]:
    return [("base", base), ("head", head)]
