"""Whether the numbers of two revisions can be what their pipelines made."""

import shlex
from typing import Any, NamedTuple

import numpy as np

from regression.errors import shortened
from regression.report.card import NOT_EXACT
from regression.scores import scores
from regression.scores.validation import score_validation
from regression.table import rows
from tools.check_lock import Content, Lock, Locked, Pipeline, flatten, load
from tools.review.changes import loose
from tools.review.comparison import same_predictions
from tools.review.difference import rmse
from tools.review.snapshot import (
    ENDS,
    HELD_OUT,
    LARGEST_TABLE,
    METRICS,
    PREDICTIONS,
    VALIDATION,
    Snapshot,
)
from tools.review.text import code_span
from tools.revisions import Revision, experiment_of, uncommitted
from tools.verify import NOT_ENDED, TOLERANCES, Finding

CARD = "metrics/model_card.md"
REPRO = "`dvc repro`, commit"
RERUN = "`make rerun`, commit"
NOT_TESTED = "has not run"  # the end of a title: of what is held out there is a verdict
SHARE = 0.001  # the last digit of a share
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
        found.append(Doubt("head", title, verified.because, RERUN))
    if not found and (not verified or loose(base.revision, head.revision)):
        found += contradictions(base, head)
    return found


def by_itself(name: str, base: Snapshot, head: Snapshot) -> list[Doubt]:
    """What a side alone gets wrong."""
    side = {"base": base, "head": head}[name]
    there = side.revision.paths | side.stale
    absent = [path for path in (METRICS, PREDICTIONS) if path not in there]
    stages = load(Pipeline, side.revision, "dvc.yaml").stages.values()
    made = {path for stage in stages for path in stage.outputs}
    titles = {
        "not rerun": "not rerun",
        "missing": "metrics are missing",
        "unmade": "metrics that no stage makes",
        "edited": "metrics were edited",
        "disagree": "metrics disagree",
    }
    found: dict[str, list[str]] = {kind: [] for kind in titles}
    for mismatch in side.mismatches:
        if mismatch.stage not in side.not_run:
            found[mismatch.kind].append(mismatch.text)
    listed = " ".join(found["missing"])
    found["missing"] += [f"{path} is not in Git" for path in absent if path not in listed]
    found["unmade"] = [
        f"{path} is no output of a stage in dvc.yaml"
        for path in (METRICS, PREDICTIONS)
        if path not in made
    ]
    if not absent:
        found["disagree"] = disagreements(side)
    remedies = {"unmade": "name it in dvc.yaml, `dvc repro`, commit", "disagree": RERUN}
    elsewhere = "rerun it there, or choose another `BASE=`"
    return not_tested(name, side) + [
        Doubt(name, titles[kind], text, remedies.get(kind, REPRO) if name == "head" else elsewhere)
        for kind, texts in found.items()
        for text in dict.fromkeys(texts)
    ]


def not_tested(name: str, side: Snapshot) -> list[Doubt]:
    """That a run has stopped before its test rows were scored, and how it goes on."""
    if not side.not_run:
        return []
    run = side.revision.commit and experiment_of(side.revision.commit)
    remedy = f"`dvc exp apply {shlex.quote(run)} && dvc repro`" if run else REPRO
    text = "what it made of another model is left out; to test this one"
    return [Doubt(name, f"{' and '.join(side.not_run)} {NOT_TESTED}", text, remedy)]


def disagreements(side: Snapshot) -> list[str]:
    """Where a side's own files contradict each other."""
    found = []
    said, there = side.params.get("train.members", 1), len(side.members.columns)
    tested = not side.predictions.empty
    if tested and said != there:
        found.append(f"train.members is {said}, {PREDICTIONS} has {there} members")
    for given, source, figures in (
        (METRICS, PREDICTIONS, recomputed(side) if tested else {}),
        (VALIDATION, HELD_OUT, recomputed_validation(side)),
    ):
        for name, (computed, tolerance) in figures.items():
            printed = side.metrics.get(name)
            if printed is not None and abs(float(printed) - computed) > tolerance:
                found.append(f"{given} has {name} {printed}, {source} gives {computed:.6g}")
    return found


