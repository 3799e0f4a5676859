"""The tools work wherever one stands, with the clone's code on PYTHONPATH."""

import pytest

from tests.project import Clone


@pytest.fixture(scope="module")
def folder(small, tmp_path_factory) -> Clone:
    """The notebooks' folder of a clone, whose Python finds the clone's code."""
    clone = small.copy(tmp_path_factory.mktemp("subfolder") / "clone")
    (clone.path / "notebooks").mkdir()
    return Clone(clone.path / "notebooks", PYTHONPATH=str(clone.path))


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("check_lock", "dvc.lock is in step with the workspace"),
        ("review HEAD HEAD", "**No difference**"),
        ("verify true", "are what its code gives"),
        ("predict ../data/table.csv --output predictions.csv", "90% interval"),
    ],
)
def test_a_tool_finds_the_projects_files(folder, command, answer):
    """Whatever the folder, its answer is that about the project."""
    assert answer in folder.run(f"python -m tools.{command}")


def test_what_is_typed_counts_from_where_one_stands(folder):
    """A file that a command names lies in the folder that it is typed in."""
    folder.run("python -m tools.verify --finding found true")
    folder.run("python -m tools.predict ../data/table.csv --output typed.csv")

    assert {"found", "typed.csv"} <= {path.name for path in folder.path.iterdir()}
    assert "Verified by running it: yes" in folder.run(
        "python -m tools.review HEAD HEAD --verified found"
    )


@pytest.mark.parametrize("tool", ["backtest", "compare"])
def test_a_tool_that_trains_reads_the_projects_parameters(folder, tmp_path, tool):
    """Seen by its refusal of those that are wrong."""
    project = Clone(folder.path.parent).copy(tmp_path / "clone")
    project.set({"train.epochs": 0})
    inside = Clone(project.path / "notebooks", PYTHONPATH=str(project.path))

    assert inside.run(f"python -m tools.{tool}", returncode=2).startswith("params.yaml is wrong:")


def test_a_notebook_predicts_with_the_projects_model(folder):
    """The README's two lines for a notebook, in its folder."""
    code = """
import sys; sys.path.insert(0, "..")
import pandas as pd
from tools.predict import predict
print(predict(pd.read_csv("../data/table.csv")).notna().all(axis=None))
"""
    notebook = Clone(folder.path)

    assert notebook.run(f"python -W error - <<'END'\n{code}\nEND") == "True\n"
