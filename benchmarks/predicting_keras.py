"""Predict every month of a table with the model that Keras saved; write what comes out."""

import sys

import keras
import pandas as pd

table = pd.read_csv("data/table.csv")
x = table[["pce", "pop", "psavert", "uempmed"]].to_numpy("float32")

model = keras.models.load_model("models/model.keras")
table["predicted"] = model.predict(x, verbose=0)["predicted"]
table[["date", "predicted"]].round(1).to_csv(sys.stdout, index=False)
