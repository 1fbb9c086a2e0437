//! The live driver: a venue, an engine and a journal on one thread.

mod driver;
mod links;
mod observer;
mod watchdog;

pub use links::Bases;
pub use observer::JournalObserver;

use crate::clock::Clock;
use crate::http::{HttpOptions, HttpWorker};
use crate::session::{ConfigProblem, SessionConfig};
use crate::transport::{trust, NetError, NetErrorKind};
use crate::wait::WaitMode;
use driver::{Live, LoopConfig, Outcome};
use nanotick_engine::{Desk, Engine, Host, Observer, Stage};
use nanotick_journal::Writer;
use nanotick_model::record::Kind;
use nanotick_model::Venue;
use nanotick_venues::binance::{BinanceClient, BinanceConfig};
use nanotick_venues::bybit::{self, BybitClient};
use nanotick_venues::client::VenueClient;
use nanotick_venues::sign::Secret;
use serde::Deserialize;
use serde_json::{json, Value};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::Arc;
use std::time::Duration;
use watchdog::{Last, Watchdog};

/// Levels of the order book topic.
const BYBIT_DEPTH: u16 = 50;
/// A book that was not heard of for so long is stale, whatever the socket says.
const STALE_AFTER_MS: u32 = 3_000;
/// A Python callback is interrupted at its limit; what does not come back even so, or cannot be interrupted, is given
/// up after so many limits.
const WATCHDOG_LIMITS: u32 = 2;

/// A live session: what is traded, and how the driver runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveConfig {
    pub session: SessionConfig,
    pub live: LinkConfig,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkConfig {
    /// Scheme, host and port of each socket, and of the REST service.
    pub public_url: String,
    pub private_url: String,
    pub trade_url: String,
    pub rest_url: String,
    /// A certificate authority to trust beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    pub api_key: String,
    api_secret: String,
    /// `spin`, `adaptive` or `block`.
    pub mode: String,
    /// The CPU to pin the engine's thread to.
    #[serde(default)]
    pub cpu: Option<usize>,
    /// 0 = until it is stopped.
    pub duration_s: f64,
    pub start_timeout_s: f64,
    pub recv_window_ms: u32,
    pub callback_limit_ms: u64,
}

impl LiveConfig {
    pub fn from_json(json: &[u8]) -> Result<LiveConfig, ConfigProblem> {
        serde_json::from_slice(json).map_err(|e| ConfigProblem {
            path: "live session".into(),
            // A serde error names keys and positions, never values of other keys.
            what: e.to_string(),
            hint: "the keys are those of LiveConfig".into(),
        })
    }

    fn wait_mode(&self) -> Result<WaitMode, NetError> {
        match self.live.mode.as_str() {
            "spin" => Ok(WaitMode::Spin),
            "adaptive" => Ok(WaitMode::Adaptive(Duration::from_micros(200))),
            "block" => Ok(WaitMode::Block),
            other => Err(invalid(format!("mode {other:?} does not exist"), "it is spin, adaptive or block")),
        }
    }
}

/// What a live session came to.
pub struct LiveReport {
    json: Value,
}

impl LiveReport {
    pub fn to_json(&self) -> Vec<u8> {
        self.json.to_string().into_bytes()
    }
}

/// Runs until the duration is over, a signal stops it, or it cannot go on.
pub fn run_live<H: Host>(
    config: &LiveConfig,
    engine: &mut Engine<H>,
    writer: Writer,
) -> Result<LiveReport, NetError> {
    let tls = trust::client_config(config.live.ca_file.as_deref())?;
    let loop_config = LoopConfig {
        bases: Bases {
            public: config.live.public_url.clone(),
            private: config.live.private_url.clone(),
            trade: config.live.trade_url.clone(),
        },
        tls: tls.clone(),
        mode: config.wait_mode()?,
        duration_ns: (config.live.duration_s * 1e9) as i64,
        start_timeout_ns: (config.live.start_timeout_s * 1e9) as i64,
    };
    if let Some(cpu) = config.live.cpu {
        crate::affinity::pin_to(cpu).map_err(|e| {
            invalid(format!("the engine cannot be pinned to CPU {cpu}: {e}"), "leave out the option `cpu`")
        })?;
    }
    let clock = Clock::new();
    let mut observer = JournalObserver::new(writer, &clock);
    observer.note(Kind::SessionStart, clock.now_wall_ns(), &start_record(&config.session));
    let stop = Arc::new(AtomicBool::new(false));
    let signals = Signals::watch(&stop);
    let outcome = drive(config, &loop_config, engine, &mut observer, &stop);
    drop(signals);
    let report = finish(engine, &mut observer, &clock, outcome?);
    Ok(report)
}