def recomputed_validation(side: Snapshot) -> dict[str, tuple[float, float]]:
    """The scores that the held-out rows give, as `recomputed` does."""
    if side.held_out.empty:
        return {}
    scored = score_validation(side.held_out.reindex(columns=[side.key, *rows.HELD_OUT]))
    cell = 10.0 ** -(side.target.decimals if side.target else 1)
    return {
        f"validation.{name}": (value, cell) for name, value in scored.items() if np.isfinite(value)
    }


def recomputed(side: Snapshot) -> dict[str, tuple[float, float]]:
    """The scores that the predictions give, under the names of metrics.json.

    With how far the printed ones may lie from them, for cells and scores are rounded.
    """
    table, members = side.predictions, side.members
    actual, mean = table["actual"], members.mean(axis=1)
    cell = 10.0 ** -(side.target.decimals if side.target else 1)
    each = [scores.rmse(actual, member) for _, member in members.items()]
    found = {
        "test.rmse": (rmse(actual.to_numpy(), members.to_numpy()), cell),
        "test.mae": (scores.mae(actual, mean), cell),
        "test.member_rmse_mean": (float(np.mean(each)), cell),
    }
    if len(each) > 1:
        found["test.member_rmse_std"] = (float(np.std(each, ddof=1)), cell)
    if actual.nunique() > 1:
        r2 = scores.r2(actual, mean)
        found["test.r2"] = (r2, SHARE + 2 * cell * (1 - r2) ** 0.5 / float(actual.std(ddof=0)))
    known = table["persistence"].notna()
    if (table["actual"] != table["persistence"])[known].any():
        naive = scores.rmse(actual[known], table["persistence"][known])
        skill = scores.score_skill(table.assign(predicted=mean))
        found["skill"] = (skill, SHARE + cell * (2 - skill) / naive)
        found["baseline.persistence"] = (naive, cell)
    ends = table.reindex(columns=["actual", *ENDS]).dropna()
    if len(ends):
        at_an_end = ends[ENDS].sub(ends["actual"], axis=0).abs().le(cell).any(axis=1).mean()
        intervals = scores.score_intervals(ends)
        found["interval.coverage"] = (intervals["coverage"], SHARE + float(at_an_end))
        found["interval.width"] = (intervals["width"], 2 * cell)
    return found


def contradictions(base: Snapshot, head: Snapshot) -> list[Doubt]:
    """What differs although the same inputs give the same bytes.

    Of predictions, more than another kind of processor may move; a model has other bytes there,
    but the stage that makes the predictions makes the same ones from the same model.
    """
    before, after = (inputs(side) for side in (base, head))
    remedy = VERIFY
    if modules := loose(base.revision, head.revision):
        remedy = f"name {code_span(modules[0], 80)} in dvc.yaml"
    tolerance = 10.0 ** -(head.target.decimals if head.target else 1)
    alike = same_predictions(base.predictions, head.predictions, tolerance)
    last = [without_evaluate(maker_of(PREDICTIONS, side.revision)) for side in (base, head)]
    if not alike and (without_evaluate(before) == without_evaluate(after) or last[0] == last[1]):
        text = "the predictions differ, and nothing that makes them does"
        return [Doubt("head", "the same inputs, other predictions", text, remedy)]
    if before == after and base.metrics != head.metrics:
        text = "the metrics differ, and nothing that makes them does"
        return [Doubt("head", "the same inputs, other metrics", text, remedy)]
    return []


def inputs(side: Snapshot) -> dict[str, Any]:
    """What dvc.lock says that each stage was given and no stage made."""
    stages = load(Lock, side.revision, "dvc.lock").stages
    known = load(Pipeline, side.revision, "dvc.yaml").stages
    made = {path for stage in stages.values() for path in stage.outs}
    return {
        name: given(stage, {path: stage.deps[path] for path in stage.deps if path not in made})
        for name, stage in stages.items()
        if name in known
    }


def maker_of(path: str, revision: Revision) -> dict[str, Any]:
    """The stage that makes a file, with all that it was given."""
    stages = load(Lock, revision, "dvc.lock").stages
    return {name: given(stage, stage.deps) for name, stage in stages.items() if path in stage.outs}


def given(stage: Locked, deps: dict[str, Content]) -> tuple[Any, dict, dict]:
    return stage.cmd, {file: flatten(tree) for file, tree in stage.params.items()}, deps


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
        trained = f": only {between[0]} was trained between its test rows" if between else ""
        found.append(f"`split.method` is {said}{trained}")
    for name, side in pairs(base, head):
        if CARD not in side.stale and said_inexact(side.revision):
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
