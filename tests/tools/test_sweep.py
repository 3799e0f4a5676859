"""Trials exist once each, as DVC experiments, wherever they ran; the best is found among them."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import vl_convert
import yaml

from regression.errors import InputError
from tests.project import Clone
from tests.tools.test_leash import inside, wait_until
from tools import sweep, trial
from tools.review.comparison import Comparison
from tools.revisions import resolve
from tools.sweep import SCORE, rank, trials_of

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
    evaluated. Asked for again, none runs.
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
    local = subprocess.Popen(
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
    assert local.wait(60) == 0
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

    assert lead.run(f"python -m tools.trial -S {setting}").endswith(": exists\n")
    assert experiments(team["hub"]) == made


FAKE = """
import json, subprocess
from pathlib import Path
from types import SimpleNamespace
import pandas as pd, yaml
from tools.settings import apply, make_trial, params_of

def git(*command):
    return subprocess.check_output(["git", *command], text=True).strip()

base = git("rev-parse", "HEAD")
committed = params_of(base)
for setting, factor in [("train.epochs=1", 1), ("train.dropout=0.5", 1.0001), ("train.seed=7", 2)]:
    trial = make_trial(base, committed, [setting])
    chosen = apply([setting], committed, "a setting")
    Path("params.yaml").write_text(yaml.safe_dump(chosen.model_dump(), sort_keys=False))
    table = pd.read_csv("metrics/validation.csv")
    table["predicted"] = table["actual"] + factor * (table["predicted"] - table["actual"])
    table.round(1).to_csv("metrics/validation.csv", index=False)
    each = [("validation", "validation", factor), ("metrics", "test", factor**-9)]
    for file, rows, times in each:
        path = Path(f"metrics/{file}.json")
        told = json.loads(path.read_text())
        told[rows]["rmse"] = round(told[rows]["rmse"] * times, 1)
        path.write_text(json.dumps(told))
    git("commit", "-qam", "Experiment", "--allow-empty")
    git("update-ref", f"refs/exps/{base[:2]}/{base[2:]}/{trial.name}", "HEAD")
    git("reset", "-q", "--hard", base)
    print(trial.name)
