//! Chooses few labels for many examples, mostly from the least accurate people,
//! the way the start of the ActiveLab benchmark on CIFAR-10H was made (Goh and
//! Mueller, "ActiveLab", 2023): the 50 worst annotators give all their labels,
//! the next worst ones join where they overlap with what is there until every
//! example has a label, and examples with three labels or more are thinned.

use std::collections::BTreeSet;

use relabel_scoring::stream::{shuffle, uniform};
use relabel_scoring::{AnnotatorId, Class, Stream};

const N_FIRST: usize = 50;
const ENOUGH: u32 = 3;
const KEEP: f64 = 0.05;

/// The labels of one example, by annotator.
pub(crate) type Answers = Vec<(AnnotatorId, Class)>;

/// The labels that were chosen.
pub(crate) struct Chosen {
    /// The chosen labels of every example.
    pub labels: Vec<Answers>,
    /// How many annotators had joined before labels were thinned out.
    pub n_joined: usize,
}

/// Chooses among `labels`, the labels of each example; `None` if people overlap
/// too little to reach every example.
pub(crate) fn choose(labels: &[Answers], truth: &[Class], stream: Stream) -> Option<Chosen> {
    let ranked = worst_first(labels, truth);
    let mut choice = Choice {
        counts: vec![0; labels.len()],
        examples: vec![BTreeSet::new(); ranked.len()],
        joined: BTreeSet::new(),
    };
    choice.gather(&ranked)?;
    choice.thin(stream);
    let mut rank_of: Vec<(AnnotatorId, usize)> =
        ranked.iter().enumerate().map(|(rank, person)| (person.id, rank)).collect();
    rank_of.sort_unstable();
    let kept = |example: usize, annotator: AnnotatorId| {
        let place = rank_of.binary_search_by_key(&annotator, |&(id, _)| id);
        place.is_ok_and(|place| choice.examples[rank_of[place].1].contains(&example))
    };
    let labels = labels.iter().enumerate().map(|(example, answers)| {
        answers.iter().copied().filter(|&(annotator, _)| kept(example, annotator)).collect()
    });
    Some(Chosen { labels: labels.collect(), n_joined: choice.joined.len() })
}

/// One annotator and the examples that they labelled.
struct Person {
    id: AnnotatorId,
    examples: Vec<usize>,
    n_right: usize,
}

/// Everybody with labels, least accurate first, ties by id.
fn worst_first(labels: &[Answers], truth: &[Class]) -> Vec<Person> {
    let n_ids = labels.iter().flatten().map(|(annotator, _)| annotator.at() + 1).max().unwrap_or(0);
    let mut people: Vec<Person> = (0..n_ids as u32)
        .map(|id| Person { id: AnnotatorId(id), examples: Vec::new(), n_right: 0 })
        .collect();
    for (example, answers) in labels.iter().enumerate() {
        for &(annotator, class) in answers {
            people[annotator.at()].examples.push(example);
            people[annotator.at()].n_right += usize::from(class == truth[example]);
        }
    }
    people.retain(|person| !person.examples.is_empty());
    let accuracy = |person: &Person| person.n_right as f64 / person.examples.len() as f64;
    people.sort_by(|a, b| accuracy(a).total_cmp(&accuracy(b)));
    people
}

/// The choice while it is made; annotators go by their rank.
struct Choice {
    /// Labels per example; people who come by again are counted again.
    counts: Vec<u32>,
    examples: Vec<BTreeSet<usize>>,
    joined: BTreeSet<usize>,
}

impl Choice {
    fn join(&mut self, rank: usize, examples: impl Iterator<Item = usize>) {
        self.joined.insert(rank);
        for example in examples {
            self.counts[example] += 1;
            self.examples[rank].insert(example);
        }
    }

    /// Lets people join until every example has a label.
    fn gather(&mut self, ranked: &[Person]) -> Option<()> {
        for (rank, person) in ranked.iter().enumerate().take(N_FIRST) {
            self.join(rank, person.examples.iter().copied());
        }
        loop {
            let before = self.counts.clone();
            for (rank, person) in ranked.iter().enumerate().skip(N_FIRST) {
                if self.counts.iter().all(|&count| count > 0) {
                    return Some(());
                }
                self.join_if_overlapping(rank, person);
            }
            if self.counts == before {
                return self.counts.iter().all(|&count| count > 0).then_some(());
            }
        }
    }

