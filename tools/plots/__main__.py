"""Draw the plots and pictures of revisions as one page that needs no network."""

import argparse
import json
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from regression.errors import InputError, printable, run, say
from regression.files import go_to_project, write_text
from tools.command import Parser
from tools.plots.page import Picture, figures, from_markdown, images, page, table
from tools.plots.parallel import parallel_coordinates
from tools.review.__main__ import review
from tools.review.report import Review, all_names, closing, metric_change, opening
from tools.review.snapshot import Snapshot, take_snapshot
from tools.review.soundness import NOT_TESTED
from tools.review.text import digits_of, listing, number
from tools.revisions import WORKSPACE, Revision, uncommitted
from tools.verify import found_of, take_finding

PAGE = "dvc_plots/page.html"  # in the folder of DVC's own page


def parse_arguments() -> argparse.Namespace:
    parser = Parser("tools.plots", __doc__)
    parser.add_argument(
        "revisions",
        nargs="*",
        help="what to compare with, and what is compared (default: what is checked out)",
    )
    take_finding(parser)
    return parser.parse_args()


def revisions_of(names: list[str]) -> dict[str, Revision]:
    """The revisions by the names that they have on the page, each once."""
    found = [Revision(name) for name in names]
    if len(found) < 2:
        found.append(Revision(WORKSPACE if uncommitted(".") or not names else "HEAD"))
    by_commit = {each.commit: each for each in reversed(found)}
    return {label(each): each for each in found if by_commit[each.commit] is each}


def label(revision: Revision) -> str:
    """Its name; of a commit that was named by its hash, the beginning."""
    commit = revision.commit or ""
    name = revision.name[:7] if commit.startswith(revision.name) else revision.name
    return printable(name)


def check_pipelines(revision: Revision) -> None:
    """Read what DVC is going to read; raises InputError where it could grow without end."""
    for path in revision.sorted_paths:
        if path.endswith((".dvc", "dvc.yaml", "dvc.lock", "params.yaml")):
            revision.read_yaml(path)


