//! What the models of round 0 said, one file per training set: strategies that
//! start from the same labels would train the same models, so one cell leaves the
//! answers for the others. A file that is missing or damaged costs a training.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ndarray::{Axis, concatenate};
use relabel_data::sha256;
use serde::{Deserialize, Serialize};

use super::{StoreError, carried, make_folder, write_atomic};
use crate::{Predictions, TrainingSet};

/// The version of the file format.
const VERSION: u32 = 1;
/// Characters of a SHA-256.
const CHECKSUM: usize = 64;

/// What models that start alike said.
#[derive(Clone, Debug)]
pub struct FirstRounds {
    folder: PathBuf,
    /// All but the training set that decides what they say: configuration, data, seed, kinds.
    origin: String,
}

/// The answers of all models, and how long a cell trained them.
pub struct Answers {
    /// One per model.
    pub predictions: Vec<Predictions>,
    /// Wall time of the training.
    pub took: Duration,
}

/// What precedes the probabilities, on one line.
#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    n_labeled: usize,
    n_pool: usize,
    took_s: f64,
    models: Vec<Model>,
}

/// What a model said in other things than probabilities.
#[derive(Serialize, Deserialize)]
struct Model {
    fold_accuracy: f64,
    accuracy: f64,
    notes: Vec<String>,
}

impl FirstRounds {
    pub(super) fn at(folder: PathBuf, origin: String) -> Self {
        Self { folder, origin }
    }

    /// The answers of models trained on `set`, if a cell has left them.
    ///
    /// # Errors
    /// If the file cannot be read or is damaged.
    pub fn read(&self, set: &TrainingSet<'_>) -> Result<Option<Answers>, StoreError> {
        let path = self.file(set);
        let bytes = match std::fs::read(&path).map_err(StoreError::io("read", &path)) {
            Err(error) if error.is_missing() => return Ok(None),
            bytes => bytes?,
        };
        decode(&path, &bytes).map(Some)
    }

    /// Leaves the answers for other cells.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn write(&self, set: &TrainingSet<'_>, answers: &Answers) -> Result<(), StoreError> {
        make_folder(&self.folder)?;
        write_atomic(&self.file(set), &encode(answers))
    }

    fn file(&self, set: &TrainingSet<'_>) -> PathBuf {
        let mut all = self.origin.clone().into_bytes();
        for examples in [set.labeled, set.pool] {
            all.extend((examples.len() as u64).to_le_bytes());
            all.extend(examples.iter().flat_map(|example| example.0.to_le_bytes()));
        }
        all.extend(set.consensus.iter().flat_map(|class| class.0.to_le_bytes()));
        self.folder.join(format!("{}.bin", &sha256(&all)[..16]))
    }
}

/// A checksum of the rest, the head, then per model the probabilities of labelled,
/// pool and test examples, one below the other.
fn encode(answers: &Answers) -> Vec<u8> {
    let Answers { predictions, took } = answers;
    let (n_labeled, n_pool) =
        predictions.first().map_or((0, 0), |model| (model.labeled.nrows(), model.pool.nrows()));
    let models = predictions.iter().map(|model| Model {
        fold_accuracy: model.fold_accuracy,
        accuracy: model.accuracy,
        notes: model.notes.clone(),
    });
    let models = models.collect();
    let head = Head { version: VERSION, n_labeled, n_pool, took_s: took.as_secs_f64(), models };
    let probabilities = predictions.iter().map(|model| {
        concatenate(Axis(0), &[model.labeled.view(), model.pool.view(), model.test.view()])
            .expect("labelled, pool and test rows should have one column per class")
    });
    let mut rest = serde_json::to_vec(&head).expect("a head should be JSON");
    rest.push(b'\n');
    rest.extend(carried::encode(&probabilities.collect::<Vec<_>>()));
    [sha256(&rest).into_bytes(), rest].concat()
}

fn decode(path: &Path, bytes: &[u8]) -> Result<Answers, StoreError> {
    let damaged = |reason: &str| StoreError::damaged(path, reason);
    let (checksum, rest) = bytes.split_at_checked(CHECKSUM).ok_or(damaged("it is cut short"))?;
    if checksum != sha256(rest).as_bytes() {
        return Err(damaged("its checksum is wrong"));
    }
    let end = rest.iter().position(|&byte| byte == b'\n').ok_or(damaged("it has no head"))?;
    let head: Head =
        serde_json::from_slice(&rest[..end]).map_err(|error| StoreError::damaged(path, error))?;
    if head.version != VERSION {
        let version = head.version;
        return Err(damaged(&format!("format version {version}, expected {VERSION}")));
    }
    let Head { n_labeled, n_pool, took_s, models, .. } = head;
    let probabilities = carried::decode(path, &rest[end + 1..])?;
    let predictions = models.into_iter().zip(probabilities).map(|(model, rows)| {
        let (labeled, rest) = rows.view().split_at(Axis(0), n_labeled);
        let (pool, test) = rest.split_at(Axis(0), n_pool);
        Predictions {
            labeled: labeled.to_owned(),
            pool: pool.to_owned(),
            test: test.to_owned(),
            fold_accuracy: model.fold_accuracy,
            accuracy: model.accuracy,
            notes: model.notes,
        }
    });
    let took = Duration::try_from_secs_f64(took_s).unwrap_or(Duration::ZERO);
    Ok(Answers { predictions: predictions.collect(), took })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::Array2;
    use relabel_scoring::{Class, ExampleId, Round};

    use super::*;

    fn answers() -> Answers {
        let rows = |n: usize, first: f64| {
            Array2::from_shape_fn((n, 3), |(row, class)| first + row as f64 / (1.0 + class as f64))
        };
        let model = |first| Predictions {
            labeled: rows(4, first),
            pool: rows(2, first + 0.1),
            test: rows(5, first + 0.2),
            fold_accuracy: first / 3.0,
            accuracy: first / 7.0,
            notes: vec!["class 2 vanished".into()],
        };
        Answers { predictions: vec![model(0.3), model(0.7)], took: Duration::from_millis(1500) }
    }

    #[test]
    fn answers_come_back_to_the_bit_and_no_damage_goes_unseen() {
        let folder = tempfile::tempdir().unwrap();
        let store = FirstRounds::at(folder.path().join("first-round"), "here".into());
        let (labeled, consensus, pool) = ([ExampleId(3)], [Class(1)], [ExampleId(7)]);
        let set =
            TrainingSet { round: Round(0), labeled: &labeled, consensus: &consensus, pool: &pool };
        assert!(store.read(&set).unwrap().is_none());
        store.write(&set, &answers()).unwrap();
        let read = store.read(&set).unwrap().unwrap();
        assert_eq!(read.took, answers().took);
        assert_eq!(encode(&read), encode(&answers()));
        let [read, written] = [read.predictions, answers().predictions];
        for (read, written) in read.iter().zip(&written) {
            assert_eq!(read.labeled, written.labeled);
            assert_eq!(read.pool, written.pool);
            assert_eq!(read.test, written.test);
            assert_eq!(read.fold_accuracy.to_bits(), written.fold_accuracy.to_bits());
            assert_eq!(read.accuracy.to_bits(), written.accuracy.to_bits());
            assert_eq!(read.notes, written.notes);
        }
        let other = TrainingSet { consensus: &[Class(2)], ..set };
        assert!(store.read(&other).unwrap().is_none());
        let whole = std::fs::read(store.file(&set)).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            assert!(decode(Path::new("x"), &bytes).is_err(), "byte {at}");
            assert!(decode(Path::new("x"), &whole[..at]).is_err(), "{at} bytes");
        }
    }
}
