//! The models that a configuration can name, and the device they run on. Only
//! image models need a device; tables are fitted on the CPU.

use std::sync::Arc;

use relabel_models::{
    Classifier, ExtraTrees, KNearest, Mlp, ModelError,
    device::{self, OpenDevice},
    image::{ImageClassifier, Precision, Weights},
};

use crate::{Config, config::ModelConfig, strategy::StrategyInfo};

/// Builds the classifiers of one run.
pub struct Zoo {
    model: ModelConfig,
    device: Option<OpenDevice>,
    pretrained: Option<Arc<Weights>>,
}

/// Columns of the head that a weights file may bring; another head starts at random.
#[cfg(feature = "resnet")]
const N_CLASSES: usize = 10;

impl Zoo {
    /// Opens the device named `device` (the words of `--device`) if a model of the run needs one.
    ///
    /// # Errors
    /// If there is no such device here, it was not compiled in, or it cannot do
    /// what the configuration asks.
    pub fn open(config: &Config, device: &str) -> Result<Self, ModelError> {
        let model = config.model.clone();
        let choice = device.parse().map_err(ModelError::Unsupported)?;
        let device = match model.net(&model.kind) {
            Some(_) => Some(device::open(choice)?),
            None => None,
        };
        let half = model.recipe().precision == Precision::F16;
        if let Some(OpenDevice { kind: "cpu", description, .. }) = device.as_ref().filter(|_| half)
        {
            return Err(ModelError::Unsupported(format!(
                "model.precision = f16 needs a GPU, the device is {description}; use f32"
            )));
        }
        let pretrained = match &model.pretrained {
            Some(file) => Some(Arc::new(read_weights(&model, file)?)),
            None => None,
        };
        Ok(Self { model, device, pretrained })
    }

    /// "cpu" or "gpu".
    pub fn device_kind(&self) -> &'static str {
        self.device.as_ref().map_or("cpu", |device| device.kind)
    }

    /// What the models run on, in words.
    pub fn device_description(&self) -> String {
        let tables = "cpu (models of tables need no other)";
        self.device.as_ref().map_or(tables.into(), |device| device.description.clone())
    }

    /// Why this device, when `auto` chose it.
    pub fn device_note(&self) -> Option<&str> {
        self.device.as_ref()?.note.as_deref()
    }

    /// The kinds of the models of one strategy: the ensemble, or the one model.
    pub fn kinds(&self, info: &StrategyInfo) -> &[String] {
        match info.ensemble {
            true => &self.model.ensemble,
            false => std::slice::from_ref(&self.model.kind),
        }
    }

    /// The model of this kind.
    pub fn classifier(&self, kind: &str) -> Box<dyn Classifier> {
        match kind {
            "extra-trees" => Box::new(ExtraTrees { trees: self.model.trees.unwrap_or(100) }),
            "mlp" => {
                let published = Mlp::default();
                let max_epochs = self.model.epochs.unwrap_or(published.max_epochs);
                Box::new(Mlp { max_epochs, ..published })
            }
            "knn" => Box::new(KNearest { neighbors: 5 }),
            _ => Box::new(self.image_classifier(kind)),
        }
    }

    fn image_classifier(&self, kind: &str) -> ImageClassifier {
        let device = self.device.as_ref().expect("image models should have opened a device");
        ImageClassifier {
            spec: self.model.net(kind).expect("the model kind should be validated"),
            recipe: self.model.recipe(),
            pretrained: self.pretrained.clone(),
            side: self.model.side,
            engine: Arc::clone(&device.engine),
        }
    }
}

#[cfg(feature = "resnet")]
fn read_weights(model: &ModelConfig, file: &str) -> Result<Weights, ModelError> {
    use relabel_models::image::{Architecture, pretrained};

    let spec = model.net(&model.kind).expect("weights files should go with image models only");
    let net = Architecture::new(&spec, 3, N_CLASSES);
    let weights = pretrained(std::path::Path::new(file), &net);
    weights.map_err(|why| ModelError::Unsupported(format!("model.pretrained: {why}")))
}

#[cfg(not(feature = "resnet"))]
fn read_weights(_: &ModelConfig, file: &str) -> Result<Weights, ModelError> {
    Err(ModelError::Unsupported(format!(
        "model.pretrained = {file} needs a program built with the cargo feature `resnet`"
    )))
}
