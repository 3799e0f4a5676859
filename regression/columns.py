"""The columns of data/economics.csv beside the date: what each one is, and its unit."""

from typing import NamedTuple


class Series(NamedTuple):
    title: str
    unit: str
    late: bool = False  # a month's figure is published weeks after that of a series that is not


COLUMNS = {
    "pce": Series("personal consumption expenditures", "billions of dollars", late=True),
    "pop": Series("total population", "thousands", late=True),
    "psavert": Series("personal savings rate", "percent", late=True),
    "uempmed": Series("median duration of unemployment", "weeks"),
    "unemploy": Series("unemployed persons", "thousands"),
}

# From the month of a peak to the month of the trough: National Bureau of Economic Research,
# US Business Cycle Expansions and Contractions.
RECESSIONS = [
    ("1969-12", "1970-11"),
    ("1973-11", "1975-03"),
    ("1980-01", "1980-07"),
    ("1981-07", "1982-11"),
    ("1990-07", "1991-03"),
    ("2001-03", "2001-11"),
    ("2007-12", "2009-06"),
    ("2020-02", "2020-04"),
]
