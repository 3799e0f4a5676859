"""The schema of params.yaml: every parameter, its type and its range."""

import json
import re
from collections.abc import Hashable
from difflib import get_close_matches
from pathlib import Path
from reprlib import Repr
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PlainValidator,
    PositiveInt,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import ErrorDetails

from regression.errors import InputError

Column = Annotated[str, Field(min_length=1)]  # of data/datapackage.json
# No number is larger than what some machine could still do, so that a slip is not tried.
Units = Annotated[PositiveInt, Field(le=100_000)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # what NumPy takes


def check_unique(features: list[str]) -> list[str]:
    if len(set(features)) < len(features):
        raise ValueError("should name each column once")
    return features


def check_horizon(horizon: int, info: ValidationInfo) -> int:
    transform = info.data.get("transform", "level")
    if horizon == 0 and transform != "level":
        raise ValueError(f"should be 1 or more for {transform}: a change takes time")
    if horizon == 0 and info.data.get("target") in info.data.get("features", []):
        raise ValueError("should be 1 or more where the target is one of prepare.features")
    return horizon


def check_levels(levels: list["Level"], info: ValidationInfo) -> list["Level"]:
    names = [level.name for level in levels]
    if len(set(names)) < len(names):
        raise ValueError("should hold each column, and each pair of them, once")
    told = [name for level in levels for name in level.current]
    if info.data.get("horizon") == 0 and info.data.get("target") in told:
        raise ValueError("should not tell the target where prepare.horizon is 0: it is the answer")
    return levels


def check_seeds(seed: int, info: ValidationInfo) -> int:
    if seed + info.data.get("members", 1) > 2**32:
        raise ValueError("should leave each member a seed below 4294967296")
    return seed


def check_folds(folds: int) -> int:
    if folds == 1:
        raise ValueError("should be 0 or at least 2: a single fold has nothing to learn from")
    return folds


def check_test_size(test_size: Any) -> int | float:
    fraction = type(test_size) is float and 0 < test_size < 1
    if not fraction and not (type(test_size) is int and test_size > 0):
        raise ValueError("should be a fraction between 0 and 1 or a whole number of rows")
    return test_size


class Strict(BaseModel):
    """What a file may hold: no field more, no type but its own, finite numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Level(Strict):
    """A column as it stands at the origin, or its ratio to another one."""

    column: Column
    per: Column | None = None
    per_lag: Annotated[NonNegativeInt, Field(le=10_000)] = 0  # periods that `per` is older

    def model_post_init(self, _: Any) -> None:
        if self.per == self.column:
            raise ValueError(f"per should be another column than {self.column}")
        if self.per_lag and self.per is None:
            raise ValueError("per_lag should stand beside per, the column that it makes older")

    @property
    def name(self) -> str:
        """What the predictor is called."""
        return f"{self.column}_per_{self.per}" if self.per else f"{self.column}_level"

    @property
    def current(self) -> list[str]:
        """The columns whose figure at the origin itself is taken."""
        return [self.column, self.per] if self.per and not self.per_lag else [self.column]

    def __str__(self) -> str:
        return " ".join(f"{name} {value}" for name, value in self if value is not None)


class Section(Strict):
    def __str__(self) -> str:
        """All parameters on one line."""
        return "; ".join(f"{name} {shown(value)}" for name, value in self)


def shown(value: object) -> str:
    """A parameter as a reader writes it: a list by its items, the rest as in params.yaml."""
    if isinstance(value, list) and value:
        return ", ".join(map(shown, value))
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


class Prepare(Section):
    target: Column
    features: Annotated[list[Column], Field(min_length=1), AfterValidator(check_unique)]
    transform: Literal["level", "change", "log_change"]
    lags: Annotated[PositiveInt, Field(le=10_000)]
    horizon: Annotated[NonNegativeInt, Field(le=10_000), AfterValidator(check_horizon)]
    levels: Annotated[list[Level], Field(max_length=100), AfterValidator(check_levels)]

    @property
    def columns(self) -> list[str]:
        """Every column that the rows are made of, once."""
        older = [level.per for level in self.levels if level.per]
        return list(dict.fromkeys([*self.current, self.target, *older]))

    @property
    def current(self) -> list[str]:
        """The columns whose figures at the origin itself predict, once."""
        levels = [name for level in self.levels for name in level.current]
        return list(dict.fromkeys([*self.features, *levels]))

    @property
    def reach(self) -> int:
        """How many periods in a row, the origin's included, the predictors are made of."""
        changes = self.transform != "level"
        return max([self.lags + changes, *(level.per_lag + 1 for level in self.levels)])


class Split(Section):
    method: Literal["random", "chronological"]
    test_size: Annotated[int | float, PlainValidator(check_test_size)]
    seed: Seed


class Train(Section):
    scaling: Literal["max", "standard"]
    layers: Annotated[list[Units], Field(min_length=1, max_length=100)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: Annotated[float, Field(ge=0)]
    learning_rate: Annotated[float, Field(gt=0)]
    batch_size: Annotated[PositiveInt, Field(le=1_000_000_000)]
    epochs: Annotated[PositiveInt, Field(le=1_000_000)]
    members: Annotated[PositiveInt, Field(le=1_000)]
    folds: Annotated[NonNegativeInt, Field(le=1_000), AfterValidator(check_folds)]
    seed: Annotated[Seed, AfterValidator(check_seeds)]


class Evaluate(Section):
    coverage: Annotated[float, Field(gt=0, lt=1)]


class Params(Strict):
    prepare: Prepare
    split: Split
    train: Train
    evaluate: Evaluate


class Loader(yaml.SafeLoader):
    """Reads scalars as DVC does, by YAML 1.2; PyYAML's own rules are those of YAML 1.1.

    They differ where it hurts: 1e-06 (which DVC writes) is a number and not text,
    `no` is text and not false, 012 is twelve and not ten. Forms that are left out here,
    such as 0x1F, stay text and are refused by the schema.
    """

    yaml_implicit_resolvers: dict = {}  # noqa: RUF012  (as PyYAML declares it)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for node_of_key, _ in node.value:
            key = self.construct_object(node_of_key, deep=True)
            mark = node_of_key.start_mark
            if not isinstance(key, Hashable):
                raise yaml.MarkedYAMLError(problem="a list cannot be a name", problem_mark=mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"{key} is given twice", problem_mark=mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


# What was found is told in full, as far as a reader could want it.
FOUND = Repr()
FOUND.maxlevel, FOUND.maxlist, FOUND.maxstring, FOUND.maxother = 2, 20, 200, 200

for tag, pattern in {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"({pattern})\Z"), None)
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def load_params() -> Params:
    """Read and check the whole of params.yaml.

    Raises InputError naming every mistake in the file.
    """
    return parse_params(Path("params.yaml").read_bytes(), "params.yaml")


def parse_yaml(text: str | bytes, path: str) -> Any:
    """The tree that a YAML file holds; raises InputError where it is none."""
    try:
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        reason = f"{line}{error.problem}"
    except RecursionError:
        reason = "it is nested too deep"
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        reason = f"a value is not what its tag says: {error}"  # as in `!!int twenty`
    raise InputError(f"{path} is not YAML: {reason}")


def parse_params(text: str | bytes, path: str) -> Params:
    """Check the text of the params.yaml at `path`; raises InputError naming every mistake."""
    tree = parse_yaml(text, path)
    if not isinstance(tree, dict):
        raise InputError(f"{path} should hold the sections {', '.join(Params.model_fields)}")
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        raise refusal(error, path, Params) from None


def refusal(error: ValidationError, path: str, model: type[Strict]) -> InputError:
    """What to raise for the mistakes that pydantic found in a file: the first twenty of them."""
    found = error.errors(include_url=False)
    more = [f"and {len(found) - 20} more"] if len(found) > 20 else []
    mistakes = [explain(mistake, model) for mistake in found[:20]]
    return InputError("\n  ".join([f"{path} is wrong:", *mistakes, *more]))


def explain(mistake: ErrorDetails, model: type[Strict]) -> str:
    """One mistake that pydantic found, as a line: where, what was expected, what was found."""
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in mistake["loc"])
    where = f"{where.removeprefix('.'):.100}"
    if mistake["type"] == "missing":
        return f"{where} is missing"
    if mistake["type"] == "extra_forbidden":
        *section, key = mistake["loc"]
        close = get_close_matches(str(key), fields(model, section), n=1)
        kind, hint = "known property", ""
        if model is Params:
            kind, hint = "parameter", ": to add one, see CONTRIBUTING.md"
        return f"{where} is not a {kind}" + (f": did you mean {close[0]}?" if close else hint)
    if mistake["type"] == "model_type":
        names = ", ".join(fields(model, [*mistake["loc"]]))
        return f"{where} should hold {names}, found {FOUND.repr(mistake['input'])}".lstrip()
    expected = re.sub("^(Value error, |Input |List )| after validation.*", "", mistake["msg"])
    found = FOUND.repr(mistake["input"])
    if isinstance(mistake["input"], dict) and len(found) > 100:
        return f"{where} {expected}".lstrip()
    return f"{where} {expected}, found {found}".lstrip()


def fields(model: Any, section: list[int | str]) -> list[str]:
    """The names that may stand in a section, or at the top of the file."""
    for name in section:
        if isinstance(name, str):
            known = {field.alias or key: field for key, field in model.model_fields.items()}
            model = known[name].annotation
        elif get_args(model):
            model = get_args(model)[0]
    return [field.alias or key for key, field in model.model_fields.items()]
