"""How a stage or a tool ends when something is wrong."""

import pytest

from regression.errors import InputError, run


@pytest.mark.parametrize(
    ("error", "message", "returncode"),
    [
        (InputError("a should be 1, found 2"), "a should be 1, found 2\n", 2),
        (FileNotFoundError(2, "", "a.csv"), "a.csv is missing: `dvc repro` makes it, or", 2),
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
        run(main, returncode=2)

    assert end.value.code == returncode
    assert capsys.readouterr().err.startswith(message)


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
