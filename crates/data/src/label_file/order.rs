//! Which index an example, annotator or class gets.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;

use relabel_scoring::Class;

use super::columns::READ_AS_WIDE;
use super::gathered::Gathered;
use crate::{DataError, Names, listed};

/// More classes than this would be a column of something else.
const MAX_CLASSES: i64 = 10_000;

/// Names in their order, and for every number of a name its index in this order.
pub(super) type Order<Names, Index> = (Names, Vec<Index>);

/// The order in which the names were read.
pub(super) fn as_read(names: &Names) -> Order<Names, u32> {
    (names.clone(), (0..names.len() as u32).collect())
}

/// Numbers first and by size, then all other names.
pub(super) fn sorted(names: &Names) -> Order<Names, u32> {
    let numbers: Vec<f64> = names.iter().map(|name| number(name).unwrap_or(f64::NAN)).collect();
    let compare = |&a: &usize, &b: &usize| {
        let (x, y) = (numbers[a], numbers[b]);
        let by_number = x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()));
        let (a, b) = (&names[a], &names[b]);
        by_number.then_with(|| compare_integers(a, b)).then_with(|| a.cmp(b))
    };
    let mut order: Vec<usize> = (0..names.len()).collect();
    if order.is_sorted_by(|a, b| compare(a, b).is_lt()) {
        return as_read(names);
    }
    order.sort_unstable_by(compare);
    let mut index = vec![0; names.len()];
    for (place, &name) in order.iter().enumerate() {
        index[name] = place as u32;
    }
    (order.into_iter().map(|name| &names[name]).collect(), index)
}

/// Integers that are one and the same float by their digits; what is no integer comes behind.
fn compare_integers(a: &str, b: &str) -> Ordering {
    match (integer(a), integer(b)) {
        (Some((is_negative, a)), Some((_, b))) => {
            let by_size = (a.len(), a).cmp(&(b.len(), b));
            if is_negative { by_size.reverse() } else { by_size }
        }
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// Whether a name that is an integer is a negative one, and its digits from the first that counts.
fn integer(name: &str) -> Option<(bool, &str)> {
    let digits = name.strip_prefix(['-', '+']).unwrap_or(name);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_integer.then(|| (name.starts_with('-'), digits.trim_start_matches('0')))
}

/// The value of a name that is a number: a finite one, or an integer beyond all floats.
fn number(name: &str) -> Option<f64> {
    /// So many digits are exact as a float.
    const EXACT: usize = 15;
    if name.len() <= EXACT && name.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits = name.bytes().map(|byte| u64::from(byte - b'0'));
        return (!name.is_empty()).then(|| digits.fold(0, |n, digit| 10 * n + digit) as f64);
    }
    // What begins otherwise is no number, however it goes on: inf and nan are names.
    let first = name.bytes().next().filter(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'));
    let number = first.and_then(|_| name.parse().ok());
    number.filter(|number: &f64| number.is_finite() || integer(name).is_some())
}

/// The place of every example in the list `ids`.
pub(super) fn given_order(
    path: &Path,
    gathered: &Gathered,
    ids: &Names,
) -> Result<Vec<u32>, DataError> {
    let mut places = HashMap::with_capacity(ids.len());
    for (id, place) in ids.iter().zip(0..) {
        if places.insert(id, place).is_some() {
            let found = format!("example {id} twice in the list of examples");
            return Err(DataError::shape(found, "every example once"));
        }
    }
    let place = |(name, number): (&str, u32)| {
        places.get(name).copied().ok_or_else(|| {
            let row = gathered.row_of_example(number);
            let expected = format!("one of the {} examples in the list of examples", ids.len());
            DataError::row(path, row, format!("example {name}"), expected)
        })
    };
    gathered.examples.names().iter().zip(0..).map(place).collect()
}

/// The classes: the given ones; or, if all labels are whole numbers, 0 up to the
/// largest; or else all labels, sorted.
pub(super) fn class_order(
    path: &Path,
    gathered: &Gathered,
    given: Option<&[String]>,
) -> Result<Order<Vec<String>, Class>, DataError> {
    let names = gathered.classes.names();
    if names.len() > MAX_CLASSES as usize {
        let found = format!("{} different labels", names.len());
        return Err(DataError::file(path, found, format!("at most {MAX_CLASSES} classes")));
    }
    let whole: Option<Vec<i64>> = names.iter().map(whole_number).collect();
    match (given, whole) {
        (Some(given), _) => Ok((given.to_vec(), given_classes(path, gathered, given)?)),
        (None, Some(whole)) => numbered_classes(path, gathered, &whole),
        (None, None) => {
            all_names(path, gathered)?;
            let (names, index) = sorted(names);
            let names = names.iter().map(String::from).collect();
            Ok((names, index.into_iter().map(|index| Class(index as u16)).collect()))
        }
    }
}

/// Labels that are names must not be mixed with numbers: one of the two is a mistake.
fn all_names(path: &Path, gathered: &Gathered) -> Result<(), DataError> {
    let names = gathered.classes.names();
    let row = |class: usize| gathered.first_row(|label| label.class as usize == class);
    let hint = if gathered.unordered { "" } else { READ_AS_WIDE };
    let wrong = |class: usize, expected: String| {
        let expected = expected + hint;
        Err(DataError::row(path, row(class), format!("label {}", &names[class]), expected))
    };
    let is_number = |class: &usize| number(&names[*class]).is_some();
    let Some(first) = (0..names.len()).find(is_number) else { return Ok(()) };
    if let Some(fraction) =
        (0..names.len()).find(|class| is_number(class) && whole_number(&names[*class]).is_none())
    {
        return wrong(fraction, "a whole number from 0 or the name of a class".into());
    }
    match (0..names.len()).find(|class| !is_number(class)) {
        None => Ok(()),
        Some(name) => {
            let (earlier, later) = (first.min(name), first.max(name));
            let kind = if earlier == first { "a number" } else { "the name of a class" };
            let earlier = format!("{kind} as {} in row {}", &names[earlier], row(earlier));
            wrong(later, format!("{earlier}; if both are meant, list all classes"))
        }
    }
}

fn given_classes(
    path: &Path,
    gathered: &Gathered,
    given: &[String],
) -> Result<Vec<Class>, DataError> {
    if given.len() > MAX_CLASSES as usize {
        let found = format!("{} names of classes", given.len());
        return Err(DataError::shape(found, format!("at most {MAX_CLASSES}")));
    }
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
    let class = |(name, number): (&str, u32)| {
        index(name).map(|index| Class(index as u16)).ok_or_else(|| {
            let row = gathered.first_row(|label| label.class == number);
            let or_index = if numbered { "" } else { " or its index" };
            let expected = format!("one of {}{or_index}", listed(given));
            DataError::row(path, row, format!("label {name}"), expected)
        })
    };
    gathered.classes.names().iter().zip(0..).map(class).collect()
}

fn numbered_classes(
    path: &Path,
    gathered: &Gathered,
    whole: &[i64],
) -> Result<Order<Vec<String>, Class>, DataError> {
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
