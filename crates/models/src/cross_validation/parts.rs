//! Who trains and who is held out in a fold, and what becomes of classes that
//! its training rows lack.

use relabel_scoring::Class;

use super::ClassesRule;

/// The rows of one fold, as positions among the labelled.
pub(super) struct Parts {
    pub train: Vec<usize>,
    pub held_out: Vec<usize>,
    /// Held-out rows that train as well (published rule).
    pub copied: Vec<usize>,
    /// Which classes the training rows have.
    pub trained: Vec<bool>,
}

impl Parts {
    /// The rows of `fold`.
    pub fn of(rule: ClassesRule, consensus: &[Class], fold_of: &[u16], fold: usize) -> Self {
        let (held_out, mut train): (Vec<usize>, Vec<usize>) =
            (0..consensus.len()).partition(|&row| usize::from(fold_of[row]) == fold);
        let mut copied = Vec::new();
        if let ClassesRule::Published(n_classes) = rule {
            let trained = presence(consensus, &train, n_classes);
            copied = (0..n_classes)
                .filter(|&class| !trained[class])
                .filter_map(|class| held_out.iter().copied().find(|&r| consensus[r].at() == class))
                .collect();
            train.extend(&copied);
        }
        let trained = presence(consensus, &train, rule.n_classes());
        Self { train, held_out, copied, trained }
    }

    /// What was done about classes that only held-out rows have.
    pub fn notes(&self, fold: usize, consensus: &[Class]) -> Vec<String> {
        let copied = self.copied.iter().map(|&row| {
            format!(
                "fold {fold}: class {} was absent from the training rows, so labelled example \
                 {row} was copied into them",
                consensus[row].0
            )
        });
        let held = presence(consensus, &self.held_out, self.trained.len());
        let untrained = (0..held.len()).filter(|&class| held[class] && !self.trained[class]);
        let untrained = untrained.map(|class| {
            format!(
                "fold {fold}: class {class} is absent from the training rows; its probability is \
                 zero there"
            )
        });
        copied.chain(untrained).collect()
    }
}

/// A note for every class that no labelled example has.
pub(super) fn vanished(rule: ClassesRule, consensus: &[Class]) -> Vec<String> {
    let n_classes = rule.n_classes();
    let present = presence(consensus, &Vec::from_iter(0..consensus.len()), n_classes);
    let published = match rule {
        ClassesRule::Fixed(_) => "",
        ClassesRule::Published(_) => ", where the published code would have shifted the columns",
    };
    (0..n_classes)
        .filter(|&class| !present[class])
        .map(|class| {
            format!(
                "class {class} vanished from the consensus; its column stays and is zero{published}"
            )
        })
        .collect()
}

fn presence(consensus: &[Class], rows: &[usize], n_classes: usize) -> Vec<bool> {
    let mut present = vec![false; n_classes];
    for &row in rows {
        present[consensus[row].at()] = true;
    }
    present
}
