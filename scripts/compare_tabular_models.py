#!/usr/bin/env python3
"""The tabular models beside scikit-learn's on the wall-robot table, one core each.

Prints mean accuracy, mean log loss (probabilities clipped at 1e-6) and median seconds
per fit of both, +- one standard error of the difference; exits with 1 beyond BOUNDS.

    pip install scikit-learn
    python scripts/compare_tabular_models.py sensor_readings_4.data 30 [mlp extra-trees k-nearest]
"""

import os, subprocess, sys, tempfile, time, warnings

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore", message="Stochastic Optimizer")  # 500 epochs, as published
CLASSES = ["Move-Forward", "Sharp-Right-Turn", "Slight-Left-Turn", "Slight-Right-Turn"]
MODELS = {
    "mlp": lambda seed: MLPClassifier(max_iter=500, random_state=seed),
    "extra-trees": lambda seed: ExtraTreesClassifier(random_state=seed),
    "k-nearest": lambda seed: KNeighborsClassifier(5, weights="distance"),
}
BOUNDS = {"mlp": (0.4, 3.0), "extra-trees": (0.3, 3.0), "k-nearest": (0.1, 0.1)}  # points, per cent
BUILD = "cargo build --release -q -p relabel-models --no-default-features --example tabular_models"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.path.join(os.environ.get("CARGO_TARGET_DIR", ROOT + "/target"), "release/examples/tabular_models")

subprocess.run(BUILD.split(), check=True, cwd=ROOT)
table = [line.strip().split(",") for line in open(sys.argv[1]) if line.strip()]
x = np.array([[float(value) for value in row[:-1]] for row in table])
y = np.array([CLASSES.index(row[-1].strip()) for row in table])
order, seeds, agree = np.random.default_rng(0).permutation(len(y)), int(sys.argv[2]), True
test = order[:1000]
for model in sys.argv[3:] or MODELS:
    for n in (400, 1600):
        for noise in (0.0, 0.12):
            train, rng = order[1000 : 1000 + n], np.random.default_rng(1)
            labels = np.where(rng.random(n) < noise, rng.integers(0, 4, n), y[train])
            with tempfile.TemporaryDirectory() as folder:
                for name, rows, classes in (("train", train, labels), ("test", test, y[test])):
                    np.savetxt(f"{folder}/{name}", np.c_[x[rows], classes], "%.17g,%.17g,%.17g,%.17g,%d")
                command = [BINARY, model, f"{folder}/train", f"{folder}/test", str(seeds)]
                text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            ours = np.array([line.split()[:3] for line in text.splitlines()], float)
            theirs = []
            for seed in range(seeds):
                start = time.perf_counter()
                fitted = MODELS[model](seed).fit(x[train], labels)
                seconds, probs = time.perf_counter() - start, fitted.predict_proba(x[test])
                loss = -np.log(np.maximum(probs[np.arange(1000), y[test]], 1e-6)).mean()
                theirs.append(((probs.argmax(1) == y[test]).mean(), loss, seconds))
            a, b = ours.mean(0), np.mean(theirs, 0)
            error = np.sqrt((ours.var(0, ddof=1) + np.var(theirs, 0, ddof=1)) / seeds)
            points, percent, times = 100 * (a - b)[0], 100 * (a / b - 1)[1], (np.median(ours, 0)[2], np.median(theirs, 0)[2])
            agree &= abs(points) <= BOUNDS[model][0] and abs(percent) <= BOUNDS[model][1]
            print(f"{model}, {n} rows, {noise:.0%} wrong: accuracy {a[0]:.4f} {b[0]:.4f} ({points:+.2f} +- {100 * error[0]:.2f} points), log loss {a[1]:.4f} {b[1]:.4f} ({percent:+.1f} +- {100 * error[1] / b[1]:.1f} %), fit {1e3 * times[0]:.1f} {1e3 * times[1]:.1f} ms ({times[1] / times[0]:.1f} x)", flush=True)
sys.exit(0 if agree else 1)
