"""What is measured: ours and the other ways, the commands that run them, the goals."""

from collections import namedtuple

# `scored` names the rows that the RMSEs are of; empty where nothing is computed.
Contest = namedtuple("Contest", "title command scored", defaults=[""])
# `arguments` are of the contest's command, and `command` stands in its place.
Way = namedtuple("Way", "name arguments project command", defaults=["", "ours", ""])

BOTH, LAST = "training rows and test rows", "training rows during the last epoch"
TRAINING = "env OPENBLAS_NUM_THREADS=1 python -m benchmarks.training"  # NumPy is fastest so
REPRO = Contest("`dvc repro` from nothing", "dvc repro", BOTH)
AGAIN = Contest("`dvc repro` with nothing to do", "dvc repro")
TRY = Contest("`dvc exp run -S train.epochs=50`", "dvc exp run -S train.epochs=50", BOTH)
TRAIN_20 = Contest("training alone, 20 epochs", TRAINING + " 20 {}", LAST)
TRAIN_200 = Contest("training alone, 200 epochs", TRAINING + " 200 {}", LAST)
SCORE = Contest("scoring 173 rows", "python -m benchmarks.scoring_{}", "test rows")
PREDICT = Contest("predicting 574 months", "python -m {}")

OURS = Way("ours (10 networks, 5 folds)", "ours 10 5")
TEN = Way("ours (10 networks)", "ours 10 0")
ONE = Way("ours (1 network)", "ours 1 0", "ours_one")
FULL = Way("the usual pipeline in full", project="usual_full")
USUAL = Way("the usual pipeline", project="usual")
FIT = Way("`model.fit` on arrays", "arrays 1 0")
FIT_TEN = Way("`model.fit` on arrays, ten times", "arrays 10 0")
DATASET = Way("`model.fit` on a Dataset", "dataset 1 0")
NUMPY = Way("plain NumPy", "plain_numpy 1 0")
STACKED = Way("the same in float32", "stacked 10 0")
TOOL = Way("ours", "tools.predict data/table.csv")

# Contest, ours, the other, and the goal: at most this much of the other's time.
PAIRS = [
    (REPRO, OURS, FULL, 0.5),
    (REPRO, OURS, USUAL, 0.85),
    (REPRO, ONE, USUAL, 0.7),
    (REPRO, ONE, Way("the script", command="python benchmarks/guide.py 20"), 1.9),
    (AGAIN, OURS, USUAL, 1.1),
    (AGAIN, OURS, Way("`dvc status`, DVC's own floor", command="dvc status"), None),
    (TRY, ONE, USUAL, 0.75),
    (TRY, ONE, Way("the script", command="python benchmarks/guide.py 50"), None),
    (TRY, OURS, FULL, 0.75),
    (TRAIN_20, ONE, FIT, None),
    (TRAIN_20, ONE, DATASET, None),
    (TRAIN_20, ONE, NUMPY, None),
    (TRAIN_20, OURS, FIT, 2.0),
    (TRAIN_20, TEN, FIT, 2.0),
    (TRAIN_200, ONE, FIT, 0.2),
    (TRAIN_200, ONE, DATASET, None),
    (TRAIN_200, ONE, NUMPY, 1.0),
    (TRAIN_200, OURS, FIT_TEN, 0.125),
    (TRAIN_200, TEN, FIT_TEN, 0.125),
    (TRAIN_200, TEN, STACKED, 1.8),
    (SCORE, Way("ours, LiteRT", "litert"), Way("Keras", "keras"), 0.05),
    (PREDICT, TOOL, Way("Keras", "benchmarks.predicting_keras"), 0.2),
]
# Measured in the first round alone: they take minutes.
ONCE = {(TRY, OURS), (TRY, FULL)} | {(TRAIN_200, way) for way in (OURS, TEN, FIT_TEN, STACKED)}
