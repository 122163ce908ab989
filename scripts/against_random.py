#!/usr/bin/env python3
"""Every strategy of finished runs against random selection, as a Markdown table.

Mean and standard deviation over seeds after the last round, area under the curve of model
accuracy, Welch's p against random for both, and the labels until the mean curve reaches where
random ends. At a level of annotator accuracy the single-label arm is the baseline.

    pip install scipy
    python scripts/against_random.py results/wall-robot-et/corrected [MORE RUNS]
"""

import csv
import sys
from collections import defaultdict

import numpy as np
from scipy.stats import ttest_ind

HEAD = "strategy | model accuracy | p | area under it | p | consensus | all examples | labels to match | saved"


def curves(run):
    """Per strategy and measure an array [seeds, rounds]."""
    found = defaultdict(lambda: defaultdict(dict))
    with open(f"{run}/summary.csv", newline="") as file:
        for row in csv.DictReader(file):
            cell = found[row["strategy"], row["metric"]]
            cell[int(row["seed"])][int(row["round"])] = float(row["value"])
    table = lambda cells: np.array([[cells[s][r] for r in sorted(cells[s])] for s in sorted(cells)])
    return {key: table(cells) for key, cells in found.items()}


def line(found, strategy, baseline):
    """One row of the table."""
    last = lambda name, of=strategy: found[of, name][:, -1]
    show = lambda values: f"{values.mean():.4f} ± {values.std(ddof=1):.4f}"
    p = lambda name: ttest_ind(last(name), last(name, baseline), equal_var=False).pvalue
    test = lambda name: "" if strategy == baseline else f"{p(name):.2g}"
    goal, curve = last("model_accuracy", baseline).mean(), found[strategy, "model_accuracy"].mean(0)
    spent = found[strategy, "labels_spent"].mean(0)
    budget = last("labels_spent", baseline).mean()
    reached = spent[np.argmax(curve >= goal)] if (curve >= goal).any() else None
    saved = ("never", "") if reached is None else (f"{reached:.0f}", f"{1 - reached / budget:.0%}")
    both = [f(name) for name in ("model_accuracy", "model_accuracy_area") for f in (lambda n: show(last(n)), test)]
    rest = [show(last("consensus_accuracy")), show(last("accuracy_all"))]
    return " | ".join([strategy, *both, *rest, *(saved if strategy != baseline else ("", ""))])


def main():
    """Prints one table per run."""
    for run in sys.argv[1:]:
        found = curves(run)
        names = sorted({strategy for strategy, _ in found})
        print(f"\n{run}, {len(found[names[0], 'model_accuracy'])} seeds\n\n| {HEAD} |\n|" + " --- |" * (HEAD.count("|") + 1))
        for name in names:
            level = name.partition("@")[2]
            print(f"| {line(found, name, f'single@{level}' if level else 'random')} |")


main()
