#!/usr/bin/env python3
"""Compare the tabular models with scikit-learn's on the wall-robot table.

Both sides fit the same rows for the same number of seeds; the script prints
mean accuracy, mean log loss (probabilities clipped at 1e-6) and seconds per
fit, and exits with 1 if a mean is further apart than the stated bounds.

    pip install scikit-learn
    python scripts/compare_tabular_models.py sensor_readings_4.data [--seeds 30]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.neighbors import KNeighborsClassifier

# Both sides run into the limit of 500 epochs.
warnings.filterwarnings("ignore", message="Stochastic Optimizer")

CLASSES = ["Move-Forward", "Sharp-Right-Turn", "Slight-Left-Turn", "Slight-Right-Turn"]

MODELS = {
    "extra-trees": lambda seed: ExtraTreesClassifier(random_state=seed),
    "mlp": lambda seed: MLPClassifier(max_iter=500, random_state=seed),
    "k-nearest": lambda seed: KNeighborsClassifier(5, weights="distance"),
}

# Largest difference of the means: accuracy in points, log loss in per cent.
BOUNDS = {"extra-trees": (0.3, 2.0), "mlp": (0.5, None), "k-nearest": (0.1, 0.1)}


def read_table(path):
    """The features and the classes of the UCI file."""
    rows = [line.strip().split(",") for line in open(path) if line.strip()]
    x = np.array([[float(value) for value in row[:-1]] for row in rows])
    y = np.array([CLASSES.index(row[-1].strip()) for row in rows])
    return x, y


def write_table(path, x, y):
    """One line per row: features, then the class."""
    with open(path, "w") as file:
        for row, label in zip(x, y):
            file.write(",".join(repr(float(value)) for value in row) + f",{label}\n")


def score(probs, truth):
    """Accuracy and clipped log loss."""
    chosen = probs[np.arange(len(truth)), truth]
    return (probs.argmax(1) == truth).mean(), -np.log(np.maximum(chosen, 1e-6)).mean()


def run_sklearn(model, train, test, seeds):
    """One row per seed: accuracy, log loss, fit seconds, predict seconds."""
    out = []
    for seed in range(seeds):
        start = time.perf_counter()
        fitted = MODELS[model](seed).fit(*train)
        middle = time.perf_counter()
        probs = fitted.predict_proba(test[0])
        end = time.perf_counter()
        out.append((*score(probs, test[1]), middle - start, end - middle))
    return np.array(out)


def run_rust(binary, model, train, test, seeds, folder):
    """The same from the Rust example."""
    paths = [os.path.join(folder, name) for name in ("train.csv", "test.csv")]
    write_table(paths[0], *train)
    write_table(paths[1], *test)
    command = [binary, model, *paths, str(seeds)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return np.array([[float(word) for word in line.split()] for line in text.splitlines()])


def build():
    """Path of the example, built in release mode."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    what = ["-p", "relabel-models", "--no-default-features", "--example", "tabular_models"]
    subprocess.run(["cargo", "build", "--release", "--quiet", *what], check=True, cwd=root)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    return os.path.join(target, "release", "examples", "tabular_models")


def noisy(y, share, rng):
    """Labels of which `share` are replaced by a random class."""
    replaced = rng.random(len(y)) < share
    return np.where(replaced, rng.integers(0, len(CLASSES), len(y)), y)


def compare(name, ours, theirs, bounds):
    """Prints one comparison; true if the means agree within the bounds."""
    points = 100 * (ours[:, 0].mean() - theirs[:, 0].mean())
    percent = 100 * (ours[:, 1].mean() / theirs[:, 1].mean() - 1)
    errors = np.sqrt(sum(a.var(axis=0, ddof=1) / len(a) for a in (ours, theirs)))
    error, loss_error = 100 * errors[0], 100 * errors[1] / theirs[:, 1].mean()
    times = [1e3 * np.median(a[:, column]) for column in (2, 3) for a in (ours, theirs)]
    print(
        f"{name:32} accuracy {ours[:, 0].mean():.4f} {theirs[:, 0].mean():.4f}"
        f" ({points:+.2f} +- {error:.2f} points)"
        f"  log loss {ours[:, 1].mean():.4f} {theirs[:, 1].mean():.4f} ({percent:+.2f} +- {loss_error:.2f} %)"
        f"  fit {times[0]:.2f} {times[1]:.1f} ms  predict {times[2]:.2f} {times[3]:.1f} ms",
        flush=True,
    )
    accuracy, loss = bounds
    return abs(points) <= accuracy + 1e-9 and (loss is None or abs(percent) <= loss)


def main():
    """Runs every comparison asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("table", help="sensor_readings_4.data of the UCI data set")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--rows", nargs="+", type=int, default=[500, 2000])
    parser.add_argument("--noise", nargs="+", type=float, default=[0.0, 0.12])
    args = parser.parse_args()
    x, y = read_table(args.table)
    order = np.random.default_rng(0).permutation(len(y))
    test = order[:1000]
    binary, agree = build(), True
    with tempfile.TemporaryDirectory() as folder:
        for model in args.models:
            for n_rows in args.rows:
                for noise in args.noise:
                    train = order[1000 : 1000 + n_rows]
                    labels = noisy(y[train], noise, np.random.default_rng(1))
                    sides = (x[train], labels), (x[test], y[test]), args.seeds
                    ours = run_rust(binary, model, *sides, folder)
                    theirs = run_sklearn(model, *sides)
                    name = f"{model}, {n_rows} rows, {noise:.0%} wrong"
                    agree &= compare(name, ours, theirs, BOUNDS[model])
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
