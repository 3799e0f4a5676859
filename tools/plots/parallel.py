"""Parallel coordinates of the experiments: a line for each, through its parameters to its RMSE."""

import csv
import subprocess
import sys
from collections.abc import Iterable
from io import StringIO
from typing import Any

from regression.errors import InputError
from regression.params import Params
from regression.report.plots import VERMILION

SCORE = "validation.rmse"
MOST_TICKS = 8
ROOM = 0.06  # of the height, for a label
PARAMS = [
    f"{section}.{name}"
    for section, field in Params.model_fields.items()
    for name in getattr(field.annotation, "model_fields", {})
]


def parallel_coordinates() -> list[dict[str, Any]]:
    """The plot of the experiments on the commit that is checked out; none of fewer than two."""
    rows = different(read_experiments())
    names = [name for name in PARAMS if varies(rows, name)]
    return [plot(rows, names)] if names and varies(rows, SCORE) else []


def read_experiments() -> list[dict[str, str]]:
    """The rows of `dvc exp show --csv`, the commit itself first; only what has a score."""
    command = [sys.executable, "-m", "dvc", "exp", "show", "--csv"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise InputError(f"dvc exp show: {' '.join(done.stderr.split())}")
    rows = csv.DictReader(StringIO(done.stdout))
    return [
        {name: written(value or "") for name, value in row.items()}
        for row in rows
        if row["rev"] != "workspace" and is_number(row.get(SCORE) or "")
    ]


def written(value: str) -> str:
    """A list as -S takes it, [pce, pop]: DVC writes its texts in quotes."""
    return value.replace("'", "") if value.startswith("[") else value


def different(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first of those with the same parameters: a trial and its evaluation are one line."""
    found: dict[tuple, dict[str, str]] = {}
    for row in rows:
        params = tuple(row.get(name) for name in PARAMS)
        found.setdefault(params, row)
    return [*found.values()]


def varies(rows: list[dict[str, str]], name: str) -> bool:
    return len({row.get(name) for row in rows}) > 1


def is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False


def heights(values: Iterable[str], evenly: bool) -> dict[str, float]:
    """How high each value stands on its axis, from 0 to 1: numbers by size."""
    texts = {*values}
    if not all(map(is_number, texts)):
        ordered, evenly = sorted(texts), True
    else:
        ordered = sorted(texts, key=float)
    if evenly:
        return {text: place / (len(ordered) - 1) for place, text in enumerate(ordered)}
    low, high = float(ordered[0]), float(ordered[-1])
    return {text: (float(text) - low) / (high - low) for text in ordered}


def plot(rows: list[dict[str, str]], names: list[str]) -> dict[str, Any]:
    """The Vega-Lite specification, with its data."""
    axes = [*names, SCORE]
    places = {
        name: heights([row.get(name, "") for row in rows], name != SCORE and few(rows, name))
        for name in axes
    }
    points = [
        {
            "experiment": row["Experiment"] or row["rev"],
            "committed": row["typ"] == "baseline",
            "axis": name,
            "value": row.get(name, ""),
            "height": places[name][row.get(name, "")],
            "score": float(row[SCORE]),
        }
        for row in rows
        for name in axes
    ]
    ticks = [
        {"axis": name, "value": value, "height": height}
        for name in axes
        for value, height in marked(places[name])
    ]
    x = {
        "field": "axis",
        "type": "nominal",
        "sort": axes,
        "scale": {"type": "point", "padding": 0.5},
        "axis": {
            "title": None,
            "labelAngle": 0,
            "labelExpr": "split(datum.label, '.')",  # a section and its parameter, in two lines
            "labelLimit": {"expr": f"width / {len(axes)} - 4"},
            "domain": False,
            "ticks": False,
            "grid": True,
        },
    }
    label = {
        "type": "text",
        "align": "left",
        "dx": 6,
        "dy": -9,
        "limit": {"expr": f"max(56, width / {len(axes)} - 10)"},
    }
    text = {"text": {"field": "value"}, "tooltip": {"field": "value"}}
    y = {
        "field": "height",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [-0.05, 1.1], "nice": False},
    }
    colour = {
        "field": "score",
        "type": "quantitative",
        "title": SCORE,
        "scale": {"scheme": {"name": "viridis", "extent": [0, 0.85]}, "zero": False},
        "legend": {"direction": "horizontal", "titleOrient": "top"},
    }
    tooltip = [{"field": field} for field in ("experiment", "axis", "value", "score")]
    detail = {"detail": {"field": "experiment"}, "tooltip": tooltip}
    dashed = {"type": "line", "strokeDash": [6, 4], "strokeWidth": 3, "color": VERMILION}
    return {
        "title": "Experiments by validation RMSE (dashed: as committed)",
        "height": 300,
        "view": {"stroke": None},
        "data": {"values": points},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "line", "opacity": 0.8}, "encoding": {**detail, "color": colour}},
            {"transform": [{"filter": "datum.committed"}], "mark": dashed, "encoding": detail},
            # Between a label and the lines that it lies on, its edge in the colour of the page.
            {"data": {"values": ticks}, "mark": {**label, "style": "halo"}, "encoding": text},
            {"data": {"values": ticks}, "mark": label, "encoding": text},
            {
                "data": {"values": ticks},
                "mark": {"type": "tick", "orient": "horizontal", "size": 8},
            },
        ],
    }


def few(rows: list[dict[str, str]], name: str) -> bool:
    return len({row.get(name) for row in rows}) <= MOST_TICKS


def marked(places: dict[str, float]) -> list[tuple[str, float]]:
    """The values that are written at an axis: the lowest, the highest, those with room between."""
    lowest, *between, highest = sorted(places.items(), key=lambda place: place[1])
    found = [lowest, highest]
    for place in between:
        if all(abs(place[1] - other) >= ROOM for _, other in found):
            found.append(place)
    return found
