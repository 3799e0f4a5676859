"""What the train stage makes of its networks, whatever they are."""

import json
import shutil

import numpy as np
import pandas as pd
import yaml

import regression.files
import stages.train
from regression.network.backend import keras
from regression.network.training import History
from regression.params import Train
from stages.train import constant_members, learning_curves
from tests.project import FROZEN, PARAMS
from tests.regression.network.test_training import CHANGED, L, X, Y, changed


def test_members_that_never_learnt_are_found():
    """Those whose answers all but coincide, beside the range of the targets."""
    y = np.array([[0.0], [50.0], [100.0]])
    answers = [[7, 7, 0, 1e9], [7, 7.0009, 0.0011, 1e9], [7, 7, 0, 1e9 - 99]]

    assert constant_members(np.array(answers), y) == (1, 2)
    assert constant_members(np.array(answers), 0 * y) == ()


def test_the_summary_tells_what_a_reader_would_not_expect(tmp_path, monkeypatch, capsys):
    """That Keras trains the networks, and why; that some never learnt; what is large for Git."""

    def build(x: np.ndarray, y: np.ndarray, params: Train, seed: int) -> keras.Sequential:
        keras.utils.set_random_seed(seed)
        bias = "ones" if seed else keras.initializers.Constant(-1e6)  # the first is dead
        return changed([L.Dense(4, "relu", bias_initializer=bias, kernel_regularizer="l2")])

    params = PARAMS.model_copy(update={"train": CHANGED.model_copy(update={"seed": 0})})
    dates = pd.date_range("2001-01-01", periods=20)
    table = pd.DataFrame({"origin": dates, "date": dates})
    table = table.assign(pce=X[:, 0], pop=X[:, 1], psavert=X[:, 2], known=None, target=Y[:, 0])
    for folder in ("data", "models", "metrics"):
        (tmp_path / folder).mkdir()
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params.model_dump()))
    table.to_csv(tmp_path / "data/train.csv", index=False)
    for name in ("datapackage.json", "periods.csv"):
        shutil.copy(FROZEN / "data" / name, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stages.train, "build", build)
    monkeypatch.setattr(regression.files, "LARGE", 100)

    stages.train.main()

    out, err = capsys.readouterr()
    assert out.endswith(
        "; not exact because of kernel_regularizer of Dense: "
        "trained by Keras, one network at a time"
        "; 1 of 2 networks give every training row the same answer: 1\n"
    )
    assert err == (
        "warning: metrics/validation.csv has 0 MB, and Git keeps every version of it: "
        "set train.folds to 0, for no validation scores (nor, with a random split, intervals)\n"
    )
    description = json.loads((tmp_path / "models/model.json").read_text())
    assert description["constant_members"] == [1]
    assert description["exact"] is False


def test_the_history_has_a_curve_for_each_member_and_their_mean():
    """To the six digits on which kinds of processors agree; that of the folds is their mean."""
    losses, val_losses = np.array([[1.23456789, 3.0], [0.5, 0.25]]), np.array([[1.0, 3], [4, 6]])
    history = learning_curves(History(losses, val_losses, []))

    assert list(history.columns) == ["epoch", "loss", "val_loss", "loss_1", "loss_2"]
    assert history["val_loss"].tolist() == [2, 5]
    without = learning_curves(History(losses, np.zeros((2, 0)), []))
    assert "val_loss" not in without
    assert history["epoch"].tolist() == [1, 2]
    assert history["loss"].tolist() == [2.11728, 0.375]
    assert history["loss_1"].tolist() == [1.23457, 0.5]
