"""What holds for any commit in good order: the only tests that look at what is committed."""

import ast
import hashlib
import json
import re
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from configobj import ConfigObj

from regression.package import read_package
from regression.params import Params, load_params
from tests.project import ROOT, STAGES, listed, modules
from tools.check_lock import out_of_step
from tools.recipe import follow
from tools.revisions import WORKSPACE, Revision

pytestmark = pytest.mark.committed

LOADED = "params", "load_params()"


@pytest.fixture(autouse=True)
def project(monkeypatch):
    monkeypatch.chdir(ROOT)


@cache
def parse(script: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse((ROOT / script).read_text())))


@cache
def imported(script: str) -> set[str]:
    """The local modules that a script imports, directly or not, and itself.

    Of packages' own modules those that are not empty.
    """
    names = set()
    for node in parse(script):
        if isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    paths = {f"{name.replace('.', '/')}.py" for name in names}
    packages = {f"{folder.as_posix()}/__init__.py" for folder in Path(script).parents}
    paths |= {path for path in packages if (ROOT / path).exists() and (ROOT / path).stat().st_size}
    paths = {path for path in paths - {script} if (ROOT / path).exists()}
    return {script}.union(*map(imported, paths))


@pytest.mark.parametrize("name", STAGES)
class TestStage:
    """What holds for each stage of dvc.yaml."""

    def test_its_sections_of_params_are_those_it_loads(self, name):
        """A section that a script reads is declared, and no other."""
        loaded = {
            node.attr
            for node in parse(f"stages/{name}.py")
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in LOADED
        }
        assert loaded & Params.model_fields.keys() == set(STAGES[name]["params"])

    def test_its_code_and_the_lock_are_dependencies(self, name):
        """So that another version of either never leaves an old result standing."""
        code = {
            dep
            for dep in listed(name, "deps")
            if not dep.startswith(("data/", "metrics/", "models/"))
        }
        assert set().union(*map(modules, code)) == (
            imported(f"stages/{name}.py") | {"requirements.txt"}
        )

    def test_it_runs_the_script_of_its_name(self, name):
        """Stage, script and command go by one name."""
        assert STAGES[name]["cmd"] == f"python -m stages.{name}"


FLOORS = ["regression", "stages", "tools", "benchmarks"]


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_uses_only_what_lies_below_it(floor):
    """So that a stranger can read the house from the ground up."""
    above = FLOORS[FLOORS.index(floor) + 1 :]
    scripts = [path.relative_to(ROOT).as_posix() for path in (ROOT / floor).rglob("*.py")]

    assert scripts
    for script in scripts:
        assert not [path for path in imported(script) if path.split("/")[0] in above], script


@pytest.mark.parametrize("section", Params.model_fields)
def test_every_parameter_is_read(section):
    """A parameter that no stage reads would be a promise that nothing keeps."""
    read = {
        node.attr
        for name, stage in STAGES.items()
        if section in stage["params"]
        for script in imported(f"stages/{name}.py")
        for node in parse(script)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("params", section)
    }
    parameters = set(Params.model_fields[section].annotation.model_fields)
    assert parameters <= read
    assert not parameters & {"size", "nfiles"}  # which DVC's run cache would not see


def test_results_that_a_reviewer_reads_are_in_git():
    """Whatever lies in metrics/ needs no download; everything else lies in DVC's cache."""
    for name in STAGES:
        for path, options in listed(name, "outs", "metrics", "plots").items():
            assert options.get("cache", True) != path.startswith("metrics/")


def test_every_parameter_and_the_recipe_are_accepted():
    """So that no stage, and no tool that follows the recipe, ends in a message."""
    recipes = [path.read_text() for path in sorted((ROOT / "recipes").glob("[!R]*"))]
    follow("".join(recipes), load_params())


def test_the_lock_is_in_step():
    """The code, the parameters and the metrics are those that dvc.lock was written with."""
    assert out_of_step(Revision(WORKSPACE)) == [], "dvc repro, then commit dvc.lock and metrics"


