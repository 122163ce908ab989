//! The annotators' table of CIFAR-10H (Peterson et al., "Human uncertainty makes
//! classification more robust", 2019): which of 2,571 people gave which of the
//! 10,000 CIFAR-10 test images which class, about 51 labels per image.

use std::path::{Path, PathBuf};

use csv::ByteRecord;
use relabel_scoring::{AnnotatorId, Class};

use crate::DataError;
use crate::cifar10::{CIFAR10_CLASSES, N_TEST_IMAGES};
use crate::csv_file::{csv_error, open, reader, row_of, shown, unreadable};

/// The files that are looked for, the first one found is read.
const FILES: [&str; 4] = [
    "cifar10h-raw.csv",
    "cifar10h-raw.csv.gz",
    "cifar10h-raw.zip",
    "cifar10h-raw-simulated-annotators.csv.gz",
];

const COLUMNS: [&str; 4] = ["annotator_id", "true_label", "chosen_label", "cifar10_test_test_idx"];

/// Stands in the index column of trials that only check whether the annotator pays attention.
const ATTENTION_CHECK: i64 = -99_999;

/// More annotators than this would be a damaged file.
const MAX_ANNOTATORS: i64 = 1_000_000;

/// Who gave which image which class.
#[derive(Clone, Debug)]
pub struct AnnotatorTable {
    /// The file it was read from.
    pub path: PathBuf,
    /// The true class of every test image.
    pub truth: Vec<Class>,
    /// The labels of every test image, by annotator.
    pub labels: Vec<Vec<(AnnotatorId, Class)>>,
    /// One more than the largest annotator id.
    pub n_annotators: u32,
    /// Rows that were attention checks and were dropped.
    pub n_attention_checks: usize,
}

impl AnnotatorTable {
    /// Reads the table in `<data_dir>/cifar-10h/`: the official CSV, plain, with
    /// gzip or as the official zip archive, or else one with simulated annotators.
    ///
    /// # Errors
    /// Names the file, the row, what was found and what was expected.
    pub fn open(data_dir: &Path) -> Result<Self, DataError> {
        let folder = data_dir.join("cifar-10h");
        let found = FILES.iter().map(|name| folder.join(name)).find(|path| path.is_file());
        match found {
            Some(path) => Self::read(&path, N_TEST_IMAGES),
            None => Err(DataError::missing(&folder.join(FILES[2]), "cifar-10h")),
        }
    }

    /// Reads one file with labels of `n_images` images.
    pub(crate) fn read(path: &Path, n_images: usize) -> Result<Self, DataError> {
        let bytes = open(path)?;
        let mut reader = reader(bytes).map_err(|error| unreadable(path, error))?;
        let header = reader.byte_headers().map_err(|error| csv_error(path, error))?;
        let columns = Columns::find(path, header)?;
        let mut rows = Rows::new(path, n_images);
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|error| csv_error(path, error))? {
            rows.add(&columns, &record)?;
        }
        rows.finish()
    }

    /// True if real label counts were dealt to simulated people.
    pub fn is_simulated(&self) -> bool {
        self.path.file_name().is_some_and(|name| name.to_string_lossy().contains("simulated"))
    }
}

/// Where the columns stand that are read.
struct Columns {
    annotator: usize,
    truth: usize,
    chosen: usize,
    index: usize,
}

impl Columns {
    fn find(path: &Path, header: &ByteRecord) -> Result<Self, DataError> {
        let find = |name: &str| {
            header.iter().position(|column| column == name.as_bytes()).ok_or_else(|| {
                let found = format!("no column {name}");
                let expected = format!("a header with {}", COLUMNS.join(", "));
                DataError::row(path, 1, found, expected)
            })
        };
        let [annotator, truth, chosen, index] = COLUMNS;
        Ok(Self {
            annotator: find(annotator)?,
            truth: find(truth)?,
            chosen: find(chosen)?,
            index: find(index)?,
        })
    }
}

/// The table while it is read.
struct Rows<'a> {
    path: &'a Path,
    truth: Vec<Option<Class>>,
    labels: Vec<Vec<(AnnotatorId, Class)>>,
    n_annotators: u32,
    n_attention_checks: usize,
}

impl<'a> Rows<'a> {
    fn new(path: &'a Path, n_images: usize) -> Self {
        let labels = vec![Vec::new(); n_images];
        Self { path, truth: vec![None; n_images], labels, n_annotators: 0, n_attention_checks: 0 }
    }

    fn add(&mut self, columns: &Columns, record: &ByteRecord) -> Result<(), DataError> {
        if parse(&record[columns.index]) == Some(ATTENTION_CHECK) {
            self.n_attention_checks += 1;
            return Ok(());
        }
        let number = |column, end| self.number(record, column, end);
        let index = number((COLUMNS[3], columns.index), self.truth.len() as i64)? as usize;
        let n_classes = CIFAR10_CLASSES.len() as i64;
        let truth = Class(number((COLUMNS[1], columns.truth), n_classes)? as u16);
        let chosen = Class(number((COLUMNS[2], columns.chosen), n_classes)? as u16);
        let annotator = number((COLUMNS[0], columns.annotator), MAX_ANNOTATORS)? as u32;
        let before = *self.truth[index].get_or_insert(truth);
        if before != truth {
            let found = format!("true_label {} for image {index}", truth.0);
            let expected = format!("{} as in earlier rows", before.0);
            return Err(DataError::row(self.path, row_of(record), found, expected));
        }
        self.labels[index].push((AnnotatorId(annotator), chosen));
        self.n_annotators = self.n_annotators.max(annotator + 1);
        Ok(())
    }

