"""Train networks that differ in their seed alone; save their average for Keras and for LiteRT."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from regression.errors import counted, run
from regression.files import warn_if_large, write_csv, write_json
from regression.model.description import describe, tell_constant, unit
from regression.model.exported import predict
from regression.network.backend import keras
from regression.network.ensemble import average
from regression.network.folds import folds
from regression.network.saving import export, save
from regression.network.scaling import scaling, target_scaling
from regression.network.training import Fold, History, check_settled, fit, member_seeds
from regression.package import read_package
from regression.params import Train, load_params
from regression.scores.scores import rounded
from regression.scores.validation import out_of_fold, score_validation
from regression.table.rows import extremes, predictors, read_rows, targets


def build(x: np.ndarray, y: np.ndarray, params: Train, seed: int) -> keras.Sequential:
    """The network for predictors like `x`, unscaled, of shape (rows, predictors).

    It answers in the unit of the targets `y`, with shape (rows, 1).
    """
    keras.utils.set_random_seed(seed)
    layers = [keras.Input(x.shape[1:]), scaling(x, params)]
    for units in params.layers:
        layers.append(keras.layers.Dense(units, activation="relu"))
        if params.dropout:
            layers.append(keras.layers.Dropout(params.dropout))
    layers.append(keras.layers.Dense(1))
    if params.scaling == "standard":
        offset, scale = target_scaling(y, params)
        layers.append(keras.layers.Rescaling(scale, offset))
    return keras.Sequential(layers)


def optimizer(params: Train) -> keras.optimizers.Optimizer:
    """A new one for each training; with weight decay it is AdamW."""
    return keras.optimizers.Adam(params.learning_rate, weight_decay=params.weight_decay or None)


def train(
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    folds: Sequence[tuple[np.ndarray, np.ndarray]] = (),
) -> tuple[list[keras.Model], History]:
    """The members, trained on predictors `x` and targets `y`, and what `fit` tells of it.

    For each of `folds`, the rows to train on and those held out, a network is trained beside the
    members.
    """
    members = [build(x, y, params, seed) for seed in member_seeds(params)]
    others = [
        Fold(build(x[rows], y[rows], params, params.seed), rows, held_out)
        for rows, held_out in folds
    ]
    return members, fit(members, x, y, params, optimizer, others)


def constant_members(outputs: np.ndarray, y: np.ndarray) -> tuple[int, ...]:
    """The members, counted from 1, that have died or never learnt.

    Their outputs for the training rows, of shape (rows, members), range over less than 1e-5 of
    what the targets `y` range over.
    """
    constant = np.ptp(outputs, axis=0) < 1e-5 * np.ptp(y)
    return tuple((np.flatnonzero(constant) + 1).tolist())


def learning_curves(history: History) -> pd.DataFrame:
    """The learning curves: in each epoch the members' mean loss, the folds', each member's.

    Six digits: beyond them another kind of processor may differ.
    """
    losses, val_losses = history.losses, history.val_losses
    curves = {"loss": losses.mean(axis=1)}
    if val_losses.size:
        curves["val_loss"] = val_losses.mean(axis=1)
    curves |= {f"loss_{number}": member for number, member in enumerate(losses.T, 1)}
    table = pd.DataFrame(curves).map(lambda loss: float(f"{loss:.6g}"))
    table.insert(0, "epoch", range(1, len(losses) + 1))
    return table


def main() -> None:
    params = load_params()
    table, schema = read_rows("data/train.csv"), read_package().table

    x, y = predictors(table), targets(table, params.prepare.transform)
    parts = folds(table, params.split, params.train)
    table = extremes(table)  # a long table is not held twice
    members, history = train(x, y, params.train, parts)
    model = average(members)
    save(model, "models/model.keras")
    export(model, "models/model.tflite")
    outputs = predict("models/model.tflite", x)
    check_settled(outputs, "after the last epoch, an answer", params.train)
    constant = constant_members(outputs, y)

    description = describe(
        "models/model.tflite",
        table,
        len(x),
        params.prepare,
        params.train,
        schema,
        constant,
        exact=not history.inexact,
    )
    write_json(description.model_dump(), "models/model.json")
    decimals = description.target.decimals
    rows = read_rows("data/train.csv")
    held_out = out_of_fold(rows, parts, history.answers, params.prepare.transform)
    held_out = held_out.round(dict.fromkeys(["predicted", "linear"], decimals))
    scores = {"validation": score_validation(held_out)} if parts else {}
    write_json(rounded(scores, decimals), "metrics/validation.json")
    write_csv(held_out, "metrics/validation.csv")
    write_csv(learning_curves(history), "metrics/history.csv")
    turn = ""
    if history.inexact:
        turn = f"not exact because of {history.inexact}: trained by Keras, one network at a time"
    # Of changes the loss has another unit than what is scored.
    units = f" ({description.unit})", f" ({unit(description.target, 'level')})"
    of_loss, of_target = ("", "") if params.prepare.transform == "level" else units
    validation = ""
    if parts:
        validation = (
            f", {scores['validation']['rmse']:.4g}{of_target} on held-out rows "
            f"({counted(len(parts), 'fold')})"
        )
    notes = filter(None, [turn, tell_constant(description)])
    print(
        f"train: {counted(len(x), 'row')}, {counted(len(members), 'network')} of "
        f"{members[0].count_params():,} weights, {counted(params.train.epochs, 'epoch')}: "
        f"RMSE {history.losses[-1].mean() ** 0.5:.4g}{of_loss} in the last, while they "
        f"still learnt (train.rmse scores their mean afterwards){validation}"
        + "".join(f"; {note}" for note in notes)
    )
    warn_if_large(
        "metrics/validation.csv",
        "set train.folds to 0, for no validation scores (nor, with a random split, intervals)",
    )


if __name__ == "__main__":
    run(main)
