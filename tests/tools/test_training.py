"""Networks trained on some rows, asked about others."""

import numpy as np
import pandas as pd

from tests.project import PARAMS
from tools.training import train_and_predict


def test_each_column_is_what_its_member_says_alone():
    """In the order of the seeds, in the target's unit: as of one member with seed + k."""
    known = np.random.default_rng(0).uniform(5000, 9000, 30)
    rows = pd.DataFrame(
        {
            "origin": 0,
            "date": 0,
            "pce": known / 9000,
            "known": known,
            "target": known * np.linspace(0.9, 1.1, 30),
        }
    )
    params = PARAMS.train.model_copy(
        update={"layers": [4], "epochs": 2, "batch_size": 7, "members": 2, "seed": 5}
    )

    second = params.model_copy(update={"members": 1, "seed": 6})

    together, alone = (
        train_and_predict(rows[:20], rows[20:], "log_change", each) for each in (params, second)
    )

    assert together.shape == (10, 2)
    np.testing.assert_allclose(together[:, 1], alone[:, 0], rtol=1e-5)
    assert (np.abs(together[:, 0] / alone[:, 0] - 1) > 1e-3).any()
    assert (together > 1000).all()
