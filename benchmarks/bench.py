"""Measure this project beside other ways to the same result; print the ratios as Markdown."""

import json
import os
import platform
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.contests import ONCE, PAIRS, Contest, Way
from benchmarks.measuring import commit, environment, measure, set_up
from regression.errors import complain, run, say
from regression.report.markdown import markdown_table
from tools.command import Parser, whole_number

HEADER = "what||against|ours / other|lowest to highest|goal||peak memory, MB".split("|")


def measure_rounds(folder: Path, rounds: int) -> dict:
    """For each contest, what `measure_way` tells of its ways; every second round runs backwards."""
    results: dict = {contest: defaultdict(list) for contest, *_ in PAIRS}
    for number in range(rounds):
        projects = shutil.copytree(folder / "clean", folder / f"round-{number}")
        for contest, found in results.items():
            ways = dict.fromkeys(way for pair in PAIRS if pair[0] == contest for way in pair[1:3])
            for way in list(ways)[:: -1 if number % 2 else 1]:
                if number == 0 or (contest, way) not in ONCE:
                    found[way].append(measure_way(contest, way, projects))
                    complain(f"{number + 1}: {contest.title}: {way.name}: {found[way][-1][0]:.2f}")
            check(contest, found)
            for project in projects.iterdir():
                commit(project)
    return results


def measure_way(contest: Contest, way: Way, projects: Path) -> tuple[float, dict, list[float]]:
    """Seconds, what pyperf tells, and the RMSEs; training alone takes the time itself."""
    command = way.command or contest.command.format(way.arguments)
    project = projects / (way.project if command.startswith("dvc") else "ours")
    seconds, told, printed = measure(command, project)
    if timed := re.search(r"trained in ([\d.]+) seconds", printed):
        seconds = float(timed[1])
    rmses = [float(rmse) for rmse in re.findall(r"RMSE ([\d.]+)", printed)]
    if command.startswith("dvc"):
        scores = json.loads((project / "metrics/metrics.json").read_text())
        rmses = [scores[rows]["rmse"] for rows in ("train", "test")]
    return seconds, told, rmses


def check(contest: Contest, found: dict) -> None:
    """Stop where the ways of a contest did not come to the same RMSEs."""
    rmses = {way.name: measured[-1][2] for way, measured in found.items() if contest.scored}
    for column in zip(*rmses.values(), strict=True):
        if max(column) > 1.03 * min(column):  # the seed alone moves it by 0.6%, one deviation
            sys.exit(f"not comparable: {contest.title}: RMSEs more than 3% apart: {rmses}")


def row(results: dict, contest: Contest, ours: Way, other: Way, goal: float | None) -> list[str]:
    """A row of the table: the median and the range of the ratios, round by round."""
    both = results[contest][ours], results[contest][other]
    ratios = [a[0] / b[0] for a, b in zip(*both, strict=True)]
    verdict = "reached" if median(ratios) <= (goal or 0) else "**missed**"
    told = [f"at most {goal}", verdict] if goal else ["", ""]
    spread = f"{median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"
    memory = (median(told["command_max_rss"] / 1e6 for _, told, _ in way) for way in both)
    peaks = " / ".join(f"{megabytes:.0f}" for megabytes in memory)
    return [contest.title, ours.name, other.name, *spread, *told, peaks]


def report(results: dict, rounds: int) -> str:
    """The machine, the ratios and the RMSEs, as Markdown."""
    told = results[PAIRS[0][0]][PAIRS[0][1]][0][1]
    versions = ", ".join(f"{name} {version(name)}" for name in ("TensorFlow", "Keras", "DVC"))
    machine = f"{told.get('cpu_model_name', platform.machine())}, {told['cpu_count']} cores"
    python = f"{told['platform']}; Python {platform.python_version()}"
    lines = [
        f"{date.today()}, {rounds} rounds. {machine}, {python}, {versions}.\n",
        markdown_table(HEADER, [row(results, *pair) for pair in PAIRS]),
        "\nRMSEs, in thousands of persons:\n",
    ]
    for contest, found in results.items():
        rmses = ((way.name, map("{:.1f}".format, last[-1][2])) for way, last in found.items())
        if contest.scored:
            listed = ", ".join(f"{name} {' and '.join(each)}" for name, each in rmses)
            lines.append(f"- {contest.title} ({contest.scored}): {listed}")
    return "\n".join(lines)


def main() -> None:
    parser = Parser("benchmarks.bench", __doc__)
    parser.add_argument("--rounds", type=whole_number(1), default=3, help="1 to try it")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        os.environ |= environment(Path(name))
        set_up(Path(name, "clean"))
        say(report(measure_rounds(Path(name), rounds), rounds))


if __name__ == "__main__":
    run(main)
