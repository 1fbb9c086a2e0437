//! Round trips over loopback: bare TCP as the floor, and a WebSocket message answered by an order.
//!
//! A round trip is the time between two returns of `recv` on this side: it holds everything that both sides and
//! the kernel do for one message and one answer, exactly as in the bare ping-pong.

use super::peer::{read_exactly, Peer, Running, Task};
use super::Summary;
use crate::affinity;
use crate::clock::{self, Clock};
use crate::transport::{trust, NetError, Stream};
use crate::wait::{PollFd, PollFlags, Waiter};
use crate::ws::{FrameWriter, Opcode, Options, Received, Role, WsConnection};
use nanotick_venues::Padded;
use std::fs;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How both sides wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Spin,
    Block,
}

/// What is common to the measurements.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub mode: Mode,
    pub round_trips: usize,
    /// Give up earlier than `round_trips` after so long.
    pub time_limit: Duration,
    /// Put this side on the last CPU that is allowed, and the peer on the first.
    pub pin: bool,
}

impl Setup {
    pub fn new(mode: Mode) -> Setup {
        Setup { mode, round_trips: 20_000, time_limit: Duration::from_secs(10), pin: true }
    }
}

/// One in so many round trips more is made and discarded at the start: caches, branch predictors and TCP's windows
/// settle.
const WARM_UP_SHARE: usize = 40;
/// A peer that does not even connect has failed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Bare TCP ping-pong with `bytes` each way: what no program on this machine can beat.
pub fn floor_tcp(setup: Setup, bytes: usize, peer: Peer) -> io::Result<Summary> {
    let pinned = Pinned::new(setup.pin)?;
    let task = Task {
        role: "echo",
        address: String::new(),
        mode: setup.mode,
        cpu: pinned.peer_cpu,
        echo_bytes: bytes,
        messages: None,
        tls: false,
    };
    let (mut socket, _running) = meet(task, peer)?;
    socket.set_nodelay(true)?;
    socket.set_nonblocking(setup.mode == Mode::Spin)?;
    let mut buffer = vec![b'x'; bytes];
    let mut laps = Laps::new(&setup);
    socket.write_all(&buffer)?;
    loop {
        read_exactly(&mut socket, &mut buffer)?;
        if !laps.lap(clock::stamp()) {
            return laps.summary();
        }
        socket.write_all(&buffer)?;
    }
}

/// What [`wire`] measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WireResult {
    pub round_trip: Summary,
    /// From the return of `recv` to the call of `send`: the part in user space (without TLS).
    pub inside: Summary,
    /// Messages to which `on_message` wrote no frame; a frame of one byte was sent in its place.
    pub unanswered: usize,
}

/// A venue sends `messages` in turn (round and round), each as a text frame once the last was answered;
/// `on_message` answers by writing one frame. With `tls` both directions are encrypted with AES-128-GCM.
pub fn wire(
    setup: Setup,
    tls: bool,
    messages: &[Vec<u8>],
    peer: Peer,
    mut on_message: impl FnMut(Padded<'_>, &mut FrameWriter),
) -> io::Result<WireResult> {
    let dir = Folder::new()?;
    fs::write(dir.0.join("messages"), messages.join(&b'\n'))?;
    let pinned = Pinned::new(setup.pin)?;
    let task = Task {
        role: "venue",
        address: String::new(),
        mode: setup.mode,
        cpu: pinned.peer_cpu,
        echo_bytes: 0,
        messages: Some(dir.0.join("messages")),
        tls,
    };
    let config = match tls {
        true => Some(client_config(&dir.0).map_err(|e| io::Error::other(e.to_string()))?),
        false => None,
    };
    let (socket, _running) = meet(task, peer)?;
    let mut stream = Stream::client(socket, config.as_ref().map(|c| (c, "localhost")))
        .map_err(|e| io::Error::other(e.to_string()))?;
    stream.finish_handshake(Instant::now() + CONNECT_TIMEOUT)?;
    let mut connection = WsConnection::new(stream, Role::Client, &[], Options::for_decoder());
    connection.send_text("begin")?;

    let mut waiter = Waiter::new(setup.mode.wait_mode());
    let mut writer = FrameWriter::new(Role::Client);
    let (mut laps, mut inside) = (Laps::new(&setup), Laps::new(&setup));
    let mut unanswered = 0;
    loop {
        let received_at = match connection.poll_recv() {
            Received::Message(message) => {
                on_message(message.payload, &mut writer);
                message.received_at
            }
            Received::Nothing => {
                let fd = PollFd::from_borrowed_fd(connection.fd(), PollFlags::IN);
                waiter.idle(&mut [fd], Duration::from_secs(1))?;
                continue;
            }
            Received::Closed(closed) => return Err(io::Error::other(closed.to_string())),
        };
        if writer.is_empty() {
            unanswered += 1;
            writer.push(Opcode::Text, b"-");
        }
        let sent_at = clock::stamp();
        connection.send_frames(writer.frames())?;
        writer.clear();
        inside.add(sent_at.saturating_sub(received_at));
        if !laps.lap(received_at) {
            return Ok(WireResult { round_trip: laps.summary()?, inside: inside.summary()?, unanswered });
        }
    }
}

fn client_config(dir: &Path) -> Result<std::sync::Arc<rustls::ClientConfig>, NetError> {
    let files = trust::self_signed(dir)?;
    trust::client_config(Some(&files.ca_file))
}

/// Starts the peer and takes its connection.
fn meet(mut task: Task, peer: Peer) -> io::Result<(TcpStream, Running)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    task.address = listener.local_addr()?.to_string();
    let running = peer.start(task.to_args())?;
    let deadline = Instant::now() + CONNECT_TIMEOUT;
    loop {
        match listener.accept() {
            Ok((socket, _)) => {
                socket.set_nonblocking(false)?;
                return Ok((socket, running));
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                let why = "the benchmark's other side did not connect";
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            Err(e) => return Err(e),
        }
    }
}

/// Time between successive stamps.
struct Laps {
    ticks: Vec<u64>,
    last: Option<u64>,
    warm_up: usize,
    wanted: usize,
    deadline: u64,
}

impl Laps {
    fn new(setup: &Setup) -> Laps {
        let warm_up = setup.round_trips / WARM_UP_SHARE;
        let wanted = setup.round_trips.max(1) + warm_up;
        let deadline = clock::stamp() + clock::ticks_in(setup.time_limit);
        Laps { ticks: Vec::with_capacity(wanted), last: None, warm_up, wanted, deadline }
    }
    /// Whether to go on.
    fn lap(&mut self, now: u64) -> bool {
        if let Some(last) = self.last.replace(now) {
            self.add(now.saturating_sub(last));
        }
        self.ticks.len() < self.wanted && (now < self.deadline || self.ticks.len() <= self.warm_up)
    }
    fn add(&mut self, ticks: u64) {
        if self.ticks.len() < self.wanted {
            self.ticks.push(ticks);
        }
    }
    fn summary(&self) -> io::Result<Summary> {
        let clock = Clock::new();
        let ns: Vec<u64> = self.ticks.iter().skip(self.warm_up).map(|&t| clock.ticks_to_ns(t)).collect();
        Summary::of(&ns).ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "too few round trips"))
    }
}

