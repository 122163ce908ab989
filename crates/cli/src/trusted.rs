//! In words: how far models and annotators are trusted, and what that changes.

use relabel_data::LabelFile;

/// Annotators that are listed.
pub const WORST: usize = 5;

/// The weights of the models, and the range of those of the annotators.
pub fn weights(models: &[f64], annotators: &[f64]) -> String {
    let mean = annotators.iter().sum::<f64>() / annotators.len() as f64;
    let least = annotators.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = annotators.iter().copied().fold(0.0, f64::max);
    format!(
        "model weight {models:.3?}, annotator weights {least:.3} to {greatest:.3}, mean {mean:.3}"
    )
}

/// How many of `n` consensus labels are not those of the majority vote.
pub fn overruled(n_overruled: usize, n: usize) -> String {
    let share = 100.0 * n_overruled as f64 / n as f64;
    format!("{share:.1} % of the consensus labels differ from the majority vote")
}

/// The annotators with labels whose weights are the least, a line for each.
pub fn least_trusted(file: &LabelFile, weights: &[f64]) -> Vec<String> {
    let n_labels = file.labels.labels_per_annotator();
    let mut order: Vec<usize> = (0..weights.len()).filter(|&at| n_labels[at] > 0).collect();
    order.sort_by(|&a, &b| weights[a].total_cmp(&weights[b]));
    let line = |&at: &usize| {
        let labels = counted(n_labels[at], "label");
        format!("  {:<20} {:.3}  {labels}", &file.annotator_ids[at], weights[at])
    };
    order.iter().take(WORST).map(line).collect()
}

/// A number of things.
pub fn counted(n: usize, what: &str) -> String {
    let ending = match what {
        _ if n == 1 => "",
        "class" => "es",
        _ => "s",
    };
    format!("{n} {what}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!([counted(1, "class"), counted(2, "class")], ["1 class", "2 classes"]);
        assert_eq!([counted(0, "label"), counted(1, "label")], ["0 labels", "1 label"]);
    }
}
