"""Run one trial, the pipeline up to train with other parameters, unless that experiment exists.

What runs is the last commit with the settings, in a clone that is thrown away.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dvc.config import Config, merge

from regression.errors import InputError, run, say
from regression.files import go_to_project
from regression.package import TABLE
from tools.command import Parser, whole_number
from tools.leash import Leash
from tools.revisions import OF_HOOKS, find, git, resolve
from tools.settings import (
    Trial,
    apply,
    first_line,
    grid,
    make_trial,
    params_of,
    take_settings,
    words,
)
from tools.verify import changed_inputs

PLACE = Path(".dvc/tmp/trials")
UP_TO_TRAIN = ("prepare", "split", "train")
QUIET = ("-c", "gc.auto=0", "-c", "maintenance.auto=false")
THREADS = [f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL")]
THREADS += ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]


class Place(NamedTuple):
    """Where trials go: the Git remote, or None for this repository; the remote for data, or None.

    `threads` is how many each may use; None: as many as OMP_NUM_THREADS says, else all cores.
    """

    git: str | None
    data: str | None
    threads: int | None


def places(local: bool, threads: int | None) -> Place:
    ask_nobody()
    remote = None if local else find("config", "remote.origin.url") and "origin"
    return Place(remote, Config(".dvc")["core"].get("remote"), threads)


def ask_nobody() -> None:
    """Have Git fail where it would ask: nobody sits at a trial who could answer."""
    os.environ["GIT_TERMINAL_PROMPT"] = "0"
    os.environ.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")


def ref_of(commit: str, name: str = "*") -> str:
    """The ref that DVC keeps an experiment under."""
    return f"refs/exps/{commit[:2]}/{commit[2:]}/{name}"


def experiments(commit: str, remote: str | None, name: str = "*") -> dict[str, str]:
    """The commits of the experiments on a commit, by their names: what there is on the remote."""
    if remote:
        listed = git("ls-remote", "--refs", remote, ref_of(commit, name))
    else:
        listed = git("for-each-ref", "--format=%(objectname)\t%(refname)", ref_of(commit, name))
    lines = [line.split("\t") for line in os.fsdecode(listed).splitlines()]
    return {ref.rpartition("/")[2]: found for found, ref in lines}


def run_trial(trial: Trial, place: Place) -> bool:
    """Have the experiment of a trial exist; whether it had to be run.

    Raises InputError with the last line of what failed.
    """
    go_to_project()
    if experiments(trial.commit, place.git, trial.name):
        return False
    with throw_away(trial.commit, place) as clone:
        settings = [word for setting in trial.settings for word in ("-S", setting)]
        clone.dvc("exp", "run", "--name", trial.name, *settings, "train")
        keep(clone, trial.commit, trial.name, UP_TO_TRAIN, place)
    return True


def run_on_worker(trial: tuple, place: tuple) -> bool:
    """As `run_trial`, of what a scheduler can read that knows nothing of this project."""
    ask_nobody()
    return run_trial(Trial(*trial), Place(*place))


def run_whole(trial: Trial, name: str, place: Place) -> None:
    """Have an experiment `name` exist: what a trial came to, and its evaluation."""
    if experiments(trial.commit, place.git, name):
        if place.git:
            get(place.git, ref_of(trial.commit, name))
        return
    with throw_away(trial.commit, place) as clone:
        clone.git("fetch", "--quiet", "origin", ref_of(trial.commit, trial.name))
        clone.git("restore", "--source", "FETCH_HEAD", "--worktree", ".")
        clone.dvc("pull" if place.data else "checkout", "--allow-missing", *UP_TO_TRAIN)
        clone.dvc("exp", "run", "--name", name)
        keep(clone, trial.commit, name, (*UP_TO_TRAIN, "evaluate"), place)


class ThrownAway:
    """A clone at a commit, whose commands end with this process."""

    def __init__(self, leash: Leash, commit: str, threads: int | None):
        self.leash, self.top = leash, leash.folder / "clone"
        self.environment = environment(leash.folder, threads)
        root, prefix = (find("rev-parse", f"--show-{what}") for what in ("toplevel", "prefix"))
        self.folder = self.top / (prefix or "")
        options = ("--quiet", "--shared", "--no-checkout", "--no-tags")
        self.run("git", "clone", *options, root or ".", str(self.top), folder=leash.folder)
        self.run("git", "checkout", "--quiet", "--detach", commit, folder=self.top)
        for key in ("user.name", "user.email"):
            if value := find("config", key):
                self.git("config", key, value)
        share_config(str(self.folder / ".dvc"))

    def run(self, *command: str, folder: Path | None = None) -> str:
        return self.leash.run(*command, folder=folder or self.folder, environment=self.environment)

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments)

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments)


@contextmanager
def throw_away(commit: str, place: Place) -> Iterator[ThrownAway]:
    """A clone with the table, and with the cache and the remotes of this one."""
    if find("cat-file", "-t", commit) is None and place.git:
        git("fetch", "--quiet", place.git)
    with Leash(PLACE) as leash:
        clone = ThrownAway(leash, resolve(commit), place.threads)
        clone.dvc("pull", f"{TABLE}.dvc")
        yield clone


def environment(folder: Path, threads: int | None) -> dict[str, str]:
    """That of a trial's commands: its share of the cores, nothing of another Python or a hook."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in OF_HOOKS and not name.startswith("PYTHON")
    }
    told = re.fullmatch("[1-9][0-9]{0,3}", inherited.get("OMP_NUM_THREADS", ""))
    if told and threads is None:
        threads = int(told[0])
    share = dict.fromkeys(THREADS, str(threads)) if threads else {}
    return {
        **inherited,
        **share,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "DVC_SITE_CACHE_DIR": str(folder / "site"),  # else each clone leaves one behind
    }


