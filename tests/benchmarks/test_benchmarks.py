"""That what the benchmark compares is comparable, and that it still runs."""

import importlib
import json
import re
import runpy
import shutil
from contextlib import nullcontext
from io import StringIO

import numpy as np
import pandas as pd
import pytest
import yaml

import stages.train
from benchmarks.bench import PAIRS, Contest, Way, check, report, row
from benchmarks.measuring import measure
from benchmarks.training import arrays, ours, plain_numpy, stacked
from regression.network.backend import keras
from regression.scores import baselines
from regression.table.rows import predictors, read_rows
from stages.split import split
from tests import network
from tests.project import FROZEN, ROOT
from tests.project import PARAMS as GUIDE

PARAMS = GUIDE.train.model_copy(
    update={"layers": [8, 4], "learning_rate": 0.05, "batch_size": 7, "epochs": 3, "members": 1}
)

# 20 rows in batches of 7: two whole batches and a short one.
generator = np.random.default_rng(0)
X = generator.uniform(1, 9000, (20, 3)).astype("float32")
Y = (X @ [[0.5], [0.1], [-0.2]]).astype("float32")


@pytest.fixture(autouse=True)
def guide(monkeypatch):
    """Ours builds what the other ways do, whatever stages/train.py builds now."""
    for module in (stages.train, stacked):
        monkeypatch.setattr(module, "build", network.build)
        monkeypatch.setattr(module, "optimizer", network.optimizer)


@pytest.fixture
def usual_full(tmp_path, monkeypatch):
    """The folder that `measuring.lay_out` lays out, with a short table and small networks."""
    for name in ("usual", "usual_full"):
        shutil.copytree(ROOT / "benchmarks" / name, tmp_path, dirs_exist_ok=True)
    params = yaml.safe_load((tmp_path / "params.yaml").read_text())
    params["train"] |= {"layers": [8, 4], "epochs": 2, "members": 3}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    (tmp_path / "data").mkdir()
    months = pd.date_range("2001-01-01", periods=40, freq="MS")
    columns = ["pce", "pop", "psavert", "uempmed", "unemploy"]
    table = pd.DataFrame(generator.uniform(1, 9000, (40, 5)), months, columns)
    table.to_csv(tmp_path / "data/table.csv", index_label="date")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_parameters_are_the_guides():
    """All three projects train the same networks on the same rows."""
    guide = yaml.safe_load((FROZEN / "params.yaml").read_text())

    for name in ("usual", "usual_full"):
        params = yaml.safe_load((ROOT / f"benchmarks/{name}/params.yaml").read_text())
        for section, values in params.items():
            assert values.items() <= guide[section].items(), name


def test_plain_numpy_learns_what_ours_learns(monkeypatch):
    """From the same initial weights and in the same order of rows, the losses are the same."""
    ours_built = network.build(X, Y, PARAMS, PARAMS.seed)
    dense = [layer for layer in ours_built.layers if isinstance(layer, keras.layers.Dense)]
    weights = [np.array(each) for layer in dense for each in layer.get_weights()]
    monkeypatch.setattr(plain_numpy, "initialise", lambda units, seed: weights)

    losses = plain_numpy.train(X, Y, PARAMS)

    np.testing.assert_allclose(losses, ours.train(X, Y, PARAMS), rtol=1e-4)


@pytest.mark.parametrize(("way", "batch_size"), [(stacked, 7), (arrays, 20)])
def test_two_networks_learn_what_ours_learn(way, batch_size):
    """Stacked in the same order of rows; by `model.fit` in batches of all rows: no order."""
    params = PARAMS.model_copy(update={"batch_size": batch_size, "members": 2})

    np.testing.assert_allclose(way.train(X, Y, params), ours.train(X, Y, params), rtol=1e-4)


@pytest.mark.parametrize("way", ["ours", "arrays", "dataset", "plain_numpy", "stacked"])
def test_every_way_to_train_learns(way):
    """Losses of shape (epochs, members), which fall."""
    losses = importlib.import_module(f"benchmarks.training.{way}").train(X, Y, PARAMS)

    assert np.shape(losses) == (3, 1)
    assert (np.diff(losses[:, 0]) < 0).all()


def test_the_usual_pipeline_in_full_does_the_work_of_ours(usual_full):
    """Its rows are ours, its first network the bare form's; it has our scores and a picture."""
    bare = str(ROOT / "benchmarks/usual/train.py")
    for stage in ("prepare.py", "split.py", bare):
        runpy.run_path(stage)
    losses = pd.read_csv("metrics/history.csv")["loss"]
    for stage in ("train.py", "evaluate.py"):
        runpy.run_path(stage)
    history = pd.read_csv("metrics/history.csv")
    scores = json.loads((usual_full / "metrics/metrics.json").read_text())
    predictions = pd.read_csv(usual_full / "metrics/predictions.csv")
    train, test = (
        pd.read_csv(usual_full / f"data/{name}.csv", parse_dates=["date"])
        .rename(columns={"unemploy": "target"})
        .assign(origin=None, known=None)
        .sort_values("date")
        for name in ("train", "test")
    )

    prepared = pd.read_csv("data/prepared.csv", parse_dates=["date"])
    for part, expected in zip((train, test), split(prepared, GUIDE.split), strict=True):
        assert part["date"].tolist() == expected["date"].tolist()
    np.testing.assert_allclose(history["loss_1"], losses, rtol=1e-6)
    assert list(predictions.columns) == (
        "date actual predicted persistence member_1 member_2 member_3".split()
    )
    for name in ("mean", "linear", "neighbours"):
        transform = [] if name == "neighbours" else ["level"]
        errors = test["target"] - getattr(baselines, name)(train, test, *transform)
        assert scores["baseline"][name] == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-5)
    ours = json.loads((FROZEN / "metrics/metrics.json").read_text())
    assert set(scores["baseline"]) == set(ours["baseline"])
    assert set(scores["test"]) == set(ours["test"])
    assert (usual_full / "metrics/predictions.png").stat().st_size > 10_000


