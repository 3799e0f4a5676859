"""Score the test rows with the exported model: a process that needs no TensorFlow."""

import numpy as np

from benchmarks.rows import read
from regression.model.exported import predict

x, actual = read("data/test.csv")

predicted = predict("models/model.tflite", x).mean(axis=1, keepdims=True)
print(f"RMSE {np.sqrt(np.mean((actual - predicted) ** 2)):.1f} on {len(x)} rows")
