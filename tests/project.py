"""The project as the tests see it: what dvc.yaml lists, and clones to run commands in."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from stages.params import parse_params

ROOT = Path(__file__).parents[1]
PARAMS = parse_params((ROOT / "params.yaml").read_bytes())
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def listed(stage: str, *kinds: str) -> dict[str, dict]:
    """The files that a stage lists in dvc.yaml under `kinds`, each with its options."""
    entries = [entry for kind in kinds for entry in STAGES[stage].get(kind, [])]
    return dict(
        (entry, {}) if isinstance(entry, str) else next(iter(entry.items())) for entry in entries
    )


class Clone:
    """A clone of the project, whose commands find the Python that runs the tests."""

    def __init__(self, path: Path, **environment: str):
        self.path = path
        self.environment = {
            **{name: os.environ[name] for name in os.environ if not name.startswith("MAKE")},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_NAME": "Tester" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "tester@example.com" for who in ("AUTHOR", "COMMITTER")},
            **environment,
        }

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

    def edit(self, file: str, before: str, after: str) -> None:
        text = (self.path / file).read_text()
        assert text.count(before) == 1
        (self.path / file).write_text(text.replace(before, after))

    def copy(self, path: Path, **environment: str) -> "Clone":
        """A copy of the clone as it stands, its cache included."""
        shutil.copytree(self.path, path, symlinks=True)
        return Clone(path, **environment)
