//! Recorded outputs of the published benchmark code's functions. Files whose
//! name ends in `_published` break majority ties by the more frequent class,
//! `_current` by the rarer one. `RELABEL_GOLDEN=DIR` reads `DIR/protocol` instead.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use ndarray::{Array2, ArrayView2};
use relabel_scoring::{
    Class, FrequencyTie, Labels, Round, Seed, Stream, TemperatureSearch, active_lab_with, crowdlab,
    majority_vote, restore_missing_classes, selection, strategy, temperature,
};
use serde_json::Value;

struct Golden {
    name: String,
    json: Value,
    ties: FrequencyTie,
}

fn folder() -> PathBuf {
    match std::env::var_os("RELABEL_GOLDEN") {
        Some(folder) => PathBuf::from(folder).join("protocol"),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/protocol")),
    }
}

fn goldens(prefix: &str) -> Vec<Golden> {
    let folder = folder();
    let mut found: Vec<Golden> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let ties = if name.ends_with("_published") {
                FrequencyTie::MostFrequent
            } else {
                FrequencyTie::Rarest
            };
            Golden { name, json, ties }
        })
        .collect();
    assert!(!found.is_empty(), "{} should hold {prefix}*.json", folder.display());
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn numbers(value: &Value) -> Vec<f64> {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    value.as_array().unwrap().iter().map(number).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    let shape = (rows.len(), rows.first().map_or(0, Vec::len));
    Array2::from_shape_vec(shape, rows.concat()).unwrap()
}

fn stack(value: &Value) -> Vec<Array2<f64>> {
    value.as_array().unwrap().iter().map(matrix).collect()
}

fn views(models: &[Array2<f64>]) -> Vec<ArrayView2<'_, f64>> {
    models.iter().map(|model| model.view()).collect()
}

fn labels(value: &Value) -> Labels {
    let rows: Vec<Vec<Option<Class>>> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|row| numbers(row).iter().map(|&c| (c >= 0.0).then_some(Class(c as u16))).collect())
        .collect();
    Labels::from_wide(&rows).unwrap()
}

fn stream() -> Stream {
    Stream::new(Seed(0), "golden", Round(0), 0)
}

/// Comparisons made by the test that runs on this thread.
fn count() {
    COMPARED.with(|compared| compared.set(compared.get() + 1));
}

thread_local! {
    static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn report(prefix: &str) {
    let compared = COMPARED.with(|compared| compared.replace(0));
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{prefix}: {compared} results compared\n"),
    )
    .unwrap();
    assert!(compared > 0, "{prefix} should hold something to compare");
}

fn close(found: &[f64], expected: &[f64], what: &str) {
    count();
    assert_eq!(found.len(), expected.len(), "{what}: length");
    for (row, (a, b)) in found.iter().zip(expected).enumerate() {
        let same = (a - b).abs() <= 1e-9 || (a.is_nan() && b.is_nan());
        assert!(same, "{what}, row {row}: {a}, recorded {b}");
    }
}

fn close_matrix(found: &Array2<f64>, expected: &Value, what: &str) {
    let expected = matrix(expected);
    let rows = expected.nrows();
    let found: Vec<f64> = found.rows().into_iter().take(rows).flatten().copied().collect();
    close(&found, expected.as_slice().unwrap(), what);
}

/// `random` lists the candidates of each tie that chance decided; the lowest was recorded.
fn same_classes(found: &[Class], expected: &Value, random: &Value, what: &str) {
    count();
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len(), "{what}: length");
    let ties: Vec<Vec<f64>> = random.as_array().unwrap().iter().map(numbers).collect();
    for (row, (class, expected)) in found.iter().zip(expected).enumerate() {
        let class = f64::from(class.0);
        let by_chance = |tie: &Vec<f64>| tie.contains(&class) && tie.contains(&expected);
        assert!(
            class == expected || ties.iter().any(by_chance),
            "{what}, row {row}: {class}, recorded {expected}"
        );
    }
}

fn cases(json: &Value, key: &str) -> Vec<Value> {
    json[key].as_array().unwrap_or_else(|| panic!("no {key}")).clone()
}

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
