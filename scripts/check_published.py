#!/usr/bin/env python3
"""How far finished runs lie from the published curves, at the round where they are furthest.

Each run must have been reported with --reference (that writes comparison.csv). One line per
strategy and measure; exits with 1 if a gated curve leaves its band. Bands: extra-trees .012
in model accuracy, other single models .015, consensus .02; benchmarks read off a picture .02.
Ensembles are not gated in rounds 1 to 6, which the published code itself does not reproduce.

    relabel run wall-robot-et && relabel report results/wall-robot-et/default --reference DIR
    python scripts/check_published.py results/wall-robot-et/default [MORE RUNS]
"""

import csv
import sys
import tomllib
from collections import defaultdict


def band(config, strategy, metric):
    """The largest difference that still counts as the same curve."""
    if config["data"]["name"] in ("single-label", "single-vs-multi") or metric != "model_accuracy":
        return 0.02
    ensemble = strategy in ("disagreement", "activelab_ensemble")
    return 0.012 if config["model"]["kind"] == "extra-trees" and not ensemble else 0.015


def curves(run):
    """Rows of comparison.csv by strategy and measure."""
    found = defaultdict(list)
    with open(f"{run}/comparison.csv", newline="") as file:
        for row in csv.DictReader(file):
            found[row["strategy"], row["metric"]].append(row)
    return found


def main():
    """Prints the table."""
    agree = True
    print("| run | strategy | measure | greatest difference | round | band | |\n|" + " --- |" * 7)
    for run in sys.argv[1:]:
        with open(f"{run}/config.toml", "rb") as file:
            config = tomllib.load(file)
        for (strategy, metric), rows in curves(run).items():
            limit = band(config, strategy, metric)
            ensemble = strategy in ("disagreement", "activelab_ensemble")
            gated = [row for row in rows if not ensemble or not 1 <= int(row["round"]) <= 6]
            worst = max(rows, key=lambda row: abs(float(row["difference"])))
            beyond = [row["round"] for row in gated if abs(float(row["difference"])) > limit]
            agree &= not beyond
            verdict = f"beyond in round {', '.join(beyond)}" if beyond else "within"
            print(
                f"| {config['experiment']} | {strategy} | {metric} "
                f"| {float(worst['difference']):+.4f} | {worst['round']} | {limit} | {verdict} |"
            )
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
