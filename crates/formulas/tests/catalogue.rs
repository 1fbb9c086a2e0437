//! The rows beside the kernels agree with the kernels, with themselves, and with the project's formula list where it
//! is at hand (NANOTICK_SHARED, or a folder `shared` beside the checkout).

mod common;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use common::KEYS;
use nanotick_formulas::{build, info, Bound, BuildError, FormulaInfo, ParamKind, CATALOGUE, MAX_OUTPUTS};

#[test]
fn rows_are_whole_and_unique() {
    let keys: BTreeSet<&str> = CATALOGUE.iter().map(|row| row.key).collect();
    let ids: BTreeSet<u16> = CATALOGUE.iter().map(|row| row.id).collect();
    assert_eq!((keys.len(), ids.len()), (CATALOGUE.len(), CATALOGUE.len()));
    assert_eq!(keys, BTreeSet::from(KEYS));
    for row in CATALOGUE {
        assert!((1..=3).contains(&row.tier) && (1..=MAX_OUTPUTS).contains(&row.outputs.len()), "{}", row.key);
        assert!(row.definition.ends_with('.') && row.citation.contains("(19") | row.citation.contains("(20"));
        assert_eq!(info(row.key), Some(*row));
        assert!(row.params.iter().all(|param| param.allows(param.default)), "{}", row.key);
        assert_eq!(build(row.key, &[]).expect("defaults build").info().key, row.key);
    }
    assert_eq!(info("no_such_formula"), None);
}

#[test]
fn every_end_of_every_range_is_kept() {
    for row in CATALOGUE {
        for (index, param) in row.params.iter().enumerate() {
            let with = |value: f64| {
                let mut values: Vec<f64> = row.params.iter().map(|param| param.default).collect();
                values[index] = value;
                build(row.key, &values)
            };
            for (bound, beyond) in [(param.low, -1.0), (param.high, 1.0)] {
                let (end, included) = match bound {
                    Bound::Included(end) => (end, true),
                    Bound::Excluded(end) => (end, false),
                };
                assert!(with(end + beyond).is_err(), "{} {}", row.key, param.name);
                // macd has a rule between parameters, tested below.
                assert!(
                    row.key == "macd" || with(end).is_ok() == included,
                    "{} {} {end}",
                    row.key,
                    param.name
                );
            }
            assert!([f64::NAN, f64::INFINITY, -f64::INFINITY].iter().all(|&value| with(value).is_err()));
            assert_eq!(with(param.default + 0.5).is_err(), param.kind == ParamKind::Int, "{}", row.key);
        }
    }
}

#[test]
fn errors_say_formula_parameter_value_and_range() {
    let cases: [(&str, &[f64], &str); 7] = [
        ("rsi", &[1.0], "rsi: period is 1, allowed is a whole number from 2 up to 10000"),
        ("sma", &[2.5], "sma: period is 2.5, allowed is a whole number from 1 up to 100000"),
        ("ema", &[f64::NAN], "ema: period is NaN, allowed is a whole number from 1 up to 100000"),
        ("bollinger", &[20.0, 0.0], "bollinger: k is 0, allowed is a number above 0 up to 100"),
        ("macd", &[26.0, 26.0, 9.0], "macd: fast is 26, allowed is less than slow, which is 26"),
        ("atr", &[14.0, 2.0], "atr: 2 parameters given, allowed are at most 1"),
        ("rsl", &[], "there is no formula named \"rsl\" in the catalogue"),
    ];
    for (key, params, sentence) in cases {
        let error: BuildError = build(key, params).expect_err(sentence);
        assert_eq!(error.to_string(), sentence);
    }
}

fn shared_catalogue() -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = [
        std::env::var_os("NANOTICK_SHARED").map(PathBuf::from),
        Some(root.join("../shared")),
        Some(root.join("../../shared")),
    ];
    folders
        .into_iter()
        .flatten()
        .find_map(|folder| std::fs::read_to_string(folder.join("formulas/catalogue.csv")).ok())
}

/// Fields of a line of CSV; a quoted field may hold commas and doubled quotes.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let field = fields.last_mut().expect("starts with one");
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => field.push(c),
        }
    }
    fields
}

/// `name:type=default [low,high]`, with round brackets for ends that are left out.
fn same_params(row: &FormulaInfo, text: &str) -> bool {
    let specs: Vec<&str> = text.split("; ").filter(|spec| *spec != "none").collect();
    specs.len() == row.params.len()
        && specs.iter().zip(row.params).all(|(spec, param)| {
            let (name, rest) = spec.split_once(':').expect("a type");
            let (kind, rest) = rest.split_once('=').expect("a default");
            let (default, range) = rest.split_once(' ').expect("a range");
            let (low, high) = range[1..range.len() - 1].split_once(',').expect("two ends");
            let end = |included: bool, text: &str| {
                let value: f64 = text.parse().expect("a number");
                if included {
                    Bound::Included(value)
                } else {
                    Bound::Excluded(value)
                }
            };
            name == param.name
                && (kind == "int") == (param.kind == ParamKind::Int)
                && default.parse() == Ok(param.default)
                && end(range.starts_with('['), low) == param.low
                && end(range.ends_with(']'), high) == param.high
        })
}

#[test]
fn rows_agree_with_the_formula_list() {
    let Some(text) = shared_catalogue() else {
        println!("skipped: no shared/formulas/catalogue.csv here (set NANOTICK_SHARED to its folder)");
        return;
    };
    let mut lines = text.lines().map(fields);
    let titles = lines.next().expect("a header");
    let list: HashMap<String, HashMap<String, String>> = lines
        .map(|line| titles.iter().cloned().zip(line).collect::<HashMap<_, _>>())
        .map(|row| (row["key"].clone(), row))
        .collect();
    for row in CATALOGUE {
        let listed = &list[row.key];
        let outputs: Vec<&str> = row.outputs.iter().map(|output| output.name).collect();
        let units: BTreeSet<&str> = row.outputs.iter().map(|output| output.unit).collect();
        let facts = [
            ("id", row.id.to_string()),
            ("name", row.name.to_owned()),
            ("category", row.category.to_owned()),
            ("subcategory", row.subcategory.to_owned()),
            ("outputs", outputs.join("; ")),
            ("warmup", row.warmup.to_owned()),
            ("citation", row.citation.to_owned()),
            ("tier", row.tier.to_string()),
        ];
        for (title, value) in facts {
            assert_eq!(listed[title], value, "{}: {title}", row.key);
        }
        assert_eq!(listed["output_units"].split("; ").collect::<BTreeSet<_>>(), units, "{}", row.key);
        assert!(same_params(row, &listed["params"]), "{}: {}", row.key, listed["params"]);
    }
}
