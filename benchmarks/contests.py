"""What is measured: ours and the other ways, the commands that run them, the goals."""

from typing import NamedTuple


class Way(NamedTuple):
    name: str
    command: str
    project: str = "ours"


class Pair(NamedTuple):
    ours: Way
    other: Way
    goal: float | None = None  # ours should take at most this much of the other's time


class Contest(NamedTuple):
    title: str
    pairs: list[Pair]
    scored: str = ""  # the rows that the RMSEs are of; empty where nothing is computed
    limits: tuple[tuple[float, float], ...] = ()  # where each RMSE should lie
    once: bool = False  # measured in the first round alone: it takes minutes

    @property
    def ways(self) -> list[Way]:
        """Every way once, in the order in which they are named."""
        return list(dict.fromkeys(way for pair in self.pairs for way in (pair.ours, pair.other)))


def pipelines(command: str) -> list[Way]:
    """The four projects that `measuring.set_up` lays out, each with this command."""
    return [
        Way("ours", command, "ours"),
        Way("ours, one network", command, "ours_one"),
        Way("the usual pipeline in full", command, "usual_full"),
        Way("the usual pipeline", command, "usual"),
    ]


def script(epochs: int) -> Way:
    return Way("the script", f"python benchmarks/guide.py {epochs}")


def training(way: str, epochs: int, members: int = 1) -> str:
    return f"python -m benchmarks.training {way} {epochs} {members}"


def from_nothing() -> Contest:
    ours, ours_one, full, usual = pipelines("dvc repro")
    return Contest(
        "`dvc repro` from nothing",
        [
            Pair(ours, full, goal=0.50),
            Pair(ours, usual, goal=0.85),
            Pair(ours_one, usual, goal=0.70),
            Pair(ours_one, script(20), goal=1.9),
        ],
        scored="training rows and test rows",
        limits=((1835, 1870), (1808, 1838)),
    )


def nothing_to_do() -> Contest:
    ours, _, _, usual = pipelines("dvc repro")
    return Contest(
        "`dvc repro` with nothing to do",
        [
            Pair(ours, usual, goal=1.1),
            Pair(ours, Way("`dvc status`, DVC's own floor", "dvc status")),
        ],
    )


def experiment() -> Contest:
    _, ours_one, _, usual = pipelines("dvc exp run -S train.epochs=50")
    return Contest(
        "`dvc exp run -S train.epochs=50`",
        [Pair(ours_one, usual, goal=0.75), Pair(ours_one, script(50))],
        scored="training rows and test rows",
    )


def experiment_ten() -> Contest:
    ours, _, full, _ = pipelines("dvc exp run -S train.epochs=50")
    return Contest(
        "`dvc exp run -S train.epochs=50`",
        [Pair(ours, full, goal=0.75)],
        scored="training rows and test rows",
        once=True,
    )


def training_alone(epochs: int, arrays: float | None, floor: float | None) -> list[Pair]:
    """One network, with the goals against `model.fit` on arrays and against NumPy."""
    ours = Way("ours, one network", training("ours", epochs))
    # A second thread gains nothing on matrices this small, and loses where it has to wait.
    numpy = "env OPENBLAS_NUM_THREADS=1 " + training("plain_numpy", epochs)
    return [
        Pair(ours, Way("`model.fit` on arrays", training("arrays", epochs)), arrays),
        Pair(ours, Way("`model.fit` on a Dataset", training("dataset", epochs))),
        Pair(ours, Way("plain NumPy", numpy), floor),
    ]


def training_20() -> Contest:
    ours = Way("ours", training("ours", 20, members=10))
    pairs = training_alone(20, arrays=None, floor=None)
    return Contest(
        "training alone, 20 epochs",
        [*pairs, Pair(ours, pairs[0].other, goal=2.0)],
        scored="training rows during the last epoch",
    )


def training_200() -> Contest:
    return Contest(
        "training alone, 200 epochs",
        training_alone(200, arrays=0.20, floor=1.0),
        scored="training rows during the last epoch",
    )


def training_200_ten() -> Contest:
    ours = Way("ours", training("ours", 200, members=10))
    ten = Way("`model.fit` on arrays, ten times", training("arrays", 200, members=10))
    stacked = Way("the same in float32", training("stacked", 200, members=10))
    return Contest(
        "training alone, 200 epochs",
        [Pair(ours, ten, goal=0.125), Pair(ours, stacked, goal=1.8)],
        scored="training rows during the last epoch",
        once=True,
    )


def scoring() -> Contest:
    litert = Way("ours, LiteRT", "python -m benchmarks.scoring_litert")
    keras = Way("Keras", "python -m benchmarks.scoring_keras")
    return Contest("scoring 173 rows", [Pair(litert, keras, goal=0.05)], scored="test rows")


def predicting() -> Contest:
    ours = Way("ours", "python -m tools.predict data/table.csv")
    keras = Way("Keras", "python -m benchmarks.predicting_keras")
    return Contest("predicting 574 months", [Pair(ours, keras, goal=0.20)])


CONTESTS = [
    from_nothing(),
    nothing_to_do(),
    experiment(),
    experiment_ten(),
    training_20(),
    training_200(),
    training_200_ten(),
    scoring(),
    predicting(),
]
