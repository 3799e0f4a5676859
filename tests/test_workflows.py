"""The workflows on GitHub, as far as they can be tried without it."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.project import ROOT

WORKFLOWS = {
    path.stem: yaml.load(path.read_text(), yaml.BaseLoader)
    for path in (ROOT / ".github/workflows").glob("*.yml")
}
CHECK = WORKFLOWS["pull-request"]["jobs"]["check"]["steps"]
COMMENT = WORKFLOWS["comment"]["jobs"]["comment"]

# Stands in for GitHub: pull request 7 is at commit abc, and COMMENTS are its comments.
GH = """#!/bin/bash
echo "$*" >> calls
case "$*" in
"run download 1 --name review --dir review") test -d review ;;
*pulls/7*) echo abc ;;
*pulls/*) echo other ;;
*--paginate*) cat comments ;;
*) cp comment.md posted ;;
esac
"""


def test_what_the_pull_request_runs_are_targets_of_make():
    """So that it can be run anywhere; the lock before anything else, the review in any case."""
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    run = [re.findall(r"make (?:--silent )?(\w+)", step.get("run", "")) for step in CHECK]
    run = [target for names in run for target in names]

    assert run == "setup instep lint test repro verify review".split()
    assert set(run) <= set(targets)


def test_code_of_a_pull_request_gets_no_secret_and_may_write_nothing():
    """What runs it reads; what may comment runs none of it."""
    text = (ROOT / ".github/workflows/pull-request.yml").read_text()

    assert WORKFLOWS["pull-request"]["permissions"] == {"contents": "read"}
    assert set(WORKFLOWS["pull-request"]["on"]) == {"pull_request"}
    assert "secrets." not in text
    assert "permissions" not in WORKFLOWS["pull-request"]["jobs"]["check"]
    assert WORKFLOWS["comment"]["permissions"] == {}
    assert COMMENT["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert not any("uses" in step for step in COMMENT["steps"])
    assert WORKFLOWS["comment"]["on"]["workflow_run"]["workflows"] == [
        WORKFLOWS["pull-request"]["name"]
    ]


def test_actions_are_pinned_by_commit_with_their_version_beside():
    """A tag can be moved; a reader and an updater want to know which it was."""
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        for used in re.findall("uses: (.+)", path.read_text()):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


@pytest.fixture
def post(tmp_path):
    """Run the script that posts the comment, in a folder with a report; returns what it called."""
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "comments").write_text("")

    def run(number: str | None = "7\n", report: bytes = b"better\n", returncode: int = 0) -> str:
        if number is not None:
            (tmp_path / "review").mkdir(exist_ok=True)
            (tmp_path / "review/number").write_text(number)
            (tmp_path / "review/report.md").write_bytes(report)
        done = subprocess.run(
            ["bash", "-e", "-c", COMMENT["steps"][0]["run"]],
            cwd=tmp_path,
            env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "RUN": "1", "HEAD": "abc"},
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == returncode, done.stdout + done.stderr
        return done.stdout + (tmp_path / "calls").read_text()

    return run


def posted(tmp_path: Path) -> bytes | None:
    path = tmp_path / "posted"
    return path.read_bytes() if path.exists() else None


def test_the_report_becomes_one_comment_that_is_updated(post, tmp_path):
    """Posted the first time, replaced from then on."""
    assert "api --silent repos/{owner}/{repo}/issues/7/comments --field body=@comment.md" in post()
    assert posted(tmp_path) == b"<!-- review -->\nbetter\n"

    (tmp_path / "comments").write_text("123\n456\n")
    called = post(report=b"worse\n")
    assert "--method PATCH repos/{owner}/{repo}/issues/comments/123 --field" in called
    assert posted(tmp_path) == b"<!-- review -->\nworse\n"


@pytest.mark.parametrize("number", ["", "x", "7/../8", "$(touch owned)", "-1", "0"])
def test_what_is_no_number_is_refused(post, tmp_path, number):
    """The report's folder was made by code of the pull request."""
    assert "review/number should be a number" in post(number, returncode=1)
    assert posted(tmp_path) is None
    assert not (tmp_path / "owned").exists()


def test_another_pull_requests_number_is_refused(post, tmp_path):
    """Its head is another commit than the one that the run was for."""
    assert "Pull request 8 is not at abc: no comment" in post("8")
    assert posted(tmp_path) is None


def test_a_run_without_a_report_gets_no_comment(post, tmp_path):
    """Where not even the set-up succeeded."""
    assert "left no report: no comment" in post(None)
    assert posted(tmp_path) is None


def test_a_report_is_text_and_no_longer_than_github_takes(post, tmp_path):
    """Nothing in it is run; what is no UTF-8 is left out; the end of a long one is cut off."""
    post(report=b"$(touch owned) `touch owned` \xff\n" + "−".encode() * 40000)

    comment = posted(tmp_path).decode()
    assert comment.startswith("<!-- review -->\n$(touch owned) `touch owned` \n−−")
    assert len(comment) < 65536
    assert not (tmp_path / "owned").exists()
