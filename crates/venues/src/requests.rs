//! Requests on the trade socket that wait for their answer: what each was about, and which have waited too long.
//!
//! The venue's answer names neither symbol nor operation reliably, so the request id leads back to both. Nothing here
//! allocates unless thousands of requests stay unanswered.

use crate::number::write_u64;
use nanotick_model::{ClientId, InstrumentId};

/// Requests that are remembered; answers to older ones are not understood any more.
const ROOM: usize = 1024;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation {
    Create,
    Amend,
    Cancel,
}

impl Operation {
    const fn letter(self) -> u8 {
        match self {
            Operation::Create => b'c',
            Operation::Amend => b'a',
            Operation::Cancel => b'x',
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub number: u64,
    pub client: ClientId,
    pub instrument: InstrumentId,
    pub operation: Operation,
    pub sent_ns: i64,
}

#[derive(Clone, Copy)]
struct Slot {
    request: Request,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// Reported as unknown; a late answer still counts.
    GivenUp,
    Answered,
}

pub(crate) struct Requests {
    slots: Box<[Slot]>,
    /// The number of the next request; numbers start at 1.
    next: u64,
    /// No request before this one waits.
    oldest: u64,
    /// Requests that were still waiting when their slot was needed.
    pushed_out: Vec<Request>,
}

/// Room for a request id, such as `nt1-2f.c17`.
#[cfg(test)]
const REQUEST_ID_ROOM: usize = nanotick_model::CLIENT_ID_MAX_LEN + 2 + crate::number::U64_ROOM;

impl Requests {
    pub fn new() -> Requests {
        let nothing = Request {
            number: 0,
            client: ClientId::NONE,
            instrument: InstrumentId(0),
            operation: Operation::Create,
            sent_ns: 0,
        };
        let free = Slot { request: nothing, state: State::Answered };
        Requests { slots: vec![free; ROOM].into(), next: 1, oldest: 1, pushed_out: Vec::new() }
    }

    /// Takes a request in and gives it its number.
    #[inline]
    pub fn begin(
        &mut self,
        client: ClientId,
        instrument: InstrumentId,
        operation: Operation,
        sent_ns: i64,
    ) -> u64 {
        let number = self.next;
        self.next += 1;
        let slot = &mut self.slots[number as usize % ROOM];
        if slot.state == State::Waiting {
            self.pushed_out.push(slot.request);
        }
        *slot = Slot {
            request: Request { number, client, instrument, operation, sent_ns },
            state: State::Waiting,
        };
        number
    }

    /// The request that an answer belongs to. `None` if there is none, it is forgotten, or it was answered before.
    pub fn answer(&mut self, id: &[u8]) -> Option<Request> {
        let (client, letter, number) = parse_id(id)?;
        let slot = &mut self.slots[number as usize % ROOM];
        let request = slot.request;
        let is_it =
            request.number == number && request.client == client && request.operation.letter() == letter;
        if !is_it || slot.state == State::Answered {
            return None;
        }
        slot.state = State::Answered;
        Some(request)
    }

    /// One request that was sent before `deadline_ns` and still waits; call until `None`.
    pub fn overdue(&mut self, deadline_ns: i64) -> Option<Request> {
        if let Some(request) = self.pushed_out.pop() {
            return Some(request);
        }
        self.oldest = self.oldest.max(self.next.saturating_sub(ROOM as u64));
        while self.oldest < self.next {
            let slot = &mut self.slots[self.oldest as usize % ROOM];
            if slot.state == State::Waiting {
                if slot.request.sent_ns > deadline_ns {
                    return None;
                }
                slot.state = State::GivenUp;
                self.oldest += 1;
                return Some(slot.request);
            }
            self.oldest += 1;
        }
        None
    }
}

/// Writes what follows the order's own id in the id of a request; returns the length.
#[inline(always)]
pub(crate) fn write_id_tail(operation: Operation, number: u64, out: &mut [u8]) -> usize {
    out[0] = b'.';
    out[1] = operation.letter();
    2 + write_u64(number, &mut out[2..])
}

fn parse_id(id: &[u8]) -> Option<(ClientId, u8, u64)> {
    let dot = id.iter().position(|&b| b == b'.')?;
    let client = ClientId::parse(&id[..dot])?;
    let (&letter, digits) = id[dot + 1..].split_first()?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((client, letter, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(request: &Requests, number: u64) -> Vec<u8> {
        let slot = request.slots[number as usize % ROOM].request;
        let mut out = [0; REQUEST_ID_ROOM];
        let n = slot.client.write_text(&mut out);
        let n = n + write_id_tail(slot.operation, number, &mut out[n..]);
        out[..n].to_vec()
    }

    fn begin(requests: &mut Requests, seq: u64, sent_ns: i64) -> u64 {
        requests.begin(ClientId::new(3, seq), InstrumentId(1), Operation::Cancel, sent_ns)
    }

    #[test]
    fn an_answer_finds_its_request_once() {
        let mut requests = Requests::new();
        let number = begin(&mut requests, 71, 5);
        let id = id(&requests, number);
        assert_eq!(id, b"nt3-1z.x1");
        for wrong in [
            &b""[..],
            b"nt3-1z.x",
            b"nt3-1z.x2",
            b"nt3-1z.c1",
            b"nt3-20.x1",
            b"nt3-1z",
            b"x.x1",
            b"nt3-1z.x-1",
        ] {
            assert_eq!(requests.answer(wrong), None, "{wrong:?}");
        }
        assert_eq!(
            requests.answer(&id).map(|r| (r.client, r.operation)),
            Some((ClientId::new(3, 71), Operation::Cancel))
        );
        assert_eq!(requests.answer(&id), None, "answered twice");
        assert_eq!(requests.overdue(i64::MAX), None);
    }

    #[test]
    fn what_waits_too_long_is_given_up_once_and_may_still_be_answered() {
        let mut requests = Requests::new();
        let numbers: Vec<u64> = (0..5).map(|i| begin(&mut requests, i, i as i64 * 10)).collect();
        let second = id(&requests, numbers[1]);
        assert!(requests.answer(&second).is_some());
        let late: Vec<u64> = std::iter::from_fn(|| requests.overdue(25).map(|r| r.client.seq())).collect();
        assert_eq!(late, [0, 2]);
        assert_eq!(requests.overdue(25), None);
        let first = id(&requests, numbers[0]);
        assert!(requests.answer(&first).is_some(), "a late answer");
    }

    #[test]
    fn no_request_is_forgotten_in_silence() {
        let mut requests = Requests::new();
        let total = 3 * ROOM as u64;
        for seq in 0..total {
            begin(&mut requests, seq, 0);
        }
        let mut seen: Vec<u64> = std::iter::from_fn(|| requests.overdue(0).map(|r| r.client.seq())).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..total).collect::<Vec<_>>());
    }
}
