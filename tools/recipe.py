"""The parameters of the forecast: those of params.yaml, or what the recipe makes of them."""

import re
from itertools import zip_longest
from pathlib import Path

import yaml
from pydantic import ValidationError

from regression.errors import InputError
from regression.params import Loader, Params, describe, load_params


def read_settings() -> tuple[Params, str]:
    """The parameters of the forecast, and where they come from.

    params.yaml itself where it describes a forecast (prepare.horizon of 1 or more), else what
    the recipe makes of it. Raises InputError naming every mistake.
    """
    params = load_params()
    if params.prepare.horizon:
        return params, "params.yaml"
    recipe = Path("recipes/forecast")
    if not recipe.exists():
        raise InputError(f"{recipe} is missing: git restore {recipe}, or set prepare.horizon")
    return follow(recipe.read_text("utf-8", errors="replace"), params), f"{recipe} on params.yaml"


def follow(recipe: str, params: Params) -> Params:
    """The parameters after `dvc exp run` with the recipe: -S section.parameter=value, repeated.

    Raises InputError naming every mistake, in one line.
    """
    tree, words = params.model_dump(), recipe.split()
    for option, setting in zip_longest(words[::2], words[1::2], fillvalue=""):
        parts = re.fullmatch(r"(\w+)\.(\w+)=(.+)", setting)
        try:
            value = yaml.load(parts[3], Loader) if option == "-S" and parts else None
        except yaml.YAMLError:
            value = None
        if value is None:
            raise InputError(
                "recipes/forecast should hold -S and a setting such as train.epochs=60, "
                f"again and again, found {option} {setting}"
            )
        tree.setdefault(parts[1], {})[parts[2]] = value
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        mistakes = "; ".join(map(describe, error.errors()))
        raise InputError(f"recipes/forecast is wrong: {mistakes}") from None
