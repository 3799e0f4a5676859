"""Fetch the raw table, and check that it is the one that its .dvc file names."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.utils.serialize import parse_yaml
from voluptuous import Invalid

from regression.errors import InputError, run, say
from regression.files import go_to_project, md5
from regression.package import TABLE
from tools.check_lock import Content, Pointer, load
from tools.command import Parser
from tools.revisions import WORKSPACE, Revision


def check_store(expected: str) -> None:
    """Raise InputError where .dvc/store lacks the table, or holds another in its place."""
    stored = Path(f".dvc/store/files/md5/{expected[:2]}/{expected[2:]}")
    if not stored.exists():
        raise InputError(
            f"{TABLE}: .dvc/store lacks the table that {TABLE}.dvc names: "
            f"dvc push {TABLE}.dvc, then commit .dvc/store"
        )
    if md5(str(stored)) != expected:
        raise InputError(f"{stored} is damaged, its MD5 is not its name: make mend")


def pull(table: Content) -> None:
    """Have DVC fetch the table; raises InputError where another one lies there afterwards."""
    command = [sys.executable, "-m", "dvc", "pull", f"{TABLE}.dvc"]
    if table.remote:
        command += ["--remote", table.remote]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    changed = Path(TABLE).is_file() and md5(TABLE) != table.md5
    if done.returncode and changed:
        raise InputError(
            f"{done.stdout.strip()}\n{TABLE}: changed since dvc add: dvc add {TABLE}, "
            f"or dvc checkout --force {TABLE}.dvc to undo the change"
        )
    if done.returncode:
        raise InputError(f"{TABLE}: dvc pull failed:\n{done.stdout.strip()}")
    if changed:
        raise InputError(
            f"{TABLE} is not the table that {TABLE}.dvc names: "
            "DVC's cache is damaged; the way back: make mend"
        )


def check_lock_file() -> None:
    """Raise InputError where dvc.lock is one that DVC refuses to read."""
    file = Path("dvc.lock")
    try:
        if file.exists():
            COMPILED_LOCKFILE_SCHEMA(parse_yaml(file.read_text("utf-8", "replace"), str(file)))
    except (DvcException, Invalid):
        raise InputError(
            "dvc.lock is damaged, DVC cannot read it: rm dvc.lock && dvc repro"
        ) from None


def free_dvc(folder: Path) -> None:
    """Remove DVC's list of files in use where it is no such list: DVC then refuses to start.

    A DVC that was killed while it wrote the list leaves it so; nothing is done while one runs
    that could be writing it.
    """
    used = folder / "rwlock"
    try:
        with locked(folder / "lock"), locked(folder / "rwlock.lock"):
            try:
                content = json.loads(used.read_bytes())
            except ValueError:
                content = None
            if not isinstance(content, dict) or not {*content} <= {"read", "write"}:
                used.unlink()
                say(f"{used}: removed: a DVC that was killed had left it broken")
    except (BlockingIOError, FileNotFoundError):
        return


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock as DVC does; raises BlockingIOError while another process holds it."""
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def main() -> None:
    Parser("tools.table", __doc__).parse_args()
    go_to_project()
    free_dvc(Path(".dvc/tmp"))
    check_lock_file()
    tables = [*load(Pointer, Revision(WORKSPACE), f"{TABLE}.dvc").outs.values()]
    if len(tables) != 1 or tables[0].md5 is None:
        raise InputError(f"{TABLE}.dvc should name one file and its MD5: dvc add {TABLE}")
    (table,) = tables
    if table.remote == "store":
        check_store(table.md5 or "")
    pull(table)


if __name__ == "__main__":
    run(main)
