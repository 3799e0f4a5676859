"""The pipeline is killed, and the next run heals it: the short form of benchmarks/kills.py."""


def test_a_killed_pipeline_is_healed_by_the_next_run(clone):
    """Killed at any moment, by SIGKILL: together with DVC, and DVC alone."""
    told = clone.run("python -m benchmarks.kills --rounds 2")

    assert "| SIGKILL to all of them | 1 | 1 |\n| SIGKILL to DVC alone | 1 | 1 |" in told
