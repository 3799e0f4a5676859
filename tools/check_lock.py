"""Check that dvc.lock is in step with the code, and metrics/ with dvc.lock, without running it."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ValidationError

from regression.errors import InputError, printable, run
from regression.files import go_to_project, md5_of
from tools.revisions import WORKSPACE, Revision


def named(entries: Any) -> Any:
    """The paths of a list in dvc.yaml, where a path may have options."""
    if not isinstance(entries, list):
        return entries
    return [next(iter(entry), None) if isinstance(entry, dict) else entry for entry in entries]


Paths = Annotated[list[str], BeforeValidator(named)]


class Stage(BaseModel):
    """What is read here of a stage in dvc.yaml."""

    cmd: str | list[str]
    params: list[str | dict[str, list[str] | None]] = []
    deps: Paths = []
    outs: Paths = []
    metrics: Paths = []
    plots: Paths = []

    @property
    def outputs(self) -> list[str]:
        return [*self.outs, *self.metrics, *self.plots]

    @property
    def parameters(self) -> Iterator[tuple[str, str | None]]:
        """The file and the name of each parameter; None stands for all that a file holds."""
        for entry in self.params:
            if isinstance(entry, str):
                yield "params.yaml", entry
            else:
                for file, names in entry.items():
                    if not names:
                        yield file, None
                    yield from ((file, name) for name in names or [])


class Pipeline(BaseModel):
    """What is read here of dvc.yaml."""

    stages: dict[str, Stage]


def by_path(entries: Any) -> Any:
    """The hashes of a list in dvc.lock or a .dvc file."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return entries
    if not all(isinstance(entry.get("path"), str) for entry in entries):
        raise ValueError("each entry should have a path")
    return {entry.get("path"): entry.get("md5") for entry in entries}


Hashes = Annotated[dict[str, str | None], BeforeValidator(by_path)]


class Locked(BaseModel):
    """What a stage ran with when dvc.lock was written, and what it made."""

    cmd: str | list[str]
    params: dict[str, dict[str, Any]] = {}
    deps: Hashes = {}
    outs: Hashes = {}


class Lock(BaseModel):
    """What is read here of dvc.lock."""

    stages: Annotated[dict[str, Locked], BeforeValidator(lambda stages: stages or {})] = {}


class Pointer(BaseModel):
    """What is read here of a .dvc file."""

    outs: Hashes


def load(schema: type[BaseModel], revision: Revision, path: str) -> Any:
    """Read one of DVC's files; raises InputError where it is missing or damaged."""
    try:
        return schema.model_validate(revision.read_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))[:200]
        raise InputError(f"{path} in {revision} is damaged: {place}: {first['msg']}") from None


def flatten(tree: dict, prefix: str = "") -> dict[str, Any]:
    """The values of nested dictionaries, under names such as train.epochs."""
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        inner = isinstance(value, dict) and value
        flat |= flatten(value, f"{prefix}{name}.") if inner else {f"{prefix}{name}": value}
    return flat


class Mismatch(NamedTuple):
    """What is not as dvc.lock has it: the stage, and in what way.

    `kind` is `not rerun`, `missing` (a file that the stage should have made) or `edited` (one
    that it made otherwise).
    """

    kind: str
    stage: str
    text: str

    def __str__(self) -> str:
        return f"{self.stage}: {self.text}"


