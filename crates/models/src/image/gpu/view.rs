//! What a stack of networks sees of its members' batches.

use relabel_kernels as kernels;
use relabel_kernels::{Album, Client, ElemType, GRAIN, Glass, SEEN};

use super::forward::Map;
use crate::Images;
use crate::image::augment::Batch;
use crate::image::engine::Input;

/// Images as they are kept on the device.
pub(super) fn album(client: &Client, images: &Images, words: &[i32], shape: [usize; 2]) -> Album {
    let words = kernels::integers(client, words, &shape);
    Album { words, shape: [images.channels, images.height, images.width] }
}

/// The members' [`Input`]s on the device.
pub(super) fn glass<'a>(
    client: &Client,
    inputs: impl ExactSizeIterator<Item = &'a Input> + Clone,
    channels: usize,
) -> Glass {
    let depth = channels.next_multiple_of(GRAIN);
    let standard = inputs.clone().flat_map(|input| {
        let row = |of: fn(&[f32; 2]) -> f32| {
            input.standard.iter().map(of).chain(std::iter::repeat(0.0)).take(depth)
        };
        row(|standard| standard[0]).chain(row(|standard| 1.0 / standard[1])).collect::<Vec<_>>()
    });
    let standard: Vec<f32> = standard.collect();
    let side = inputs.clone().find_map(|input| input.side).map(|side| [side; 2]);
    Glass { standard: kernels::singles(client, &standard, &[inputs.len(), 2, depth]), side }
}

/// The rows of a batch of each member, all of one length, each image distorted its own
/// way. Targets are not looked at.
pub(super) fn view(
    client: &Client,
    album: &Album,
    glass: &Glass,
    batches: &[Batch],
    format: ElemType,
) -> Map {
    let mut seen =
        Vec::with_capacity(SEEN * batches.iter().map(|batch| batch.rows.len()).sum::<usize>());
    for batch in batches {
        let first = (seen.len() / SEEN) as u32;
        for (at, (&row, how)) in batch.rows.iter().zip(&batch.distortions).enumerate() {
            let partner = batch.mix.as_ref().map_or(0, |mix| first + mix.partners[at]);
            let hole = how.hole;
            let [down, right, top, left, side] =
                [how.down, how.right, hole.top, hole.left, hole.side].map(i32::from);
            let mirrored = i32::from(how.mirrored);
            seen.extend([row as i32, down, right, mirrored, top, left, side, partner as i32]);
        }
    }
    let seen = kernels::integers(client, &seen, &[seen.len() / SEEN, SEEN]);
    let shares: Option<Vec<f32>> =
        batches.iter().map(|batch| batch.mix.as_ref().map(|mix| mix.share)).collect();
    let shares = shares.map(|shares| kernels::singles(client, &shares, &[shares.len()]));
    let rows = kernels::pictures(client, album, &seen, shares.as_ref(), glass, format);
    let [_, height, width] = album.shape;
    Map { rows, side: glass.side.unwrap_or([height, width]) }
}
