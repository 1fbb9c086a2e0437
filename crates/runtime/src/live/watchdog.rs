//! Ends a session whose strategy does not come back. Compiled code cannot be interrupted, nor can Python that waits
//! inside the system: the engine's thread is lost with it. So a thread of its own, with a venue client and a
//! connection of its own, cancels everything, says so on stderr, and ends the process. Its last resort, not its pause.

use crate::clock::Clock;
use crate::http::HttpWorker;
use crate::transport::{NetError, NetErrorKind};
use nanotick_engine::{Occasion, ViewTable};
use nanotick_model::{Body, CancelAll, Command, Event, InstrumentId, LinkState};
use nanotick_venues::client::{Io, VenueClient};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Exit code of a process that was ended for safety.
const EXIT_REFUSED: i32 = 6;
/// The limit is cut into so many looks. A machine that slept is seen as one late look, not as a long silence.
const LOOKS: u32 = 20;
/// How long the venue may take to confirm.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);
/// `VenueClient::encode` wants so much room.
const ENCODE_ROOM: usize = 1024;

/// What the engine's thread and the watchdog share.
#[derive(Default)]
pub struct Pulse {
    beats: AtomicU64,
    given_up: AtomicBool,
}

impl Pulse {
    /// Called once a turn of the loop, by one thread: a plain add.
    #[inline(always)]
    pub fn beat(&self) {
        self.beats.store(self.beats.load(Relaxed).wrapping_add(1), Relaxed);
    }
    /// Everything is being cancelled: nothing may be sent any more.
    #[inline(always)]
    pub fn given_up(&self) -> bool {
        self.given_up.load(Relaxed)
    }
}

/// Watches until it is dropped.
pub struct Watchdog {
    pub pulse: Arc<Pulse>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What the watchdog needs when it bites.
pub struct Last<C> {
    /// Not the session's own, which the lost thread holds.
    pub client: C,
    pub http: HttpWorker,
    pub views: Arc<ViewTable>,
    pub symbols: Vec<String>,
}

impl Watchdog {
    pub fn start<C: VenueClient + Send + 'static>(
        limit: Duration,
        last: Last<C>,
    ) -> Result<Watchdog, NetError> {
        let (pulse, stop) = (Arc::new(Pulse::default()), Arc::new(AtomicBool::new(false)));
        let (watched, ended) = (pulse.clone(), stop.clone());
        let watch = move || {
            if is_lost(&watched, &ended, limit) {
                watched.given_up.store(true, Relaxed);
                let confirmed = cancel_everything(last.client, &last.http, last.symbols.len());
                eprintln!("{}", sentence(limit, &last.views, &last.symbols, confirmed));
                signal_hook::low_level::exit(EXIT_REFUSED);
            }
        };
        let thread = std::thread::Builder::new().name("watchdog".into()).spawn(watch).map_err(|e| {
            let text = format!("the watchdog's thread cannot start: {e}");
            NetError::new(NetErrorKind::Config, text, "check the limit of threads (ulimit -u)")
        })?;
        Ok(Watchdog { pulse, stop, thread: Some(thread) })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// Waits until the beats stand still for the limit (true) or the session ends (false).
fn is_lost(pulse: &Pulse, stop: &AtomicBool, limit: Duration) -> bool {
    let (mut seen, mut still) = (0, 0);
    while !stop.load(Relaxed) {
        std::thread::park_timeout(limit / LOOKS);
        let beats = pulse.beats.load(Relaxed);
        still = if beats == seen { still + 1 } else { 0 };
        seen = beats;
        // Before the first beat there is no loop to watch.
        if seen != 0 && still >= LOOKS {
            return !stop.load(Relaxed);
        }
    }
    false
}

/// Asks the venue to cancel every order of every instrument. True if it confirmed all of it.
fn cancel_everything<C: VenueClient>(mut client: C, http: &HttpWorker, instruments: usize) -> bool {
    let clock = Clock::new();
    let (mut io, mut room, mut refused) = (Io::default(), [0u8; ENCODE_ROOM], false);
    for i in 0..instruments {
        let command = Command::CancelAll(CancelAll { instrument: InstrumentId(i as u16) });
        client.encode(&command, clock.now_wall_ns(), &mut room, &mut io);
    }
    let (began, mut waiting) = (Instant::now(), 0usize);
    loop {
        for request in io.requests.drain(..) {
            match http.submit(request) {
                Ok(()) => waiting += 1,
                Err(_) => refused = true,
            }
        }
        if waiting == 0 || began.elapsed() > CANCEL_PATIENCE {
            return waiting == 0 && !refused;
        }
        match http.poll() {
            Some(response) => {
                waiting -= 1;
                let mut sink = |event: &Event<'_>| {
                    refused |= matches!(event.body, Body::Connection(c) if c.state == LinkState::Down);
                };
                client.on_response(&response, clock.now_wall_ns(), &mut io, &mut sink);
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// What happened, where, what was done, and what to do.
fn sentence(limit: Duration, views: &ViewTable, symbols: &[String], confirmed: bool) -> String {
    let latest = (0..views.len()).max_by_key(|&i| views.get(i).now_ns).unwrap_or(0);
    let callback = Occasion::name_of(views.get(latest).occasion);
    let symbol = symbols.get(latest).map_or("", String::as_str);
    let outcome = if confirmed {
        "every order was cancelled, as the venue confirmed"
    } else {
        "the venue did NOT confirm that every order was cancelled"
    };
    let hint = if confirmed { "callbacks must return at once" } else { "look at the account now" };
    format!(
        "error: the strategy has not returned from `{callback}` of {symbol} for {} ms: {outcome}, and the process \
         ends here\nhint: {hint}",
        limit.as_millis()
    )
}
