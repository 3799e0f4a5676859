"""How the dates of a table follow each other: in years, quarters, months, weeks or days."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.tseries import offsets
from pandas.tseries.frequencies import to_offset

from regression.errors import counted


class Kind(NamedTuple):
    """What one period is called, how its date is written, and how many make a year."""

    word: str
    form: str
    per_year: int
    horizons: tuple[int, ...]  # what one asks forecasts for


KINDS: dict[type, Kind] = {
    **dict.fromkeys((offsets.YearBegin, offsets.YearEnd), Kind("year", "%Y", 1, (1, 2, 3, 5))),
    **dict.fromkeys(
        (offsets.QuarterBegin, offsets.QuarterEnd), Kind("quarter", "%Y-%m", 4, (1, 2, 4, 8))
    ),
    **dict.fromkeys(
        (offsets.MonthBegin, offsets.MonthEnd), Kind("month", "%Y-%m", 12, (1, 3, 6, 12))
    ),
    offsets.Week: Kind("week", "%Y-%m-%d", 52, (1, 4, 13, 26)),
    offsets.Day: Kind("day", "%Y-%m-%d", 365, (1, 7, 14, 28)),
    offsets.BusinessDay: Kind("day", "%Y-%m-%d", 261, (1, 5, 10, 20)),
}


@dataclass(frozen=True)
class Frequency:
    """A frequency by pandas' alias, such as MS; raises ValueError for one that is not of KINDS."""

    alias: str

    def __post_init__(self) -> None:
        try:
            offset = to_offset(self.alias)
        except ValueError:
            offset = None
        dated = getattr(offset, "weekday", 0) is not None  # W-SUN, and not seven days from any
        if type(offset) not in KINDS or offset.n != 1 or not dated:
            raise ValueError(
                "should be a frequency of pandas: YS, QS, MS, W-SUN, D, B and the like"
            )

    @property
    def offset(self) -> pd.DateOffset:
        return to_offset(self.alias)

    @property
    def kind(self) -> Kind:
        return KINDS[type(self.offset)]

    @property
    def word(self) -> str:
        return self.kind.word

    def count(self, periods: int) -> str:
        """So many periods in words, such as 3 months."""
        return counted(periods, self.word)

    def show(self, date: pd.Timestamp) -> str:
        """A date as precise as the frequency."""
        return f"{date:{self.kind.form}}"

    def ends(self, dates: pd.Series) -> list[str]:
        """The first and the last of some dates."""
        return [self.show(date) for date in dates.agg(["min", "max"])]

    def calendar(self, dates: pd.Series) -> pd.DatetimeIndex:
        """Every date from the first to the last of some."""
        return pd.date_range(dates.min(), dates.max(), freq=self.offset)

    def numbers(self, dates: pd.Series) -> np.ndarray:
        """The places of some dates in their calendar."""
        return self.calendar(dates).get_indexer(dates)

    def has(self, dates: pd.Series) -> pd.Series:
        """Which of some dates are ones of this frequency."""
        return dates.isin(self.calendar(dates))

    def ending(self, last: pd.Timestamp, periods: int) -> pd.DatetimeIndex:
        """So many dates in a row, the last of which is `last`."""
        return pd.date_range(end=last, periods=periods, freq=self.offset)

    @property
    def rule(self) -> str:
        """What a date should be, with an example."""
        offset, example = self.offset, self.offset.rollforward(pd.Timestamp("2000-01-01"))
        if isinstance(offset, offsets.Week | offsets.Day | offsets.BusinessDay):
            day = {offsets.Week: f"{example:%A}", offsets.BusinessDay: "working day"}
            name = f"a {day.get(type(offset), 'day')}"
        else:
            name = f"the {'last' if 'End' in type(offset).__name__ else 'first'} of a {self.word}"
        return f"{name}, such as {example:%Y-%m-%d}"
