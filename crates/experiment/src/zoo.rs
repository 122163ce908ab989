//! The models that a configuration can name, and the device they run on. Only
//! image models need a device; tables are fitted on the CPU.

use relabel_models::{Classifier, ExtraTrees, KNearest, Mlp, ModelError};
#[cfg(feature = "resnet")]
use relabel_models::{
    ResnetClassifier, ResnetConfig,
    device::{self, OpenDevice},
};

use crate::{Config, config::ModelConfig, strategy::StrategyInfo};

/// Builds the classifiers of one run.
pub struct Zoo {
    model: ModelConfig,
    #[cfg(feature = "resnet")]
    device: Option<OpenDevice>,
}

impl Zoo {
    /// Opens the device named `device` (the words of `--device`) if a model of the run needs one.
    ///
    /// # Errors
    /// If there is no such device here or it was not compiled in.
    pub fn open(config: &Config, device: &str) -> Result<Self, ModelError> {
        let model = config.model.clone();
        let on_device =
            std::iter::once(&model.kind).chain(&model.ensemble).any(|kind| is_image_model(kind));
        #[cfg(feature = "resnet")]
        {
            let choice = device.parse().map_err(ModelError::Device)?;
            let device = if on_device { Some(device::open(choice)?) } else { None };
            Ok(Self { model, device })
        }
        #[cfg(not(feature = "resnet"))]
        {
            if on_device {
                let text = format!(
                    "{} on {device} needs a program built with the cargo feature 'resnet'",
                    model.kind
                );
                return Err(ModelError::Device(text));
            }
            Ok(Self { model })
        }
    }

    /// "cpu" or "gpu".
    pub fn device_kind(&self) -> &'static str {
        #[cfg(feature = "resnet")]
        if let Some(device) = &self.device {
            return device.kind;
        }
        "cpu"
    }

    /// What the models run on, in words.
    pub fn device_description(&self) -> String {
        #[cfg(feature = "resnet")]
        if let Some(device) = &self.device {
            return device.description.clone();
        }
        "cpu (models of tables need no other)".into()
    }

    /// Why this device, when `auto` chose it.
    pub fn device_note(&self) -> Option<&str> {
        #[cfg(feature = "resnet")]
        if let Some(device) = &self.device {
            return device.note.as_deref();
        }
        None
    }

    /// The models of one strategy: the ensemble, or the one model.
    pub fn classifiers(&self, info: &StrategyInfo) -> Vec<Box<dyn Classifier>> {
        if info.ensemble {
            self.model.ensemble.iter().map(|kind| self.classifier(kind)).collect()
        } else {
            vec![self.classifier(&self.model.kind)]
        }
    }

    fn classifier(&self, kind: &str) -> Box<dyn Classifier> {
        match kind {
            "extra-trees" => Box::new(ExtraTrees { trees: self.model.trees.unwrap_or(100) }),
            "mlp" => {
                let published = Mlp::default();
                let max_epochs = self.model.epochs.unwrap_or(published.max_epochs);
                Box::new(Mlp { max_epochs, ..published })
            }
            "knn" => Box::new(KNearest { neighbors: 5 }),
            _ => self.image_classifier(kind),
        }
    }

    #[cfg(feature = "resnet")]
    fn image_classifier(&self, kind: &str) -> Box<dyn Classifier> {
        let mut config = ResnetConfig::named(kind).expect("the model kind should be validated");
        let model = &self.model;
        config.epochs = model.epochs.unwrap_or(config.epochs);
        config.batch = model.batch.unwrap_or(config.batch);
        config.width = model.width.unwrap_or(config.width);
        config.learning_rate = model.learning_rate.unwrap_or(config.learning_rate);
        config.weight_decay = model.weight_decay.unwrap_or(config.weight_decay);
        let device =
            &self.device.as_ref().expect("image models should have opened a device").device;
        Box::new(ResnetClassifier { config, device: device.clone() })
    }

    #[cfg(not(feature = "resnet"))]
    fn image_classifier(&self, kind: &str) -> Box<dyn Classifier> {
        unreachable!("{kind} should have been refused when the zoo was opened")
    }
}

fn is_image_model(kind: &str) -> bool {
    kind.starts_with("resnet")
}
