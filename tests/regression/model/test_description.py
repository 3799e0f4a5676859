"""What stands beside a model, and that it belongs to it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from regression.errors import InputError
from regression.model.description import (
    FORMAT,
    Description,
    FullDescription,
    describe,
    md5,
    read_description,
    read_interval,
)
from regression.table.rows import extremes
from tests.project import FROZEN, PARAMS
from tests.project import TABLE as SCHEMA

TABLE = pd.DataFrame(
    {
        "origin": pd.to_datetime(["1967-06-01", "1967-08-01"]),
        "date": pd.to_datetime(["1967-07-01", "1967-09-01"]),
        "pop": [198712, 199113],
        "pce": [507.4, 500.1],
        "known": [None, 2945],
        "target": [2944, 2958],
    }
)


# What the stage train wrote before files had a version.
FIRST = """{
  "model": "0fc682d75fe0ab8fc98a5ad4d2c40ac9",
  "prepare": {
    "target": "unemploy",
    "features": ["pce", "pop", "psavert", "uempmed"],
    "transform": "level",
    "lags": 1,
    "horizon": 0
  },
  "train": {
    "scaling": "max",
    "layers": [500, 100, 50],
    "dropout": 0.0,
    "weight_decay": 0.0,
    "learning_rate": 0.001,
    "batch_size": 32,
    "epochs": 20,
    "members": 10,
    "seed": 0
  },
  "unit": "thousands",
  "predictors": {
    "pce": [510.5, 12161.5],
    "pop": [198911.0, 320887.0],
    "psavert": [1.9, 17.0],
    "uempmed": [4.0, 25.2]
  },
  "rows": 401,
  "months": ["1967-08", "2015-04"],
  "versions": {"tensorflow": "2.21.0", "keras": "3.15.1"}
}"""
FIRST_INTERVAL = """{
  "model": "0fc682d75fe0ab8fc98a5ad4d2c40ac9",
  "method": "split conformal",
  "coverage": 0.9,
  "half_width": 3521.76,
  "unit": "thousands",
  "errors_until": "2014-08",
  "months_at_limit": 0
}"""


@pytest.fixture(autouse=True)
def project(monkeypatch):
    """What earlier models had for a description of the table: the project's."""
    monkeypatch.setattr("regression.model.description.PROJECT", FROZEN)


@pytest.fixture
def paths(tmp_path) -> tuple[str, str]:
    """A description and its model."""
    model, path = tmp_path / "model.tflite", tmp_path / "model.json"
    model.write_bytes(b"a model")
    ends = extremes(TABLE)
    description = describe(str(model), ends, 2, PARAMS.prepare, PARAMS.train, SCHEMA, (3, 8))
    path.write_text(json.dumps(description.model_dump()))
    return str(path), str(model)


def test_a_description_survives_its_file(paths):
    """Predictors in the model's order with their ranges, the months, what the answer means."""
    description = read_description(*paths, FullDescription)

    assert description.format_version == FORMAT
    assert description.predictors == {"pop": [198712, 199113], "pce": [500.1, 507.4]}
    assert list(description.predictors) == ["pop", "pce"]
    assert description.dates == ["1967-07", "1967-09"]
    assert description.rows == 2
    assert description.unit == "thousands"
    assert dict(description.prepare) == dict(PARAMS.prepare)
    assert description.train == PARAMS.train
    assert description.versions["tensorflow"].startswith("2.")
    assert description.constant_members == (3, 8)


def test_an_older_description_says_nothing_of_constant_members(paths):
    """It is read all the same."""
    description = json.loads(Path(paths[0]).read_text())
    del description["constant_members"], description["exact"]
    Path(paths[0]).write_text(json.dumps(description))

    older = read_description(*paths, FullDescription)
    assert older.constant_members == ()
    assert older.exact is False


def test_a_forecasts_answer_is_a_log_change(paths):
    """In whatever unit the target is."""
    prepare = PARAMS.prepare.model_copy(update={"transform": "log_change", "horizon": 1})

    described = describe(paths[1], extremes(TABLE), 2, prepare, PARAMS.train, SCHEMA)
    assert described.unit == "log change since the origin"


def test_the_hash_is_that_of_md5sum(tmp_path):
    """The one of the empty file, which everybody knows."""
    (tmp_path / "empty").touch()

    assert md5(str(tmp_path / "empty")) == "d41d8cd98f00b204e9800998ecf8427e"


def test_another_models_description_is_refused(paths):
    """A model and a description that do not belong together are never used together."""
    with open(paths[1], "ab") as model:
        model.write(b"!")

    with pytest.raises(InputError, match=r"model\.json should belong to .*model\.tflite"):
        read_description(*paths, Description)


