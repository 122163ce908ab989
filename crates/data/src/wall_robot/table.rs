//! The table of the UCI data set "Wall-Following Robot Navigation" (Freire and
//! others, 2009): four distances in metres and what the robot did.

use std::fs::File;
use std::path::Path;

use ndarray::Array2;
use relabel_scoring::Class;

use super::recipe::TABLE_CLASS_SIZES;
use crate::DataError;

/// The name under which the file is fetched, and its folder.
const NAME: &str = "wall-robot";
const FILE: &str = "sensor_readings_4.data";
const N_FEATURES: usize = 4;

/// The classes in the order of their numbers.
pub const CLASS_NAMES: [&str; 4] =
    ["Move-Forward", "Sharp-Right-Turn", "Slight-Left-Turn", "Slight-Right-Turn"];

/// The rows of the file, in order.
pub struct Table {
    features: Vec<[f64; N_FEATURES]>,
    classes: Vec<Class>,
}

impl Table {
    /// Reads and checks `<data_dir>/wall-robot/sensor_readings_4.data`.
    pub fn read(data_dir: &Path) -> Result<Self, DataError> {
        let path = data_dir.join(NAME).join(FILE);
        let file = File::open(&path).map_err(|e| DataError::opening(&path, NAME, e))?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(file);
        let mut table = Self { features: Vec::new(), classes: Vec::new() };
        let mut record = csv::StringRecord::new();
        loop {
            let row = reader.position().line() as usize;
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => table.push(&record, &path)?,
                Err(e) => return Err(DataError::row(&path, row, e.to_string(), "text in UTF-8")),
            }
        }
        table.check_sizes(&path)?;
        Ok(table)
    }

    fn push(&mut self, record: &csv::StringRecord, path: &Path) -> Result<(), DataError> {
        let row = record.position().map_or(0, |position| position.line() as usize);
        let wrong = |found: String, expected: &str| DataError::row(path, row, found, expected);
        if record.len() != N_FEATURES + 1 {
            let found = format!("{} fields", record.len());
            return Err(wrong(found, "5 fields, four distances and a class"));
        }
        let mut features = [0.0; N_FEATURES];
        for (feature, text) in features.iter_mut().zip(record) {
            *feature = text
                .parse()
                .ok()
                .filter(|distance: &f64| distance.is_finite())
                .ok_or_else(|| wrong(format!("{text:?}"), "a distance in metres"))?;
        }
        let name = &record[N_FEATURES];
        let class = CLASS_NAMES
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| wrong(format!("class {name:?}"), &CLASS_NAMES.join(", ")))?;
        self.features.push(features);
        self.classes.push(Class(class as u16));
        Ok(())
    }

    /// Rows that went missing would change every later draw.
    fn check_sizes(&self, path: &Path) -> Result<(), DataError> {
        let sizes: Vec<usize> =
            (0..CLASS_NAMES.len()).map(|class| self.rows_of(Class(class as u16)).len()).collect();
        if sizes == TABLE_CLASS_SIZES {
            return Ok(());
        }
        let describe = |sizes: &[usize]| {
            let parts: Vec<String> =
                sizes.iter().zip(CLASS_NAMES).map(|(n, name)| format!("{n} {name}")).collect();
            format!("{} rows ({})", sizes.iter().sum::<usize>(), parts.join(", "))
        };
        Err(DataError::file(path, describe(&sizes), describe(&TABLE_CLASS_SIZES)))
    }

    fn rows_of(&self, class: Class) -> Vec<usize> {
        (0..self.classes.len()).filter(|&row| self.classes[row] == class).collect()
    }

    /// The rows at `places` among the rows of each class, class after class.
    pub fn subset(&self, places: &[Vec<usize>]) -> Vec<[f64; N_FEATURES]> {
        let per_class = places.iter().enumerate().flat_map(|(class, places)| {
            let rows = self.rows_of(Class(class as u16));
            places.iter().map(move |&place| rows[place])
        });
        per_class.map(|row| self.features[row]).collect()
    }
}

/// Some rows of a subset as a matrix.
pub fn matrix(subset: &[[f64; N_FEATURES]], rows: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), N_FEATURES), |(at, column)| subset[rows[at]][column])
}
