"""Read the project's files at a commit, or as they stand, from Git: nothing is checked out."""

import os
import re
import subprocess
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pathspec import GitIgnoreSpec

from regression.errors import InputError
from regression.params import parse_yaml

WORKSPACE = None  # in place of a name: the working tree
VERIFY = ("rev-parse", "--verify", "--quiet", "--end-of-options")
NAME_THE_BASE = ": name what to compare with, as in make review BASE=v1"

# What Git sets where it runs a hook, and what then counts more than the folder.
OF_HOOKS = {"GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"}
# A revision is what others wrote. More than this no project has that is reviewed by reading it.
MOST_FILES, MOST_BYTES = 2_000, 100_000_000  # that are read of one revision
LARGEST_FILE, LARGEST_TREE = 40_000_000, 250_000  # bytes; of a YAML or JSON file
MOST_VALUES, DEEPEST, LONGEST_NAME = 5_000, 20, 250  # of its tree
MOST_PATTERNS, MOST_STARS = 50, 2  # of .dvcignore, and of each of its patterns


class Revision:
    """The files of a commit, or of the working tree, under the folder that this runs in.

    `name` is what Git calls a revision, or None for the working tree: then a file counts that
    Git tracks or would offer to track. `workspace` is a name for that too, as DVC has it, where
    Git knows nothing of that name. Raises InputError where the repository knows no such commit.
    """

    def __init__(self, name: str | None):
        self.name = name or "workspace"
        if name == "workspace" and find(*VERIFY, "workspace") is None:
            name = WORKSPACE
        self.commit = None if name is WORKSPACE else resolve(name)
        self.files_read = self.bytes_read = 0

    def __str__(self) -> str:
        if self.commit is None:
            return "the workspace"
        short = self.commit[:7]
        return short if self.commit.startswith(self.name) else f"{self.name} ({short})"

    @cached_property
    def blobs(self) -> dict[str, tuple[str, int]]:
        """Git's hash of what each file holds in a commit, and its size, by path; links are none."""
        listed = git("ls-tree", "-r", "-z", "--long", f"{self.commit}:./")
        lines = [os.fsdecode(line).partition("\t") for line in listed.split(b"\0")[:-1]]
        files = {path: about.split() for about, _, path in lines if about.startswith("100")}
        return {path: (name, int(size)) for path, (_, _, name, size) in files.items()}

    @cached_property
    def paths(self) -> frozenset[str]:
        """The files in Git, relative to this folder, with / between their parts."""
        if self.commit:
            return frozenset(self.blobs)
        listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = (os.fsdecode(name) for name in listed.split(b"\0")[:-1])
        return frozenset(
            name for name in names if Path(name).is_file() and not Path(name).is_symlink()
        )

    @cached_property
    def sorted_paths(self) -> list[str]:
        return sorted(self.paths)

    @cached_property
    def ignored(self) -> GitIgnoreSpec:
        """What DVC passes over; raises InputError where that could take for ever to tell."""
        lines = self.read(".dvcignore") if ".dvcignore" in self.paths else b""
        patterns = [
            line
            for line in lines.decode(errors="replace").splitlines()
            if line.strip() and not line.startswith("#")
        ]
        if len(patterns) > MOST_PATTERNS or any(map(many_stars, patterns)):
            raise InputError(
                f".dvcignore in {self} should have at most {MOST_PATTERNS} patterns, "
                f"each with {MOST_STARS} stars and {LONGEST_NAME} characters"
            )
        try:
            return GitIgnoreSpec.from_lines(patterns)
        except ValueError as error:
            raise InputError(f".dvcignore in {self} cannot be read: {error}") from None

    def inside(self, folder: str) -> list[str]:
        """The files in Git inside a folder that DVC counts, sorted."""
        ends = (bisect_left(self.sorted_paths, f"{folder}{after}") for after in "/0")
        names = self.sorted_paths[slice(*ends)]  # 0 comes next after /
        if len(names) > MOST_FILES or any(len(name) > LONGEST_NAME for name in names):
            raise InputError(
                f"{folder} in {self} should have at most {MOST_FILES} files, "
                f"with names of at most {LONGEST_NAME} characters"
            )
        return [name for name in names if not self.ignored.match_file(name)]

    @cache  # noqa: B019  (a command reads two revisions, and ends)
    def read(self, path: str, most: int = LARGEST_FILE) -> bytes:
        """What a file holds; raises InputError where there is none, or more than `most` bytes."""
        if path not in self.paths:
            raise InputError(f"{path} is missing in {self}")
        size = self.blobs[path][1] if self.commit else Path(path).stat().st_size
        if size > most:
            raise InputError(f"{path} in {self} should have at most {most} bytes, found {size}")
        self.files_read, self.bytes_read = self.files_read + 1, self.bytes_read + size
        if self.files_read > MOST_FILES or self.bytes_read > MOST_BYTES:
            raise InputError(
                f"the pipeline in {self} should have at most {MOST_FILES} files in Git, "
                f"of {MOST_BYTES} bytes together"
            )
        return content_of(self.blobs[path][0]) if self.commit else Path(path).read_bytes()

    @cache  # noqa: B019
    def hash_of(self, path: str) -> str | None:
        """Git's hash of what a file holds; None where there is none."""
        if path not in self.paths:
            return None
        return self.blobs[path][0] if self.commit else git("hash-object", "--", path).decode()[:-1]

    @cached_property
    def author(self) -> str:
        return self.shown("%an")

    @cached_property
    def date(self) -> str:
        """The day that the author wrote it."""
        return self.shown("%as")

    def shown(self, placeholder: str) -> str:
        """What Git knows of the commit; nothing of the working tree."""
        if self.commit is None:
            return ""
        show = ("show", "--no-patch", "--no-show-signature", f"--format={placeholder}")
        return git(*show, self.commit).decode(errors="replace").strip()

    @cache  # noqa: B019
    def read_yaml(self, path: str) -> dict:
        """A YAML file's tree; raises InputError where it is none."""
        tree = parse_yaml(self.read(path, LARGEST_TREE), f"{path} in {self}")
        return check_tree(tree, f"{path} in {self}")


