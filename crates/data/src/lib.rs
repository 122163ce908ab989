//! Data sets, label files and their checks: every reader turns files into a
//! [`Dataset`] or says in one sentence what is wrong with them.

mod archive;
mod atomic;
mod blobs;
mod checksum;
mod cifar10;
mod cifar10h;
mod cifar10h_start;
mod completion;
mod crowd;
mod csv_file;
mod dataset;
mod demo;
mod download;
mod error;
mod fetch;
mod image_folder;
mod label_file;
mod listed;
mod names;
mod noise;
pub mod npy;
pub mod numpy_random;
mod sources;
mod summary;
mod wall_robot;
mod worst_annotators;

pub use atomic::{
    make_folder, sweep, write_atomic, write_atomic_with, write_derived, write_derived_with,
};
pub use blobs::blobs;
pub use checksum::{hex, seal, seal_is_whole, sha256};
pub use cifar10::{CIFAR10_CLASSES, Cifar10Test, N_TEST_IMAGES, Pixels};
pub use cifar10h::AnnotatorTable;
pub use cifar10h_start::cifar10h;
pub use dataset::{DataFeatures, Dataset};
pub use demo::demo;
pub use download::{Patience, Progress};
pub use error::DataError;
pub use fetch::{FetchOptions, Fetched};
pub use image_folder::ImageFolder;
pub use label_file::{LabelFile, read_label_file, read_label_file_with};
pub use listed::listed;
pub use names::Names;
pub use sources::{FileState, SourceFile, Sources};
pub use summary::Start;
pub use wall_robot::{CrowdKind, WallRobotRecipe, WallRobotVariant, wall_robot};
