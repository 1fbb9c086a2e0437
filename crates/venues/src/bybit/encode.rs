//! Order frames for the trade socket, from parts that were written out beforehand.
//!
//! Only what differs from order to order is formatted: ids, time, size, price. Nothing allocates.

use super::codes::tif_word;
use crate::number::{write_u64, U64_ROOM};
use crate::requests::{write_id_tail, Operation};
use crate::step_text::StepText;
use nanotick_model::{
    Amend, Cancel, ClientId, Instrument, OrderType, Place, Side, TimeInForce, CLIENT_ID_MAX_LEN,
};

const NS_PER_MS: u64 = 1_000_000;

/// A piece of a frame. It is copied whole, which is a handful of wide stores, and then cut to its length.
#[derive(Clone, Copy)]
struct Part {
    bytes: [u8; Part::ROOM],
    len: usize,
}

impl Part {
    const ROOM: usize = 128;

    fn new(text: &str) -> Part {
        let mut bytes = [0; Part::ROOM];
        // The longest symbol that a `Text<24>` holds still fits; cutting would show in every test.
        let len = text.len().min(Part::ROOM);
        bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
        Part { bytes, len }
    }
}

/// A frame under construction.
struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    #[inline(always)]
    fn part(&mut self, part: &Part) {
        self.out[self.at..self.at + Part::ROOM].copy_from_slice(&part.bytes);
        self.at += part.len;
    }
    #[inline(always)]
    fn literal<const N: usize>(&mut self, text: &[u8; N]) {
        self.out[self.at..self.at + N].copy_from_slice(text);
        self.at += N;
    }
    #[inline(always)]
    fn client(&mut self, text: &ClientText) {
        self.out[self.at..self.at + CLIENT_ID_MAX_LEN].copy_from_slice(&text.bytes);
        self.at += text.len;
    }
    #[inline(always)]
    fn steps(&mut self, steps: i64, text: &StepText) {
        self.at += text.write(steps, &mut self.out[self.at..]);
    }
}

struct ClientText {
    bytes: [u8; CLIENT_ID_MAX_LEN],
    len: usize,
}

/// Texts that seldom change from one order to the next, kept between orders.
#[derive(Default)]
struct Kept {
    /// The run's part of client ids, `nt1-`, and the epoch that it stands for (0: none yet).
    run: [u8; CLIENT_ID_MAX_LEN],
    run_len: usize,
    epoch: u32,
    /// The digits of this second since the Unix epoch.
    second: u64,
    second_text: [u8; U64_ROOM],
    second_len: usize,
}

impl Kept {
    #[inline(always)]
    fn client(&mut self, client: ClientId) -> ClientText {
        if client.epoch() != self.epoch || self.run_len == 0 {
            self.epoch = client.epoch();
            self.run_len = ClientId::new(self.epoch, 0).write_text(&mut self.run) - 1;
        }
        let mut text = ClientText { bytes: self.run, len: self.run_len };
        text.len += write_base36(client.seq(), &mut text.bytes[self.run_len..]);
        text
    }

    /// Milliseconds since the Unix epoch.
    #[inline(always)]
    fn time(&mut self, now_ns: i64, out: &mut [u8]) -> usize {
        let now_ms = now_ns.max(0) as u64 / NS_PER_MS;
        let (second, ms) = (now_ms / 1000, now_ms % 1000);
        if second != self.second || self.second_len == 0 {
            self.second = second;
            self.second_len = write_u64(second, &mut self.second_text);
        }
        let n = self.second_len;
        out[..U64_ROOM].copy_from_slice(&self.second_text);
        out[n..n + 3].copy_from_slice(&[
            b'0' + (ms / 100) as u8,
            b'0' + (ms / 10 % 10) as u8,
            b'0' + (ms % 10) as u8,
        ]);
        n + 3
    }
}

/// The sequence's digits, as `ClientId` writes them.
#[inline(always)]
fn write_base36(mut value: u64, out: &mut [u8]) -> usize {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // The length first, for the reason that `write_u64` gives.
    let (mut n, mut bound) = (1, 36);
    while value >= bound {
        n += 1;
        bound *= 36;
    }
    for slot in out[..n].iter_mut().rev() {
        *slot = DIGITS[(value % 36) as usize];
        value /= 36;
    }
    n
}

/// What does not change within one instrument: from behind the time to behind the symbol.
struct Heads {
    create: Part,
    amend: Part,
    cancel: Part,
    tick: StepText,
    lot: StepText,
}

pub(super) struct Encoder {
    heads: Box<[Heads]>,
    /// From behind the symbol to before the size, by [`terms_index`].
    terms: Box<[Part]>,
    kept: Kept,
}

