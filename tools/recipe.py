"""The parameters of the forecast: those of params.yaml, or what the recipe makes of them."""

from pathlib import Path

from regression.errors import InputError
from regression.frequency import Frequency
from regression.package import PACKAGE, Package
from regression.params import Params, load_params
from tools.settings import apply


def load_forecast_params(settings: list[str]) -> tuple[Params, str]:
    """The parameters of the forecast with further settings, and where they come from.

    params.yaml itself where it describes a forecast (prepare.horizon of 1 or more), else what
    the recipe makes of it. Raises InputError naming every mistake.
    """
    params, source = load_params(), "params.yaml"
    if not params.prepare.horizon:
        recipe = Path("recipes/forecast")
        if not recipe.exists():
            raise InputError(f"{recipe} is missing: git restore {recipe}, or set prepare.horizon")
        params = follow(recipe.read_text("utf-8", errors="replace"), params)
        source = f"{recipe} on params.yaml"
    if settings:
        source = f"{source}, -S {' -S '.join(settings)}"
        params = apply(settings, params, source)
    return params, source


def follow(recipe: str, params: Params) -> Params:
    """The parameters after `dvc exp run` with the recipe: -S section.parameter=value, repeated.

    Raises InputError naming every mistake.
    """
    options, settings = recipe.split()[::2], recipe.split()[1::2]
    if options != ["-S"] * len(settings):
        raise InputError(
            "recipes/forecast should hold -S and a setting such as train.epochs=60, "
            f"again and again, found {recipe.strip()[:200]!r}"
        )
    return apply(settings, params, "params.yaml after recipes/forecast")


def need_dates(package: Package) -> Frequency:
    """The frequency of the table; raises InputError where it has no dates to forecast by."""
    frequency = package.table.frequency
    if frequency is None:
        raise InputError(
            f"{PACKAGE} should tell which column has the dates (primaryKey): "
            "a table without dates has nothing to forecast"
        )
    return frequency
