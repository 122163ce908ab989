//! One training recipe on CIFAR-10H: what its fits reach and how long they take.
//!
//! `image_recipe DATA folds [KEY=VALUE]...` cross-validates on the 1,000 initial
//! examples with their crowd labels; recipes are chosen by the out-of-fold
//! agreement with the consensus, test accuracy is only shown.
//! `image_recipe DATA clean [KEY=VALUE]...` trains on the first `n` images of the
//! training side with their true labels (4,000 unless set), one fit per seed; recipes
//! are chosen by the accuracy on the rest of that side, if `n` leaves any.
//! Keys: kind, width, whitening, n, test, folds, seeds, and the recipe's fields.

use std::{error::Error, path::Path, str::FromStr, sync::Arc, time::Instant};

use ndarray::Array2;
use rayon::prelude::*;
use relabel_data::{Dataset, cifar10h};
use relabel_experiment::Prepared;
use relabel_models::image::{
    CpuEngine, Flip, ImageClassifier, Named, NetKind, NetSpec, Recipe, Schedule,
};
use relabel_models::{ClassesRule, Classifier, CrossValidation, Features, Split, Unwatched};
use relabel_scoring::{Class, FrequencyTie, Round, Seed, Stream, first_max, majority_vote};

/// What the arguments ask for.
struct Request {
    model: ImageClassifier,
    n: usize,
    test: usize,
    folds: usize,
    seeds: u64,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, mode, settings @ ..] = arguments.as_slice() else {
        return Err("usage: image_recipe DATA folds|clean [KEY=VALUE]...".into());
    };
    let request = request(settings)?;
    let dataset = cifar10h(Path::new(data), None, Some(request.test))?;
    let start = Instant::now();
    let rows = match mode.as_str() {
        "folds" => folds(&request, dataset)?,
        "clean" => clean(&request, dataset)?,
        _ => return Err(format!("mode {mode}: folds or clean").into()),
    };
    let took = start.elapsed().as_secs_f64();
    println!("{took:.1} s, {:.0} trained images/s in all; {}", rows / took, settings.join(" "));
    Ok(())
}

fn request(settings: &[String]) -> Outcome<Request> {
    let spec = NetSpec::small(NetKind::Resnet8);
    let recipe = Recipe::default();
    let engine = Arc::new(CpuEngine);
    let model = ImageClassifier { spec, recipe, pretrained: None, side: None, engine };
    let mut request = Request { model, n: 4000, test: 5000, folds: 5, seeds: 3 };
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or("settings are KEY=VALUE")?;
        request.set(key, value)?;
    }
    Ok(request)
}

impl Request {
    fn set(&mut self, key: &str, value: &str) -> Outcome<()> {
        let Self { model: ImageClassifier { spec, recipe, .. }, n, test, folds, seeds } = self;
        match key {
            "kind" => *spec = NetSpec::small(NetKind::named(value).ok_or("no such kind")?),
            "width" => spec.width = read(value)?,
            "whitening" => spec.whitening = read(value)?,
            "n" => *n = read(value)?,
            "test" => *test = read(value)?,
            "folds" => *folds = read(value)?,
            "seeds" => *seeds = read(value)?,
            "steps" => recipe.steps = read(value)?,
            "batch" => recipe.batch = read(value)?,
            "warm_up" => recipe.warm_up = read(value)?,
            "learning_rate" => recipe.learning_rate = read(value)?,
            "momentum" => recipe.momentum = read(value)?,
            "weight_decay" => recipe.weight_decay = read(value)?,
            "norm_momentum" => recipe.norm_momentum = read(value)?,
            "label_smoothing" => recipe.label_smoothing = read(value)?,
            "crop" => recipe.crop = read(value)?,
            "cutout" => recipe.cutout = read(value)?,
            "mixup" => recipe.mixup = read(value)?,
            "averaging" => recipe.averaging = read(value)?,
            "mirror" => recipe.mirror = read(value)?,
            "flip" => recipe.flip = named(value, &FLIPS)?,
            "schedule" => recipe.schedule = named(value, &SCHEDULES)?,
            _ => return Err(format!("there is no key {key}").into()),
        }
        Ok(())
    }
}

const FLIPS: [(&str, Flip); 3] =
    [("never", Flip::Never), ("random", Flip::Random), ("alternating", Flip::Alternating)];
