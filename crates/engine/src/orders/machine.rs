//! The life of an order as one table: state × trigger → what next, and what somebody must do about it.
//!
//! The table is pure, total and without a catch-all arm, so that a new state or trigger does not compile until every
//! pair has been thought about. Amounts are judged before: see [`Trigger`]'s fills.

/// Where an order is. The first eight are live; the rest have ended, and may still be contradicted by the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum State {
    /// Made, not yet handed to the transport.
    New = 1,
    /// Handed to the transport, not answered.
    Submitting = 2,
    /// Not answered in time, or answered without an outcome: it may live at the venue.
    Unknown = 3,
    Open = 4,
    Partial = 5,
    PendingAmend = 6,
    /// An amend was not answered: the order has its old or its new price and size.
    AmendUnknown = 7,
    PendingCancel = 8,
    /// Refused by our own risk.
    Denied = 9,
    /// Known never to have left this machine.
    NotSent = 10,
    Rejected = 11,
    Canceled = 12,
    Expired = 13,
    /// Proven never to have reached the venue.
    Absent = 14,
    Filled = 15,
    /// Filled after it had ended otherwise.
    FilledLate = 16,
}

impl State {
    pub const ALL: [State; 16] = [
        State::New,
        State::Submitting,
        State::Unknown,
        State::Open,
        State::Partial,
        State::PendingAmend,
        State::AmendUnknown,
        State::PendingCancel,
        State::Denied,
        State::NotSent,
        State::Rejected,
        State::Canceled,
        State::Expired,
        State::Absent,
        State::Filled,
        State::FilledLate,
    ];

    /// May still trade, as far as we know.
    #[inline(always)]
    pub const fn is_live(self) -> bool {
        (self as u8) <= State::PendingCancel as u8
    }

    pub const fn name(self) -> &'static str {
        match self {
            State::New => "NEW",
            State::Submitting => "SUBMITTING",
            State::Unknown => "UNKNOWN",
            State::Open => "OPEN",
            State::Partial => "PARTIAL",
            State::PendingAmend => "PENDING_AMEND",
            State::AmendUnknown => "AMEND_UNKNOWN",
            State::PendingCancel => "PENDING_CANCEL",
            State::Denied => "DENIED",
            State::NotSent => "NOT_SENT",
            State::Rejected => "REJECTED",
            State::Canceled => "CANCELED",
            State::Expired => "EXPIRED",
            State::Absent => "ABSENT",
            State::Filled => "FILLED",
            State::FilledLate => "FILLED_LATE",
        }
    }
}

/// What can happen to an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Trigger {
    // Ours.
    Submit,
    Deny,
    NotSent,
    RequestAmend,
    RequestCancel,
    // Time and evidence.
    /// The deadline passed, or the request ended without an outcome.
    Ambiguous,
    /// All the proof of absence is there, for an order that the venue never spoke of.
    ProvenAbsent,
    /// The venue does not find an order that it spoke of before.
    Missing,
    // The venue's reports.
    Acked,
    /// Reported as working.
    Live,
    /// Reported as working with the price and size of the pending amend.
    Amended,
    AmendRefused,
    CancelRefused,
    /// A cancel was refused because the venue does not know the order, or no longer.
    CancelUnknown,
    ReportedFilled,
    Cancelled,
    Rejected,
    Expired,
    // Executions: facts, they apply in any state.
    /// Within what is open or, for an order that has ended, within what a report announced.
    FillWithin,
    /// Completes a live order.
    FillLast,
    /// More than that.
    FillBeyond,
}

impl Trigger {
    pub const ALL: [Trigger; 21] = [
        Trigger::Submit,
        Trigger::Deny,
        Trigger::NotSent,
        Trigger::RequestAmend,
        Trigger::RequestCancel,
        Trigger::Ambiguous,
        Trigger::ProvenAbsent,
        Trigger::Missing,
        Trigger::Acked,
        Trigger::Live,
        Trigger::Amended,
        Trigger::AmendRefused,
        Trigger::CancelRefused,
        Trigger::CancelUnknown,
        Trigger::ReportedFilled,
        Trigger::Cancelled,
        Trigger::Rejected,
        Trigger::Expired,
        Trigger::FillWithin,
        Trigger::FillLast,
        Trigger::FillBeyond,
    ];
}

/// Where the order goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    Stay,
    /// To where its amounts say: open or partial, or unknown if the venue or an amend has not spoken yet.
    Rest,
    To(State),
    /// A request of ours that makes no sense now; nothing changes.
    Refused,
}