def out_of_step(revision: Revision) -> list[Mismatch]:
    """What dvc.lock says that the revision does not; empty if all is in step.

    Compared are each stage's command and parameters, the content of every file in Git that it
    reads or makes, and the hashes of what lies in DVC's cache with those of whoever made it.
    Needs no cache and no download. Raises InputError where a file of DVC's is damaged.
    """
    pipeline, lock = load(Pipeline, revision, "dvc.yaml"), Lock()
    if "dvc.lock" in revision.paths:
        lock = load(Lock, revision, "dvc.lock")
    maker = {path: name for name, stage in pipeline.stages.items() for path in stage.outputs}
    found: list[Mismatch] = []

    def note(text: str, kind: str = "not rerun") -> None:
        found.append(Mismatch(kind, name, text))

    for name, stage in pipeline.stages.items():
        if name not in lock.stages:
            note("dvc.lock has no such stage")
            continue
        locked = lock.stages[name]
        if stage.cmd != locked.cmd:
            note(f"its command is {stage.cmd!r}, in dvc.lock {locked.cmd!r}")
        for line in different_params(revision, stage, locked):
            note(line)
        for path in stage.deps:
            expected, otherwise = content(revision, path, lock, maker.get(path))
            if path not in locked.deps:
                note(f"{path} is not in dvc.lock")
            elif expected != locked.deps[path] and maker.get(path, name) in lock.stages:
                note(f"{path} {otherwise}")
        for path in stage.outputs:
            if path not in locked.outs:
                note(f"{path} is not in dvc.lock")
            elif path in revision.paths and md5_of(revision.read(path)) != locked.outs[path]:
                note(f"{path} is not the one that dvc.lock says it made", "edited")
            elif path not in revision.paths and path.startswith("metrics/"):
                note(f"{path} is not in Git", "missing")
    return found


def different_params(revision: Revision, stage: Stage, locked: Locked) -> Iterator[str]:
    """A line for each parameter of a stage that has another value in dvc.lock."""
    files = {file for file, _ in stage.parameters}
    sides = {
        file: (flatten(revision.read_yaml(file)), flatten(locked.params.get(file, {})))
        for file in files
    }
    for file, parameter in stage.parameters:
        now, then = sides[file]
        inside = [
            key
            for key in {**now, **then}
            if parameter is None or f"{key}.".startswith(f"{parameter}.")
        ]
        if not inside:
            yield f"{parameter} is neither in {file} nor in dvc.lock"
        for key in inside:
            values = [side.get(key, "not there") for side in (now, then)]
            if values[0] != values[1]:
                yield "{} is {}, in dvc.lock {}".format(key, *(f"{x!s:.200}" for x in values))


def content(revision: Revision, path: str, lock: Lock, maker: str | None) -> tuple[str | None, str]:
    """The hash that a stage should have found at a path, and what is wrong if it found another."""
    if maker is not None:
        made = lock.stages[maker].outs.get(path) if maker in lock.stages else None
        return made, f"is in dvc.lock not what its stage {maker} made"
    if path in revision.paths:
        return md5_of(revision.read(path)), "has changed since dvc.lock was written"
    if inside := revision.inside(path):
        return md5_of_folder(revision, path, inside), "has changed since dvc.lock was written"
    pointer = f"{path}.dvc"
    if pointer in revision.paths:
        outs = load(Pointer, revision, pointer).outs
        return outs.get(path.rpartition("/")[2]), f"is in dvc.lock not the one of {pointer}"
    return None, "is neither in Git nor tracked by DVC"


def md5_of_folder(revision: Revision, folder: str, inside: list[str]) -> str:
    """The hash that DVC gives a folder: that of a list of its files and their hashes."""
    entries = [
        {"md5": md5_of(revision.read(name)), "relpath": name.removeprefix(f"{folder}/")}
        for name in inside
    ]
    return md5_of(json.dumps(entries).encode()) + ".dir"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", nargs="?", default=WORKSPACE, help="a commit, or the workspace")
    options = parser.parse_args()
    go_to_project()
    revision = Revision(options.revision)
    found = out_of_step(revision)
    if found:
        title = printable(f"dvc.lock is not in step with {revision}:")
        lines = "\n  ".join([title, *map(printable, found)])
        sys.exit(f"{lines}\nto get there: dvc repro, then commit dvc.lock and metrics")
    print(f"dvc.lock is in step with {revision}")


if __name__ == "__main__":
    run(main)
