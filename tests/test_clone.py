"""A clone is the same, and takes what is committed, whatever its user's Git is told."""

import pytest

from tests.project import Clone


def test_line_ends_are_those_in_git(repository, tmp_path):
    """Git for Windows asks for others, and DVC hashes what lies here."""
    clone = Clone.of(repository, tmp_path / "clone", "-c core.autocrlf=true")

    ends = clone.run("git ls-files --eol").splitlines()

    assert [line for line in ends if "w/crlf" in line or "w/mixed" in line] == []
    assert clone.run("git add --renormalize . && git status --short") == ""


# As a user's own rules for all repositories may have them.
COMMON_RULES = "data/ models/ metrics/ .dvc/ *.csv *.dvc *.json *.lock *.png *.txt *.yaml model/"


@pytest.mark.parametrize("rules", [COMMON_RULES, "*"])
def test_what_a_user_commits_is_hidden_by_no_rule_of_their_own(clone, tmp_path, rules):
    """What is there and what comes to it; what is made here stays out of the way."""
    (tmp_path / "rules").write_text(rules.replace(" ", "\n"))
    clone.run(f"git config core.excludesFile {tmp_path}/rules")
    more = """
        data/more.csv.dvc .dvc/store/files/md5/ab/c .dvc/plots/more.json metrics/more.json
        metrics/more.png recipes/more regression/model/more.py regression/data/more.py
        tests/regression/model/more.py tools/more.py stages/more.py dvc.lock params.yaml
        requirements.txt data/.gitignore models/.gitignore data/datapackage.json
    """.split()
    for path in more:
        (clone.path / path).parent.mkdir(parents=True, exist_ok=True)
        (clone.path / path).write_text("more")

    clone.run(f"git add {' '.join(more)}")
    clone.run("mkdir -p .venv .idea && touch .venv/a.py backtest.png regression/model/a.pyc")
    clone.run("touch .idea/a.json .DS_Store regression/.DS_Store")

    left = {line[3:] for line in clone.run("git status --short").splitlines() if line[1] != " "}
    assert left <= {".idea/", ".DS_Store", "regression/.DS_Store", "regression/model/a.pyc"}
    if rules == "*":
        assert left == set()