/// What somebody must do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    Nothing,
    /// Ask the venue for the order and its executions.
    Query,
    /// It lives although it had ended: cancel it and tell a person.
    CancelZombie,
    /// It traded after it had ended: tell a person.
    AlertLate,
    /// It traded more than its size: tell a person and halt the strategy.
    HaltOverfill,
    /// The venue has lost it: its exposure stays; tell a person.
    AlertLost,
    /// The venue names it by another id than before: there may be two of it; tell a person.
    AlertTwoIds,
    /// Cannot happen: an order that was never sent has been answered. Halt everything.
    Breach,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    pub next: Next,
    pub need: Need,
}

const fn step(next: Next, need: Need) -> Step {
    Step { next, need }
}
const STAY: Step = step(Next::Stay, Need::Nothing);
const REST: Step = step(Next::Rest, Need::Nothing);
const REFUSED: Step = step(Next::Refused, Need::Nothing);
const QUERY: Step = step(Next::Stay, Need::Query);
const REST_QUERY: Step = step(Next::Rest, Need::Query);
const REOPEN: Step = step(Next::Rest, Need::CancelZombie);
const LOST: Step = step(Next::Stay, Need::AlertLost);
const LATE: Step = step(Next::To(State::FilledLate), Need::AlertLate);
const OVERFILL: Step = step(Next::To(State::Filled), Need::HaltOverfill);
const BREACH: Step = step(Next::Stay, Need::Breach);
const fn to(state: State) -> Step {
    step(Next::To(state), Need::Nothing)
}

/// The table.
pub const fn next(state: State, trigger: Trigger) -> Step {
    match state {
        State::New => new(trigger),
        State::Submitting => submitting(trigger),
        State::Unknown => unknown(trigger),
        State::Open | State::Partial => working(trigger),
        State::PendingAmend => pending_amend(trigger),
        State::AmendUnknown => amend_unknown(trigger),
        State::PendingCancel => pending_cancel(trigger),
        State::Denied | State::NotSent => never_sent(trigger),
        State::Rejected | State::Canceled | State::Expired => ended(trigger),
        State::Absent => absent(trigger),
        State::Filled => filled(trigger),
        State::FilledLate => filled_late(trigger),
    }
}

const fn new(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Submit => to(State::Submitting),
        Deny => to(State::Denied),
        NotSent => to(State::NotSent),
        RequestAmend | RequestCancel | Ambiguous | ProvenAbsent | Missing => REFUSED,
        Acked | Live | Amended | AmendRefused | CancelRefused | CancelUnknown => BREACH,
        ReportedFilled | Cancelled | Rejected | Expired | FillWithin | FillLast | FillBeyond => BREACH,
    }
}

const fn submitting(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        NotSent => to(State::NotSent),
        Ambiguous => step(Next::To(State::Unknown), Need::Query),
        Submit | Deny | RequestAmend | RequestCancel | ProvenAbsent | Missing => unknown(trigger),
        Acked | Live | Amended | AmendRefused | CancelRefused | CancelUnknown => unknown(trigger),
        ReportedFilled | Cancelled | Rejected | Expired | FillWithin | FillLast | FillBeyond => {
            unknown(trigger)
        }
    }
}

/// It never times out into an end: only the venue's word or a proof of absence ends it.
const fn unknown(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Submit | Deny | NotSent | RequestAmend => REFUSED,
        RequestCancel => to(State::PendingCancel),
        Ambiguous | AmendRefused | CancelRefused => STAY,
        ProvenAbsent => to(State::Absent),
        Missing | CancelUnknown => QUERY,
        Acked | Live | Amended => REST,
        ReportedFilled | Cancelled | Rejected | Expired | FillLast | FillBeyond => final_word(trigger),
        FillWithin => REST,
    }
}

const fn working(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Submit | Deny | NotSent => REFUSED,
        RequestAmend => to(State::PendingAmend),
        RequestCancel => to(State::PendingCancel),
        Ambiguous | CancelUnknown => QUERY,
        ProvenAbsent | Missing => LOST,
        Acked | AmendRefused | CancelRefused => STAY,
        Live | Amended | FillWithin => REST,
        ReportedFilled | Cancelled | Rejected | Expired | FillLast | FillBeyond => final_word(trigger),
    }
}