impl Encoder {
    pub fn new(instruments: &[Instrument], recv_window_ms: u32) -> Encoder {
        let head = |instrument: &Instrument, operation: &str| {
            Part::new(&format!(
                "\",\"X-BAPI-RECV-WINDOW\":\"{recv_window_ms}\"}},\"op\":\"order.{operation}\",\"args\":[{{\
                 \"category\":\"linear\",\"symbol\":\"{}\",\"",
                instrument.symbol
            ))
        };
        let heads = |instrument: &Instrument| Heads {
            create: head(instrument, "create"),
            amend: head(instrument, "amend"),
            cancel: head(instrument, "cancel"),
            tick: StepText::new(&instrument.tick),
            lot: StepText::new(&instrument.lot),
        };
        Encoder { heads: instruments.iter().map(heads).collect(), terms: all_terms(), kept: Kept::default() }
    }

    /// Writes an `order.create` frame's payload; returns its length. `out` needs 1024 bytes.
    #[inline]
    pub fn create(&mut self, at: usize, place: &Place, number: u64, now_ns: i64, out: &mut [u8]) -> usize {
        let heads = &self.heads[at];
        let client = self.kept.client(place.client);
        let mut frame = begin(&mut self.kept, &client, Operation::Create, number, now_ns, out);
        frame.part(&heads.create);
        frame.part(&self.terms[terms_index(place.side, place.order_type, place.tif, place.reduce_only)]);
        frame.steps(place.qty.0, &heads.lot);
        if place.order_type == OrderType::Limit {
            frame.literal(b"\",\"price\":\"");
            frame.steps(place.px.0, &heads.tick);
        }
        frame.literal(b"\",\"orderLinkId\":\"");
        frame.client(&client);
        frame.literal(b"\"}]}");
        frame.at
    }

    #[inline]
    pub fn amend(&mut self, at: usize, amend: &Amend, number: u64, now_ns: i64, out: &mut [u8]) -> usize {
        let heads = &self.heads[at];
        let client = self.kept.client(amend.client);
        let mut frame = begin(&mut self.kept, &client, Operation::Amend, number, now_ns, out);
        frame.part(&heads.amend);
        frame.literal(b"qty\":\"");
        frame.steps(amend.qty.0, &heads.lot);
        frame.literal(b"\",\"price\":\"");
        frame.steps(amend.px.0, &heads.tick);
        frame.literal(b"\",\"orderLinkId\":\"");
        frame.client(&client);
        frame.literal(b"\"}]}");
        frame.at
    }

    #[inline]
    pub fn cancel(&mut self, at: usize, cancel: &Cancel, number: u64, now_ns: i64, out: &mut [u8]) -> usize {
        let client = self.kept.client(cancel.client);
        let mut frame = begin(&mut self.kept, &client, Operation::Cancel, number, now_ns, out);
        frame.part(&self.heads[at].cancel);
        frame.literal(b"orderLinkId\":\"");
        frame.client(&client);
        frame.literal(b"\"}]}");
        frame.at
    }
}

#[inline(always)]
fn begin<'a>(
    kept: &mut Kept,
    client: &ClientText,
    operation: Operation,
    number: u64,
    now_ns: i64,
    out: &'a mut [u8],
) -> Writer<'a> {
    let mut frame = Writer { out, at: 0 };
    frame.literal(b"{\"reqId\":\"");
    frame.client(client);
    frame.at += write_id_tail(operation, number, &mut frame.out[frame.at..]);
    frame.literal(b"\",\"header\":{\"X-BAPI-TIMESTAMP\":\"");
    frame.at += kept.time(now_ns, &mut frame.out[frame.at..]);
    frame
}

fn terms_index(side: Side, order_type: OrderType, tif: TimeInForce, reduce_only: bool) -> usize {
    let side = (side == Side::Sell) as usize;
    let order_type = (order_type == OrderType::Market) as usize;
    ((side * 2 + order_type) * 4 + (tif as usize - 1)) * 2 + reduce_only as usize
}

fn all_terms() -> Box<[Part]> {
    let mut terms = vec![Part::new(""); 32];
    for side in [Side::Buy, Side::Sell] {
        for order_type in [OrderType::Limit, OrderType::Market] {
            for tif in [TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::PostOnly] {
                for reduce_only in [false, true] {
                    let side_word = if side == Side::Buy { "Buy" } else { "Sell" };
                    let (type_word, tif_word) = match order_type {
                        OrderType::Limit => ("Limit", tif_word(tif)),
                        OrderType::Market => ("Market", "IOC"),
                    };
                    terms[terms_index(side, order_type, tif, reduce_only)] = Part::new(&format!(
                        "side\":\"{side_word}\",\"orderType\":\"{type_word}\",\"timeInForce\":\"{tif_word}\",\
                         \"reduceOnly\":{reduce_only},\"qty\":\""
                    ));
                }
            }
        }
    }
    terms.into()
}
