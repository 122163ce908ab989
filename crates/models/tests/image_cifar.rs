//! The smallest network on real images, with half the default width and a
//! hundred steps.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use relabel_models::device::{DeviceChoice, open};
use relabel_models::image::{ImageClassifier, NetKind, NetSpec, Recipe};
use relabel_models::{Classifier, FeatureStore, Features, Images, Unwatched};
use relabel_scoring::{Class, Round, Seed, Stream};

/// Bytes of one image: its class, then 32 x 32 pixels in red, green and blue.
const RECORD: usize = 1 + 3 * 32 * 32;

#[test]
fn three_hundred_images_teach_well_above_chance() {
    let Some(folder) = std::env::var_os("RELABEL_DATA") else {
        std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("skipped: RELABEL_DATA is not set\n"),
        )
        .unwrap();
        return;
    };
    let file = Path::new(&folder).join("cifar-10-batches-bin/test_batch.bin");
    let bytes = std::fs::read(file).unwrap();
    let (mut pixels, mut classes) = (Vec::new(), Vec::new());
    for record in bytes.chunks_exact(RECORD).take(1300) {
        classes.push(Class(record[0].into()));
        pixels.extend_from_slice(&record[1..]);
    }
    let store =
        FeatureStore::Images(Images { pixels: pixels.into(), channels: 3, height: 32, width: 32 });
    let rows: Vec<u32> = (0..1300).collect();
    let (train, test) = rows.split_at(300);

    let model = ImageClassifier {
        spec: NetSpec { width: 8, ..NetSpec::small(NetKind::Resnet8) },
        recipe: Recipe { steps: 100, batch: 32, ..Recipe::default() },
        pretrained: None,
        side: None,
        engine: open(DeviceChoice::Cpu).unwrap().engine,
    };
    let stream = Stream::new(Seed(1), "test", Round(0), 0);
    let x = Features { store: &store, rows: train };
    let fitted = model.fit(x, &classes[..300], 10, stream, &Unwatched).unwrap();
    let probs = fitted.predict_proba(Features { store: &store, rows: test }).unwrap();
    let right = probs.rows().into_iter().zip(&classes[300..]);
    let n_right = right.filter(|(row, class)| row.iter().all(|&p| p <= row[class.at()])).count();
    // chance is 100, give or take 10
    assert!(n_right >= 200, "{n_right} of 1000 right");
}
