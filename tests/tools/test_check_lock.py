"""Whether dvc.lock is in step with the files in Git, found out without running anything."""

import hashlib
import sys

import pytest

from tests.project import Clone
from tools import check_lock
from tools.check_lock import other_files, out_of_step, unverified_remotes
from tools.revisions import WORKSPACE, Revision

TEST_CSV = hashlib.md5(b"data/test.csv").hexdigest()  # as `project.build_repository` has it
MADE = f"    outs:\n    - path: data/test.csv\n      hash: md5\n      md5: {TEST_CSV}\n      "


@pytest.fixture
def clone(clone, monkeypatch) -> Clone:
    """A fresh clone, with nothing in its cache, in which the check then runs."""
    monkeypatch.chdir(clone.path)
    monkeypatch.setattr("regression.files.PROJECT", clone.path)
    return clone


def test_a_fresh_clone_is_in_step(clone):
    """Without a cache, a download or the raw table; as a commit and as it stands."""
    assert out_of_step(Revision(WORKSPACE)) == []
    assert out_of_step(Revision("HEAD")) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "lines"),
    [
        ("params.yaml", "epochs: 20", "epochs: 50", ["train: train.epochs is 50, in dvc.lock 20"]),
        (
            "params.yaml",
            "epochs: 20",
            "epoch: 20",
            [
                "train: train.epoch is 20, in dvc.lock not there",
                "train: train.epochs is not there, in dvc.lock 20",
            ],
        ),
        (
            "params.yaml",
            "  coverage: 0.9\n",
            "",
            [
                "evaluate: evaluate is None, in dvc.lock not there",
                "evaluate: evaluate.coverage is not there, in dvc.lock 0.9",
            ],
        ),
        (
            "dvc.yaml",
            "cmd: python -m stages.split",
            "cmd: python -m stages.other",
            [
                "split: the command is 'python -m stages.other', "
                "in dvc.lock 'python -m stages.split'"
            ],
        ),
        (
            "dvc.yaml",
            "    - stages/split.py\n",
            "    - stages/split.py\n    - regression/model\n    - README.md:\n        desc: x\n",
            ["split: regression/model is not in dvc.lock", "split: README.md is not in dvc.lock"],
        ),
        (
            "dvc.yaml",
            "    - data/test.csv\n\n",
            "    - data/test.csv\n    - data/more.csv\n\n",
            ["split: data/more.csv is not in dvc.lock"],
        ),
        (
            "regression/table/rows.py",
            '"""What the',
            '"""Really what the',
            [
                f"{stage}: regression/table has changed since dvc.lock was written"
                for stage in ("split", "train", "evaluate")
            ],
        ),
        (
            "data/table.csv.dvc",
            "024899cd",
            "124899cd",
            [
                "prepare: data/table.csv differs in dvc.lock from the one of data/table.csv.dvc",
            ],
        ),
        (
            "metrics/metrics.json",
            "1824.9",
            "1724.9",
            ["evaluate: metrics/metrics.json is not the one that dvc.lock says it made"],
        ),
        ("dvc.lock", "\n  split:\n", "\n  other:\n", ["split: dvc.lock has no stage split"]),
        (
            "dvc.lock",
            f"    outs:\n    - path: data/test.csv\n      hash: md5\n      md5: {TEST_CSV}",
            "    outs:\n    - path: data/test.csv\n      hash: md5\n      md5: e",
            ["evaluate: data/test.csv is not the one that split made last"],
        ),
        (
            "dvc.lock",
            f"{MADE}size: 1",
            f"{MADE}size: 2",
            ["evaluate: data/test.csv is not the one that split made last"],
        ),
    ],
)
def test_what_is_out_of_step_is_named(clone, file, before, after, lines):
    """A line for each command, parameter, file in Git and file in the cache."""
    clone.edit(file, before, after)

    assert [*map(str, out_of_step(Revision(WORKSPACE)))] == lines
    assert out_of_step(Revision("HEAD")) == []


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("rm stages/train.py", "train: stages/train.py is neither in Git nor tracked by DVC"),
        ("rm -r regression/table", "train: regression/table is neither in Git nor tracked by DVC"),
        ("rm regression/table/rows.py", "train: regression/table has changed since dvc.lock was"),
        ("rm metrics/history.csv", "train: metrics/history.csv is not in Git"),
        ("rm dvc.lock", "all stages: dvc.lock is missing"),
        (": > dvc.lock && echo '{}' > dvc.lock", "evaluate: dvc.lock has no stage evaluate"),
    ],
)
def test_a_file_that_is_gone_is_named(clone, command, line):
    """Whether a stage reads it or should have made it; dvc.lock too."""
    clone.run(command)

    assert any(str(found).startswith(line) for found in out_of_step(Revision(WORKSPACE)))


