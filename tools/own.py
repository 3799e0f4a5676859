"""Make this clone a project of a table of one's own: describe it, run the pipeline, commit once."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from math import floor, log10
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from regression.errors import InputError, counted, run, say
from regression.files import go_to_project, md5, write_json, write_text
from regression.frequency import Frequency
from regression.network.folds import folds
from regression.package import DATES, PACKAGE, TABLE, Package, check_prepare, parse_package
from regression.params import Params, Prepare, load_params, parse_params
from regression.raw import (
    NUMBER,
    check_format,
    parse_table,
    pivot_line,
    read_cells,
    read_header,
)
from regression.scores.scores import r2, score_skill
from stages.prepare import prepare
from stages.split import split
from tools.command import Parser
from tools.revisions import git

# What stands in a table for a figure that is not there.
MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "None", "."]

STARTS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "MON TUE WED THU FRI SAT SUN".split()
ALIASES = [
    *(f"Y{end}-{month}" for end in "SE" for month in STARTS),
    *(f"Q{end}-{month}" for end in "SE" for month in STARTS[:3]),
    *("MS", "ME"),
    *(f"W-{day}" for day in DAYS),
    *("B", "D"),
]
USUAL = {"YS-JAN": "YS", "YE-DEC": "YE", "QS-JAN": "QS", "QE-MAR": "QE"}

# 31/01/2000, 1.31.00, 2000/01, 20000131, 2000-01-31 12:00, 2000Q1, 2000-W05, Jan 2000.
OTHER_DATES = (
    r"\d{1,2}([/.-])\d{1,2}\1\d{2,4}( .*)?|\d{4}/\d{1,2}(/\d{1,2}.*)?|\d{4}\.\d{1,2}\.\d{1,2}"
    r"|(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
    r"|\d{4}-\d{1,2}-\d{1,2}[T ].*|\d{4}[- ]?[QMWqmw]\d{1,2}"
    r"|(\d{1,2} )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{4}"
)

WRITTEN = "README.md params.yaml pyproject.toml dvc.lock data metrics recipes .dvc/store".split()

LARGE, LARGE_BATCH = 100_000, 1024  # rows, and rows in a step of training for so many

README = """\
# {title}

Predicts {target} from {features}.

    make repro      # install into .venv, fetch the table, run the pipeline
    make test       # the same set-up, then the tests

