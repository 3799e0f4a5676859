"""The loop that a team lives in, as the README tells it."""

import re
import textwrap
from pathlib import Path

import pytest

from tests.project import README, TOOLS, Clone, quoted


def reviewed(report: str) -> list[str]:
    """The lines of a review, down to the first fold."""
    return report.partition("<details>")[0].strip().splitlines()


@pytest.fixture
def hub(repository, tmp_path) -> Path:
    """The repository that the team pushes to."""
    return Clone.of(repository, tmp_path / "hub", "--bare").path


@quoted
def test_an_experiment_becomes_a_branch_that_a_colleague_reviews(reproduced, hub, tmp_path):
    """From `dvc exp run` to a merge of two branches that both changed dvc.lock."""
    author = reproduced.copy(tmp_path / "author")
    author.run(f"git remote set-url origin {hub}")
    author.run("git push -q origin main")
    author.run("dvc exp run -n narrow -S evaluate.coverage=0.000001")
    author.run("dvc exp run -n longer -S evaluate.coverage=0.9 -S train.epochs=50")
    layout = author.run("git diff --numstat -- params.yaml")  # one line, and no other
    shown = author.run("make experiments")
    author.run("git restore . && dvc checkout -q && dvc exp apply longer")
    author.run("git switch -qc more-epochs && git commit -qam 'Train for 50 epochs'")
    author.run("git push -qu origin more-epochs")

    assert layout == "1\t1\tparams.yaml\n"
    assert "[narrow]" in shown
    assert "1e-06" in shown
    assert "[longer]" in shown
    assert re.search(r"validation.rmse +train.epochs +evaluate.coverage *\n", shown)
    assert max(map(len, shown.splitlines())) <= 104
    assert author.repro() == []

    colleague = Clone.of(hub, tmp_path / "colleague")
    colleague.run("git switch -q more-epochs")
    difference = colleague.run("dvc metrics diff main").splitlines()[1:]
    shown = re.findall("^ +(metrics/[a-z]+.json +.*)", README, re.MULTILINE)
    # DVC names the files in any order.
    assert sorted(map(str.split, difference)) == sorted(map(str.split, shown))
    assert "train.epochs" in colleague.run("dvc params diff main")
    report = reviewed(colleague.run("python -m tools.review"))
    for page, before, after in (
        (TOOLS, "For this branch it prints", "\nHow to read it:"),
        (README, "## Review a pull request", "\nTables of metrics"),
    ):
        shown = page.partition(before)[2].partition("    **")
        shown = textwrap.dedent("".join(shown[1:]).partition(after)[0]).strip().splitlines()
        assert shown == report[: len(shown)]
        assert len(shown) >= 5

    author.run("dvc remote add -q -d models ../models && dvc remote modify models verify true")
    author.run("dvc push -q")
    author.run("git commit -qam 'Share models' && git push -q")
    colleague.run("git pull -q && dvc pull -q")
    assert colleague.outputs() == author.outputs()
    assert "up to date" in colleague.run("dvc status")

    author.run("git switch -q main && dvc checkout -q && git switch -qc narrower")
    author.set({"evaluate.coverage": 0.8})
    assert author.repro() == ["evaluate"]
    author.run("git commit -qam 'Narrow the intervals'")
    conflict = author.run("git merge more-epochs", returncode=1)
    author.run("git checkout --ours dvc.lock metrics")
    assert author.repro()[-1] == "evaluate"
    author.run("git commit -qam 'Merge more-epochs'")

    assert "Merge conflict in dvc.lock" in conflict
    assert author.run("git status --short") == ""
    assert "up to date" in author.run("dvc status")
    assert author.run("grep -E 'epochs|coverage' params.yaml").split() == (
        "epochs: 50 coverage: 0.8".split()
    )
    changed = author.run("git diff --name-only more-epochs -- metrics").split()
    assert "metrics/predictions.csv" in changed
    assert "metrics/history.csv" not in changed
