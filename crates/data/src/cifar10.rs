//! The 10,000 test images of CIFAR-10, from the official binary batch
//! `cifar-10-batches-bin/test_batch.bin` or, where that is missing, from a folder
//! of image files (`cifar-10-png` or `cifar10png`, see [`crate::ImageFolder`]).
//! A record of the batch is one label byte and 1,024 red, green and blue bytes each.

use std::fs;
use std::path::{Path, PathBuf};

use relabel_scoring::Class;

use crate::{DataError, ImageFolder};

/// Number of test images.
pub const N_TEST_IMAGES: usize = 10_000;

/// The classes of CIFAR-10 in the order of their indices.
pub const CIFAR10_CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

const SIDE: usize = 32;
const N_PIXELS: usize = 3 * SIDE * SIDE;
const RECORD: usize = 1 + N_PIXELS;
const FOLDERS: [&str; 2] = ["cifar-10-png", "cifar10png"];

/// Images of one size, one after another as channel (red, green, blue), row, column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// `n * 3 * height * width` values.
    pub values: Vec<u8>,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
}

/// The test images of CIFAR-10, addressed by their index in the official order.
#[derive(Debug)]
pub struct Cifar10Test {
    /// The name of every class.
    pub class_names: Vec<String>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Batch(Batch),
    Folder(ImageFolder),
}

/// A binary batch as it lies on disk.
#[derive(Debug)]
struct Batch {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Cifar10Test {
    /// Opens the binary batch in `data_dir`, or else the image folder.
    ///
    /// # Errors
    /// If neither exists or what exists is damaged.
    pub fn open(data_dir: &Path) -> Result<Self, DataError> {
        let batch = data_dir.join("cifar-10-batches-bin").join("test_batch.bin");
        let folder = FOLDERS.iter().map(|name| data_dir.join(name)).find(|path| path.is_dir());
        if let (false, Some(root)) = (batch.is_file(), folder) {
            let class_names: Vec<String> = CIFAR10_CLASSES.map(String::from).into();
            let folder = ImageFolder::open(&root.join("test"), &class_names)?;
            return Ok(Self { class_names, source: Source::Folder(folder) });
        }
        let source = Source::Batch(Batch::open(&batch, N_TEST_IMAGES)?);
        Ok(Self { class_names: class_names(&batch)?, source })
    }

    /// Where the images come from.
    pub fn path(&self) -> &Path {
        match &self.source {
            Source::Batch(batch) => &batch.path,
            Source::Folder(folder) => folder.root(),
        }
    }

    /// Checks that `truth`, the true class of every test image according to
    /// another file, agrees with the images.
    ///
    /// # Errors
    /// Names the first image whose class differs.
    pub fn check_truth(&self, truth: &[Class]) -> Result<(), DataError> {
        match &self.source {
            Source::Batch(batch) => batch.check_truth(truth),
            Source::Folder(folder) => folder.by_index(truth).map(drop),
        }
    }

    /// The images with the given indices; `truth` holds the class of all test images.
    ///
    /// # Errors
    /// If an image file cannot be decoded or the sizes differ.
    pub fn pixels(&self, indices: &[usize], truth: &[Class]) -> Result<Pixels, DataError> {
        match &self.source {
            Source::Batch(batch) => Ok(batch.pixels(indices)),
            Source::Folder(folder) => folder.pixels(indices, truth),
        }
    }
}

impl Batch {
    fn open(path: &Path, n_records: usize) -> Result<Self, DataError> {
        let bytes = fs::read(path).map_err(|error| DataError::opening(path, "cifar-10", error))?;
        if bytes.len() != n_records * RECORD {
            let (whole, rest) = (bytes.len() / RECORD, bytes.len() % RECORD);
            return Err(DataError::file(
                path,
                format!("{} bytes ({whole} records and {rest} bytes of another)", bytes.len()),
                format!("{} bytes ({n_records} records of {RECORD})", n_records * RECORD),
            ));
        }
        let batch = Self { path: path.into(), bytes };
        let wrong = batch.labels().position(|label| label.at() >= CIFAR10_CLASSES.len());
        match wrong {
            None => Ok(batch),
            Some(record) => Err(DataError::row(
                path,
                record + 1,
                format!("label byte {}", batch.bytes[record * RECORD]),
                "a label from 0 to 9",
            )),
        }
    }

