"""Which feature the network uses: how much worse it gets when a feature's figures are shuffled."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from regression.package import Column
from regression.params import Params
from regression.report.backend import Figure, make_figure
from regression.report.plots import BLACK, BLUE
from regression.scores.scores import rmse
from regression.table.rows import predictor_names, predictors, targets
from regression.table.transforms import invert_transform
from tools.in_process import asked

Answers = Callable[[np.ndarray], np.ndarray]  # of predictors, by each member: (rows, members)
REPEATS = 5  # as often each feature is shuffled, as scikit-learn's permutation_importance does
EXPLAINS = "It explains these networks; it does not choose features or show causes."


def importance(train: pd.DataFrame, params: Params) -> pd.DataFrame:
    """By how much each member's RMSE on held-out training rows rises: (features, members).

    In the target's unit, and the mean over the folds and repeats. For each fold all members are
    trained on its rows, and asked about those that it holds out.
    """
    from regression.network.folds import folds  # and TensorFlow, which takes seconds
    from stages.train import train as train_members

    parts, together = folds(train, params.split, params.train), groups(train, params)
    transform, rises = params.prepare.transform, []
    for number, (rows, held_out) in enumerate(parts):
        learnt, rest = train.iloc[rows], train.iloc[held_out]
        members, _ = train_members(predictors(learnt), targets(learnt, transform), params.train)
        generator = np.random.default_rng(number)
        with asked(members) as answers:
            rises.append(permuted(answers, rest, together, transform, generator))
    return sum(rises[1:], rises[0]) / len(parts)


def groups(rows: pd.DataFrame, params: Params) -> dict[str, list[int]]:
    """The predictors by number that are shuffled together: those of a feature, lags and all."""
    names, lags = predictor_names(rows), params.prepare.lags
    features = params.prepare.features
    found = {
        name: list(range(number * lags, (number + 1) * lags))
        for number, name in enumerate(features)
    }
    return found | {names[k]: [k] for k in range(len(features) * lags, len(names))}


def permuted(
    answers: Answers,
    rows: pd.DataFrame,
    groups: dict[str, list[int]],
    transform: str,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """By how much the RMSE of each member rises when a group of predictors is shuffled."""
    x, known = predictors(rows), rows[["known"]].to_numpy("float64")
    actual = rows["target"].to_numpy("float64")

    def errors(x: np.ndarray) -> np.ndarray:
        predicted = invert_transform(answers(x).astype("float64"), known, transform)
        return np.array([rmse(actual, member) for member in predicted.T])

    before, rises = errors(x), {}
    for name, columns in groups.items():
        repeats = []
        for _ in range(REPEATS):
            shuffled = x.copy()
            shuffled[:, columns] = generator.permutation(x[:, columns])
            repeats.append(errors(shuffled) - before)
        rises[name] = np.mean(repeats, axis=0)
    return pd.DataFrame(rises).T


def report(rises: pd.DataFrame, digits: int) -> str:
    """A line for each feature, the most important first: the members' mean and deviation."""
    lines = [f"{'shuffled':40} {'RMSE rises':>10} {'deviation':>9}"]
    for name, members in ordered(rises).iterrows():
        spread = f"{members.std():.{digits}f}" if len(members) > 1 else ""
        lines.append(f"{name:40} {members.mean():z10.{digits}f} {spread:>9}")
    return "\n".join([*lines, EXPLAINS])


def ordered(rises: pd.DataFrame) -> pd.DataFrame:
    return rises.loc[rises.mean(axis=1).sort_values(ascending=False).index]


def draw(rises: pd.DataFrame, target: Column) -> Figure:
    """A bar for each feature, the most important on top, with the members' deviation."""
    rises = ordered(rises)[::-1]
    figure = make_figure(6, 1.4 + 0.35 * len(rises))
    axes = figure.subplots()
    spread = rises.std(axis=1) if len(rises.columns) > 1 else None
    axes.barh(rises.index, rises.mean(axis=1), xerr=spread, color=BLUE, ecolor=BLACK)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    unit = f", {target.unit}" if target.unit else ""
    axes.set_xlabel(
        f"rise of the RMSE on held-out rows when shuffled{unit}\n{EXPLAINS}", fontsize=9
    )
    return figure
