//! The other side of a measurement: echoes bytes, or plays a venue that sends a message and awaits an order.
//!
//! It runs in a process of its own (as a venue does) or in a thread. Either way it connects to the measuring side.

use super::wire::Mode;
use crate::affinity;
use crate::transport::{trust, Stream, Transport};
use crate::wait::{PollFd, PollFlags, WaitMode, Waiter};
use crate::ws::{FrameWriter, Opcode, Role};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

/// How the other side is started.
pub enum Peer {
    /// In a thread of this process. The kernel's part, which dominates, is the same.
    Thread,
    /// By this command, to which the arguments for [`run_peer`] are added.
    Process(Command),
}

/// A started peer; ends with this value.
pub(super) enum Running {
    Thread,
    Process(Child),
}

impl Peer {
    pub(super) fn start(self, args: Vec<String>) -> io::Result<Running> {
        match self {
            Peer::Thread => {
                // It ends when the measuring side closes the socket; how it ended does not matter then.
                std::thread::Builder::new().name("bench-peer".into()).spawn(move || run_peer(&args))?;
                Ok(Running::Thread)
            }
            Peer::Process(mut command) => Ok(Running::Process(command.args(args).spawn()?)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Running::Process(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What the peer is told: `[role, address, mode, cpu or "-", file]`. The file is the messages of a venue, one a
/// line; beside it may lie `cert.pem` and `key.pem` for TLS.
pub(super) struct Task {
    pub role: &'static str,
    pub address: String,
    pub mode: Mode,
    pub cpu: Option<usize>,
    pub echo_bytes: usize,
    pub messages: Option<PathBuf>,
    pub tls: bool,
}

impl Task {
    pub fn to_args(&self) -> Vec<String> {
        let cpu = self.cpu.map_or("-".into(), |c| c.to_string());
        let messages = self.messages.as_ref().map_or("-".into(), |p| p.display().to_string());
        let (bytes, tls) = (self.echo_bytes.to_string(), if self.tls { "tls" } else { "plain" });
        vec![
            self.role.into(),
            self.address.clone(),
            self.mode.name().into(),
            cpu,
            bytes,
            messages,
            tls.into(),
        ]
    }
}

/// Plays the other side until the measuring side closes. `args` are those that were added to the command.
pub fn run_peer(args: &[String]) -> io::Result<()> {
    if let [role, rest @ ..] = args {
        if role == "journal" {
            return super::bus::read_stamps(rest);
        }
    }
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "not the arguments of a benchmark's peer");
    let [role, address, mode, cpu, bytes, messages, tls] = args else { return Err(wrong()) };
    let mode = Mode::parse(mode).ok_or_else(wrong)?;
    if let Ok(cpu) = cpu.parse() {
        affinity::pin_to(cpu)?;
    }
    let socket = TcpStream::connect(address)?;
    let ended = match role.as_str() {
        "echo" => echo(socket, mode, bytes.parse().map_err(|_| wrong())?),
        "venue" => venue(socket, mode, PathBuf::from(messages), tls == "tls"),
        _ => Err(wrong()),
    };
    match ended {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof || e.kind() == io::ErrorKind::ConnectionReset => {
            Ok(())
        }
        other => other,
    }
}

fn echo(mut socket: TcpStream, mode: Mode, bytes: usize) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_nonblocking(mode == Mode::Spin)?;
    let mut buffer = vec![0; bytes];
    loop {
        read_exactly(&mut socket, &mut buffer)?;
        socket.write_all(&buffer)?;
    }
}

/// Fills `buffer`, from a socket that blocks or by trying again and again.
pub(super) fn read_exactly(socket: &mut TcpStream, buffer: &mut [u8]) -> io::Result<()> {
    let mut got = 0;
    while got < buffer.len() {
        match socket.read(&mut buffer[got..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Sends a message, takes a frame, and so on round the messages. Frames are built before, and the order is only
/// measured off: what the venue would do with it is not part of what is measured.
fn venue(socket: TcpStream, mode: Mode, messages: PathBuf, tls: bool) -> io::Result<()> {
    let text = std::fs::read_to_string(&messages)?;
    let config = match messages.parent() {
        Some(dir) if tls => Some(
            trust::server_config(&dir.join("cert.pem"), &dir.join("key.pem"))
                .map_err(|e| io::Error::other(e.to_string()))?,
        ),
        _ => None,
    };
    let mut stream = Stream::server(socket, config.as_ref()).map_err(|e| io::Error::other(e.to_string()))?;
    let mut writer = FrameWriter::new(Role::Server);
    let frames: Vec<Vec<u8>> = text
        .lines()
        .map(|line| {
            writer.clear();
            writer.push(Opcode::Text, line.as_bytes()).to_vec()
        })
        .collect();
    let mut waiter = Waiter::new(mode.wait_mode());
    let mut buffer = vec![0; 64 << 10];
    wait_for_order(&mut stream, &mut waiter, &mut buffer)?;
    for frame in frames.iter().cycle() {
        let mut sent = 0;
        while sent < frame.len() {
            match stream.send(&frame[sent..]) {
                Ok(n) => sent += n,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        wait_for_order(&mut stream, &mut waiter, &mut buffer)?;
    }
    Ok(())
}

fn wait_for_order(stream: &mut Stream, waiter: &mut Waiter, buffer: &mut [u8]) -> io::Result<()> {
    let mut got = 0;
    loop {
        match stream.recv(&mut buffer[got..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                if stream.wants_write() {
                    match stream.flush() {
                        Err(e) if e.kind() != io::ErrorKind::WouldBlock => return Err(e),
                        _ => {}
                    }
                }
                let fd = PollFd::from_borrowed_fd(stream.fd(), PollFlags::IN);
                waiter.idle(&mut [fd], Duration::from_secs(1))?;
            }
            Err(e) => return Err(e),
        }
        if masked_frame_len(&buffer[..got]).is_some_and(|len| got >= len) {
            return Ok(());
        }
    }
}

/// Length of a client's frame of up to 65535 bytes of payload.
fn masked_frame_len(bytes: &[u8]) -> Option<usize> {
    match (*bytes.get(1)? & 0x7f) as usize {
        126 => Some(8 + u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]) as usize),
        n => Some(6 + n),
    }
}

impl Mode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Mode::Spin => "spin",
            Mode::Block => "block",
        }
    }
    fn parse(name: &str) -> Option<Mode> {
        [Mode::Spin, Mode::Block].into_iter().find(|m| m.name() == name)
    }
    pub(super) fn wait_mode(self) -> WaitMode {
        match self {
            Mode::Spin => WaitMode::Spin,
            Mode::Block => WaitMode::Block,
        }
    }
}
