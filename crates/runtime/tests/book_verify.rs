//! Books rebuilt from recordings against the venue's own quotes and against golden checkpoints.
//!
//! The bundled sample always runs; the larger recordings only where the shared data folder is at hand.

use nanotick_engine::book::Book;
use nanotick_model::{Grid, Level, Side};
use nanotick_runtime::book_verify::{verify, verify_watched, Format, Report, Watch};
use nanotick_runtime::recording::Recording;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::str::FromStr;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

fn sample(coin: &str) -> PathBuf {
    repository().join(format!("python/nanotick/data/sample/binance_usdm_{coin}usdt_20240808_90s.gz"))
}

/// A file of the shared data folder, or `None` with a printed reason.
fn shared(name: &str) -> Option<PathBuf> {
    let roots = [
        std::env::var_os("NANOTICK_SHARED").map(PathBuf::from),
        Some(repository().join("../shared")),
        Some(repository().join("../../shared")),
    ];
    let found =
        roots.into_iter().flatten().map(|root| root.join("data").join(name)).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: {name} is not in the shared data folder (set NANOTICK_SHARED)");
    }
    found
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("nanotick-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
    fn write(&self, name: &str, lines: &[String]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, lines.join("\n")).unwrap();
        path
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The first lines of the bundled sample, as `(receive time, JSON)`.
fn sample_lines(n: usize) -> Vec<(i64, String)> {
    let mut recording = Recording::open(&[sample("eth")]).unwrap();
    let mut lines = Vec::new();
    while let Some(message) = recording.next_message().unwrap().filter(|_| lines.len() < n) {
        lines.push((message.recv_ns, String::from_utf8(message.json.bytes().to_vec()).unwrap()));
    }
    lines
}

fn texts(lines: &[(i64, String)]) -> Vec<String> {
    lines.iter().map(|(recv, json)| format!("{recv} {json}")).collect()
}

fn is_depth((_, json): &(i64, String)) -> bool {
    json.contains("\"depthUpdate\"")
}

/// messages, updates, compared, mismatches, gaps, crossed
fn figures(report: &Report) -> (u64, u64, u64, u64, u64, u64) {
    let r = report;
    (r.messages, r.updates, r.compared, r.mismatches, r.gaps, r.crossed)
}

#[test]
fn the_bundled_sample_rebuilds_exactly() {
    for (coin, messages) in [("btc", 21_486), ("eth", 19_104)] {
        let report = verify(&[sample(coin)], Format::BinanceUsdm).unwrap();
        assert_eq!((report.messages, report.bad_lines, report.mismatches), (messages, 0, 0), "{report:?}");
        assert_eq!((report.gaps, report.crossed, report.snapshot_seen), (0, 0, true), "{report:?}");
        assert!(report.compared > 1_500 && report.updates - report.compared < 5, "{report:?}");
        assert!(report.levels_max > 2_000, "{report:?}");
    }
}

#[test]
fn how_a_session_is_written_does_not_matter() {
    let lines = sample_lines(6_000);
    let folder = Folder::new("written");
    let plain = folder.write("plain", &texts(&lines));
    let want = verify(&[plain], Format::BinanceUsdm).unwrap();
    assert!(want.compared > 300 && want.mismatches == 0, "{want:?}");

    let halves = lines.split_at(lines.len() / 2);
    let split = [folder.write("first", &texts(halves.0)), folder.write("second", &texts(halves.1))];
    let micros: Vec<_> = lines.iter().map(|(recv, json)| format!("{} {json}", recv / 1000)).collect();
    // Alphabetical keys, and spaces where JSON allows them.
    let rearrange = |json: &str| serde_json::from_str::<Value>(json).unwrap().to_string();
    let spaced = |json: &str| rearrange(json).replace("\":", "\" : ").replace("],[", "] , [");
    let rewritten: Vec<_> = lines.iter().map(|(recv, json)| format!("{recv} {}", spaced(json))).collect();
    let micros = [folder.write("micros", &micros)];
    let rewritten = [folder.write("rewritten", &rewritten)];
    for paths in [&split[..], &micros, &rewritten] {
        assert_eq!(verify(paths, Format::BinanceUsdm).unwrap(), want, "{paths:?}");
    }
}

#[test]
fn damage_is_reported_and_never_a_wrong_book() {
    let lines = sample_lines(6_000);
    let folder = Folder::new("damage");
    let depths: Vec<_> = (0..lines.len()).filter(|&i| is_depth(&lines[i])).collect();
    let middle = depths[depths.len() / 2];
    let (before, behind) = lines.split_at(middle);

    let missing = folder.write("missing", &[texts(before), texts(&behind[1..])].concat());
    let report = verify(&[missing], Format::BinanceUsdm).unwrap();
    assert_eq!((report.gaps, report.bad_lines, report.mismatches), (1, 0, 0), "{report:?}");

    let cut: String = texts(&behind[..1])[0].chars().take(150).collect();
    let damaged = folder.write("damaged", &[texts(before), vec![cut], texts(&behind[1..])].concat());
    let report = verify(&[damaged], Format::BinanceUsdm).unwrap();
    assert_eq!((report.gaps, report.bad_lines, report.mismatches), (1, 1, 0), "{report:?}");
    assert!(
        report.first_bad.as_ref().is_some_and(|bad| bad.contains(&format!(":{}: ", middle + 1))),
        "{report:?}"
    );

    let twice = folder.write("twice", &[texts(before), texts(&behind[..1]), texts(behind)].concat());
    let whole = verify(&[folder.write("whole", &texts(&lines))], Format::BinanceUsdm).unwrap();
    let report = verify(&[twice], Format::BinanceUsdm).unwrap();
    assert_eq!(figures(&report), (whole.messages + 1, whole.updates, whole.compared, 0, 0, 0));

    let altered = behind[0].1.replacen("\"b\":[[", "\"b\":[[\"99999.99\",\"1.000\"],[", 1);
    let altered = vec![format!("{} {altered}", behind[0].0)];
    let altered = folder.write("altered", &[texts(before), altered, texts(&behind[1..])].concat());
    let report = verify(&[altered], Format::BinanceUsdm).unwrap();
    assert!(report.crossed > 0 && report.mismatches > 0 && report.first_mismatch.is_some(), "{report:?}");

    let no_snapshot: Vec<_> =
        lines.iter().filter(|(_, json)| !json.contains("lastUpdateId")).cloned().collect();
    let report = verify(&[folder.write("bare", &texts(&no_snapshot))], Format::BinanceUsdm).unwrap();
    assert_eq!((report.updates, report.compared, report.snapshot_seen), (0, 0, false), "{report:?}");
    assert!(report.warnings.len() == 1 && report.warnings[0].contains("ETHUSDT"), "{report:?}");

    let old: Vec<_> = lines
        .iter()
        .map(|(recv, json)| (*recv, json.replace("\"lastUpdateId\":512", "\"lastUpdateId\":412")))
        .collect();
    let report = verify(&[folder.write("old", &texts(&old))], Format::BinanceUsdm).unwrap();
    assert_eq!((report.updates, report.snapshot_seen), (0, false), "{report:?}");
}

/// Sessions, format, messages, updates compared (at least), mismatches allowed.
#[rustfmt::skip]
const SESSIONS: &[(&[&str], &str, u64, u64, u64)] = &[
    (&["usdm_btcusdt_20240808.gz"], "binance-usdm", 93_954, 6_545, 0),
    (&["usdm_ethusdt_20240808.gz"], "binance-usdm", 74_655, 6_579, 0),
    (&["cm_btcusd_perp_20240808.gz", "cm_btcusd_perp_20240809.gz"], "binance-coinm", 98_386, 44_770, 0),
    (&["cm_ethusd_perp_20240808.gz", "cm_ethusd_perp_20240809.gz"], "binance-coinm", 78_314, 39_100, 0),
    (&["spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz"], "binance-spot", 99_574, 6_490, 2),
    (&["spot_ethusdt_20240808.gz", "spot_ethusdt_20240809.gz"], "binance-spot", 79_744, 6_468, 0),
    // In microseconds, and without quotes to compare with.
    (&["usdm_btcusdt_20220811.dat.zst"], "binance-usdm", 1_533, 0, 0),
];

#[test]
fn recorded_sessions_agree_with_the_venues_quotes() {
    for (files, format, messages, compared, mismatches) in SESSIONS {
        let paths: Option<Vec<_>> = files.iter().map(|f| shared(&format!("l2/binance_raw/{f}"))).collect();
        let Some(paths) = paths else { return };
        let report = verify(&paths, Format::from_str(format).unwrap()).unwrap();
        assert_eq!((report.messages, report.bad_lines), (*messages, 0), "{files:?}: {report:?}");
        assert_eq!(
            (report.gaps, report.crossed, report.snapshot_seen),
            (0, 0, true),
            "{files:?}: {report:?}"
        );
        assert!(report.mismatches <= *mismatches, "{files:?}: {report:?}");
        assert!(report.compared >= *compared && report.updates >= 200, "{files:?}: {report:?}");
    }
}

#[test]
fn the_second_day_alone_has_no_snapshot() {
    let Some(path) = shared("l2/binance_raw/cm_btcusd_perp_20240809.gz") else { return };
    let report = verify(&[path], Format::BinanceCoinm).unwrap();
    assert_eq!((report.messages, report.updates, report.snapshot_seen), (50_116, 0, false), "{report:?}");
}

#[test]
fn several_symbols_with_recorded_requests_are_told_apart() {
    for (file, format, symbols) in [("BINANCE_FUTURES", "binance-usdm", 4), ("BINANCE", "binance-spot", 4)] {
        let Some(path) = shared(&format!("l2/multi_venue/{file}.jsonl.zst")) else { return };
        let report = verify(&[path], Format::from_str(format).unwrap()).unwrap();
        assert_eq!((report.symbols.len(), report.snapshot_seen), (symbols, true), "{report:?}");
        assert_eq!((report.gaps, report.crossed, report.mismatches), (0, 0, 0), "{report:?}");
        assert!(report.compared > 100, "{report:?}");
    }
}

#[test]
fn bybit_books_have_neither_gaps_nor_crosses() {
    let Some(path) = shared("l2/multi_venue/BYBIT.jsonl.zst") else { return };
    let report = verify(&[path], Format::BybitLinear).unwrap();
    assert_eq!((report.bad_lines, report.gaps, report.crossed), (0, 0, 0), "{report:?}");
    assert_eq!((report.symbols.len(), report.snapshot_seen), (4, true), "{report:?}");
    // Linear and spot share symbols in this recording; only the former's messages count.
    assert!(report.updates > 1_500 && report.updates < 2_148, "{report:?}");
}

/// Compares the book with golden checkpoints as updates come.
struct Golden<'a> {
    decimals: (usize, usize),
    checkpoints: &'a [Value],
    /// Bybit's checkpoints count lines from 0, the snapshot's being the first.
    by_line: bool,
    applied: u64,
    lines: u64,
    met: usize,
}

