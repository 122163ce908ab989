//! How records are split, however the file arrives.
#![allow(clippy::unwrap_used)]

use super::*;

/// Gives away a few bytes at a time.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.1.min(self.0.len());
        out[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

type Record = (usize, Vec<String>);

fn read(text: &[u8], drop: usize) -> Result<Vec<Record>, DataError> {
    let mut records = Records::new(Path::new("a.csv"), Drops(text, drop))?;
    let mut found = Vec::new();
    while records.advance()? {
        let field = |at| String::from_utf8_lossy(records.field(at).bytes).into_owned();
        found.push((records.row(), (0..records.n_fields()).map(field).collect()));
    }
    Ok(found)
}

#[test]
fn fields_and_rows_are_found_however_the_file_arrives() {
    let text =
        b"\xef\xbb\xbfa, b ,c\r\n\n\r\n\"x, \"\"y\"\"\",\"two\nlines\", \nlast,,\"\"z\r1,2,3";
    let expected = [
        (1, vec!["a", "b", "c"]),
        (4, vec!["x, \"y\"", "two\nlines", ""]),
        (6, vec!["last", "", "z"]),
        (7, vec!["1", "2", "3"]),
    ];
    for drop in [1, 2, 3, 7, 1000] {
        let found = read(text, drop).unwrap();
        let expected = expected
            .clone()
            .map(|(row, fields)| (row, fields.into_iter().map(String::from).collect()));
        assert_eq!(found, expected, "{drop}");
    }
    assert_eq!(read(b"", 1).unwrap(), []);
    assert_eq!(read(b"\n\r", 1).unwrap(), []);
}

#[test]
fn a_quote_that_stays_open_is_named_with_its_row() {
    let message = read(b"a,b\n1,\"2\n3,4\n", 5).unwrap_err().to_string();
    assert_eq!(
        message,
        "a.csv, row 2: found an open quote, expected a closing quote before the end of the file"
    );
}

#[test]
fn records_longer_than_the_buffer_are_read() {
    let long = "x".repeat(3 * BLOCK);
    let found = read(format!("a,\"{long}\"\n{long},b\n").as_bytes(), 1 << 16).unwrap();
    assert_eq!((found[0].1[1].len(), found[1].1[0].len()), (3 * BLOCK, 3 * BLOCK));
}
