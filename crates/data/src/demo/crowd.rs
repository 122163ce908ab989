//! The demo's annotators: each has a skill and a class that they find harder
//! than the others. A wrong answer is mostly a class that looks alike: the other
//! surface of the same shape, or the next shape with the same surface.

use relabel_scoring::stream::{below, shuffle, uniform};
use relabel_scoring::{Class, Stream};

const BEST_SKILL: f64 = 0.95;
const WORST_SKILL: f64 = 0.45;
/// How much less often the hard class is recognised, and the others more often.
const HARDER: f64 = 0.15;
/// Share of wrong answers that name the other surface and the next shape.
const ALIKE: [f64; 2] = [0.5, 0.3];

/// What each annotator can do, by id.
pub(super) struct Crowd {
    people: Vec<Person>,
    n_classes: usize,
}

struct Person {
    skill: f64,
    hard: Class,
}

impl Crowd {
    /// Skills evenly spread from worst to best, dealt out at random.
    pub(super) fn new(n_people: u32, n_classes: usize, stream: Stream) -> Self {
        let mut rng = stream.rng();
        let step = (BEST_SKILL - WORST_SKILL) / f64::from(n_people - 1);
        let mut skills: Vec<f64> =
            (0..n_people).map(|rank| WORST_SKILL + f64::from(rank) * step).collect();
        shuffle(&mut rng, &mut skills);
        let mut person = |skill| Person { skill, hard: Class(below(&mut rng, n_classes) as u16) };
        Self { people: skills.into_iter().map(&mut person).collect(), n_classes }
    }

    /// What annotator `id` answers for an example of class `truth`.
    pub(super) fn label(&self, id: u32, truth: Class, stream: Stream) -> Class {
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
