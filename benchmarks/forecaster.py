"""Backtest a public forecaster: AutoARIMA of statsforecast on the logarithm of unemployment.

In an environment of its own, for the project does without statsforecast.
"""

import numpy as np
import pandas as pd
from statsforecast.models import AutoARIMA

ROWS, REFIT = 173, 12

table = pd.read_csv("data/table.csv")
actual = table["unemploy"].to_numpy("float64")
logarithms = np.log(actual)
dates = range(len(table) - ROWS, len(table))

print("| months ahead | last known figure | AutoARIMA | of the last known figure |")
print("| --- | --- | --- | --- |")
for horizon in (1, 3, 6, 12):
    forecasts = []
    for place, date in enumerate(dates):
        known = logarithms[: date - horizon + 1]
        if place % REFIT == 0:
            model = AutoARIMA(season_length=1).fit(known)
        forecasts.append(np.exp(model.forward(known, h=horizon)["mean"][-1]))
    errors = forecasts - actual[-ROWS:]
    carried = actual[-ROWS - horizon : len(table) - horizon] - actual[-ROWS:]
    rmse, persistence = (float(np.sqrt(np.mean(each**2))) for each in (errors, carried))
    print(f"| {horizon} | {persistence:.1f} | {rmse:.1f} | {rmse / persistence:.3f} |", flush=True)
