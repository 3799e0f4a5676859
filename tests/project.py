"""The project as the tests see it: its code as it stands, and a state that no commit moves."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from regression.frequency import Frequency
from regression.package import read_package
from regression.params import parse_params

ROOT = Path(__file__).parents[1]

# The tutorial's parameters and table, the recipe, and the metrics that they come to.
FROZEN = ROOT / "tests/frozen"
PARAMS = parse_params((FROZEN / "params.yaml").read_bytes(), "params.yaml")
PACKAGE = read_package(FROZEN)
TABLE, MONTHS = PACKAGE.table, Frequency("MS")
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]

# A project of another table has a README of ten lines, which quotes nothing of the tutorial.
README = (ROOT / "README.md").read_text("utf-8")
TOOLS = (ROOT / "tools/README.md").read_text("utf-8")
quoted = pytest.mark.skipif("## Run it" not in README, reason="README.md is not the tutorial's")

# Two members of one small layer and one epoch: as much of everything as takes seconds.
SMALL = {"train.layers": [8], "train.epochs": 1, "train.members": 2}

# What make and a hook's Git say of the project that the tests are run for.
OUTER = "GIT_", "MAKE", "PYTEST"

# What a user's commit moves: in a clone for tests, FROZEN stands in its place.
STATE = re.compile(
    r"params\.yaml|dvc\.lock|\.dvc/(config|store/.+)|recipes/(forecast|level)"
    r"|(data|models|metrics)/(?!README\.md|\.gitignore).+"
)


def listed(stage: str, *kinds: str) -> dict[str, dict]:
    """The files that a stage lists in dvc.yaml under `kinds`, each with its options."""
    entries = [entry for kind in kinds for entry in STAGES[stage].get(kind, [])]
    return dict(
        (entry, {}) if isinstance(entry, str) else next(iter(entry.items())) for entry in entries
    )


def modules(dep: str) -> set[str]:
    """The files that a dep stands for: the modules of a folder, empty ones aside, or itself."""
    if not (ROOT / dep).is_dir():
        return {dep}
    paths = [path for path in (ROOT / dep).rglob("*.py") if path.stat().st_size]
    return {path.relative_to(ROOT).as_posix() for path in paths}


class Clone:
    """A clone of the project, whose commands find the Python that runs the tests."""

    def __init__(self, path: Path, **environment: str):
        self.path = path
        self.environment = {
            **{name: os.environ[name] for name in os.environ if not name.startswith(OUTER)},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_NAME": "Tester" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "tester@example.com" for who in ("AUTHOR", "COMMITTER")},
            **environment,
        }

    @classmethod
    def of(cls, source: "Path | Clone", path: Path, options: str = "", **environment: str):
        """What `git clone` makes of a repository."""
        source = source.path if isinstance(source, Clone) else source
        command = ["git", "clone", "-q", *options.split(), str(source), str(path)]
        clone = cls(path, **environment)
        subprocess.run(command, cwd=path.parent, env=clone.environment, check=True)
        return clone

    def run(self, command: str, returncode: int = 0) -> str:
        """Run a command line; return what it printed, errors included."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert done.returncode == returncode, f"{command}\n{done.stdout}"
        return done.stdout

    def repro(self) -> list[str]:
        """Run the pipeline; return the stages that ran."""
        lines = self.run("dvc repro").splitlines()
        return [line.split("'")[1] for line in lines if line.startswith("Running stage")]

    def outputs(self) -> dict[str, str]:
        """The SHA-256 of every file in data/, models/ and metrics/."""
        folders = (self.path / name for name in ("data", "models", "metrics"))
        files = (path for folder in folders for path in folder.iterdir())
        return {
            str(path.relative_to(self.path)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }

    def set(self, params: dict[str, object]) -> None:
        """Change parameters, as `dvc exp run -S` does."""
        path = self.path / "params.yaml"
        tree = yaml.safe_load(path.read_text())
        for name, value in params.items():
            section, key = name.split(".")
            assert key in tree[section], name
            tree[section][key] = value
        path.write_text(yaml.safe_dump(tree, sort_keys=False))

    def edit(self, file: str, before: str, after: str) -> None:
        text = (self.path / file).read_text()
        assert text.count(before) == 1, f"{before!r} is {text.count(before)} times in {file}"
        (self.path / file).write_text(text.replace(before, after))

    def copy(self, path: Path, **environment: str) -> "Clone":
        """A copy of the clone as it stands, its cache included."""
        shutil.copytree(self.path, path, symlinks=True)
        return Clone(path, **environment)


def build_repository(path: Path) -> None:
    """Make a repository, on branch main, of the working tree's code and the frozen project.

    What no file of the frozen project holds, such as models, stands in dvc.lock as if it held
    its own name.
    """
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.check_output(listing, cwd=ROOT, encoding="utf-8")
    for name in names.split("\0")[:-1]:
        if not STATE.fullmatch(name) and (ROOT / name).exists():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    shutil.copytree(FROZEN, path, dirs_exist_ok=True)
    for output in (file for stage in STAGES for file in listed(stage, "outs", "metrics", "plots")):
        if not (path / output).exists():
            (path / output).parent.mkdir(exist_ok=True)
            (path / output).write_text(output)
    Clone(path).run(
        """
        set -e
        git init -q -b main
        dvc add -q data/table.csv
        echo '  remote: store' >> data/table.csv.dvc
        dvc push -q data/table.csv.dvc
        dvc commit -q --force
        rm -r .dvc/cache
        git add .
        git commit -qm Project
        """
    )
