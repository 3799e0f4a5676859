"""How often the review calls a difference real where there is none, and where there is one.

Trains pairs of ensembles that differ in their seeds alone (A/A), and some that differ in a
parameter; prints what is called what, as Markdown.
"""

from collections import Counter
from collections.abc import Iterator
from math import ceil

import numpy as np
import pandas as pd
from tqdm import tqdm

from regression.errors import run, say
from regression.files import write_csv
from regression.network.folds import folds
from regression.params import Params, load_params
from regression.report.markdown import markdown_table
from regression.table.rows import read_rows
from tools.command import Parser, whole_number
from tools.in_process import train_and_predict
from tools.review.difference import Difference, compare, compare_out_of_fold, rmse

AT_ONCE = 100  # networks trained in one call, which compiles once
NEIGHBOURS = 20  # with which each network is compared on held-out rows
STORED = 40  # networks whose predictions tests/test_difference.py draws ensembles from
CHANGES = {
    "50 epochs, not 20": {"epochs": 50},
    "layers doubled": {"layers": [1000, 200, 100]},
    "learning rate 0.00001, not 0.001": {"learning_rate": 0.00001},
}
REPEATS = 5
CALLED = [
    *("seeds of the two sides", "pairs", "better or worse", "too small to matter"),
    *("no proven difference", "of these, certain on these months"),
]
TOLD = [
    *("change", "seeds", "mean difference in RMSE", "smallest that could be shown"),
    f"called, of {REPEATS}",
]


def many(train: pd.DataFrame, test: pd.DataFrame, params: Params, count: int) -> np.ndarray:
    """Test predictions of `count` networks with seeds in a row: (months, count).

    In the target's unit, to one decimal, as metrics/predictions.csv has them.
    """
    firsts = range(params.train.seed, params.train.seed + count, AT_ONCE)
    batches = [
        params.train.model_copy(
            update={"seed": first, "members": min(AT_ONCE, firsts.stop - first)}
        )
        for first in firsts
    ]
    transform = params.prepare.transform
    return np.hstack(
        [
            train_and_predict(train, test, transform, batch).round(1)
            for batch in tqdm(batches, leave=False, disable=None)
        ]
    )


def ensembles(members: np.ndarray, size: int) -> Iterator[tuple[range, np.ndarray]]:
    """Cut predictions of shape (months, members) into ensembles, each with its seeds."""
    for first in range(0, members.shape[1], size):
        yield range(first, first + size), members[:, first : first + size]


def judge(
    test: pd.DataFrame, base: np.ndarray, head: np.ndarray, seeds: tuple[range, range]
) -> Difference:
    """What the review of a pull request from `base` to `head` would find."""
    actual, years = test["target"].to_numpy(), test["date"].dt.year.to_numpy()
    return compare(actual, years, base, head, seeds, persistence(test))


def persistence(rows: pd.DataFrame) -> float:
    """The RMSE of the last known figure, which small differences are small beside."""
    known = rows.dropna(subset="known")
    return rmse(known["target"].to_numpy(), known[["known"]].to_numpy())


def false_calls(test: pd.DataFrame, members: np.ndarray, size: int) -> list[list]:
    """Rows of a table: what is called of pairs that differ in their seeds alone.

    Each ensemble is in one pair only. The same pairs are judged a second time as if their seeds
    were the same, with members left out of both sides at once: that they have nothing to do
    with each other is one way for pairs to be. Last, head keeps half of the seeds of base.
    """
    blocks = list(ensembles(members, size))
    apart = list(zip(blocks[::2], blocks[1::2], strict=True))
    half = size // 2
    shifted = ensembles(np.roll(members, -half, axis=1), size)
    overlapping = [
        (base, (range(base[0].start + half, base[0].start + half + size), head))
        for base, (_, head) in list(zip(blocks, shifted, strict=True))[::2]
    ]
    as_if_same = [(base, (base[0], head)) for base, (_, head) in apart]
    return [
        calls_of(test, "none in common", apart),
        calls_of(test, "none in common, taken to be the same", as_if_same),
        calls_of(test, "half in common", overlapping),
    ]


def calls_of(test: pd.DataFrame, seeds: str, pairs: list) -> list:
    found = [judge(test, base, head, (own, other)) for (own, base), (other, head) in pairs]
    return counted(seeds, found)


