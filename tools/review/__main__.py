"""Report what a pull request changed, and whether the test RMSE is really another."""

import json
import os

import numpy as np

from regression.errors import run, say
from regression.files import go_to_project
from tools.check_lock import out_of_step
from tools.command import Parser
from tools.review.changes import between, code, data, versions
from tools.review.difference import compare, rmse
from tools.review.report import Comparison, Review, as_json, code_span, markdown
from tools.review.snapshot import Snapshot, take_snapshot
from tools.revisions import WORKSPACE, Revision, merge_base, uncommitted
from tools.verify import Finding, found_of


def review(base: Snapshot, head: Snapshot, verified: Finding | None) -> Review:
    """Everything that the report tells of two revisions."""
    old, new = base.revision, head.revision
    return Review(
        base,
        head,
        verified,
        compare_predictions(base, head),
        between(base.params, head.params),
        data(old, new),
        code(old, new),
        versions(old, new),
        [*warnings("base", base), *warnings("head", head)],
    )


def compare_predictions(base: Snapshot, head: Snapshot) -> Comparison:
    """Compare the predictions of two revisions on the months that both test alike."""
    for name, default in (("prepare.target", None), ("prepare.horizon", 0)):
        before, after = (side.params.get(name, default) for side in (base, head))
        if before != after:
            reason = f"{name} is {code_span(before)} in base and {code_span(after)} in head"
            return Comparison(0, 0, reason)
    both = base.predictions.merge(head.predictions, on="date", suffixes=("", "_head"))
    alike = both[both["actual"] == both["actual_head"]]
    revised = len(both) - len(alike)
    if alike.empty:
        actual = f"; {revised} have another actual figure" if revised else ""
        return Comparison(0, revised, f"no test month is the same on both sides{actual}")
    known = alike["persistence"].fillna(alike["persistence_head"])
    error = (known - alike["actual"]).dropna()
    if error.empty:
        reason = "no test month has a last known figure, whose RMSE is the yardstick"
        return Comparison(len(alike), revised, reason)
    before, after = (
        side.members[side.predictions["date"].isin(alike["date"])].to_numpy()
        for side in (base, head)
    )
    years, actual = alike["date"].dt.year.to_numpy(), alike["actual"].to_numpy()
    persistence = float(np.sqrt(np.mean(error**2)))
    difference = compare(actual, years, before, after, (base.seeds, head.seeds), persistence)
    return Comparison(len(alike), revised, None, persistence, difference)


def warnings(name: str, side: Snapshot) -> list[str]:
    """What makes the numbers of a side doubtful, a line each."""
    found = out_of_step(side.revision)
    said, there = side.params.get("train.members", 1), len(side.members.columns)
    if said != there:
        found.append(f"train.members is {said}, metrics/predictions.csv has {there} members")
    printed = side.metrics.get("test.rmse")
    computed = rmse(side.predictions["actual"].to_numpy(), side.members.to_numpy())
    if printed is not None and abs(float(printed) - computed) > 0.1:  # both are rounded
        found.append(
            f"metrics/metrics.json has test.rmse {printed}, "
            f"metrics/predictions.csv gives {computed:.1f}"
        )
    if side.revision.commit is None and (files := uncommitted("metrics")):
        found.append(f"not committed: {', '.join(files)}")
    return [f"{name}: {line}" for line in found]


def main() -> int:
    parser = Parser("tools.review", __doc__)
    parser.add_argument("base", nargs="?", help="default: where head left the default branch")
    parser.add_argument("head", nargs="?", help="default: the workspace")
    parser.add_argument("--fail-on", choices=["worse"], help="exit 1 if this is the verdict")
    parser.add_argument(
        "--verified",
        metavar="FILE",
        type=os.path.abspath,
        help="what tools.verify found, if it ran",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    options = parser.parse_args()
    go_to_project()

    head = Revision(options.head or WORKSPACE)
    base = Revision(options.base) if options.base else merge_base(head)
    verified = found_of(head, options.verified) if options.verified else None
    found = review(take_snapshot(base), take_snapshot(head), verified)
    say(json.dumps(as_json(found), indent=2) if options.json else markdown(found))
    return 1 if found.comparison.verdict == options.fail_on else 0


if __name__ == "__main__":
    run(main)