def edited(text: str, **changes) -> str:
    """A file with other values, named as in prepare__lags; None takes a field out."""
    tree = json.loads(text)
    for name, value in changes.items():
        *sections, key = name.split("__")
        section = tree
        for outer in sections:
            section = section[outer]
        section[key] = value
        if value is None:
            del section[key]
    return json.dumps(tree)


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read a description from its text, as that of whatever model."""
    monkeypatch.setattr("regression.model.description.md5", lambda path: json.loads(FIRST)["model"])

    def read(text: str) -> Description:
        (tmp_path / "model.json").write_text(text)
        return read_description(str(tmp_path / "model.json"), "model.tflite", Description)

    return read


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"more": {"of": "this"}, "prepare__more": ["pop"], "train__more": 1},
        {"train": None, "rows": None, "months": None, "versions": None},
        {"train__scaling": "none yet", "train__seed": None},
        {"format_version": FORMAT},
    ],
)
def test_a_model_of_another_age_is_read(changes, read):
    """Without a version, with fields not known here, without those that only the card shows."""
    description = read(edited(FIRST, **changes))

    assert dict(description.prepare) == dict(PARAMS.prepare)
    assert description.predictors == json.loads(FIRST)["predictors"]
    assert description.unit == "thousands"


@pytest.mark.parametrize("changes", [{}, {"more": 1}, {"method": None, "errors_until": None}])
def test_an_interval_of_another_age_is_read(changes, tmp_path):
    """What a prediction needs of it is there."""
    (tmp_path / "interval.json").write_text(edited(FIRST_INTERVAL, **changes))

    interval = read_interval(str(tmp_path / "interval.json"))

    assert (interval.coverage, interval.half_width) == (0.9, 3521.76)


def test_a_newer_format_is_refused_in_one_line(read, tmp_path):
    """Even where it lacks what is needed here, or has it in another form."""
    newer = f"should have format_version {FORMAT} or less, found {FORMAT + 1}: it needs code as new"
    for changes in ({}, {"prepare": 1}, {"predictors": None}):
        with pytest.raises(InputError, match=f"^[^\n]*model.json {newer}[^\n]*$"):
            read(edited(FIRST, format_version=FORMAT + 1, **changes))
    (tmp_path / "interval.json").write_text(edited(FIRST_INTERVAL, format_version=FORMAT + 1))
    with pytest.raises(InputError, match=f"interval.json {newer}"):
        read_interval(str(tmp_path / "interval.json"))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"model": 1}', "\xff", "null"])
def test_what_is_no_description_is_refused(paths, text):
    """An empty, cut or foreign file ends in a message that names it."""
    with open(paths[0], "w", encoding="latin-1") as file:
        file.write(text)

    with pytest.raises(InputError, match=r"model\.json should describe a model"):
        read_description(*paths, Description)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": None},
        {"unit": 1},
        {"format_version": 0},
        {"format_version": "1"},
        {"format_version": 1.0},
        {"prepare": None},
        {"prepare__target": "gdp"},
        {"prepare__features": []},
        {"prepare__features": ["pop", "pop"]},
        {"prepare__features": ["unemploy"]},  # of the same month
        {"prepare__transform": "square"},
        {"prepare__lags": 0},
        {"prepare__lags": 5},  # more than there are predictors
        {"prepare__lags": "1"},
        {"prepare__lags": True},
        {"prepare__horizon": -1},
        {"prepare__horizon": 10**15},
        {"prepare__horizon": None},
        {"predictors": {}},
        {"predictors": ["pce"]},
        {"predictors__pce": [1.0]},
        {"predictors__pce": [1.0, 2.0, 3.0]},
        {"predictors__pce": [2.0, 1.0]},
        {"predictors__pce": [1.0, float("nan")]},
        {"predictors__pce": [1.0, float("inf")]},
        {"predictors__pce": ["1", "2"]},
        {"predictors__pce": 1.0},
    ],
    ids=str,
)
def test_a_damaged_description_is_refused(changes, read):
    """One line that names the first place; nothing is turned into what it is not."""
    with pytest.raises(InputError, match=r"^[^\n]*model\.json should describe a model[^\n]*$"):
        read(edited(FIRST, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"model": 1},
        {"coverage": 1.5},
        {"coverage": None},
        {"half_width": -1.0},
        {"half_width": "wide"},
        {"half_width": float("inf")},
    ],
    ids=str,
)
def test_a_damaged_interval_is_refused(changes, tmp_path):
    """As a description is."""
    (tmp_path / "interval.json").write_text(edited(FIRST_INTERVAL, **changes))

    with pytest.raises(InputError, match=r"^[^\n]*interval\.json should hold an interval[^\n]*$"):
        read_interval(str(tmp_path / "interval.json"))