def counted(seeds: str, found: list[Difference]) -> list:
    verdicts = Counter(difference.verdict for difference in found)
    called = [
        verdicts["better"] + verdicts["worse"],
        verdicts["too small to matter"],
        verdicts["no proven difference"],
        sum(difference.on_these_rows is not None for difference in found),
    ]
    return [seeds, len(found), *(f"{100 * count / len(found):.1f}%" for count in called)]


def held_out(train: pd.DataFrame, params: Params, count: int) -> tuple[np.ndarray, np.ndarray]:
    """What single networks, with `count` seeds in a row, say of the rows that their fold holds out.

    Of shape (rows, seeds), in the order of `train`; and the fold of each row.
    """
    predicted, fold = np.empty((len(train), count)), np.empty(len(train))
    for number, (rows, others) in enumerate(folds(train, params.split, params.train)):
        predicted[others] = many(train.iloc[rows], train.iloc[others], params, count)
        fold[others] = number
    return predicted, fold


def false_calls_held_out(train: pd.DataFrame, single: np.ndarray, fold: np.ndarray) -> list:
    """A row of a table: what is called on held-out rows of pairs that differ in seeds alone.

    Each network is in twice as many pairs as NEIGHBOURS, for each alone tells little.
    """
    actual, years = train["target"].to_numpy(), train["date"].dt.year.to_numpy()
    yardstick, found = persistence(train), []
    for shift in range(1, NEIGHBOURS + 1):
        others = np.roll(single, -shift, axis=1)
        for base, head in zip(single.T, others.T, strict=True):
            sides = base[:, np.newaxis], head[:, np.newaxis]
            found.append(compare_out_of_fold(actual, years, [fold] * 2, *sides, yardstick))
    return counted("held-out training rows, none in common", found)


def true_calls(test: pd.DataFrame, base: np.ndarray, changed: dict, size: int) -> list[list]:
    """Rows of a table: what is called of each change, with the same seeds and with others."""
    rows = []
    bases = list(ensembles(base, size))
    for change, members in changed.items():
        heads = list(ensembles(members, size))
        for drawn, shift in (("the same", 0), ("none in common", 1)):
            found = [
                judge(test, base, head, (own, other))
                for (own, base), (other, head) in zip(
                    bases, heads[shift:] + heads[:shift], strict=True
                )
            ]
            verdicts = Counter(difference.verdict for difference in found)
            text = ", ".join(f"{verdict} {count}×" for verdict, count in verdicts.most_common())
            mean = np.mean([difference.value for difference in found])
            smallest = np.mean([difference.smallest for difference in found])
            signed = f"{mean:+.0f}".replace("-", "−")
            rows.append([change, drawn, signed, f"{smallest:.0f}", text])
    return rows


def main() -> None:
    parser = Parser("benchmarks.aa", __doc__)
    parser.add_argument(
        "--pairs",
        type=whole_number(ceil(REPEATS / 2)),
        default=200,
        help="with 200 or more, tests/members.csv is written",
    )
    pairs = parser.parse_args().pairs
    params = load_params()
    train, test = read_rows("data/train.csv"), read_rows("data/test.csv")
    size = params.train.members

    members = many(train, test, params, 2 * pairs * size)
    calls = [
        *false_calls(test, members, size),
        false_calls_held_out(train, *held_out(train, params, 2 * pairs)),
    ]
    say(markdown_table(CALLED, calls))
    changed = {
        change: many(
            train,
            test,
            params.model_copy(update={"train": params.train.model_copy(update=update)}),
            REPEATS * size,
        )
        for change, update in CHANGES.items()
    }
    calls = true_calls(test, members[:, : REPEATS * size], changed, size)
    say(f"\n{markdown_table(TOLD, calls)}")

    if pairs >= 200:
        stored = pd.DataFrame(members[:, :STORED]).rename(columns=lambda k: f"member_{k + 1}")
        names = {"target": "actual", "known": "persistence"}
        months = test.rename(columns=names)[["date", *names.values()]]
        write_csv(pd.concat([months, stored], axis=1), "tests/members.csv")


if __name__ == "__main__":
    run(main)
