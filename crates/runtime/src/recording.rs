//! Reads recorded venue messages, line by line, from one session in one or several files.
//!
//! It knows the containers (plain, gzip, zstd) and the three line forms in use; what a message means is the
//! decoder's to know. Files are streamed, so a day's recording needs no more memory than its longest line.

use flate2::bufread::MultiGzDecoder;
use nanotick_venues::{Padded, PADDING};
use ruzstd::decoding::StreamingDecoder;
use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A longer line is not a message but a wrong file.
const MAX_LINE_BYTES: usize = 32 << 20;
/// A file whose first lines are all unusable is refused as a whole, with this many as evidence.
const MAX_BAD_AT_START: u64 = 100;

/// Why a recording cannot be read: a sentence with the place, and a way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingError {
    pub message: String,
    pub hint: String,
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.message, self.hint)
    }
}
impl std::error::Error for RecordingError {}

/// A line that was passed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadLine {
    pub file: PathBuf,
    /// From 1.
    pub line: u64,
    pub why: &'static str,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.why)
    }
}

/// One recorded message.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// When it was received, ns since the Unix epoch; 0 if the file does not say.
    pub recv_ns: i64,
    /// The venue's JSON as it came.
    pub json: Padded<'a>,
    /// Where it came from, if the file says so: a REST body's request, or the address of a message's socket.
    pub address: Option<&'a str>,
}

enum Parsed {
    /// Where the JSON stands in the line.
    InLine(i64, usize),
    /// The JSON has been unescaped into `text`, and where it came from is in `address`.
    Unescaped(i64),
    /// Known, and not a message: a header, a connect, what was sent.
    NotAMessage,
    Bad(&'static str),
}

/// An open recording.
pub struct Recording {
    waiting: VecDeque<PathBuf>,
    current: Option<(PathBuf, Box<dyn BufRead + Send>)>,
    line: Vec<u8>,
    text: Vec<u8>,
    address: String,
    /// Sockets by name, with their addresses.
    sockets: Vec<(String, String)>,
    line_number: u64,
    good_in_file: u64,
    /// Multiplies a time in the current file to nanoseconds; 0 until its first stamp.
    stamp_unit_ns: i64,
    bad_lines: u64,
    first_bad: Option<BadLine>,
}

impl Recording {
    /// Opens the files of one session, read in the order given. Each is opened once now, so that a wrong name is
    /// told before hours of work.
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<Recording, RecordingError> {
        if paths.is_empty() {
            return Err(RecordingError {
                message: "no recording was given".into(),
                hint: "name one file, or the files of one session in their order".into(),
            });
        }
        for path in paths {
            container(path.as_ref())?;
        }
        Ok(Recording {
            waiting: paths.iter().map(|p| p.as_ref().to_path_buf()).collect(),
            current: None,
            line: Vec::new(),
            text: Vec::new(),
            address: String::new(),
            sockets: Vec::new(),
            line_number: 0,
            good_in_file: 0,
            stamp_unit_ns: 0,
            bad_lines: 0,
            first_bad: None,
        })
    }

    /// The next message, or `None` at the end. What it borrows is overwritten by the next call.
    pub fn next_message(&mut self) -> Result<Option<Message<'_>>, RecordingError> {
        loop {
            if !self.read_line()? {
                return Ok(None);
            }
            let end = self.line.len();
            match self.parse() {
                Parsed::InLine(recv_ns, at) => {
                    self.good_in_file += 1;
                    self.line.resize(end + PADDING, 0);
                    return Ok(Padded::new(&self.line[at..], end - at).map(|json| Message {
                        recv_ns,
                        json,
                        address: None,
                    }));
                }
                Parsed::Unescaped(recv_ns) => {
                    self.good_in_file += 1;
                    let len = self.text.len();
                    self.text.resize(len + PADDING, 0);
                    return Ok(Padded::new(&self.text, len).map(|json| Message {
                        recv_ns,
                        json,
                        address: Some(self.address.as_str()).filter(|a| !a.is_empty()),
                    }));
                }
                Parsed::NotAMessage => self.good_in_file += 1,
                Parsed::Bad(why) => self.refuse(why)?,
            }
        }
    }

    /// Counts the last message as unusable: its JSON proved damaged.
    pub fn mark_bad(&mut self, why: &'static str) {
        self.bad_lines += 1;
        if self.first_bad.is_none() {
            let file = self.current.as_ref().map(|(path, _)| path.clone()).unwrap_or_default();
            self.first_bad = Some(BadLine { file, line: self.line_number, why });
        }
    }

    pub fn bad_lines(&self) -> u64 {
        self.bad_lines
    }
    pub fn first_bad(&self) -> Option<&BadLine> {
        self.first_bad.as_ref()
    }

    fn refuse(&mut self, why: &'static str) -> Result<(), RecordingError> {
        self.mark_bad(why);
        if self.good_in_file > 0 || self.line_number < MAX_BAD_AT_START {
            return Ok(());
        }
        let bad = self.first_bad.as_ref().map(BadLine::to_string).unwrap_or_default();
        Err(RecordingError {
            message: format!(
                "not a recording: none of the first {MAX_BAD_AT_START} lines is a message ({bad})"
            ),
            hint: FORMS.into(),
        })
    }

