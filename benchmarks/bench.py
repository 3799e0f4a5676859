"""Measure this project beside other ways to the same result; print the ratios as Markdown."""

import json
import os
import re
import sys
import tempfile
from collections import namedtuple
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.measuring import commit, environment, lay_out, measure
from regression.errors import complain, counted, run, say
from regression.report.markdown import markdown_table
from tools.command import Parser, whole_number

# `scored` names the rows that the RMSEs are of; empty where nothing is computed.
Contest = namedtuple("Contest", "title command scored", defaults=[""])
# `arguments` are of the contest's command, and `command` stands in its place.
Way = namedtuple("Way", "name arguments project command", defaults=["", "ours", ""])

BOTH, LAST = "training rows and test rows", "training rows during the last epoch"
TRAINING = "env OPENBLAS_NUM_THREADS=1 python -m benchmarks.training"  # NumPy is fastest so
REPRO = Contest("`dvc repro` from nothing", "dvc repro", BOTH)
AGAIN = Contest("`dvc repro` with nothing to do", "dvc repro")
TRY = Contest("`dvc exp run -S train.epochs=50`", "dvc exp run -S train.epochs=50", BOTH)
TRAIN_20 = Contest("training alone, 20 epochs", TRAINING + " 20 {}", LAST)
TRAIN_200 = Contest("training alone, 200 epochs", TRAINING + " 200 {}", LAST)
SCORE = Contest("scoring 173 rows", "python -m benchmarks.scoring_{}", "test rows")
PREDICT = Contest("predicting 574 months", "python -m benchmarks.predicting_{}")

OURS = Way("ours (10 networks, 5 folds)", "ours 10 5")
TEN = Way("ours (10 networks)", "ours 10 0")
ONE = Way("ours (1 network)", "ours 1 0", "ours_one")
FULL = Way("the usual pipeline in full", project="usual_full")
USUAL = Way("the usual pipeline", project="usual")
SCRIPT_20 = Way("the script", command="python benchmarks/guide.py 20")
SCRIPT_50 = Way("the script", command="python benchmarks/guide.py 50")
FIT = Way("`model.fit` on arrays", "arrays 1 0")
FIT_TEN = Way("`model.fit` on arrays, ten times", "arrays 10 0")
DATASET = Way("`model.fit` on a Dataset", "dataset 1 0")
NUMPY = Way("plain NumPy", "plain_numpy 1 0")
KERAS = Way("Keras", "keras")

# Of each contest: ours, the other, and the goal: at most this much of the other's time.
PAIRS: dict[Contest, list[tuple]] = {
    REPRO: [(OURS, FULL, 0.5), (OURS, USUAL, 0.85), (ONE, USUAL, 0.7), (ONE, SCRIPT_20, 1.9)],
    AGAIN: [(OURS, USUAL, 1.1), (OURS, Way("`dvc status`, DVC's own floor", command="dvc status"))],
    TRY: [(ONE, USUAL, 0.75), (ONE, SCRIPT_50), (OURS, FULL, 0.75)],
    TRAIN_20: [(ONE, FIT), (ONE, DATASET), (ONE, NUMPY), (OURS, FIT, 2.0), (TEN, FIT, 2.0)],
    TRAIN_200: [
        (ONE, FIT, 0.2),
        (ONE, DATASET),
        (ONE, NUMPY, 1.0),
        (OURS, FIT_TEN, 0.125),
        (TEN, FIT_TEN, 0.125),
        (TEN, Way("the same in float32", "stacked 10 0"), 1.8),
    ],
    SCORE: [(Way("ours, LiteRT", "litert"), KERAS, 0.05)],
    PREDICT: [(Way("ours", command="python -m tools.predict data/table.csv"), KERAS, 0.2)],
}