"""


@pytest.fixture(scope="module")
def ranked(small, tmp_path_factory) -> tuple[Clone, list[str]]:
    """A project with three experiments that no network was trained for, the best first.

    As committed; a little worse; and twice as bad on held-out rows, but the best on the test rows.
    """
    clone = small.copy(tmp_path_factory.mktemp("ranked") / "clone")
    (clone.path / ".git/fake.py").write_text(FAKE)
    return clone, clone.run("PYTHONPATH=. python .git/fake.py").split()


def test_ranking(ranked):
    """What exists is not run again and is ranked by the held-out rows, whatever the test rows say.

    What these cannot tell from the committed setting is named.
    """
    clone, (committed, alike, worse) = ranked
    before = experiments(clone)
    printed = clone.run(
        "python -m tools.sweep --local -S 'train.epochs=1 train.dropout=0.5' && "
        "python -m tools.sweep --local -S train.seed=7,0"
    )
    assert re.findall("^.*(trial-[^ ]+) .*[|] (.*?) +[|]$", printed, re.M) == [
        (committed, "no difference"),
        (alike, "too small to matter"),
        (committed, "no difference"),
        (worse, "worse"),
    ]
    assert f"cannot tell any trial apart from {committed}, the committed setting" in printed
    assert f"tell every trial apart from {committed}, the committed setting" in printed
    assert printed.count("The committed setting is the best of them.") == 2
    assert experiments(clone) == before


def test_what_cannot_be_compared_never_wins(monkeypatch):
    """Such as an error in another unit, however small."""
    scores = {"incumbent": 5, "other target": 1, "better": 4}
    sides = {name: SimpleNamespace(metrics={SCORE: score}) for name, score in scores.items()}
    for side in sides.values():
        side.target = None
    reasons = {1: "prepare.target is another"}
    monkeypatch.setattr(sweep, "snapshot", sides.get)
    monkeypatch.setattr(
        sweep,
        "compare_held_out",
        lambda base, head: Comparison(9, 0, reasons.get(head.metrics[SCORE])),
    )

    found = [each.trial for each in rank([*sides], "incumbent")]

    assert found == ["better", "incumbent", "other target"]


def test_picture(ranked):
    """The page of plots draws what differs between experiments, and their RMSE, as lines."""
    clone, trials = ranked
    code = (
        "import json; from tools.plots.parallel import *; print(json.dumps(parallel_coordinates()))"
    )
    (plot,) = json.loads(clone.run(f"python -c '{code}'"))
    assert plot["encoding"]["x"]["sort"] == ["train.dropout", "train.seed", "validation.rmse"]
    points = {(row["experiment"], row["axis"]): row for row in plot["data"]["values"]}
    assert points[trials[1], "train.dropout"]["height"] == 1
    assert points[trials[2], "train.dropout"]["height"] == 0
    assert points[trials[2], "validation.rmse"]["height"] == 1
    assert [row["committed"] for row in points.values()].count(True) == 3
    assert len(points) == 3 * 3
    assert vl_convert.vegalite_to_svg(plot).count("train.seed")


def test_failures(clone):
    """What fails is told at the end, each trial by what DVC said; nothing of it is left."""
    clone.run("git rm -rq .dvc/store && git commit -qm 'Lose the table'")
    printed = clone.run("python -m tools.sweep -S train.epochs=1,2 --local --jobs 2", 1)
    assert "3 of 3 trials failed; run it again, and only they run:" in printed
    told = re.findall(r"^  trial-\w+ \((.*)\): dvc pull: .*data/table.csv", printed, re.M)
    assert sorted(told) == ["as committed", "train.epochs=1", "train.epochs=2"]
    assert os.listdir(clone.path / ".dvc/tmp/trials") == ["lock"]
    assert not experiments(clone)


def test_remote(small, tmp_path):
    """Who may not push is told before anything runs, in the words of the remote."""
    clone = small.copy(tmp_path / "clone")
    clone.run(f"git config remote.origin.pushurl {tmp_path}/none")
    printed = clone.run("python -m tools.sweep -S train.epochs=2", 2)
    assert printed.startswith("experiments are pushed to origin; --local keeps them here: git push")
    assert printed.count("\n") == 1
    assert not experiments(clone)


def test_name_of_another(small, tmp_path):
    """An experiment that has other parameters than its name says does not count as that trial."""
    clone = small.copy(tmp_path / "clone")
    head = clone.run("git rev-parse HEAD").strip()
    committed, other = names(clone, "train.epochs=2")
    for name in (committed, other):
        clone.run(f"git update-ref refs/exps/{head[:2]}/{head[2:]}/{name} HEAD")
    printed = clone.run("python -m tools.sweep --local -S train.epochs=2", 2)
    assert printed.startswith(f"the experiment {other} should have train.epochs=2, found other")


def test_refused(small, monkeypatch):
    """What cannot be ranked, or is not committed, is refused before anything runs."""
    monkeypatch.chdir(small.path)
    commit = resolve("HEAD")
    with pytest.raises(
        InputError, match=r"train\.folds should be 2 or more, .* found 0 in the trial"
    ):
        trials_of(commit, [["train.epochs=3"], ["train.folds=0"]])
    for written in ("evaluate.coverage=0.8", "++evaluate.coverage=0.8"):
        with pytest.raises(InputError, match=r"depends on, found evaluate\.coverage=0\.8"):
            trials_of(commit, [[written]])
    with pytest.raises(InputError, match="-S should set something to try"):
        trials_of(commit, [[], ["train.epochs=1"]])
    monkeypatch.setattr(trial, "changed_inputs", lambda: ["params.yaml"])
    with pytest.raises(InputError, match=r"first commit params\.yaml"):
        trial.last_commit()