impl Golden<'_> {
    fn level(&self, (tick, lot): (&Grid, &Grid), level: Level) -> [String; 2] {
        // The checkpoints keep the venue's own spelling, zeros and all.
        let pad = |text: String, decimals: usize| match text.split_once('.') {
            Some((whole, fraction)) => format!("{whole}.{fraction:0<decimals$}"),
            None if decimals == 0 => text,
            None => format!("{text}.{}", "0".repeat(decimals)),
        };
        [pad(tick.text(level.px.0), self.decimals.0), pad(lot.text(level.qty.0), self.decimals.1)]
    }
}

impl Watch for Golden<'_> {
    fn updated(&mut self, _: &str, grids: (&Grid, &Grid), book: &Book, is_snapshot: bool) {
        self.applied += !is_snapshot as u64;
        self.lines += 1;
        let (key, at) = if self.by_line { ("line", self.lines - 1) } else { ("applied", self.applied) };
        let Some(want) = self.checkpoints.get(self.met).filter(|c| c[key] == at) else { return };
        self.met += 1;
        assert_eq!(want["u"], book.update_id());
        assert_eq!(want["bid"], serde_json::json!(self.level(grids, book.best_bid().unwrap())), "{want}");
        assert_eq!(want["ask"], serde_json::json!(self.level(grids, book.best_ask().unwrap())), "{want}");
        let (bids, asks) = book.levels();
        assert_eq!((&want["nbids"], &want["nasks"]), (&Value::from(bids), &Value::from(asks)), "{want}");
        let top = |side| {
            let mut levels = Vec::new();
            book.walk(side, |level| {
                levels.push(self.level(grids, level).join(":"));
                levels.len() < 10
            });
            levels.join("|")
        };
        let top10 = format!("{}#{}", top(Side::Buy), top(Side::Sell));
        assert_eq!(want["top10_crc32"], crc32fast::hash(top10.as_bytes()), "{want}\n{top10}");
    }
}

