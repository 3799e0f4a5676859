"""What the raw table is: data/datapackage.json, a Data Package (version 2) with a Table Schema."""

import csv
import json
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pandas as pd
from pydantic import AfterValidator, Field, NonNegativeInt, ValidationError

from regression.errors import InputError
from regression.frequency import Frequency
from regression.params import Prepare, Strict, refusal

TABLE = "data/table.csv"
PACKAGE = "data/datapackage.json"

NUMBERS = ("number", "integer")


class DateType(NamedTuple):
    """How a type of Table Schema writes dates."""

    pattern: str
    form: str


DATES = {
    "date": DateType(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]", "%Y-%m-%d"),
    "yearmonth": DateType(r"[12][0-9]{3}-[01][0-9]", "%Y-%m"),
    "year": DateType(r"[12][0-9]{3}", "%Y"),
}


def check_frequency(alias: str) -> str:
    Frequency(alias)
    return alias


def check_line(text: str) -> str:
    if text and not text.isprintable():
        raise ValueError("should be one line, without control characters")
    return text


Line = Annotated[str, AfterValidator(check_line)]  # for axes, tables and messages


class Constraints(Strict):
    """Of a column in use: no empty cells, and the smallest and the largest figure."""

    required: bool = False
    minimum: float | None = None
    maximum: float | None = None

    def model_post_init(self, _: Any) -> None:
        low, high = self.minimum, self.maximum
        if low is not None and high is not None and low > high:
            raise ValueError(f"minimum should be at most maximum, found {low:g} above {high:g}")


class Column(Strict):
    """A field of Table Schema; unit, decimals, frequency and late are properties of our own."""

    name: Annotated[Line, Field(min_length=1)]
    type: Literal["number", "integer", "date", "yearmonth", "year", "string", "boolean", "any"]
    title: Line = ""
    description: str = ""
    unit: Line = ""
    decimals: Annotated[NonNegativeInt, Field(le=9)] = 1  # as figures of it are printed
    frequency: Annotated[str, AfterValidator(check_frequency)] | None = None  # pandas' alias
    late: bool = False  # published later than the columns that are not
    format: Literal["default"] = "default"
    constraints: Constraints = Constraints()

    @property
    def words(self) -> str:
        return self.title or self.name

    @property
    def label(self) -> str:
        """What it is, and in what: for an axis."""
        return f"{self.words}, {self.unit}" if self.unit else self.words


class Schema(Strict):
    """A Table Schema: the columns of the table, in any order, and which one has the dates."""

    fields: Annotated[list[Column], Field(min_length=1)]
    primaryKey: list[str] = Field([])  # noqa: N815  (these are its names in Table Schema)
    missingValues: list[str] = Field([""])  # noqa: N815
    fieldsMatch: Any = None  # noqa: N815

    def model_post_init(self, _: Any) -> None:
        names = [column.name for column in self.fields]
        if len({*names}) < len(names):
            raise ValueError("fields should have each name once")
        dated = [column for column in self.fields if column.name in self.primaryKey]
        if self.primaryKey and (
            len(self.primaryKey) > 1 or not dated or dated[0].type not in DATES
        ):
            raise ValueError("primaryKey should be the one column of dates, or [] without dates")
        if dated and dated[0].frequency is None:
            raise ValueError(f"{dated[0].name} should have a frequency, such as MS for months")

    @property
    def date(self) -> Column | None:
        """The column of dates; None for a cross-section."""
        return self[self.primaryKey[0]] if self.primaryKey else None

    @property
    def frequency(self) -> Frequency | None:
        return Frequency(self.date.frequency) if self.date and self.date.frequency else None

    @property
    def period(self) -> str:
        """What a row is one of: a month, or a row."""
        return self.frequency.word if self.frequency else "row"

    @property
    def numbers(self) -> list[str]:
        """The columns that can be predicted, and predicted from."""
        return [column.name for column in self.fields if column.type in NUMBERS]

    def __getitem__(self, name: str) -> Column:
        for column in self.fields:
            if column.name == name:
                return column
        raise InputError(f"{PACKAGE} describes no column {name}")


class Resource(Strict):
    """A CSV file of the package: with commas, in UTF-8."""

    name: str
    path: str
    table: Schema = Field(alias="schema")
    title: Line = ""
    description: str = ""
    type: Literal["table"] = "table"
    format: Literal["csv"] = "csv"
    mediatype: Literal["text/csv"] = "text/csv"
    encoding: Literal["utf-8"] = "utf-8"
    sources: Any = None
    licenses: Any = None


