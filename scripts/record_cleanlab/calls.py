"""The calls that record_cleanlab makes for every input: functions of the official library with their options."""

QUALITY = [{"return_weights": True}, {"calibrate_probs": True}]
SINGLE = [
    {"consensus_method": ["majority_vote", "best_quality"]},
    {"quality_method": "agreement"},
    {"label_quality_score_kwargs": {"method": "normalized_margin"}},
    {"label_quality_score_kwargs": {"method": "confidence_weighted_entropy"}},
    {"label_quality_score_kwargs": {"adjust_pred_probs": True}},
]


def wanted(ensemble, gaps):
    kind = "_ensemble" if ensemble else ""
    for options in QUALITY if ensemble else QUALITY + SINGLE:
        yield "get_label_quality_multiannotator" + kind, options
    yield "get_active_learning_scores" + kind, {}
    if not ensemble and not gaps:  # the search is not called on its own there
        yield "find_best_temp_scaler", {}
    if not ensemble:
        yield "get_majority_vote_label", {}