How well it does so: [metrics/model_card.md](metrics/model_card.md).
What the table is: [data/README.md](data/README.md).
"""


def infer_package(content: bytes, path: str) -> dict[str, Any]:
    """A datapackage.json for a CSV file: types, dates and their frequency, decimals, missing cells.

    Raises InputError where it is no table, or one with a row for each series and date.
    """
    check_format(content, path)
    header = read_header(content, path)
    cells = pd.concat(read_cells(content, path, header))
    for number, name in enumerate(header, 1):
        if not name.strip() or re.fullmatch("Unnamed: [0-9]+", name):
            raise InputError(
                f"{path} should name column {number} in line 1, found {name!r}: name it, "
                "or leave it out where it numbers the rows (pandas: index=False)"
            )
    if len({*header}) < len(header):
        raise InputError(f"{path} should name each column once in line 1, found {','.join(header)}")
    missing = [""] + [word for word in MISSING[1:] if (cells == word).to_numpy().any()]
    fields = [describe_column(name, cells[name], missing) for name in header]
    if not any(field["type"] in DATES for field in fields):
        years = [place for place, name in enumerate(header) if are_years(cells[name])][:1]
        for place in years:
            fields[place] = {"name": header[place], "type": "year"}
    dates = [field for field in fields if field["type"] in DATES]
    schema: dict[str, Any] = {"fields": fields, "missingValues": missing}
    if dates:
        if pivot := pivot_line(content, path, header):
            raise InputError(f"{path} has a row for each series and date. {pivot}")
        form = DATES[dates[0]["type"]].form
        days = pd.to_datetime(cells[dates[0]["name"]], format=form, errors="coerce")
        if 1 < days.nunique() <= len(days) / 2:
            raise InputError(
                f"{path} should have a row for each {dates[0]['name']} and a column for each "
                f"series, found {days.nunique()} of them in {counted(len(days), 'row')}"
            )
        dates[0]["frequency"] = infer_frequency(days)
        schema["primaryKey"] = [dates[0]["name"]]
    resource = {"type": "table", "format": "csv", "encoding": "utf-8"}
    ends = [{"name": end, "type": "date"} for end in ("first", "last")]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "title": "",
        "where": "",
        "resources": [
            {"name": "table", "path": "table.csv", **resource, "schema": schema},
            {"name": "periods", "path": "periods.csv", **resource, "schema": {"fields": ends}},
        ],
    }


def describe_column(name: str, texts: pd.Series, missing: list[str]) -> dict[str, Any]:
    """A field of Table Schema, with a title and a unit to fill in where it holds numbers."""
    there = texts[~texts.isin(missing)]
    if len(there) and there.str.fullmatch(OTHER_DATES).all():
        raise InputError(
            f"{name} should have its dates as 2000-01-31, 2000-01 or 2000, found "
            f"{there.iloc[0]!r:.60}: write them so, or leave the column out"
        )
    for kind, date in DATES.items():
        dated = kind != "year" or re.search("year|date", name, re.IGNORECASE)
        if dated and len(there) and there.str.fullmatch(date.pattern).all():
            return {"name": name, "type": kind}
    numbers = there[there.str.fullmatch(NUMBER)]
    if len(numbers) <= len(there) / 2:  # else what is no number in it is a mistake
        return {"name": name, "type": "string"}
    values = pd.to_numeric(numbers)
    field = {
        "name": name,
        "type": "integer" if (values % 1 == 0).all() else "number",
        "title": "",
        "unit": "",
        "decimals": decimals(float(values.std())),
    }
    return {**field, "constraints": {"minimum": 0}} if values.min() >= 0 else field


def are_years(texts: pd.Series) -> bool:
    """Whether a column counts years, whatever it is called: 1950, 1951 and so on."""
    if len(texts) < 2 or not texts.str.fullmatch("[0-9]{4}").all():
        return False
    years = texts.astype(int)
    return bool((years.diff()[1:] == 1).all() and years.min() >= 1500 and years.max() <= 2200)


def decimals(deviation: float) -> int:
    """As many as leave an error as large as the deviation three digits or more."""
    return min(max(2 - floor(log10(deviation)), 0), 9) if deviation > 0 else 1


def infer_frequency(dates: pd.Series) -> str:
    """The widest frequency that has every one of some dates."""
    days = dates.dropna()
    found = next((alias for alias in ALIASES if Frequency(alias).has(days).all()), "D")
    return USUAL.get(found, found)


def choose_params(package: Package, target: str, features: list[str], rows: int) -> dict[str, Any]:
    """The parameters to begin with: those of params.yaml, with what another table needs.

    A table with no column beside the target and the dates is predicted from its own past.
    """
    params = load_params().model_dump()
    others = [name for name in package.table.numbers if name != target]
    frequency = package.table.frequency
    alone = frequency if not features and not others else None
    params["prepare"] |= {
        "target": target,
        "features": features or others or [target],
        "transform": "change" if alone else "level",
        "lags": min(alone.kind.per_year, 12) if alone else 1,
        "horizon": 1 if alone else 0,
        "levels": [],
    }
    params["split"]["method"] = "chronological" if frequency else "random"
    params["split"]["test_size"] = 0.3
    params["train"]["scaling"] = "standard"
    if rows > LARGE:
        params["train"]["batch_size"] = LARGE_BATCH
    return params


def check_rows(table: pd.DataFrame, params: Params, frequency: Frequency | None) -> None:
    """Raise InputError where a stage would, once it is too late to say so."""
    rows = prepare(table, params.prepare, frequency)
    train, test = split(rows, params.split)
    folds(train, params.split, params.train)
    actual, known = (test[name].astype("float64") for name in ("target", "known"))
    r2(actual, actual)
    if known.notna().any():
        score_skill(pd.DataFrame({"actual": actual, "predicted": actual, "persistence": known}))


def drop_the_tutorial(params: dict[str, Any]) -> None:
    """Leave of the pages and of pyproject.toml what holds for any table."""
    target = params["prepare"]["target"]
    features = ", ".join(params["prepare"]["features"])
    title = f"{target}, with Keras, under DVC"
    write_text(README.format(title=title, target=target, features=features), "README.md")
    how_to = Path("data/README.md").read_text("utf-8").partition("## Use your own table")
    about = "# The raw table\n\n`table.csv` is what `datapackage.json` describes.\n\n"
    write_text(about + how_to[1] + how_to[2], "data/README.md")
    recipes = Path("recipes/README.md").read_text("utf-8").partition("\n## ")[0]
    write_text(recipes.rstrip() + "\n", "recipes/README.md")
    Path("recipes/level").unlink(missing_ok=True)
    project = Path("pyproject.toml").read_text("utf-8")
    name = re.sub("[^a-z0-9]+", "-", target.lower()).strip("-") or "own"
    project = re.sub('^name = ".*"', f'name = "{name}-keras-dvc"', project, flags=re.MULTILINE)
    about = "A Keras network in a pipeline versioned by DVC."
    project = re.sub('^description = ".*"', f'description = "{about}"', project, flags=re.MULTILINE)
    write_text(project, "pyproject.toml")


def put_under_dvc() -> None:
    """Track the table in the project's own store, in the place of the one before."""
    pointer = Path(f"{TABLE}.dvc")
    before = yaml.safe_load(pointer.read_bytes())["outs"][0]["md5"]
    tree = {
        "outs": [{"md5": md5(TABLE), "hash": "md5", "path": Path(TABLE).name, "remote": "store"}]
    }
    write_text(yaml.safe_dump(tree, sort_keys=False), str(pointer))
    dvc("add", "--quiet", TABLE)
    dvc("push", "--quiet", f"{TABLE}.dvc")
    after = yaml.safe_load(pointer.read_bytes())["outs"][0]["md5"]
    if before != after:
        Path(f".dvc/store/files/md5/{before[:2]}/{before[2:]}").unlink(missing_ok=True)


