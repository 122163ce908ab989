//! Ties that chance decided when results were recorded: the lowest class was taken.

use relabel_scoring::{Round, Seed, Stream};
use serde_json::Value;

use crate::calls::Call;

pub fn stream(seed: u64) -> Stream {
    Stream::new(Seed(seed), "golden", Round(0), 0)
}

/// Rows that chance decided and their candidates, in any of the forms of a
/// list of pairs, a list of objects, or an object by row.
pub fn candidates(ties: &Value) -> Vec<(usize, Vec<u64>)> {
    let classes = |value: &Value| -> Vec<u64> {
        value.as_array().unwrap().iter().map(|class| class.as_u64().unwrap()).collect()
    };
    match ties {
        Value::Object(by_row) => by_row
            .iter()
            .map(|(row, candidates)| (row.parse().unwrap(), classes(candidates)))
            .collect(),
        Value::Array(list) => list
            .iter()
            .map(|tie| {
                let named = ["row", "example"].iter().find_map(|name| tie.get(name));
                let row = named.unwrap_or(&tie[0]).as_u64().unwrap();
                (row as usize, classes(tie.get("candidates").unwrap_or(&tie[1])))
            })
            .collect(),
        other => panic!("unknown form of random ties: {other}"),
    }
}

/// A stream under which chance takes the lowest candidate in every tied row, as recorded.
pub fn stream_that_decides(run: &Call<'_>, ties: &[(usize, Vec<u64>)], at: &str) -> Stream {
    let decides = |stream: &Stream| {
        // A call that must fail does so under any stream.
        let Ok(votes) = run.votes(*stream) else { return true };
        ties.iter().all(|(row, candidates)| {
            let vote = u64::from(votes[*row].0);
            assert!(candidates.contains(&vote), "{at}, row {row}: {vote} is no candidate");
            Some(&vote) == candidates.iter().min()
        })
    };
    (0..1 << 20).map(stream).find(decides).unwrap_or_else(|| panic!("{at}: no stream decides so"))
}