def test_parameters_may_be_named_one_by_one_and_in_other_files(clone):
    """As dvc.yaml allows: dotted names, files with names, and whole files."""
    clone.edit(
        "dvc.yaml",
        "    - split\n    - evaluate\n",
        "    - split\n    - evaluate.coverage\n    - a.yaml:\n      - x\n    - b.yaml:\n",
    )
    line = "      params.yaml:\n        evaluate:\n"
    clone.edit("dvc.lock", line, f"      a.yaml:\n        x: 1\n{line}")
    (clone.path / "a.yaml").write_text("x: 2\nxs: 3\n")  # of which the stage reads x alone
    (clone.path / "b.yaml").write_text("y: 3\n")

    assert [*map(str, out_of_step(Revision(WORKSPACE)))] == [
        "evaluate: x is 2, in dvc.lock 1",
        "evaluate: y is 3, in dvc.lock not there",
    ]


def test_the_command_fails_with_every_line_and_a_remedy(clone, monkeypatch, capsys):
    """Exit code 1, for a workflow to stop at; 0 and a line where all is well."""
    monkeypatch.setattr(sys, "argv", ["check_lock"])
    assert check_lock.main() == 0
    assert capsys.readouterr().out == "dvc.lock is in step with the workspace\n"

    clone.edit("params.yaml", "epochs: 20", "epochs: 50")
    message = clone.run("python -m tools.check_lock", returncode=1)

    assert message.splitlines() == [
        "dvc.lock is not in step with the workspace:",
        "  train: train.epochs is 50, in dvc.lock 20",
        "to get there: dvc repro, then commit dvc.lock and metrics",
    ]


def test_a_file_that_is_not_the_one_that_dvc_was_told_is_named(clone, monkeypatch):
    """Stages' and the raw table, where they lie here."""
    assert other_files(Revision(WORKSPACE)) == []  # of those, none lies in a fresh clone
    clone.run("dvc pull -q data/table.csv.dvc && printf data/test.csv > data/test.csv")
    assert other_files(Revision(WORKSPACE)) == []

    clone.run("printf data/rest.csv > data/test.csv && sed -i s/,2944$/,2945/ data/table.csv")
    assert other_files(Revision(WORKSPACE)) == ["data/test.csv", "data/table.csv"]

    message = clone.run("python -m tools.check_lock", returncode=1)
    assert message.splitlines() == [
        "not the file that dvc.lock or a .dvc file names: data/test.csv, data/table.csv",
        "to get it: make mend",
    ]


def test_a_remote_that_takes_over_damage_is_named(clone):
    """With the command that has its files looked at."""
    clone.run("dvc remote add -q -d models s3://models && dvc remote add -q other ../other")
    clone.run("dvc remote modify other verify True")
    assert unverified_remotes() == {"models": ""}

    message = clone.run("python -m tools.check_lock", returncode=1)
    clone.run(message.partition(": ")[2].partition(", then")[0])

    assert message.startswith("DVC would not notice damaged files of the remote 'models': ")
    assert unverified_remotes() == {}


def test_a_remote_is_seen_wherever_dvc_sees_it(clone):
    """In .dvc/config.local too, and however its section is written."""
    with open(clone.path / ".dvc/config", "a") as config:
        config.write("['Remote \"m\"']\n    url = /x\n['remote\"n\"']\n    url = /y\n")
    clone.run("dvc remote add -q --local -d mine ../mine")
    assert unverified_remotes() == {"m": "", "n": "", "mine": "--local "}

    last = clone.run("python -m tools.check_lock", returncode=1).splitlines()[-1]
    clone.run(last.partition(": ")[2])

    assert unverified_remotes() == {"m": "", "n": ""}


def test_a_hook_reads_the_repository_that_it_runs_in(clone, monkeypatch, tmp_path):
    """Git's GIT_DIR may be another's."""
    clone.run(f"git init -q {tmp_path}/other")
    monkeypatch.setenv("GIT_DIR", f"{tmp_path}/other/.git")

    assert out_of_step(Revision("HEAD")) == []
