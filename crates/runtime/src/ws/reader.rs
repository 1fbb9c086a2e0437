//! Turns received bytes into messages. Sans-I/O: the caller receives into [`FrameReader::space`].
//!
//! An unfragmented message is handed out where it was received; nothing is copied. Only fragments are gathered
//! in a side buffer, and only a frame cut off at the buffer's end is moved to the front.

use super::frame::{protocol, CloseFrame, Head, Opcode, Role, Violation, NOT_UTF8, TOO_BIG};
use super::writer::apply_mask;
use nanotick_venues::{Padded, PADDING};

/// Who makes sure that text is UTF-8. Fragmented text and close reasons are always checked here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Utf8 {
    /// The reader: an invalid text is a [`Violation`] with code 1007. For anything but a venue's decoder.
    Check,
    /// Whoever takes the message. The venues' decoders refuse bytes outside ASCII themselves, and checking twice
    /// would cost 20 to 50 ns of a budget of 500.
    LeaveToDecoder,
}

/// Where a payload lies in the reader; read it with [`FrameReader::payload`] before the next call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    gathered: bool,
    at: usize,
    len: usize,
}

/// What the next bytes hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Text(Span),
    Binary(Span),
    Ping(Span),
    Pong(Span),
    /// Its payload is a legal [`CloseFrame`].
    Close(Span),
    /// Nothing whole: receive more.
    Incomplete,
}

/// Bytes of room that the receive buffer begins with.
const INITIAL_ROOM: usize = 128 << 10;

pub struct FrameReader {
    role: Role,
    utf8: Utf8,
    max_message: usize,
    /// Received and not yet consumed: `start..end`. The last [`PADDING`] bytes are never received into.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes that the frame at `start` still lacks, as far as its head tells.
    lacking: usize,
    /// The opcode of the fragmented message under way, whose bytes stand in `gathered`.
    under_way: Option<Opcode>,
    gathered: Vec<u8>,
    broken: Option<Violation>,
}

impl FrameReader {
    /// Messages longer than `max_message` bytes are refused.
    pub fn new(role: Role, max_message: usize, utf8: Utf8) -> FrameReader {
        FrameReader {
            role,
            utf8,
            max_message,
            buffer: vec![0; INITIAL_ROOM + PADDING],
            start: 0,
            end: 0,
            lacking: 1,
            under_way: None,
            gathered: Vec::new(),
            broken: None,
        }
    }

