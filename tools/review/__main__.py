"""Report what a pull request changed, and whether the test RMSE really moved."""

import argparse
import json

from regression.errors import InputError, run, say
from regression.files import go_to_project
from tools.command import Parser
from tools.review.changes import between, code, data, loose, versions
from tools.review.comparison import compare_held_out, compare_predictions
from tools.review.difference import VERDICTS
from tools.review.machine import as_json
from tools.review.report import Review, markdown
from tools.review.snapshot import Snapshot, take_snapshot
from tools.review.soundness import doubts, remarks
from tools.revisions import WORKSPACE, Revision, merge_base, uncommitted
from tools.verify import Finding, found_of, take_finding


def review(base: Snapshot, head: Snapshot, verified: Finding | None) -> Review:
    """Everything that the report tells of two revisions."""
    old, new = base.revision, head.revision
    return Review(
        base,
        head,
        verified,
        doubts(base, head, verified),
        compare_predictions(base, head),
        compare_held_out(base, head),
        between(base.params, head.params),
        data(old, new),
        code(old, new),
        versions(old, new),
        loose(old, new),
        remarks(base, head, verified),
    )


def verdicts(text: str) -> list[str]:
    """What --fail-on names: verdicts with commas between them."""
    known = [*VERDICTS, "not comparable", "unsound"]
    names = [name.strip() for name in text.split(",")]
    if wrong := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(
            f"invalid choice: {wrong[0]!r} (choose from {', '.join(known)})"
        )
    return names


def main() -> int:
    parser = Parser("tools.review", __doc__)
    parser.add_argument("base", nargs="?", help="default: where head left the default branch")
    parser.add_argument("head", nargs="?", help="default: what is checked out")
    parser.add_argument(
        "--fail-on",
        type=verdicts,
        action="extend",
        default=[],
        metavar="VERDICTS",
        help="exit 1 if the verdict is one of these, as in worse,unsound",
    )
    take_finding(parser)
    parser.add_argument("--json", action="store_true", help="for machines")
    options = parser.parse_args()
    go_to_project()

    try:
        head = Revision(options.head or (WORKSPACE if uncommitted(".") else "HEAD"))
        base = Revision(options.base) if options.base else merge_base(head)
        verified = found_of(head, options.verified)
        found = review(take_snapshot(base), take_snapshot(head), verified)
    except InputError as error:  # whatever a branch put into it, one line
        reason = " ".join(str(error).split())[:1000]
        if options.json:
            say(json.dumps({"verdict": None, "error": reason}))
        raise InputError(reason) from None
    say(as_json(found) if options.json else markdown(found))
    return 1 if found.verdict in options.fail_on else 0


if __name__ == "__main__":
    run(main)
