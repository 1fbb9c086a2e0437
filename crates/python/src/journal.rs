//! Journals from Python: a reader that any process may have, the verifier, and the layouts of the records.

use crate::errors::journal_error;
use nanotick_journal::Reader;
use nanotick_model::record::{self, Kind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::path::{Path, PathBuf};

/// A record as Python gets it: kind, seq, wall_ns, payload.
type FoundRecord<'py> = (u16, u64, i64, Bound<'py, PyBytes>);

/// Reads a journal, finished or being written, from its beginning.
#[pyclass(unsendable, module = "nanotick._core")]
pub struct JournalReader {
    path: PathBuf,
    reader: Reader,
}

#[pymethods]
impl JournalReader {
    #[new]
    fn new(path: PathBuf) -> PyResult<JournalReader> {
        let reader = Reader::open(&path).map_err(|e| journal_error(&e))?;
        Ok(JournalReader { path, reader })
    }

    /// Up to `max_records` records that are there now, as (kind, seq, wall_ns, payload).
    fn poll<'py>(&mut self, py: Python<'py>, max_records: usize) -> PyResult<Vec<FoundRecord<'py>>> {
        let mut found = Vec::new();
        while found.len() < max_records {
            match self.reader.next().map_err(|e| journal_error(&e))? {
                Some(r) => found.push((r.kind, r.seq, r.wall_ns, PyBytes::new(py, r.payload))),
                None => break,
            }
        }
        Ok(found)
    }

    /// All payloads of one fixed-size kind, back to back, for `numpy.frombuffer`; read from the beginning.
    fn table<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyBytes>> {
        let (kind, size) = fixed_kind(kind)?;
        let mut bytes = Vec::new();
        self.scan(|r| {
            if r.kind == kind as u16 && r.payload.len() == size {
                bytes.extend_from_slice(r.payload);
            }
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Best bid and ask after each book update of an instrument, as int64 rows (recv_ns, bid_px, ask_px) in ticks;
    /// at most one row per `step_ns`. Rebuilt from the journal's own updates.
    fn tops<'py>(&self, py: Python<'py>, instrument: u16, step_ns: i64) -> PyResult<Bound<'py, PyBytes>> {
        use nanotick_engine::book::{Book, BookConfig};
        let mut book: Option<Book> = None;
        let mut levels = Vec::new();
        let mut rows: Vec<u8> = Vec::new();
        let mut next_ns = i64::MIN;
        self.scan(|r| {
            if r.kind != Kind::Book as u16 {
                return;
            }
            let Ok(event) = record::decode_event(Kind::Book, r.payload, &mut levels) else { return };
            let nanotick_model::Body::Book(update) = event.body else { return };
            if event.instrument.0 != instrument {
                return;
            }
            let near = update.bids.first().or(update.asks.first()).map_or(1, |l| l.px.0);
            let book = book.get_or_insert_with(|| Book::new(BookConfig::for_price(nanotick_model::Px(near))));
            if book.apply(&update).is_err() || event.recv_ns < next_ns {
                return;
            }
            if let (Some(bid), Some(ask)) = (book.best_bid(), book.best_ask()) {
                next_ns = event.recv_ns + step_ns;
                for word in [event.recv_ns, bid.px.0, ask.px.0] {
                    rows.extend_from_slice(&word.to_le_bytes());
                }
            }
        })?;
        Ok(PyBytes::new(py, &rows))
    }
}

impl JournalReader {
    fn scan(&self, mut visit: impl FnMut(&nanotick_journal::Record<'_>)) -> PyResult<()> {
        let mut reader = Reader::open(&self.path).map_err(|e| journal_error(&e))?;
        while let Some(r) = reader.next().map_err(|e| journal_error(&e))? {
            visit(&r);
        }
        Ok(())
    }
}

fn fixed_kind(name: &str) -> PyResult<(Kind, usize)> {
    record::layouts().into_iter().find(|(k, ..)| k.name() == name && *k != Kind::Book).map_or_else(
        || Err(PyValueError::new_err(format!("there is no fixed-size record {name:?}"))),
        |(k, size, _)| Ok((k, size)),
    )
}

/// Every fixed record: name → (kind, size in bytes, [(field, NumPy type, offset)]).
#[pyfunction]
pub fn record_layouts(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for (kind, size, fields) in record::layouts() {
        dict.set_item(kind.name(), (kind as u16, size, fields))?;
    }
    Ok(dict)
}

/// The names of all record kinds by their number.
#[pyfunction]
pub fn record_kinds(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for kind in Kind::ALL {
        dict.set_item(kind as u16, kind.name())?;
    }
    Ok(dict)
}

/// A damage report as JSON.
#[pyfunction]
pub fn journal_verify<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyBytes>> {
    let report = py.detach(|| nanotick_journal::verify(&path));
    let damage: Vec<_> = report
        .damage
        .iter()
        .map(|d| serde_json::json!({ "segment": d.segment, "offset": d.offset, "why": d.why.to_string() }))
        .collect();
    let json = serde_json::json!({
        "records": report.records,
        "segments": report.segments,
        "damage": damage,
        "recoverable_to": report.recoverable_to,
        "damage_count": report.damage_count,
        "tail_bytes_lost": report.tail_bytes_lost,
    });
    Ok(PyBytes::new(py, json.to_string().as_bytes()))
}

/// Counts and bytes by kind as JSON.
#[pyfunction]
pub fn journal_stat<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyBytes>> {
    let stat = py.detach(|| nanotick_journal::stat(Path::new(&path))).map_err(|e| journal_error(&e))?;
    let kinds: serde_json::Map<String, serde_json::Value> = stat
        .kinds
        .iter()
        .map(|(kind, k)| {
            let name = Kind::from_u16(*kind).map_or_else(|| kind.to_string(), |k| k.name().to_owned());
            (name, serde_json::json!({ "records": k.records, "bytes": k.payload_bytes }))
        })
        .collect();
    let json = serde_json::json!({
        "records": stat.records,
        "segments": stat.segments,
        "first_wall_ns": stat.first_wall_ns,
        "last_wall_ns": stat.last_wall_ns,
        "kinds": kinds,
    });
    Ok(PyBytes::new(py, json.to_string().as_bytes()))
}
