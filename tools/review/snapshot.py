"""What a revision's pipeline was told, and what came of it."""

import csv
import json
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from regression.errors import InputError
from regression.package import PACKAGE, Column, Package, parse_package
from tools.check_lock import Mismatch, Pipeline, Stage, behind, flatten, load, out_of_step
from tools.revisions import LARGEST_TREE, Revision, check_tree, short

METRICS, PREDICTIONS = "metrics/metrics.json", "metrics/predictions.csv"
VALIDATION, HELD_OUT = "metrics/validation.json", "metrics/validation.csv"
LARGEST_TABLE, MOST_COLUMNS = 40_000_000, 2_000  # bytes, and columns, of a table
ENDS = ["lower", "upper"]
LARGEST_NUMBER = 15  # digits before the decimal point and after it


class Snapshot(NamedTuple):
    """A revision with its parameters, its metrics, its predictions, and what its table is.

    `predictions` has the columns date (row, where there are none), actual, predicted and
    persistence, as a rule lower and upper, and from two networks on member_1 and so on: a line for
    each test row in that order. `held_out` has those up to persistence, and linear, of training
    rows that networks answered which had not learnt them. What is not in Git is empty, or None.
    `mismatches` are where dvc.lock is not in step. Where a run stopped after the stage that holds
    out rows, the stages left are `not_run`, and `stale` is what they made before: that is left out.
    """

    revision: Revision
    params: dict[str, Any]
    metrics: dict[str, Decimal]
    predictions: pd.DataFrame
    held_out: pd.DataFrame
    package: Package | None
    mismatches: tuple[Mismatch, ...] = ()
    not_run: tuple[str, ...] = ()
    stale: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The column that tells the rows apart."""
        return "date" if "date" in (self.held_out if self.not_run else self.predictions) else "row"

    @property
    def target(self) -> Column | None:
        """What is predicted, where the table is described."""
        name = self.params.get("prepare.target")
        if self.package is None or name not in self.package.table.numbers:
            return None
        return self.package.table[name]

    @property
    def members(self) -> pd.DataFrame:
        """The predictions of each network: without member columns it was one."""
        members = self.predictions.filter(regex=r"^member_[0-9]+\Z")
        return members if len(members.columns) else self.predictions[["predicted"]]

    @property
    def seeds(self) -> range:
        first = self.params["train.seed"]
        return range(first, first + len(self.members.columns))


def take_snapshot(revision: Revision) -> Snapshot:
    """Read a revision's parameters and metrics; raises InputError where one is damaged."""
    params = flatten(revision.read_yaml("params.yaml"))
    seed = params.get("train.seed")
    if type(seed) is not int or not 0 <= seed < 2**32:
        raise InputError(
            f"params.yaml in {revision} should have a whole number train.seed "
            f"below {2**32}, found {short(seed)}"
        )
    there = revision.paths
    metrics = {
        path: read_metrics(revision, path) for path in (METRICS, VALIDATION) if path in there
    }
    tables = {
        path: read_predictions(revision, path) for path in (PREDICTIONS, HELD_OUT) if path in there
    }
    package = None
    if PACKAGE in there:
        package = parse_package(revision.read(PACKAGE, LARGEST_TREE), f"{PACKAGE} in {revision}")
    mismatches = out_of_step(revision)
    stages = load(Pipeline, revision, "dvc.yaml").stages
    not_run = stopped_before(stages, mismatches)
    stale = frozenset(path for name in not_run for path in stages[name].outputs)
    predictions, held_out = (
        no_predictions() if path in stale else tables.get(path, no_predictions())
        for path in (PREDICTIONS, HELD_OUT)
    )
    return Snapshot(
        revision,
        params,
        {
            name: metrics[path][name]
            for path in metrics
            if path not in stale
            for name in metrics[path]
        },
        predictions,
        held_out,
        package,
        tuple(mismatches),
        not_run,
        stale,
    )


def stopped_before(stages: dict[str, Stage], mismatches: list[Mismatch]) -> tuple[str, ...]:
    """The stages that have not run, where all that stands behind the held-out rows has."""
    held_out = behind(stages, HELD_OUT)
    if not held_out or any(each.stage not in {*stages} - held_out for each in mismatches):
        return ()
    return tuple(dict.fromkeys(each.stage for each in mismatches if each.kind == "not rerun"))


