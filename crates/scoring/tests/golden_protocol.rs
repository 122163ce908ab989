//! Recorded outputs of the published benchmark code's functions. Files whose
//! name ends in `_published` break majority ties by the more frequent class,
//! `_current` by the rarer one. `RELABEL_GOLDEN=DIR` reads `DIR/protocol` instead.
#![allow(clippy::unwrap_used)]

#[path = "golden_protocol/recorded.rs"]
mod recorded;

use ndarray::Array2;
use recorded::{
    Golden, cases, close, close_matrix, count, folder, goldens, labels, matrix, numbers, report,
    same_classes, stack, stream, views,
};
use relabel_scoring::{
    Class, FrequencyTie, Labels, TemperatureSearch, active_lab_with, crowdlab, majority_vote,
    restore_missing_classes, selection, strategy, temperature,
};
use serde_json::Value;

#[test]
fn temperatures_and_scaled_probabilities() {
    for Golden { name, json, ties } in goldens("g01") {
        for case in cases(&json, "cases") {
            let at = format!("{name} {}", case["name"]);
            let labels = labels(&case["labels"]);
            let probs = matrix(&case["pred_probs"]);
            let t = temperature::search_published(&labels, probs.view());
            close(&[t], &[case["best_temp"].as_f64().unwrap()], &at);
            close_matrix(&temperature::scale_published(probs.view(), t), &case["scaled"], &at);
            for (t, rows) in case["scaled_at"].as_object().unwrap() {
                let t = t.parse().unwrap();
                close_matrix(&temperature::scale_published(probs.view(), t), rows, &at);
            }
            let library = library_search(ties)(&labels, probs.view());
            close(&[library], &[case["library_best_temp"].as_f64().unwrap()], &at);
            let scaled = temperature::scale(probs.view(), library);
            close_matrix(&scaled, &case["library_scaled_first5"], &at);
        }
    }
    report("g01");
}

/// The official library's own search, in the version that each suffix stands for.
fn library_search(ties: FrequencyTie) -> TemperatureSearch {
    match ties {
        FrequencyTie::MostFrequent => temperature::search_cleanlab_2_3,
        FrequencyTie::Rarest => temperature::search,
    }
}

#[test]
fn entropies_and_missing_classes() {
    for Golden { name, json, .. } in goldens("g02") {
        for case in cases(&json, "entropy") {
            let probs = matrix(&case["pred_probs"]);
            let entropy: Vec<f64> =
                numbers(&case["normalized_entropy"]).iter().map(|h| -h).collect();
            let exact = strategy::entropy(probs.view());
            let clipped = strategy::entropy_published(probs.view());
            // The library dropped the clip at some point: whichever was recorded must be ours.
            let near =
                |found: &[f64]| found.iter().zip(&entropy).all(|(a, b)| (a - b).abs() <= 1e-9);
            count();
            assert!(near(&exact) || near(&clipped), "{name} {}", case["name"]);
            let uncertainty = strategy::uncertainty(probs.view());
            close(&uncertainty, &numbers(&case["neg_one_minus_max"]), &name);
        }
        for case in cases(&json, "handle_missing_classes") {
            let labels = labels(&case["labels"]);
            let missing: Vec<Class> =
                numbers(&case["missing"]).iter().map(|&c| Class(c as u16)).collect();
            for (probs, out, labeled) in [
                ("pred_probs", "out_labeled", true),
                ("pred_probs_unlabeled", "out_unlabeled", false),
            ] {
                let probs = matrix(&case[probs]);
                let restored = restore_missing_classes(&labels, probs.view(), &missing, labeled);
                close_matrix(&restored, &case[out], &format!("{name} {out}"));
            }
        }
    }
    report("g02");
}

#[test]
fn majority_votes() {
    for Golden { name, json, ties } in goldens("g03") {
        for (key, case) in ["cases", "handmade"]
            .into_iter()
            .flat_map(|key| cases(&json, key).into_iter().map(move |case| (key, case)))
        {
            let labels = labels(&case["labels"]);
            let at = format!("{name} {key} {}{}", case["name"], case["why"]);
            let random = &case["random_tiebreaks_resolved_to_first_candidate"];
            let n_classes = labels.max_class().unwrap().at() + 1;
            let votes = majority_vote(&labels, None, n_classes, ties, stream());
            same_classes(&votes, &case["mv_without"], random, &at);
            if case["pred_probs"].is_array() {
                let probs = matrix(&case["pred_probs"]);
                let n_classes = probs.ncols();
                let votes = majority_vote(&labels, Some(probs.view()), n_classes, ties, stream());
                same_classes(&votes, &case["mv_with_pred_probs"], random, &at);
            }
        }
    }
    report("g03");
}

#[test]
fn crowdlab_of_one_model_and_of_several() {
    for Golden { name, json, ties } in goldens("g04") {
        for case in cases(&json, "cases") {
            let labels = labels(&case["labels"]);
            for (models, key) in
                [(vec![matrix(&case["pred_probs"])], "single"), (stack(&case["stack"]), "ensemble")]
            {
                let at = format!("{name} {} {key}", case["name"]);
                let expected = &case[key];
                let found = crowdlab(&labels, &views(&models), ties, stream());
                same_classes(
                    &found.consensus,
                    &expected["consensus_label"],
                    &Value::Array(vec![]),
                    &at,
                );
                close(&found.quality, &numbers(&expected["consensus_quality"]), &at);
                let annotators = numbers(&expected["annotator_weight"]);
                close(&found.annotator_weights, &annotators, &at);
                let weights = match expected["model_weight"].as_f64() {
                    Some(weight) => vec![weight],
                    None => numbers(&expected["model_weight"]),
                };
                close(&found.model_weights, &weights, &at);
            }
        }
    }
    report("g04");
}

