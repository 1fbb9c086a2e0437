//! The loop: waits for sockets and for the recording's next message, whichever is first, and moves bytes and messages
//! between connections, protocol servers and the recording.

use super::config::{Protocol, Speed, Start, VenueConfig};
use super::connection::{Connection, Heard, MAX_QUEUED_BYTES};
use super::control::{self, Traffic};
use super::http::Request;
use super::playback::Playback;
use super::tls::TlsFiles;
use super::VenueError;
use crate::transport::{timespec, Stream};
use nanotick_venues::binance::server::BinanceServer;
use nanotick_venues::bybit::server::BybitServer;
use nanotick_venues::server::{Call, Conn, Credentials, Now, Outbox, Push, Reply, VenueServer};
use rustix::event::{poll, PollFd, PollFlags};
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const MAX_CONNECTIONS: usize = 256;
/// Messages played between two looks at the sockets.
const MAX_BURST: usize = 500;
/// In the fastest playback the recording waits while a listener has so much to take.
const HIGH_WATER_BYTES: usize = 1 << 20;
/// Requests under way, when they take time.
const MAX_DELAYED: usize = 10_000;
const PING_EVERY: Duration = Duration::from_secs(60);
const SILENCE_MAX: Duration = Duration::from_secs(600);
/// A socket that takes nothing for so long, with something to take, is dead.
const STALL_MAX: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where the recording stands.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Market {
    Waiting,
    /// Since when it plays, and from which moment of its own.
    Playing(Instant, i64),
    Ended(Instant),
}

/// What a client asked for, while it travels.
enum Asked {
    Text(String),
    Call(Call),
}

struct Room {
    protocol: Protocol,
    server: Box<dyn VenueServer>,
}

pub(super) struct Runner {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsFiles>,
    rooms: Vec<Room>,
    playback: Playback,
    market: Market,
    /// The recording's clock as last set.
    market_ns: i64,
    connections: BTreeMap<u64, Connection>,
    /// Which room a WebSocket belongs to.
    owners: BTreeMap<u64, usize>,
    delayed: VecDeque<(Instant, u64, Asked)>,
    outbox: Outbox,
    traffic: Traffic,
    next_connection: u64,
    last_ping: Instant,
    speed: Speed,
    start: Start,
    latency: Duration,
    exit_after_end: Option<Duration>,
    stop: Arc<AtomicBool>,
    started: Instant,
    started_wall_ns: i64,
}

impl Runner {
    pub fn start(config: &VenueConfig) -> Result<Runner, VenueError> {
        let mut rooms = Vec::new();
        for &protocol in &config.protocols {
            if rooms.iter().any(|room: &Room| room.protocol == protocol) {
                continue;
            }
            let listings = config.listings(protocol)?;
            let credentials = Credentials::new(config.api_key.clone(), &config.api_secret.0);
            let server: Box<dyn VenueServer> = match protocol {
                Protocol::Bybit => Box::new(BybitServer::new(listings, credentials, config.deposit()?)),
                Protocol::Binance => Box::new(BinanceServer::new(listings, credentials, config.deposit()?)),
            };
            rooms.push(Room { protocol, server });
        }
        let playback = Playback::open(&config.data, rooms[0].server.listings())?;
        let listener = listen(&config.listen)?;
        let address = listener.local_addr().map_err(|e| VenueError::network(e.to_string(), ""))?;
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Instant::now();
        let mut runner = Runner {
            listener,
            address,
            tls: if config.tls { Some(TlsFiles::make()?) } else { None },
            rooms,
            playback,
            market: Market::Waiting,
            market_ns: 0,
            connections: BTreeMap::new(),
            owners: BTreeMap::new(),
            delayed: VecDeque::new(),
            outbox: Outbox::default(),
            traffic: Traffic::default(),
            next_connection: 1,
            last_ping: now,
            speed: config.speed,
            start: config.start,
            latency: Duration::from_millis(config.latency_ms.min(60_000)),
            exit_after_end: config.exit_after_end_s.map(Duration::from_secs),
            stop: Arc::new(AtomicBool::new(false)),
            started: now,
            started_wall_ns: since_epoch.as_nanos() as i64,
        };
        // Books stand before anyone asks for them.
        while runner.playback.has_snapshot_waiting() {
            runner.play_one()?;
        }
        Ok(runner)
    }

