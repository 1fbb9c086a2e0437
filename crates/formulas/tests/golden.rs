//! Values of other people's implementations (TA-Lib, NumPy) on recorded markets: see golden/generate.py.

mod common;

use std::path::Path;

use common::{close, kernel, Table};
use nanotick_formulas::InputKind;

const TOLERANCE: f64 = 1e-9;

struct Golden {
    header: Vec<String>,
    columns: Vec<Vec<f64>>,
}

fn read(name: &str) -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.csv"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = text.lines();
    let header: Vec<String> = lines.next().expect("a header").split(',').map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); header.len()];
    for line in lines {
        for (column, field) in columns.iter_mut().zip(line.split(',')) {
            column.push(field.parse().expect("a number"));
        }
    }
    Golden { header, columns }
}

impl Golden {
    /// The first columns are the inputs; the levels of a book side are numbered columns.
    fn inputs(&self, kind: InputKind) -> Table {
        let rows = self.columns[0].len();
        let of = |name: &str| -> Vec<&Vec<f64>> {
            let is_level = |title: &str| title.trim_end_matches(|c: char| c.is_ascii_digit()) == name;
            self.header
                .iter()
                .zip(&self.columns)
                .filter(|(title, _)| is_level(title))
                .map(|(_, c)| c)
                .collect()
        };
        let parts: Vec<Vec<&Vec<f64>>> = kind.columns().iter().map(|name| of(name)).collect();
        let columns = parts
            .iter()
            .map(|levels| (0..rows).flat_map(|row| levels.iter().map(move |level| level[row])).collect())
            .collect();
        Table { kind, columns, levels: parts[0].len() }
    }
}

/// `key(parameters).output` taken apart.
fn parse(title: &str) -> Option<(&str, Vec<f64>, &str)> {
    let (key, rest) = title.split_once('(')?;
    let (params, output) = rest.split_once(").")?;
    let params = params.split_whitespace().map(|value| value.parse().expect("a number")).collect();
    Some((key, params, output))
}

/// Compares every golden column of a file and returns how many there were.
fn compare(name: &str, kind: InputKind) -> usize {
    let golden = read(name);
    let inputs = golden.inputs(kind);
    let mut compared = 0;
    for (title, expected) in golden.header.iter().zip(&golden.columns) {
        let Some((key, params, output)) = parse(title) else { continue };
        let mut kernel = kernel(key, &params);
        let place = kernel.info().outputs.iter().position(|info| info.name == output);
        let got = &inputs.batch(&mut kernel)[place.expect("an output of that name")];
        for (row, (&got, &expected)) in got.iter().zip(expected).enumerate() {
            assert!(close(got, expected, 1e-3, TOLERANCE), "{title} row {row}: {got} is not {expected}");
        }
        compared += 1;
    }
    compared
}

#[test]
fn ten_formulas_agree_with_their_oracles_on_recorded_markets() {
    let files = [
        ("price", InputKind::Price, 23),
        ("bar", InputKind::Bar, 2),
        ("trade", InputKind::Trade, 6),
        ("quote", InputKind::Quote, 5),
        ("book", InputKind::Book, 4),
    ];
    for (name, kind, columns) in files {
        assert_eq!(compare(name, kind), columns, "golden columns in {name}.csv");
    }
}
