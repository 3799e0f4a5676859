"""Check that the metrics in the working tree, just made anew, are those of the last commit."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from itertools import zip_longest
from math import isclose
from typing import NamedTuple

from regression.errors import InputError, run
from tools.check_lock import flatten
from tools.revisions import WORKSPACE, Revision


class Tolerance(NamedTuple):
    """What another kind of processor may move in a cell: by so much, or by such a share of it."""

    amount: float = 0.0
    share: float = 0.0


# Pictures and the hashes of models may differ and are not compared.
TOLERANCES = {
    "metrics/metrics.json": Tolerance(),
    "metrics/summary.csv": Tolerance(),
    "metrics/history.csv": Tolerance(share=1e-5),  # one in the last of its six digits
    "metrics/predictions.csv": Tolerance(amount=0.1),
}


def cells(content: bytes, path: str) -> dict[str, str]:
    """The cells of a CSV file or the values of a JSON file, each as printed, under its place."""
    if path.endswith(".json"):
        tree = json.loads(content, parse_float=str, parse_int=str)
        return {name: str(value) for name, value in flatten(tree).items()}
    header, *rows = csv.reader(StringIO(content.decode()))
    return {
        f"line {line}, {column}": cell
        for line, row in enumerate(rows, 2)
        for column, cell in zip_longest(header, row, fillvalue="")
    }


def differences(committed: bytes, made: bytes, path: str, tolerance: Tolerance) -> Iterator[str]:
    """A line for each cell of a file that is further than `tolerance` from the committed one."""
    before, after = cells(committed, path), cells(made, path)
    for place in {**before, **after}:
        old, new = before.get(place, "nothing"), after.get(place, "nothing")
        if old != new and not close(old, new, tolerance):
            yield f"{path}, {place}: committed {old or 'empty'}, made {new or 'empty'}"


def close(old: str, new: str, tolerance: Tolerance) -> bool:
    """Whether two cells are numbers that differ by no more than `tolerance`, as printed."""
    amount, share = (limit * (1 + 1e-6) for limit in tolerance)
    try:
        return isclose(float(old), float(new), rel_tol=share, abs_tol=amount)
    except ValueError:
        return False


def main() -> None:
    committed, made = Revision("HEAD"), Revision(WORKSPACE)
    found = []
    for path, tolerance in TOLERANCES.items():
        try:
            found += differences(committed.read(path), made.read(path), path, tolerance)
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path} cannot be read: {error}") from None
    if found:
        more = [f"and {len(found) - 10} more"] if len(found) > 10 else []
        wrong = f"the metrics of {committed} are not what its code gives:"
        raise InputError("\n  ".join([wrong, *found[:10], *more]))
    print(f"the metrics of {committed} are what its code gives")


if __name__ == "__main__":
    run(main)
