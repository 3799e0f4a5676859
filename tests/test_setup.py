"""What `make setup` leaves of an environment, and what the hooks find in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.project import ROOT


def test_an_environment_that_others_made_is_kept(tmp_path):
    """As `uv sync` leaves one, without pip; one of our own with another lock is made anew."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").write_text("# nothing to install\n")
    environment = tmp_path / ".venv"
    command = [sys.executable, "-m", "venv", "--without-pip", environment]
    subprocess.run(command, cwd=tmp_path, check=True)
    (environment / "theirs").touch()

    def setup() -> None:
        names = {name: os.environ[name] for name in os.environ if not name.startswith("MAKE")}
        command = ["make", "setup", f"PYTHON={sys.executable}"]
        subprocess.run(command, cwd=tmp_path, env=names, check=True, capture_output=True)
        assert (environment / "requirements.txt").read_text() == (
            (tmp_path / "requirements.txt").read_text()
        )

    setup()
    assert (environment / "theirs").exists()
    setup()
    assert (environment / "theirs").exists()

    (tmp_path / "requirements.txt").write_text("# another lock\n")
    setup()
    assert not (environment / "theirs").exists()


def test_what_the_hooks_run_is_installed(tmp_path):
    """The commands of .pre-commit-config.yaml are in .venv, and take their arguments."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    entries = [hook["entry"].split() for repo in config["repos"] for hook in repo["hooks"]]

    assert entries
    for path, *arguments in entries:
        assert Path(path).parent == Path(".venv/bin")
        command = Path(sys.executable).parent / Path(path).name
        asked = [command, *arguments, "--help"]
        subprocess.run(asked, cwd=tmp_path, check=True, capture_output=True)
