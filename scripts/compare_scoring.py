#!/usr/bin/env python3
"""Time `relabel score` and `relabel query` against the official library, whole process from file to file.

Every folder holds labels_long.csv (task,annotator,label), pred_probs.npy and pred_probs_unlabeled.npy.
Prints CPU seconds (user + system) of both, their ratio, and the peak memory of ours, which writes
into a new folder every time.

    pip install cleanlab
    python scripts/compare_scoring.py target/release/relabel FOLDER... [--repeat 3] [--skip-peer]
"""

import argparse, os, subprocess, sys, tempfile
PEER = """
import sys, numpy as np, pandas as pd
from cleanlab.internal.multiannotator_utils import format_multiannotator_labels
from cleanlab import multiannotator as ma
folder, what = sys.argv[1:]
labels = pd.read_csv(folder + "/labels_long.csv").pivot(index="task", columns="annotator", values="label")
probs = np.load(folder + "/pred_probs.npy")
kind = "_ensemble" if probs.ndim == 3 else ""
if what == "query":
    getattr(ma, "get_active_learning_scores" + kind)(labels, probs, np.load(folder + "/pred_probs_unlabeled.npy"))
else:
    getattr(ma, "get_label_quality_multiannotator" + kind)(labels, probs, verbose=False)
"""


def cost(command):
    """CPU seconds and peak MiB of one process."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(command[:4])} ...")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("relabel")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--skip-peer", action="store_true")
    args = parser.parse_args()
    for folder in args.folders:
        for what in ("query", "score"):
            with tempfile.TemporaryDirectory() as out:
                ours = [args.relabel, what, "-q", "--labels", f"{folder}/labels_long.csv"]
                ours += ["--pred-probs", f"{folder}/pred_probs.npy"]
                if what == "query":
                    ours += ["--unlabeled-pred-probs", f"{folder}/pred_probs_unlabeled.npy"]
                runs = sorted(cost([*ours, "--out", f"{out}/{at}"]) for at in range(args.repeat))
            cpu, peak = runs[len(runs) // 2][0], max(peak for _, peak in runs)
            line = f"{os.path.basename(folder.rstrip('/')):24} {what}: {cpu:.3f} s CPU (median of {args.repeat}), {peak:.0f} MiB"
            if not args.skip_peer:
                peer = cost([sys.executable, "-c", PEER, folder, what])[0]
                line += f"; official library {peer:.2f} s, ratio {peer / cpu:.0f}"
            print(line, flush=True)


main()
