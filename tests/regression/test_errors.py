"""How a stage or a tool ends, whatever stops it."""

import os
import shlex
import subprocess
import sys

import pytest

from regression import errors
from regression.errors import InputError, counted, run
from tests.project import ROOT


@pytest.mark.parametrize(
    ("error", "message", "returncode"),
    [
        (InputError("a should be 1, found 2"), "a should be 1, found 2\n", 2),
        (FileNotFoundError(2, "", "a.csv"), "a.csv is missing\n", 2),
        (PermissionError(13, "Permission denied", "a.csv"), "a.csv: Permission denied\n", 2),
        (OSError(28, "No space left on device"), "a file: No space left on device\n", 2),
        (KeyboardInterrupt(), "interrupted\n", 130),
    ],
)
def test_it_ends_in_a_message_and_an_exit_code(error, message, returncode, capsys):
    """No traceback for what the user, the disk or Ctrl-C did."""

    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as end:
        run(main)

    assert end.value.code == returncode
    assert capsys.readouterr() == ("", message)


@pytest.mark.parametrize("answer", [0, 1])
def test_what_main_returns_is_the_exit_code(answer):
    """1 for a no."""
    with pytest.raises(SystemExit) as end:
        run(lambda: answer)

    assert end.value.code == answer


PIPELINE = """
stages:
  split:
    outs: [data/train.csv]
  evaluate:
    outs: [models/interval.json]
    metrics:
    - metrics/metrics.json:
        cache: false
    plots: [metrics/predictions.png]
"""


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("data/table.csv", ": dvc pull data/table.csv.dvc"),
        ("data/train.csv", ": dvc repro split"),
        ("metrics/metrics.json", ": dvc repro evaluate"),
        ("metrics/predictions.png", ": dvc repro evaluate"),
        ("metrics/metrics", ""),
        ("../data/train.csv", ""),
        ("typo.csv", ""),
    ],
)
@pytest.mark.parametrize("folder", [".", "models"])
def test_a_missing_file_is_answered_with_what_brings_it_back(
    path, remedy, folder, tmp_path, monkeypatch
):
    """Wherever one stands: DVC's storage, or the stage that makes it; for other files nothing."""
    (tmp_path / "data").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "data/table.csv.dvc").touch()
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    monkeypatch.setattr(errors, "PROJECT", tmp_path)
    monkeypatch.chdir(tmp_path / folder)

    assert errors.remedy(str(tmp_path / path)) == remedy
    assert errors.remedy(os.path.relpath(tmp_path / path)) == remedy


@pytest.mark.parametrize("text", ["[1, 2]", "stages: [a]", "stages:\n  a: [b]", "a: [", None])
def test_a_damaged_pipeline_is_not_what_was_missing(text, tmp_path, monkeypatch):
    """The message is that of the missing file, without a remedy."""
    if text:
        (tmp_path / "dvc.yaml").write_text(text)
    monkeypatch.setattr(errors, "PROJECT", tmp_path)

    assert errors.remedy(str(tmp_path / "data/train.csv")) == ""


def test_within_a_stage_it_tells_the_way_back(monkeypatch, capsys):
    """DVC has removed the stage's outputs by then."""
    monkeypatch.setenv("DVC_STAGE", "train")

    def main() -> None:
        raise InputError("wrong")

    with pytest.raises(SystemExit):
        run(main)

    assert "outputs of stage train; to get them back: git restore" in capsys.readouterr().err


def test_a_mistake_of_ours_is_not_hidden():
    """What nobody foresaw keeps its traceback."""
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0)


def python(script: str, **streams) -> tuple[int, bytes | None]:
    """Run Python away from the project; return its exit code and what it complained of."""
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)}, **streams
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("main", "returncode"),
    [
        ("say('x' * 10**6)", 0),
        ("say('x' * 10**6) or 1", 1),
        ("print('x' * 10**6)", 141),
        ("Parser('x', 'x' * 10**6).parse_args(['--help'])", 0),
    ],
)
def test_a_reader_that_leaves_is_no_mistake(main, returncode, tmp_path):
    """No traceback, and the answer's own code; what prints and does not say ends as `cat` would."""
    script = (
        "from regression.errors import run, say; from tools.command import Parser; "
        f"run(lambda: {main})"
    )
    read, write = os.pipe()
    os.close(read)
    with open(write, "wb") as pipe:
        assert python(script, cwd=tmp_path, stdout=pipe, stderr=subprocess.PIPE) == (
            returncode,
            b"",
        )


@pytest.mark.parametrize(
    ("main", "returncode"),
    [("complain('x' * 10**6) or 1", 1), ("open('x' * 100)", 2)],
)
def test_a_reader_of_complaints_may_leave_too(main, returncode, tmp_path):
    """The exit code stays."""
    read, write = os.pipe()
    os.close(read)
    script = f"from regression.errors import complain, run; run(lambda: {main})"
    with open(write, "wb") as pipe:
        assert python(script, cwd=tmp_path, stderr=pipe)[0] == returncode


def test_a_full_disk_is_told(tmp_path):
    """What could not be written is not taken for written."""
    script = "from regression.errors import run, say; run(lambda: say('x'))"
    with open("/dev/full", "w") as full:
        assert python(script, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE) == (
            2,
            b"standard output: No space left on device\n",
        )


def test_a_disk_that_fills_midway_is_told_of_unbuffered_output_too(tmp_path):
    """Python itself drops what such a disk did not take."""
    script = "from regression.errors import run, say; run(lambda: say('x' * 5000, end=''))"
    command = f"ulimit -f 1; PYTHONUNBUFFERED=1 {sys.executable} -c {shlex.quote(script)} > out"

    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
    )

    assert (done.returncode, done.stderr) == (2, b"standard output: File too large\n")


def test_one_of_something_is_no_plural():
    """None and several are."""
    assert [counted(number, "row") for number in range(3)] == ["0 rows", "1 row", "2 rows"]