def ask_dvc(revisions: dict[str, Revision], folder: str) -> dict[str, Any]:
    """DVC's answer: its plots, filled with the data of the revisions, and their pictures.

    The workspace is asked for in any case: DVC then draws all as dvc.yaml says there.
    """
    names = {revision.commit or "workspace": name for name, revision in revisions.items()}
    command = [sys.executable, "-m", "dvc", "plots", "diff", "workspace", *names]
    done = subprocess.run(
        [*command, "--json", "--out", folder],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        complaint = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
        raise InputError(f"dvc plots diff: {complaint}") from None
    return relabel(answer, names)


def relabel(tree: Any, labels: dict[str, str]) -> Any:
    """The tree with labels in place of DVC's names, in their order, and no other revision."""
    if isinstance(tree, dict):
        return {name: relabel(inner, labels) for name, inner in tree.items()}
    if isinstance(tree, list):
        if any(isinstance(inner, str) and inner in labels for inner in tree):
            return [labels[name] for name in labels if name in tree]
        return [relabel(inner, labels) for inner in tree if is_of(inner, labels)]
    return labels.get(tree, tree) if isinstance(tree, str) else tree


def is_of(row: Any, labels: Collection[str], other: bool = True) -> bool:
    """Whether a row of data or a picture is of one of the revisions; `other` of all else."""
    if not isinstance(row, dict) or not {"rev", "revisions"} & row.keys():
        return other
    names = row.get("revisions") or [row.get("rev")]
    return any(name in labels for name in names)


def plots_in(answer: dict[str, Any]) -> list[dict[str, Any]]:
    contents = [
        entry["content"]
        for entries in answer["data"].values()
        for entry in entries
        if entry["type"] == "vega"
    ]
    return [json.loads(each) if isinstance(each, str) else each for each in contents]


def pictures_in(answer: dict[str, Any], labels: list[str]) -> list[Picture]:
    """The pictures, those of one name side by side in the order of the revisions."""
    return [
        Picture(name, entry["revisions"][0], entry["url"])
        for name, entries in answer["data"].items()
        for entry in sorted(entries, key=lambda entry: labels.index(entry["revisions"][0]))
        if entry["type"] == "image"
    ]


def drawn_from(pipeline: dict[str, Any]) -> dict[str, set[str]]:
    """The files that each of the plots of dvc.yaml is drawn from; a file is a plot of its own."""
    defined = [each for each in pipeline.get("plots") or [] if isinstance(each, dict)]
    return {
        name: {path for axis in "xy" for path in (options.get(axis) or {})}
        for plots in defined
        for name, options in plots.items()
        if isinstance(options, dict) and all(isinstance(options.get(a, {}), dict) for a in "xy")
    }


def without_stale(
    answer: dict[str, Any], sides: dict[str, Snapshot], files: dict[str, set[str]]
) -> dict[str, Any]:
    """The answer without what stages made of another model, in runs that stopped before them.

    `files` are what a plot is drawn from.
    """

    def prune(tree: Any, stale: set[str]) -> Any:
        if isinstance(tree, dict):
            return {name: prune(inner, stale) for name, inner in tree.items()}
        if isinstance(tree, list):
            return [prune(inner, stale) for inner in tree if not is_of(inner, stale, False)]
        return tree

    data = {}
    for name, entries in answer["data"].items():
        paths = files.get(name) or {name}
        stale = {label for label, side in sides.items() if paths & side.stale}
        rest = [each for each in entries if each["type"] != "image" or not is_of(each, stale)]
        data[name] = [prune(each, stale) for each in rest]
    return answer | {"data": data}


def not_run(sides: dict[str, Snapshot]) -> str:
    """What is left out of which revision, as Markdown."""
    return listing(
        f"`{name}`: {' and '.join(side.not_run)} {NOT_TESTED}: what it would make is left out"
        for name, side in sides.items()
        if side.not_run
    )


def missing_in(answer: dict[str, Any]) -> str:
    """What DVC could not draw, as Markdown."""
    errors = {
        f"`{printable(error.get('name'))}` of {printable(error.get('rev'))}: "
        f"{printable(error.get('msg') or error.get('type'))}"
        for error in answer.get("errors", [])
    }
    return listing(sorted(errors))


def metrics(sides: dict[str, Snapshot], reviews: list[Review]) -> str:
    """A table of the metrics: a column for each revision; of two, how far each moved too."""
    first, *_, last = [*sides.values(), *sides.values()]
    decimals = last.target.decimals if last.target else 1
    names = {name: None for each in reviews for name in all_names(each)} or first.metrics
    rows = []
    for name in names:
        values = [side.metrics.get(name) for side in sides.values()]
        digits = digits_of(name, values, decimals)
        row = [printable(name), *(number(value, digits) for value in values)]
        if len(sides) == 2:
            before, after = values
            row.append("" if before == after else metric_change(before, after, digits))
        rows.append(row)
    return table(["metric", *sides, *["change"] * (len(sides) == 2)], rows)


def main() -> None:
    options = parse_arguments()
    go_to_project()
    revisions = revisions_of(" ".join(options.revisions).split())
    for revision in revisions.values():
        check_pipelines(revision)
    sides = {name: take_snapshot(revision) for name, revision in revisions.items()}
    base, *heads = sides.values()
    reviews = [review(base, head, found_of(head.revision, options.verified)) for head in heads]

    files = drawn_from(Revision(WORKSPACE).read_yaml("dvc.yaml"))
    with TemporaryDirectory() as folder:
        answer = without_stale(ask_dvc(revisions, folder), sides, files)
        plots = plots_in(answer) + parallel_coordinates()
        shown = images(pictures_in(answer, [*revisions]))
    sections = [
        *(
            (
                f"{found.base.revision} to {found.head.revision}",
                from_markdown("\n\n".join([*opening(found), *closing(found)])),
            )
            for found in reviews
        ),
        ("Metrics", metrics(sides, reviews)),
        (
            "Plots",
            from_markdown(not_run(sides)) + figures(plots) + from_markdown(missing_in(answer)),
        ),
        ("Pictures", shown),
    ]
    write_text(page(f"Plots of {', '.join(revisions)}", sections, plots), PAGE)
    say(f"plots of {', '.join(map(str, revisions.values()))}: {Path(PAGE).resolve()}")


if __name__ == "__main__":
    run(main)
