#!/usr/bin/env python3
"""Works out every number of comparison.csv again, with numpy and scipy, from the round files
of a run and the published arrays, and shows the greatest deviation of each column.

    relabel report results/wall-robot-et/default --reference reference
    python scripts/check_comparison.py results/wall-robot-et/default reference/wall-robot/et

Exits with 1 if a mean, a standard deviation or a Welch p deviates by more than 1e-9.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
from scipy.stats import ttest_ind

PUBLISHED = {"activelab": "crowdlab", "activelab_ensemble": "crowdlab_ensemble"}


def ours(run, strategy, metric):
    """Labels spent [rounds] and values [seeds, rounds] of the finished cells."""
    cells = sorted((run / "cells" / strategy).glob("seed-*"))
    cells = [[json.loads(f.read_text()) for f in sorted(c.glob("rounds/*.json"))] for c in cells]
    labels = np.array([record["n_labels"] for record in cells[0]], float)
    return labels, np.array([[record["metrics"][metric] for record in cell] for cell in cells])


def theirs(folder, strategy, metric):
    """Values [runs, rounds] of the published arrays."""
    what = {"consensus_accuracy": "accuracy"}.get(metric, metric)
    files = sorted(folder.glob(f"{PUBLISHED.get(strategy, strategy)}_{what}_[0-9]*.npy"))
    return np.array([np.load(file) for file in files])


def area(x, y):
    """The trapezoids up to every round, over the width so far."""
    sums = np.cumsum(np.diff(x) * (y[:, 1:] + y[:, :-1]) / 2, axis=1)
    return np.hstack([y[:, :1], sums / (x[1:] - x[0])])


def main(run, folder):
    """Compares row by row."""
    worst, rows = {}, list(csv.DictReader(open(run / "comparison.csv", newline="")))
    for row in rows:
        strategy, metric, at = row["strategy"], row["metric"], int(row["round"])
        (x, a), b = ours(run, strategy, metric.removesuffix("_area")), theirs(folder, strategy, metric.removesuffix("_area"))
        if metric.endswith("_area"):
            a, b = area(x, a), area(np.arange(b.shape[1], dtype=float), b)
        a, b = a[:, at], b[:, at]
        p = ttest_ind(a, b, equal_var=False).pvalue if a.std() + b.std() > 1e-12 else np.nan
        again = dict(mean=a.mean(), std=a.std(), n=len(a), published_mean=b.mean(), published_std=b.std(), published_runs=len(b), difference=a.mean() - b.mean(), welch_p=p)
        for column, value in again.items():
            found = float(row[column] or "nan")
            off = 0.0 if np.isnan(found) and np.isnan(value) else abs(found - value)
            worst[column] = max(worst.get(column, 0.0), float("inf") if np.isnan(off) else off)
    print(f"{len(rows)} rows of {run / 'comparison.csv'}, greatest deviation by column:")
    print("\n".join(f"  {column:<14} {off:.1e}" for column, off in worst.items()))
    return int(not rows or max(worst.values()) > 1e-9)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
