//! Different names, numbered in the order in which they are first seen. Short
//! names, which ids mostly are, are compared as one machine word.

use std::collections::HashMap;
use std::str::Utf8Error;

use foldhash::fast::FixedState;

use crate::Names;

/// Fills an empty place of the table: no name has this word.
const FREE: (u64, u32) = (u64::MAX, 0);

/// Names and their numbers.
pub(super) struct Numbering {
    names: Names,
    /// Open addressing by the word of a short name.
    short: Vec<(u64, u32)>,
    n_short: usize,
    long: HashMap<Box<str>, u32, FixedState>,
    /// The name that was asked for last: files mostly keep an example's labels together.
    last: (u64, u32),
}

impl Default for Numbering {
    fn default() -> Self {
        let (names, long) = (Names::default(), HashMap::default());
        Self { names, short: vec![FREE; 64], n_short: 0, long, last: FREE }
    }
}

impl Numbering {
    /// The number of a name, which must be text.
    pub(super) fn number(&mut self, name: &[u8]) -> Result<u32, Utf8Error> {
        let Some(word) = word(name) else {
            return Ok(self.number_of_long(std::str::from_utf8(name)?));
        };
        if word == self.last.0 {
            return Ok(self.last.1);
        }
        let place = self.place(word);
        if self.short[place] == FREE {
            self.names.push(std::str::from_utf8(name)?);
            self.short[place] = (word, self.names.len() as u32 - 1);
            self.last = self.short[place];
            self.n_short += 1;
            if 2 * self.n_short > self.short.len() {
                self.grow();
            }
        } else {
            self.last = self.short[place];
        }
        Ok(self.last.1)
    }

    /// [`Numbering::number`] of what is text already.
    pub(super) fn number_of_text(&mut self, name: &str) -> u32 {
        self.number(name.as_bytes()).expect("a text should be text")
    }

    /// All names by number.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    fn number_of_long(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.long.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.long.insert(name.into(), number);
        self.names.push(name);
        number
    }

    /// Where `word` stands or could stand.
    fn place(&self, word: u64) -> usize {
        let mask = self.short.len() - 1;
        let mixed = (word ^ word >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut place = (mixed >> 32) as usize & mask;
        while self.short[place] != FREE && self.short[place].0 != word {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        let larger = vec![FREE; 4 * self.short.len()];
        for entry in std::mem::replace(&mut self.short, larger) {
            if entry != FREE {
                let place = self.place(entry.0);
                self.short[place] = entry;
            }
        }
    }
}

/// The bytes of a name of at most seven, and their number.
fn word(name: &[u8]) -> Option<u64> {
    let start = name.len() as u64;
    (start < 8).then(|| name.iter().fold(start, |word, &byte| word << 8 | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_keeps_the_number_it_got_first() {
        let name = |i: u32| match i % 4 {
            0 => format!("{i}"),
            1 => format!("\0{}", i / 4 % 200),
            2 => format!("annotator-{}", i / 8),
            _ => "\0".repeat((i / 4 % 9) as usize),
        };
        let mut numbering = Numbering::default();
        let mut known: HashMap<String, u32> = HashMap::new();
        for i in 0..5_000 {
            let next = known.len() as u32;
            let expected = *known.entry(name(i)).or_insert(next);
            assert_eq!(numbering.number_of_text(&name(i)), expected);
            assert_eq!(&numbering.names()[expected as usize], name(i));
        }
        assert!(numbering.number(b"\xff").is_err());
        assert_eq!(numbering.names().len(), known.len());
    }
}
