"""What stands beside a model, and that it belongs to it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from regression.errors import InputError
from regression.model.description import describe, md5, read_description
from tests.project import PARAMS

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


@pytest.fixture
def paths(tmp_path) -> tuple[str, str]:
    """A description and its model."""
    model, path = tmp_path / "model.tflite", tmp_path / "model.json"
    model.write_bytes(b"a model")
    description = describe(str(model), TABLE, PARAMS.prepare, PARAMS.train, (3, 8))
    path.write_text(json.dumps(description.model_dump()))
    return str(path), str(model)


def test_a_description_survives_its_file(paths):
    """Predictors in the model's order with their ranges, the months, what the answer means."""
    description = read_description(*paths)

    assert description.predictors == {"pop": [198712, 199113], "pce": [500.1, 507.4]}
    assert list(description.predictors) == ["pop", "pce"]
    assert description.months == ["1967-07", "1967-09"]
    assert description.rows == 2
    assert description.unit == "thousands"
    assert description.prepare == PARAMS.prepare
    assert description.train == PARAMS.train
    assert description.versions["tensorflow"].startswith("2.")
    assert description.constant_members == (3, 8)


def test_an_older_description_says_nothing_of_constant_members(paths):
    """It is read all the same."""
    description = json.loads(Path(paths[0]).read_text())
    del description["constant_members"]
    Path(paths[0]).write_text(json.dumps(description))

    assert read_description(*paths).constant_members == ()


def test_a_forecasts_answer_is_a_log_change(paths):
    """In whatever unit the target is."""
    prepare = PARAMS.prepare.model_copy(update={"transform": "log_change"})

    assert describe(paths[1], TABLE, prepare, PARAMS.train).unit == "log change since the origin"


def test_the_hash_is_that_of_md5sum(tmp_path):
    """The one of the empty file, which everybody knows."""
    (tmp_path / "empty").touch()

    assert md5(str(tmp_path / "empty")) == "d41d8cd98f00b204e9800998ecf8427e"


def test_another_models_description_is_refused(paths):
    """A model and a description that do not belong together are never used together."""
    with open(paths[1], "ab") as model:
        model.write(b"!")

    with pytest.raises(InputError, match=r"model\.json should belong to .*model\.tflite"):
        read_description(*paths)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"model": 1}'])
def test_what_is_no_description_is_refused(paths, text):
    """An empty, cut or foreign file ends in a message that names it."""
    with open(paths[0], "w") as file:
        file.write(text)

    with pytest.raises(InputError, match=r"model\.json should describe a model"):
        read_description(*paths)
