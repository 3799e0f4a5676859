"""Check that dvc.lock is in step with the code, and metrics/ with dvc.lock, without running it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from configobj import ConfigObj, ConfigObjError
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from regression.errors import InputError, complain, run, say
from regression.files import go_to_project, md5, md5_of
from tools.command import Parser
from tools.revisions import WORKSPACE, Revision


def named(entries: Any) -> Any:
    """The paths of a list in dvc.yaml, where a path may have options."""
    if not isinstance(entries, list):
        return entries
    return [next(iter(entry), None) if isinstance(entry, dict) else entry for entry in entries]


Paths = Annotated[list[str], BeforeValidator(named)]


class Stage(BaseModel):
    """What is read here of a stage in dvc.yaml; other options are compared as they stand."""

    model_config = ConfigDict(extra="allow")

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


class Content(BaseModel):
    """What DVC remembers of a file, or of a folder."""

    md5: str | None = None
    size: int | None = None
    remote: str | None = None

    def equals(self, other: "Content | None") -> bool:
        """Whether both are the same content, as far as known of both."""
        if other is None or self.md5 != other.md5:
            return False
        return None in (self.size, other.size) or self.size == other.size


def by_path(entries: Any) -> Any:
    """The contents of a list in dvc.lock or a .dvc file."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return entries
    if not all(isinstance(entry.get("path"), str) for entry in entries):
        raise ValueError("each entry should have a path")
    return {entry["path"]: entry for entry in entries}


Contents = Annotated[dict[str, Content], BeforeValidator(by_path)]


class Locked(BaseModel):
    """What a stage ran with when dvc.lock was written, and what it made."""

    cmd: str | list[str]
    params: dict[str, dict[str, Any]] = {}
    deps: Contents = {}
    outs: Contents = {}


class Lock(BaseModel):
    """What is read here of dvc.lock."""

    stages: Annotated[dict[str, Locked], BeforeValidator(lambda stages: stages or {})] = {}


