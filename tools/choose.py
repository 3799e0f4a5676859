"""Choose the forecast's settings by cross-validation in the order of time, before the test months."""

from itertools import product

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit
from tqdm import tqdm

from stages import baselines
from stages.errors import run
from stages.params import Params, load_params
from stages.prepare import check, prepare, read_cells
from stages.scores import rmse
from stages.split import split
from stages.tables import predictors, responses
from stages.train import build, fit, seeds
from stages.transforms import inverse_transform

HORIZONS = [1, 3, 6, 12]
FOLDS, FOLD_MONTHS = 4, 60
CANDIDATES = [
    {"layers": layers, "dropout": dropout, "weight_decay": weight_decay, "epochs": epochs}
    for layers, (dropout, weight_decay), epochs in product(
        [[32], [64, 32]], [(0.0, 0.0), (0.3, 0.1), (0.5, 0.1), (0.3, 1.0)], [30, 60]
    )
]


def folds(rows: pd.DataFrame, horizon: int) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Earlier and later rows; the former's targets are known at the latter's first origin."""
    splitter = TimeSeriesSplit(FOLDS, test_size=FOLD_MONTHS, gap=max(horizon - 1, 0))
    return [(rows.iloc[earlier], rows.iloc[later]) for earlier, later in splitter.split(rows)]


def forecast(train: pd.DataFrame, test: pd.DataFrame, params: Params) -> np.ndarray:
    """Train the networks on some rows and predict others, in the target's unit: (rows,)."""
    kind, params = params.prepare.transform, params.train
    x, y = predictors(train), responses(train, kind)
    members = [build(x, y, params, seed) for seed in seeds(params)]
    fit(members, x, y, params)
    answers = np.hstack([member(predictors(test)) for member in members]).astype("float64")
    return inverse_transform(answers, test[["known"]].to_numpy("float64"), kind).mean(axis=1)


def ratio(predicted: list[np.ndarray], later: list[pd.DataFrame]) -> float:
    """The RMSE over the months of all folds, as a share of the last known figure's."""
    rows = pd.concat(later)
    return rmse(rows["target"], np.concatenate(predicted)) / rmse(rows["target"], rows["known"])


def score(params: Params, table: pd.DataFrame) -> list[float]:
    """The ratio at each horizon, of training rows alone."""
    found = []
    for horizon in HORIZONS:
        section = params.prepare.model_copy(update={"horizon": horizon})
        train, _ = split(prepare(table, section), params.split)
        pairs = folds(train, horizon)
        predicted = [forecast(earlier, later, params) for earlier, later in pairs]
        found.append(ratio(predicted, [later for _, later in pairs]))
    return found


def main() -> None:
    params = load_params()
    table = check(read_cells("data/economics.csv"))

    results = []
    for candidate in tqdm(CANDIDATES, "choose", unit="candidate", disable=None):
        train = params.train.model_copy(update={**candidate, "members": 5})
        found = score(params.model_copy(update={"train": train}), table)
        results.append({**candidate, **dict(zip(HORIZONS, found)), "mean": np.mean(found)})
        print(results[-1], flush=True)


if __name__ == "__main__":
    run(main)
