"""Record what the official library returns for random inputs, in the form of crates/scoring/tests/golden/library.

    pip install cleanlab
    python scripts/record_cleanlab FOLDER/library [--cases 300] [--seed 0]
    RELABEL_GOLDEN=FOLDER cargo test --release -p relabel-scoring --test golden_library

Calls whose outcome changes when probabilities change by 1e-13 are left out if they raise to a power: powers differ in the last bit.
"""
import argparse, contextlib, io, json, os, sys, warnings
import numpy as np
from cleanlab import multiannotator
from cleanlab.internal import multiannotator_utils
from calls import wanted
from crowds import crowd
from form import notices, plain, recorded, same

stock_counts, ties = multiannotator.value_counts, []
def right_counts(labels, num_classes):
    return np.bincount(np.asarray(labels, dtype=int), minlength=num_classes)
def lowest(classes):
    """In place of the random choice between classes that all rules leave; its caller knows the row."""
    ties.append([int(sys._getframe(1).f_locals["idx"]), [int(c) for c in classes]])
    return min(classes)
def result(function, options, inputs, counts):
    multiannotator_utils.value_counts = multiannotator.value_counts = counts
    names = [name for name in inputs if name != "pred_probs_unlabeled" or "active" in function]
    module = multiannotator_utils if function.startswith("find") else multiannotator
    ties.clear()
    try:
        return recorded(function, getattr(module, function)(*[np.copy(inputs[name]) for name in names], **options))
    except Exception as error:
        return {"error": {"type": type(error).__name__, "message": str(error)}}
def recorded_call(function, options, inputs, nearly):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        one = {"function": function, "options": options, "expected": result(function, options, inputs, stock_counts)}
    one |= {"printed": notices(printed.getvalue())} | ({"random_ties": list(ties)} if ties else {})
    with contextlib.redirect_stdout(None):
        fixed, chance = result(function, options, inputs, right_counts), list(ties)
        sure = all(same(result(function, options, inputs, c), result(function, options, other, c)) for other in nearly for c in (stock_counts, right_counts))
    one |= {} if fixed == one["expected"] else {"expected_counts_fixed": fixed}
    powers = "active" in function or "find" in function or "calibrate_probs" in options
    return None if powers and not sure or chance != one.get("random_ties", []) else one

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("folder")
parser.add_argument("--cases", type=int, default=300)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()
np.random.choice = lowest
os.makedirs(args.folder, exist_ok=True)
warnings.simplefilter("ignore")
for number in range(args.cases):
    rng = np.random.default_rng([args.seed, number])
    inputs, ensemble = crowd(rng)
    noisy = lambda array: array * (1 + 1e-13 * rng.standard_normal(array.shape))
    nearly = [{name: noisy(array) if "pred" in name else array for name, array in inputs.items()} for _ in range(4)]
    calls = [recorded_call(function, options, inputs, nearly) for function, options in wanted(ensemble, np.isnan(inputs["labels"]).all(axis=1).any())]
    case = {"inputs": {name: plain(array) for name, array in inputs.items()}, "calls": [call for call in calls if call]}
    with open(f"{args.folder}/random_{args.seed}_{number:05}.json", "w") as file:
        json.dump(case, file)