def measure_round(number: int) -> dict:
    """What `measure_way` tells, by contest and way; every second round runs backwards."""
    found: dict = {contest: {} for contest in PAIRS}
    with tempfile.TemporaryDirectory() as name:
        projects = Path(name)
        os.environ |= environment(projects)
        lay_out(projects)
        for contest, pairs in PAIRS.items():
            ways = dict.fromkeys(way for pair in pairs for way in pair[:2])
            for project in {way.project for way in ways}:
                commit(projects / project)
            for way in list(ways)[:: -1 if number % 2 else 1]:
                found[contest][way] = told = measure_way(contest, way, projects)
                complain(f"{number + 1}: {contest.title}: {way.name}: {told['seconds']:.2f}")
            check(contest, found[contest])
    return found


def measure_way(contest: Contest, way: Way, projects: Path) -> dict:
    """What `measure` tells, and the RMSEs; training alone takes the time itself."""
    command = way.command or contest.command.format(way.arguments)
    told = measure(command, projects / way.project)
    if timed := re.search(r"trained in ([\d.]+) seconds", told["printed"]):
        told["seconds"] = float(timed[1])
    told["rmses"] = re.findall(r"RMSE ([\d.]+)", told["printed"])
    if command.startswith("dvc"):
        scores = json.loads((projects / way.project / "metrics/metrics.json").read_text())
        told["rmses"] = [f"{scores[rows]['rmse']:.1f}" for rows in ("train", "test")]
    return told


def check(contest: Contest, found: dict) -> None:
    """Stop where the ways of a contest did not come to the same RMSEs."""
    rmses = {way.name: told["rmses"] for way, told in found.items()}
    for column in zip(*(map(float, each) for each in rmses.values()), strict=True):
        if max(column) > 1.03 * min(column):  # the seed alone moves it by 0.6%, one deviation
            sys.exit(f"not comparable: {contest.title}: RMSEs more than 3% apart: {rmses}")


def row(rounds: list, contest: Contest, ours: Way, other: Way, goal: float = 0) -> list[str]:
    """A row of the table: the median and the range of the ratios, round by round."""
    both = [[found[contest][way] for found in rounds] for way in (ours, other)]
    ratios = [a["seconds"] / b["seconds"] for a, b in zip(*both, strict=True)]
    spread = f"{median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"
    verdict = "reached" if median(ratios) <= goal else "**missed**"
    held = [f"at most {goal}", verdict] if goal else ["", ""]
    peaks = [median(told["command_max_rss"] / 1e6 for told in way) for way in both]
    return [contest.title, ours.name, other.name, *spread, *held, "{:.0f} / {:.0f}".format(*peaks)]


def report(rounds: list[dict]) -> str:
    """The machine, the ratios and the RMSEs, as Markdown."""
    told = rounds[0][REPRO][OURS]
    versions = ", ".join(f"{name} {version(name)}" for name in ("TensorFlow", "Keras", "DVC"))
    machine = f"{told.get('cpu_model_name', 'unknown processor')}, {told['cpu_count']} cores"
    python = f"{told['platform']}; Python {sys.version.split()[0]}"
    header = "what||against|ours / other|lowest to highest|goal||peak memory, MB".split("|")
    rows = [row(rounds, contest, *pair) for contest, pairs in PAIRS.items() for pair in pairs]
    lines = [
        f"{told['date'][:10]}, {counted(len(rounds), 'round')}. {machine}, {python}, {versions}.\n",
        markdown_table(header, rows),
        "\nRMSEs, in thousands of persons:\n",
    ]
    for contest, found in rounds[0].items():
        if contest.scored:
            each = (f"{way.name} {' and '.join(told['rmses'])}" for way, told in found.items())
            lines.append(f"- {contest.title} ({contest.scored}): {', '.join(each)}")
    return "\n".join(lines)


def main() -> None:
    parser = Parser("benchmarks.bench", __doc__)
    parser.add_argument("--rounds", type=whole_number(1), default=3, help="1 to try it")
    say(report([measure_round(number) for number in range(parser.parse_args().rounds)]))


if __name__ == "__main__":
    run(main)
