//! Files that are almost right: a valid one with a few random damages. Every reader has
//! to answer them with a result or an error, in bounded time and memory.

use std::time::{Duration, Instant};

use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Words that readers stumble over.
const WORDS: &[&str] = &[
    "-1",
    "0",
    "1e300",
    "-0",
    "NaN",
    "inf",
    "65536",
    "99999999999999999999",
    "4294967296",
    "2.5",
    "\"",
    "\"\"",
    ",",
    ",,,,",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "é",
    "[",
    "]",
    "{",
    "}",
    "null",
    "[[[[[[[[",
    "{\"a\":",
    "\\u0000",
    "\\",
    "'",
    "=",
    "..",
    "0..999999999",
    "true",
    " ",
    "\t",
];

/// One damage; places are taken modulo the length of the file.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Set(Index, u8),
    Cut(Index),
    Delete(Index, usize),
    Repeat(Index, usize, usize),
    Word(Index, usize),
    Insert(Index, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    use Damage::{Cut, Delete, Flip, Insert, Repeat, Set, Word};
    let at = any::<Index>;
    prop_oneof![
        (at(), 0..8_u8).prop_map(|(at, bit)| Flip(at, bit)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Set(at, byte)),
        at().prop_map(Cut),
        (at(), 1..40_usize).prop_map(|(at, n)| Delete(at, n)),
        (at(), 1..60_usize, 1..200_usize).prop_map(|(at, n, times)| Repeat(at, n, times)),
        (at(), 0..WORDS.len()).prop_map(|(at, word)| Word(at, word)),
        (at(), vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Insert(at, bytes)),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let n = bytes.len();
        match self {
            Self::Flip(at, bit) => bytes[at.index(n)] ^= 1 << bit,
            Self::Set(at, byte) => bytes[at.index(n)] = *byte,
            Self::Cut(at) => bytes.truncate(at.index(n)),
            Self::Delete(at, length) => {
                let at = at.index(n);
                bytes.drain(at..(at + length).min(n));
            }
            Self::Repeat(at, length, times) => {
                let at = at.index(n);
                let part = bytes[at..(at + length).min(n)].repeat(*times);
                bytes.splice(at..at, part);
            }
            Self::Word(at, word) => {
                let at = at.index(n);
                bytes.splice(at..at, WORDS[*word].bytes());
            }
            Self::Insert(at, inserted) => {
                let at = at.index(n);
                bytes.splice(at..at, inserted.iter().copied());
            }
        }
    }
}

/// One of these files with up to eight damages.
fn damaged(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (any::<Index>(), vec(damage(), 1..8)).prop_map(move |(which, damages)| {
        let mut bytes = corpus[which.index(corpus.len())].clone();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        bytes
    })
}

/// Gives damaged files to `reader` for `RELABEL_FUZZ_SECONDS`, or for a part of one second,
/// and says how many. A panic is shrunk to the smallest file that causes it.
pub fn fuzz(name: &str, corpus: Vec<Vec<u8>>, reader: impl Fn(&[u8])) {
    let seconds = std::env::var("RELABEL_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let time = Duration::from_secs_f64(seconds.unwrap_or(0.3));
    let strategy = damaged(corpus);
    let (start, mut batches) = (Instant::now(), 0_u64);
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    while start.elapsed() < time {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&batches.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(config.clone(), rng);
        let result = runner.run(&strategy, |bytes| {
            reader(&bytes);
            Ok(())
        });
        if let Err(failure) = result {
            panic!("{name}, batch {batches}: {failure}");
        }
        batches += 1;
    }
    let files = batches * u64::from(config.cases);
    let memory = peak_mebibytes();
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{name}: {files} damaged files, peak memory {memory} MiB\n"),
    )
    .unwrap();
    assert!(memory < 256, "{name} took {memory} MiB");
}

/// Where Linux tells it, else 0.
fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) / 1024
}
