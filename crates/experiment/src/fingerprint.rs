//! Checksums of the data as the loop reads them: the same data in another file format
//! have the same ones. The examples have one, and each crowd has one.

use std::collections::BTreeMap;

use relabel_data::hex;
use relabel_models::FeatureStore;
use relabel_scoring::ExampleId;
use sha2::{Digest, Sha256};

use crate::{Cell, Crowd, Prepared, level};

const EXAMPLES: &str = "examples";

/// SHA-256 of the parts of a data set, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<String, String>);

impl Fingerprint {
    /// Of all parts.
    pub fn of(data: &Prepared) -> Self {
        let crowds = data.crowds.iter().map(|crowd| (labels(crowd.level), of_crowd(crowd)));
        Self(crowds.chain([(EXAMPLES.to_owned(), of_examples(data))]).collect())
    }

    /// Every part.
    pub fn parts(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The parts that `cell` reads.
    pub fn of_cell(&self, cell: &Cell) -> Vec<&str> {
        let labels = labels(level::of(&cell.strategy));
        [EXAMPLES, &labels]
            .into_iter()
            .filter_map(|part| self.0.get(part))
            .map(String::as_str)
            .collect()
    }
}

fn labels(level: Option<f64>) -> String {
    level.map_or_else(|| "labels".into(), |level| level::join("labels", level))
}

fn of_examples(data: &Prepared) -> String {
    let mut hasher = Sha256::new();
    match &data.store {
        FeatureStore::Table(table) => {
            hasher.update(format!("table {:?}", table.dim()));
            table.iter().for_each(|value| hasher.update(value.to_le_bytes()));
        }
        FeatureStore::Images(images) => {
            let size = [images.channels, images.height, images.width];
            hasher.update(format!("images {size:?}"));
            hasher.update(&images.pixels);
        }
    }
    add(&mut hasher, [data.n_classes as u32]);
    add(&mut hasher, data.truth.iter().map(|class| u32::from(class.0)));
    add(&mut hasher, data.test.iter().copied());
    hex(&hasher.finalize())
}

fn of_crowd(crowd: &Crowd) -> String {
    let mut hasher = Sha256::new();
    let ids = |examples: &[ExampleId]| examples.iter().map(|id| id.0).collect::<Vec<_>>();
    add(&mut hasher, [crowd.n_annotators]);
    add(&mut hasher, ids(&crowd.start.labeled));
    add(&mut hasher, ids(&crowd.start.pool));
    for event in &crowd.start.events {
        add(&mut hasher, [event.example.0, event.annotator.0, u32::from(event.class.0)]);
    }
    for labels in crowd.dense.iter() {
        let numbers = labels.iter().flat_map(|(annotator, class)| [annotator.0, class.0.into()]);
        add(&mut hasher, numbers);
    }
    hex(&hasher.finalize())
}

/// A list of numbers, told from the next one by a number that is none.
fn add(hasher: &mut Sha256, numbers: impl IntoIterator<Item = u32>) {
    numbers.into_iter().for_each(|number| hasher.update(number.to_le_bytes()));
    hasher.update(u64::MAX.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_label_changes_the_part_of_the_labels_alone() {
        let data = Prepared::from(relabel_data::blobs());
        let mut other = Prepared::from(relabel_data::blobs());
        assert_eq!(Fingerprint::of(&data), Fingerprint::of(&other));
        other.crowds[0].start.events[7].class.0 ^= 1;
        let (one, two) = (Fingerprint::of(&data), Fingerprint::of(&other));
        assert_eq!(one.0[EXAMPLES], two.0[EXAMPLES]);
        assert_ne!(one.0["labels"], two.0["labels"]);
        let cell = Cell { strategy: "random".into(), seed: 0 };
        assert_eq!(one.of_cell(&cell), [&one.0[EXAMPLES], &one.0["labels"]]);
    }
}
