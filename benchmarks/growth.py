"""Measure how time and memory grow with the rows of the table, stage by stage, and draw it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from benchmarks.measuring import FROZEN, ROOT, commit, environment, measure
from regression.errors import run
from regression.files import write_json
from regression.report.backend import make_figure, rcParams
from regression.report.markdown import markdown_table
from tools.command import Parser

COLUMNS = 10
STEPS = {
    "prepare": "python -m stages.prepare",
    "split": "python -m stages.split",
    "train": "python -m stages.train",
    "evaluate": "python -m stages.evaluate",
    "review": "python -m tools.review HEAD~1 HEAD",
    "predict": "python -m tools.predict data/table.csv --output predicted.csv",
}


def make_table(rows: int, dated: bool) -> pd.DataFrame:
    """A target that depends on ten columns, with six digits each; by days where it has dates."""
    generator = np.random.default_rng(0)
    x = generator.normal(100, 10, (rows, COLUMNS))
    y = x @ np.linspace(-1, 1, COLUMNS) + generator.normal(0, 5, rows) + 100
    table = pd.DataFrame(x, columns=[f"x{column}" for column in range(COLUMNS)]).assign(y=y)
    table = table.round(3)
    if dated:
        table.insert(0, "date", pd.date_range("1700-01-01", periods=rows, freq="D"))
    return table


def lay_out(project: Path, rows: int, dated: bool) -> None:
    """A project of such a table."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listing, cwd=ROOT, text=True).split("\0")[:-1]:
        if name.startswith(("stages/", "regression/", "tools/", "dvc.yaml", "requirements.txt")):
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, project / name)
    (project / "data").mkdir()
    table = make_table(rows, dated)
    table.to_csv(project / "data/table.csv", index=False)
    fields = [{"name": name, "type": "number", "decimals": 2} for name in table if name != "date"]
    schema: dict = {"fields": fields}
    if dated:
        fields.insert(0, {"name": "date", "type": "date", "frequency": "D"})
        schema["primaryKey"] = ["date"]
    resources = [{"name": "table", "path": "table.csv", "schema": schema}]
    write_json({"resources": resources}, str(project / "data/datapackage.json"))
    params = yaml.safe_load((FROZEN / "params.yaml").read_text())
    features = [name for name in table if name.startswith("x")]
    params["prepare"] |= {"target": "y", "features": features}
    params["split"]["method"] = "chronological" if dated else "random"
    params["train"] |= {"scaling": "standard", "layers": [16], "members": 2, "epochs": 1}
    params["train"]["batch_size"] = 32 if rows < 100_000 else 1024
    (project / "params.yaml").write_text(yaml.safe_dump(params))


def commit_twice(project: Path) -> None:
    """A base, and a head whose networks predict otherwise, for the review."""
    pointer = f"outs:\n- md5: {'a' * 32}\n  path: table.csv\n"
    (project / "data/table.csv.dvc").write_text(pointer)
    (project / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    (project / ".gitignore").write_text("/data/*.csv\n/models\n")
    commit(project)
    path = project / "metrics/predictions.csv"
    table = pd.read_csv(path)
    members = table.filter(like="member_")
    table[members.columns] += np.random.default_rng(1).normal(0, 1, members.shape)
    table.round(2).to_csv(path, index=False)
    commit(project)


def grow(rows: int, dated: bool) -> list[dict]:
    """Seconds and peak memory in MB of each step for a table of so many rows."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        lay_out(project, rows, dated)
        megabytes = (project / "data/table.csv").stat().st_size / 1e6
        for step, command in STEPS.items():
            if step == "review":
                commit_twice(project)
            told = measure(command, project)
            found.append({"rows": rows, "dated": dated, "step": step, "file": megabytes})
            found[-1] |= {"seconds": told["seconds"], "peak": told["command_max_rss"] / 1e6}
            print(json.dumps(found[-1]), flush=True)
    return found


def report(found: pd.DataFrame) -> str:
    """A row for each step and kind of table, seconds and MB for each number of rows."""
    counts = sorted(found["rows"].unique())
    lines = []
    for (dated, step), group in found.groupby(["dated", "step"], sort=False):
        cells = group.set_index("rows")
        shown = [
            f"{cells['seconds'][count]:.1f} s, {cells['peak'][count]:.0f} MB"
            if count in cells.index
            else ""
            for count in counts
        ]
        lines.append(["by days" if dated else "no dates", step, *shown])
    return markdown_table(["table", "step", *(f"{count:,} rows" for count in counts)], lines)


def draw(found: pd.DataFrame, path: str) -> None:
    """Seconds and memory over rows, both on logarithmic scales."""
    figure = make_figure(9, 4)
    rcParams["text.parse_math"] = True  # 10³ is one
    panels = figure.subplots(1, 2)
    for axes, value, label in zip(panels, ("seconds", "peak"), ("seconds", "peak MB"), strict=True):
        for (dated, step), group in found.groupby(["dated", "step"], sort=False):
            style = "--" if dated else "-"
            name = f"{step}, by days" if dated else step
            axes.loglog(group["rows"], group[value], style, marker=".", label=name)
        axes.set(xlabel="rows", ylabel=label)
        axes.grid(color="0.9", linewidth=0.6)
    marks = panels[0].get_legend_handles_labels()
    figure.legend(*marks, loc="outside lower center", ncols=6, frameon=False, fontsize=8)
    figure.savefig(path, dpi=130)


def main() -> None:
    parser = Parser("benchmarks.growth", __doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10**3, 10**4, 10**5, 10**6])
    parser.add_argument("--days", type=int, nargs="+", default=[10**3, 10**4, 10**5])
    options = parser.parse_args()
    if sys.platform == "win32":
        sys.exit("the peak memory of a process is not to be had on Windows")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= environment(Path(folder))
        found = [each for rows in options.rows for each in grow(rows, dated=False)]
        found += [each for rows in options.days for each in grow(rows, dated=True)]
    table = pd.DataFrame(found)
    draw(table, "benchmarks/growth.png")
    print(report(table))


if __name__ == "__main__":
    run(main)
