"""Set up the projects to measure, and measure one process in them."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.contests import Way

ROOT = Path(__file__).parent.parent
FROZEN = ROOT / "tests/frozen"


class Measurement(NamedTuple):
    seconds: float
    megabytes: float
    rmses: list[float]


def environment(folder: Path) -> dict[str, str]:
    """What the processes find: this Python first, an author for commits, no earlier state."""
    author = {"NAME": "bench", "EMAIL": "bench@example.com"}
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "DVC_SITE_CACHE_DIR": str(folder / "dvc"),
        **{f"GIT_{who}_{key}": author[key] for who in ("AUTHOR", "COMMITTER") for key in author},
    }


def set_up(clean: Path) -> None:
    """Lay out the four projects in a folder as they are before the first `dvc repro`.

    `ours` and `ours_one`, this project with ten networks and with one; `usual`, and `usual_full`,
    which has the stages prepare and split of `usual` and its own train and evaluate.
    """
    ours, ours_one, usual, usual_full = (
        clean / name for name in ("ours", "ours_one", "usual", "usual_full")
    )
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listing, cwd=ROOT, text=True).split("\0")[:-1]:
        made = name == "dvc.lock" or name.startswith(("data/", "metrics/"))
        if (ROOT / name).exists() and not made:
            (ours / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, ours / name)
    # The tutorial's parameters and table, as the others have them, whatever is committed now.
    shutil.copy(FROZEN / "params.yaml", ours)
    shutil.copytree(FROZEN / "data", ours / "data")
    commit(ours)
    run("dvc add data/table.csv", ours)
    commit(ours)

    shutil.copytree(ours / "benchmarks/usual", usual)
    (usual / "data").mkdir()
    shutil.copy(ours / "data/table.csv", usual / "data")
    run("git init", usual)
    run("dvc add data/table.csv", usual)

    shutil.copytree(ours, ours_one)
    params = (ours / "params.yaml").read_text()
    (ours_one / "params.yaml").write_text(re.sub("members: [0-9]+", "members: 1", params))
    shutil.copytree(usual, usual_full)
    shutil.copytree(ours / "benchmarks/usual_full", usual_full, dirs_exist_ok=True)
    for project in (ours_one, usual, usual_full):
        commit(project)


def commit(project: Path) -> None:
    run("git init", project)
    run("git add --all", project)
    run("git -c commit.gpgsign=false commit --allow-empty --message bench", project)


def run(command: str, project: Path) -> tuple[float, float, str]:
    """Run a command to its end; return its seconds, its peak memory in MB, what it printed."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as remarks:
        begin = time.perf_counter()
        process = subprocess.Popen(shlex.split(command), cwd=project, stdout=output, stderr=remarks)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        remarks.seek(0)
        if process.returncode:
            sys.exit(f"{command} ended with {process.returncode}: {remarks.read()[-2000:]}")
        unit = 1 if sys.platform == "darwin" else 1024
        return seconds, usage.ru_maxrss * unit / 1e6, output.read()


def measure(way: Way, project: Path) -> Measurement:
    """Run a way once: whole processes, but for the training alone, which times itself."""
    seconds, megabytes, output = run(way.command, project)
    if timed := re.search(r"trained in ([\d.]+) seconds", output):
        seconds = float(timed[1])
    rmses = [float(rmse) for rmse in re.findall(r"RMSE ([\d.]+)", output)]
    if way.command.startswith("dvc"):
        scores = json.loads((project / "metrics/metrics.json").read_text())
        rmses = [scores[rows]["rmse"] for rows in ("train", "test")]
    return Measurement(seconds, megabytes, rmses)
