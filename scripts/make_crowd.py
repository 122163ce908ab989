#!/usr/bin/env python3
"""Simulate a crowd: labels_long.csv, pred_probs.npy and, as large again, pred_probs_unlabeled.npy for compare_scoring.py.

Annotators are right four times in five on average, models are somewhat too sure; 10 million labels:

    pip install numpy
    python scripts/make_crowd.py FOLDER --examples 1000000 --annotators 5000 --labels 10
"""

import argparse
import os

import numpy as np

BLOCK = 20_000


def probabilities(rng, truth, classes):
    logits = rng.normal(size=(len(truth), classes))
    logits[np.arange(len(truth)), truth] += 2
    powers = np.exp(1.6 * (logits - logits.max(axis=1, keepdims=True)))
    return powers / powers.sum(axis=1, keepdims=True)


def labels(rng, truth, accuracy, args):
    """Rows of annotator and label, `args.labels` per example: neighbours in a circle of annotators that is shuffled often."""
    circle = rng.permutation(args.annotators)
    first = rng.integers(args.annotators, size=(len(truth), 1))
    who = np.sort(circle[(first + np.arange(args.labels)) % args.annotators], axis=1)
    wrong = (truth[:, None] + rng.integers(1, args.classes, size=who.shape)) % args.classes
    return who, np.where(rng.random(who.shape) < accuracy[who], truth[:, None], wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--annotators", type=int, default=200)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--labels", type=int, default=3, help="labels per example")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    rng = np.random.default_rng(args.seed)
    truth = rng.integers(args.classes, size=2 * args.examples)
    accuracy = rng.beta(8, 2, size=args.annotators)
    with open(f"{args.folder}/labels_long.csv", "w") as file:
        file.write("task,annotator,label\n")
        for start in range(0, args.examples, BLOCK):
            of_block = truth[start : min(start + BLOCK, args.examples)]
            who, given = labels(rng, of_block, accuracy, args)
            task = np.repeat(np.arange(start, start + len(of_block)), args.labels)
            rows = zip(task.tolist(), who.ravel().tolist(), given.ravel().tolist())
            file.writelines(f"{t},{w},{label}\n" for t, w, label in rows)
    for name, part in (("pred_probs", truth[: args.examples]), ("pred_probs_unlabeled", truth[args.examples :])):
        np.save(f"{args.folder}/{name}.npy", probabilities(rng, part, args.classes))


main()
