//! What is said on stderr, and how much of it.

/// A line on stderr. That nobody reads it any more, a pipe that was closed, a terminal that is
/// gone, a full disk, is no reason to stop the work.
macro_rules! tell {
    ($($line:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), $($line)*);
    }};
}
pub(crate) use tell;

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
            tell!("{}", line.as_ref());
        }
    }

    /// A line for those who want details.
    pub fn detail(self, line: impl AsRef<str>) {
        if self >= Self::Verbose {
            tell!("{}", line.as_ref());
        }
    }
}