fn drive<H: Host>(
    config: &LiveConfig,
    loop_config: &LoopConfig,
    engine: &mut Engine<H>,
    observer: &mut JournalObserver,
    stop: &AtomicBool,
) -> Result<Outcome, NetError> {
    let live = &config.live;
    let instruments = engine.desk().instruments().to_vec();
    let secret = Secret::new(live.api_secret.clone());
    match config.session.venue().map_err(|e| invalid(e.to_string(), &e.hint))? {
        Venue::Bybit => run_with(config, loop_config, engine, observer, stop, || {
            BybitClient::new(bybit::Config {
                key: live.api_key.clone(),
                secret: secret.clone(),
                instruments: instruments.clone(),
                depth: BYBIT_DEPTH,
                recv_window_ms: live.recv_window_ms,
                stale_after_ms: STALE_AFTER_MS,
                fills_since_ns: 0,
            })
        }),
        Venue::Binance => run_with(config, loop_config, engine, observer, stop, || {
            BinanceClient::new(BinanceConfig {
                key: live.api_key.clone(),
                secret: secret.clone(),
                instruments: instruments.clone(),
                recv_window_ms: live.recv_window_ms,
                stale_after_ms: STALE_AFTER_MS,
                fills_since_ns: 0,
            })
        }),
    }
}

/// Runs the loop over a venue's client, watched over by another client of the same make.
fn run_with<C: VenueClient + Send + 'static, H: Host>(
    config: &LiveConfig,
    loop_config: &LoopConfig,
    engine: &mut Engine<H>,
    observer: &mut JournalObserver,
    stop: &AtomicBool,
    client: impl Fn() -> C,
) -> Result<Outcome, NetError> {
    let live = &config.live;
    let mut options = HttpOptions::new(&live.rest_url);
    options.ca_file = live.ca_file.clone();
    let last = Last {
        client: client(),
        http: HttpWorker::start(options.clone())?,
        views: engine.desk().view_table(),
        symbols: engine.desk().instruments().iter().map(|i| i.symbol.as_str().to_owned()).collect(),
    };
    let limit = Duration::from_millis(live.callback_limit_ms) * WATCHDOG_LIMITS;
    let watchdog = Watchdog::start(limit, last)?;
    let http = move |waker| HttpWorker::start(HttpOptions { waker: Some(waker), ..options });
    let pulse = watchdog.pulse.clone();
    Ok(Live::new(loop_config, client(), engine, observer, pulse, http)?.run(stop))
}

fn invalid(message: String, hint: &str) -> NetError {
    NetError::new(NetErrorKind::Config, message, hint)
}

/// The first record: all that a replay needs, and no secret.
fn start_record(session: &SessionConfig) -> String {
    json!({ "session": session, "version": env!("CARGO_PKG_VERSION") }).to_string()
}

fn finish<H: Host>(
    engine: &Engine<H>,
    observer: &mut JournalObserver,
    clock: &Clock,
    outcome: Outcome,
) -> LiveReport {
    let now_ns = clock.now_wall_ns();
    observer.write_latency(now_ns);
    let desk = engine.desk();
    let latency: serde_json::Map<String, Value> = Stage::ALL
        .into_iter()
        .map(|stage| (stage, observer.histogram(stage)))
        .filter(|(_, h)| h.count() > 0)
        .map(|(stage, h)| {
            let summary = json!({
                "min": h.min(), "p50": h.quantile(0.5), "p99": h.quantile(0.99), "p999": h.quantile(0.999),
                "max": h.max(), "count": h.count(),
            });
            (stage.name().to_owned(), summary)
        })
        .collect();
    let mut summary = json!({
        "events": desk.counters().events,
        "commands": desk.counters().commands,
        "orders": desk.counters().placed,
        "fills": desk.counters().fills,
        "denied": desk.counters().denied,
        "messages": outcome.messages,
        "reconnects": outcome.reconnects,
        "bad_messages": outcome.bad_messages,
        "started": outcome.started,
        "reconciled": outcome.reconciled && desk.agrees_with_venue(),
        "trouble": outcome.trouble,
        "halted": engine.halted(),
        "invariant_broken": desk.broken_invariant(),
        "state_hash": format!("{:016x}", engine.state_hash()),
        "accounts": accounts(desk),
        "latency_ns": latency,
    });
    observer.note(Kind::SessionEnd, now_ns, &summary.to_string());
    if let Some(error) = observer.failed() {
        summary["trouble"] = json!(error.to_string());
    }
    // The last records reach the disk before anybody reads the summary.
    if let Err(error) = observer.writer().sync() {
        summary["trouble"] = json!(error.to_string());
    }
    LiveReport { json: summary }
}

/// Each instrument's account in exact decimals.
fn accounts(desk: &Desk) -> Value {
    let rows = desk.instruments().iter().map(|instrument| {
        let account = desk.portfolio().account(instrument.id);
        json!({
            "symbol": instrument.symbol.as_str(),
            "position": instrument.lot.text(account.position.0),
            "realised": account.realised.to_string(),
            "fees": account.fees.to_string(),
            "fills": account.fills,
            "maker_fills": account.maker_fills,
        })
    });
    json!({
        "instruments": rows.collect::<Vec<_>>(),
        "cash": desk.portfolio().cash().to_string(),
        "wallet": desk.portfolio().wallet().to_string(),
        "fees": desk.portfolio().fees().to_string(),
    })
}

/// SIGINT and SIGTERM end the session in good order for as long as this lives.
struct Signals(Vec<signal_hook::SigId>);

impl Signals {
    fn watch(stop: &Arc<AtomicBool>) -> Signals {
        let signals = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];
        // A signal that cannot be caught kills the process as before; the journal survives that too.
        Signals(signals.iter().filter_map(|&s| signal_hook::flag::register(s, stop.clone()).ok()).collect())
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.0.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}
