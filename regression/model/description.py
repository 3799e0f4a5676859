"""What belongs to a model but is not in its file."""

from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, TypeVar

import pandas as pd
from pydantic import (
    AfterValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    ValidationInfo,
    field_serializer,
)

from regression.errors import PROJECT, InputError
from regression.files import md5
from regression.package import Column, Schema, read_package
from regression.params import Level, Prepare, Strict, Train, check_horizon, check_levels
from regression.table.rows import predictor_names

# Raised where earlier code would predict something else from a file, and not for a new field:
# what a reader does not know, it passes over.
FORMAT = 1

PACKAGES = ["tensorflow", "keras", "ai-edge-litert", "numpy", "pandas"]


def check_range(ends: list[float]) -> list[float]:
    if ends[0] > ends[1]:
        raise ValueError("should be the smaller and the larger end")
    return ends


def check_lags(predictors: dict[str, list[float]], info: ValidationInfo) -> dict[str, list[float]]:
    if "prepare" in info.data and info.data["prepare"].lags > len(predictors):
        raise ValueError("should be one for each of prepare.lags at least")
    return predictors


Range = Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(check_range)]


class Versioned(Strict, extra="ignore"):
    """A file that later code, and earlier code, should read."""

    format_version: PositiveInt = 1  # the first had no such field


class Preparation(Prepare, extra="ignore"):
    """The section prepare that a model was trained with, whatever its age.

    A parameter that is newer than this class gets a default here: what earlier models did.
    """

    horizon: Annotated[NonNegativeInt, Field(lt=12_000), AfterValidator(check_horizon)]
    levels: Annotated[list[Level], AfterValidator(check_levels)] = Field([])


class Description(Versioned):
    """What a prediction needs of a model: how to make its predictors, and what it answers."""

    model: str  # MD5 of the .tflite file, as DVC counts it
    prepare: Preparation
    unit: str  # of the answer
    # In the model's order, each with its training range.
    predictors: Annotated[dict[str, Range], AfterValidator(check_lags)]
    # Its columns. Earlier models had no description of the table: it was the project's own.
    table: Schema = Field(default_factory=lambda: read_package(PROJECT).table)

    def model_post_init(self, _: object) -> None:
        for name in self.prepare.columns:
            if name not in self.table.numbers:
                raise ValueError(f"table should have a column of numbers {name}")

    @field_serializer("table")
    def without_defaults(self, table: Schema) -> dict:
        return table.model_dump(exclude_defaults=True)

    @property
    def target(self) -> Column:
        return self.table[self.prepare.target]


class FullDescription(Description):
    """The same, and where the model comes from: what the stage evaluate tells of it."""

    train: Train
    rows: int
    dates: list[str]  # the first and the last that were trained on, where there are dates
    versions: dict[str, str]
    constant_members: tuple[int, ...] = ()  # as in `describe`; older descriptions lack it
    exact: bool = False  # the same on every processor, which no older model is


class Interval(Versioned):
    """What a prediction needs of a model's interval: how wide it is after the test rows."""

    model: str  # MD5, as in the description
    method: str = ""  # how it was found
    coverage: Annotated[float, Field(gt=0, lt=1)]
    # In the unit of the loss; None where there is no interval.
    half_width: Annotated[NonNegativeFloat, Field(le=1e30)] | None

    @property
    def percent(self) -> str:
        """The coverage with all its digits, such as 99.5%."""
        return f"{(100 * Decimal(str(self.coverage))).normalize():f}%"


Kind = TypeVar("Kind", bound=Versioned)
Described = TypeVar("Described", bound=Description)


def describe(
    model: str,
    table: pd.DataFrame,
    rows: int,
    prepare: Prepare,
    train: Train,
    schema: Schema,
    constant_members: tuple[int, ...] = (),
    exact: bool = False,
) -> FullDescription:
    """Describe the model at path `model`, trained on so many `rows`, whose `extremes` are `table`.

    `schema` describes the raw table.
    `constant_members`, counted from 1, are those that answer every one of these rows alike.
    `exact` tells that another kind of processor trains the same model, to the last bit.
    """
    ranges = table[predictor_names(table)].astype(float)
    return FullDescription(
        format_version=FORMAT,
        model=md5(model),
        prepare=Preparation(**dict(prepare)),
        train=train,
        unit=unit(schema[prepare.target], prepare.transform),
        predictors={name: ends.tolist() for name, ends in ranges.items()},
        rows=rows,
        table=schema,
        dates=shown_dates(table, schema),
        versions={package: version(package) for package in PACKAGES},
        constant_members=constant_members,
        exact=exact,
    )


def unit(target: Column, transform: str) -> str:
    """The unit of the loss."""
    if transform == "log_change":
        return "log change since the origin"
    name = target.unit or f"units of {target.name}"
    return f"{name}, as a change since the origin" if transform == "change" else name


def shown_dates(table: pd.DataFrame, schema: Schema) -> list[str]:
    """The first and the last date predicted in a table of rows; empty without dates."""
    return schema.frequency.ends(table["date"]) if schema.frequency else []


def tell_constant(model: FullDescription) -> str:
    """Which members have died or never learnt, in words; empty where none has."""
    numbers = ", ".join(map(str, model.constant_members))
    count = f"{len(model.constant_members)} of {model.train.members} networks"
    return f"{count} give every training row the same answer: {numbers}" if numbers else ""


def read_description(path: str, model: str, schema: type[Described]) -> Described:
    """Read the description at `path` of the model at path `model`, as much as `schema` asks for.

    Raises InputError where it is none, or another model's.
    """
    description = load(path, schema, "describe a model, as the stage train writes it")
    if description.model != md5(model):
        raise InputError(
            f"{path} should belong to {model} (MD5 {md5(model)}), "
            f"found the description of another model ({description.model:.50}): dvc repro"
        )
    return description


def read_interval(path: str) -> Interval:
    """Read the interval at `path`, of whatever model; raises InputError where it is none."""
    return load(path, Interval, "hold an interval, as the stage evaluate writes it")


def load(path: str, schema: type[Kind], expected: str) -> Kind:
    content = Path(path).read_bytes()
    try:
        written = Versioned.model_validate_json(content).format_version
        if written > FORMAT:
            raise InputError(
                f"{path} should have format_version {FORMAT} or less, found {written!s:.20}: "
                "it needs code as new as what wrote it"
            )
        return schema.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise InputError(
            f"{path} should {expected}; {len(error.errors())} mistakes, "
            f"the first: {where:.100}: {first['msg']}"
        ) from None