def read_metrics(revision: Revision, path: str) -> dict[str, Decimal]:
    """The metrics under names such as test.rmse, with the digits that they are printed with."""
    text = revision.read(path, LARGEST_TREE)
    try:
        tree = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=Decimal)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path} in {revision} is no JSON: line {error.lineno}: {error.msg}"
        ) from None
    except ArithmeticError:
        raise InputError(
            f"{path} in {revision} should hold finite numbers, found one that is too large"
        ) from None
    except RecursionError:
        raise InputError(f"{path} in {revision} is no JSON: it is nested too deep") from None
    except ValueError:
        raise InputError(f"{path} in {revision} is no JSON: it is no text") from None
    metrics = flatten(check_tree(tree, f"{path} in {revision}"))
    for name, value in metrics.items():
        if not isinstance(value, Decimal) or not value.is_finite():
            raise InputError(
                f"{path} in {revision} should hold finite numbers, found {name}: "
                + (f"{value!s:.50}" if isinstance(value, Decimal | str) else short(value))
            )
        _, digits, exponent = value.as_tuple()
        if max(len(digits) + int(exponent), -int(exponent)) > LARGEST_NUMBER:
            raise InputError(
                f"{path} in {revision} should hold numbers of at most {LARGEST_NUMBER} digits "
                f"before the decimal point and after it, found {name}: {value!s:.50}"
            )
    return metrics


def read_predictions(revision: Revision, path: str) -> pd.DataFrame:
    """A line for each row; raises InputError where a column lacks or a cell holds no such thing.

    Without folds no training row is held out; rows that test there always are.
    """
    content = revision.read(path, LARGEST_TABLE)
    if content.partition(b"\n")[0].count(b",") >= MOST_COLUMNS:
        raise InputError(f"{path} in {revision} should have at most {MOST_COLUMNS} columns")
    try:
        cells = pd.read_csv(
            BytesIO(content), dtype=str, keep_default_na=False, skip_blank_lines=False
        )
    except ValueError as error:
        raise InputError(f"{path} in {revision} is no table: {str(error).strip()}") from None
    key = "date" if "date" in cells else "row"
    expected = [key, "actual", "predicted", *["fold"] * (path == HELD_OUT)]
    if not {*expected} <= {*cells} or not isinstance(cells.index, pd.RangeIndex):
        raise InputError(
            f"{path} in {revision} should have the columns date (or row), "
            f"{', '.join(expected[1:])}, found {', '.join(cells)[:200]}"
        )
    if "persistence" not in cells:
        cells["persistence"] = ""
    numbers = cells.filter(
        regex=r"^(fold|actual|predicted|persistence|linear|lower|upper|member_[0-9]+)\Z"
    )
    table = numbers.apply(pd.to_numeric, errors="coerce").astype(float)
    table = table.where(table.abs() < 10.0**LARGEST_NUMBER)
    if key == "date":
        keys = pd.to_datetime(cells[key], format="%Y-%m-%d", errors="coerce")
    else:
        keys = pd.to_numeric(cells[key].where(cells[key].str.fullmatch("[0-9]{1,15}")))
    table.insert(0, key, keys)
    empty = table["persistence"].isna() & (cells["persistence"] == "")
    wrong = table.isna().drop(columns=["persistence", *ENDS], errors="ignore").any(axis=1)
    wrong |= table[key].duplicated()
    wrong |= table["persistence"].isna() & ~empty
    if table.empty and path == PREDICTIONS:
        raise InputError(f"{path} in {revision} should have a line for each test row, found none")
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{path} in {revision} should have one line of numbers for each row, "
            f"found in line {row + 2}: {','.join(cells.iloc[row])[:80]}"
        )
    return table.sort_values(key, ignore_index=True)


def no_predictions() -> pd.DataFrame:
    numbers = {name: np.array([]) for name in ("fold", "actual", "predicted", "persistence")}
    return pd.DataFrame({"date": pd.to_datetime([]), **numbers})


def read_row(revision: Revision, path: str) -> dict[str, str]:
    """The first row of a table; raises InputError where another has its name, or is no such row."""
    text = revision.read(path, LARGEST_TABLE).decode(errors="replace")
    try:
        header, *rows = csv.reader(StringIO(text, newline=""))
    except (csv.Error, ValueError) as error:
        raise InputError(f"{path} in {revision} is no table: {error}") from None
    found = [row for row in rows if row[:1] == rows[0][:1]]
    if len(found) != 1 or len(found[0]) != len(header) or len({*header}) < len(header):
        name = f"{found[0][0]:.50}" if found and found[0] else "for each column"
        raise InputError(f"{path} in {revision} should have one row {name}, found {len(found)}")
    return dict(zip(header, found[0], strict=True))
