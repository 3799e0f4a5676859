"""What differs between two revisions: parameters, data, code and the versions of packages."""

import re
from typing import Any, NamedTuple

from regression.errors import InputError
from regression.package import TABLE
from tools.check_lock import Pipeline, Pointer, load
from tools.review.snapshot import read_row
from tools.revisions import Revision

LARGEST_LOCK = 2_000_000  # bytes
NO_STAGE = "benchmarks/", "tests/", "tools/"  # folders that no stage imports


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
    """The raw table's hash, rows and dates, where the hash differs, and what describes it."""
    sides = [describe_data(revision) for revision in (base, head)]
    changes = between(*sides) if sides[0]["md5"] != sides[1]["md5"] else []
    beside = [
        {path: revision.hash_of(path) for path in revision.inside("data") if is_data(path)}
        for revision in (base, head)
    ]
    return [*changes, *between(*beside)]


def is_data(path: str) -> bool:
    """Whether a file in Git is read beside the raw table: its description, and the periods."""
    return path.startswith("data/") and path.endswith((".json", ".csv"))


def describe_data(revision: Revision) -> dict[str, str]:
    """What is known of the raw table, as far as metrics/summary.csv is in Git."""
    path = "metrics/summary.csv"
    pointers = [name for name in revision.paths if re.fullmatch(r"data/[^/]+\.csv\.dvc", name)]
    pointer = pointers[0] if len(pointers) == 1 else f"{TABLE}.dvc"
    tables = [*load(Pointer, revision, pointer).outs.values()]
    if len(tables) != 1 or tables[0].md5 is None:
        raise InputError(f"{pointer} in {revision} should have one output, found {len(tables)}")
    md5 = tables[0].md5
    if path not in revision.paths:
        return {"md5": md5}
    row = read_row(revision, path)
    if missing := {"column", "count", "min", "max"} - {*row}:
        raise InputError(f"{path} in {revision} should have a column {min(missing)}")
    names = {"rows": "count", "first": "min", "last": "max"}
    if row["column"] != "date":
        names = {"rows": "count"}
    return {**{name: row[column] for name, column in names.items()}, "md5": md5}


def code(base: Revision, head: Revision) -> dict[str, list[str]]:
    """For each stage whose code differs: the files, its command, or that it is new or gone.

    Code are the files in Git that a stage depends on, the lock of its dependencies aside, and
    what another stage made.
    """
    stages = [load(Pipeline, revision, "dvc.yaml").stages for revision in (base, head)]
    made = {path for side in stages for stage in side.values() for path in stage.outputs}
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
            if file not in {"requirements.txt", *made} and not is_data(file)
        }
        changed = [file for file in files if base.hash_of(file) != head.hash_of(file)]
        if before.cmd != after.cmd:
            changed.append("its command")
        if before.model_extra != after.model_extra:
            changed.append("its options in dvc.yaml")
        if {*before.outputs} != {*after.outputs}:
            changed.append("its outputs in dvc.yaml")
        if changed:
            found[name] = changed
    return found


def loose(base: Revision, head: Revision) -> list[str]:
    """The modules that differ and that no stage depends on, though a stage could import them."""
    stages = [
        stage for side in (base, head) for stage in load(Pipeline, side, "dvc.yaml").stages.values()
    ]
    deps = {dep for stage in stages for dep in stage.deps}
    return sorted(
        path
        for path in base.paths | head.paths
        if path.endswith((".py", ".pth", ".so")) and not path.startswith(NO_STAGE)
        if not any(f"{path}/".startswith(f"{dep}/") for dep in deps)
        if base.hash_of(path) != head.hash_of(path)
    )


def versions(base: Revision, head: Revision) -> list[Change]:
    """The packages whose locked version differs."""
    return between(*(locked(revision) for revision in (base, head)))


def locked(revision: Revision) -> dict[str, str]:
    """Each package's version in requirements.txt: several where it depends on the platform."""
    text = revision.read("requirements.txt", LARGEST_LOCK).decode(errors="replace")
    found: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE):
        found.setdefault(package, []).append(version)
    return {package: " or ".join(several) for package, several in found.items()}
