"""Check that running the pipeline gives the metrics of the last commit."""

import argparse
import csv
import json
import os
import re
import subprocess
from collections.abc import Iterator
from io import StringIO
from itertools import zip_longest
from math import isclose
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from regression.errors import InputError, complain, excerpt, run, say, shortened
from regression.files import go_to_project, write_text
from tools.check_lock import Lock, Pipeline, flatten, load, other_files
from tools.command import Parser
from tools.revisions import WORKSPACE, Revision, resolve, uncommitted


class Finding(BaseModel):
    """What running a commit has shown; `because` tells why its metrics do not stand, or is None."""

    commit: str
    because: str | None


FAILED = "the pipeline failed: its output says why"
NOT_ENDED = "it did not run to its end"


class Tolerance(NamedTuple):
    """What another kind of processor may move in a cell: the last digit, or such a share of it."""

    last_digit: bool = False
    share: float = 0.0


TOLERANCES = {
    "metrics/metrics.json": Tolerance(),
    "metrics/summary.csv": Tolerance(),
    "metrics/history.csv": Tolerance(share=1e-5),  # one in the last of its six digits
    "metrics/validation.json": Tolerance(),
    "metrics/validation.csv": Tolerance(last_digit=True),
    "metrics/predictions.csv": Tolerance(last_digit=True),
    "metrics/model_card.md": Tolerance(),
}

# Where the model is exact, every processor makes the same bytes, but for pictures: other builds of
# libraries draw and compress otherwise. The rest of this page is for models that are not.
DESCRIPTION = "models/model.json"
PICTURES = (".png",)

# Where another kind of processor makes another model, what names its hash has other bytes too.
MODEL = "models/model.tflite"
NAMES_THE_MODEL = (MODEL, "models/model.json", "models/interval.json")

# Nor are its bytes compared in the other form.
UNCOMPARED = (*PICTURES, ".keras")


def cells(content: bytes, path: str) -> dict[str, str]:
    """What a file tells, each as printed, under its place: cells, values of JSON, or lines.

    Raises ValueError where it cannot be read.
    """
    if path.endswith(".csv"):
        return cells_of_csv(content.decode())
    if path.endswith(".json"):
        return values_of_json(content)
    # Of a text its lines; the model's hash, which is another processor's own, is masked.
    lines = re.sub(rf"{re.escape(MODEL)} [0-9a-f]{{32}}\b", MODEL, content.decode()).splitlines()
    return {f"line {number}": line for number, line in enumerate(lines, 1)}


def cells_of_csv(text: str) -> dict[str, str]:
    try:
        header, *rows = csv.reader(StringIO(text))
    except csv.Error as error:
        raise ValueError(error) from None
    return {
        f"line {line}, {column}": cell
        for line, row in enumerate(rows, 2)
        for column, cell in zip_longest(header, row, fillvalue="")
    }


def values_of_json(content: bytes) -> dict[str, str]:
    try:
        tree = json.loads(content, parse_float=str, parse_int=str)
        if not isinstance(tree, dict):
            raise ValueError(f"it should hold names and values, found a {type(tree).__name__}")
        return {name: str(value) for name, value in flatten(tree).items()}
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def differences(committed: bytes, made: bytes, path: str, tolerance: Tolerance) -> Iterator[str]:
    """A line for each cell of a file that is further than `tolerance` from the committed one."""
    before, after = cells(committed, path), cells(made, path)
    decimals = max(len(cell.partition(".")[2]) for cell in ["", *before.values()])
    amount = 10.0**-decimals if tolerance.last_digit else 0.0
    for place in {**before, **after}:
        old, new = before.get(place, "nothing"), after.get(place, "nothing")
        if old != new and not close(old, new, amount, tolerance.share):
            yield f"{path}, {short(place)}: committed {short(old)}, made {short(new)}"


def short(cell: str) -> str:
    """A cell in a line of a message: of a long one the beginning, no controls."""
    return excerpt(cell, 200) or "empty"


def is_exact() -> bool:
    """Whether the model made here is one that every processor makes."""
    try:
        return json.loads(Path(DESCRIPTION).read_bytes())["exact"] is True
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


