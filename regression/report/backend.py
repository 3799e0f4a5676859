"""Matplotlib, imported and set up whatever a user's shell and matplotlibrc say."""

import os
import re
import warnings
from pathlib import Path

# A notebook's kernel names a backend of its own here: where that is missing, no import works.
os.environ.pop("MPLBACKEND", None)

from matplotlib import rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from regression.errors import complain
from regression.files import replacing


def make_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, that looks the same for everyone."""
    rcdefaults()
    rcParams["timezone"] = "UTC"  # which rcdefaults leaves as it is
    rcParams["text.parse_math"] = False  # a unit may have dollars in it
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, path: str) -> None:
    """Write a figure to a PNG; tell in a line which letters its font lacks, and draws as boxes."""
    with warnings.catch_warnings(record=True) as caught, replacing(path) as temporary:
        warnings.simplefilter("always")
        figure.savefig(temporary, dpi=130)
    told = [str(warning.message) for warning in caught]
    lacking = {chr(int(found[1])) for text in told if (found := re.match(r"Glyph (\d+) ", text))}
    if lacking:
        complain(
            f"warning: {Path(path).name} has boxes for {' '.join(sorted(lacking))}, which "
            f"{rcParams['font.sans-serif'][0]} lacks: titles and units in data/datapackage.json "
            "may be written in other letters"
        )


__all__ = [
    "AutoDateLocator",
    "Axes",
    "Axis",
    "ConciseDateFormatter",
    "Figure",
    "MaxNLocator",
    "make_figure",
    "rcParams",
    "save",
]
