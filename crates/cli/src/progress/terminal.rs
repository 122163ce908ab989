//! The terminal under the bars, four columns narrower than it is, and with the cursor
//! behind the last word: a terminal that echoes ^C (once or twice) then does not wrap
//! it into a line of its own, one that the bars would not know of when they remove
//! themselves. indicatif fills every line with blanks up to the edge instead.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

const ROOM_FOR_ECHO: u16 = 4;

/// stderr as a place for bars.
pub fn target() -> ProgressDrawTarget {
    let terminal = Narrow { term: Term::buffered_stderr(), writes: AtomicUsize::new(0) };
    ProgressDrawTarget::term_like_with_hz(Box::new(terminal), 20)
}

#[derive(Debug)]
struct Narrow {
    term: Term,
    /// Texts written since the cursor was moved to where drawing begins: a line and its blanks in turn.
    writes: AtomicUsize,
}

impl TermLike for Narrow {
    fn width(&self) -> u16 {
        self.term.size().1.saturating_sub(ROOM_FOR_ECHO).max(1)
    }

    fn height(&self) -> u16 {
        self.term.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.writes.store(0, Ordering::Relaxed);
        self.term.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_left(n)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.term.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        match self.writes.fetch_add(1, Ordering::Relaxed) {
            0 => self.term.write_str(text),
            line if line % 2 == 0 => self.term.write_str(&format!("\n{text}")),
            _ => Ok(()),
        }
    }

    fn clear_line(&self) -> io::Result<()> {
        self.term.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.term.flush()
    }
}
