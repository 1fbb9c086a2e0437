//! `nanotick bench` from Python: runs the native measurements, and the chain under each kind of strategy host.

use crate::errors::{core_error, Exit};
use crate::host::PythonHost;
use crate::native::NativeHost;
use crate::session::{native_host, python_host};
use nanotick_engine::strategies::{TwoEma, TwoEmaParams};
use nanotick_engine::{Desk, Host, SignalSpec, Signals};
use nanotick_runtime::alloc_guard::{allocations_during, CountingAlloc};
use nanotick_runtime::bench as measured;
use nanotick_runtime::bench::{Chain, ChainConfig, Figure, Mode, Peer, Setup, Stored};
use nanotick_runtime::clock::stamp;
use nanotick_runtime::ws::{FrameWriter, Role};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Counts each thread's requests for memory, which costs two additions each; so a benchmark can show that the very
/// module that people run allocates nothing per event.
#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

/// Passes over the deltas before allocations are counted, and while they are.
const ALLOC_WARM_UP: usize = 4;
const ALLOC_PASSES: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Time for each figure.
    seconds: f64,
    /// How the other side of a measurement is started.
    peer_command: Vec<String>,
    /// Bybit messages: the book before the deltas, and deltas with 4, 24 and 50 levels.
    snapshot: String,
    deltas4: Vec<String>,
    deltas24: Vec<String>,
    deltas50: Vec<String>,
    /// A Binance USD-M recording of BTCUSDT.
    recording: PathBuf,
    /// A folder for journals.
    dir: PathBuf,
}

struct Suite<'py> {
    py: Python<'py>,
    options: Options,
    time: Duration,
    snapshot: Stored,
    deltas4: Vec<Stored>,
    deltas24: Vec<Stored>,
    deltas50: Vec<Stored>,
    chains: usize,
    figures: Vec<Figure>,
}

fn failed(why: impl ToString) -> PyErr {
    core_error(Exit::Failed, &why.to_string())
}

/// Runs a suite. `options` are those that `nanotick.session.bench` gives; returns `{"results": [...]}` as JSON.
#[pyfunction]
pub fn bench<'py>(py: Python<'py>, suite: &str, options: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let options: Options =
        serde_json::from_slice(options).map_err(|e| core_error(Exit::Usage, &e.to_string()))?;
    let figures = match suite {
        "hot" => {
            let mut suite = Suite::new(py, options);
            suite.run()?;
            suite.figures
        }
        "formulas" => {
            let time = Duration::from_secs_f64(options.seconds.clamp(0.01, 60.0));
            py.detach(|| measured::formulas(time)).map_err(failed)?
        }
        _ => {
            let sentence = format!("{suite:?} is no suite\nhint: suites are hot, formulas");
            return Err(core_error(Exit::Usage, &sentence));
        }
    };
    let json = serde_json::to_vec(&serde_json::json!({ "results": figures })).map_err(failed)?;
    Ok(PyBytes::new(py, &json))
}

/// The other side of a measurement, in a process of its own; ends with it.
#[pyfunction]
pub fn bench_peer(py: Python<'_>, args: Vec<String>) -> PyResult<()> {
    py.detach(|| measured::run_peer(&args)).map_err(failed)
}

