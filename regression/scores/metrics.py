"""What is known of each metric: the digits it is printed with, which way is better, its unit."""

from typing import NamedTuple


class Metric(NamedTuple):
    """`better` is less, more, target (the nearer to what was asked for) or nothing."""

    better: str
    unit: str  # target: the target's; share: of one
    digits: int = 3  # of a share; what has the target's unit has the digits of the target

    def decimals(self, target: int) -> int:
        """The decimals that it is printed with, where figures of the target have so many."""
        return self.digits if self.unit == "share" else target


METRICS = {
    "rmse": Metric("less", "target"),
    "mae": Metric("less", "target"),
    "r2": Metric("more", "share"),
    "member_rmse_mean": Metric("less", "target"),
    "member_rmse_std": Metric("less", "target"),
    "skill": Metric("more", "share"),
    "coverage": Metric("target", "share"),
    "width": Metric("less", "target"),
    # The RMSE of each baseline: what a model is compared with, and not better or worse itself.
    "mean": Metric("", "target"),
    "linear": Metric("", "target"),
    "persistence": Metric("", "target"),
    "neighbours": Metric("", "target"),
}


def metric(name: str) -> Metric | None:
    """What is known of a metric by its full name, such as test.rmse; None for another one."""
    return METRICS.get(name.rpartition(".")[2])


def shown(name: str, value: float, decimals: int) -> str:
    """A value with the digits of its metric: a share in percent, an error in its unit."""
    known = METRICS[name]
    digits = known.decimals(decimals)
    return f"{value:.{digits - 2}%}" if known.unit == "share" else f"{value:.{digits}f}"
