//! What a network is shown against plain loops on the host, see `device`.

mod plain;

use plain::{Noise, client, close, download, formats, reach, upload};
use relabel_kernels::{Album, Array, Client, Glass, SEEN, SINGLE, integers, pictures};

/// How an image of a batch is seen.
#[derive(Clone, Copy, Default)]
struct Seen {
    place: usize,
    down: i32,
    right: i32,
    mirrored: bool,
    /// Top, left and side.
    hole: [i32; 3],
    partner: usize,
}

impl Seen {
    fn numbers(&self) -> [i32; SEEN] {
        let [top, left, side] = self.hole;
        let [place, partner] = [self.place, self.partner].map(|n| n as i32);
        [place, self.down, self.right, self.mirrored.into(), top, left, side, partner]
    }
}

/// Where a place is found on an axis of `n` with mirrors at its ends.
fn reflected(at: i32, n: usize) -> usize {
    let last = n as i32 - 1;
    (last - (last - at.abs()).abs()) as usize
}

struct Case {
    shape: [usize; 3],
    depth: usize,
    pixels: Vec<u8>,
    standard: Vec<f32>,
    batch: Vec<Seen>,
}

const IMAGES: usize = 5;
const MEMBERS: usize = 2;

impl Case {
    fn new(shape: [usize; 3], depth: usize, batch: Vec<Seen>) -> Self {
        let mut noise = Noise(1);
        let n = IMAGES * shape.iter().product::<usize>();
        let pixels = noise.take(n).iter().map(|x| ((x + 1.0) * 128.0) as u8).collect();
        let standard = (0..MEMBERS).flat_map(|_| {
            let mean = noise.take(depth).into_iter().map(|x| 128.0 + x * 32.0);
            mean.chain(noise.take(depth).into_iter().map(|x| x / 64.0)).collect::<Vec<f32>>()
        });
        let standard = standard.collect();
        Self { shape, depth, pixels, standard, batch }
    }

    fn album(&self, client: &Client) -> Album {
        let image = self.shape.iter().product();
        let words = self.pixels.chunks(image).flat_map(|image| {
            image.chunks(4).map(|four| {
                let mut bytes = [0; 4];
                bytes[..four.len()].copy_from_slice(four);
                i32::from_le_bytes(bytes)
            })
        });
        let words: Vec<i32> = words.collect();
        let words = integers(client, &words, &[IMAGES, image.div_ceil(4)]);
        Album { words, shape: self.shape }
    }

    fn seen(&self, client: &Client) -> Array {
        let numbers: Vec<i32> = self.batch.iter().flat_map(Seen::numbers).collect();
        integers(client, &numbers, &[self.batch.len(), SEEN])
    }

    fn glass(&self, client: &Client, side: Option<[usize; 2]>) -> Glass {
        let shape = [MEMBERS, 2, self.depth];
        Glass { standard: upload(client, &self.standard, &shape, SINGLE), side }
    }

    /// A channel of a place of a distorted image.
    fn place(&self, image: usize, row: usize, column: usize, channel: usize) -> f64 {
        let [channels, height, width] = self.shape;
        let seen = self.batch[image];
        let [top, left, side] = seen.hole;
        let (r, c) = (row as i32, column as i32);
        let hole = (top..top + side).contains(&r) && (left..left + side).contains(&c);
        if hole || channel >= channels {
            return 0.0;
        }
        let c = if seen.mirrored { width as i32 - 1 - c } else { c };
        let row = reflected(r + seen.down, height);
        let column = reflected(c + seen.right, width);
        let pixel = ((seen.place * channels + channel) * height + row) * width + column;
        let standard = image / (self.batch.len() / MEMBERS) * 2 * self.depth + channel;
        let [mean, scale] = [0, self.depth].map(|on| f64::from(self.standard[standard + on]));
        (f64::from(self.pixels[pixel]) - mean) * scale
    }