    /// Reads one line that is not empty into `self.line`, without its end. `false` at the end of the last file.
    fn read_line(&mut self) -> Result<bool, RecordingError> {
        loop {
            let Some((path, reader)) = &mut self.current else {
                let Some(path) = self.waiting.pop_front() else { return Ok(false) };
                let reader = container(&path)?;
                self.current = Some((path, reader));
                (self.line_number, self.good_in_file, self.stamp_unit_ns) = (0, 0, 0);
                continue;
            };
            self.line.clear();
            let mut limited = reader.take(MAX_LINE_BYTES as u64);
            let n = limited.read_until(b'\n', &mut self.line).map_err(|error| RecordingError {
                message: format!("{}: damaged after line {}: {error}", path.display(), self.line_number),
                hint: "the file was cut short or altered; take a fresh copy, or unpack what is whole of it"
                    .into(),
            })?;
            if n == 0 {
                self.finish_file()?;
                continue;
            }
            self.line_number += 1;
            if n == MAX_LINE_BYTES && self.line.last() != Some(&b'\n') {
                return Err(RecordingError {
                    message: format!(
                        "{}: line {} is longer than {} MiB",
                        path.display(),
                        self.line_number,
                        MAX_LINE_BYTES >> 20
                    ),
                    hint: FORMS.into(),
                });
            }
            while self.line.last().is_some_and(u8::is_ascii_whitespace) {
                self.line.pop();
            }
            if !self.line.is_empty() {
                return Ok(true);
            }
        }
    }

    fn finish_file(&mut self) -> Result<(), RecordingError> {
        let Some((path, _)) = self.current.take() else { return Ok(()) };
        if self.good_in_file > 0 {
            return Ok(());
        }
        let why = match self.first_bad.as_ref().filter(|bad| bad.file == path) {
            Some(bad) => format!("none of its {} lines is a message ({bad})", self.line_number),
            None => "it is empty".into(),
        };
        Err(RecordingError {
            message: format!("{}: not a recording: {why}", path.display()),
            hint: FORMS.into(),
        })
    }

    fn parse(&mut self) -> Parsed {
        match self.line[0] {
            b'0'..=b'9' => self.parse_stamped(),
            b'{' if self.line.starts_with(b"{\"t\":\"") => self.parse_tagged(),
            // A bare message: a venue's own archive, one JSON object a line.
            b'{' => Parsed::InLine(0, 0),
            _ => Parsed::Bad("neither a receive time nor a JSON object at the start of the line"),
        }
    }

    /// `<receive time> <json>`
    fn parse_stamped(&mut self) -> Parsed {
        let digits = self.line.iter().take_while(|b| b.is_ascii_digit()).count();
        let Ok(stamp) = std::str::from_utf8(&self.line[..digits]).unwrap_or("").parse::<i64>() else {
            return Parsed::Bad("the receive time is out of range");
        };
        let spaces = self.line[digits..].iter().take_while(|&&b| b == b' ' || b == b'\t').count();
        let at = digits + spaces;
        if spaces == 0 || !matches!(self.line.get(at), Some(b'{' | b'[')) {
            return Parsed::Bad("no JSON object behind the receive time");
        }
        if self.stamp_unit_ns == 0 {
            self.stamp_unit_ns = unit_ns(stamp);
        }
        match stamp.checked_mul(self.stamp_unit_ns) {
            Some(recv_ns) => Parsed::InLine(recv_ns, at),
            None => Parsed::Bad("the receive time is in another unit than in the file's first line"),
        }
    }

    /// `{"t":"recv","conn":..,"ts":<seconds>,"data":"<json as a string>"}`, and `http` with the request's `url`.
    fn parse_tagged(&mut self) -> Parsed {
        let line = &self.line[..];
        let is_answer = line.starts_with(b"{\"t\":\"http\"");
        if !is_answer && !line.starts_with(b"{\"t\":\"recv\"") {
            if line.starts_with(b"{\"t\":\"connect\"") {
                let (name, address) = (text_of(line, b",\"conn\":\""), text_of(line, b",\"addr\":\""));
                self.sockets.retain(|(known, _)| known != name);
                self.sockets.push((name.to_string(), address.to_string()));
            }
            return Parsed::NotAMessage;
        }
        let Some(data) = find(line, b",\"data\":\"") else {
            return Parsed::Bad("a received message without `data`");
        };
        let head = &line[..data];
        let Some(recv_ns) = find(head, b",\"ts\":").and_then(|at| seconds_to_ns(&head[at..])) else {
            return Parsed::Bad("a received message without a time `ts`");
        };
        self.address.clear();
        if is_answer {
            self.address.push_str(text_of(head, b",\"url\":\""));
        } else {
            let name = text_of(head, b"\"conn\":\"");
            let socket = self.sockets.iter().find(|(known, _)| known == name);
            self.address.push_str(socket.map_or("", |(_, address)| address));
        }
        self.text.clear();
        match unescape(&line[data..], &mut self.text) {
            Some(()) => Parsed::Unescaped(recv_ns),
            None => Parsed::Bad("`data` is not a JSON string"),
        }
    }
}

