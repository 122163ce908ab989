//! Weights from files: PyTorch's `.pth` and safetensors, with the names that
//! torchvision gives its residual networks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::store::burn_pack::Tensor;
use burn::store::{ModuleStore, PytorchStore, SafetensorsStore};
use burn::tensor::{DType, TensorData};

use super::architecture::Architecture;
use super::weights::{Mismatch, WeightTensor, Weights};

/// Why weights cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PretrainedError {
    /// The ending says neither PyTorch nor safetensors.
    #[error("{0} is no weights file: its name should end in .pth, .pt or .safetensors")]
    Ending(PathBuf),
    /// It cannot be read.
    #[error("the weights file {path} cannot be read: {why}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the reader said.
        why: String,
    },
    /// It holds another network.
    #[error("the weights file {path} does not fit the network: {mismatch}")]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// The first tensor that does not fit.
        mismatch: Mismatch,
    },
}

/// The tensors of `path` that `net` has. The head is left out if the file's has
/// another number of classes: it then starts at random.
///
/// # Errors
/// [`PretrainedError`] with the file and what is wrong with it.
pub fn pretrained(path: &Path, net: &Architecture) -> Result<Weights, PretrainedError> {
    let mut weights = read(path)?;
    let mut expected = net.clone();
    let head = weights.get("fc.weight").map(|head| head.shape.clone());
    let other_classes = match head.as_deref() {
        Some(&[n_classes, from]) if from == net.head.from => {
            (n_classes != net.n_classes).then_some(n_classes)
        }
        _ => None,
    };
    expected.n_classes = other_classes.unwrap_or(net.n_classes);
    let unfit = |mismatch| PretrainedError::Unfit { path: path.into(), mismatch };
    weights.check(&expected).map_err(unfit)?;
    let names: Vec<_> = net.tensors().into_iter().map(|spec| spec.name).collect();
    weights.0.retain(|name, _| {
        names.contains(name) && !(other_classes.is_some() && name.starts_with("fc."))
    });
    Ok(weights)
}

/// All floating-point tensors of a file.
fn read(path: &Path) -> Result<Weights, PretrainedError> {
    let unreadable = |why: String| PretrainedError::Unreadable { path: path.into(), why };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let tensors: BTreeMap<String, Tensor> = match ending.as_deref() {
        Some("pth" | "pt") => {
            let mut store = PytorchStore::from_file(path).map_indices_contiguous(false);
            store.get_all_tensors().map_err(|why| unreadable(why.to_string()))?.clone()
        }
        Some("safetensors") => {
            let mut store = SafetensorsStore::from_file(path).map_indices_contiguous(false);
            store.get_all_tensors().map_err(|why| unreadable(why.to_string()))?.clone()
        }
        _ => return Err(PretrainedError::Ending(path.into())),
    };
    let tensors = tensors.into_iter().filter(|(_, tensor)| tensor.dtype.is_float());
    let tensors = tensors.map(|(name, tensor)| {
        let values = values(tensor).map_err(|why| unreadable(format!("tensor '{name}': {why}")))?;
        Ok((name, values))
    });
    tensors.collect::<Result<_, _>>().map(Weights)
}

fn values(tensor: Tensor) -> Result<WeightTensor, String> {
    let (_, dtype, shape, _, bytes) = tensor.into_parts().map_err(|why| why.to_string())?;
    let shape = shape.as_slice().to_vec();
    let data = TensorData::from_bytes(bytes, shape.clone(), dtype);
    let data = data.try_cast(DType::F32).map_err(|why| why.to_string())?;
    let values = data.try_to_vec::<f32>().map_err(|why| why.to_string())?;
    Ok(WeightTensor { shape, values })
}
