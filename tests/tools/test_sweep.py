"""Trials exist once each, as DVC experiments, wherever they ran; the best is found among them."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import yaml

from tests.project import Clone
from tests.tools.test_leash import inside, wait_until

LOOPBACK = ["--host", "127.0.0.1", "--no-dashboard"]


def names(clone: Clone, *settings: str) -> list[str]:
    """The names of the committed setting's trial and of one for each setting."""
    code = (
        "import sys; from tools.settings import *; commit, *settings = sys.argv[1:]; print(*("
        "make_trial(commit, params_of(commit), each.split()).name for each in [str(), *settings]))"
    )
    head = clone.run("git rev-parse HEAD").strip()
    return clone.run(f"python -c '{code}' {head} {' '.join(map(repr, settings))}").split()


def experiments(repository: Clone) -> dict[str, str]:
    """The experiments of a repository: the commit of each by its name."""
    lines = repository.run("git for-each-ref --format='%(objectname) %(refname)' refs/exps")
    found = [line.split() for line in lines.splitlines()]
    return {ref.rpartition("/")[2]: commit for commit, ref in found if "/exec/" not in ref}


@pytest.fixture
def team(small, tmp_path) -> dict[str, Clone]:
    """A bare repository, a folder for data, and clones with caches of their own, on one machine.

    What is in their caches already are the stages before train.
    """
    hub = Clone.of(small, tmp_path / "hub", "--bare")
    (tmp_path / "data").mkdir()
    clones = {"hub": hub}
    for name in ("lead", "one", "other", "alone"):
        clones[name] = Clone.of(hub, tmp_path / name)
        clones[name].run(
            f"""
            set -e
            ln -s {small.path}/.venv .venv
            cp -r {small.path}/.dvc/cache .dvc
            dvc remote add -q -d --local data ../data
            """
        )
    return clones


@pytest.fixture
def cluster(team, tmp_path):
    """The address of a Dask scheduler, and its two workers."""
    started = []

    def start(program: str, folder: Path, *options: str) -> subprocess.Popen:
        environment = team["hub"].environment | {"PYTHONPATH": "."}
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *LOOPBACK, *options]
        with open(tmp_path / f"{folder.name}.log", "w") as log:
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        started.append(process)
        return process

    file = tmp_path / "scheduler.json"
    start("scheduler", tmp_path, "--port", "0", "--scheduler-file", str(file))
    assert wait_until(file.exists)
    address = json.loads(file.read_text())["address"]
    workers = [
        start("worker", team[name].path, address, "--no-nanny", "--nthreads", "1")
        for name in ("one", "other")
    ]
    for name in ("one", "other"):
        assert wait_until(lambda log=tmp_path / f"{name}.log": "Registered to" in log.read_text())
    yield address, workers
    for process in started:
        process.kill()
        process.wait()


def trains(folder: Path) -> bool:
    """Whether a clone has a trial whose networks are being trained."""
    for process in inside(folder / ".dvc/tmp/trials"):
        with suppress(psutil.Error):
            if "stages.train" in process.cmdline():
                return True
    return False


def test_cluster(team, cluster, tmp_path):
    """A worker that is killed during a trial costs nothing but time, and leaves nothing.

    Each trial is there once, with the bytes that it has on another machine; the best of them is
    evaluated. Run again, nothing more runs.
    """
    address, workers = cluster
    lead, alone = team["lead"], team["alone"]
    folders = {
        worker: team[name].path for worker, name in zip(workers, ("one", "other"), strict=True)
    }
    setting = "train.epochs=9"
    command = f"python -m tools.sweep -S {setting} --cluster {address}"
    sweep = subprocess.Popen(
        command.split(), cwd=lead.path, env=lead.environment, stdout=subprocess.PIPE, text=True
    )
    trial = subprocess.Popen(
        f"python -m tools.trial -S {setting} --local --threads 2".split(),
        cwd=alone.path,
        env=alone.environment,
    )

    def training() -> list[subprocess.Popen]:
        return [worker for worker in workers if trains(folders[worker])]

    assert wait_until(lambda: bool(training()), 60)
    killed = training()[0]
    killed.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not inside(folders[killed] / ".dvc/tmp/trials"))
    assert os.listdir(folders[killed] / ".dvc/tmp/trials") == ["lock"]

    printed, _ = sweep.communicate(timeout=120)
    assert sweep.returncode == 0, printed
    assert trial.wait(60) == 0
    committed, longer = names(lead, setting)
    evaluated = longer.replace("trial", "evaluated")
    made = experiments(team["hub"])
    assert {*made} == {committed, longer, evaluated}
    assert re.search(rf"{longer} .*\n.*{committed}", printed)
    assert f"To take it: dvc exp apply {evaluated}" in printed

    alone.run(f"git fetch -q {team['hub'].path} {made[longer]}")
    assert not alone.run(f"git diff {experiments(alone)[longer]} {made[longer]}")
    lock = yaml.safe_load(alone.run(f"git show {made[longer]}:dvc.lock"))
    models = [out["md5"] for out in lock["stages"]["train"]["outs"] if "models/" in out["path"]]
    assert len(models) == 3
    assert all((tmp_path / "data/files/md5" / md5[:2] / md5[2:]).exists() for md5 in models)

    survivor = next(worker for worker in workers if worker != killed)
    for name, clone in team.items():
        assert [each.pid for each in inside(clone.path)] == [survivor.pid] * (
            clone.path == folders[survivor]
        ), name
        assert not [*clone.path.glob(".dvc/tmp/trials/*/")]

    again = lead.run(command)
    assert longer in again
    assert experiments(team["hub"]) == made
