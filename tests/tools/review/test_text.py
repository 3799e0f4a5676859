"""How many digits a figure in the report has."""

from decimal import Decimal

import pytest

from tools.review.text import digits_of


@pytest.mark.parametrize(
    ("name", "values", "digits"),
    [
        ("test.rmse", ["0.12345", "7"], 1),
        ("test.r2", ["0.5"], 3),
        ("summer.rmse", ["0.12345", "0.2"], 5),
        ("share.mean", ["0.5"], 1),
        ("count", ["1200", "1199"], 0),
        ("seconds", ["1234.56789012345"], 2),
        ("tiny", ["0.0000123456789", "0"], 10),
        ("zero", ["0.000"], 3),
    ],
)
def test_a_metric_that_is_not_known_has_its_own_digits(name, values, digits):
    """Whatever its last word is; six of them count. One that is known has those of its kind."""
    assert digits_of(name, [None, *map(Decimal, values)], 1) == digits
