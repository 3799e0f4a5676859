"""Predict every month of a table with the model that Keras saved; write what comes out."""

import json
import sys
from pathlib import Path

import keras
import pandas as pd

table = pd.read_csv("data/table.csv")
features = json.loads(Path("models/model.json").read_text())["prepare"]["features"]
x = table[features].to_numpy("float32")

model = keras.models.load_model("models/model.keras")
table["predicted"] = model.predict(x, verbose=0)["predicted"]
table[["date", "predicted"]].round(1).to_csv(sys.stdout, index=False)
