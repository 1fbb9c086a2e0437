//! Sessions from Python: a live run, and its replay. The strategy decides the host; all else is in the JSON.

use crate::errors::{config_error, core_error, journal_error, net_error, Exit};
use crate::host::PythonHost;
use crate::native::NativeHost;
use nanotick_engine::{prepare, Desk, Engine, Host, Signals};
use nanotick_journal::{Options, Writer};
use nanotick_runtime::live::{run_live as drive, LiveConfig, LiveReport};
use nanotick_runtime::replay::replay as replay_journal;
use nanotick_runtime::session::SessionConfig;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

/// A strategy as Python hands it over.
enum Given<'py> {
    Object(Bound<'py, PyAny>),
    /// The host, and the object that owns the machine code.
    Native(NativeHost, Option<Bound<'py, PyAny>>),
}

/// Sorts a strategy into its host: an object with callbacks, a compiled function, or one built into the engine.
fn sort<'py>(strategy: &Bound<'py, PyAny>, instruments: usize) -> PyResult<Given<'py>> {
    let py = strategy.py();
    if strategy.is_none() {
        return Ok(Given::Native(NativeHost::Watch(nanotick_engine::Watch), None));
    }
    if strategy.hasattr("build")? {
        let enabled = py.import("nanotick.compiler")?.call_method0("jit_enabled")?.is_truthy()?;
        if !enabled {
            let plain = py.import("nanotick.plain")?.getattr("PlainStrategy")?.call1((strategy,))?;
            return Ok(Given::Object(plain));
        }
        let (owner, address): (Bound<'py, PyAny>, usize) = strategy.call_method0("build")?.extract()?;
        let state_bytes: usize = strategy.call_method0("state_dtype")?.getattr("itemsize")?.extract()?;
        let params = parameter_values(strategy)?;
        let wants: u32 = strategy.getattr("wants")?.extract()?;
        // SAFETY: `build` compiled the function for exactly this state and these parameters, and `owner` keeps the
        // code alive for as long as the host does.
        let host = unsafe { NativeHost::compiled(address, state_bytes, params, wants, instruments)? };
        return Ok(Given::Native(host, Some(owner)));
    }
    let built_in = py.import("nanotick.strategies.builtin")?.getattr("BuiltIn")?;
    if strategy.is_instance(&built_in)? {
        let name: String = strategy.getattr("name")?.extract()?;
        let host = NativeHost::built_in(&name, &parameter_values(strategy)?, instruments)?;
        return Ok(Given::Native(host, None));
    }
    Ok(Given::Object(strategy.clone()))
}

/// The host of a strategy that needs no interpreter, and what owns its machine code; `None` for a Python object.
pub fn native_host<'py>(
    strategy: &Bound<'py, PyAny>,
    instruments: usize,
) -> PyResult<Option<(NativeHost, Option<Bound<'py, PyAny>>)>> {
    Ok(match sort(strategy, instruments)? {
        Given::Object(_) => None,
        Given::Native(host, owner) => Some((host, owner)),
    })
}

fn parameter_values(strategy: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    strategy.getattr("defaults")?.call_method0("values")?.try_iter()?.map(|v| v?.extract()).collect()
}

fn desk_of(session: &SessionConfig) -> PyResult<(Desk, Vec<Signals>)> {
    let config = session.build().map_err(|e| config_error(&e))?;
    prepare(config).map_err(|e| core_error(Exit::Config, &e.to_string()))
}

/// The host of a Python object.
pub fn python_host<'py>(
    strategy: &Bound<'py, PyAny>,
    desk: &Desk,
    signals: &[Signals],
    callback_limit_ms: u64,
) -> PyResult<PythonHost<'py>> {
    let names: Vec<_> = signals.iter().map(|s| s.names().to_vec()).collect();
    PythonHost::new(strategy.py(), strategy, desk, &names, callback_limit_ms)
}

/// Runs a live session until it is over. Returns a summary as JSON.
///
/// `config` is JSON with the keys `session` and `live`; `run_dir` gets the journal.
#[pyfunction]
pub fn run_live<'py>(
    py: Python<'py>,
    config: &[u8],
    strategy: Bound<'py, PyAny>,
    run_dir: PathBuf,
) -> PyResult<Bound<'py, PyBytes>> {
    let config = LiveConfig::from_json(config).map_err(|e| config_error(&e))?;
    let (desk, signals) = desk_of(&config.session)?;
    let instruments = desk.instruments().len();
    let options = Options { epoch: config.session.epoch, ..Options::default() };
    let writer = Writer::create(&run_dir.join("journal"), options).map_err(|e| journal_error(&e))?;
    let report = match sort(&strategy, instruments)? {
        Given::Object(object) => {
            let host = python_host(&object, &desk, &signals, config.live.callback_limit_ms)?;
            live(&config, Engine::new(desk, signals, host), writer)
        }
        Given::Native(host, owner) => {
            let report = py.detach(|| live(&config, Engine::new(desk, signals, host), writer));
            drop(owner);
            report
        }
    }?;
    Ok(PyBytes::new(py, &report.to_json()))
}

fn live<H: Host>(config: &LiveConfig, mut engine: Engine<H>, writer: Writer) -> PyResult<LiveReport> {
    drive(config, &mut engine, writer).map_err(|e| net_error(&e))
}

/// Runs a session again from its journal and compares. Returns the report as JSON.
#[pyfunction]
#[pyo3(signature = (run_dir, strategy, until = None))]
pub fn replay<'py>(
    py: Python<'py>,
    run_dir: PathBuf,
    strategy: Bound<'py, PyAny>,
    until: Option<u64>,
) -> PyResult<Bound<'py, PyBytes>> {
    let journal = run_dir.join("journal");
    let session =
        nanotick_runtime::replay::session_of(&journal).map_err(|e| journal_error(&e))?.ok_or_else(|| {
            let text = format!("{} does not begin with a session", journal.display());
            core_error(Exit::Data, &format!("{text}\nhint: give the folder of a run"))
        })?;
    let (desk, signals) = desk_of(&session)?;
    let instruments = desk.instruments().len();
    let outcome = match sort(&strategy, instruments)? {
        Given::Object(object) => {
            let host = python_host(&object, &desk, &signals, 60_000)?;
            replay_journal(&journal, &mut Engine::new(desk, signals, host), until)
        }
        Given::Native(host, owner) => {
            let report = py.detach(|| replay_journal(&journal, &mut Engine::new(desk, signals, host), until));
            drop(owner);
            report
        }
    };
    let report = outcome.map_err(|e| journal_error(&e))?;
    let json = serde_json::to_vec(&report).map_err(|e| core_error(Exit::Failed, &e.to_string()))?;
    Ok(PyBytes::new(py, &json))
}
