"""Score the test rows with the exported model: a process that needs no TensorFlow."""

import numpy as np

from stages.exported import predict

table = np.loadtxt("data/test.csv", delimiter=",", skiprows=1, usecols=(2, 3, 4, 5, 7))
x, actual = table[:, :4].astype("float32"), table[:, 4]

predicted = predict("models/model.tflite", x)
print(f"RMSE {np.sqrt(np.mean((actual - predicted) ** 2)):.1f} on {len(table)} rows")
