"""Split the prepared table at random; divide the predictors by the training rows' maximum."""

import pandas as pd
import yaml
from sklearn.model_selection import train_test_split

with open("params.yaml") as file:
    params = yaml.safe_load(file)
features = params["prepare"]["features"]

table = pd.read_csv("data/prepared.csv")
train, test = train_test_split(
    table, test_size=params["split"]["test_size"], random_state=params["split"]["seed"]
)
largest = train[features].max()
train[features] /= largest
test[features] /= largest

train.to_csv("data/train.csv", index=False)
test.to_csv("data/test.csv", index=False)
