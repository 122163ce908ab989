//! CIFAR-10 test images as files, in the folders that the tool cifar2png makes:
//! `<root>/<class>/<name>.png` (or .jpg), one folder per class. Which test image
//! a file is follows from its name:
//! - `test_batch_index_0042.png` (anything that ends in `index_N`): index N, from 0;
//! - `0042.png`: the 42nd image of its class, from 1, in the order of the test
//!   batch; the true classes of all test images turn that into an index.

use std::fs;
use std::path::{Path, PathBuf};

use image::DynamicImage;
use relabel_scoring::Class;

use crate::{DataError, Pixels};

/// A folder of image files that has been listed but not decoded.
#[derive(Debug)]
pub struct ImageFolder {
    root: PathBuf,
    class_names: Vec<String>,
    files: Vec<ImageFile>,
}

#[derive(Debug)]
struct ImageFile {
    path: PathBuf,
    class: Class,
    place: Place,
}

/// What the number in a file name counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The index in the test batch, from 0.
    Index(usize),
    /// The position among the images of the class, from 1.
    InClass(usize),
}

impl ImageFolder {
    /// Lists the files of every class folder.
    ///
    /// # Errors
    /// If a class folder is missing or a file name has no number.
    pub fn open(root: &Path, class_names: &[String]) -> Result<Self, DataError> {
        let mut files = Vec::new();
        for (class, name) in (0..).map(Class).zip(class_names) {
            let folder = root.join(name);
            let entries = fs::read_dir(&folder).map_err(|error| {
                let expected = "a folder of images for every class, as cifar2png makes them";
                DataError::file(&folder, error.to_string(), expected)
            })?;
            for entry in entries {
                let path = entry.map_err(|error| DataError::io(&folder, error))?.path();
                if is_image(&path) {
                    let place = place(&path)?;
                    files.push(ImageFile { path, class, place });
                }
            }
        }
        Ok(Self { root: root.into(), class_names: class_names.into(), files })
    }

    /// The folder that holds the class folders.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of every test image, in the order of `truth`, the true classes.
    ///
    /// # Errors
    /// If a file belongs to no test image, or to one that another file has
    /// taken, or lies in the folder of another class; or if a file is missing.
    pub fn by_index(&self, truth: &[Class]) -> Result<Vec<&Path>, DataError> {
        let in_class = indices_by_class(truth, self.class_names.len());
        let mut paths: Vec<Option<&Path>> = vec![None; truth.len()];
        for file in &self.files {
            let index = self.index_of(file, truth, &in_class)?;
            if let Some(other) = paths[index].replace(&file.path) {
                let found = format!("test image {index}, which is also {}", other.display());
                return Err(DataError::file(&file.path, found, "one file per test image"));
            }
        }
        if let Some(index) = paths.iter().position(Option::is_none) {
            let found = format!("{} image files, none for test image {index}", self.files.len());
            let name = &self.class_names[truth[index].at()];
            let expected = format!("{} files, this one in the folder {name}", truth.len());
            return Err(DataError::file(&self.root, found, expected));
        }
        Ok(paths.into_iter().flatten().collect())
    }

    fn index_of(
        &self,
        file: &ImageFile,
        truth: &[Class],
        in_class: &[Vec<usize>],
    ) -> Result<usize, DataError> {
        let wrong = |expected| DataError::file(&file.path, "a number out of range", expected);
        match file.place {
            Place::InClass(position) => {
                let indices = &in_class[file.class.at()];
                let expected = || wrong(format!("1 to {} in this folder", indices.len()));
                position.checked_sub(1).and_then(|i| indices.get(i)).copied().ok_or_else(expected)
            }
            Place::Index(index) => {
                let &class = truth
                    .get(index)
                    .ok_or_else(|| wrong(format!("an index below {}", truth.len())))?;
                if class == file.class {
                    return Ok(index);
                }
                let found = format!("test image {index} in this folder");
                let expected = format!("it in the folder {}", self.class_names[class.at()]);
                Err(DataError::file(&file.path, found, expected))
            }
        }
    }

    /// Decodes the images with the given indices.
    ///
    /// # Errors
    /// As [`ImageFolder::by_index`], or if a file cannot be decoded or has another size.
    pub fn pixels(&self, indices: &[usize], truth: &[Class]) -> Result<Pixels, DataError> {
        let paths = self.by_index(truth)?;
        let mut pixels = Pixels { values: Vec::new(), height: 0, width: 0 };
        for &index in indices {
            append(&mut pixels, paths[index])?;
        }
        Ok(pixels)
    }
}

