"""Time trials against a plain loop of `dvc exp run` and against DVC's queue.

Prints trials per minute, and where the time of one trial goes, as Markdown.
"""

import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.measuring import ROOT, commit, environment
from regression.errors import run, say
from regression.report.markdown import markdown_table
from tools.command import Parser, whole_number
from tools.trial import THREADS

TRIALS = """
import sys, time
from tools.leash import Leash
from tools.settings import make_trial, params_of
from tools.sweep import here
from tools.trial import last_commit, places

whole = Leash.run

def timed(leash, *command, **options):
    begin = time.perf_counter()
    printed = whole(leash, *command, **options)
    name = " ".join(command[command[0] != "git" and 2 :][:2])
    print(f"{name}: {time.perf_counter() - begin:.3f} seconds")
    return printed

Leash.run = timed
jobs, threads, *settings = sys.argv[1:]
commit = last_commit()
trials = [make_trial(commit, params_of(commit), [each]) for each in settings]
begin = time.perf_counter()
for trial, error in here(trials, places(True, int(threads)), int(jobs)):
    assert error is None, error
print(f"trials: {time.perf_counter() - begin:.3f} seconds")
"""

LOOP, QUEUE = "a loop of `dvc exp run`", "`dvc queue start -j 2`"
ONE, TWO = "trials, 1 job", "trials, 2 jobs"


def call(command: str, project: Path) -> str:
    """What a command prints; ends the benchmark where it fails."""
    done = subprocess.run(
        command, shell=True, cwd=project, capture_output=True, encoding="utf-8", errors="replace"
    )
    if done.returncode:
        sys.exit(f"{command} failed: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def prepared(folder: Path) -> Path:
    """A clone of the last commit, with everything made that comes before train."""
    call(f"git clone --quiet {shlex.quote(str(ROOT))} {shlex.quote(str(folder))}", ROOT)
    call("python -m tools.table", folder)
    call("dvc repro --quiet split", folder)
    commit(folder)
    return folder


def settings(trials: int) -> list[str]:
    return [f"train.seed={10 * number}" for number in range(1, trials + 1)]


def loop(project: Path, trials: int) -> float:
    begin = time.perf_counter()
    for setting in settings(trials):
        call(f"dvc exp run -S {setting} train", project)
    return time.perf_counter() - begin


def queue(project: Path, trials: int) -> float:
    """With one thread for each of two jobs, until none is queued or runs; all must succeed."""
    begin = time.perf_counter()
    for setting in settings(trials):
        call(f"dvc exp run --queue -S {setting} train", project)
    call("dvc queue start --jobs 2", project)
    while re.search("Queued|Running", call("dvc queue status", project).partition("Worker")[0]):
        time.sleep(0.5)
    seconds = time.perf_counter() - begin
    told = call("dvc queue status", project)
    call("dvc queue stop --kill", project)
    if told.count("Success") != trials:
        sys.exit(f"the queue should have ended {trials} trials well, found:\n{told}")
    return seconds


def ours(project: Path, trials: int, jobs: int, threads: int) -> tuple[float, dict]:
    """The seconds of all trials, and of each command those of every trial."""
    command = [sys.executable, "-c", TRIALS, str(jobs), str(threads), *settings(trials)]
    printed = call(shlex.join(command), project)
    steps = defaultdict(list)
    for name, seconds in re.findall("(.+): ([0-9.]+) seconds", printed):
        steps[name].append(float(seconds))
    return steps.pop("trials")[0], steps


def main() -> None:
    parser = Parser("benchmarks.sweeps", __doc__)
    parser.add_argument("--rounds", type=whole_number(1), default=3, help="(3)")
    parser.add_argument("--trials", type=whole_number(1), default=4, help="of each way (4)")
    options = parser.parse_args()
    cores = os.cpu_count() or 1
    ways = [LOOP, QUEUE, ONE, TWO]
    seconds = defaultdict(list)
    parts = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(environment(Path(folder)))
        clean = prepared(Path(folder) / "clean")
        for number in range(options.rounds):
            for way in ways[:: 1 if number % 2 == 0 else -1]:
                project = Path(folder) / "project"
                shutil.copytree(clean, project, symlinks=True)
                half = dict.fromkeys(THREADS, str(max(1, cores // 2)))
                if way == LOOP:
                    took = loop(project, options.trials)
                elif way == QUEUE:
                    os.environ.update(half)
                    took = queue(project, options.trials)
                    for name in half:
                        del os.environ[name]
                elif way == ONE:
                    took, steps = ours(project, options.trials, 1, cores)
                    for name, each in steps.items():
                        parts[name] += each
                    project_of_train = alone(clean, Path(folder))
                    begin = time.perf_counter()
                    call("python -m stages.train", project_of_train)
                    parts["the stage train alone"].append(time.perf_counter() - begin)
                else:
                    took, _ = ours(project, options.trials, 2, max(1, cores // 2))
                seconds[way].append(took)
                print(f"{way}: {took:.1f} s; load {os.getloadavg()[0]:.1f}", file=sys.stderr)
                shutil.rmtree(project)
    rows = []
    for way in ways:
        rates = [60 * options.trials / each for each in seconds[way]]
        ratios = [loop / each for loop, each in zip(seconds[LOOP], seconds[way], strict=True)]
        rows.append(
            (
                way,
                f"{statistics.median(rates):.2f}",
                f"{statistics.median(ratios):.2f}",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
            )
        )
    header = ["way", "trials per minute", "times the loop's", "lowest to highest"]
    say(markdown_table(header, rows, "lrrr"))
    say("")
    medians = [(name, f"{statistics.median(each):.1f}") for name, each in parts.items()]
    say(markdown_table(["of one trial, 1 job", "seconds"], medians, "lr"))


def alone(clean: Path, folder: Path) -> Path:
    """A copy of the project in which the stage train runs by itself."""
    project = folder / "alone"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(clean, project, symlinks=True)
    subprocess.run(["dvc", "checkout", "--quiet", "--allow-missing"], cwd=project, check=False)
    return project


if __name__ == "__main__":
    run(main)
