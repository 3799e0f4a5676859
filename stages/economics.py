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
