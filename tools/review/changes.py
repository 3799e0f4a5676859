"""What differs between two revisions: parameters, data, code and the versions of packages."""

import re
from io import BytesIO
from typing import Any, NamedTuple

import pandas as pd

from regression.errors import InputError
from tools.check_lock import Pipeline, Pointer, load
from tools.revisions import Revision


class Change(NamedTuple):
    """A name and its value on either side; None where a side does not have it."""

    name: str
    base: Any
    head: Any


def between(base: dict[str, Any], head: dict[str, Any]) -> list[Change]:
    """The names whose values differ, in the order of base, what is new at the end."""
    both = {name: (base.get(name), head.get(name)) for name in {**base, **head}}
    return [Change(name, *values) for name, values in both.items() if values[0] != values[1]]


def data(base: Revision, head: Revision) -> list[Change]:
    """The raw table's hash, rows and months, where the hash differs."""
    sides = [describe_data(revision) for revision in (base, head)]
    return between(*sides) if sides[0]["md5"] != sides[1]["md5"] else []


def describe_data(revision: Revision) -> dict[str, str]:
    path = "metrics/summary.csv"
    (table,) = load(Pointer, revision, "data/economics.csv.dvc").outs.values()
    file = BytesIO(revision.read(path))
    try:
        row = pd.read_csv(file, dtype=str, index_col="column").loc["date"]
        months = {"rows": row["count"], "first month": row["min"], "last": row["max"]}
        return months | {"md5": table.md5 or ""}
    except (ValueError, KeyError):
        raise InputError(
            f"{path} in {revision} should have a row date with count, min, max"
        ) from None


def code(base: Revision, head: Revision) -> dict[str, list[str]]:
    """For each stage whose code differs: the files, its command, or that it is new or gone.

    Code are the files in Git that a stage depends on, the lock of its dependencies aside.
    """
    stages = [load(Pipeline, revision, "dvc.yaml").stages for revision in (base, head)]
    found = {}
    for name in {**stages[0], **stages[1]}:
        before, after = (side.get(name) for side in stages)
        if before is None or after is None:
            found[name] = ["the stage is new" if before is None else "the stage is gone"]
            continue
        files = {
            file: None
            for revision in (base, head)
            for dep in [*before.deps, *after.deps]
            for file in (revision.inside(dep) or [dep])
            if file != "requirements.txt"
        }
        contents = {
            file: [rev.read(file) if file in rev.paths else None for rev in (base, head)]
            for file in files
        }
        changed = [file for file, (old, new) in contents.items() if old != new]
        if before.cmd != after.cmd:
            changed.append("its command")
        if changed:
            found[name] = changed
    return found


def versions(base: Revision, head: Revision) -> list[Change]:
    """The packages whose locked version differs."""
    return between(*(locked(revision) for revision in (base, head)))


def locked(revision: Revision) -> dict[str, str]:
    """Each package's version in requirements.txt: several where it depends on the platform."""
    text = revision.read("requirements.txt").decode(errors="replace")
    found: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE):
        found.setdefault(package, []).append(version)
    return {package: " or ".join(several) for package, several in found.items()}
