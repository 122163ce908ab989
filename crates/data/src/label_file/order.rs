//! Which index an example, annotator or class gets.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use relabel_scoring::Class;

use super::gathered::Gathered;
use crate::DataError;

/// More classes than this would be a column of something else.
const MAX_CLASSES: i64 = 10_000;

/// Names in their order, and for every number of a name its index in this order.
pub(super) type Order<Index> = (Vec<String>, Vec<Index>);

/// The order in which the names were read.
pub(super) fn as_read(names: &[Arc<str>]) -> Order<u32> {
    (names.iter().map(|name| name.to_string()).collect(), (0..names.len() as u32).collect())
}

/// Numbers first and by size, then all other names.
pub(super) fn sorted(names: &[Arc<str>]) -> Order<u32> {
    let numbers: Vec<Option<f64>> = names.iter().map(|name| number(name)).collect();
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| {
        let by_number = match (numbers[a], numbers[b]) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        by_number.then_with(|| names[a].cmp(&names[b]))
    });
    let mut index = vec![0; names.len()];
    for (place, &name) in order.iter().enumerate() {
        index[name] = place as u32;
    }
    (order.into_iter().map(|name| names[name].to_string()).collect(), index)
}

fn number(name: &str) -> Option<f64> {
    name.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The place of every example in the list `ids`.
pub(super) fn given_order(
    path: &Path,
    gathered: &Gathered,
    ids: &[String],
) -> Result<Vec<u32>, DataError> {
    let mut places = HashMap::with_capacity(ids.len());
    for (id, place) in ids.iter().zip(0..) {
        if places.insert(id.as_str(), place).is_some() {
            let found = format!("example {id} twice in the list of examples");
            return Err(DataError::shape(found, "every example once"));
        }
    }
    let place = |(name, number): (&Arc<str>, u32)| {
        places.get(&**name).copied().ok_or_else(|| {
            let row = gathered.first_row(|label| label.example == number);
            let expected = format!("one of the {} examples in the list of examples", ids.len());
            DataError::row(path, row, format!("example {name}"), expected)
        })
    };
    gathered.examples.all().iter().zip(0..).map(place).collect()
}

/// The classes: the given ones; or, if all labels are whole numbers, 0 up to the
/// largest; or else all labels, sorted.
pub(super) fn class_order(
    path: &Path,
    gathered: &Gathered,
    given: Option<&[String]>,
) -> Result<Order<Class>, DataError> {
    let names = gathered.classes.all();
    if names.len() > MAX_CLASSES as usize {
        let found = format!("{} different labels", names.len());
        return Err(DataError::file(path, found, format!("at most {MAX_CLASSES} classes")));
    }
    let whole: Option<Vec<i64>> = names.iter().map(|name| whole_number(name)).collect();
    match (given, whole) {
        (Some(given), _) => Ok((given.to_vec(), given_classes(path, gathered, given)?)),
        (None, Some(whole)) => numbered_classes(path, gathered, &whole),
        (None, None) => {
            let (names, index) = sorted(names);
            Ok((names, index.into_iter().map(|index| Class(index as u16)).collect()))
        }
    }
}

fn given_classes(
    path: &Path,
    gathered: &Gathered,
    given: &[String],
) -> Result<Vec<Class>, DataError> {
    let values: Vec<Option<i64>> = given.iter().map(|name| whole_number(name)).collect();
    let numbered = values.iter().any(Option::is_some);
    let index = |name: &str| {
        let value = whole_number(name);
        let by_name = given.iter().position(|class| class == name);
        let by_value = || values.iter().position(|known| value.is_some() && *known == value);
        let by_index = || value.and_then(|value| usize::try_from(value).ok());
        let by_index = || by_index().filter(|&index| !numbered && index < given.len());
        by_name.or_else(by_value).or_else(by_index)
    };
    let class = |(name, number): (&Arc<str>, u32)| {
        index(name).map(|index| Class(index as u16)).ok_or_else(|| {
            let row = gathered.first_row(|label| label.class == number);
            let or_index = if numbered { "" } else { " or its index" };
            let expected = format!("one of {}{or_index}", given.join(", "));
            DataError::row(path, row, format!("label {name}"), expected)
        })
    };
    gathered.classes.all().iter().zip(0..).map(class).collect()
}

fn numbered_classes(
    path: &Path,
    gathered: &Gathered,
    whole: &[i64],
) -> Result<Order<Class>, DataError> {
    let allowed = |&class: &i64| (0..MAX_CLASSES).contains(&class);
    if let Some(wrong) = whole.iter().position(|class| !allowed(class)) {
        let row = gathered.first_row(|label| label.class as usize == wrong);
        let expected = format!("a class from 0 to {}", MAX_CLASSES - 1);
        return Err(DataError::row(path, row, format!("label {}", whole[wrong]), expected));
    }
    let n_classes = whole.iter().max().map_or(0, |class| class + 1);
    let names = (0..n_classes).map(|class| class.to_string()).collect();
    Ok((names, whole.iter().map(|&class| Class(class as u16)).collect()))
}

/// The value of "3" and, since tables with gaps store numbers so, of "3.0".
fn whole_number(text: &str) -> Option<i64> {
    let digits = match text.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|byte| byte == b'0') => digits,
        Some(_) => return None,
        None => text,
    };
    digits.parse().ok()
}
