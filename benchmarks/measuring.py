"""Lay out the projects to measure, and measure a command in one."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyperf

ROOT = Path(__file__).parent.parent
FROZEN = ROOT / "tests/frozen"
TIMER = "-m pyperf command -q --copy-env --processes=1 --values=1 --warmups=0 --loops=1".split()
# This project's last commit with the tutorial's parameters and table, and with one network;
# the usual pipeline; and in full, which has its own train and evaluate.
LAYOUT = f"""
git clone --quiet '{ROOT}' ours
rm -rf ours/.git ours/dvc.lock ours/data ours/metrics
cp -r '{FROZEN}/data' '{FROZEN}/params.yaml' ours
cp -r ours ours_one
sed 's/members: 10/members: 1/; s/folds: 5/folds: 0/' ours/params.yaml > ours_one/params.yaml
cp -r ours/benchmarks/usual .
cp -r ours/data usual
cp -r usual usual_full
cp -r ours/benchmarks/usual_full .
for project in *; do (cd $project; git init --quiet; dvc add --quiet data/table.csv); done
"""


def lay_out(folder: Path) -> None:
    """Make the four projects in an empty folder, as they are before the first `dvc repro`."""
    subprocess.run(["sh", "-ec", LAYOUT], cwd=folder, check=True)


def commit(project: Path) -> None:
    """Commit all that is there; without a repository, make one."""
    author = "git config user.name bench; git config user.email bench@example.com"
    rest = "git add --all; git -c commit.gpgsign=false commit --quiet --allow-empty -m bench"
    subprocess.run(["sh", "-ec", f"git init --quiet; {author}; {rest}"], cwd=project, check=True)


def environment(folder: Path) -> dict[str, str]:
    """What the processes find: this Python first, no earlier state."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "DVC_SITE_CACHE_DIR": str(folder / "dvc")}


def measure(command: str, project: Path) -> dict:
    """Run a command from its start to its end: seconds, what it printed, and what pyperf tells."""
    with tempfile.TemporaryDirectory() as folder:
        log, result = Path(folder, "log"), f"{folder}/result"
        shell = f"exec {command} > {log} 2>&1"
        timer = [sys.executable, *TIMER, "--output", result, "--", "sh", "-c", shell]
        if subprocess.run(timer, cwd=project, capture_output=True).returncode:
            sys.exit(f"{command} failed: {log.read_text()[-2000:]}")
        timed = pyperf.Benchmark.load(result)
        return timed.get_metadata() | {"seconds": timed.mean(), "printed": log.read_text()}
