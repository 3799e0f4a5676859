"""The guide as one plain script; the number of epochs is its argument."""

import sys

import keras
import pandas as pd
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split

table = pd.read_csv("data/table.csv").drop(columns="date")
print(table.shape)
print(table.describe().T)
print(table.isna().sum())

*features, target = table.columns
table[features] /= table[features].max()
x_train, x_test, y_train, y_test = train_test_split(
    table[features].to_numpy(), table[target].to_numpy(), test_size=0.30, random_state=40
)

keras.utils.set_random_seed(0)
model = keras.Sequential(
    [
        keras.layers.Dense(500, activation="relu"),
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dense(50, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer="adam", loss="mean_squared_error")
model.fit(x_train, y_train, epochs=int(sys.argv[1]), batch_size=32, verbose=0)

train_rmse = root_mean_squared_error(y_train, model.predict(x_train, verbose=0))
test_rmse = root_mean_squared_error(y_test, model.predict(x_test, verbose=0))
print(f"training RMSE {train_rmse:.1f}, test RMSE {test_rmse:.1f}")
