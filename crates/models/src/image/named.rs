//! Values that a configuration calls by a word.

/// A closed set of values with a word for each.
pub trait Named: Copy + PartialEq + 'static {
    /// Every value with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The value called `word`.
    fn named(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, own)| *own == word).map(|&(value, _)| value)
    }

    /// Its word.
    fn name(self) -> &'static str {
        Self::WORDS.iter().find(|(value, _)| *value == self).map_or("", |&(_, word)| word)
    }

    /// Every word.
    fn words() -> Vec<&'static str> {
        Self::WORDS.iter().map(|&(_, word)| word).collect()
    }
}
