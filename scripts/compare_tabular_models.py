#!/usr/bin/env python3
"""The tabular models beside scikit-learn's on the wall-robot table, by turns on one core.

Prints mean accuracy and log loss (probabilities clipped at 1e-6) with one standard error of the
difference, median wall and mean CPU ms per fit (our CPU time is that of the whole process);
exits with 1 beyond BOUNDS. Other sizes than 400 and 1600 rows, never gated: mlp:801,802

    pip install scikit-learn
    python scripts/compare_tabular_models.py sensor_readings_4.data 30 [mlp extra-trees k-nearest]
"""

import os, resource, subprocess, sys, tempfile, time, warnings
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
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
our_cpu = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
table = [line.strip().split(",") for line in open(sys.argv[1]) if line.strip()]
x = np.array([[float(value) for value in row[:-1]] for row in table])
y = np.array([CLASSES.index(row[-1].strip()) for row in table])
(test, rest), seeds, agree = np.split(np.random.default_rng(0).permutation(len(y)), [1000]), int(sys.argv[2]), True
for model, _, sizes in (item.partition(":") for item in sys.argv[3:] or MODELS):
    for n, noise in ((int(n), noise) for n in (sizes or "400,1600").split(",") for noise in (0.0, 0.12)):
        train, rng, ours, theirs = rest[:n], np.random.default_rng(1), [], []
        labels = np.where(rng.random(n) < noise, rng.integers(0, 4, n), y[train])
        with tempfile.TemporaryDirectory() as folder:
            for name, rows, classes in (("train", train, labels), ("test", test, y[test])):
                np.savetxt(f"{folder}/{name}", np.c_[x[rows], classes], "%.17g,%.17g,%.17g,%.17g,%d")
            for turn in np.array_split(np.arange(seeds), 5):
                command = [BINARY, model, f"{folder}/train", f"{folder}/test", str(turn[0]), str(turn[-1] + 1)]
                start, text = our_cpu(), subprocess.run(command, check=True, capture_output=True, text=True).stdout
                ours += [[*map(float, line.split()[:3]), (our_cpu() - start) / len(turn)] for line in text.splitlines()]
                for seed in turn:
                    start = time.perf_counter(), time.process_time()
                    fitted = MODELS[model](int(seed)).fit(x[train], labels)
                    seconds, probs = (time.perf_counter() - start[0], time.process_time() - start[1]), fitted.predict_proba(x[test])
                    loss = -np.log(np.maximum(probs[np.arange(1000), y[test]], 1e-6)).mean()
                    theirs.append(((probs.argmax(1) == y[test]).mean(), loss, *seconds))
        a, b = ([*np.mean(fits, 0)[[0, 1, 3]], np.median(fits, 0)[2]] for fits in (ours, theirs))
        points, percent = 100 * (a[0] - b[0]), 100 * (a[1] / b[1] - 1)
        error = np.sqrt((np.var(ours, 0, ddof=1) + np.var(theirs, 0, ddof=1)) / seeds)
        agree &= bool(sizes) or (abs(points) <= BOUNDS[model][0] and abs(percent) <= BOUNDS[model][1])
        print(f"{model}, {n} rows, {noise:.0%} wrong: accuracy {a[0]:.4f} {b[0]:.4f} ({points:+.2f} +- {100 * error[0]:.2f} points), log loss {a[1]:.4f} {b[1]:.4f} ({percent:+.1f} +- {100 * error[1] / b[1]:.1f} %), fit {1e3 * a[3]:.1f} {1e3 * b[3]:.1f} ms ({b[3] / a[3]:.1f} x), CPU {1e3 * a[2]:.1f} {1e3 * b[2]:.1f} ms ({b[2] / a[2]:.1f} x)", flush=True)
sys.exit(0 if agree else 1)
