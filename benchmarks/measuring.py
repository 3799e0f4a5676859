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
cp -r ours/benchmarks/usual usual
mkdir usual/data
cp ours/data/table.csv usual/data
cp -r usual usual_full
cp -r ours/benchmarks/usual_full/. usual_full
"""


def measure(command: str, project: Path) -> tuple[float, dict, str]:
    """Run a command from its start to its end: its seconds, what pyperf tells, what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        log, result = Path(folder, "log"), f"{folder}/result"
        shell = f"exec {command} > {log} 2>&1"
        timer = [sys.executable, *TIMER, "--output", result, "--", "sh", "-c", shell]
        if subprocess.run(timer, cwd=project, capture_output=True).returncode:
            sys.exit(f"{command} failed: {log.read_text()[-2000:]}")
        timed = pyperf.Benchmark.load(result)
        return timed.mean(), timed.get_metadata(), log.read_text()


def environment(folder: Path) -> dict[str, str]:
    """What the processes find: this Python first, no earlier state."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "DVC_SITE_CACHE_DIR": str(folder / "dvc")}


def set_up(clean: Path) -> None:
    """Lay out the four projects as they are before the first `dvc repro`."""
    clean.mkdir()
    subprocess.run(["sh", "-ec", LAYOUT], cwd=clean, check=True)
    for project in clean.iterdir():
        commit(project, "dvc add --quiet data/table.csv")


def commit(project: Path, before: str = "true") -> None:
    author = "git config user.name bench; git config user.email bench@example.com"
    again = "git add --all; git -c commit.gpgsign=false commit --quiet --allow-empty -m bench"
    script = f"git init --quiet; {author}; {before}; {again}"
    subprocess.run(["sh", "-ec", script], cwd=project, check=True)