def test_the_store_has_the_table():
    """A clone gets it without a network, unless the table was given another remote."""
    (table,) = yaml.safe_load((ROOT / "data/table.csv.dvc").read_text())["outs"]
    stored = ROOT / f".dvc/store/files/md5/{table['md5'][:2]}/{table['md5'][2:]}"

    if table.get("remote") == "store":
        assert hashlib.md5(stored.read_bytes()).hexdigest() == table["md5"]


def test_the_metrics_are_of_one_run():
    """What evaluate scored are the predictions beside it, of the model and the members trained."""
    params, metrics = load_params(), ROOT / "metrics"
    train, decimals = params.train, read_package().table[params.prepare.target].decimals
    scores, validation = (
        json.loads((metrics / f"{name}.json").read_text()) for name in ("metrics", "validation")
    )
    predictions, history, held_out = (
        pd.read_csv(metrics / f"{name}.csv") for name in ("predictions", "history", "validation")
    )
    card = (metrics / "model_card.md").read_text()
    made = yaml.safe_load((ROOT / "dvc.lock").read_text())["stages"]["train"]["outs"]
    (model,) = (out["md5"] for out in made if out["path"] == "models/model.tflite")

    errors = predictions["predicted"] - predictions["actual"]
    assert scores["test"]["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)), abs=10.0**-decimals)
    if train.folds:
        missed = held_out["predicted"] - held_out["actual"]
        told = validation["validation"]["rmse"]
        assert told == pytest.approx(np.sqrt(np.mean(missed**2)), abs=10.0**-decimals)
        assert held_out["fold"].nunique() == train.folds
    assert len(predictions.filter(regex=r"^member_\d+$").columns) == train.members
    assert len(history.filter(regex=r"^loss_\d+$").columns) == train.members
    assert history["epoch"].tolist() == list(range(1, train.epochs + 1))
    assert model in card
    shown = re.search(r"^\| this model \| ([0-9.]+) \|", card, re.MULTILINE)[1]
    assert float(shown) == scores["test"]["rmse"]
    assert (metrics / "predictions.png").read_bytes().startswith(b"\x89PNG")


def headings(page: Path) -> set[str]:
    """What a link may have behind its #, as GitHub makes it of the headings."""
    lines = re.findall(r"^#+ (.*)", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_links_and_targets_exist():
    """Every file that a README links is there, and so is every target of make that it names."""
    links, named = [], set()
    for page in (*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), ROOT / "benchmarks/exact.md"):
        text = page.read_text()
        links += [(page, *link) for link in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", text)]
        named |= set(re.findall(r"(?:^    |`)make (\w+)", text, re.MULTILINE))
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert links
    for page, path, heading in links:
        there = page.parent / path if path else page
        assert there.exists(), f"{page} links {path}"
        assert not heading or heading in headings(there), f"{page} links {path}#{heading}"
    assert {"repro", "test"} <= named <= {*targets}


def test_the_tree_names_the_files_that_are_there():
    """Every stage, every folder of what they are made of, and every file that a stage makes."""
    tree = (ROOT / "README.md").read_text().partition("## What is where")[2]

    if not tree:  # a README of ten lines has none
        return
    assert set(re.findall(r"(\w+\.py)", tree)) == {
        path.name for path in (ROOT / "stages").glob("[a-z]*.py")
    }
    rooms = re.search(r"regression/ .*?: (.*)", tree)[1].split(", ")
    assert set(rooms) == {f"{path.parent.name}/" for path in (ROOT / "regression").glob("*/*.py")}
    made = {path for stage in STAGES for path in listed(stage, "outs", "metrics", "plots")}
    assert set(re.findall(r"(?:data|models|metrics)/[a-z]\w+\.\w+", tree)) == made


def test_no_tracked_configuration_holds_credentials():
    """They belong in .dvc/config.local, which Git ignores."""
    secret = re.compile(r"pass|secret|token|key|credential|connection_string|sas|user", re.I)
    config = ConfigObj(str(ROOT / ".dvc/config"), interpolation=False)
    for name, options in config.items():
        for option, value in options.items():
            assert not secret.search(option), f"{name}: {option}"
            assert not re.search("://[^/]*@", value), f"{name}: {option}"

    ignored = ["git", "check-ignore", "--quiet", ".dvc/config.local"]
    assert subprocess.run(ignored, cwd=ROOT).returncode == 0
