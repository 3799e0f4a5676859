"""What counts as a network's predictions in a table that a branch chose."""

from types import SimpleNamespace

import pytest

from tools.review.snapshot import Snapshot, read_predictions


@pytest.mark.parametrize("name", ["member_2\n", "member_\u0662", "member_", "member_2_old"])
def test_only_members_named_as_evaluate_names_them_count(name):
    """A column of almost that name is no network's, and is passed over."""
    text = f'date,actual,predicted,member_1,"{name}"\n1967-07-01,1,2,3,4\n'
    revision = SimpleNamespace(read=lambda path, most: text.encode())

    predictions = read_predictions(revision, "metrics/predictions.csv")

    assert list(Snapshot(revision, {}, {}, predictions, predictions, None).members) == ["member_1"]