    /// Joins someone whose examples have more than one label each on average,
    /// on those that have too few.
    fn join_if_overlapping(&mut self, rank: usize, person: &Person) {
        let sum: u32 = person.examples.iter().map(|&example| self.counts[example]).sum();
        if sum as usize > person.examples.len() {
            let open = |&example: &usize| self.counts[example] < ENOUGH;
            let examples: Vec<usize> = person.examples.iter().copied().filter(open).collect();
            self.join(rank, examples.into_iter());
        }
    }

    /// Removes nearly all labels but one of examples with many, as long as
    /// everyone who labelled the example still overlaps with others elsewhere.
    fn thin(&mut self, stream: Stream) {
        for example in 0..self.counts.len() {
            if self.counts[example] < ENOUGH {
                continue;
            }
            let mut rng = stream.child(example as u64).rng();
            let here = |&rank: &usize| self.examples[rank].contains(&example);
            let people: Vec<usize> = (0..self.examples.len()).filter(here).collect();
            let mut leaving = people.clone();
            shuffle(&mut rng, &mut leaving);
            leaving.pop();
            for rank in leaving {
                if uniform(&mut rng) > KEEP && self.can_spare(example, &people) {
                    self.examples[rank].remove(&example);
                    self.counts[example] -= 1;
                }
            }
        }
    }

    fn can_spare(&self, example: usize, people: &[usize]) -> bool {
        people.iter().all(|&rank| {
            let others = || self.examples[rank].iter().filter(|&&other| other != example);
            let counts = || others().map(|&other| self.counts[other]);
            let n_others = others().count();
            n_others > 1
                && counts().any(|count| count >= ENOUGH)
                && counts().sum::<u32>() as usize > n_others + 1
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use relabel_scoring::stream::below;
    use relabel_scoring::{Round, Seed};

    use super::*;

    fn stream(purpose: &str) -> Stream {
        Stream::new(Seed(0), purpose, Round(0), 0)
    }

    /// 300 annotators label 20 of 200 examples each; the share of right labels rises with the id.
    fn crowd() -> (Vec<Answers>, Vec<Class>) {
        let mut rng = stream("crowd").rng();
        let mut labels = vec![Vec::new(); 200];
        for id in 0..300_u32 {
            let mut examples: Vec<usize> = (0..200).collect();
            shuffle(&mut rng, &mut examples);
            for &example in &examples[..20] {
                let right = uniform(&mut rng) < 0.5 + f64::from(id) / 600.0;
                let class = if right { 0 } else { 1 + below(&mut rng, 3) as u16 };
                labels[example].push((AnnotatorId(id), Class(class)));
            }
        }
        (labels, vec![Class(0); 200])
    }

    #[test]
    fn every_example_keeps_a_label_and_few_keep_many() {
        let (labels, truth) = crowd();
        let chosen = choose(&labels, &truth, stream("start")).unwrap();
        let counts: Vec<usize> = chosen.labels.iter().map(Vec::len).collect();
        let total: usize = counts.iter().sum();
        assert!(counts.iter().all(|&count| count >= 1));
        assert!((200..500).contains(&total), "{total}");
        assert!(chosen.n_joined >= N_FIRST);
        for (chosen, all) in chosen.labels.iter().zip(&labels) {
            assert!(chosen.iter().all(|answer| all.contains(answer)));
        }
    }

    #[test]
    fn the_chosen_labels_are_worse_than_the_rest_and_the_same_every_time() {
        let (labels, truth) = crowd();
        let chosen = choose(&labels, &truth, stream("start")).unwrap().labels;
        let accuracy = |labels: &[Answers]| {
            let all: Vec<Class> = labels.iter().flatten().map(|&(_, class)| class).collect();
            all.iter().filter(|class| class.0 == 0).count() as f64 / all.len() as f64
        };
        assert!(accuracy(&chosen) < accuracy(&labels) - 0.1);
        assert_eq!(chosen, choose(&labels, &truth, stream("start")).unwrap().labels);
    }

    #[test]
    fn people_who_overlap_with_nobody_cannot_be_reached() {
        let mut labels: Vec<Answers> = vec![Vec::new(); 60];
        for (id, answers) in labels.iter_mut().enumerate() {
            answers.push((AnnotatorId(id as u32), Class(0)));
        }
        assert!(choose(&labels, &[Class(0); 60], stream("start")).is_none());
    }
}
