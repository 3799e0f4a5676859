"""Matplotlib, imported and set up whatever a user's shell and matplotlibrc say."""

import os

# A notebook's kernel names a backend of its own here: where that is missing, no import works.
os.environ.pop("MPLBACKEND", None)

from matplotlib import rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator


def make_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, that looks the same for everyone."""
    rcdefaults()
    rcParams["timezone"] = "UTC"  # which rcdefaults leaves as it is
    rcParams["text.parse_math"] = False  # a unit may have dollars in it
    return Figure(figsize=(width, height), layout="constrained")


__all__ = [
    "AutoDateLocator",
    "Axes",
    "Axis",
    "ConciseDateFormatter",
    "Figure",
    "MaxNLocator",
    "make_figure",
    "rcParams",
]
