"""Read the project's files at a commit, or as they stand, from Git: nothing is checked out."""

import os
import subprocess
from functools import cache, cached_property
from pathlib import Path

import yaml
from pathspec import GitIgnoreSpec

from regression.errors import InputError
from regression.params import Loader

WORKSPACE = "workspace"
NAME_THE_BASE = ": name what to compare with, as in make review BASE=v1"

# What Git sets where it runs a hook, and what then counts more than the folder.
OF_HOOKS = {"GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"}


class Revision:
    """The files of a commit, or of the working tree, under the folder that this runs in.

    `name` is what Git calls a revision, or `workspace`: then a file counts that Git tracks or
    would offer to track. Raises InputError where the repository knows no such commit.
    """

    def __init__(self, name: str):
        self.name = name
        self.commit = None if name == WORKSPACE else resolve(name)

    def __str__(self) -> str:
        if self.commit is None:
            return "the workspace"
        short = self.commit[:7]
        return short if self.commit.startswith(self.name) else f"{self.name} ({short})"

    @cached_property
    def paths(self) -> frozenset[str]:
        """The files in Git, relative to this folder, with / between their parts."""
        if self.commit:
            listed = git("ls-tree", "-r", "-z", "--name-only", self.commit)
        else:
            listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = frozenset(listed.decode().split("\0")) - {""}
        return names if self.commit else frozenset(name for name in names if Path(name).is_file())

    @cached_property
    def ignored(self) -> GitIgnoreSpec:
        """What DVC passes over."""
        lines = self.read(".dvcignore") if ".dvcignore" in self.paths else b""
        return GitIgnoreSpec.from_lines(lines.decode(errors="replace").splitlines())

    def inside(self, folder: str) -> list[str]:
        """The files in Git inside a folder that DVC counts, sorted."""
        names = sorted(name for name in self.paths if name.startswith(f"{folder}/"))
        return [name for name in names if not self.ignored.match_file(name)]

    @cache  # noqa: B019  (a command reads two revisions, and ends)
    def read(self, path: str) -> bytes:
        """What a file holds; raises InputError where there is none."""
        if path not in self.paths:
            raise InputError(f"{path} is missing in {self}")
        if self.commit:
            return git("cat-file", "blob", f"{self.commit}:./{path}")
        return Path(path).read_bytes()

    def read_yaml(self, path: str) -> dict:
        """A YAML file's tree; raises InputError where it is none."""
        try:
            tree = yaml.load(self.read(path), Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1
            raise InputError(f"{path} in {self} is no YAML: line {line}: {error.problem}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InputError(
                f"{path} in {self} is no YAML: {' '.join(str(error).split())}"
            ) from None
        if not isinstance(tree, dict):
            raise InputError(f"{path} in {self} should hold names and values, found {tree!r:.50}")
        return tree


def git(*arguments: str) -> bytes:
    """What a Git command prints in this folder's repository.

    Raises InputError with its own words where it fails.
    """
    environment = {name: value for name, value in os.environ.items() if name not in OF_HOOKS}
    command = ["git", *arguments]
    try:
        return subprocess.run(command, check=True, capture_output=True, env=environment).stdout
    except FileNotFoundError:
        raise InputError("git is missing: install it, or put it on PATH") from None
    except subprocess.CalledProcessError as error:
        raise InputError(f"git {arguments[0]}: {error.stderr.decode().strip()}") from None


def find(*arguments: str) -> str | None:
    """As `git`, a line; None where Git finds nothing."""
    try:
        return git(*arguments).decode().strip() or None
    except InputError:
        return None


def resolve(name: str) -> str:
    """The full name of a commit; raises InputError where there is no such commit."""
    git("rev-parse", "--git-dir")
    commit = find("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None:
        raise InputError(
            f"{name} is no revision here: expected a branch, a tag or a commit"
            + (missing_history() or "; `git fetch` gets new ones")
        )
    return commit


def merge_base(head: Revision) -> Revision:
    """Where `head` left the default branch.

    Raises InputError where no branch is known as that one, or where they share no commit.
    """
    git("rev-parse", "--git-dir")
    branch = default_branch(head)
    commit = find("merge-base", branch, head.commit or "HEAD")
    if commit is None:
        shown = branch.split("/", 2)[2]
        raise InputError(
            f"{shown} and {head} have no commit in common" + (missing_history() or NAME_THE_BASE)
        )
    return Revision(commit)


def default_branch(head: Revision) -> str:
    """The branch that others leave and come back to: origin's, or without one the local one.

    That is what origin/HEAD (locally, init.defaultBranch) says, else main or master, else the
    only branch beside `head` itself. Raises InputError where that leaves none.
    """
    refs = git("for-each-ref", "--format=%(refname)", "refs/remotes/origin", "refs/heads")
    there = os.fsdecode(refs).splitlines()
    own = head.name if head.name not in (WORKSPACE, "HEAD") else find("branch", "--show-current")
    named = {"refs/remotes/origin/": "HEAD", "refs/heads/": find("config", "init.defaultBranch")}
    for place, first in named.items():
        branches = [ref.removeprefix(place) for ref in there if ref.startswith(place)]
        usual = [name for name in (first, "main", "master") if name in branches]
        others = [name for name in branches if name != own]
        if usual or len(others) == 1:
            return place + (usual or others)[0]
    if len(there) == 1:  # a repository of one branch, which was never pushed
        return there[0]
    raise InputError(
        "no default branch is here: expected origin/HEAD, main or master"
        + (missing_history() or NAME_THE_BASE)
    )


def missing_history() -> str | None:
    """What to add to a message if the clone is shallow: how to get the history that it lacks."""
    if find("rev-parse", "--is-shallow-repository") != "true":
        return None
    return (
        ", and this clone is shallow: "
        "git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"
    )


def uncommitted(*paths: str) -> list[str]:
    """The files, or files of folders, that the last commit does not have as they stand."""
    status = git("status", "--porcelain", "--untracked-files=all", "--", *paths).decode()
    return [line[3:] for line in status.splitlines()]
