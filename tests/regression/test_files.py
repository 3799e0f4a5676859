"""A file is written whole or not at all."""

import numpy as np
import pandas as pd
import pytest

from regression.files import replacing, warn_if_large, write_csv, write_json, write_text


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    """Whatever ends the writing, the file is the one that was there."""
    path = tmp_path / "scores.json"
    path.write_text("old")

    with pytest.raises(TypeError, match="Path is not JSON serializable"):
        write_json({"test": {"rmse": path}}, str(path))
    with pytest.raises(FileNotFoundError), replacing(str(path)):
        pass  # nothing written to take the place of the file
    with pytest.raises(UnicodeEncodeError):
        write_text("half \ud800", str(path))  # which fails once the file is open

    assert [file.name for file in tmp_path.iterdir()] == ["scores.json"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("named", [False, True])
def test_what_could_not_be_written_is_named(tmp_path, named):
    """A full disk names no file, a folder that cannot be written to the temporary one."""
    path = str(tmp_path / "scores.json")

    with pytest.raises(OSError, match="No space left") as failure, replacing(path) as temporary:
        raise OSError(28, "No space left on device", *[temporary] * named)

    assert failure.value.filename == path


def test_nothing_is_seen_before_it_is_whole(tmp_path):
    """The name appears with the content complete, in folders that need not exist."""
    path = tmp_path / "new" / "metrics" / "scores.json"

    with replacing(str(path)) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")

    assert path.read_text() == "whole"
    assert temporary.suffix == path.suffix


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path):
    """The new one takes its name, and is not written into it."""
    path = tmp_path / "card.md"
    write_text("old", str(path))

    with path.open() as reader:
        write_text("new: −1", str(path))
        assert reader.read() == "old"

    assert path.read_bytes().decode("utf-8") == "new: −1"


def test_a_table_is_written_with_unix_lines_plain_dates_and_empty_unknowns(tmp_path):
    """The bytes are those that DVC hashes on every system."""
    dates = pd.to_datetime(["1967-07-01", "1967-08-01"])
    table = pd.DataFrame({"date": dates, "known": [np.nan, 2944.5]})

    write_csv(table, str(tmp_path / "table.csv"))

    written = (tmp_path / "table.csv").read_bytes()
    assert written == b"date,known\n1967-07-01,\n1967-08-01,2944.5\n"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_not_written(tmp_path, number):
    """metrics.json holds finite numbers only."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"test": {"rmse": number}}, str(tmp_path / "metrics.json"))

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [10_000_000, 12_600_000])
def test_a_file_that_is_large_for_git_is_told(tmp_path, capsys, size):
    """From 10 MB on, with what makes it smaller."""
    with open(tmp_path / "predictions.csv", "wb") as file:
        file.truncate(size)  # a hole, which takes no room on the disk

    warn_if_large(f"{tmp_path}/predictions.csv", "set split.test_size")

    assert capsys.readouterr().err == (size > 10_000_000) * (
        f"warning: {tmp_path}/predictions.csv has 13 MB, and Git keeps every version of it: "
        "set split.test_size\n"
    )