class Pointer(BaseModel):
    """What is read here of a .dvc file."""

    outs: Contents


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
        more = flatten(value, f"{prefix}{name}.") if inner else {f"{prefix}{name}": value}
        if twice := flat.keys() & more:
            raise InputError(f"{min(twice)} is given twice, once with a dot in its name")
        flat |= more
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
    reads or makes, and MD5 and size of what lies in DVC's cache with those of whoever made it.
    Needs no cache and no download. Raises InputError where a file of DVC's is damaged.
    """
    pipeline = load(Pipeline, revision, "dvc.yaml")
    if "dvc.lock" not in revision.paths:
        return [Mismatch("not rerun", "all stages", "dvc.lock is missing")]
    lock = load(Lock, revision, "dvc.lock")
    maker = {path: name for name, stage in pipeline.stages.items() for path in stage.outputs}
    found: list[Mismatch] = []

    def note(text: str, kind: str = "not rerun") -> None:
        found.append(Mismatch(kind, name, text))

    for name, stage in pipeline.stages.items():
        if name not in lock.stages:
            note(f"dvc.lock has no stage {name}")
            continue
        locked = lock.stages[name]
        if stage.cmd != locked.cmd:
            note(f"the command is {stage.cmd!r}, in dvc.lock {locked.cmd!r}")
        for line in different_params(revision, stage, locked):
            note(line)
        for path in stage.deps:
            expected, otherwise = content(revision, path, lock, maker.get(path))
            if path not in locked.deps:
                note(f"{path} is not in dvc.lock")
            elif maker.get(path, name) in lock.stages and not locked.deps[path].equals(expected):
                note(f"{path} {otherwise}")
        for path in stage.outputs:
            if path not in locked.outs:
                note(f"{path} is not in dvc.lock")
            elif path in revision.paths and not locked.outs[path].equals(in_git(revision, path)):
                note(f"{path} is not the one that dvc.lock says it made", "edited")
            elif path not in revision.paths and path.startswith("metrics/"):
                note(f"{path} is not in Git", "missing")
        for entry in undeclared(stage, locked):
            note(f"{entry} is in dvc.lock but not in dvc.yaml")
    return found


def behind(stages: dict[str, Stage], path: str) -> set[str]:
    """The stage that makes a file, and every stage before it; none where no stage makes it."""
    found: set[str] = set()
    wanted = {path}
    while makers := {name for name in stages if wanted & {*stages[name].outputs}} - found:
        found |= makers
        wanted = {dep for name in makers for dep in stages[name].deps}
    return found


def undeclared(stage: Stage, locked: Locked) -> Iterator[str]:
    """What dvc.lock has of a stage and dvc.yaml has not: files and parameters."""
    yield from (path for path in locked.deps if path not in stage.deps)
    yield from (path for path in locked.outs if path not in stage.outputs)
    for file, tree in locked.params.items():
        names = [name for each, name in stage.parameters if each == file]
        for key in flatten(tree):
            if not any(name is None or f"{key}.".startswith(f"{name}.") for name in names):
                yield f"{key} of {file}"


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


def content(
    revision: Revision, path: str, lock: Lock, maker: str | None
) -> tuple[Content | None, str]:
    """What a stage should have found at a path, and what is wrong if it found another."""
    if maker is not None:
        made = lock.stages[maker].outs.get(path) if maker in lock.stages else None
        return made, f"is not the one that {maker} made last"
    if path in revision.paths:
        return in_git(revision, path), "has changed since dvc.lock was written"
    if inside := revision.inside(path):
        return folder_in_git(revision, path, inside), "has changed since dvc.lock was written"
    pointer = f"{path}.dvc"
    if pointer in revision.paths:
        outs = load(Pointer, revision, pointer).outs
        return outs.get(path.rpartition("/")[2]), f"differs in dvc.lock from the one of {pointer}"
    return None, "is neither in Git nor tracked by DVC"


def in_git(revision: Revision, path: str) -> Content:
    content = revision.read(path)
    return Content(md5=md5_of(content), size=len(content))


def folder_in_git(revision: Revision, folder: str, inside: list[str]) -> Content:
    """As DVC has it: the MD5 is that of a list of the files and their MD5s."""
    contents = {name: in_git(revision, name) for name in inside}
    entries = [
        {"md5": content.md5, "relpath": name.removeprefix(f"{folder}/")}
        for name, content in contents.items()
    ]
    size = sum(content.size or 0 for content in contents.values())
    return Content(md5=md5_of(json.dumps(entries).encode()) + ".dir", size=size)


def other_files(workspace: Revision) -> list[str]:
    """The files that DVC keeps and that lie here with another content than it was told.

    A file that does not lie here is none of them.
    """
    told: dict[str, Content] = {}
    if "dvc.lock" in workspace.paths:
        for stage in load(Lock, workspace, "dvc.lock").stages.values():
            told |= stage.outs
    for pointer in sorted(path for path in workspace.paths if path.endswith(".dvc")):
        outs = load(Pointer, workspace, pointer).outs
        told |= {Path(pointer).with_name(name).as_posix(): outs[name] for name in outs}
    return [
        path
        for path, content in told.items()
        if path not in workspace.paths and Path(path).is_file() and md5(path) != content.md5
    ]


def unverified_remotes() -> dict[str, str]:
    """The remotes from which DVC would take a damaged file in silence.

    Beside a name stands `--local ` where that is of .dvc/config.local.
    """
    verified: dict[str, bool] = {}
    options: dict[str, str] = {}
    for file, option in {".dvc/config": "", ".dvc/config.local": "--local "}.items():
        text = Path(file).read_text("utf-8", "replace") if Path(file).is_file() else ""
        try:
            sections = ConfigObj(text.splitlines(), interpolation=False)
        except ConfigObjError as error:
            raise InputError(f"{file} is damaged: {error}") from None
        for title, section in sections.items():
            told = re.fullmatch(r"""['"]?\s*remote\s*"(.*)"\s*['"]?""", title, re.IGNORECASE)
            if told and isinstance(section, dict):
                options.setdefault(told[1], option)
                before = verified.get(told[1], False)
                verified[told[1]] = str(section.get("verify", before)).lower() == "true"
    return {name: options[name] for name, there in verified.items() if not there}


def main() -> int:
    Parser("tools.check_lock", __doc__).parse_args()
    go_to_project()
    workspace = Revision(WORKSPACE)
    found, others = out_of_step(workspace), other_files(workspace)
    message = []
    if found:
        message += [f"dvc.lock is not in step with {workspace}:", *(f"  {line}" for line in found)]
        if not others:
            message += ["to get there: dvc repro, then commit dvc.lock and metrics"]
    if others:
        message += [
            f"not the file that dvc.lock or a .dvc file names: {', '.join(others)}",
            "to get it: make mend",
        ]
    for name, option in unverified_remotes().items():
        message += [
            f"DVC would not notice damaged files of the remote {name!r}: "
            f"dvc remote modify {option}{name!r} verify true"
            + (", then commit .dvc/config" if not option else "")
        ]
    if message:
        complain("\n".join(message))
        return 1
    say(f"dvc.lock is in step with {workspace}")
    return 0


if __name__ == "__main__":
    run(main)
