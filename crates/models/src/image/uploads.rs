//! Images that were put on a device and are still in use somewhere: packed four 8-bit
//! pixels to a 32-bit word, since not every device computes with bytes.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::Images;

/// All images of a data set on a device, as a `T`.
pub(super) struct Upload<T> {
    pixels: Weak<[u8]>,
    /// Channels, height and width.
    shape: [usize; 3],
    pub(super) on_device: T,
}

impl<T> Upload<T> {
    /// `put` is given the words `[images, words per image]` of the images.
    pub(super) fn new(images: &Images, put: impl FnOnce(&[i32], [usize; 2]) -> T) -> Self {
        let length = images.channels * images.height * images.width;
        let words: Vec<i32> = images
            .pixels
            .chunks_exact(length)
            .flat_map(|image| image.chunks(4).map(word))
            .collect();
        let shape = [images.pixels.len() / length, length.div_ceil(4)];
        Self {
            pixels: Arc::downgrade(&images.pixels),
            shape: shape_of(images),
            on_device: put(&words, shape),
        }
    }

    /// Whether these are the images.
    pub(super) fn holds(&self, images: &Images) -> bool {
        let same = std::ptr::addr_eq(self.pixels.as_ptr(), Arc::as_ptr(&images.pixels));
        same && self.shape == shape_of(images)
    }
}

fn shape_of(images: &Images) -> [usize; 3] {
    [images.channels, images.height, images.width]
}

/// The first pixel in the lowest byte.
fn word(pixels: &[u8]) -> i32 {
    let mut bytes = [0; 4];
    bytes[..pixels.len()].copy_from_slice(pixels);
    i32::from_le_bytes(bytes)
}

/// The uploads of a device.
pub(super) struct Uploads<T>(Mutex<Vec<Arc<Upload<T>>>>);

impl<T> Default for Uploads<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Uploads<T> {
    /// The images on the device: put there when they are first seen.
    pub(super) fn of(
        &self,
        images: &Images,
        put: impl FnOnce(&[i32], [usize; 2]) -> T,
    ) -> Arc<Upload<T>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|upload| upload.pixels.strong_count() > 0);
        if let Some(upload) = known.iter().find(|upload| upload.holds(images)) {
            return Arc::clone(upload);
        }
        let new = Arc::new(Upload::new(images, put));
        known.push(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_uploaded_once_for_as_long_as_someone_has_them() {
        let images = |first| {
            let pixels = [first, 2, 3, 4, 255].into();
            Images { pixels, channels: 1, height: 1, width: 5 }
        };
        let uploads = Uploads::default();
        let words = |words: &[i32], shape| (words.to_vec(), shape);
        let own = images(1);
        let upload = uploads.of(&own, words);
        assert_eq!(upload.on_device, (vec![0x0403_0201, 255], [1, 2]));
        assert!(Arc::ptr_eq(&upload, &uploads.of(&own.clone(), words)));
        let other = images(1);
        assert!(!Arc::ptr_eq(&upload, &uploads.of(&other, words)));
        drop(other);
        uploads.of(&own, words);
        assert_eq!(uploads.0.lock().expect("no panic").len(), 1);
    }
}
