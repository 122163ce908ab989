#!/usr/bin/env python3
"""How far finished runs lie from the published curves, at the round where they are furthest.

Each run must have been reported with --reference (that writes comparison.csv). One line per
strategy and measure; exits with 1 if a gated curve leaves its band. Bands: extra-trees .012
in model accuracy, other single models .015, consensus .02; benchmarks read off a picture .02.
Ensembles are not gated in rounds 1 to 6, which the published code itself does not reproduce.
A last batch of at most 12 rows makes a bad MLP, scikit-learn's too: see the other seeds there.

    relabel run wall-robot-et && relabel report results/wall-robot-et/default --reference DIR
    python scripts/check_published.py results/wall-robot-et/default [MORE RUNS]
"""

import csv
import sys
import tomllib

SHORT, BATCH, FOLDS = 12, 200, 5


def rows(run, name):
    """The rows of a table of the run."""
    with open(f"{run}/{name}", newline="") as file:
        return list(csv.DictReader(file))


def band(config, ensemble, metric):
    """The largest difference that still counts as the same curve."""
    if config["data"]["name"] in ("single-label", "single-vs-multi") or metric != "model_accuracy":
        return 0.02
    return 0.012 if config["model"]["kind"] == "extra-trees" and not ensemble else 0.015


def without_short_batches(point, summary):
    """The difference in this point over seeds whose folds have no short last batch."""
    same = lambda row: all(row[key] == point[key] for key in ("strategy", "round", "metric"))
    sizes = lambda n: {n - n // FOLDS, n - -(-n // FOLDS)}
    short = lambda row: any(0 < size % BATCH <= SHORT for size in sizes(int(row["n_examples"])))
    seeds = [row for row in summary if same(row)]
    left = [float(row["value"]) for row in seeds if not short(row)]
    rest = f"{sum(left) / len(left) - float(point['published_mean']):+.4f}" if left else "none"
    return f"{point['round']} ({len(left)} of {len(seeds)} seeds without short batches: {rest})"


agree = True
print("| run | strategy | measure | greatest difference | round | band | |\n|" + " --- |" * 7)
for run in sys.argv[1:]:
    with open(f"{run}/config.toml", "rb") as file:
        config = tomllib.load(file)
    points, summary = rows(run, "comparison.csv"), rows(run, "summary.csv")
    curves = dict.fromkeys((p["strategy"], p["metric"]) for p in points if "area" not in p["metric"])
    for strategy, metric in curves:
        ensemble = strategy in ("disagreement", "activelab_ensemble")
        limit, curve = band(config, ensemble, metric), [p for p in points if (p["strategy"], p["metric"]) == (strategy, metric)]
        worst = max(curve, key=lambda p: abs(float(p["difference"])))
        beyond = [p for p in curve if abs(float(p["difference"])) > limit and not (ensemble and 1 <= int(p["round"]) <= 6)]
        agree &= not beyond
        verdict = "beyond in round " + ", ".join(without_short_batches(p, summary) for p in beyond) if beyond else "within"
        print(f"| {config['experiment']} | {strategy} | {metric} | {float(worst['difference']):+.4f} | {worst['round']} | {limit} | {verdict} |")
sys.exit(0 if agree else 1)
