//! Classifiers of relabel: extra-trees, MLP, k-NN and residual networks behind
//! one trait, and stratified cross-validation over them.

mod classifier;
mod features;

pub use classifier::{Classifier, Fitted, ModelError, Unwatched, Watch};
pub use features::{FeatureStore, Features, Images};
