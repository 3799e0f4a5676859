"""Score the test rows with the model that Keras saved, loaded again."""

import keras
import numpy as np

rows = np.genfromtxt("data/test.csv", "float32", delimiter=",", skip_header=1)
x, actual = rows[:, 2:-2], rows[:, -1:]

predicted = keras.models.load_model("models/model.keras").predict(x, verbose=0)["predicted"]
print(f"RMSE {np.sqrt(np.mean((actual - predicted) ** 2)):.1f} on {len(x)} rows")
