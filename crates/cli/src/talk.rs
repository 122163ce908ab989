//! What is said on stderr, and how much of it.

/// How talkative the program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Talk {
    /// Errors only.
    Quiet,
    /// What a user wants to know.
    Normal,
    /// Details too.
    Verbose,
}

impl Talk {
    /// From `-q` and `-v`.
    pub fn new(quiet: bool, verbose: bool) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (_, true) => Self::Verbose,
            _ => Self::Normal,
        }
    }

    /// A line for everyone who did not ask for silence.
    pub fn say(self, line: impl AsRef<str>) {
        if self >= Self::Normal {
            eprintln!("{}", line.as_ref());
        }
    }

    /// A line for those who want details.
    pub fn detail(self, line: impl AsRef<str>) {
        if self >= Self::Verbose {
            eprintln!("{}", line.as_ref());
        }
    }
}