#[test]
fn books_pass_through_the_golden_checkpoints() {
    let Some(golden) = shared("venues/vectors/book_replay_expected.json") else {
        return;
    };
    let golden: Value = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
    let mut files = 0;
    for book in golden["books"].as_array().unwrap() {
        let file = book["file"].as_str().unwrap();
        let (format, decimals) = match file {
            f if f.contains("/usdm_btc") => (Format::BinanceUsdm, (2, 3)),
            f if f.contains("/usdm_eth") => (Format::BinanceUsdm, (2, 3)),
            f if f.contains("/spot_") => (Format::BinanceSpot, (8, 8)),
            f if f.contains("/XRPUSDT_ob500") => (Format::BybitLinear, (4, 0)),
            _ => continue,
        };
        let Some(path) = shared(&format!("venues/{file}")) else { return };
        let checkpoints = book["checkpoints"].as_array().unwrap();
        let by_line = format == Format::BybitLinear;
        let mut watch = Golden { decimals, checkpoints, by_line, applied: 0, lines: 0, met: 0 };
        let report = verify_watched(&[path], format, &mut watch).unwrap();
        assert_eq!(watch.met, checkpoints.len(), "{file}: {report:?}");
        assert!(by_line || book["applied"] == report.updates, "{file}: {report:?}");
        files += 1;
    }
    assert_eq!(files, 4);
}
