"""The workflows on GitHub, as far as they can be tried without it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.project import ROOT, Clone

PATHS = sorted((ROOT / ".github/workflows").iterdir())
WORKFLOWS = {path.stem: yaml.load(path.read_text(), yaml.BaseLoader) for path in PATHS}
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
    """So that it can be run anywhere; the cheap ones first, the tests last."""
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    run = [re.findall(r"make (?:--silent )?(\w+)", step.get("run", "")) for step in CHECK]
    run = [target for names in run for target in names]

    assert run == "setup check_lock lint repro verify review test".split()
    assert set(run) <= set(targets)


def test_another_kind_of_processor_verifies_beside_it():
    """In a workflow of its own, on the same commit and with the same set-up: nothing waits."""
    (job,) = WORKFLOWS["arm64"]["jobs"].values()
    checkout, python, verify = job["steps"]

    assert job["runs-on"].endswith("-arm")
    assert verify["run"] == "make verify"
    assert checkout["uses"] == CHECK[0]["uses"]
    assert checkout["with"]["ref"] == CHECK[0]["with"]["ref"]
    assert python == CHECK[1]
    assert WORKFLOWS["comment"]["on"]["workflow_run"]["workflows"] == ["Pull request"]


def test_no_red_step_hides_another():
    """What follows the set-up runs whatever went wrong before, and makes the run red itself."""
    setup = next(k for k, step in enumerate(CHECK) if step.get("id") == "setup")
    always = "${{ !cancelled() && steps.setup.outcome == 'success' }}"

    assert [step.get("if") for step in CHECK] == [None] * (setup + 1) + [always] * 7
    assert not any("continue-on-error" in step for step in CHECK)


def test_it_runs_for_the_default_branch_whatever_its_name():
    """The event tells it: no workflow has a name of its own for it."""
    workflow = WORKFLOWS["pull-request"]

    assert workflow["on"] == {"pull_request": ""}
    assert workflow["jobs"]["check"]["if"] == (
        "github.base_ref == github.event.repository.default_branch"
    )
    for path in PATHS:
        assert not re.search(r"\b(main|master)\b", path.read_text())


def test_no_script_is_pasted_together():
    """What an event holds, others chose: a script gets it by its environment."""
    scripts = [step["run"] for step in [*CHECK, *COMMENT["steps"]] if "run" in step]

    assert len(scripts) > 7
    assert not any("${{" in script for script in scripts)


def of_step(target: str) -> str:
    """The script of the step that makes a target."""
    return next(step["run"] for step in CHECK if f" {target}" in step.get("run", ""))


@pytest.fixture
def runner(clone, tmp_path) -> Clone:
    """A runner that has checked out a branch, while the default branch, trunk, has moved on."""
    (clone.path / ".venv").mkdir()
    for part in Path(sys.prefix).iterdir():
        if part.name != "requirements.txt":
            (clone.path / ".venv" / part.name).symlink_to(part)
    shutil.copy(clone.path / "requirements.txt", clone.path / ".venv")
    clone.run(
        """
        set -e
        git tag fork
        git commit -q --allow-empty -m Later
        git update-ref refs/remotes/origin/trunk HEAD
        git checkout -q --detach fork
        git remote set-head origin --delete
        git update-ref -d refs/remotes/origin/main
        git branch -qD main
        """
    )
    return Clone(
        clone.path,
        BASE_REF="trunk",
        NUMBER="7",
        RUNNER_TEMP=str(tmp_path),
        GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
    )


def test_the_review_is_of_what_the_branch_changed(runner, tmp_path):
    """Since where it left the default branch, not since where that is now."""
    runner.run("git commit -q --allow-empty -m Change")

    runner.run(f"set -e\n{of_step('review')}")
    report = (tmp_path / "review/report.md").read_text()

    fork = runner.run("git rev-parse fork")[:7]
    assert re.search(rf"\nFrom `{fork}` \(.*\) to `HEAD \(", report)
    assert "\nVerified by running it: not run\n" in report
    assert (tmp_path / "review/number").read_text() == "7\n"
    assert (tmp_path / "summary").read_text() == report


def test_the_review_tells_why_verify_is_red(runner, tmp_path):
    """Here since the pipeline does not even start."""
    runner.run("sed -i 's/epochs: .*/epochs: 0/' params.yaml && git commit -qam Change")

    printed = runner.run(of_step("verify"), returncode=2)
    runner.run(f"set -e\n{of_step('review')}")

    assert "train.epochs should be greater than 0, found 0" in printed
    assert (
        "\nVerified by running it: no, because `the pipeline failed: its output says why`\n"
    ) in (tmp_path / "review/report.md").read_text()


def test_a_review_that_fails_says_so(runner, tmp_path):
    """The step is red, and the comment and the summary send to the log."""
    runner.run("echo > metrics/predictions.csv && git commit -qam Change")

    printed = runner.run(f"set -e\n{of_step('review')}", returncode=2)

    assert "metrics/predictions.csv in HEAD (" in printed
    assert (tmp_path / "review/number").read_text() == "7\n"
    for file in ("review/report.md", "summary"):
        assert (tmp_path / file).read_text() == "**No review**: the log of this run tells why.\n"


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
    steps = [
        step
        for each in WORKFLOWS.values()
        for job in each["jobs"].values()
        for step in job["steps"]
    ]
    used = [step["uses"] for step in steps if "uses" in step]
    lines = [line for path in PATHS for line in path.read_text().splitlines() if "uses:" in line]

    assert len(lines) == len(used) > 0
    for action, line in zip(used, lines, strict=True):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(rf"[ -]+uses: {action} # v\d+\.\d+\.\d+", line)


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
