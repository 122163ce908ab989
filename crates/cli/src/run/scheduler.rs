//! The index that a scheduler gives to one task of an array.

use anyhow::{Result, bail};

/// Environment variables and the index of the first task.
const VARIABLES: &[(&str, usize)] = &[
    ("SLURM_ARRAY_TASK_ID", 0),
    ("HQ_TASK_ID", 0),
    ("JOB_COMPLETION_INDEX", 0),
    ("PBS_ARRAY_INDEX", 0),
    // Torque's
    ("PBS_ARRAYID", 0),
    ("AWS_BATCH_JOB_ARRAY_INDEX", 0),
    ("SGE_TASK_ID", 1),
    ("LSB_JOBINDEX", 1),
];

/// The cell index from the one variable that is set.
///
/// # Errors
/// If none or several are set, or the value is no index.
pub fn index(get: &dyn Fn(&str) -> Option<String>) -> Result<usize> {
    // Grid Engine sets "undefined" outside of array jobs.
    let set: Vec<_> = VARIABLES
        .iter()
        .filter_map(|&(name, first)| get(name).map(|value| (name, first, value)))
        .filter(|(_, _, value)| value != "undefined")
        .collect();
    match set.as_slice() {
        [] => {
            let names: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
            bail!("--cell-from-env: none of {} is set; use --cell N", names.join(", "))
        }
        [(name, first, value)] => match value.parse::<usize>() {
            Ok(task) if task >= *first => Ok(task - first),
            _ => bail!("--cell-from-env: {name} is '{value}', expected a number from {first}"),
        },
        several => {
            let names: Vec<&str> = several.iter().map(|(name, ..)| *name).collect();
            bail!("--cell-from-env: {} are both set; use --cell N", names.join(" and "))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::index;

    fn with(set: &[(&str, &str)]) -> anyhow::Result<usize> {
        index(&|name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn tasks_that_count_from_one_are_shifted() {
        assert_eq!(with(&[("SLURM_ARRAY_TASK_ID", "7")]).unwrap(), 7);
        assert_eq!(with(&[("SGE_TASK_ID", "7")]).unwrap(), 6);
        assert_eq!(with(&[("SGE_TASK_ID", "undefined"), ("HQ_TASK_ID", "3")]).unwrap(), 3);
    }

    #[test]
    fn nothing_two_things_and_nonsense_are_refused() {
        assert!(with(&[]).is_err());
        assert!(with(&[("SGE_TASK_ID", "0")]).is_err());
        assert!(with(&[("HQ_TASK_ID", "x")]).is_err());
        let both = with(&[("HQ_TASK_ID", "1"), ("PBS_ARRAY_INDEX", "1")]).unwrap_err();
        assert!(both.to_string().contains("HQ_TASK_ID and PBS_ARRAY_INDEX"));
    }
}
