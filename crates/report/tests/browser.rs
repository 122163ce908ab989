//! The page in a headless Chromium: no error, no request, no empty picture, nothing
//! wider than the screen, in both themes, on a phone and on paper. Skipped where no
//! Chromium is installed. `RELABEL_SCREENSHOTS=DIR` keeps the pictures that were taken.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod devtools;
mod fake_run;

use std::{collections::BTreeSet, fs, io::Write, path::Path};

use devtools::{Browser, installed};
use fake_run::{add_cell, report_on, whole_run};
use relabel_report::{Reference, Report, write_report};
use tiny_skia::{Pixmap, PremultipliedColorU8};

/// Place and size of every picture that is shown.
const SHOWN: &str = "[...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect())\
    .filter(r => r.width > 0).map(r => [r.x + scrollX, r.y + scrollY, r.width, r.height])";

fn page(folder: &Path) -> std::path::PathBuf {
    let run = whole_run(folder);
    // A cell that is not finished, so that the page has its notices too.
    add_cell(&run, "activelab", 2, &[0.8, 0.85]);
    let rows = "benchmark,model,method,metric,iteration,mean,std,runs\n\
                wall-robot,et,crowdlab,model_accuracy,0,0.8,0.01,5\n\
                wall-robot,et,crowdlab,model_accuracy,1,0.87,0.01,5\n";
    fs::write(folder.join("published_results.csv"), rows).unwrap();
    let reference = Some(Reference::load(folder).unwrap());
    let out = folder.join("report.html");
    let nowhere = folder.join("nowhere");
    write_report(&Report { reference, ..report_on(&[&run, &nowhere]) }, &out).unwrap();
    out
}

/// Where a test leaves what it saw, if anybody wants to look.
fn keep(name: &str, png: &[u8]) {
    if let Some(folder) = std::env::var_os("RELABEL_SCREENSHOTS") {
        fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
    }
}

fn luminance(pixel: PremultipliedColorU8) -> u32 {
    u32::from(pixel.red()) + u32::from(pixel.green()) + u32::from(pixel.blue())
}

/// Pixels that are not background, and how many colours there are.
fn ink(picture: &Pixmap, area: &[f64]) -> (usize, usize) {
    let [left, top, width, height] = [0, 1, 2, 3].map(|place| area[place] as u32);
    let background = picture.pixel(left + 1, top + 1).unwrap();
    let mut colours = BTreeSet::new();
    let mut inked = 0;
    for y in top..(top + height).min(picture.height()) {
        for x in left..(left + width).min(picture.width()) {
            let pixel = picture.pixel(x, y).unwrap();
            colours.insert((pixel.red(), pixel.green(), pixel.blue()));
            inked += usize::from(pixel != background);
        }
    }
    (inked, colours.len())
}

/// One look at the page: pictures are there and have something on them.
fn look(browser: &mut Browser, name: &str, pictures: usize) -> Pixmap {
    let areas: Vec<Vec<f64>> = serde_json::from_value(browser.evaluate(SHOWN)).unwrap();
    assert_eq!(areas.len(), pictures, "{name}");
    let (picture, png) = browser.screenshot();
    keep(name, &png);
    for area in &areas {
        let (inked, colours) = ink(&picture, area);
        assert!(inked > 1500 && colours > 10, "{name}: {inked} pixels, {colours} colours");
    }
    let overflow = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
    assert!(overflow.as_i64().unwrap() <= 0, "{name} is {overflow} pixels too wide");
    picture
}

#[test]
fn the_page_shows_every_picture_and_asks_for_nothing() {
    let Some(program) = installed() else {
        // Past the harness, which hides what a passing test prints.
        let text = format_args!("skipped: no Chromium is installed\n");
        return std::io::stderr().write_fmt(text).unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    let file = page(folder.path());
    let mut browser = Browser::start(program);
    let dark = |picture: &Pixmap| luminance(picture.pixel(2, 2).unwrap()) < 200;

    browser.open(&file, 1100, "light", "screen");
    assert!(!dark(&look(&mut browser, "light", 5)));
    let rounds = browser.evaluate("document.querySelector('figure').innerText.includes('Round')");
    assert_eq!(rounds, true);
    browser.evaluate("document.getElementById('by-labels').click()");
    look(&mut browser, "light-by-labels", 5);
    let text = browser.evaluate("document.querySelector('figure').innerText");
    assert!(text.as_str().unwrap().contains("Labels spent"), "{text}");
    browser.evaluate("document.getElementById('dark').click()");
    assert!(dark(&look(&mut browser, "light-switched-to-dark", 5)));

    browser.open(&file, 1100, "dark", "screen");
    assert!(dark(&look(&mut browser, "dark", 5)));
    browser.open(&file, 390, "light", "screen");
    assert!(!dark(&look(&mut browser, "phone", 5)));
    browser.open(&file, 390, "dark", "screen");
    assert!(dark(&look(&mut browser, "phone-dark", 5)));
    browser.open(&file, 794, "dark", "print");
    assert!(!dark(&look(&mut browser, "print", 5)));

    let of = |method: &str| {
        let events = browser.events.iter().filter(|event| event["method"] == method);
        events.cloned().collect::<Vec<_>>()
    };
    for complaint in ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"] {
        let complaints = of(complaint);
        assert!(complaints.is_empty(), "{complaints:?}");
    }
    let requests = of("Network.requestWillBeSent");
    let urls: BTreeSet<&str> =
        requests.iter().filter_map(|event| event["params"]["request"]["url"].as_str()).collect();
    assert_eq!(urls, BTreeSet::from([format!("file://{}", file.display()).as_str()]));
}
