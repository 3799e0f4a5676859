"""How the report writes values: numbers to be read, and whatever a branch chose as code."""

import re
from collections.abc import Iterable
from decimal import Decimal

from regression.errors import printable
from regression.scores.metrics import METRICS
from tools.review.changes import Change

LONGEST = 200  # characters of what a branch chose
SIGNIFICANT = 6  # digits of a metric of which nothing is known


def code_span(value: object, most: int = LONGEST) -> str:
    """Text that a branch chose, set so that GitHub reads no markup, mention or link in it."""
    text = printable(" ".join(str(value).split())).replace("`", "'")
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return f"`{text.replace(chr(92) + '|', chr(92) + ' |') or ' '}`"  # \| would end a table's cell


def number(value: Decimal | float | None, digits: int) -> str:
    """A number with so many decimals; nothing for None."""
    if value is None:
        return ""
    return f"{round(value, digits) or 0:.{digits}f}".replace("-", "−")


def signed(value: Decimal | float, digits: int) -> str:
    text = number(value, digits)
    return text if text.startswith("−") or not re.search("[1-9]", text) else f"+{text}"


def span(interval: tuple[float, float] | None, digits: int) -> str:
    return " to ".join(number(end, digits) for end in interval or ())


def digits_of(name: str, values: Iterable[Decimal | None], decimals: int) -> int:
    """The decimals of a metric, where figures of the target have so many `decimals`.

    Of one that is not known: as many as its `values` have, up to six digits that count.
    """
    if name in METRICS:
        return METRICS[name].decimals(decimals)
    there = [value for value in values if value is not None]
    enough = [SIGNIFICANT - 1 - value.adjusted() for value in there]
    had = [-int(value.as_tuple().exponent) for value in there]
    return max([0, *map(min, enough, had)])


def described(change: Change) -> str:
    """A change on one line: a name with what it was and is."""
    before, after = (f"{value!s:.80}" for value in (change.base, change.head))
    if change.base is None:
        return code_span(f"{change.name} {after}") + " is new"
    if change.head is None:
        return code_span(f"{change.name} {before}") + " is gone"
    return code_span(f"{change.name} {before} → {after}")


def listing(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def folded(title: str, *paragraphs: str) -> str:
    """What is shown once its title is clicked."""
    return "\n\n".join([f"<details><summary>{title}</summary>", *paragraphs, "</details>"])
