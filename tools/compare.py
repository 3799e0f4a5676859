"""Train other algorithms on the network's rows; print how they score, and what matters to it."""

from time import perf_counter

import pandas as pd
from sklearn.base import RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from regression.errors import run, say
from regression.files import go_to_project
from regression.package import read_package
from regression.params import Params, load_params
from regression.report.backend import save
from regression.scores.scores import rmse
from regression.table.rows import predictors, read_rows, targets
from regression.table.transforms import invert_transform
from tools import importance
from tools.command import Parser
from tools.in_process import train_and_predict


def algorithms(seed: int) -> dict[str, RegressorMixin]:
    """What the tutorial names and leaves out, and a line; two of them draw nothing at random."""
    support_vectors = make_pipeline(StandardScaler(), SVR(C=100, gamma=1))
    return {
        "linear regression": LinearRegression(),
        "decision tree": DecisionTreeRegressor(random_state=seed),
        "support vector machine, C 100, gamma 1": TransformedTargetRegressor(
            support_vectors, transformer=StandardScaler()
        ),
        "random forest, 300 trees": RandomForestRegressor(300, random_state=seed),
        "gradient boosting, 500 trees of depth 4": GradientBoostingRegressor(
            n_estimators=500, max_depth=4, random_state=seed
        ),
    }


def compare(train: pd.DataFrame, test: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Train each algorithm once for each of the network's seeds, if it draws anything.

    Returns the columns algorithm, rmse (on the test rows) and seconds (to fit and predict).
    """
    from regression.network.training import (
        member_seeds,  # and TensorFlow, before the first fit is timed
    )

    transform, train_params = params.prepare.transform, params.train
    x, y, known = (
        predictors(train),
        targets(train, transform)[:, 0],
        test["known"].to_numpy("float64"),
    )

    start = perf_counter()
    members = train_and_predict(train, test, transform, train_params)
    seconds = (perf_counter() - start) / train_params.members
    rows = [("the network", rmse(test["target"], member), seconds) for member in members.T]
    for seed in member_seeds(train_params):
        for name, model in algorithms(seed).items():
            draws = any(parameter.endswith("random_state") for parameter in model.get_params())
            if seed > train_params.seed and not draws:
                continue
            start = perf_counter()
            outputs = model.fit(x, y).predict(predictors(test))
            seconds = perf_counter() - start
            predicted = invert_transform(outputs, known, transform)
            rows.append((name, rmse(test["target"], predicted), seconds))
    return pd.DataFrame(rows, columns=["algorithm", "rmse", "seconds"])


def report(fits: pd.DataFrame, digits: int) -> str:
    """A line for each algorithm: its mean RMSE, the deviation between seeds, seconds of a fit.

    RMSEs have so many `digits`.
    """
    lines = [f"{'':40} {'test RMSE':>9} {'deviation':>9} {'fit, s':>7}"]
    for name, group in fits.groupby("algorithm", sort=False):
        deviation = f"{group['rmse'].std():.{digits}f}" if group["rmse"].nunique() > 1 else ""
        error, seconds = group[["rmse", "seconds"]].mean()
        lines.append(f"{name:40} {error:9.{digits}f} {deviation:>9} {seconds:7.2f}")
    return "\n".join(lines)


def main() -> None:
    Parser("tools.compare", __doc__).parse_args()
    go_to_project()
    params = load_params()
    train, test = read_rows("data/train.csv"), read_rows("data/test.csv")

    fits = compare(train, test, params)

    target = read_package().table[params.prepare.target]
    in_unit = f", {target.unit}" if target.unit else ""
    title = f"{len(test)} test rows{in_unit}; {params.train.members} seeds"
    digits = max(target.decimals - 1, 0)
    say(f"{title}\n{report(fits, digits)}")
    if not params.train.folds:
        say("\nWhich features the network uses is shown where train.folds is 2 or more")
        return
    rises = importance.importance(train, params)
    say(f"\n{params.train.folds} folds of the training rows\n{importance.report(rises, digits)}")
    save(importance.draw(rises, target), "importance.png")
    say("The same as a picture: importance.png")


if __name__ == "__main__":
    run(main)
