//! What a report is about: runs, the published results, and what of them could not be
//! used. Runs of one experiment share their plots.

use std::path::PathBuf;

use crate::{Reference, Run, load_run, plot::Looks};

/// Runs and what they are held against.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The runs, in the order in which they were named.
    pub runs: Vec<Run>,
    /// Published results, if they were named.
    pub reference: Option<Reference>,
    /// Folders that could not be used, one sentence each.
    pub refused: Vec<String>,
}

/// The runs of one experiment.
pub(crate) struct Group<'a> {
    pub experiment: &'a str,
    pub runs: Vec<&'a Run>,
}

impl Report {
    /// Reads these folders. One that is no run is left out and named in [`Report::refused`].
    pub fn load(folders: &[PathBuf], reference: Option<Reference>) -> Self {
        let mut report = Self { reference, ..Self::default() };
        for folder in folders {
            match load_run(folder) {
                Ok(run) => report.runs.push(run),
                Err(error) => report.refused.push(error.to_string()),
            }
        }
        tell_apart(&mut report.runs);
        report
    }

    /// Everything that could not be used, one sentence each.
    pub fn gaps(&self) -> Vec<&str> {
        let of_reference = self.reference.iter().flat_map(|reference| &reference.gaps);
        let of_runs = self.runs.iter().flat_map(|run| &run.gaps);
        self.refused.iter().chain(of_runs).chain(of_reference).map(String::as_str).collect()
    }

    pub(crate) fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for run in &self.runs {
            match groups.iter_mut().find(|group| group.experiment == run.experiment) {
                Some(group) => group.runs.push(run),
                None => groups.push(Group { experiment: &run.experiment, runs: vec![run] }),
            }
        }
        groups
    }

    pub(crate) fn looks(&self) -> Looks {
        Looks::of(self.runs.iter().flat_map(Run::strategies))
    }
}

/// Adds to the names of runs of one title where they lie.
fn tell_apart(runs: &mut [Run]) {
    let titles: Vec<String> = runs.iter().map(Run::title).collect();
    for (run, title) in runs.iter_mut().zip(&titles) {
        if titles.iter().filter(|other| *other == title).count() > 1 {
            let results = run.path.ends_with(title).then(|| run.path.ancestors().nth(2)).flatten();
            run.name = match results.unwrap_or(&run.path).display().to_string() {
                here if here.is_empty() => format!("{} in .", run.name),
                folder => format!("{} in {folder}", run.name),
            };
        }
    }
}

impl Group<'_> {
    /// What its lines are called: the run, or what was averaged if there is but one.
    pub fn source_of(&self, run: &Run) -> String {
        if self.runs.len() > 1 {
            return format!("run {}", run.name);
        }
        // Published runs may be called by times of their own, so that no two share a "seed".
        let seeds = |strategy: &str| run.cells_of(strategy).count();
        let seeds = run.strategies().into_iter().map(seeds).max().unwrap_or(0);
        let what = if run.is_arrays() { "run" } else { "seed" };
        match seeds {
            1 => format!("one {what}"),
            n if run.missing().is_empty() => format!("mean of {n} {what}s"),
            n => format!("mean of up to {n} {what}s"),
        }
    }

    /// The name of the only run, or of the experiment.
    pub fn title(&self) -> String {
        match self.runs.as_slice() {
            [run] => run.title(),
            runs => {
                let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
                format!("{}: {}", self.experiment, names.join(", "))
            }
        }
    }
}
