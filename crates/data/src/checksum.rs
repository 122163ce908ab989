//! SHA-256 of bytes and of files, and texts that carry a seal: a first line, a comment
//! in TOML, with the checksum of the lines below it.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use sha2::{Digest, Sha256};

/// How the first line of a sealed text begins.
const SEAL: &str = "# sha256 of the lines below: ";

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 as lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of a file.
pub(crate) fn of_file(path: &Path) -> io::Result<String> {
    let mut hash = Hash(Sha256::new());
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hex(&hash.0.finalize()))
}

/// Takes bytes and keeps nothing but their hash.
struct Hash(Sha256);

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text under its seal.
pub fn seal(text: &str) -> String {
    format!("{SEAL}{}\n{text}", sha256(text.as_bytes()))
}

/// Whether the text is as it was sealed; nothing if it has no seal.
pub fn seal_is_whole(text: &str) -> Option<bool> {
    let (seal, below) = text.strip_prefix(SEAL)?.split_once('\n')?;
    Some(seal == sha256(below.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_breaks_with_any_change_below_it() {
        let sealed = seal("a = 1\nb = 2\n");
        assert_eq!(seal_is_whole(&sealed), Some(true));
        assert_eq!(seal_is_whole(&sealed.replace("= 2", "= 3")), Some(false));
        assert_eq!(seal_is_whole(sealed.trim_end()), Some(false));
        assert_eq!(seal_is_whole("a = 1\n"), None);
    }
}
