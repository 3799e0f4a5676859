"""Score the test rows with the model that Keras saved, loaded again."""

import keras
import numpy as np

from benchmarks.rows import read

x, actual = read("data/test.csv")

predicted = keras.models.load_model("models/model.keras").predict(x, verbose=0)["predicted"]
print(f"RMSE {np.sqrt(np.mean((actual - predicted) ** 2)):.1f} on {len(x)} rows")