fn indices_by_class(truth: &[Class], n_classes: usize) -> Vec<Vec<usize>> {
    let mut indices = vec![Vec::new(); n_classes];
    for (index, class) in truth.iter().enumerate() {
        indices[class.at()].push(index);
    }
    indices
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    ["png", "jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn place(path: &Path) -> Result<Place, DataError> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    let place = match stem.rsplit_once("index_") {
        Some((_, number)) => number.parse().map(Place::Index),
        None => stem.parse().map(Place::InClass),
    };
    place.map_err(|_| {
        DataError::file(
            path,
            "no number in the file's name",
            "a name such as 0042.png or test_batch_index_0042.png",
        )
    })
}

/// Decodes one file; the first one sets the size of all.
fn append(pixels: &mut Pixels, path: &Path) -> Result<(), DataError> {
    let image = image::open(path)
        .map(DynamicImage::into_rgb8)
        .map_err(|error| DataError::file(path, error.to_string(), "a PNG or JPEG image"))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    if pixels.values.is_empty() {
        (pixels.width, pixels.height) = (width, height);
    }
    if (width, height) != (pixels.width, pixels.height) {
        let expected = format!("{} x {} pixels as before", pixels.width, pixels.height);
        return Err(DataError::file(path, format!("{width} x {height} pixels"), expected));
    }
    for channel in 0..3 {
        pixels.values.extend(image.as_raw().iter().skip(channel).step_by(3));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn classes() -> Vec<String> {
        vec!["cat".into(), "dog".into()]
    }

    /// A 2x1 image with red = `value`, green = `value` + 1, blue = `value` + 2; right pixel 100 more.
    fn write(root: &Path, name: &str, value: u8) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let pixel = |x: u32| [0, 1, 2].map(|channel| value + channel + 100 * x as u8);
        let image = image::RgbImage::from_fn(2, 1, |x, _| image::Rgb(pixel(x)));
        image.save(path).unwrap();
    }

    const TRUTH: [Class; 3] = [Class(1), Class(0), Class(1)];

    #[test]
    fn plain_numbers_count_within_the_class_and_index_names_count_overall() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "cat/0001.png", 10);
        write(folder.path(), "dog/0001.png", 20);
        write(folder.path(), "dog/test_batch_index_0002.png", 30);
        let images = ImageFolder::open(folder.path(), &classes()).unwrap();
        let pixels = images.pixels(&[0, 1, 2], &TRUTH).unwrap();
        assert_eq!((pixels.height, pixels.width), (1, 2));
        let reds: Vec<u8> = pixels.values.iter().step_by(6).copied().collect();
        assert_eq!(reds, [20, 10, 30]);
        assert_eq!(pixels.values[..6], [20, 120, 21, 121, 22, 122]);
    }

    fn message(files: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("cat")).unwrap();
        fs::create_dir(folder.path().join("dog")).unwrap();
        files.iter().for_each(|name| write(folder.path(), name, 0));
        let found = ImageFolder::open(folder.path(), &classes())
            .and_then(|images| images.by_index(&TRUTH).map(drop));
        found.unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_folder_names_the_file_and_what_was_expected() {
        let cases = [
            (vec!["cat/first.png"], "cat/first.png: found no number in the file's name"),
            (vec!["cat/0002.png"], "expected 1 to 1 in this folder"),
            (vec!["cat/0000.png"], "expected 1 to 1 in this folder"),
            (vec!["cat/x_index_7.png"], "expected an index below 3"),
            (
                vec!["cat/x_index_0.png"],
                "test image 0 in this folder, expected it in the folder dog",
            ),
            (vec!["cat/1.png", "cat/0001.png"], "expected one file per test image"),
            (vec!["cat/0001.png", "dog/0001.png"], "found 2 image files, none for test image 2"),
        ];
        for (files, expected) in cases {
            let message = message(&files);
            assert!(message.contains(expected), "{files:?}: {message}");
        }
    }

    #[test]
    fn a_missing_class_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "cat/0001.png", 10);
        let message = ImageFolder::open(folder.path(), &classes()).unwrap_err().to_string();
        assert!(
            message.contains("dog: found") && message.contains("expected a folder"),
            "{message}"
        );
    }

    #[test]
    fn a_file_that_is_no_image_or_has_another_size_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "cat/0001.png", 10);
        write(folder.path(), "dog/0001.png", 20);
        let last = folder.path().join("dog/0002.png");
        image::RgbImage::new(3, 1).save(&last).unwrap();
        let images = ImageFolder::open(folder.path(), &classes()).unwrap();
        let message = images.pixels(&[0, 1, 2], &TRUTH).unwrap_err().to_string();
        assert!(message.contains("found 3 x 1 pixels, expected 2 x 1"), "{message}");
        fs::write(&last, "no image").unwrap();
        let message = images.pixels(&[0, 1, 2], &TRUTH).unwrap_err().to_string();
        assert!(message.contains("dog/0002.png") && message.contains("PNG or JPEG"), "{message}");
        images.pixels(&[0, 1], &TRUTH).unwrap();
    }
}
