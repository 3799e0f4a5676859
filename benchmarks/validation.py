"""Whether the validation score ranks settings as the test does: the guide's, the forecast's.

Trains each configuration once, and prints its scores as they come; then, as Markdown, how far
the two agree, and what the folds cost.
"""

import json
from itertools import combinations, cycle, islice, product
from time import perf_counter

import numpy as np
import pandas as pd

from benchmarks.measuring import FROZEN
from regression.errors import run, say
from regression.frequency import Frequency
from regression.network.folds import folds
from regression.package import read_package
from regression.params import Params, parse_params
from regression.raw import read_table
from regression.report.markdown import markdown_table
from regression.scores.scores import rmse
from regression.scores.validation import out_of_fold, score_validation
from regression.table.rows import predictors, targets
from regression.table.transforms import invert_transform
from stages.prepare import prepare
from stages.split import split
from tools.command import Parser, whole_number
from tools.recipe import follow

MONTHS = Frequency("MS")
# The guide, and what its reader would try: each is what it changes in the section train.
GUIDE = [
    {},
    {"epochs": 10},
    {"epochs": 50},
    {"epochs": 100},
    {"layers": [50]},
    {"layers": [64, 32]},
    {"layers": [100, 50]},
    {"layers": [500, 500, 500]},
    {"layers": [500, 100, 50, 25]},
    {"layers": [1000, 200, 100]},
    {"learning_rate": 0.0001},
    {"learning_rate": 0.0003},
    {"learning_rate": 0.003},
    {"learning_rate": 0.01},
    {"batch_size": 8},
    {"batch_size": 16},
    {"batch_size": 128},
    {"dropout": 0.1},
    {"dropout": 0.3},
    {"scaling": "standard"},
    {"scaling": "standard", "epochs": 50},
    {"scaling": "standard", "epochs": 100},
    {"scaling": "standard", "layers": [64, 32]},
    {"scaling": "standard", "learning_rate": 0.003},
    {"scaling": "standard", "dropout": 0.3},
    {"epochs": 50, "learning_rate": 0.003},
    {"epochs": 50, "layers": [1000, 200, 100]},
    {"epochs": 100, "layers": [64, 32], "learning_rate": 0.003},
]
FORECAST = [
    {"layers": layers, "dropout": dropout, "weight_decay": weight_decay, "epochs": epochs}
    for layers, (dropout, weight_decay), epochs in product(
        [[32], [64, 32], [128, 64]], [(0.0, 0.0), (0.3, 0.1), (0.3, 1.0), (0.3, 3.0)], [60, 120]
    )
]
ROUNDS = 5
NEAR = 1.05  # the larger by the smaller: what a reader has to choose between in the end
HEADER = [
    *("settings of", "configurations", "validation with test", "half of the test with the other"),
    *("near pairs in the right order", "chosen / best", "mean / best"),
]


