"""What is measured: ours and the other ways, the commands that run them, the goals."""

from typing import NamedTuple


class Way(NamedTuple):
    name: str
    command: str
    project: str = "ours"
    goal: float | None = None  # ours should take at most this much of its time


class Contest(NamedTuple):
    title: str
    ours: Way
    others: list[Way]
    scored: str = ""  # the rows that the RMSEs are of; empty where nothing is computed
    limits: tuple[tuple[float, float], ...] = ()  # where each RMSE should lie


def training(epochs: int, arrays: float | None = None, floor: float | None = None) -> Contest:
    """Training alone, with the goals against `model.fit` on arrays and against NumPy."""
    command = "python -m benchmarks.training {} " + str(epochs)
    # A second thread gains nothing on matrices this small, and loses where it has to wait.
    numpy = "env OPENBLAS_NUM_THREADS=1 " + command.format("plain_numpy")
    return Contest(
        f"training alone, {epochs} epochs",
        Way("ours", command.format("ours")),
        [
            Way("`model.fit` on arrays", command.format("arrays"), goal=arrays),
            Way("`model.fit` on a Dataset", command.format("dataset")),
            Way("plain NumPy", numpy, goal=floor),
        ],
        scored="training rows during the last epoch",
    )


CONTESTS = [
    Contest(
        "`dvc repro` from nothing",
        Way("ours", "dvc repro"),
        [
            Way("the usual pipeline", "dvc repro", "usual", goal=0.70),
            Way("the script", "python benchmarks/guide.py 20", goal=1.9),
        ],
        scored="training rows and test rows",
        limits=((1835, 1870), (1808, 1838)),
    ),
    Contest(
        "`dvc repro` with nothing to do",
        Way("ours", "dvc repro"),
        [
            Way("the usual pipeline", "dvc repro", "usual", goal=1.1),
            Way("`dvc status`, DVC's own floor", "dvc status"),
        ],
    ),
    Contest(
        "`dvc exp run -S train.epochs=50`",
        Way("ours", "dvc exp run -S train.epochs=50"),
        [
            Way("the usual pipeline", "dvc exp run -S train.epochs=50", "usual", goal=0.75),
            Way("the script", "python benchmarks/guide.py 50"),
        ],
        scored="training rows and test rows",
    ),
    training(20),
    training(200, arrays=0.20, floor=1.0),
    Contest(
        "scoring 173 rows",
        Way("ours, LiteRT", "python -m benchmarks.scoring_litert"),
        [Way("Keras", "python -m benchmarks.scoring_keras", goal=0.05)],
        scored="test rows",
    ),
]
