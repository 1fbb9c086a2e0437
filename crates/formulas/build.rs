//! Turns `catalogue.csv`, the single source of what is known about each formula, into Rust constants.
//! A row that cannot be read stops the build with its key.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

const COLUMNS: [&str; 19] = [
    "id",
    "key",
    "name",
    "category",
    "subcategory",
    "inputs",
    "params",
    "outputs",
    "output_units",
    "warmup",
    "streaming",
    "definition",
    "oracle",
    "citation",
    "tests",
    "tier",
    "columns",
    "shapes",
    "note",
];

fn main() {
    println!("cargo:rerun-if-changed=catalogue.csv");
    println!("cargo:rerun-if-changed=build.rs");
    let text = fs::read_to_string("catalogue.csv").expect("catalogue.csv is readable");
    let mut rows = records(&text).into_iter();
    assert_eq!(rows.next().expect("catalogue.csv has a header"), COLUMNS, "header of catalogue.csv");
    let mut rust = String::new();
    let mut keys = Vec::new();
    for row in rows {
        let name = row[1].to_uppercase();
        writeln!(rust, "pub static {name}: FormulaInfo = {};", formula(&row)).expect("a string takes all");
        keys.push(name);
    }
    writeln!(rust, "/// Every row, in the order of the ids.\npub static CATALOGUE: &[&FormulaInfo] = &[")
        .expect("a string takes all");
    for key in keys {
        writeln!(rust, "    &{key},").expect("a string takes all");
    }
    rust.push_str("];\n");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("rows.rs"), rust).expect("OUT_DIR is writable");
}

/// Comma-separated records with quotes as RFC 4180 has them; a doubled quote is one.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

fn formula(row: &[String]) -> String {
    assert_eq!(row.len(), COLUMNS.len(), "a row of catalogue.csv: {row:?}");
    let cell = |name: &str| row[COLUMNS.iter().position(|c| *c == name).expect("a known column")].as_str();
    let key = cell("key");
    let units: Vec<&str> = cell("output_units").split("; ").collect();
    let shapes: Vec<(&str, &str)> = items(cell("shapes"))
        .map(|shape| shape.split_once(':').unwrap_or_else(|| panic!("{key}: shape {shape:?}")))
        .collect();
    let outputs = items(cell("outputs")).enumerate().map(|(index, name)| {
        let unit = if units.len() == 1 { units[0] } else { units[index] };
        let shape = shapes.iter().find(|(output, _)| *output == name).map_or("", |(_, shape)| shape);
        format!("OutputInfo {{ name: {name:?}, unit: {unit:?}, shape: {shape:?} }}")
    });
    let columns = items(cell("columns")).map(|column| {
        let name = column.trim_end_matches("[]");
        format!("ColumnInfo {{ name: {name:?}, vector: {} }}", name != column)
    });
    let params = items(cell("params")).filter(|p| *p != "none").map(|p| param(key, p));
    let invariants: Vec<&str> = cell("tests").split(" | ").collect();
    let streams: Vec<&str> = items(cell("inputs")).collect();
    format!(
        "FormulaInfo {{ id: {}, key: {key:?}, name: {:?}, category: {:?}, subcategory: {:?}, tier: {}, \
         streams: &{streams:?}, columns: &[{}], params: &[{}], outputs: &[{}], warmup: {:?}, streaming: {:?}, \
         definition: {:?}, citation: {:?}, oracle: {:?}, invariants: &{invariants:?}, note: {:?} }}",
        cell("id"),
        cell("name"),
        cell("category"),
        cell("subcategory"),
        cell("tier"),
        columns.collect::<Vec<_>>().join(", "),
        params.collect::<Vec<_>>().join(", "),
        outputs.collect::<Vec<_>>().join(", "),
        cell("warmup"),
        cell("streaming"),
        cell("definition"),
        cell("citation"),
        cell("oracle"),
        cell("note"),
    )
}

fn items(cell: &str) -> impl Iterator<Item = &str> {
    cell.split("; ").filter(|item| !item.is_empty())
}

/// `period:int=20 [1,100000]`, `kind:str=dollar {tick,dollar}`, `qs:list=0.1,0.9 [0,1]`.
fn param(key: &str, text: &str) -> String {
    let bad = || -> ! { panic!("{key}: parameter {text:?}") };
    let (name, rest) = text.split_once(':').unwrap_or_else(|| bad());
    let (kind, rest) = rest.split_once('=').unwrap_or_else(|| bad());
    let (default, range) = rest.split_once(' ').unwrap_or_else(|| bad());
    let inside = &range[1..range.len() - 1];
    let (kind, default, choices, low, high) = match kind {
        "bool" | "str" => {
            let choices: Vec<&str> =
                if kind == "bool" { vec!["false", "true"] } else { inside.split(',').collect() };
            let index = choices.iter().position(|c| *c == default).unwrap_or_else(|| bad());
            let kind = if kind == "bool" { "Flag" } else { "Choice" };
            let last = choices.len() - 1;
            let (low, high) = ("Bound::Included(0.0)".to_owned(), format!("Bound::Included({last}.0)"));
            (kind, vec![index as f64], choices, low, high)
        }
        _ => {
            let (low, high) = inside.split_once(',').unwrap_or_else(|| bad());
            let bound = |value: &str, closed: bool| {
                let value: f64 = value.parse().unwrap_or_else(|_| bad());
                format!("Bound::{}({value:?})", if closed { "Included" } else { "Excluded" })
            };
            let numbers = default.split(',').map(|d| d.parse::<f64>().unwrap_or_else(|_| bad())).collect();
            let kind = match kind {
                "int" => "Int",
                "float" => "Float",
                "list" => "List",
                _ => bad(),
            };
            (kind, numbers, vec![], bound(low, range.starts_with('[')), bound(high, range.ends_with(']')))
        }
    };
    format!(
        "ParamInfo {{ name: {name:?}, kind: ParamKind::{kind}, default: &{default:?}, choices: &{choices:?}, \
         low: {low}, high: {high} }}"
    )
}
