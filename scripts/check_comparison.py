#!/usr/bin/env python3
"""Works out every number of comparison.csv again, with numpy and scipy, from the round files
of a run and the published arrays, and shows the greatest deviation of each column.

    relabel report results/wall-robot-et/default --reference reference
    python scripts/check_comparison.py results/wall-robot-et/default reference/wall-robot/et
Exits with 1 if a mean, a standard deviation or a Welch p deviates by more than 1e-9.
"""

import csv, json, sys
from pathlib import Path

import numpy as np
from scipy.stats import ttest_ind

PUBLISHED = {"activelab": "crowdlab", "activelab_ensemble": "crowdlab_ensemble", "consensus_accuracy": "accuracy"}


def both(run, folder, strategy, metric):
    """Labels [rounds], our values [seeds, rounds], published values [runs, rounds]."""
    cells = [sorted(c.glob("rounds/*.json")) for c in (run / "cells" / strategy).glob("seed-*")]
    cells = [[json.loads(file.read_text()) for file in files] for files in cells]
    labels = np.array([record["n_labels"] for record in cells[0]], float)
    values = np.array([[record["metrics"][metric] for record in cell] for cell in cells])
    method, what = (PUBLISHED.get(name, name) for name in (strategy, metric))
    files = folder.glob(f"{method}_{what}_[0-9]*.npy")
    return labels, values, np.array([np.load(file) for file in files])


def area(x, y):
    """The trapezoids up to every round, over the width so far."""
    sums = np.cumsum(np.diff(x) * (y[:, 1:] + y[:, :-1]) / 2, axis=1)
    return np.hstack([y[:, :1], sums / (x[1:] - x[0])])


def again(run, folder, row):
    """The numbers of a row, worked out again."""
    strategy, metric, at = row["strategy"], row["metric"], int(row["round"])
    plain = metric.removesuffix("_area")
    x, a, b = both(run, folder, strategy, plain)
    if metric != plain:
        a, b = area(x, a), area(np.arange(b.shape[1], dtype=float), b)
    a, b = a[:, at], b[:, at]
    p = ttest_ind(a, b, equal_var=False).pvalue if a.std() + b.std() > 1e-12 else np.nan
    return a.mean(), a.std(), len(a), b.mean(), b.std(), len(b), a.mean() - b.mean(), p


def main(run, folder):
    """Shows the greatest deviation of every column."""
    rows = list(csv.DictReader(open(run / "comparison.csv", newline="")))
    columns = list(rows[0])[3:11]
    found = np.array([[float(row[column] or "nan") for column in columns] for row in rows])
    expected = np.array([again(run, folder, row) for row in rows], float)
    off = np.where(np.isnan(found) & np.isnan(expected), 0, np.abs(found - expected)).max(axis=0)
    head = f"{len(rows)} rows of {run / 'comparison.csv'}, greatest deviation by column:"
    print(head, *(f"  {column:<15} {value:.1e}" for column, value in zip(columns, off)), sep="\n")
    return int(not (off <= 1e-9).all())


sys.exit(main(*map(Path, sys.argv[1:])))
