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


# What needs no network, in words, in the order of the card.
WITHOUT_NETWORK = {
    "persistence": "the last known figure",
    "linear": "linear regression on the same predictors",
    "mean": "the training mean",
    "neighbours": "the line between the neighbouring training dates",
}

# By their full names: another metric may well end in the same word.
METRICS = {
    "train.rmse": Metric("less", "target"),
    "train.mae": Metric("less", "target"),
    "test.rmse": Metric("less", "target"),
    "test.mae": Metric("less", "target"),
    "test.r2": Metric("more", "share"),
    "test.member_rmse_mean": Metric("less", "target"),
    "test.member_rmse_std": Metric("less", "target"),
    # The RMSE of each baseline: what a model is compared with, and not better or worse itself.
    **{f"baseline.{name}": Metric("", "target") for name in WITHOUT_NETWORK},
    "validation.rmse": Metric("less", "target"),
    "validation.mae": Metric("less", "target"),
    "validation.linear": Metric("", "target"),
    "validation.persistence": Metric("", "target"),
    "skill": Metric("more", "share"),
    "interval.coverage": Metric("target", "share"),
    "interval.width": Metric("less", "target"),
}


def shown(name: str, value: float, decimals: int) -> str:
    """A value with the digits of its metric: a share in percent, an error in its unit."""
    known = METRICS[name]
    digits = known.decimals(decimals)
    return f"{value:.{digits - 2}%}" if known.unit == "share" else f"{value:.{digits}f}"
