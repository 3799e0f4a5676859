"""Score the test rows with the exported model: a process that needs no TensorFlow."""

import numpy as np

from regression.model.exported import predict

rows = np.genfromtxt("data/test.csv", "float32", delimiter=",", skip_header=1)
x, actual = rows[:, 2:-2], rows[:, -1:]

predicted = predict("models/model.tflite", x).mean(axis=1, keepdims=True)
print(f"RMSE {np.sqrt(np.mean((actual - predicted) ** 2)):.1f} on {len(x)} rows")
