"""Train the network on the training rows and save it."""

import os

import keras
import pandas as pd
import yaml

with open("params.yaml") as file:
    tree = yaml.safe_load(file)
prepare, params = tree["prepare"], tree["train"]

table = pd.read_csv("data/train.csv")
x, y = table[prepare["features"]].to_numpy(), table[prepare["target"]].to_numpy()

keras.utils.set_random_seed(params["seed"])
model = keras.Sequential(
    [
        *[keras.layers.Dense(units, activation="relu") for units in params["layers"]],
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(params["learning_rate"]), loss="mean_squared_error")
history = model.fit(x, y, batch_size=params["batch_size"], epochs=params["epochs"], verbose=0)

os.makedirs("models", exist_ok=True)
model.save("models/model.keras")
pd.DataFrame(history.history).to_csv("metrics/history.csv", index_label="epoch")
