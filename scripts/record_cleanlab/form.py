"""Results of the official library in the form of the recorded cases: plain lists, null for what is no number."""

import numpy as np

SCORES = ["active_learning_scores", "active_learning_scores_unlabeled"]
NOTICES = {"annotators_without_overlap": "did not annotate any", "classes_lost_in_consensus": "Number of unique classes"}


def plain(value):
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def table(frame, index):
    columns = {name: plain(frame[name].values) for name in frame.columns}
    return {index: plain(frame.index), "columns": list(frame.columns)} | columns


def quality(found):
    cells = found["detailed_label_quality"]
    labelled = plain(cells.values[cells.notna().values])
    detail = {"columns": list(cells.columns), "values_of_labeled_cells_row_major": labelled}
    out = {
        "label_quality": table(found["label_quality"], "index"),
        "annotator_stats": table(found["annotator_stats"], "annotator"),
        "detailed_label_quality": detail,
    }
    weights = ("model_weight", "annotator_weight")
    return out | {name: plain(found[name]) for name in weights if name in found}


def recorded(function, found):
    if function == "find_best_temp_scaler":
        return {"temperature": plain(found)}
    if function == "get_majority_vote_label":
        return {"consensus_label": plain(found)}
    return quality(found) if isinstance(found, dict) else dict(zip(SCORES, plain(found)))


def notices(printed):
    return [name for name, words in NOTICES.items() if words in printed]


def same(a, b):
    """Whether two results agree, numbers to 1e-9."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return abs(a - b) <= 1e-9 if isinstance(a, float) and isinstance(b, float) else a == b