    /// Room to receive into, never empty. Call [`FrameReader::filled`] with the number of bytes that came.
    #[inline(always)]
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        let room_end = self.buffer.len() - PADDING;
        if room_end - self.end < self.lacking.max(1) {
            return self.make_space();
        }
        &mut self.buffer[self.end..room_end]
    }

    /// Moves the cut-off frame to the front; doubles the buffer if that does not do. The size of the buffer thus
    /// follows what was received, not what a head claims.
    #[cold]
    fn make_space(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.buffer.len() - PADDING == self.end {
            self.buffer.resize(self.end * 2 + PADDING, 0);
        }
        let room_end = self.buffer.len() - PADDING;
        &mut self.buffer[self.end..room_end]
    }

    /// `n` bytes were received into [`FrameReader::space`].
    #[inline(always)]
    pub fn filled(&mut self, n: usize) {
        self.end = (self.end + n).min(self.buffer.len() - PADDING);
    }

    /// As if `bytes` had been received.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = self.space();
            let n = bytes.len().min(space.len());
            space[..n].copy_from_slice(&bytes[..n]);
            self.filled(n);
            bytes = &bytes[n..];
        }
    }

    /// Consumes the next whole frame that means something to the caller. After a violation every call repeats it.
    #[inline(always)]
    pub fn step(&mut self) -> Result<Step, Violation> {
        if self.start == self.end && self.broken.is_none() {
            return Ok(Step::Incomplete);
        }
        self.step_buffered()
    }

    #[inline]
    fn step_buffered(&mut self) -> Result<Step, Violation> {
        loop {
            if let Some(violation) = self.broken {
                return Err(violation);
            }
            match self.frame() {
                Ok(Some(step)) => return Ok(step),
                Ok(None) => {}
                Err(violation) => self.broken = Some(violation),
            }
        }
    }

    /// Consumes one frame; `None` if it was a fragment that ends no message.
    #[inline(always)]
    fn frame(&mut self) -> Result<Option<Step>, Violation> {
        let at_hand = &self.buffer[self.start..self.end];
        let Some(head) = Head::parse(at_hand, self.role, self.max_message)? else {
            self.lacking = 14;
            return Ok(Some(Step::Incomplete));
        };
        let frame_len = head.head_len + head.payload_len;
        if at_hand.len() < frame_len {
            self.lacking = frame_len - at_hand.len();
            self.refuse_early(&head)?;
            return Ok(Some(Step::Incomplete));
        }
        let span = Span { gathered: false, at: self.start + head.head_len, len: head.payload_len };
        if let Some(key) = head.mask {
            apply_mask(&mut self.buffer[span.at..span.at + span.len], key);
        }
        self.start += frame_len;
        self.lacking = 1;
        match head.opcode {
            Opcode::Text if head.fin && self.under_way.is_none() => {
                if self.utf8 == Utf8::Check && std::str::from_utf8(self.bytes(span)).is_err() {
                    return Err(NOT_UTF8);
                }
                Ok(Some(Step::Text(span)))
            }
            Opcode::Binary if head.fin && self.under_way.is_none() => Ok(Some(Step::Binary(span))),
            Opcode::Ping => Ok(Some(Step::Ping(span))),
            Opcode::Pong => Ok(Some(Step::Pong(span))),
            Opcode::Close => {
                CloseFrame::parse(self.bytes(span))?;
                Ok(Some(Step::Close(span)))
            }
            _ => self.fragment(&head, span),
        }
    }

    /// What the head of a fragment shows to be wrong, before its payload has come.
    fn refuse_early(&self, head: &Head) -> Result<(), Violation> {
        match (head.opcode, self.under_way) {
            (Opcode::Continuation, None) => Err(protocol("a continuation without a message to continue")),
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                Err(protocol("a new message began before the last was whole"))
            }
            (Opcode::Continuation, Some(_)) if self.gathered.len() + head.payload_len > self.max_message => {
                Err(TOO_BIG)
            }
            _ => Ok(()),
        }
    }

    #[cold]
    fn fragment(&mut self, head: &Head, span: Span) -> Result<Option<Step>, Violation> {
        self.refuse_early(head)?;
        let opcode = match self.under_way {
            Some(opcode) => opcode,
            None => {
                self.gathered.clear();
                head.opcode
            }
        };
        self.under_way = Some(opcode);
        self.gathered.extend_from_slice(&self.buffer[span.at..span.at + span.len]);
        if !head.fin {
            return Ok(None);
        }
        self.under_way = None;
        let len = self.gathered.len();
        self.gathered.resize(len + PADDING, 0);
        let span = Span { gathered: true, at: 0, len };
        if opcode == Opcode::Binary {
            return Ok(Some(Step::Binary(span)));
        }
        match std::str::from_utf8(self.bytes(span)) {
            Ok(_) => Ok(Some(Step::Text(span))),
            Err(_) => Err(NOT_UTF8),
        }
    }

    fn bytes(&self, span: Span) -> &[u8] {
        self.payload(span).bytes()
    }

    /// The payload of the last [`Step`]. A span of an earlier step gives an empty or wrong payload, never a panic.
    #[inline(always)]
    pub fn payload(&self, span: Span) -> Padded<'_> {
        const NOTHING: &[u8] = &[0; PADDING];
        let source = if span.gathered { &self.gathered } else { &self.buffer };
        source
            .get(span.at..)
            .and_then(|bytes| Padded::new(bytes, span.len))
            .or_else(|| Padded::new(NOTHING, 0))
            .expect("PADDING bytes hold an empty padded message")
    }
}
