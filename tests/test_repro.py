"""What `dvc repro` runs, and what it leaves behind."""

import re

import pytest

from tests.project import FROZEN
from tools.verify import TOLERANCES, differences

RENEW = "where the outputs change on purpose: make frozen"


def test_only_what_changed_runs(small, tmp_path):
    """The stages that depend on a change run, once; equal outputs stop it from spreading.

    What was trained before is not trained again: evaluate reads it anew. Changes to parameters
    and data stand where else the pipeline runs: `small` in conftest.py, test_data.py,
    tools/test_recipe.py, test_team.py.
    """
    clone = small.copy(tmp_path / "clone")
    for stage, file in {
        "prepare": "regression/raw.py",
        "split": "stages/split.py",
        "train": "stages/train.py",
        "evaluate": "regression/report/plots.py",
    }.items():
        clone.run(f"echo '# More' >> {file}")
        assert clone.repro() == [stage]
    assert clone.repro() == []

    clone.edit("params.yaml", "epochs: 1", "epochs: 2")
    assert clone.repro() == ["train", "evaluate"]
    clone.edit("params.yaml", "epochs: 2", "epochs: 1")
    assert clone.repro() == ["evaluate"]


def test_only_modules_count_in_the_folders_that_stages_depend_on(small, tmp_path):
    """To compile them, to open them in an editor and to run tests changes nothing."""
    clone = small.copy(tmp_path / "clone")
    clone.run(
        """
        python -m compileall -q regression stages tools
        mkdir regression/network/.ipynb_checkpoints regression/table/notes
        touch regression/table/rows.py~ regression/scores/.DS_Store regression/table/notes/a.md
        """
    )
    assert "up to date" in clone.run("dvc status")
    assert "in step" in clone.run("python -m tools.check_lock")

    clone.run("echo '# More' > regression/table/more.py")
    changed = clone.run("dvc status")
    assert [stage for stage in ("train:", "evaluate:") if stage in changed] == [
        "train:",
        "evaluate:",
    ]
    told = clone.run("python -m tools.check_lock", returncode=1)
    assert "train: regression/table has changed since dvc.lock was written" in told


def test_a_package_of_the_same_name_elsewhere_hides_nothing(small, tmp_path):
    """An installed `tools` or `regression` is none of ours."""
    for name in ("tools", "stages", "regression"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()

    assert "in step" in small.run(f"PYTHONPATH={tmp_path} python -m tools.check_lock")


def test_after_make_repro_everything_is_up_to_date(reproduced):
    """And nothing is left to commit."""
    assert "up to date" in reproduced.run("dvc status")
    assert reproduced.run("git status --short") == ""


@pytest.mark.parametrize("path", TOLERANCES)
def test_the_tutorials_metrics_are_the_frozen_ones(reproduced, path):
    """On whatever processor this runs."""
    frozen, made = ((folder / path).read_bytes() for folder in (FROZEN, reproduced.path))

    assert list(differences(frozen, made, path, TOLERANCES[path])) == [], RENEW


def test_predictions_have_one_decimal(reproduced):
    """To which kinds of processors agree; what is not known is empty."""
    lines = reproduced.run("cat metrics/predictions.csv").splitlines()[1:]

    assert len(lines) == 173
    assert all(re.fullmatch(r"[0-9-]{10}(,(-?\d+\.\d)?)+", line) for line in lines)


def test_a_mistake_ends_in_a_message_and_a_way_back(small, tmp_path):
    """The first stage that runs names every mistake; what DVC had removed comes back."""
    clone = small.copy(tmp_path / "clone")
    before = clone.outputs()
    clone.edit("params.yaml", "epochs: 1", "epochs: 0")
    clone.edit("params.yaml", "0.001", "fast")

    message = clone.run("dvc repro", returncode=255)
    clone.run("git restore metrics && dvc checkout")

    assert "Traceback" not in message
    assert "train.learning_rate should be a valid number, found 'fast'" in message
    assert "train.epochs should be greater than 0, found 0" in message
    assert "to get them back: git restore metrics && dvc checkout" in message
    assert clone.outputs() == before

    clone.run("git restore params.yaml")
    clone.edit("params.yaml", "evaluate:\n", "other:\n")  # which DVC itself misses
    assert "'evaluate'" in clone.run("dvc repro", returncode=255)
