"""What is known of each metric: the digits it is printed with, which way is better, its unit."""

from typing import NamedTuple


class Metric(NamedTuple):
    """`better` is less, more, target (the nearer to what was asked for) or nothing."""

    digits: int
    better: str
    unit: str  # target: the target's; share: of one


METRICS = {
    "rmse": Metric(1, "less", "target"),
    "mae": Metric(1, "less", "target"),
    "r2": Metric(3, "more", "share"),
    "member_rmse_mean": Metric(1, "less", "target"),
    "member_rmse_std": Metric(1, "less", "target"),
    "skill": Metric(3, "more", "share"),
    "coverage": Metric(3, "target", "share"),
    "width": Metric(1, "less", "target"),
    # The RMSE of each baseline: what a model is compared with, and not better or worse itself.
    "mean": Metric(1, "", "target"),
    "linear": Metric(1, "", "target"),
    "persistence": Metric(1, "", "target"),
    "neighbours": Metric(1, "", "target"),
}


def metric(name: str) -> Metric | None:
    """What is known of a metric by its full name, such as test.rmse; None for another one."""
    return METRICS.get(name.rpartition(".")[2])


def shown(name: str, value: float) -> str:
    """A value with the digits of its metric: a share in percent, an error in its unit."""
    known = METRICS[name]
    if known.unit == "share":
        return f"{value:.{known.digits - 2}%}"
    return f"{value:.{known.digits}f}"
