"""Run a grid of trials, here or on a Dask cluster, and see which is best on held-out rows.

The committed setting is always among them. What exists is not run again; the best is evaluated.
"""

import argparse
import logging
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from decimal import Decimal
from operator import call
from pkgutil import resolve_name
from typing import NamedTuple

from tqdm import tqdm

from regression.errors import InputError, complain, run, say
from regression.files import go_to_project
from regression.report.markdown import markdown_table
from tools.command import Parser, whole_number
from tools.leash import Leash
from tools.review.__main__ import review
from tools.review.comparison import Comparison, compare_held_out
from tools.review.report import opening
from tools.review.snapshot import VALIDATION, Snapshot, take_snapshot
from tools.revisions import Revision, find, git
from tools.settings import Trial, first_line, grid, make_trial, params_of, words
from tools.trial import (
    Place,
    check_push,
    check_settings,
    experiments,
    get,
    last_commit,
    places,
    ref_of,
    run_trial,
    run_whole,
    take_place,
)

SCORE = "validation.rmse"
TOLD_APART = ("better", "worse")


class Ranked(NamedTuple):
    """A trial with its RMSE on held-out rows, beside the committed setting's."""

    trial: Trial
    score: Decimal
    decimals: int
    comparison: Comparison

    @property
    def verdict(self) -> str:
        return self.comparison.reason or self.comparison.verdict


def trials_of(commit: str, combinations: list[list[str]]) -> list[Trial]:
    """The trials, each once, the committed setting first.

    Raises InputError where one has mistakes, holds no rows out to be ranked by or sets what they
    do not depend on, and where there is nothing to try.
    """
    committed = params_of(commit)
    found: dict[str, Trial] = {}
    for settings in [[], *combinations]:
        trial = make_trial(commit, committed, settings)
        if not trial.folds:
            raise InputError(
                f"train.folds should be 2 or more, for {SCORE} ranks the trials: "
                f"found 0 in the trial {trial}"
            )
        if apart := [each for each in trial.settings if each.startswith("evaluate.")]:
            raise InputError(
                f"-S should set what {SCORE} depends on, found {apart[0]}: "
                "set that in the experiment that you take"
            )
        found.setdefault(trial.name, trial)
    if len(found) == 1:
        raise InputError(
            "-S should set something to try beside the committed setting, as in train.epochs=20,50"
        )
    return [*found.values()]


def here(trials: list[Trial], place: Place, jobs: int) -> Iterator[tuple[Trial, object]]:
    """Run trials on this machine, `jobs` side by side; each as it ends, and why it failed."""
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(run_trial, trial, place): trial for trial in trials}
        try:
            for future in as_completed(futures):
                yield futures[future], future.exception()
        finally:  # where this was interrupted
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(future.done() for future in futures):
                for leash in [*Leash.everyone]:
                    leash.end()
                time.sleep(0.1)


def on_cluster(trials: list[Trial], place: Place, address: str) -> Iterator[tuple[Trial, object]]:
    """The same on the workers of a Dask scheduler. Their clones fetch the commit by themselves."""
    try:
        import distributed  # not needed on one machine
    except ImportError:
        raise InputError("--cluster needs distributed, not installed: make setup") from None
    logging.getLogger("distributed").setLevel("CRITICAL")  # what fails is told once, at the end
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(f"--cluster: no Dask scheduler answers at {address}: {error}") from None
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise InputError(f"--cluster: the scheduler at {address} has no workers")
        # By its name: neither it nor any class of ours is sent, and the scheduler needs no clone.
        function = (resolve_name, "tools.trial:run_on_worker")
        graph = {
            f"run-{trial.name}": (call, function, tuple(trial), tuple(place)) for trial in trials
        }
        futures = dict(zip(client.get(graph, [*graph], sync=False), trials, strict=True))
        for future in distributed.as_completed(futures):
            yield futures[future], future.exception()


def address_of(text: str) -> str:
    """Where a scheduler listens: a port alone is one of 127.0.0.1."""
    host, _, port = text.rpartition(":")
    return text if "://" in text else f"tcp://{host or '127.0.0.1'}:{port}"


def check_cluster(commit: str, place: Place) -> None:
    """Raise InputError where what is made on other machines could not come back, or not begin."""
    if place.git is None:
        raise InputError("--cluster needs a Git remote origin, where its experiments come together")
    if place.data is None:
        raise InputError(
            "--cluster needs a default DVC remote for data: dvc remote add -d NAME URL"
        )
    git("fetch", "--quiet", place.git)
    if find("for-each-ref", "--contains", commit, f"refs/remotes/{place.git}") is None:
        raise InputError(f"the workers fetch commit {commit[:7]} from {place.git}: push it first")