def test_both_models_score_alike(reproduced, monkeypatch, capsys):
    """The exported model and the one that Keras loads come to the RMSE of metrics.json."""
    monkeypatch.chdir(reproduced.path)
    rmse = json.loads((reproduced.path / "metrics/metrics.json").read_text())["test"]["rmse"]

    for way in ("litert", "keras"):
        runpy.run_module(f"benchmarks.scoring_{way}")
        assert capsys.readouterr().out == f"RMSE {rmse} on 173 rows\n"


def test_both_ways_to_predict_say_the_same(reproduced, monkeypatch, capsys):
    """Month by month, to a tenth, as printed."""
    monkeypatch.chdir(reproduced.path)
    runpy.run_module("benchmarks.predicting_keras")
    printed = reproduced.run("python -m tools.predict data/table.csv 2> /dev/null")

    ours, theirs = (
        pd.read_csv(StringIO(text), index_col="date") for text in (printed, capsys.readouterr().out)
    )

    assert len(ours) == 574
    assert (ours["predicted"] - theirs["predicted"]).abs().max() < 0.1 + 1e-9


def test_a_command_is_timed_from_start_to_end(tmp_path):
    """Seconds, its own peak of memory, what it printed; where it fails, its last words."""
    command = "python -c 'import time; held = [0] * 10**7; print(7); time.sleep(0.5); {}'"

    told = measure(command.format("print(held[0])"), tmp_path)

    assert 0.5 < told["seconds"] < 60
    assert 8e7 < told["command_max_rss"] < 1.4e8
    assert told["printed"] == "7\n0\n"
    with pytest.raises(SystemExit, match=r"(?s)failed: .*ZeroDivisionError"):
        measure(command.format("1 / 0"), tmp_path)


def test_the_report_has_the_ratios_of_each_round_and_holds_them_to_the_goals():
    """The median and the range; reached where the median is no more than the goal."""
    contest, ours, other = Contest("a contest", "a command"), Way("ours"), Way("the other")
    rounds = [
        {
            contest: {
                ours: {"seconds": seconds, "command_max_rss": 2e6},
                other: {"seconds": 8, "command_max_rss": peak},
            }
        }
        for seconds, peak in ((1, 5e6), (3, 3e6), (4, 9e6))
    ]

    shown = row(rounds, contest, ours, other, 0.5)

    assert shown[:3] == ["a contest", "ours", "the other"]
    assert shown[3:] == ["0.38", "0.12 to 0.50", "at most 0.5", "reached", "2 / 5"]
    assert row(rounds, contest, ours, other, 0.37)[6] == "**missed**"
    assert row(rounds, contest, ours, other)[5:7] == ["", ""]


def test_the_report_lists_every_pair_and_every_rmse():
    """A row for each pair, in their order; a line for each contest that computes something."""
    told = {"platform": "Linux", "cpu_count": 2, "date": "2026-11-26 12:00:00", "seconds": 1}
    told |= {"command_max_rss": 1e6, "rmses": ["1857.4", "1824.9"]}
    found = {
        contest: {way: told for pair in pairs for way in pair[:2]}
        for contest, pairs in PAIRS.items()
    }

    first, *lines = report([found]).split("\n")

    assert first.startswith("2026-11-26, 1 round. unknown processor, 2 cores, Linux; Python 3.")
    titles = [line.split(" | ")[0].removeprefix("| ") for line in lines if line.startswith("| ")]
    assert titles[1:] == [contest.title for contest in PAIRS for _ in PAIRS[contest]]
    rmses = [line for line in lines if line.startswith("- ")]
    assert len(rmses) == sum(bool(contest.scored) for contest in PAIRS)
    assert rmses[-1] == (
        "- scoring 173 rows (test rows): ours, LiteRT 1857.4 and 1824.9, Keras 1857.4 and 1824.9"
    )


@pytest.mark.parametrize("there", ["100.0", "103.1"])
def test_ways_whose_rmses_are_far_apart_are_not_compared(there):
    """The seed alone moves an RMSE by less than 3%."""
    contest = Contest("a contest", "a command", "test rows")
    found = {Way("ours"): {"rmses": ["100.0"]}, Way("other"): {"rmses": [there]}}

    with nullcontext() if there == "100.0" else pytest.raises(SystemExit, match="more than 3%"):
        check(contest, found)


def test_training_alone_has_the_rows_that_the_stage_trains_on(reproduced, monkeypatch, capsys):
    """Predictors and targets of train.csv, one loss for each epoch and network, its mean told."""
    monkeypatch.chdir(reproduced.path)
    monkeypatch.setattr("sys.argv", ["benchmarks.training", "2", "plain_numpy", "3", "0"])
    given = []
    monkeypatch.setattr(
        plain_numpy, "train", lambda *args: given.extend(args) or np.array([[9, 9], [3, 5]])
    )

    runpy.run_module("benchmarks.training")

    x, y, params = given
    table = read_rows("data/train.csv")
    np.testing.assert_array_equal(x, predictors(table))
    np.testing.assert_array_equal(y, table[["target"]].to_numpy("float32"))
    assert (params.epochs, params.members, params.folds) == (2, 3, 0)
    assert re.fullmatch(r"trained in 0\.\d+ seconds, RMSE 2\.0\n", capsys.readouterr().out)
