//! Classifiers of relabel: extra-trees, MLP, k-NN and residual networks behind
//! one trait, and stratified cross-validation over them.

mod classifier;
mod cross_validation;
pub mod device;
mod extra_trees;
mod features;
mod folds;
pub mod image;
mod k_nearest;
mod mlp;
mod table;

pub use classifier::{Classifier, Fit, Fitted, ModelError, Unwatched, Watch};
pub use cross_validation::{ClassesRule, CrossValidated, CrossValidation, FoldWatch, Split};
pub use extra_trees::ExtraTrees;
pub use features::{FeatureStore, Features, Images};
pub use folds::stratified_folds;
pub use k_nearest::KNearest;
pub use mlp::Mlp;
