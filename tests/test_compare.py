"""How other algorithms score on the network's rows."""

import pandas as pd

from project import ROOT
from stages.params import load_params
from tools.compare import compare, report


def test_the_readmes_table_is_what_make_compare_prints(reproduced):
    """Mean test RMSE over the seeds, and the deviation where an algorithm draws anything."""
    train, test = (pd.read_csv(reproduced.path / f"data/{part}.csv") for part in ("train", "test"))

    printed = report(compare(train, test, load_params())).splitlines()[1:]

    section = (ROOT / "README.md").read_text().partition("## Other algorithms")[2]
    lines = [line for line in section.partition("##")[0].splitlines() if line.startswith("|")]
    quoted = [line.replace("|", " ").split() for line in lines[2:]]
    assert [line.split()[:-1] for line in printed] == quoted
