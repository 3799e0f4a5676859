"""Measure this project beside other ways to the same result; write the ratios into README.md."""

import csv
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

from benchmarks.contests import CONTESTS, Contest, Pair, Way
from benchmarks.measuring import Measurement, commit, environment, measure, run, set_up
from regression import errors
from regression.report.markdown import markdown_table
from tools.command import Parser, whole_number

HEADER = "what||against|ours / other|lowest to highest|goal||peak memory, MB".split("|")
Results = dict[tuple[str, Way], list[Measurement]]


def warm_up(folder: Path) -> None:
    """Have every program read from disk once, so that no way pays for being the first."""
    projects = shutil.copytree(folder / "clean", folder / "warm-up")
    for project in ("ours_one", "usual"):
        run("dvc repro", projects / project)


def measure_rounds(folder: Path, rounds: int) -> Results:
    """Measure every way once in each round, in the opposite order in every second round."""
    results = defaultdict(list)
    for number in range(1, rounds + 1):
        projects = shutil.copytree(folder / "clean", folder / f"round-{number}")
        for contest in CONTESTS:
            if contest.once and number > 1:
                continue
            for way in contest.ways if number % 2 else contest.ways[::-1]:
                measurement = measure(way, projects / way.project)
                results[contest.title, way].append(measurement)
                print(
                    f"{number}/{rounds}  {contest.title}: {way.name}: "
                    f"{measurement.seconds:.2f} s, {measurement.megabytes:.0f} MB",
                    flush=True,
                )
            check(contest, results)
            check_outputs(projects)
            for project in projects.iterdir():
                commit(project)
    return results


def check(contest: Contest, results: Results) -> None:
    """Stop where the ways of a contest did not come to the same RMSEs."""
    if not contest.scored:
        return
    rmses = {way.name: results[contest.title, way][-1].rmses for way in contest.ways}
    for column in zip(*rmses.values(), strict=True):
        # The seed alone moves an RMSE by up to 0.6% (one standard deviation).
        if max(column) > 1.03 * min(column):
            sys.exit(f"not comparable: {contest.title}: RMSEs more than 3% apart: {rmses}")
    for name, found in rmses.items():
        for rmse, (lowest, highest) in zip(found, contest.limits, strict=False):
            if not lowest <= rmse <= highest:
                sys.exit(
                    f"not comparable: {contest.title}: {name} should have an RMSE of "
                    f"{lowest} to {highest}, found {rmse}"
                )


def check_outputs(projects: Path) -> None:
    """Stop where the projects scored other months, or came to other baselines."""
    months = {project.name: test_months(project) for project in projects.iterdir()}
    if any(found != months["ours"] for found in months.values()):
        sys.exit(f"not comparable: other test months: {months}")
    ours, usual = (baselines(projects / name) for name in ("ours", "usual_full"))
    if ours != usual:
        sys.exit(f"not comparable: other baselines: ours {ours}, the usual pipeline {usual}")


def test_months(project: Path) -> list[str]:
    with open(project / "metrics/predictions.csv") as file:
        return [row["date"] for row in csv.DictReader(file)]


def baselines(project: Path) -> dict[str, float]:
    scores = json.loads((project / "metrics/metrics.json").read_text())["baseline"]
    return {name: round(rmse, 1) for name, rmse in scores.items()}


def report(results: Results, rounds: int) -> str:
    """The machine, the ratios and the RMSEs, as Markdown."""
    return "\n".join(
        [
            f"{date.today()}, {rounds} rounds. {machine()}",
            "",
            markdown_table(
                HEADER,
                [ratio(contest, pair, results) for contest in CONTESTS for pair in contest.pairs],
            ),
            "",
            "RMSEs, in thousands of persons:",
            "",
            *[rmses(contest, results) for contest in CONTESTS if contest.scored],
        ]
    )


def machine() -> str:
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = f"{platform.system()} {platform.release()}"
    return (
        f"{processor()}, {os.cpu_count()} cores, {system}; Python {platform.python_version()}, "
        f"TensorFlow {version('tensorflow')}, Keras {version('keras')}, DVC {version('dvc')}."
    )


def processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    return named[1] if named else platform.processor() or platform.machine()


def ratio(contest: Contest, pair: Pair, results: Results) -> list[str]:
    """A row of the table: the median and the range of the ratios, round by round."""
    ours, other = results[contest.title, pair.ours], results[contest.title, pair.other]
    ratios = [a.seconds / b.seconds for a, b in zip(ours, other, strict=True)]
    goal, verdict = "", ""
    if pair.goal:
        goal = f"at most {pair.goal:.2f}"
        verdict = "reached" if median(ratios) <= pair.goal else "**missed**"
    memory = " / ".join(f"{median(one.megabytes for one in each):.0f}" for each in (ours, other))
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    names = [contest.title, pair.ours.name, pair.other.name]
    return [*names, f"{median(ratios):.2f}", spread, goal, verdict, memory]


def rmses(contest: Contest, results: Results) -> str:
    """A line of the list: what every way of a contest came to."""
    found = [
        f"{way.name} {' and '.join(f'{rmse:.1f}' for rmse in last.rmses)}"
        for way in contest.ways
        for last in results[contest.title, way][-1:]
    ]
    return f"- {contest.title} ({contest.scored}): {', '.join(found)}"


def write(text: str) -> None:
    """Put a report into README.md, between the two lines that mark its place."""
    readme = Path(__file__).with_name("README.md")
    before, rest = readme.read_text(encoding="utf-8").split("<!-- report -->\n")
    after = rest.split("<!-- end of report -->\n")[1]
    marked = f"<!-- report -->\n{text}\n<!-- end of report -->\n"
    readme.write_text(before + marked + after, encoding="utf-8", newline="\n")


def main() -> None:
    parser = Parser("benchmarks.bench", __doc__)
    parser.add_argument(
        "--rounds", type=whole_number(1), default=5, help="with 5 or more, README.md is written"
    )
    rounds = parser.parse_args().rounds

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= environment(folder)
        set_up(folder / "clean")
        warm_up(folder)
        results = measure_rounds(folder, rounds)

    text = report(results, rounds)
    print(text)
    if rounds >= 5:
        write(text)


if __name__ == "__main__":
    errors.run(main)