#[test]
fn active_lab_scores() {
    for Golden { name, json, ties } in goldens("g05") {
        let run = |labels: Option<&Labels>, probs: &[Array2<f64>], pool: &[Array2<f64>]| {
            let filled: Vec<_> = pool.iter().filter(|model| model.nrows() > 0).cloned().collect();
            let search = library_search(ties);
            active_lab_with(search, labels, &views(probs), &views(&filled), ties, stream())
        };
        for case in cases(&json, "cases") {
            let at = format!("{name} {}", case["name"]);
            let labels = labels(&case["labels"]);
            let pool = [matrix(&case["pred_probs_unlabeled"])];
            let one = run(Some(&labels), &[matrix(&case["pred_probs"])], &pool);
            close(&one.labeled, &numbers(&case["scores"]), &at);
            close(&one.pool, &numbers(&case["scores_unlabeled"]), &at);
            let several =
                run(Some(&labels), &stack(&case["stack"]), &stack(&case["stack_unlabeled"]));
            close(&several.labeled, &numbers(&case["ens_scores"]), &at);
            close(&several.pool, &numbers(&case["ens_scores_unlabeled"]), &at);
        }
        for case in cases(&json, "one_label_per_example") {
            let labels = labels(&case["labels"]);
            let pool = [matrix(&case["pred_probs_unlabeled"])];
            let found = run(Some(&labels), &[matrix(&case["pred_probs"])], &pool);
            close(&found.labeled, &numbers(&case["scores"]), &name);
            close(&found.pool, &numbers(&case["scores_unlabeled"]), &name);
        }
        let case = &json["unlabeled_only"];
        if case["scores_unlabeled"].is_array() {
            let found = run(None, &[], &[matrix(&case["pred_probs_unlabeled"])]);
            close(&found.pool, &numbers(&case["scores_unlabeled"]), &name);
        }
    }
    report("g05");
}

#[test]
fn selections() {
    for Golden { name, json, .. } in goldens("g06") {
        for case in cases(&json, "cases") {
            let n = case["n"].as_u64().unwrap() as usize;
            let batch = case["batch"].as_u64().unwrap() as usize;
            let mut scores = numbers(&case["quality"]);
            scores.extend(numbers(&case["quality_unlabeled"]));
            let chosen = selection::lowest(&scores, batch);
            let new: Vec<usize> = chosen.iter().copied().filter(|&at| at >= n).collect();
            count();
            assert_eq!(new.len() as u64, case["num_new"].as_u64().unwrap(), "{name}");
            // New examples are appended to the labelled ones in the order of their scores.
            let mut expected: Vec<f64> = (0..n).map(|id| id as f64).collect();
            expected.extend(new.iter().map(|&id| id as f64));
            assert_eq!(numbers(&case["labeled_ids"]), expected, "{name}");
            let mut rows: Vec<f64> =
                chosen.iter().filter(|&&at| at < n).map(|&at| at as f64).collect();
            rows.extend((n..n + new.len()).map(|at| at as f64));
            assert_eq!(numbers(&case["idx_to_annotate"]), rows, "{name}");
        }
    }
    report("g06");
}

#[test]
fn disagreement_as_intended_and_as_published() {
    for Golden { name, json, .. } in goldens("g08") {
        for case in cases(&json, "cases") {
            let models = stack(&case["stack"]);
            let intended = strategy::disagreement(&views(&models));
            close(&intended, &numbers(&case["corrected_quality"]), &name);
            let k = case["K"].as_u64().unwrap() as usize;
            let published = strategy::disagreement_published(&views(&models), k);
            if case["faithful_quality"].is_array() {
                close(&published, &numbers(&case["faithful_quality"]), &name);
            } else {
                assert!(published.iter().all(|score| score.is_nan()), "{name}");
            }
        }
    }
    report("g08");
}

#[test]
fn the_order_in_which_numpy_sorted_scores_that_are_no_numbers() {
    for Golden { name, json, .. } in goldens("g10") {
        for (total, expected) in json.as_object().unwrap() {
            let Ok(total) = total.parse::<usize>() else { continue };
            let expected = numbers(expected);
            let order = strategy::published_nan_order(total, expected.len());
            let order: Vec<f64> = order.into_iter().map(|at| at as f64).collect();
            count();
            assert_eq!(order, expected, "{name} {total}");
        }
    }
    report("g10");
}

#[test]
fn every_file_has_a_reader() {
    // g07 and g09 are whole loops and data sets, which other crates replay.
    const KNOWN: [&str; 10] =
        ["g01", "g02", "g03", "g04", "g05", "g06", "g07", "g08", "g09", "g10"];
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(KNOWN.iter().any(|prefix| name.starts_with(prefix)), "nobody reads {name}");
    }
}