def watch(
    ended: Iterator[tuple[Trial, object]], trials: list[Trial], there: int
) -> dict[Trial, str]:
    """Show the progress; of each trial that failed the last line, or that it did not end."""
    left = dict.fromkeys(trials, "it did not end")
    failed = 0
    count = there + len(trials)
    with tqdm(total=count, initial=there, desc="sweep", unit="trial", disable=None) as bar:
        for trial, error in ended:
            if error is None:
                del left[trial]
            else:
                left[trial] = first_line(error) or repr(error)
                failed += 1
            bar.set_postfix(failed=failed, left=count - bar.n - 1, refresh=False)
            bar.update()
    return left


def rank(trials: list[Trial], incumbent: Trial) -> list[Ranked]:
    """The trials, the best on held-out rows first; of equals the one that comes first.

    Those that cannot be compared with the incumbent are last.
    """
    sides = {trial: snapshot(trial) for trial in trials}
    found = []
    for trial, side in sides.items():
        comparison = compare_held_out(sides[incumbent], side)
        decimals = side.target.decimals if side.target else 1
        found.append(Ranked(trial, side.metrics[SCORE], decimals, comparison))
    return sorted(found, key=lambda ranked: (ranked.comparison.reason is not None, ranked.score))


def snapshot(trial: Trial) -> Snapshot:
    check_settings(trial)
    found = take_snapshot(Revision(trial.name))
    if SCORE not in found.metrics:
        raise InputError(f"{VALIDATION} in {found.revision} should have {SCORE}: found none")
    return found


def table(ranking: list[Ranked]) -> str:
    rows = [
        (each.trial.name, each.trial, f"{each.score:.{each.decimals}f}", each.verdict)
        for each in ranking
    ]
    header = ["trial", "settings", SCORE, "than the committed setting"]
    return markdown_table(header, rows, "llrl", pad=True)


def told_apart(ranking: list[Ranked], incumbent: Trial) -> str:
    """Which trials the held-out rows cannot tell from the committed setting, as a sentence."""
    others = [each for each in ranking if each.trial != incumbent]
    alike = [each.trial.name for each in others if each.verdict not in TOLD_APART]
    told = "cannot tell any trial" if len(alike) == len(others) else "tell every trial"
    if 0 < len(alike) < len(others):
        told = f"cannot tell {', '.join(alike)}"
    return f"The held-out rows {told} apart from {incumbent.name}, the committed setting."


def if_any(read: Callable[[str], int]) -> Callable[[str], int | None]:
    """The type of an argument that make hands on, which is empty where it was not given."""
    return lambda text: read(text) if text else None


def parse_arguments() -> argparse.Namespace:
    parser = Parser("tools.sweep", __doc__)
    take_place(parser)
    parser.add_argument(
        "--samples", type=if_any(whole_number(1)), help="try so many of the grid, by chance"
    )
    parser.add_argument(
        "--jobs", type=if_any(whole_number(1)), help="trials side by side on this machine (1)"
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="run on the workers of this Dask scheduler, HOST:PORT or the port on 127.0.0.1",
    )
    return parser.parse_args()


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> int:
    options = parse_arguments()
    go_to_project()
    commit = last_commit()
    trials = trials_of(commit, grid(words(options.settings), options.samples))
    incumbent, jobs = trials[0], options.jobs or 1
    place = places(options.local, options.threads)
    if options.cluster:
        check_cluster(commit, place)
    elif place.threads is None:
        place = place._replace(threads=max(1, cores() // jobs))

    check_push(commit, place)
    there = experiments(commit, place.git)
    missing = [trial for trial in trials if trial.name not in there]
    if options.cluster:
        ended = on_cluster(missing, place, address_of(options.cluster))
    else:
        ended = here(missing, place, jobs)
    failed = watch(ended, missing, len(trials) - len(missing)) if missing else {}

    done = [trial for trial in trials if trial not in failed]
    if place.git:
        get(place.git, ref_of(commit, "trial-*"))
    if incumbent in done:
        ranking = rank(done, incumbent)
        say(table(ranking))
        say(f"\n{told_apart(ranking, incumbent)}")
    if failed:
        lines = [f"{trial.name} ({trial}): {error}" for trial, error in failed.items()]
        again = "run it again, and only they run"
        complain("\n  ".join([f"{len(failed)} of {len(trials)} trials failed; {again}:", *lines]))
        return 1

    best = ranking[0].trial
    if best == incumbent:
        say("The committed setting is the best of them.")
        return 0
    name = best.name.replace("trial", "evaluated")
    run_whole(best, name, place._replace(threads=options.threads))
    base, head = (take_snapshot(Revision(each)) for each in (commit, name))
    say(f"\n{best.name}, evaluated as {name}:\n")
    say("\n\n".join(opening(review(base, head, None))))
    say(f"\nTo take it: dvc exp apply {name} && dvc repro")
    return 0


if __name__ == "__main__":
    run(main)
