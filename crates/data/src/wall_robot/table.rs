//! The table of the UCI data set "Wall-Following Robot Navigation" (Freire and
//! others, 2009): four distances in metres and what the robot did.

use std::fs;
use std::path::Path;

use ndarray::Array2;
use relabel_scoring::Class;
use sha2::{Digest, Sha256};

use super::recipe::TABLE_CLASS_SIZES;
use crate::DataError;
use crate::checksum::hex;

/// The name under which the file is fetched, and its folder.
const NAME: &str = "wall-robot";
const FILE: &str = "sensor_readings_4.data";
const N_FEATURES: usize = 4;
const FIELDS: &str = "5 fields, four distances and a class";

/// Of the values of the published file, row by row, in whatever way they are written.
const PUBLISHED_SHA256: &str = "e2374117868d9c0aa672043da2347da13ebc3a48be6ecd9618fc749bad33f431";

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
        let text = fs::read_to_string(&path).map_err(|e| DataError::opening(&path, NAME, e))?;
        let mut table = Self { features: Vec::new(), classes: Vec::new() };
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (features, class) = parse(line)
                .map_err(|(found, expected)| DataError::row(&path, at + 1, found, expected))?;
            table.features.push(features);
            table.classes.push(class);
        }
        table.check_sizes(&path)?;
        Ok(table)
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

    /// A remark for the log if the values are not those of the published table.
    pub fn remark(&self) -> Option<String> {
        let mut hasher = Sha256::new();
        for (features, class) in self.features.iter().zip(&self.classes) {
            features.iter().for_each(|value| hasher.update(value.to_le_bytes()));
            hasher.update(class.0.to_le_bytes());
        }
        (hex(&hasher.finalize()) != PUBLISHED_SHA256).then(|| {
            format!(
                "{FILE} holds other values than the published table: results cannot be compared \
                 with the published ones; `relabel data fetch {NAME}` gets it"
            )
        })
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

/// The distances and the class of a line, or (found, expected).
fn parse(line: &str) -> Result<([f64; N_FEATURES], Class), (String, String)> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [distances @ .., name] = fields.as_slice() else {
        return Err((format!("{line:?}"), FIELDS.into()));
    };
    if distances.len() != N_FEATURES {
        return Err((format!("{} fields", fields.len()), FIELDS.into()));
    }
    let mut features = [0.0; N_FEATURES];
    for (feature, text) in features.iter_mut().zip(distances) {
        *feature = text
            .parse()
            .ok()
            .filter(|distance: &f64| distance.is_finite())
            .ok_or_else(|| (format!("{text:?}"), "a distance in metres".into()))?;
    }
    let class = CLASS_NAMES
        .iter()
        .position(|known| known == name)
        .ok_or_else(|| (format!("class {name:?}"), CLASS_NAMES.join(", ")))?;
    Ok((features, Class(class as u16)))
}

/// Some rows of a subset as a matrix.
pub fn matrix(subset: &[[f64; N_FEATURES]], rows: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), N_FEATURES), |(at, column)| subset[rows[at]][column])
}