/// This thread on the last allowed CPU; back where it was when dropped.
struct Pinned {
    before: Vec<usize>,
    peer_cpu: Option<usize>,
}

impl Pinned {
    fn new(pin: bool) -> io::Result<Pinned> {
        let before = affinity::allowed_cpus()?;
        match before[..] {
            [first, .., last] if pin => {
                affinity::pin_to(last)?;
                Ok(Pinned { before, peer_cpu: Some(first) })
            }
            _ => Ok(Pinned { before, peer_cpu: None }),
        }
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = affinity::allow(&self.before);
    }
}

/// A folder for the peer's files, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Folder> {
        let name = format!("nanotick-bench-{}-{}", std::process::id(), clock::stamp());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not pinned: a spinning pair on the cores of a busy machine may lose a time slice at each step.
    fn quick(mode: Mode) -> Setup {
        let round_trips = if mode == Mode::Spin { 5 } else { 200 };
        Setup { round_trips, time_limit: Duration::from_secs(1), pin: false, ..Setup::new(mode) }
    }

    #[test]
    fn both_measurements_run_in_each_mode() {
        let messages: Vec<Vec<u8>> = (0..7).map(|i| format!("{{\"u\":{i}}}").into_bytes()).collect();
        for mode in [Mode::Spin, Mode::Block] {
            let floor = floor_tcp(quick(mode), 300, Peer::Thread).unwrap();
            assert!(floor.min_ns > 0 && floor.count >= 1);
            for tls in [false, true] {
                let mut next = 0;
                let result = wire(quick(mode), tls, &messages, Peer::Thread, |message, orders| {
                    assert_eq!(message.bytes(), messages[next % 7]);
                    next += 1;
                    if next % 2 == 0 {
                        orders.push(Opcode::Text, &[b'o'; 300]);
                    }
                })
                .unwrap();
                assert!(result.inside.min_ns < result.round_trip.min_ns);
                assert_eq!(result.unanswered, next.div_ceil(2));
            }
        }
    }

    #[test]
    fn pinning_ends_with_the_measurement() {
        let before = affinity::allowed_cpus().unwrap();
        let pinned = Pinned::new(true).unwrap();
        if before.len() > 1 {
            assert_eq!(affinity::allowed_cpus().unwrap(), before[before.len() - 1..]);
            assert_eq!(pinned.peer_cpu, Some(before[0]));
        }
        drop(pinned);
        assert_eq!(affinity::allowed_cpus().unwrap(), before);
    }

    #[test]
    fn a_peer_process_that_fails_is_an_error_not_a_hang() {
        let absent = std::process::Command::new("/nonexistent/peer");
        assert!(floor_tcp(quick(Mode::Block), 300, Peer::Process(absent)).is_err());
        assert!(super::super::run_peer(&["echo".into()]).is_err());
    }
}