/// A fill leaves it pending: the venue still owes the answer, and the larger of both sizes stays exposed.
const fn pending_amend(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Ambiguous => step(Next::To(State::AmendUnknown), Need::Query),
        Submit | Deny | NotSent | RequestAmend | RequestCancel | ProvenAbsent | Missing => {
            amend_unknown(trigger)
        }
        Acked | Live | Amended | AmendRefused | CancelRefused | CancelUnknown => amend_unknown(trigger),
        ReportedFilled | Cancelled | Rejected | Expired | FillWithin | FillLast | FillBeyond => {
            amend_unknown(trigger)
        }
    }
}

const fn amend_unknown(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Submit | Deny | NotSent | RequestAmend => REFUSED,
        RequestCancel => to(State::PendingCancel),
        ProvenAbsent | Missing => LOST,
        Ambiguous | Acked | Live | CancelRefused | FillWithin => STAY,
        CancelUnknown => QUERY,
        Amended => REST,
        // The reason may be that it is done.
        AmendRefused => REST_QUERY,
        ReportedFilled | Cancelled | Rejected | Expired | FillLast | FillBeyond => final_word(trigger),
    }
}

/// It is left by the venue's word alone; "unknown order" is a reason to ask, not an end.
const fn pending_cancel(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Submit | Deny | NotSent | RequestAmend | RequestCancel => REFUSED,
        ProvenAbsent => to(State::Absent),
        Missing => LOST,
        Ambiguous | Acked | Live | Amended | AmendRefused | FillWithin => STAY,
        CancelUnknown => QUERY,
        CancelRefused => REST_QUERY,
        ReportedFilled | Cancelled | Rejected | Expired | FillLast | FillBeyond => final_word(trigger),
    }
}

/// What ends a live order. The other triggers do not reach it.
const fn final_word(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        ReportedFilled | FillLast => to(State::Filled),
        Cancelled => to(State::Canceled),
        Rejected => to(State::Rejected),
        Expired => to(State::Expired),
        FillBeyond => OVERFILL,
        Submit | Deny | NotSent | RequestAmend | RequestCancel | Ambiguous | ProvenAbsent | Missing => STAY,
        Acked | Live | Amended | AmendRefused | CancelRefused | CancelUnknown | FillWithin => STAY,
    }
}

const fn never_sent(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Submit | Deny | NotSent | RequestAmend | RequestCancel => REFUSED,
        Ambiguous | ProvenAbsent | Missing => STAY,
        Acked | Live | Amended | AmendRefused | CancelRefused | CancelUnknown => BREACH,
        ReportedFilled | Cancelled | Rejected | Expired | FillWithin | FillLast | FillBeyond => BREACH,
    }
}

/// An acknowledgement may come behind the end by another socket; a report of a working order may not.
const fn ended(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Submit | Deny | NotSent | RequestAmend | RequestCancel => REFUSED,
        Ambiguous | ProvenAbsent | Missing | Acked | AmendRefused | CancelRefused | CancelUnknown => STAY,
        Live | Amended => REOPEN,
        ReportedFilled => step(Next::To(State::Filled), Need::AlertLate),
        Cancelled | Rejected | Expired | FillWithin | FillLast => STAY,
        FillBeyond => LATE,
    }
}

/// As ended, but it ended by our own conclusion: any word of the venue overrules it.
const fn absent(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Acked => REOPEN,
        Cancelled | Rejected | Expired => final_word(trigger),
        Submit | Deny | NotSent | RequestAmend | RequestCancel | Ambiguous | ProvenAbsent => ended(trigger),
        Missing | Live | Amended | AmendRefused | CancelRefused | CancelUnknown => ended(trigger),
        ReportedFilled | FillWithin | FillLast | FillBeyond => ended(trigger),
    }
}

const fn filled(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        Submit | Deny | NotSent | RequestAmend | RequestCancel => REFUSED,
        Ambiguous | ProvenAbsent | Missing | Acked | Live | Amended => STAY,
        AmendRefused | CancelRefused | CancelUnknown => STAY,
        ReportedFilled | Cancelled | Rejected | Expired | FillWithin | FillLast => STAY,
        FillBeyond => OVERFILL,
    }
}

const fn filled_late(trigger: Trigger) -> Step {
    use Trigger::*;
    match trigger {
        ReportedFilled => STAY,
        Submit | Deny | NotSent | RequestAmend | RequestCancel | Ambiguous | ProvenAbsent => ended(trigger),
        Missing | Acked | Live | Amended | AmendRefused | CancelRefused | CancelUnknown => ended(trigger),
        Cancelled | Rejected | Expired | FillWithin | FillLast | FillBeyond => ended(trigger),
    }
}
