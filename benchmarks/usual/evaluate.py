"""Score the saved model on training and test rows and write its predictions."""

import json

import keras
import pandas as pd
import yaml
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

with open("params.yaml") as file:
    params = yaml.safe_load(file)["prepare"]
features, target = params["features"], params["target"]

train = pd.read_csv("data/train.csv")
test = pd.read_csv("data/test.csv")
model = keras.models.load_model("models/model.keras")
train["predicted"] = model.predict(train[features].to_numpy(), verbose=0)[:, 0]
test["predicted"] = model.predict(test[features].to_numpy(), verbose=0)[:, 0]

scores = {
    name: {
        "rmse": root_mean_squared_error(rows[target], rows["predicted"]),
        "mae": mean_absolute_error(rows[target], rows["predicted"]),
        "r2": r2_score(rows[target], rows["predicted"]),
    }
    for name, rows in {"train": train, "test": test}.items()
}
predictions = test.sort_values("date")[["date", target, "predicted"]]

with open("metrics/metrics.json", "w") as file:
    json.dump(scores, file, indent=2)
predictions.rename(columns={target: "actual"}).to_csv("metrics/predictions.csv", index=False)
