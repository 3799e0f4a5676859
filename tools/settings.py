"""What -S of `dvc exp run` sets, read by the library that DVC reads it with."""

import hashlib
import json
from collections.abc import Iterable
from itertools import islice, product
from math import prod
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml
from dvc.exceptions import InvalidArgumentError
from dvc.utils.hydra import apply_overrides, to_hydra_overrides
from hydra.core.override_parser.types import Override, Quote, QuotedString, ValueType
from hydra.errors import OverrideParseException

from regression.errors import InputError
from regression.params import Params, parse_params
from tools.check_lock import flatten
from tools.command import Parser
from tools.revisions import Revision

MOST = 1_000  # trials of a sweep
MOST_VALUES = 100_000  # of a parameter, to take a sample of


class Trial(NamedTuple):
    """A commit with parameters set otherwise, under a name that follows from both.

    `settings` are sorted and each differs from the commit, however it was written: two ways of
    saying the same are one trial. `folds` is its train.folds.
    """

    commit: str
    settings: tuple[str, ...]
    name: str
    folds: int

    def __str__(self) -> str:
        return " ".join(self.settings) or "as committed"


def make_trial(commit: str, committed: Params, settings: list[str]) -> Trial:
    """Raises InputError naming every mistake in the settings."""
    chosen = apply(settings, committed, " ".join(["params.yaml after", *settings]))
    before, after = (flatten(params.model_dump(mode="json")) for params in (committed, chosen))
    changed = {key: after[key] for key in sorted(after) if after[key] != before[key]}
    written = tuple(f"{key}={literal(value)}" for key, value in changed.items())
    if apply([*written], committed, "params.yaml") != chosen:
        raise InputError(f"-S cannot say {' '.join(written)}: write it into params.yaml, commit")
    digest = hashlib.sha256(json.dumps([commit, changed]).encode()).hexdigest()
    return Trial(commit, written, f"trial-{digest[:12]}", chosen.train.folds)


def params_of(commit: str) -> Params:
    revision = Revision(commit)
    return parse_params(revision.read("params.yaml"), f"params.yaml in {revision}")


def apply(settings: list[str], params: Params, where: str) -> Params:
    """The parameters after `dvc exp run` with -S and each setting.

    Raises InputError naming every mistake.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        path.write_text(yaml.safe_dump(params.model_dump()))
        try:
            apply_overrides(path, settings)
        except InvalidArgumentError as error:
            told = first_line(error.__cause__)
            if told.startswith("Could not override"):
                told += " It is no parameter; to add one, see CONTRIBUTING.md"
            raise InputError(f"{where} is wrong: {told}") from None
        return parse_params(path.read_bytes(), where)


def first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]


def literal(value: Any) -> str:
    """A value as -S takes it."""
    if isinstance(value, str):
        return QuotedString(value, Quote.double).with_quotes()
    if isinstance(value, list):
        return f"[{','.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{literal(inner)}' for key, inner in value.items())}}}"
    return json.dumps(value)


def take_settings(parser: Parser, example: str) -> None:
    """Have a tool take settings, as -S; `words` reads them."""
    parser.add_argument(
        "-S",
        "--set-param",
        dest="settings",
        action="append",
        default=[],
        metavar="SETTING",
        help=f"a parameter as dvc exp run takes it, as in {example}",
    )


def words(texts: Iterable[str]) -> list[str]:
    """The settings in texts with blanks between them.

    Blanks in brackets, in quotes and after a comma belong to a setting.
    """
    return [word for text in texts for word in split_settings(text)]


def split_settings(text: str) -> list[str]:
    found, quote, depth = [""], "", 0
    for char in text:
        inside = quote or depth > 0 or found[-1].endswith(",")
        if char.isspace() and not inside:
            found.append("")
            continue
        found[-1] += char
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            depth += (char in "([{") - (char in ")]}")
    return [word.strip() for word in found if word.strip()]


def grid(settings: list[str], samples: int | None = None) -> list[list[str]]:
    """Every combination of the values of settings such as train.epochs=20,50, or so many of them.

    A sample is the same each time, so that a sweep can be run again. Of a parameter that is set
    twice the last counts, as DVC has it.
    """
    choices: dict[str, list[str]] = {}
    try:
        for each in to_hydra_overrides(settings):
            key = each.get_key_element()
            choices.pop(key, None)
            choices[key] = settings_of(each)
    except OverrideParseException as error:
        raise InputError(f"-S: {first_line(error)}") from None
    count = prod(map(len, choices.values()))
    if samples is not None and samples < count:
        picked = sorted(Random(0).sample(range(count), samples))
        return [combination(number, [*choices.values()]) for number in picked]
    if count > MOST:
        raise InputError(
            f"a sweep should have at most {MOST} trials, found {count}: take a sample of them"
        )
    return [list(each) for each in product(*choices.values())]


def settings_of(override: Override) -> list[str]:
    """A setting for each value."""
    if not override.is_sweep_override():
        return [override.input_line or ""]
    if override.value_type == ValueType.GLOB_CHOICE_SWEEP or not override.is_discrete_sweep():
        raise InputError(
            f"-S {override.input_line}: should list its values, as in train.epochs=20,50 or "
            "range(20,60,10)"
        )
    try:
        found = list(islice(override.sweep_string_iterator(), MOST_VALUES + 1))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise InputError(f"-S {override.input_line}: {first_line(error)}") from None
    if not 0 < len(found) <= MOST_VALUES:
        many = "none" if not found else "more"
        raise InputError(
            f"-S {override.input_line}: should have 1 to {MOST_VALUES} values, found {many}"
        )
    return [f"{override.get_key_element()}={value}" for value in found]


def combination(number: int, choices: list[list[str]]) -> list[str]:
    """The combination of that number, as `product` counts them."""
    found = []
    for values in reversed(choices):
        number, place = divmod(number, len(values))
        found.append(values[place])
    return found[::-1]
