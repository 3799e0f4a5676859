"""Train in one of the ways of this folder; print the seconds and the RMSE of the last epoch."""

import importlib
import sys
import time

import numpy as np

from regression.params import load_params

epochs, way, members, folds = sys.argv[1:]
train = importlib.import_module(f"benchmarks.training.{way}").train
given = {"epochs": int(epochs), "members": int(members), "folds": int(folds)}
params = load_params().train.model_copy(update=given)
rows = np.genfromtxt("data/train.csv", "float32", delimiter=",", skip_header=1)
x, y = rows[:, 2:-2], rows[:, -1:]

begin = time.perf_counter()
losses = train(x, y, params)
seconds = time.perf_counter() - begin

print(f"trained in {seconds:.4f} seconds, RMSE {losses[-1].mean() ** 0.5:.1f}")