def make_rows(table: pd.DataFrame, params: Params) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows to train on and to test on, as prepare and split make them."""
    return split(prepare(table, params.prepare, MONTHS), params.split)


def train_rows(train: pd.DataFrame, params: Params) -> tuple[list, pd.DataFrame]:
    """The members, and the held-out rows as metrics/validation.csv has them."""
    # TensorFlow takes seconds to import: not before the arguments are known to be right.
    from stages.train import train as train_networks

    transform = params.prepare.transform
    parts = folds(train, params.split, params.train)
    x, y = predictors(train), targets(train, transform)
    members, history = train_networks(x, y, params.train, parts)
    return members, out_of_fold(train, parts, history.answers, transform)


def score(train: pd.DataFrame, test: pd.DataFrame, params: Params) -> dict[str, float]:
    """The validation RMSE; and of the members' mean, those of all test rows and of each half.

    The halves are in the order of `test`, which is that of time.
    """
    from regression.network.ensemble import average

    members, held_out = train_rows(train, params)
    outputs = average(members)(predictors(test))["members"].numpy().astype("float64")
    known = test[["known"]].to_numpy("float64")
    predicted = invert_transform(outputs, known, params.prepare.transform).mean(axis=1)
    actual, half = test["target"].to_numpy(), len(test) // 2
    return {
        "validation": score_validation(held_out)["rmse"],
        "test": rmse(actual, predicted),
        "first half": rmse(actual[:half], predicted[:half]),
        "second half": rmse(actual[half:], predicted[half:]),
    }


def score_each(table: pd.DataFrame, configurations: list[dict], params: Params) -> pd.DataFrame:
    """A row for each configuration, with the columns of `score`; printed as they come."""
    train, test = make_rows(table, params)
    found = []
    for changes in configurations:
        section = params.train.model_copy(update=changes)
        found.append(score(train, test, params.model_copy(update={"train": section})))
        shown = {name: round(value, 1) for name, value in found[-1].items()}
        print(json.dumps({"horizon": params.prepare.horizon} | changes | shown), flush=True)
    return pd.DataFrame(found)


def agreement(found: pd.DataFrame) -> list[str]:
    """How far the scores of configurations agree, as text.

    Spearman's rank correlation of validation with test, and of the test's halves with each
    other; how many of the near pairs validation has in order; the test RMSE of what validation
    chooses and the mean of all, each by the best.
    """
    correlations = found.corr("spearman")
    ranks = [("validation", "test"), ("first half", "second half")]
    test, best = found["test"], found["test"].min()
    chosen = test[found["validation"].idxmin()]
    return [
        *(f"{correlations.loc[pair]:.3f}".replace("-", "−") for pair in ranks),
        near_pairs(found),
        *(f"{error / best:.3f}" for error in (chosen, test.mean())),
    ]


def near_pairs(found: pd.DataFrame) -> str:
    """Of the pairs whose test RMSEs are NEAR each other, those that validation has in order."""
    pairs = combinations(zip(found["test"], found["validation"], strict=True), 2)
    near = [sorted(pair) for pair in pairs if max(pair)[0] < NEAR * min(pair)[0]]
    right = sum(lower[1] < higher[1] for lower, higher in near)
    return f"{right} of {len(near)}"


def cost(train: pd.DataFrame, params: Params, rounds: int) -> list[float]:
    """How often the time of training without folds training with them takes, in each round."""
    without = params.model_copy(update={"train": params.train.model_copy(update={"folds": 0})})
    found = []
    for order in islice(cycle([(params, without), (without, params)]), rounds):
        seconds = {}
        for each in order:
            start = perf_counter()
            train_rows(train, each)
            seconds[each.train.folds] = perf_counter() - start
        found.append(seconds[params.train.folds] / seconds[0])
    return found


def main() -> None:
    parser = Parser("benchmarks.validation", __doc__)
    parser.add_argument(
        "--first", type=whole_number(3), default=9999, help="try so many configurations of each"
    )
    first = parser.parse_args().first
    schema = read_package(FROZEN).table
    table = read_table(str(FROZEN / "data/table.csv"), schema, schema.numbers)
    guide = parse_params((FROZEN / "params.yaml").read_bytes(), "params.yaml")
    forecast = follow((FROZEN / "recipes/forecast").read_text("utf-8"), guide)

    studies = {"the guide": (GUIDE, guide)}
    for horizon in MONTHS.kind.horizons:
        section = forecast.prepare.model_copy(update={"horizon": horizon})
        name = f"the forecast, {MONTHS.count(horizon)} ahead"
        studies[name] = FORECAST, forecast.model_copy(update={"prepare": section})
    rows = []
    for name, (configurations, params) in studies.items():
        found = score_each(table, configurations[:first], params)
        rows.append([name, len(found), *agreement(found)])
    ratios = cost(make_rows(table, guide)[0], guide, ROUNDS)

    say(f"\n{markdown_table(HEADER, rows)}")
    say(
        f"\nTraining the guide with folds takes {np.median(ratios):.2f} times as long as without "
        f"({min(ratios):.2f} to {max(ratios):.2f} in {ROUNDS} rounds)."
    )


if __name__ == "__main__":
    run(main)