def other_bytes(committed: Revision, made: Revision, exact: bool) -> Iterator[str]:
    """A line for each output with another MD5 in dvc.lock.

    Where the model is not exact, those aside that have TOLERANCES, and those that name its hash.
    """
    before, after = (
        {
            path: content.md5
            for stage in load(Lock, side, "dvc.lock").stages.values()
            for path, content in stage.outs.items()
        }
        for side in (committed, made)
    )
    another_model = before.get(MODEL) != after.get(MODEL)
    for path in {**before, **after}:
        if path.endswith(PICTURES if exact else UNCOMPARED):
            continue
        if not exact and (path in TOLERANCES or (another_model and path in NAMES_THE_MODEL)):
            continue
        if before.get(path) != after.get(path):
            yield (
                f"dvc.lock, {path}: committed {before.get(path, 'nothing')}, "
                f"made {after.get(path, 'nothing')}"
            )


def close(old: str, new: str, amount: float, share: float) -> bool:
    """Whether two cells are numbers no further apart than an amount or a share, as printed."""
    amount, share = (limit * (1 + 1e-6) for limit in (amount, share))
    try:
        return isclose(float(old), float(new), rel_tol=share, abs_tol=amount)
    except ValueError:
        return False


def wrong(committed: Revision, command: list[str]) -> list[str]:
    """Why the metrics of a commit are not those that `command` makes, a line each."""
    try:
        if command and subprocess.run(command).returncode:
            return [FAILED]
    except FileNotFoundError:
        raise InputError(f"{command[0]} should be a command, found none of that name") from None
    made = Revision(WORKSPACE)
    found = [
        f"{path} is not the file that dvc.lock names, DVC's cache is damaged: make mend"
        for path in other_files(made)
    ]
    exact = is_exact()
    for path, tolerance in TOLERANCES.items():
        tolerance = Tolerance() if exact else tolerance
        try:
            found += differences(committed.read(path), made.read(path), path, tolerance)
        except InputError as error:
            found.append(str(error))
        except ValueError as error:
            found.append(f"{path} cannot be read: {error}")
    try:
        found += other_bytes(committed, made, exact)
    except InputError as error:
        found.append(str(error))
    return found


def changed_inputs() -> list[str]:
    """What the pipeline reads and the last commit does not have as it stands."""
    stages = load(Pipeline, Revision("HEAD"), "dvc.yaml").stages.values()
    made = {path for stage in stages for path in stage.outputs}
    deps = {path for stage in stages for path in stage.deps} - made
    return uncommitted("dvc.yaml", "params.yaml", *deps, *(f"{path}.dvc" for path in deps))


def take_finding(parser: argparse.ArgumentParser) -> None:
    """Have a tool take the path of a finding, as --verified."""
    parser.add_argument(
        "--verified",
        metavar="FILE",
        type=os.path.abspath,
        help="what tools.verify found, if it ran",
    )


def found_of(head: Revision, path: str | None) -> Finding | None:
    """What verify left at a path, where that is of `head`; raises InputError if it is damaged."""
    if path is None or not Path(path).exists():
        return None
    try:
        finding = Finding.model_validate_json(Path(path).read_bytes())
    except ValidationError:
        raise InputError(f"{path} is damaged: make verify writes it anew") from None
    commit = head.commit
    if commit is None and not changed_inputs() and not uncommitted("metrics"):
        commit = resolve("HEAD")
    return finding if finding.commit == commit else None


def main() -> int:
    parser = Parser("tools.verify", __doc__)
    parser.add_argument(
        "--finding",
        metavar="FILE",
        type=os.path.abspath,
        help="write down what was found, for the review",
    )
    parser.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        help="the command that makes the metrics anew; default: compare them as they are",
    )
    options = parser.parse_args()
    go_to_project()
    committed = Revision("HEAD")

    def note(because: str | None) -> None:
        if options.finding:
            finding = Finding(commit=resolve("HEAD"), because=because)
            write_text(finding.model_dump_json() + "\n", options.finding)

    if options.command and (files := changed_inputs()):
        raise InputError(f"only the last commit is checked: first commit {', '.join(files)}")
    note(NOT_ENDED)
    found = wrong(committed, options.command)
    note(", ".join(shortened(found, 1)) or None)
    if found:
        title = f"the metrics of {committed} are not what its code gives:"
        complain("\n  ".join([title, *shortened(found, 10)]))
        return 1
    say(f"the metrics of {committed} are what its code gives")
    return 0


if __name__ == "__main__":
    run(main)
