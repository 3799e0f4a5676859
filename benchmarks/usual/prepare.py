"""Check the raw table and keep the date, the predictors and the target."""

import os

import pandas as pd
import yaml

with open("params.yaml") as file:
    params = yaml.safe_load(file)["prepare"]

table = pd.read_csv("data/table.csv")
if table.isna().any(axis=None):
    raise ValueError("data/table.csv has missing values")
prepared = table[["date", *params["features"], params["target"]]]

os.makedirs("metrics", exist_ok=True)
table.describe().T.to_csv("metrics/summary.csv", index_label="column")
prepared.to_csv("data/prepared.csv", index=False)
