"""How the report writes values: numbers to be read, and whatever a branch chose as code."""

import re
from collections.abc import Iterable
from decimal import Decimal

from regression.errors import printable
from regression.scores.metrics import metric
from tools.review.changes import Change

MOST = 20  # lines of one kind that are listed
LONGEST = 200  # characters of what a branch chose


def code_span(value: object, most: int = LONGEST) -> str:
    """Text that a branch chose, set so that GitHub reads no markup, mention or link in it."""
    text = printable(" ".join(str(value).split())).replace("`", "'")
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return f"`{text.replace(chr(92) + '|', chr(92) + ' |') or ' '}`"  # \| would end a table's cell


def number(value: Decimal | float | None, digits: int | None) -> str:
    """A number with so many decimals, or with those it has; nothing for None."""
    if value is None:
        return ""
    text = f"{value:f}" if digits is None else f"{round(value, digits) or 0:.{digits}f}"
    return text.replace("-", "−")


def signed(value: Decimal | float, digits: int | None) -> str:
    text = number(value, digits)
    return text if text.startswith("−") or not re.search("[1-9]", text) else f"+{text}"


def span(interval: tuple[float, float] | None, digits: int) -> str:
    return " to ".join(number(end, digits) for end in interval or ())


def digits_of(name: str, decimals: int) -> int | None:
    """The decimals of a metric; None, for those that it has, where it is no known one."""
    known = metric(name)
    return known.decimals(decimals) if known else None


def described(change: Change) -> str:
    """A change on one line: a name with what it was and is."""
    before, after = (f"{value!s:.80}" for value in (change.base, change.head))
    if change.base is None:
        return code_span(f"{change.name} {after}") + " is new"
    if change.head is None:
        return code_span(f"{change.name} {before}") + " is gone"
    return code_span(f"{change.name} {before} → {after}")


def shortened(lines: list[str], most: int = MOST) -> list[str]:
    return lines if len(lines) <= most else [*lines[:most], f"and {len(lines) - most} more"]


def listing(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def folded(title: str, *paragraphs: str) -> str:
    """What is shown once its title is clicked."""
    return "\n\n".join([f"<details><summary>{title}</summary>", *paragraphs, "</details>"])
