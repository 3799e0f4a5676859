"""Which feature a network uses."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

from tests.project import PARAMS, TABLE
from tools.importance import draw, groups, permuted, report

generator = np.random.default_rng(0)
ROWS = pd.DataFrame(
    {
        "row": range(200),
        **dict(zip("abc", generator.normal(size=(3, 200)), strict=True)),
        "known": np.nan,
    }
)
ROWS["target"] = 3 * ROWS["a"] + ROWS["b"]


def test_the_rise_is_that_of_scikit_learn():
    """Of a line that was fitted without error: as much as its slope matters, and nothing for c."""
    x = ROWS[["a", "b", "c"]].to_numpy("float32")
    line = LinearRegression().fit(x, ROWS["target"])
    expected = permutation_importance(
        line, x, ROWS["target"], scoring="neg_root_mean_squared_error", random_state=0
    )

    def answers(x):
        return np.column_stack([line.predict(x), np.zeros(len(x))])

    found = permuted(
        answers, ROWS, {"a": [0], "b": [1], "c": [2]}, "level", np.random.default_rng(1)
    )

    np.testing.assert_allclose(found[0], expected.importances_mean, rtol=0.1, atol=1e-6)
    assert (found[1] == 0).all()  # of a member that answers alike whatever it is told


def test_the_lags_of_a_feature_are_shuffled_together():
    """A member that looks at their difference is told nothing new."""
    rows = ROWS.assign(b=ROWS["a"])

    def answers(x):
        return x[:, [0]] - x[:, [1]]

    together = permuted(answers, rows, {"a": [0, 1]}, "level", np.random.default_rng(0))
    apart = permuted(answers, rows, {"a": [0], "b": [1]}, "level", np.random.default_rng(0))

    assert together.loc["a", 0] == pytest.approx(0, abs=1e-9)
    assert (apart[0].abs() > 0.1).all()


def test_a_level_is_a_group_of_its_own():
    """Behind the features, each of which has all its lags."""
    prepare = PARAMS.prepare.model_copy(update={"features": ["pce", "pop"], "lags": 2})
    names = ["row", "pce", "pce_1", "pop", "pop_1", "pce_per_pop", "known", "target"]

    found = groups(pd.DataFrame(columns=names), PARAMS.model_copy(update={"prepare": prepare}))

    assert found == {"pce": [0, 1], "pop": [2, 3], "pce_per_pop": [4]}


def test_the_most_important_comes_first():
    """With the members' deviation, and with what the figures do not tell."""
    rises = pd.DataFrame(
        [[1.0, 2.0], [30.0, 32.0], [-0.01, -0.03]], index=["pop", "pce", "psavert"]
    )

    first, *others, last = report(rises, 1).splitlines()[1:]
    axes = draw(rises, TABLE["unemploy"]).axes[0]

    assert first.split() == ["pce", "31.0", "1.4"]
    assert [line.split() for line in others] == [["pop", "1.5", "0.7"], ["psavert", "0.0", "0.0"]]
    assert "does not choose features" in last
    assert [label.get_text() for label in axes.get_yticklabels()] == ["psavert", "pop", "pce"]
    assert [bar.get_width() for bar in axes.patches] == [-0.02, 1.5, 31]