    /// A channel of a place of what is seen: every place counts by how near it is.
    fn look(&self, image: usize, [row, column, channel]: [usize; 3], side: [usize; 2]) -> f64 {
        let near = |at: usize, from: usize, to: usize| {
            let centre = (at as f64 + 0.5) * from as f64 / to as f64 - 0.5;
            let centre = centre.clamp(0.0, from as f64 - 1.0);
            (0..from).map(move |place| (place, (1.0 - (centre - place as f64).abs()).max(0.0)))
        };
        let [_, height, width] = self.shape;
        let mut sum = 0.0;
        for (row, above) in near(row, height, side[0]).filter(|near| near.1 > 0.0) {
            for (column, beside) in near(column, width, side[1]).filter(|near| near.1 > 0.0) {
                sum += above * beside * self.place(image, row, column, channel);
            }
        }
        sum
    }

    fn expected(&self, side: [usize; 2], shares: Option<&[f32]>) -> Vec<f64> {
        let of_image = side[0] * side[1] * self.depth;
        let value = |at: usize| {
            let (image, position) = (at / of_image, at / self.depth);
            let place = [position / side[1] % side[0], position % side[1], at % self.depth];
            let own = self.look(image, place, side);
            shares.map_or(own, |shares| {
                let share = f64::from(shares[image / (self.batch.len() / MEMBERS)]);
                let other = self.look(self.batch[image].partner, place, side);
                own * share + other * (1.0 - share)
            })
        };
        (0..self.batch.len() * of_image).map(value).collect()
    }

    fn check(&self, side: Option<[usize; 2]>, shares: Option<[f32; MEMBERS]>, what: &str) {
        let client = client();
        let [_, height, width] = self.shape;
        let shares = shares.as_ref().map(<[f32; MEMBERS]>::as_slice);
        let expected = self.expected(side.unwrap_or([height, width]), shares);
        let (album, seen) = (self.album(&client), self.seen(&client));
        let glass = self.glass(&client, side);
        let shares = shares.map(|shares| upload(&client, shares, &[MEMBERS], SINGLE));
        for elem in formats(&client) {
            let found = pictures(&client, &album, &seen, shares.as_ref(), &glass, elem);
            let what = format!("{elem:?} {what} {:?} {side:?}", self.shape);
            close(&download(&client, &found), &expected, reach(elem), &what);
        }
    }
}

/// Images of 3 channels and of more than a vector, whose pixels do not fill their words.
const SHAPES: [([usize; 3], usize); 3] = [([3, 5, 7], 8), ([9, 4, 6], 16), ([1, 9, 9], 136)];

fn plainly() -> Vec<Seen> {
    [4, 0, 0, 3, 1, 2].map(|place| Seen { place, ..Seen::default() }).to_vec()
}

/// Every distortion alone, and all together.
fn distorted() -> Vec<Seen> {
    let all = Seen { place: 3, down: 2, right: -3, mirrored: true, hole: [-1, 2, 3], partner: 4 };
    vec![
        Seen { place: 1, down: -3, right: 3, partner: 2, ..Seen::default() },
        Seen { place: 2, mirrored: true, partner: 0, ..Seen::default() },
        Seen { place: 0, hole: [1, 1, 2], partner: 1, ..Seen::default() },
        all,
        Seen { place: 4, down: 1, mirrored: true, partner: 4, ..Seen::default() },
        Seen { place: 4, hole: [3, 4, 9], right: 1, partner: 3, ..Seen::default() },
    ]
}

#[test]
fn pixels_are_standardised_and_further_channels_are_zero() {
    for (shape, depth) in SHAPES {
        Case::new(shape, depth, plainly()).check(None, None, "plain");
    }
}

#[test]
fn pictures_are_shifted_mirrored_and_wiped_out_as_plain_loops_do() {
    for (shape, depth) in SHAPES {
        Case::new(shape, depth, distorted()).check(None, None, "distorted");
    }
}

#[test]
fn pictures_are_mixed_by_the_shares_of_their_members() {
    for (shape, depth) in SHAPES {
        let case = Case::new(shape, depth, distorted());
        case.check(None, Some([0.3, 0.75]), "mixed");
        case.check(Some([8, 8]), Some([0.3, 1.0]), "mixed");
    }
}

#[test]
fn pictures_are_resized_between_the_places_of_the_distorted_image() {
    for (shape, depth) in SHAPES {
        for side in [[8, 8], [3, 3], [7, 5], [1, 20]] {
            Case::new(shape, depth, distorted()).check(Some(side), None, "resized");
        }
        // the side that they have
        Case::new(shape, depth, distorted()).check(Some([shape[1], shape[2]]), None, "kept");
    }
}