    fn labels(&self) -> impl Iterator<Item = Class> {
        self.bytes.iter().step_by(RECORD).map(|&byte| Class(u16::from(byte)))
    }

    fn check_truth(&self, truth: &[Class]) -> Result<(), DataError> {
        match self.labels().zip(truth).position(|(found, &expected)| found != expected) {
            None => Ok(()),
            Some(record) => Err(DataError::row(
                &self.path,
                record + 1,
                format!("label {} for test image {record}", self.bytes[record * RECORD]),
                format!("{}, as the annotators' table says", truth[record].0),
            )),
        }
    }

    fn pixels(&self, indices: &[usize]) -> Pixels {
        let mut values = Vec::with_capacity(indices.len() * N_PIXELS);
        for &index in indices {
            let start = index * RECORD + 1;
            values.extend_from_slice(&self.bytes[start..start + N_PIXELS]);
        }
        Pixels { values, height: SIDE, width: SIDE }
    }
}

/// The names in `batches.meta.txt` beside the batch; the official ones where that is missing.
fn class_names(batch: &Path) -> Result<Vec<String>, DataError> {
    let path = batch.with_file_name("batches.meta.txt");
    if !path.exists() {
        return Ok(CIFAR10_CLASSES.map(String::from).into());
    }
    let text = fs::read_to_string(&path).map_err(|error| DataError::io(&path, error))?;
    let names: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect();
    if names.len() == CIFAR10_CLASSES.len() {
        return Ok(names);
    }
    Err(DataError::file(&path, format!("{} class names", names.len()), "10, one per line"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn batch(folder: &Path, labels: &[u8]) -> PathBuf {
        let path = folder.join("test_batch.bin");
        let mut bytes = Vec::new();
        for (record, &label) in labels.iter().enumerate() {
            bytes.push(label);
            for channel in 0..3 {
                bytes.extend(std::iter::repeat_n(10 * record as u8 + channel, SIDE * SIDE));
            }
        }
        fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn records_are_cut_at_the_right_bytes_and_in_the_order_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = batch(folder.path(), &[3, 8, 0]);
        let batch = Batch::open(&path, 3).unwrap();
        assert_eq!(batch.labels().collect::<Vec<_>>(), [Class(3), Class(8), Class(0)]);
        let pixels = batch.pixels(&[2, 0]);
        let corners: Vec<u8> = pixels.values.iter().step_by(SIDE * SIDE).copied().collect();
        assert_eq!(corners, [20, 21, 22, 0, 1, 2]);
    }

    #[test]
    fn a_damaged_batch_is_named_with_what_was_expected() {
        let folder = tempfile::tempdir().unwrap();
        let path = batch(folder.path(), &[3, 12]);
        let message = Batch::open(&path, 2).unwrap_err().to_string();
        assert!(
            message.ends_with(
                "test_batch.bin, row 2: found label byte 12, expected a label from 0 to 9"
            ),
            "{message}"
        );
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let message = Batch::open(&path, 2).unwrap_err().to_string();
        assert!(message.contains("found 6145 bytes (1 records and 3072 bytes"), "{message}");
        assert!(message.contains("expected 6146 bytes (2 records of 3073)"), "{message}");
    }

    #[test]
    fn another_true_class_than_the_tables_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let batch = Batch::open(&batch(folder.path(), &[3, 8]), 2).unwrap();
        batch.check_truth(&[Class(3), Class(8)]).unwrap();
        let message = batch.check_truth(&[Class(3), Class(7)]).unwrap_err().to_string();
        assert!(message.contains("row 2: found label 8 for test image 1, expected 7"), "{message}");
    }

    #[test]
    fn the_real_batch_has_a_thousand_images_of_every_class() {
        let Some(data) = std::env::var_os("RELABEL_DATA") else {
            std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("skipped: RELABEL_DATA is not set\n"),
            )
            .unwrap();
            return;
        };
        let images = Cifar10Test::open(Path::new(&data)).unwrap();
        assert_eq!(images.class_names, CIFAR10_CLASSES);
        let Source::Batch(batch) = &images.source else { return };
        let mut counts = [0; 10];
        batch.labels().for_each(|label| counts[label.at()] += 1);
        assert_eq!(counts, [1000; 10]);
    }
}
