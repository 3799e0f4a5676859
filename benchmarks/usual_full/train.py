"""Train a network for each seed and save them as one model that answers with all of them."""

import os

import keras
import pandas as pd
import yaml

with open("params.yaml") as file:
    tree = yaml.safe_load(file)
prepare, params = tree["prepare"], tree["train"]

table = pd.read_csv("data/train.csv")
x, y = table[prepare["features"]].to_numpy(), table[prepare["target"]].to_numpy()

members, curves = [], pd.DataFrame()
for seed in range(params["seed"], params["seed"] + params["members"]):
    keras.utils.set_random_seed(seed)
    member = keras.Sequential(
        [
            *[keras.layers.Dense(units, activation="relu") for units in params["layers"]],
            keras.layers.Dense(1),
        ]
    )
    member.compile(
        optimizer=keras.optimizers.Adam(params["learning_rate"]), loss="mean_squared_error"
    )
    history = member.fit(x, y, batch_size=params["batch_size"], epochs=params["epochs"], verbose=0)
    members.append(member)
    curves[f"loss_{len(members)}"] = history.history["loss"]

predictors = keras.Input(x.shape[1:])
model = keras.Model(
    predictors, keras.layers.concatenate([member(predictors) for member in members])
)

os.makedirs("models", exist_ok=True)
model.save("models/model.keras")
curves.assign(loss=curves.mean(axis=1)).to_csv("metrics/history.csv", index_label="epoch")
