"""Score the saved model beside the baselines; write and draw its predictions."""

import json

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import yaml
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

with open("params.yaml") as file:
    params = yaml.safe_load(file)["prepare"]
features, target = params["features"], params["target"]

table = pd.read_csv("data/prepared.csv", parse_dates=["date"])
train = pd.read_csv("data/train.csv", parse_dates=["date"]).sort_values("date")
test = pd.read_csv("data/test.csv", parse_dates=["date"]).sort_values("date")
model = keras.models.load_model("models/model.keras")
fitted = model.predict(train[features].to_numpy(), verbose=0).mean(axis=1)
members = model.predict(test[features].to_numpy(), verbose=0)
predicted = members.mean(axis=1)

last_month = table.set_index("date")[target].shift()
predictions = pd.DataFrame(
    {
        "date": test["date"],
        "actual": test[target],
        "predicted": predicted,
        "persistence": test["date"].map(last_month),
        **{f"member_{k}": member for k, member in enumerate(members.T, start=1)},
    }
)
known = predictions.dropna()
baselines = {
    "mean": np.full(len(test), train[target].mean()),
    "linear": LinearRegression().fit(train[features], train[target]).predict(test[features]),
    "neighbours": np.interp(
        test["date"].astype("int64"), train["date"].astype("int64"), train[target]
    ),
}
persistence = root_mean_squared_error(known["actual"], known["persistence"])
member_rmses = [root_mean_squared_error(test[target], member) for member in members.T]
scores = {
    "train": {
        "rmse": root_mean_squared_error(train[target], fitted),
        "mae": mean_absolute_error(train[target], fitted),
    },
    "test": {
        "rmse": root_mean_squared_error(test[target], predicted),
        "mae": mean_absolute_error(test[target], predicted),
        "r2": r2_score(test[target], predicted),
        "member_rmse_mean": np.mean(member_rmses),
        "member_rmse_std": np.std(member_rmses, ddof=1),
    },
    "baseline": {
        **{name: root_mean_squared_error(test[target], b) for name, b in baselines.items()},
        "persistence": persistence,
    },
    "skill": 1 - root_mean_squared_error(known["actual"], known["predicted"]) / persistence,
}

figure, (months, pairs) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
months.plot(predictions["date"], predictions["actual"], label="actual")
months.plot(predictions["date"], predictions["persistence"], ".", label="last month's figure")
months.plot(predictions["date"], predictions["predicted"], ".", label="predicted")
months.vlines(predictions["date"], members.min(axis=1), members.max(axis=1))
months.set_ylabel("unemployed persons, thousands")
months.legend()
pairs.plot(predictions["actual"], predictions["predicted"], ".")
pairs.axline((5000, 5000), slope=1, color="black")
pairs.set(xlabel="actual, thousands", ylabel="predicted, thousands")

with open("metrics/metrics.json", "w") as file:
    json.dump(scores, file, indent=2)
predictions.to_csv("metrics/predictions.csv", index=False)
figure.savefig("metrics/predictions.png", dpi=130)