def many_stars(pattern: str) -> bool:
    """Whether matching a pattern could take for ever: each star tries every length."""
    return len(pattern) > LONGEST_NAME or pattern.replace("**", "*").count("*") > MOST_STARS


def check_tree(tree: Any, path: str) -> dict:
    """The tree that a file holds; raises InputError for one that grows without end, or is none.

    What aliases of YAML repeat counts as often as it is repeated.
    """
    if not isinstance(tree, dict):
        raise InputError(f"{path} should hold names and values, found {short(tree)}")
    budget = iter(range(MOST_VALUES))
    characters = 0
    for name, value in branches(tree, path, 1):
        characters += len(value) if isinstance(value, str | bytes) else 0
        if isinstance(name, str) and len(name) > LONGEST_NAME:
            raise InputError(f"{path} should have names of at most {LONGEST_NAME} characters")
        if next(budget, None) is None or characters > LARGEST_TREE:
            raise InputError(f"{path} should hold at most {MOST_VALUES} values")
    return tree


def branches(tree: Any, path: str, depth: int) -> Iterator[tuple[Any, Any]]:
    """Every name or position of a tree with its value, at every depth."""
    if depth > DEEPEST:
        raise InputError(f"{path} should be nested at most {DEEPEST} deep")
    for name, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield name, value
        if isinstance(value, dict | list | tuple | set):
            yield from branches(value, path, depth + 1)


def short(value: object) -> str:
    """What was found, for a message: a scalar in short, of a tree its kind alone."""
    if isinstance(value, dict | list | tuple | set):
        return "a list" if value else repr(value)
    return f"{value!r:.50}"


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
        complaint = error.stderr.decode(errors="replace").strip()
        name = next(word for word in arguments if re.fullmatch("[a-z][a-z-]*", word))
        raise InputError(f"git {name}: {complaint}") from None


@cache
def content_of(blob: str) -> bytes:
    """What Git has under a hash: read once, for most files are the same in both revisions."""
    return git("cat-file", "blob", blob)


def find(*arguments: str) -> str | None:
    """As `git`, a line; None where Git finds nothing."""
    try:
        return os.fsdecode(git(*arguments)).strip() or None
    except InputError:
        return None


def resolve(name: str) -> str:
    """The full name of a commit; raises InputError where there is no such commit.

    An experiment counts by the name that DVC gave it, where no two have it.
    """
    git("rev-parse", "--git-dir")
    commit = find(*VERIFY, f"{name}^{{commit}}") or experiment(name)
    if commit is None:
        raise InputError(
            f"{name} is no revision here: expected a branch, a tag, an experiment or a commit"
            + (missing_history() or "; `git fetch` gets new ones")
        )
    return commit


def experiment(name: str) -> str | None:
    """The commit of an experiment, which DVC keeps as refs/exps/12/3456.../name."""
    listed = git("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps/*/*/*")
    lines = [line.split(" ", 1) for line in os.fsdecode(listed).splitlines()]
    found = [commit for commit, ref in lines if ref.split("/")[4:] == [name]]
    return found[0] if len(found) == 1 else None


def experiment_of(commit: str) -> str | None:
    """The name of the experiment that a commit is; None where it is none."""
    at = ("--points-at", commit, "--count=1")
    ref = find("for-each-ref", *at, "--format=%(refname)", "refs/exps/*/*/*")
    return ref and ref.split("/", 4)[4]


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
    own = head.name if head.commit and head.name != "HEAD" else find("branch", "--show-current")
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


def github() -> str | None:
    """The address of origin on GitHub, without the names of who signs in there; None elsewhere."""
    remote = find("remote", "get-url", "origin") or ""
    found = re.fullmatch(
        r"(?:(?:https|ssh)://(?:[^/@]+@)?github\.com/|git@github\.com:)"
        r"([\w.-]+/[\w.-]+?)(?:\.git)?/?",
        remote,
    )
    return f"https://github.com/{found[1]}" if found else None


def uncommitted(*paths: str) -> list[str]:
    """The files, or files of folders, that the last commit does not have as they stand."""
    status = git("status", "--porcelain", "--untracked-files=all", "--", *paths)
    return [line[3:] for line in os.fsdecode(status).splitlines()]