class Periods(NamedTuple):
    """What the periods are called, and the first and the last date of each."""

    name: str
    spans: tuple[tuple[pd.Timestamp, pd.Timestamp], ...]

    def hold(self, dates: pd.Series) -> pd.Series:
        """Which of some dates lie in a period."""
        inside = pd.Series(False, dates.index)
        for first, last in self.spans:
            inside |= dates.between(first, last)
        return inside


class Package(Strict):
    """The table, and the periods to shade in its pictures and to score by."""

    schema_: Any = Field(None, alias="$schema")
    name: str = ""
    title: Line = ""
    description: str = ""
    where: Line = ""  # what the table describes, as in: unemployed persons in Norway
    homepage: Any = None
    version: Any = None
    created: Any = None
    keywords: Any = None
    contributors: Any = None
    sources: Any = None
    licenses: Any = None
    resources: Annotated[list[Resource], Field(min_length=1, max_length=2)]

    def model_post_init(self, _: Any) -> None:
        found = [(resource.name, resource.path) for resource in self.resources]
        expected = [("table", "table.csv"), ("periods", "periods.csv")]
        if found != expected[: len(found)]:
            raise ValueError("resources should be table (table.csv) and periods (periods.csv)")

    @property
    def table(self) -> Schema:
        return self.resources[0].table


def read_package(project: Path = Path()) -> Package:
    """Read and check the whole of data/datapackage.json.

    Raises InputError naming every mistake in the file.
    """
    return parse_package((project / PACKAGE).read_bytes(), PACKAGE)


def parse_package(content: bytes, path: str) -> Package:
    """Check the content of the datapackage.json at `path`."""
    try:
        tree = json.loads(content, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    try:
        return Package.model_validate(tree)
    except ValidationError as error:
        raise refusal(error, path, Package) from None


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; raises ValueError where a name stands twice: one would be lost."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        if name in tree:
            raise ValueError(f"{name} is given twice")
        tree[name] = value
    return tree


def read_periods(package: Package, project: Path = Path()) -> Periods:
    """The periods of data/periods.csv; raises InputError where a line holds none."""
    if len(package.resources) < 2:
        return Periods("", ())
    resource = package.resources[1]
    path = f"data/{resource.path}"
    spans = []
    try:
        lines = (project / path).read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} should be UTF-8 text, found {error.object[error.start]:#04x}"
        ) from None
    for line, row in enumerate(csv.reader(lines), 1):
        try:
            first, last = row if line == 1 else map(pd.Timestamp, map(date.fromisoformat, row))
            wrong = row != ["first", "last"] if line == 1 else first > last
        except ValueError:
            wrong = True
        if wrong:
            expected = "the first and the last date of a period" if line > 1 else "first,last"
            raise InputError(f"{path}: line {line} should be {expected}, found {','.join(row)!r}")
        spans.append((first, last))
    return Periods(resource.title or resource.name, tuple(spans[1:]))


def check_prepare(params: Prepare, table: Schema) -> None:
    """Raise InputError naming every parameter that the described table does not allow."""
    chosen = {"target": params.target}
    chosen |= {f"features[{place}]": name for place, name in enumerate(params.features)}
    for place, level in enumerate(params.levels):
        chosen[f"levels[{place}].column"] = level.column
        if level.per is not None:
            chosen[f"levels[{place}].per"] = level.per
    mistakes = [
        f"prepare.{where} is not a column of numbers in {PACKAGE}, found {name!r:.100}"
        + meant(name, table.numbers)
        for where, name in chosen.items()
        if name not in table.numbers
    ]
    if table.date is None:
        without_dates = {"transform": "level", "lags": 1, "horizon": 0}
        mistakes += [
            f"prepare.{name} should be {only} for a table without dates, found {value}"
            for name, only in without_dates.items()
            if (value := getattr(params, name)) != only
        ]
        mistakes += [
            f"prepare.levels[{place}].per_lag should be 0 for a table without dates, "
            f"found {level.per_lag}"
            for place, level in enumerate(params.levels)
            if level.per_lag
        ]
    if mistakes:
        raise InputError("\n  ".join(["params.yaml is wrong:", *mistakes]))


def meant(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f": did you mean {close[0]}?" if close else f": it has {', '.join(names)}"