def share_config(clone: str) -> None:
    """Have a clone use the cache and the remotes of this one, whatever their paths stand for."""
    own = Config(os.path.abspath(".dvc"))
    with Config(clone).edit("local") as config:
        for level in ("repo", "local"):
            merge(config, own.load_one(level))
        config["cache"].setdefault("dir", os.path.abspath(".dvc/cache"))


def keep(clone: ThrownAway, commit: str, name: str, stages: tuple[str, ...], place: Place) -> None:
    """Push what an experiment made, then the experiment; see that both have arrived.

    Of two clones that run the same trial at once, the first to arrive counts.
    """
    if place.data:
        clone.dvc("push", *stages)
        try:
            clone.dvc("status", "--cloud", "--quiet", *stages)
        except InputError:
            raise InputError(f"dvc push: not all that {name} made is on {place.data}") from None
    ref = ref_of(commit, name)
    made = clone.git("rev-parse", ref).strip()
    get(str(clone.top), ref)
    if place.git is None:
        return
    complaint = "it is not there"
    try:
        git(*QUIET, "push", "--quiet", "--no-verify", place.git, f"{ref}:{ref}")
    except InputError as error:
        complaint = first_line(error)
    arrived = experiments(commit, place.git, name).get(name)
    if arrived is None:
        raise InputError(
            f"{name} has not arrived on {place.git}, and is here: --local does without: {complaint}"
        )
    if arrived != made:
        get(place.git, ref)


def check_push(commit: str, place: Place) -> None:
    """Raise InputError where no experiment could be pushed, as far as that can be told before."""
    if place.git:
        try:
            name = ref_of(commit, "trial-0")
            git(
                *QUIET, "push", "--dry-run", "--quiet", "--no-verify", place.git, f"{commit}:{name}"
            )
        except InputError as error:
            told = f"experiments are pushed to {place.git}; --local keeps them here"
            raise InputError(f"{told}: {first_line(error)}") from None


def check_settings(trial: Trial) -> None:
    """Raise InputError where the experiment of a trial's name has other parameters."""
    if params_of(trial.name) != apply([*trial.settings], params_of(trial.commit), "params.yaml"):
        raise InputError(
            f"the experiment {trial.name} should have {trial}, found other parameters: "
            f"git push origin --delete {ref_of(trial.commit, trial.name)}, if it is on origin, "
            f"and dvc exp remove {trial.name}"
        )


def get(source: str, ref: str) -> None:
    """Have a ref of another repository here too, as it is there."""
    options = ("--quiet", "--no-write-fetch-head", "--no-tags", "--force")
    git(*QUIET, "fetch", *options, source, f"{ref}:{ref}")


def last_commit() -> str:
    """The commit that trials are of; raises InputError where what would run is not committed."""
    if files := changed_inputs():
        raise InputError(f"a trial is of the last commit: first commit {', '.join(files)}")
    return resolve("HEAD")


def take_place(parser: Parser) -> None:
    take_settings(parser, "train.epochs=50")
    parser.add_argument(
        "--local",
        action="store_true",
        help="keep the experiments in this repository (default: on the Git remote origin)",
    )
    parser.add_argument(
        "--threads",
        type=whole_number(1),
        help="of a trial (default: OMP_NUM_THREADS, else its share of the cores)",
    )


def main() -> None:
    parser = Parser("tools.trial", __doc__)
    take_place(parser)
    options = parser.parse_args()
    go_to_project()
    commit = last_commit()
    settings = grid(words(options.settings))
    if len(settings) > 1:
        raise InputError("a trial should have one value for each parameter: tools.sweep takes more")
    trial = make_trial(commit, params_of(commit), settings[0])
    place = places(options.local, options.threads)
    check_push(commit, place)
    ran = run_trial(trial, place)
    check_settings(trial)
    say(f"{trial.name}: {trial}: {'done' if ran else 'exists'}")


if __name__ == "__main__":
    run(main)