    /// The number in a column, which must lie in `0..end`.
    fn number(
        &self,
        record: &ByteRecord,
        (name, column): (&str, usize),
        end: i64,
    ) -> Result<i64, DataError> {
        let field = &record[column];
        parse(field).filter(|number| (0..end).contains(number)).ok_or_else(|| {
            let expected = format!("a whole number from 0 to {}", end - 1);
            DataError::row(self.path, row_of(record), format!("{name} {}", shown(field)), expected)
        })
    }

    fn finish(mut self) -> Result<AnnotatorTable, DataError> {
        let truth: Vec<Class> = self.truth.iter().copied().map_while(|class| class).collect();
        if truth.len() < self.truth.len() {
            let found = format!("no label of test image {}", truth.len());
            let expected = format!("labels of all images from 0 to {}", self.truth.len() - 1);
            return Err(DataError::file(self.path, found, expected));
        }
        self.labels.iter_mut().for_each(sort_and_keep_last);
        Ok(AnnotatorTable {
            path: self.path.into(),
            truth,
            labels: self.labels,
            n_annotators: self.n_annotators,
            n_attention_checks: self.n_attention_checks,
        })
    }
}

/// Sorts by annotator; of several labels of one annotator the last one counts.
fn sort_and_keep_last(labels: &mut Vec<(AnnotatorId, Class)>) {
    labels.reverse();
    labels.sort_by_key(|&(annotator, _)| annotator);
    labels.dedup_by_key(|&mut (annotator, _)| annotator);
    labels.shrink_to_fit();
}

fn parse(field: &[u8]) -> Option<i64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;

    const HEADER: &str = "chosen_label,annotator_id,true_label,note,cifar10_test_test_idx\n";

    fn read(name: &str, bytes: &[u8]) -> Result<AnnotatorTable, DataError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        AnnotatorTable::read(&path, 2)
    }

    fn expected() -> Vec<Vec<(AnnotatorId, Class)>> {
        vec![
            vec![(AnnotatorId(3), Class(5)), (AnnotatorId(7), Class(4))],
            vec![(AnnotatorId(3), Class(9))],
        ]
    }

    const ROWS: &str = "4,7,4,a,0\n,7,,check,-99999\n9,3,9,,1\n4,3,4,,0\n5,3,4,,0\n";

    #[test]
    fn labels_are_gathered_by_image_in_all_three_kinds_of_file() {
        let text = format!("{HEADER}{ROWS}");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in ["__MACOSX/._t.csv", "t.csv"] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        let files =
            [text.clone().into(), gzip.finish().unwrap(), zip.finish().unwrap().into_inner()];
        for bytes in files {
            let table = read("t", &bytes).unwrap();
            assert_eq!(table.labels, expected());
            assert_eq!(table.truth, [Class(4), Class(9)]);
            assert_eq!((table.n_annotators, table.n_attention_checks), (8, 1));
        }
    }

    #[test]
    fn a_wrong_row_is_named_with_what_was_expected() {
        let cases = [
            (
                "10,7,4,,0",
                "t.csv, row 2: found chosen_label \"10\", expected a whole number from 0 to 9",
            ),
            ("4,7,,,0", "row 2: found true_label \"\""),
            ("4,7,4,,2", "found cifar10_test_test_idx \"2\", expected a whole number from 0 to 1"),
            ("4,-1,4,,0", "found annotator_id \"-1\""),
            ("4,7,4,0", "row 2: found 4 fields, expected 5 as in the header"),
            ("4,7,4,,0\n4,8,5,,0", "row 3: found true_label 5 for image 0, expected 4 as in"),
            (
                "4,7,4,,0",
                "found no label of test image 1, expected labels of all images from 0 to 1",
            ),
        ];
        for (rows, expected) in cases {
            let message = read("t.csv", format!("{HEADER}{rows}\n").as_bytes()).unwrap_err();
            assert!(message.to_string().contains(expected), "{rows}: {message}");
        }
        let message = read("t.csv", b"annotator_id,true_label\n").unwrap_err().to_string();
        assert!(message.contains("row 1: found no column chosen_label"), "{message}");
    }

    #[test]
    fn a_truncated_archive_is_named() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(format!("{HEADER}{ROWS}").as_bytes()).unwrap();
        let bytes = gzip.finish().unwrap();
        let message = read("t.csv.gz", &bytes[..bytes.len() - 12]).unwrap_err().to_string();
        assert!(message.contains("t.csv.gz: found"), "{message}");
        assert!(message.contains("expected a complete file"), "{message}");
    }

    #[test]
    fn the_real_counts_are_read_in_full() {
        let Some(data) = std::env::var_os("RELABEL_DATA") else {
            std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("skipped: RELABEL_DATA is not set\n"),
            )
            .unwrap();
            return;
        };
        let table = AnnotatorTable::open(Path::new(&data)).unwrap();
        let mut counts = [0; 10];
        table.truth.iter().for_each(|class| counts[class.at()] += 1);
        assert_eq!(counts, [1000; 10]);
        assert_eq!(table.n_annotators, 2571);
        let n_labels: usize = table.labels.iter().map(Vec::len).sum();
        assert!((511_000..=514_200).contains(&n_labels), "{n_labels}");
    }
}
