"""The columns of data/economics.csv beside the date: what each one is, and its unit."""

from typing import NamedTuple


class Series(NamedTuple):
    title: str
    unit: str


COLUMNS = {
    "pce": Series("personal consumption expenditures", "billions of dollars"),
    "pop": Series("total population", "thousands"),
    "psavert": Series("personal savings rate", "percent"),
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