    pub fn run(mut self, on_ready: impl FnOnce(&str)) -> Result<(), VenueError> {
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, self.stop.clone())
                .map_err(|e| VenueError::network(format!("signals cannot be handled: {e}"), ""))?;
        }
        on_ready(&self.ready());
        while !self.stop.load(Ordering::Relaxed) {
            let readable = self.wait()?;
            self.accept();
            for id in readable {
                self.listen_to(id);
            }
            self.deliver_delayed();
            self.play()?;
            self.tend();
            if let (Market::Ended(since), Some(limit)) = (self.market, self.exit_after_end) {
                if since.elapsed() >= limit {
                    break;
                }
            }
        }
        self.say_goodbye();
        Ok(())
    }

    /// Where clients find what.
    fn ready(&self) -> String {
        let s = if self.tls.is_some() { "s" } else { "" };
        let (http, ws) = (format!("http{s}://{}", self.address), format!("ws{s}://{}", self.address));
        let mut urls = Map::new();
        for room in &self.rooms {
            let (name, places) = match room.protocol {
                Protocol::Bybit => (
                    "bybit",
                    json!({ "rest": http, "public": format!("{ws}/v5/public/linear"),
                            "private": format!("{ws}/v5/private"), "trade": format!("{ws}/v5/trade") }),
                ),
                Protocol::Binance => (
                    "binance",
                    json!({ "rest": http, "streams": ws, "public": format!("{ws}/public"),
                            "market": format!("{ws}/market"), "private": format!("{ws}/private"),
                            "ws_api": format!("{ws}/ws-fapi/v1") }),
                ),
            };
            urls.insert(name.into(), places);
        }
        urls.insert("control".into(), json!(format!("{http}/_control")));
        let mut ready = json!({ "schema": 1, "ready": true, "urls": urls });
        if let Some(tls) = &self.tls {
            ready["ca_file"] = json!(tls.ca_file);
        }
        ready.to_string()
    }

    fn now(&self) -> Now {
        let wall_ns = self.started_wall_ns + self.started.elapsed().as_nanos() as i64;
        Now { wall_ns, market_ns: self.market_ns }
    }

    /// Waits until something can be done; returns who can be read.
    fn wait(&mut self) -> Result<Vec<u64>, VenueError> {
        let timeout = self.time_to_next()?;
        let timeout = timespec(timeout);
        let mut fds = vec![PollFd::from_borrowed_fd(self.listener.as_fd(), PollFlags::IN)];
        for connection in self.connections.values() {
            let mut wanted = PollFlags::IN;
            if connection.wants_write() {
                wanted |= PollFlags::OUT;
            }
            fds.push(PollFd::from_borrowed_fd(connection.fd(), wanted));
        }
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(VenueError::network(format!("waiting for sockets failed: {e}"), "")),
        }
        let ids = self.connections.keys().zip(&fds[1..]);
        Ok(ids.filter(|(_, fd)| fd.revents().intersects(!PollFlags::OUT)).map(|(&id, _)| id).collect())
    }

    /// How long nothing is due.
    fn time_to_next(&mut self) -> Result<Duration, VenueError> {
        let mut wait = LOOK_EVERY;
        if let Some((due, _, _)) = self.delayed.front() {
            wait = wait.min(due.saturating_duration_since(Instant::now()));
        }
        if let Market::Playing(since, from_ns) = self.market {
            wait = match (self.speed, self.playback.peek_ns()?) {
                (Speed::Max, _) if self.is_held_back() => Duration::from_millis(1),
                (Speed::Max, _) | (_, None) => Duration::ZERO,
                (Speed::Times(times), Some(at_ns)) => {
                    let due = Duration::from_nanos(((at_ns - from_ns).max(0) as f64 / times) as u64);
                    wait.min((since + due).saturating_duration_since(Instant::now()))
                }
            };
        }
        Ok(wait)
    }

    fn accept(&mut self) {
        // A socket that cannot be set up has gone already.
        while let Ok((socket, _)) = self.listener.accept() {
            if self.connections.len() >= MAX_CONNECTIONS {
                continue;
            }
            if let Ok(stream) = Stream::server(socket, self.tls.as_ref().map(|tls| &tls.config)) {
                self.traffic.accepted += 1;
                self.connections.insert(self.next_connection, Connection::new(stream, Instant::now()));
                self.next_connection += 1;
            }
        }
    }

    fn listen_to(&mut self, id: u64) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.receive(Instant::now()).is_err() {
            self.forget(id);
            return;
        }
        while let Some(heard) = self.connections.get_mut(&id).and_then(Connection::next_heard) {
            match heard {
                Heard::Text(text) => self.ask(id, Asked::Text(text)),
                Heard::Request(Request::Call(call)) => self.ask(id, Asked::Call(call)),
                Heard::Request(Request::Upgrade { target, key }) => self.upgrade(id, &target, &key),
                Heard::Bad => self.traffic.bad_requests += 1,
            }
        }
        self.hand_out();
    }

    fn upgrade(&mut self, id: u64, target: &str, key: &str) {
        let now = self.now();
        for (at, room) in self.rooms.iter_mut().enumerate() {
            if room.server.on_open(Conn(id), target, now, &mut self.outbox) {
                self.owners.insert(id, at);
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.become_websocket(key);
                }
                return;
            }
        }
        self.answer(id, &Reply::json(404, json!({ "error": "there is no WebSocket at this path" })));
    }

    /// Lets a request take effect, at once or after the configured time.
    fn ask(&mut self, id: u64, asked: Asked) {
        if self.latency.is_zero() {
            self.do_asked(id, asked);
        } else if self.delayed.len() < MAX_DELAYED {
            self.delayed.push_back((Instant::now() + self.latency, id, asked));
        } else {
            self.traffic.bad_requests += 1;
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.close(1008, "too many requests are under way");
            }
        }
    }

    fn deliver_delayed(&mut self) {
        while self.delayed.front().is_some_and(|(due, _, _)| *due <= Instant::now()) {
            if let Some((_, id, asked)) = self.delayed.pop_front() {
                self.do_asked(id, asked);
            }
        }
        self.hand_out();
    }

    fn do_asked(&mut self, id: u64, asked: Asked) {
        let now = self.now();
        match asked {
            Asked::Text(text) => {
                self.traffic.texts_in += 1;
                if let Some(&owner) = self.owners.get(&id) {
                    self.rooms[owner].server.on_text(Conn(id), &text, now, &mut self.outbox);
                }
            }
            Asked::Call(call) => {
                self.traffic.calls += 1;
                let rooms = self.rooms.iter_mut();
                let reply = match call.path.strip_prefix("/_control/") {
                    Some(page) => self.control(page),
                    None => rooms
                        .filter_map(|room| room.server.on_call(&call, now, &mut self.outbox))
                        .next()
                        .unwrap_or_else(|| {
                            Reply::json(404, json!({ "error": "there is nothing at this path" }))
                        }),
                };
                self.answer(id, &reply);
                let is_last = call.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
                if let Some(connection) = self.connections.get_mut(&id).filter(|_| is_last) {
                    connection.close(1000, "");
                }
            }
        }
    }

    fn answer(&mut self, id: u64, reply: &Reply) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.answer(reply);
        }
    }

    fn control(&self, page: &str) -> Reply {
        match page {
            "counters" => Reply::json(200, self.counters()),
            "ledger" => {
                let rooms = self.rooms.iter();
                let venues: Map<String, Value> = rooms
                    .map(|room| (name(room.protocol).into(), control::ledger(room.server.as_ref())))
                    .collect();
                Reply::json(200, json!({ "schema": 1, "venues": venues }))
            }
            "stop" => {
                self.stop.store(true, Ordering::Relaxed);
                Reply::json(200, json!({ "schema": 1, "stopping": true }))
            }
            _ => Reply::json(404, json!({ "error": "control pages are ledger, counters and stop" })),
        }
    }

    fn counters(&self) -> Value {
        let state = match self.market {
            Market::Waiting => "waiting",
            Market::Playing(..) => "playing",
            Market::Ended(_) => "ended",
        };
        control::counters(
            state,
            self.market_ns,
            self.connections.len(),
            &self.traffic,
            &self.playback.counts(),
        )
    }

    /// Plays what is due.
    fn play(&mut self) -> Result<(), VenueError> {
        if self.market == Market::Waiting
            && (self.start == Start::Now || self.rooms.iter().any(|room| room.server.is_watched()))
        {
            self.market = Market::Playing(Instant::now(), self.market_ns);
        }
        let Market::Playing(since, from_ns) = self.market else { return Ok(()) };
        for _ in 0..MAX_BURST {
            let Some(at_ns) = self.playback.peek_ns()? else {
                self.market = Market::Ended(Instant::now());
                break;
            };
            match self.speed {
                Speed::Max if self.is_held_back() => break,
                Speed::Max => {}
                Speed::Times(times) => {
                    let market_ns = from_ns + (since.elapsed().as_nanos() as f64 * times) as i64;
                    if at_ns > market_ns {
                        self.market_ns = self.market_ns.max(market_ns);
                        break;
                    }
                }
            }
            self.play_one()?;
        }
        let now = self.now();
        for room in &mut self.rooms {
            room.server.on_clock(now, &mut self.outbox);
        }
        self.hand_out();
        Ok(())
    }

    fn play_one(&mut self) -> Result<(), VenueError> {
        if let Some((item, next_first_id)) = self.playback.next()? {
            self.market_ns = self.market_ns.max(item.recv_ns);
            let now = self.now();
            let message = item.recorded(next_first_id);
            for room in &mut self.rooms {
                room.server.on_recorded(item.instrument, &message, now, &mut self.outbox);
            }
            self.hand_out();
        }
        Ok(())
    }

    fn is_held_back(&self) -> bool {
        self.connections.values().any(|connection| connection.queued_bytes() > HIGH_WATER_BYTES)
    }

    /// Gives each connection what the servers have for it.
    fn hand_out(&mut self) {
        for (conn, push) in self.outbox.0.drain(..) {
            let Some(connection) = self.connections.get_mut(&conn.0) else { continue };
            match push {
                Push::Text(text) => {
                    self.traffic.texts_out += 1;
                    connection.send_text(&text);
                }
                Push::Close(code, reason) => connection.close(code, reason),
            }
        }
    }

    /// Sends, pings, and lets go of what is done, dead or too slow.
    fn tend(&mut self) {
        let now = Instant::now();
        let ping = now - self.last_ping >= PING_EVERY;
        if ping {
            self.last_ping = now;
        }
        let mut gone = Vec::new();
        for (&id, connection) in &mut self.connections {
            if ping && connection.is_websocket() {
                connection.ping();
            }
            let queued = connection.queued_bytes();
            let sent = connection.send(now);
            self.traffic.bytes_out += (queued - connection.queued_bytes()) as u64;
            let is_slow = connection.queued_bytes() > MAX_QUEUED_BYTES
                || (connection.queued_bytes() > 0 && now - connection.last_progress > STALL_MAX);
            self.traffic.slow_cut_off += u64::from(is_slow);
            if sent.is_err() || is_slow || connection.is_done() || now - connection.last_heard > SILENCE_MAX {
                gone.push(id);
            }
        }
        gone.into_iter().for_each(|id| self.forget(id));
    }

    fn forget(&mut self, id: u64) {
        self.connections.remove(&id);
        if let Some(owner) = self.owners.remove(&id) {
            self.rooms[owner].server.on_close(Conn(id));
        }
    }

    /// Closes every connection properly, for as long as that takes a moment.
    fn say_goodbye(&mut self) {
        let deadline = Instant::now() + Duration::from_millis(500);
        for connection in self.connections.values_mut() {
            connection.close(1001, "the server ends");
        }
        while !self.connections.is_empty() && Instant::now() < deadline {
            let now = Instant::now();
            self.connections.retain(|_, connection| connection.send(now).is_ok() && !connection.is_done());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Bybit => "bybit",
        Protocol::Binance => "binance",
    }
}

fn listen(address: &str) -> Result<TcpListener, VenueError> {
    let address: SocketAddr = address.parse().map_err(|_| {
        VenueError::config(
            format!("`listen` is {address:?}, not an IP address and port"),
            "write 127.0.0.1:0 for any free port, or 127.0.0.1:8080",
        )
    })?;
    let listener = TcpListener::bind(address).map_err(|e| match e.kind() {
        io::ErrorKind::AddrInUse => VenueError::network(
            format!("port {} on {} is taken by another program", address.port(), address.ip()),
            "give another port, or port 0 for any free one",
        ),
        io::ErrorKind::PermissionDenied => VenueError::network(
            format!("port {} may not be used by this user", address.port()),
            "give a port above 1023, or port 0 for any free one",
        ),
        _ => VenueError::network(
            format!("cannot listen on {address}: {e}"),
            "is it an address of this machine?",
        ),
    })?;
    listener
        .set_nonblocking(true)
        .map_err(|e| VenueError::network(format!("cannot listen on {address}: {e}"), ""))?;
    Ok(listener)
}
