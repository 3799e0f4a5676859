"""How other algorithms score on the network's rows."""

from tests.project import PARAMS, TOOLS, quoted
from tools.compare import compare, report


@quoted
def test_the_readmes_table_is_what_make_compare_prints(rows):
    """Mean test RMSE over the seeds, and the deviation where an algorithm draws anything."""
    printed = report(compare(*rows, PARAMS), 0).splitlines()[1:]

    section = TOOLS.partition("## Other algorithms")[2]
    lines = [line for line in section.partition("##")[0].splitlines() if line.startswith("|")]
    shown = [line.replace("|", " ").split() for line in lines[2:]]
    assert [line.split()[:-1] for line in printed] == shown
