"""Small random inputs of every shape: few or many classes, gaps, ties, ensembles, annotators on their own."""

import numpy as np


def labels(rng, truth, n_annotators, n_used):
    """A matrix of class or NaN; mostly without empty rows and columns, which the official library refuses."""
    n = len(truth)
    accuracy = rng.beta(4, 2, n_annotators)
    guesses = rng.integers(0, n_used, (n, n_annotators))
    right = rng.random((n, n_annotators)) < accuracy
    found = np.where(right, truth[:, None] % n_used, guesses).astype(float)
    found[rng.random(found.shape) > rng.choice([0.15, 0.3, 0.6, 1.0])] = np.nan
    if rng.random() < 0.95:
        for row in np.flatnonzero(np.isnan(found).all(axis=1)):
            found[row, rng.integers(n_annotators)] = truth[row] % n_used
        found = found[:, ~np.isnan(found).all(axis=0)]
    return found if np.isnan(found).any() else found.astype(int)


def probabilities(rng, truth, n_models, n_classes, sharpness, digits):
    """One array per model: flat to certain, rounded so that classes tie."""
    found = np.empty((n_models, len(truth), n_classes))
    for model in found:
        logits = 3 * rng.random(model.shape)
        logits[np.arange(len(truth)), truth] += 2
        logits = np.exp(sharpness * (logits - logits.max(axis=1, keepdims=True)))
        model[:] = np.round(logits / logits.sum(axis=1, keepdims=True), digits)
        model /= model.sum(axis=1, keepdims=True)
    return found


def crowd(rng):
    """Inputs of one case and whether they are those of an ensemble."""
    n, n_pool = rng.integers(1, 60), rng.integers(1, 10)
    n_annotators, n_classes = rng.integers(1, 12), rng.integers(2, 8)
    truth, pool = rng.integers(0, n_classes, n), rng.integers(0, n_classes, n_pool)
    n_models = rng.choice([0, 0, 1, 2, 3])
    model = max(n_models, 1), n_classes, rng.choice([0.0, 0.5, 2.0, 15.0]), rng.choice([1, 2, 17])
    inputs = {
        "labels": labels(rng, truth, n_annotators, rng.integers(1, n_classes + 1)),
        "pred_probs": probabilities(rng, truth, *model),
        "pred_probs_unlabeled": probabilities(rng, pool, *model),
    }
    if n_models == 0:
        inputs |= {name: inputs[name][0] for name in ("pred_probs", "pred_probs_unlabeled")}
    return inputs, bool(n_models)
