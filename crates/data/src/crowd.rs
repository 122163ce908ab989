//! Annotators of synthetic data: each has a skill and a class that they find harder
//! than the others. A wrong answer is mostly a class that looks alike: classes come
//! in pairs (0 and 1, 2 and 3, ...), and the next pair is second. The number of
//! classes is even.

use relabel_scoring::stream::{below, shuffle, uniform};
use relabel_scoring::{AnnotatorId, Class, ExampleId, LabelEvent, Round, Stream};

const BEST_SKILL: f64 = 0.95;
const WORST_SKILL: f64 = 0.45;
/// How much less often the hard class is recognised, and the others more often.
const HARDER: f64 = 0.15;
/// Share of wrong answers that name the other class of the pair and the next pair.
const ALIKE: [f64; 2] = [0.5, 0.3];
/// Of 20 labelled examples, so many start with 1, 2 and 3 labels.
const START_COUNTS: [usize; 3] = [14, 4, 2];

/// What each annotator can do, by id.
pub(crate) struct Crowd {
    people: Vec<Person>,
    n_classes: usize,
}

struct Person {
    skill: f64,
    hard: Class,
}

impl Crowd {
    /// Skills evenly spread from worst to best, dealt out at random.
    pub(crate) fn new(n_people: u32, n_classes: usize, stream: Stream) -> Self {
        let mut rng = stream.rng();
        let step = (BEST_SKILL - WORST_SKILL) / f64::from(n_people - 1);
        let mut skills: Vec<f64> =
            (0..n_people).map(|rank| WORST_SKILL + f64::from(rank) * step).collect();
        shuffle(&mut rng, &mut skills);
        let mut person = |skill| Person { skill, hard: Class(below(&mut rng, n_classes) as u16) };
        Self { people: skills.into_iter().map(&mut person).collect(), n_classes }
    }

    /// Labels of `n` random annotators for every example, by annotator.
    pub(crate) fn dense(
        &self,
        truth: &[Class],
        n: usize,
        stream: Stream,
    ) -> Vec<Vec<(AnnotatorId, Class)>> {
        let of_example = |(example, &class): (usize, &Class)| {
            let stream = stream.child(example as u64);
            let mut people: Vec<u32> = (0..self.people.len() as u32).collect();
            shuffle(&mut stream.rng(), &mut people);
            people.truncate(n);
            people.sort_unstable();
            people
                .into_iter()
                .map(|id| (AnnotatorId(id), self.label(id, class, stream.child(u64::from(id)))))
                .collect()
        };
        truth.iter().enumerate().map(of_example).collect()
    }

    /// What annotator `id` answers for an example of class `truth`.
    fn label(&self, id: u32, truth: Class, stream: Stream) -> Class {
        let mut rng = stream.rng();
        let person = &self.people[id as usize];
        let share = HARDER / (self.n_classes - 1) as f64;
        let skill = if truth == person.hard { person.skill - HARDER } else { person.skill + share };
        if uniform(&mut rng) < skill {
            return truth;
        }
        let how = uniform(&mut rng);
        let wrong = if how < ALIKE[0] {
            truth.at() ^ 1
        } else if how < ALIKE[0] + ALIKE[1] {
            (truth.at() + 2) % self.n_classes
        } else {
            (truth.at() + 1 + below(&mut rng, self.n_classes - 1)) % self.n_classes
        };
        Class(wrong as u16)
    }
}

/// Equally many examples of every class, in random order.
pub(crate) fn balanced(n: usize, n_classes: usize, stream: Stream) -> Vec<Class> {
    let mut classes: Vec<Class> = (0..n).map(|i| Class((i % n_classes) as u16)).collect();
    shuffle(&mut stream.rng(), &mut classes);
    classes
}

/// One to three of the dense labels of every labelled example.
pub(crate) fn start(dense: &[Vec<(AnnotatorId, Class)>], stream: Stream) -> Vec<LabelEvent> {
    let pattern = (1..).zip(START_COUNTS).flat_map(|(count, n)| std::iter::repeat_n(count, n));
    let mut counts: Vec<usize> = pattern.cycle().take(dense.len()).collect();
    shuffle(&mut stream.rng(), &mut counts);
    let mut events = Vec::new();
    for (example, labels) in dense.iter().enumerate() {
        let mut labels = labels.clone();
        shuffle(&mut stream.child(example as u64).rng(), &mut labels);
        let example = ExampleId(example as u32);
        events.extend(
            labels[..counts[example.at()]].iter().map(|&(annotator, class)| LabelEvent {
                example,
                annotator,
                class,
                round: Round(0),
            }),
        );
    }
    events
}
