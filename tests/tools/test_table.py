"""The raw table is fetched, or it is said what stands in the way."""

import fcntl
import json

import pytest
import yaml

from regression.errors import InputError
from tests.project import Clone
from tools.table import TABLE, check_lock_file, free_dvc

DAMAGED = b"date,pce\n"


@pytest.fixture
def clone(small, tmp_path) -> Clone:
    """A clone with its cache, in which the pipeline has run."""
    return small.copy(tmp_path / "clone")


def damage(clone: Clone, path: str) -> None:
    """Cut off a file in one of DVC's folders, which stays read-only."""
    md5 = yaml.safe_load((clone.path / f"{TABLE}.dvc").read_text())["outs"][0]["md5"]
    file = clone.path / path / md5[:2] / md5[2:]
    file.chmod(0o644)
    file.write_bytes(DAMAGED)
    file.chmod(0o444)


def test_a_damaged_copy_in_the_cache_is_told_and_the_way_back_works(clone):
    """DVC itself takes what is read-only in its cache for sound."""
    before = clone.outputs()
    damage(clone, ".dvc/cache/files/md5")
    (clone.path / TABLE).unlink()

    message = clone.run("make table", returncode=2)
    remedy = message.splitlines()[0].partition("the way back: ")[2]
    there = (clone.path / TABLE).read_bytes()
    clone.run(remedy)

    assert message.startswith(f"{TABLE} is not the table that {TABLE}.dvc names: DVC's cache is")
    assert there == DAMAGED
    assert clone.outputs() == before
    assert clone.run("git status --short") == ""


def test_a_damaged_copy_in_the_store_is_told(clone):
    """Nothing is fetched from it, and Git has it whole."""
    damage(clone, ".dvc/store/files/md5")

    message = clone.run("make table", returncode=2)
    clone.run(message.splitlines()[0].partition("is not its name: ")[2])

    assert message.startswith(".dvc/store/files/md5/")
    assert clone.run("make table") == ""


def test_whatever_dvc_says_is_passed_on(clone):
    """Nothing is told to be changed that is not; here another DVC is running."""
    with open(clone.path / ".dvc/tmp/lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        message = clone.run("make table", returncode=2)

    assert "Unable to acquire lock" in message
    assert "changed since" not in message


def test_a_table_with_another_remote_is_fetched_from_there(clone, tmp_path):
    """The store is then none of its business."""
    clone.edit(f"{TABLE}.dvc", "remote: store", "remote: other")
    clone.run(f"dvc remote add -q other {tmp_path}/other && dvc push -q -r other {TABLE}.dvc")
    clone.run(f"rm -r {TABLE} .dvc/cache .dvc/store")

    assert clone.run("make table") == ""
    assert (clone.path / TABLE).exists()


@pytest.mark.parametrize("text", ["", '{"read": {', "null", "[]", '{"a": 1}'])
def test_a_broken_list_of_files_in_use_is_removed(tmp_path, text, capsys):
    """As a DVC leaves it that is killed, or whose disk is full, while it writes."""
    (tmp_path / "rwlock").write_text(text)

    free_dvc(tmp_path)

    assert not (tmp_path / "rwlock").exists()
    assert capsys.readouterr().out.startswith(f"{tmp_path}/rwlock: removed: ")


@pytest.mark.parametrize("lock", ["lock", "rwlock.lock"])
def test_it_stays_where_a_dvc_runs(tmp_path, lock, capsys):
    """Which may be writing it."""
    (tmp_path / "rwlock").touch()
    with open(tmp_path / lock, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        free_dvc(tmp_path)

    assert (tmp_path / "rwlock").exists()
    assert capsys.readouterr().out == ""


def test_a_list_that_is_whole_or_not_there_stays_so(tmp_path, capsys):
    """Nothing is told of it either."""
    free_dvc(tmp_path / "nothing")
    free_dvc(tmp_path)
    (tmp_path / "rwlock").write_text(json.dumps({"read": {}, "write": {}}))
    free_dvc(tmp_path)

    assert (tmp_path / "rwlock").exists()
    assert capsys.readouterr().out == ""


LOCK = """\
schema: '2.0'
stages:
  split:
    cmd: python -m stages.split
    deps:
    - path: data/prepared.csv
      hash: md5
      md5: 0123456789abcdef0123456789abcdef
      size: 7
"""


@pytest.mark.parametrize(
    "spoilt",
    [
        LOCK.partition(": 0123")[0],  # cut off
        "schema: 2.0\nstages:\n",
        "",
        LOCK.replace("    deps:", "<<<<<<< HEAD\n    deps:"),
        "- a list\n",
    ],
)
def test_a_lock_that_dvc_would_refuse_is_told(tmp_path, monkeypatch, spoilt):
    """Before DVC is started; one that is whole or not there is no fault."""
    monkeypatch.chdir(tmp_path)
    check_lock_file()
    (tmp_path / "dvc.lock").write_text(LOCK)
    check_lock_file()
    (tmp_path / "dvc.lock").write_text(spoilt)

    with pytest.raises(InputError, match=r"^dvc.lock is damaged.*: rm dvc.lock && dvc repro$"):
        check_lock_file()