const FORMS: &str = "a recording has one message a line: `<receive time> <json>`, \
     `{\"t\":\"recv\",\"ts\":<seconds>,\"data\":\"<json>\"}`, or the venue's JSON alone; plain, .gz or .zst";

/// Opens a file and puts the decoder before it that its first bytes ask for.
fn container(path: &Path) -> Result<Box<dyn BufRead + Send>, RecordingError> {
    let fail = |what: String, hint: &str| RecordingError {
        message: format!("{}: {what}", path.display()),
        hint: hint.into(),
    };
    let file = File::open(path).map_err(|e| fail(format!("cannot be opened: {e}"), "check the path"))?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(fail("is a directory".into(), "name the files of the session, in their order"));
    }
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let magic =
        reader.fill_buf().map_err(|e| fail(format!("cannot be read: {e}"), "check the permissions"))?;
    let unpack = |name: &str| {
        fail(
            format!("is a {name} archive, which is not read here"),
            "unpack it first, or pack it as .gz or .zst",
        )
    };
    match magic {
        [0x1f, 0x8b, ..] => Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader)))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Ok(Box::new(BufReader::with_capacity(1 << 16, Zstd::new(reader)))),
        [b'P', b'K', 3, 4, ..] => Err(unpack("zip")),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Err(unpack("xz")),
        [b'B', b'Z', b'h', ..] => Err(unpack("bzip2")),
        _ => Ok(Box::new(reader)),
    }
}

/// A zstd file: one frame after the other.
struct Zstd {
    between: Option<BufReader<File>>,
    frame: Option<StreamingDecoder<BufReader<File>, ruzstd::decoding::FrameDecoder>>,
}

impl Zstd {
    fn new(reader: BufReader<File>) -> Zstd {
        Zstd { between: Some(reader), frame: None }
    }
}

impl Read for Zstd {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut reader) = self.between.take() {
                if reader.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.frame = Some(StreamingDecoder::new(reader).map_err(io::Error::other)?);
            }
            let Some(frame) = &mut self.frame else { return Ok(0) };
            match frame.read(out)? {
                0 if !out.is_empty() => self.between = self.frame.take().map(StreamingDecoder::into_inner),
                n => return Ok(n),
            }
        }
    }
}

/// The unit of a stamp, from its size: seconds until the year 5138, milliseconds, microseconds, nanoseconds.
fn unit_ns(stamp: i64) -> i64 {
    match stamp {
        0..100_000_000_000 => 1_000_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    }
}

/// The digits of `1786310817.601629,` as nanoseconds, without a float's rounding.
fn seconds_to_ns(text: &[u8]) -> Option<i64> {
    let (mut value, mut decimals) = (0i64, None::<u32>);
    for &byte in text {
        match byte {
            b'0'..=b'9' if decimals.unwrap_or(0) < 9 => {
                value = value.checked_mul(10)?.checked_add((byte - b'0') as i64)?;
                decimals = decimals.map(|n| n + 1);
            }
            b'0'..=b'9' => {}
            b'.' if decimals.is_none() => decimals = Some(0),
            b',' | b'}' | b' ' => return value.checked_mul(10i64.pow(9 - decimals.unwrap_or(0))),
            _ => return None,
        }
    }
    None
}

/// Where the text behind `needle` begins.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle).map(|at| at + needle.len())
}

/// The plain text behind `needle`, up to the next quote; empty if there is none.
fn text_of<'a>(line: &'a [u8], needle: &[u8]) -> &'a str {
    let rest = find(line, needle).map(|at| &line[at..]).unwrap_or_default();
    let text = rest.split(|&b| b == b'"').next().unwrap_or_default();
    std::str::from_utf8(text).unwrap_or_default()
}

/// Appends the content of a JSON string that begins at `text[0]` and must end at its first bare quote.
fn unescape(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut at = 0;
    loop {
        let plain = text[at..].iter().position(|&b| b == b'"' || b == b'\\')?;
        out.extend_from_slice(&text[at..at + plain]);
        at += plain;
        if text[at] == b'"' {
            return Some(());
        }
        let byte = match *text.get(at + 1)? {
            b @ (b'"' | b'\\' | b'/') => b,
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            b'u' => {
                let (c, used) = unescape_unicode(&text[at..])?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at += used;
                continue;
            }
            _ => return None,
        };
        out.push(byte);
        at += 2;
    }
}

/// The character of `\uXXXX`, or of two such that are a surrogate pair, and the bytes they take.
fn unescape_unicode(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?;
        let hex = digits.strip_prefix(b"\\u").filter(|h| h.iter().all(u8::is_ascii_hexdigit))?;
        u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
    };
    let first = unit(0)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, 6));
    }
    let second = unit(6).filter(|u| (0xdc00..0xe000).contains(u))?;
    Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?, 12))
}

#[cfg(test)]
mod tests;
