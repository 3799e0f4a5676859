"""What belongs to a model and does not stand in its file."""

from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import pandas as pd
from pydantic import NonNegativeFloat, ValidationError

from regression.columns import COLUMNS
from regression.errors import InputError
from regression.files import md5
from regression.params import Prepare, Strict, Train
from regression.table.rows import predictor_names

Schema = TypeVar("Schema", bound=Strict)
PACKAGES = ["tensorflow", "keras", "ai-edge-litert", "numpy", "pandas"]


class Description(Strict):
    """How to make a model's predictors, what it answers, and where it comes from."""

    model: str  # MD5 of the .tflite file, as DVC counts it
    prepare: Prepare
    train: Train
    unit: str  # of the answer
    predictors: dict[str, list[float]]  # in the model's order, each with its training range
    rows: int
    months: list[str]  # the first and the last that were trained on
    versions: dict[str, str]
    constant_members: tuple[int, ...] = ()  # as in `describe`; older descriptions lack it


class Interval(Strict):
    """How wide the intervals of a model are after its test months, and how that was found."""

    model: str  # MD5, as in the description
    method: str
    coverage: float
    half_width: NonNegativeFloat  # in the unit of the loss
    unit: str  # of the half width
    errors_until: str  # the last month that it was found from
    months_at_limit: int  # test months for which no error seen was large enough


def describe(
    model: str,
    table: pd.DataFrame,
    prepare: Prepare,
    train: Train,
    constant_members: tuple[int, ...] = (),
) -> Description:
    """Describe the model at path `model`, trained on the rows of `table`.

    `constant_members`, counted from 1, are those that answer every one of these rows alike.
    """
    level = prepare.transform == "level"
    ranges = table[predictor_names(table)].agg(["min", "max"])
    return Description(
        model=md5(model),
        prepare=prepare,
        train=train,
        unit=COLUMNS[prepare.target].unit if level else "log change since the origin",
        predictors={name: ends.astype(float).tolist() for name, ends in ranges.items()},
        rows=len(table),
        months=[f"{date:%Y-%m}" for date in (table["date"].min(), table["date"].max())],
        versions={package: version(package) for package in PACKAGES},
        constant_members=constant_members,
    )


def tell_constant(model: Description) -> str:
    """Which members have died or never learnt, in words; empty where none has."""
    numbers = ", ".join(map(str, model.constant_members))
    count = f"{len(model.constant_members)} of {model.train.members} networks"
    return f"{count} answer every training row alike: {numbers}" if numbers else ""


def read_description(path: str, model: str) -> Description:
    """Read the description at `path` of the model at path `model`.

    Raises InputError where it is none, or another model's.
    """
    description = load(path, Description, "describe a model, as the stage train writes it")
    if description.model != md5(model):
        raise InputError(
            f"{path} should belong to {model} (MD5 {md5(model)}), "
            f"found the description of another model ({description.model}): dvc repro"
        )
    return description


def read_interval(path: str) -> Interval:
    """Read the interval at `path`, of whatever model; raises InputError where it is none."""
    return load(path, Interval, "hold an interval, as the stage evaluate writes it")


def load(path: str, schema: type[Schema], expected: str) -> Schema:
    try:
        return schema.model_validate_json(Path(path).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise InputError(
            f"{path} should {expected}; {len(error.errors())} mistakes, "
            f"the first: {where}: {first['msg']}"
        ) from None