impl<'py> Suite<'py> {
    fn new(py: Python<'py>, options: Options) -> Suite<'py> {
        let stored = |texts: &[String]| texts.iter().map(|t| Stored::new(t.as_bytes())).collect::<Vec<_>>();
        Suite {
            py,
            time: Duration::from_secs_f64(options.seconds.clamp(0.01, 60.0)),
            snapshot: Stored::new(options.snapshot.as_bytes()),
            deltas4: stored(&options.deltas4),
            deltas24: stored(&options.deltas24),
            deltas50: stored(&options.deltas50),
            options,
            chains: 0,
            figures: vec![],
        }
    }

    fn run(&mut self) -> PyResult<()> {
        self.parts()?;
        self.chain_of_each_host()?;
        self.bus()?;
        self.wire()
    }

    /// Keeps a figure, and lets a person stop the run between two.
    fn keep(&mut self, figures: impl IntoIterator<Item = Figure>) -> PyResult<()> {
        self.figures.extend(figures);
        self.py.check_signals()
    }

    fn parts(&mut self) -> PyResult<()> {
        let (time, instrument) = (self.time, measured::bybit_instrument());
        for (name, deltas) in [
            ("decode.bybit4", &self.deltas4),
            ("decode.bybit24", &self.deltas24),
            ("decode.bybit50", &self.deltas50),
        ] {
            let figure = measured::bybit(name, &instrument, deltas, time);
            self.figures.push(figure);
        }
        let recorded =
            measured::Recorded::load(&self.options.recording, "BTCUSDT", "0.1", "0.001").map_err(failed)?;
        self.keep(recorded.decode(time))?;
        self.keep([recorded.book(time)])?;
        self.keep([measured::signals_ten(time).map_err(failed)?])?;
        self.keep([measured::risk_check(time), measured::encode_create(time)])?;
        // The transport's own share: reading a frame, writing one, a stamp, a histogram.
        let stage = |(name, ns): (&'static str, f64)| Figure::of_batches(&format!("runtime.{name}"), &[ns]);
        self.keep(measured::stages().into_iter().map(stage))
    }

    /// A chain with a host that is made once the desk is there.
    fn chain<H: Host>(
        &mut self,
        signals: Vec<SignalSpec>,
        host: impl FnOnce(&Desk, &[Signals]) -> PyResult<H>,
    ) -> PyResult<Chain<H>> {
        self.chains += 1;
        let dir = self.options.dir.join(format!("chain-{}", self.chains));
        let config = ChainConfig { instrument: measured::bybit_instrument(), signals, dir };
        let (desk, signals) = config.prepare().map_err(failed)?;
        let host = host(&desk, &signals)?;
        Chain::new(&config, desk, signals, host).map_err(failed)
    }

    fn measure<H: Host>(&mut self, name: &str, chain: &mut Chain<H>, deltas: &[Stored]) -> PyResult<()> {
        let figure = chain.measure(name, &self.snapshot, deltas, self.time).map_err(failed)?;
        self.keep([figure])
    }

    fn chain_of_each_host(&mut self) -> PyResult<()> {
        let (deltas4, deltas24) = (std::mem::take(&mut self.deltas4), std::mem::take(&mut self.deltas24));
        for (prefix, signals) in [("", vec![]), (".signals", measured::ten_signals())] {
            let mut rust = self.chain(signals.clone(), rust_host)?;
            self.measure(&format!("chain.rust.bybit24{prefix}"), &mut rust, &deltas24)?;
            if prefix.is_empty() {
                self.keep(rust.stages("chain.rust.bybit24.stage"))?;
                self.measure("chain.rust.bybit4", &mut rust, &deltas4)?;
            } else {
                // With the ten signals: nothing that a session can have is left out.
                self.allocations(&mut rust, &deltas24)?;
            }
        }
        let (mut numba, _code) = self.numba_chain()?;
        self.measure("chain.numba.bybit24", &mut numba, &deltas24)?;
        self.measure("chain.numba.bybit4", &mut numba, &deltas4)?;
        let mut python = self.python_chain()?;
        self.measure("chain.python.bybit24", &mut python, &deltas24)?;
        self.measure("chain.python.bybit4", &mut python, &deltas4)?;
        (self.deltas4, self.deltas24) = (deltas4, deltas24);
        Ok(())
    }

    /// The compiled strategy's chain, and the object that keeps its machine code alive.
    fn numba_chain(&mut self) -> PyResult<(Chain<NativeHost>, Option<Bound<'py, PyAny>>)> {
        let strategy = self.py.import("nanotick.strategies.two_ema_compiled")?.getattr("two_ema")?;
        let mut code = None;
        let chain = self.chain(vec![], |desk, _| {
            let (host, owner) = native_host(&strategy, desk.instruments().len())?
                .ok_or_else(|| failed("strategies are not compiled\nhint: NANOTICK_JIT must not be 0"))?;
            code = owner;
            Ok(host)
        })?;
        Ok((chain, code))
    }

    fn python_chain(&mut self) -> PyResult<Chain<PythonHost<'py>>> {
        let strategy = self.py.import("nanotick.strategies.two_ema")?.getattr("TwoEma")?.call0()?;
        self.chain(vec![], |desk, signals| python_host(&strategy, desk, signals, 1000))
    }

    fn allocations<H: Host>(&mut self, chain: &mut Chain<H>, deltas: &[Stored]) -> PyResult<()> {
        let mut frames = FrameWriter::new(Role::Client);
        let (mut events, mut count) = (0u64, 0);
        for pass in 0..ALLOC_WARM_UP + ALLOC_PASSES {
            for message in std::iter::once(&self.snapshot).chain(deltas) {
                let message = message.padded();
                let (_, seen) = allocations_during(|| chain.on_message(stamp(), message, &mut frames));
                if pass >= ALLOC_WARM_UP {
                    events += 1;
                    count += seen.count;
                }
                chain.settle(frames.frames());
                frames.clear();
            }
            chain.tidy();
        }
        self.keep([Figure::count("alloc.per_event", count as f64 / events as f64)])
    }

    fn peer(&self) -> PyResult<Peer> {
        let (program, args) =
            self.options.peer_command.split_first().ok_or_else(|| failed("no peer command"))?;
        let mut command = Command::new(program);
        command.args(args);
        Ok(Peer::Process(command))
    }

    fn bus(&mut self) -> PyResult<()> {
        let append = measured::append(&self.options.dir, self.time).map_err(failed)?;
        self.keep([append])?;
        let one_way = measured::one_way(&self.options.dir, self.peer()?).map_err(failed)?;
        self.keep([one_way])
    }

    fn wire(&mut self) -> PyResult<()> {
        let sample_bytes = 300;
        for (mode, name) in [(Mode::Spin, "spin"), (Mode::Block, "block")] {
            let setup =
                Setup { time_limit: self.time.max(Duration::from_millis(100)) * 2, ..Setup::new(mode) };
            let floor = measured::floor_tcp(setup, sample_bytes, self.peer()?).map_err(failed)?;
            self.keep([Figure::of_samples(&format!("floor.tcp.{name}"), &floor)])?;
            for (tls, kind) in [(false, "plain"), (true, "tls")] {
                self.wire_once(setup, tls, &format!("wire.{name}.{kind}"))?;
            }
        }
        Ok(())
    }

    /// Delta in, order out, with the Rust strategy's chain between.
    fn wire_once(&mut self, setup: Setup, tls: bool, name: &str) -> PyResult<()> {
        let messages: Vec<Vec<u8>> = std::iter::once(&self.options.snapshot)
            .chain(&self.options.deltas24)
            .map(|text| text.clone().into_bytes())
            .collect();
        let peer = self.peer()?;
        let mut chain = self.chain(vec![], rust_host)?;
        let mut last = Vec::with_capacity(1024);
        let result = measured::wire(setup, tls, &messages, peer, |message, frames| {
            chain.settle(&last);
            chain.on_message(stamp(), message, frames);
            last.clear();
            last.extend_from_slice(frames.frames());
        })
        .map_err(failed)?;
        if let Some(why) = chain.failed() {
            return Err(failed(format!("{name}: {why}")));
        }
        if result.unanswered > 0 {
            return Err(failed(format!("{name}: {} messages caused no order", result.unanswered)));
        }
        let inside = Figure::of_samples(&format!("{name}.inside"), &result.inside);
        self.keep([Figure::of_samples(name, &result.round_trip), inside])
    }
}

fn rust_host(_: &Desk, _: &[Signals]) -> PyResult<TwoEma> {
    Ok(TwoEma::new(TwoEmaParams::default(), 1))
}
