"""What `dvc repro` runs, and what it leaves behind."""

import pytest

from stages.params import Params


@pytest.mark.parametrize(
    ("file", "before", "after", "stages"),
    [
        ("params.yaml", "  - pop\n", "", ["prepare", "split", "train", "evaluate"]),
        ("params.yaml", "seed: 40", "seed: 41", ["split", "train", "evaluate"]),
        ("params.yaml", "epochs: 20", "epochs: 2", ["train", "evaluate"]),
        ("stages/split.py", '"""Split ', '"""Really split ', ["split"]),
        ("stages/train.py", '"""Train the', '"""Really train the', ["train"]),
        ("stages/exported.py", '"""Run ', '"""Really run ', ["evaluate"]),
    ],
)
def test_only_what_changed_runs(reproduced, tmp_path, file, before, after, stages):
    """The stages that depend on a change run, once; equal outputs stop it from spreading."""
    clone = reproduced.copy(tmp_path / "clone")
    clone.edit(file, before, after)

    assert clone.repro() == stages
    assert clone.repro() == []


def test_after_make_repro_everything_is_up_to_date(reproduced):
    """A fresh clone reaches the committed metrics, on whatever processor this runs."""
    assert "up to date" in reproduced.run("dvc status")
    assert reproduced.run("git diff --stat -- metrics/metrics.json metrics/summary.csv") == ""


def test_a_mistake_ends_in_a_message_and_a_way_back(reproduced, tmp_path):
    """The first stage that runs names every mistake; what DVC had removed comes back."""
    clone = reproduced.copy(tmp_path / "clone")
    clone.run("git commit -qa --allow-empty -m 'As made on this kind of processor'")
    before = clone.outputs()
    clone.edit("params.yaml", "epochs: 20", "epochs: 0")
    clone.edit("params.yaml", "0.001", "fast")

    message = clone.run("dvc repro", returncode=255)
    clone.run("git restore metrics && dvc checkout")

    assert "Traceback" not in message
    assert "train.learning_rate should be a valid number, found 'fast'" in message
    assert "train.epochs should be greater than 0, found 0" in message
    assert "to get them back: git restore metrics && dvc checkout" in message
    assert clone.outputs() == before


@pytest.mark.parametrize("section", Params.model_fields)
def test_a_section_that_is_missing_is_refused(reproduced, tmp_path, section):
    """DVC itself notices, before a stage starts."""
    clone = reproduced.copy(tmp_path / "clone")
    clone.edit("params.yaml", f"{section}:\n", "other:\n")

    assert f"'{section}'" in clone.run("dvc repro", returncode=255)