def dvc(*arguments: str) -> None:
    """Run DVC; raises InputError with the way back where it fails."""
    if subprocess.run([sys.executable, "-m", "dvc", *arguments]).returncode:
        raise InputError(
            f"dvc {arguments[0]} failed: see above. Nothing is committed; the way back: "
            "git restore --staged --worktree . && git clean -fdq .dvc/store && make repro"
        )


def told(package: Package, params: Prepare, table: pd.DataFrame) -> str:
    """What was taken for what: the target, the predictors and the dates."""
    features = params.features
    shown = ", ".join(features[:10]) + f" and {len(features) - 10} more" * (len(features) > 10)
    dates = "no column of dates"
    if (date := package.table.date) and (frequency := package.table.frequency):
        first, last = frequency.ends(table["date"])
        there = frequency.count(len(frequency.calendar(table["date"])))
        dates = (
            f"dates in {date.name} ({date.frequency}, {len(table)} of {there}: {first} to {last})"
        )
    return f"{params.target} from {shown}; {dates}"


def to_fill_in(package: Package, used: list[str]) -> Iterator[str]:
    """What only a person knows, a line for each place in the description."""
    yield "title, where, sources, licenses"
    for name in used:
        lacking = [key for key in ("title", "unit") if not getattr(package.table[name], key)]
        if lacking:
            yield f"{name}: {', '.join(lacking)}"


def main() -> None:
    parser = Parser("tools.own", __doc__)
    parser.add_argument("table", metavar="TABLE", help="a CSV file")
    parser.add_argument("target", metavar="TARGET", help="the column to predict")
    parser.add_argument(
        "features",
        metavar="FEATURES",
        nargs="?",
        default="",
        help="the columns to predict it from, with commas between them (all others)",
    )
    options = parser.parse_args()
    source = Path(options.table).absolute()
    if not source.is_file():
        raise InputError(
            "make own TABLE=mine.csv TARGET=column should name a CSV file and its column, "
            f"found no file {options.table!r}"
        )
    go_to_project()
    content, path = source.read_bytes(), options.table
    tree = infer_package(content, path)
    package = parse_package(json.dumps(tree).encode(), PACKAGE)
    features = [name.strip() for name in options.features.split(",") if name.strip()]
    known, numbers = [column.name for column in package.table.fields], package.table.numbers
    if not options.target:
        raise InputError(
            f"make own TABLE={options.table} needs TARGET too, the column to predict: "
            f"{', '.join(numbers) or 'there is none of numbers'}"
        )
    for name in (options.target, *features):
        if name not in numbers:
            kind = "no column of numbers" if name in known else "no column"
            there = f"those are {', '.join(numbers)}" if numbers else "there is none"
            raise InputError(f"{path}: {name!r} is {kind}; {there}")
    table = parse_table(content, path, package.table, [options.target, *features])
    params = choose_params(package, options.target, features, len(table))
    text = yaml.safe_dump(params, sort_keys=False)
    parsed = parse_params(text, "params.yaml")
    check_prepare(parsed.prepare, package.table)
    if len(table) > 1 and table[options.target].nunique() == 1:
        raise InputError(f"{path}: {options.target} should vary, and it is alike in every row")
    try:
        check_rows(table, parsed, package.table.frequency)
    except InputError as error:
        raise InputError(
            f"{path}, with the parameters to begin with: {error}; others are set by hand, as "
            "data/README.md has it"
        ) from None
    git("var", "GIT_COMMITTER_IDENT")  # fails where Git does not know whose commit it would be
    if changed := git("diff", "--name-only", "HEAD").decode().split():
        raise InputError(f"uncommitted changes would be mixed in: first commit {changed[0]}")

    if source != Path(TABLE).absolute():
        Path(TABLE).unlink(missing_ok=True)  # which may be a link into DVC's cache
        shutil.copyfile(source, TABLE)
    write_json(tree, PACKAGE)
    write_text("first,last\n", "data/periods.csv")
    write_text(text, "params.yaml")
    drop_the_tutorial(params)
    put_under_dvc()
    dvc("repro")
    git("add", "--update", "--", *WRITTEN)  # not what else lies there
    git("add", "--", ".dvc/store")
    git("commit", "--quiet", "--message", f"Predict {options.target} of a table of one's own")
    used = dict.fromkeys([options.target, *params["prepare"]["features"]])
    lines = "\n  ".join(to_fill_in(package, [*used]))
    say(
        f"own: {counted(len(table), 'row')}, committed: {told(package, parsed.prepare, table)}\n"
        f"Fill in, in {PACKAGE}:\n  {lines}\n"
        "then dvc repro, and commit"
    )


if __name__ == "__main__":
    run(main)
