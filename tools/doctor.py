"""Read every byte that DVC keeps: name what is damaged or missing, and what mends it."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from regression.errors import InputError, complain, run, say
from regression.files import go_to_project, md5, md5_of
from tools.command import Parser
from tools.revisions import WORKSPACE, Revision
from tools.table import check_lock_file


class Fault(NamedTuple):
    """What is not as it should be, what to remove, and what to do then."""

    text: str
    remove: tuple[str, ...]  # here; a remote that is not here has its own file removed by `gone`
    command: str = ""
    gone: Callable[[], None] | None = None
    by_hand: bool = False  # for the user to decide

    def __str__(self) -> str:
        rm = "rm -rf" if any(Path(path).is_dir() for path in self.remove) else "rm -f"
        steps = [f"{rm} {shlex.join(self.remove)}"] * bool(self.remove) + [self.command]
        told = " && ".join(filter(None, steps))
        return f"{self.text}: {'make mend' if self.gone else told}"


class Place(NamedTuple):
    """A folder or a server where DVC keeps files, each under its MD5."""

    name: str  # of the remote; empty for the cache
    odb: Any

    @property
    def local(self) -> bool:
        return self.odb.fs.protocol == "local"

    def path(self, oid: str) -> str:
        """Where a file lies: from the project's folder, or its address."""
        path = self.odb.oid_to_path(oid)
        if not self.local:
            return self.odb.fs.unstrip_protocol(path)
        here = Path.cwd()
        return str(Path(path).relative_to(here) if Path(path).is_relative_to(here) else path)

    def state(self, oid: str) -> str:
        """`sound`, `damaged` or `missing`: by its content, whatever DVC remembers of it."""
        try:
            with self.odb.fs.open(self.odb.oid_to_path(oid), "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return "missing"
        except (IsADirectoryError, NotADirectoryError):
            return "damaged"
        return "sound" if md5_of(content) == oid.partition(".")[0] else "damaged"


def places_of(repo: Any) -> tuple[Place, dict[str | None, Place]]:
    """The cache, and the remotes: by name, and under None the default one, where there is one."""
    from dvc.config import NoRemoteError

    names = {out.remote for out in repo.index.outs if out.use_cache}
    remotes = {}
    for name in names:
        try:
            odb = repo.cloud.get_remote_odb(name)
        except NoRemoteError:
            continue
        remotes[name] = Place(name or repo.config["core"]["remote"], odb)
    return Place("", repo.cache.local), remotes


def examine_records() -> Iterator[Fault]:
    """What DVC goes by and no longer has: a pointer, or a stage of dvc.lock, of the last commit."""
    head, here = Revision("HEAD"), Revision(WORKSPACE)
    for path in head.sorted_paths:
        if path == "dvc.lock":
            lacking = [name for name in recorded(head, path) if name not in recorded(here, path)]
            lacking = [name for name in lacking if name in recorded(here, "dvc.yaml")]
        elif Path(path).suffix == ".dvc":
            lacking = [] if recorded(here, path) else recorded(head, path)
        else:
            continue
        if lacking:
            back = f"git restore {shlex.quote(path)}, if it was not meant to go"
            yield Fault(f"{path} has lost {', '.join(lacking)}", (), back, by_hand=True)


def recorded(revision: Revision, path: str) -> list[str]:
    """The stages or the outputs that a file of DVC names; none where it cannot be read."""
    try:
        tree = revision.read_yaml(path)
        return [*tree["stages"]] if "stages" in tree else [out["path"] for out in tree["outs"]]
    except (InputError, LookupError, TypeError):
        return []


def examine(repo: Any) -> Iterator[Fault]:
    """The faults of every file of the cache, and of every output: here, there, on its remote."""
    cache, remotes = places_of(repo)
    outs = [out for out in repo.index.outs if out.use_cache]
    needed = {out.hash_info.value for out in outs}
    for oid in sorted(cache.odb.all()):
        if oid not in needed and cache.state(oid) == "damaged":
            path = cache.path(oid)
            yield Fault(f"{path}, of a folder or another commit, is damaged", (path,))
    for out in sorted(outs, key=lambda out: not out.stage.is_data_source):
        if out.hash_info.value:  # else it was never made
            yield from examine_output(out, cache, remotes.get(out.remote))
    for out in repo.index.outs:
        path, oid = str(out), out.hash_info.value
        if not out.use_cache and oid and not (Path(path).is_file() and md5(path) == oid):
            back = (
                f"git restore {path}" if in_git(path, oid) else f"dvc repro {out.stage.addressing}"
            )
            remove = (path,) if Path(path).is_dir() else ()
            yield Fault(f"{path} is missing, or not the one of dvc.lock", remove, back)


def examine_output(out: Any, cache: Place, remote: Place | None) -> Iterator[Fault]:
    """The faults of one file that DVC keeps, in the order in which they can be mended."""
    name, oid, maker = str(out), out.hash_info.value, out.stage.addressing
    given = out.stage.is_data_source
    target = shlex.quote(maker if given else name)
    here, listed = "missing", oid.endswith(".dir")  # DVC's list of a folder is looked at, not that
    if Path(name).exists():
        alike = Path(name).is_dir() if listed else Path(name).is_file() and md5(name) == oid
        here = "sound" if alike else "damaged"
    cached, kept = cache.state(oid), remote.state(oid) if remote else "missing"
    path = in_the_way(cache.path(oid))

    if remote and remote.local and kept != "sound" and in_git(remote.path(oid), oid):
        text = f"{remote.path(oid)}, of {name}, is {kept}"
        yield Fault(
            text, blocking(remote.path(oid)), f"git restore {shlex.quote(remote.path(oid))}"
        )
        kept = "sound"
    again = f"dvc pull --quiet {target}" if kept == "sound" else f"dvc repro {maker}"
    lost = given and "sound" not in (here, cached, kept)

    if lost:
        text = f"no copy of {name} is what {maker} names"
        yield Fault(text, (), f"dvc add {name}, once it is there again", by_hand=True)
    elif here == cached == "missing":
        yield Fault(f"{name} is missing", blocking(name), again)
    elif cached != "sound" and here == "sound":
        whole = cache.path(oid)
        folder = shlex.quote(str(Path(whole).parent))
        copy = f"mkdir -p {folder} && install -m 444 {shlex.quote(name)} {shlex.quote(whole)}"
        yield Fault(f"{path}, of {name}, is {cached}", (path,), copy)
    elif cached != "sound":
        yield Fault(f"{path}, of {name}, is {cached}", (path, name), again)
    elif here == "missing":
        yield Fault(f"{name} is missing", blocking(name), f"dvc checkout {target}")
    elif here == "damaged" and given:
        rm = "rm -r" if Path(name).is_dir() else "rm"
        undo = f"dvc add {name}, or to undo the change: {rm} {name} && dvc checkout {target}"
        yield Fault(f"{name} is not the one that {maker} names", (), undo, by_hand=True)
    elif here == "damaged":
        yield Fault(f"{name} is not the one of dvc.lock", (name,), f"dvc checkout {target}")

    if remote and kept == "damaged" and not lost:
        text = f"{remote.path(oid)}, of {name}, is damaged"
        push = f"dvc push --quiet --remote {shlex.quote(remote.name)} {target}"
        if remote.local:
            yield Fault(text, (in_the_way(remote.path(oid)),), push)
        else:
            yield Fault(text, (), push, lambda: remote.odb.delete(oid))


def blocking(path: str) -> tuple[str, ...]:
    """What to remove before a file can come back: a file in place of a folder, or the reverse."""
    found = in_the_way(path)
    return (found,) if found != path or Path(path).is_dir() else ()


def in_the_way(path: str) -> str:
    """The file that stands where a folder on the way to a path should be; else the path itself."""
    folders = [folder for folder in Path(path).parents if folder.exists() and not folder.is_dir()]
    return str(folders[-1]) if folders else path


def in_git(path: str, oid: str) -> bool:
    """Whether the last commit has a file, with this MD5."""
    head = Revision("HEAD")
    return path in head.paths and md5_of(head.read(path)) == oid


def mend(faults: list[Fault]) -> None:
    """Remove what is damaged, then do what is left to do, each command once."""
    ours = [fault for fault in faults if not fault.by_hand]
    for fault in ours:
        for path in fault.remove:
            if Path(path).is_dir() and not Path(path).is_symlink():
                shutil.rmtree(path)
            else:
                Path(path).unlink(missing_ok=True)
        if fault.gone:
            fault.gone()
    for command in dict.fromkeys(fault.command for fault in ours if fault.command):
        say(command)
        subprocess.run(command, shell=True)


def main() -> int:
    parser = Parser("tools.doctor", __doc__)
    parser.add_argument("--mend", action="store_true", help="mend what is found")
    options = parser.parse_args()
    go_to_project()
    from dvc.exceptions import DvcException
    from dvc.repo import Repo  # only here: it takes a second to import

    check_lock_file()
    faults = list(examine_records())
    try:
        faults = faults or list(examine(Repo()))
        if options.mend and not all(fault.by_hand for fault in faults):
            mend(faults)
            faults = list(examine(Repo()))
    except DvcException as error:
        raise InputError(f"DVC cannot read its own files: {error}") from None
    if not faults:
        say("every file that DVC keeps is sound")
        return 0
    complain("\n".join(map(str, faults)))
    if not options.mend and not all(fault.by_hand for fault in faults):
        complain("to mend what can be mended: make mend")
    return 1


if __name__ == "__main__":
    run(main)
