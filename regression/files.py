"""Files: their MD5; written whole or not at all, under a temporary name beside them."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regression.errors import PROJECT, complain

if TYPE_CHECKING:
    import pandas as pd

CSV: dict[str, Any] = {"index": False, "lineterminator": "\n", "date_format": "%Y-%m-%d"}
LARGE = 10_000_000  # bytes: more than Git should keep of each version


def go_to_project() -> None:
    """Have a tool's paths be those of the project, wherever it was started."""
    os.chdir(PROJECT)


def md5(path: str) -> str:
    """The MD5 of a file, as dvc.lock has it."""
    return md5_of(Path(path).read_bytes())


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@contextmanager
def replacing(path: str) -> Iterator[Path]:
    """Give a temporary path that takes the place of `path` if the block ends without an error.

    The suffix stays, since Keras and Matplotlib read the format from it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.partial{target.suffix}")
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        if str(error.filename or temporary) == str(temporary):  # writing fails without a name
            error.filename, error.filename2 = path, None
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_csv(table: "pd.DataFrame", path: str) -> None:
    """Write a table without its index; dates as 1967-07-01, an unknown cell empty."""
    with replacing(path) as temporary:
        table.to_csv(temporary, **CSV)  # not by way of a text, which may be long


def csv(table: "pd.DataFrame") -> str:
    return table.to_csv(**CSV)


def write_json(tree: dict, path: str) -> None:
    """Write a tree of finite numbers and text; raises ValueError for NaN and infinity."""
    write_text(json.dumps(tree, indent=2, allow_nan=False) + "\n", path)


def write_text(text: str, path: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def warn_if_large(path: str, remedy: str) -> None:
    """Warn of a large file in Git, where every version of it stays; `remedy` makes it smaller."""
    size = Path(path).stat().st_size
    if size > LARGE:
        complain(
            f"warning: {path} has {size / 1e6:.0f} MB, and Git keeps every version of it: {remedy}"
        )