const SCHEDULES: [(&str, Schedule); 3] = [
    ("triangular", Schedule::Triangular),
    ("cosine", Schedule::Cosine),
    ("one-cycle", Schedule::OneCycle),
];

fn read<T: FromStr>(text: &str) -> Outcome<T> {
    text.parse().map_err(|_| format!("cannot read '{text}'").into())
}

fn named<T: Copy>(text: &str, all: &[(&str, T)]) -> Outcome<T> {
    let found = all.iter().find(|(name, _)| *name == text);
    found.map(|&(_, value)| value).ok_or_else(|| format!("there is no '{text}'").into())
}

fn stream(seed: u64) -> Stream {
    Stream::new(Seed(seed), "cross-validation", Round(0), 0)
}

/// Cross-validation of the first round; the number of images trained on.
fn folds(request: &Request, dataset: Dataset) -> Outcome<f64> {
    let data = Prepared::from(dataset);
    let start = &data.crowds[0].start;
    let tie = FrequencyTie::MostFrequent;
    let consensus = majority_vote(&start.labels()?, None, data.n_classes, tie, stream(0));
    let labeled: Vec<u32> = start.labeled.iter().map(|example| example.0).collect();
    let split = Split {
        store: &data.store,
        labeled: &labeled,
        consensus: &consensus,
        pool: &[],
        test: &data.test,
        test_truth: &data.test_truth,
    };
    let validation = CrossValidation {
        folds: request.folds,
        shuffle: false,
        classes: ClassesRule::Fixed(data.n_classes),
        parallel_folds: true,
    };
    for seed in 0..request.seeds {
        let found = validation.run(&request.model, &split, stream(seed), &Unwatched)?;
        let each = mean(found.fold_accuracy.iter().copied());
        println!(
            "seed {seed}: agreement out of fold {:.4}; on test images {each:.4} mean of folds, {:.4} averaged",
            share(&found.labeled, &consensus),
            share(&found.test, &data.test_truth),
        );
    }
    let recipe = &request.model.recipe;
    Ok((request.folds * recipe.steps * recipe.batch) as f64 * request.seeds as f64)
}

/// Fits on true labels; the number of images trained on.
fn clean(request: &Request, dataset: Dataset) -> Outcome<f64> {
    let data = Prepared::from(dataset);
    let start = &data.crowds[0].start;
    let side = start.labeled.iter().chain(&start.pool);
    let side: Vec<u32> = side.map(|example| example.0).collect();
    let (rows, rest) = side.split_at(request.n.min(side.len()));
    let truth = |rows: &[u32]| rows.iter().map(|&row| data.truth[row as usize]).collect();
    let (classes, rest_truth): (Vec<Class>, Vec<Class>) = (truth(rows), truth(rest));
    let accuracy = |seed: u64| {
        let features = |rows| Features { store: &data.store, rows };
        let model = request.model.fit(
            features(rows),
            &classes,
            data.n_classes,
            stream(seed),
            &Unwatched,
        )?;
        let on_rest = share(&model.predict_proba(features(rest))?, &rest_truth);
        let on_test = share(&model.predict_proba(features(&data.test))?, &data.test_truth);
        Ok([on_rest, on_test])
    };
    let found: Result<Vec<[f64; 2]>, relabel_models::ModelError> =
        (0..request.seeds).into_par_iter().map(accuracy).collect();
    let found = found?;
    for (at, (what, n)) in [("rest", rest.len()), ("test", data.test.len())].iter().enumerate() {
        if *n > 0 {
            let each: Vec<f64> = found.iter().map(|accuracy| accuracy[at]).collect();
            let mean = mean(each.iter().copied());
            println!(
                "{} images, accuracy on {n} of the {what} {each:.4?}, mean {mean:.4}",
                rows.len()
            );
        }
    }
    let recipe = &request.model.recipe;
    Ok((recipe.steps * recipe.batch) as f64 * request.seeds as f64)
}

fn share(probs: &Array2<f64>, classes: &[Class]) -> f64 {
    let right = |(row, class): (ndarray::ArrayView1<'_, f64>, &Class)| first_max(row) == class.at();
    mean(probs.rows().into_iter().zip(classes).map(|pair| f64::from(u8::from(right(pair)))))
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}
