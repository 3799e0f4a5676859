"""Score the test rows with the model that Keras saved, loaded again."""

import keras
import numpy as np

table = np.loadtxt("data/test.csv", delimiter=",", skiprows=1, usecols=(2, 3, 4, 5, 7))
x, actual = table[:, :4].astype("float32"), table[:, 4]

predicted = keras.models.load_model("models/model.keras").predict(x, verbose=0)[:, 0]
print(f"RMSE {np.sqrt(np.mean((actual - predicted) ** 2)):.1f} on {len(table)} rows")
