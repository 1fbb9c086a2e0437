//! The venue's answers in our words: return codes, order states, reasons.

use nanotick_model::{OrderStatus, OrderType, Reject, TimeInForce};

/// What a request's return code says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Accepted,
    /// The venue did not do it.
    Refused(Reject),
    /// The venue does not say whether it did it.
    Unknown,
}

pub(super) fn answer_of(code: i64) -> Answer {
    let reject = match code {
        0 => return Answer::Accepted,
        // Server errors and restarts: the request may have been taken before.
        10000 | 10016 | 10019 => return Answer::Unknown,
        110001 | 110008 | 110010 => Reject::UnknownOrder,
        110004 | 110007 | 110012 | 110045 => Reject::InsufficientBalance,
        110017 => Reject::ReduceOnly,
        429 | 10006 | 10018 | 10403 | 10429 | 20003 => Reject::RateLimited,
        10001 | 10404 | 110025 | 110043 => Reject::BadParameter,
        110003 | 110094 | 110120 | 110121 | 30208 | 30209 => Reject::Filter,
        10014 | 20006 | 110072 => Reject::DuplicateId,
        10002 => Reject::Timestamp,
        10003 | 10004 | 10005 | 10010 | 10028 | 10029 => Reject::Auth,
        _ => Reject::Venue,
    };
    Answer::Refused(reject)
}

/// `orderStatus` of the order stream. `None` if we do not know the word.
pub(super) fn status_of(word: &str) -> Option<OrderStatus> {
    Some(match word {
        "New" | "Untriggered" | "Triggered" => OrderStatus::New,
        "PartiallyFilled" => OrderStatus::PartiallyFilled,
        "Filled" => OrderStatus::Filled,
        "Cancelled" | "PartiallyFilledCanceled" | "Deactivated" => OrderStatus::Cancelled,
        "Rejected" => OrderStatus::Rejected,
        _ => return None,
    })
}

/// `rejectReason` of the order stream: why an order was refused, or ended without having been asked to.
pub(super) fn reason_of(word: &str) -> Reject {
    match word {
        "" | "EC_NoError" | "EC_PerCancelRequest" | "EC_Others" | "UNKNOWN" => Reject::None,
        "EC_PostOnlyWillTakeLiquidity" => Reject::PostOnlyWouldTake,
        "EC_NoImmediateQtyToFill" | "EC_NoEnoughQtyToFill" => Reject::NoImmediateFill,
        "EC_OrigClOrdIDDoesNotExist" | "EC_TooLateToCancel" | "EC_UnknownOrder" => Reject::UnknownOrder,
        "EC_DuplicatedClOrdID" => Reject::DuplicateId,
        "EC_InvalidSymbolStatus" | "EC_MissingClOrdID" => Reject::BadParameter,
        "EC_CancelForNoFullFill" => Reject::NoImmediateFill,
        _ => Reject::Venue,
    }
}

pub(super) fn order_type_of(word: &str) -> Option<OrderType> {
    match word {
        "Limit" => Some(OrderType::Limit),
        "Market" => Some(OrderType::Market),
        _ => None,
    }
}

pub(super) fn tif_of(word: &str) -> Option<TimeInForce> {
    match word {
        "GTC" => Some(TimeInForce::Gtc),
        "IOC" => Some(TimeInForce::Ioc),
        "FOK" => Some(TimeInForce::Fok),
        "PostOnly" => Some(TimeInForce::PostOnly),
        _ => None,
    }
}

pub(super) fn tif_word(tif: TimeInForce) -> &'static str {
    match tif {
        TimeInForce::Gtc => "GTC",
        TimeInForce::Ioc => "IOC",
        TimeInForce::Fok => "FOK",
        TimeInForce::PostOnly => "PostOnly",
    }
}
