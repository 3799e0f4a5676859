"""What belongs to a model and does not stand in its file."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from stages.economics import COLUMNS
from stages.errors import InputError
from stages.params import Prepare, Section, Train
from stages.tables import predictor_names

PACKAGES = ["tensorflow", "keras", "ai-edge-litert", "numpy", "pandas"]


class Description(Section):
    """How to make a model's predictors, what it answers, and where it comes from."""

    model: str  # MD5 of the .tflite file, as DVC counts it
    prepare: Prepare
    train: Train
    unit: str  # of the answer
    predictors: dict[str, list[float]]  # in the model's order, each with its training range
    rows: int
    months: list[str]  # the first and the last that were trained on
    versions: dict[str, str]


def describe(model: str, table: pd.DataFrame, prepare: Prepare, train: Train) -> Description:
    """Describe the model at path `model`, trained on the rows of `table`."""
    level = prepare.transform == "level"
    ranges = table[predictor_names(table)].agg(["min", "max"])
    return Description(
        model=md5(model),
        prepare=prepare,
        train=train,
        unit=COLUMNS[prepare.target].unit if level else "log change since the origin",
        predictors={name: ends.astype(float).tolist() for name, ends in ranges.items()},
        rows=len(table),
        months=[f"{date:.7}" for date in (table["date"].min(), table["date"].max())],
        versions={package: version(package) for package in PACKAGES},
    )


def read_description(path: str, model: str) -> Description:
    """Read the description at `path` of the model at path `model`.

    Raises InputError where it is none, or another model's.
    """
    try:
        description = Description.model_validate_json(Path(path).read_bytes())
    except ValidationError as error:
        raise InputError(
            f"{path} should describe a model, as the stage train writes it: "
            f"{len(error.errors())} mistakes, the first: {error.errors()[0]['msg']}"
        ) from None
    if description.model != md5(model):
        raise InputError(
            f"{path} should belong to {model} (MD5 {md5(model)}), "
            f"found the description of another model ({description.model}): dvc repro"
        )
    return description


def md5(path: str) -> str:
    """The MD5 of a file, as dvc.lock has it."""
    return hashlib.md5(Path(path).read_bytes(), usedforsecurity=False).hexdigest()
