"""Choose the forecast's settings by cross-validation in the order of time.

Only rows before the test rows are looked at.
"""

from itertools import product

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit
from tqdm import tqdm

from regression.errors import InputError, run, say
from regression.files import go_to_project
from regression.frequency import Frequency
from regression.params import Params
from regression.raw import load_table
from regression.report.markdown import markdown_table
from regression.scores import baselines
from regression.scores.scores import rmse
from regression.table.rows import predictor_names
from stages.prepare import prepare
from stages.split import split
from tools.command import Parser
from tools.in_process import train_and_predict
from tools.recipe import load_forecast_params, need_dates

FOLDS, FOLD_YEARS = 4, 5
CANDIDATES = [
    {"layers": layers, "dropout": dropout, "weight_decay": weight_decay, "epochs": epochs}
    for layers, (dropout, weight_decay), epochs in product(
        [[32], [64, 32], [128, 64]], [(0.0, 0.0), (0.3, 0.1), (0.3, 1.0), (0.3, 3.0)], [60, 120]
    )
]
MEMBERS = 5  # half of what is trained in the end, for speed


def folds(
    rows: pd.DataFrame, horizon: int, frequency: Frequency
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Earlier and later rows; the former's targets are known at the latter's first origin.

    Raises InputError where the first fold has too few earlier rows to fit a line to.
    """
    length = FOLD_YEARS * frequency.kind.per_year
    needed = FOLDS * length + horizon - 1 + len(predictor_names(rows)) + 2
    if len(rows) < needed:
        raise InputError(
            f"split.test_size and prepare.lags should leave {needed} training rows for "
            f"{FOLDS} folds of {frequency.count(length)}, {horizon} ahead, found {len(rows)}"
        )
    splitter = TimeSeriesSplit(FOLDS, test_size=length, gap=horizon - 1)
    return [(rows.iloc[earlier], rows.iloc[later]) for earlier, later in splitter.split(rows)]


def ratio(predicted: list[np.ndarray], later: list[pd.DataFrame]) -> float:
    """The RMSE over the rows of all folds, as a share of the last known figure's."""
    rows = pd.concat(later)
    return rmse(rows["target"], np.concatenate(predicted)) / rmse(rows["target"], rows["known"])


def training_folds(table: pd.DataFrame, params: Params, frequency: Frequency) -> dict[int, list]:
    """The folds of the training rows at each horizon.

    Raises InputError where the rows have no order of time, or are too few.
    """
    if params.split.method != "chronological":
        raise InputError(
            "split.method should be chronological: the folds are in the order of time, "
            f"found {params.split.method}"
        )
    parts = {}
    for horizon in frequency.kind.horizons:
        section = params.prepare.model_copy(update={"horizon": horizon})
        train, _ = split(prepare(table, section, frequency), params.split)
        parts[horizon] = folds(train, horizon, frequency)
    return parts


def score_folds(parts: dict[int, list], predict) -> list[float]:
    """The ratio of `predict(earlier, later)` at each horizon, and their mean."""
    ratios = [
        ratio([predict(*pair) for pair in pairs], [later for _, later in pairs])
        for pairs in parts.values()
    ]
    return [*ratios, float(np.mean(ratios))]


def main() -> None:
    Parser("tools.choose", __doc__).parse_args()
    go_to_project()
    params, _ = load_forecast_params()
    transform = params.prepare.transform
    table, package = load_table(params.prepare)
    parts = training_folds(table, params, need_dates(package))
    linear = score_folds(parts, lambda earlier, later: baselines.linear(earlier, later, transform))
    rows = [["linear autoregression", "", "", "", *(f"{ratio:.3f}" for ratio in linear)]]
    for candidate in tqdm(CANDIDATES, "choose", unit="candidate", disable=None):
        train = params.train.model_copy(update={**candidate, "members": MEMBERS})
        ratios = score_folds(
            parts,
            lambda earlier, later, train=train: train_and_predict(
                earlier, later, transform, train
            ).mean(axis=1),
        )
        rows.append([*candidate.values(), *(f"{ratio:.3f}" for ratio in ratios)])
    header = ["layers", "dropout", "weight decay", "epochs", *map(str, parts), "mean"]
    say(markdown_table(header, rows))


if __name__ == "__main__":
    run(main)
