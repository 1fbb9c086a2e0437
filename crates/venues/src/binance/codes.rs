//! The venue's answers in our words: error codes, execution types, order states.

use nanotick_model::{OrderStatus, OrderType, Reject, TimeInForce};

/// What an error says of the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// The venue did not do it.
    Refused(Reject),
    /// The venue does not say whether it did it.
    Unknown,
}

/// An error of the WebSocket API or of REST. `status` is the HTTP status that comes with it.
pub(super) fn refusal_of(status: u16, code: i64) -> Refusal {
    let reject = match code {
        // Thrown out before it reached the engine, although it comes with a 503.
        -1008 => Reject::RateLimited,
        -1000 | -1001 | -1006 | -1007 => return Refusal::Unknown,
        _ if status >= 500 => return Refusal::Unknown,
        -2011 | -2013 => Reject::UnknownOrder,
        -5022 => Reject::PostOnlyWouldTake,
        -5021 => Reject::NoImmediateFill,
        -2018 | -2019 => Reject::InsufficientBalance,
        -2022 => Reject::ReduceOnly,
        -1003 | -1015 => Reject::RateLimited,
        -1013 | -1111 | -4005..=-4001 | -4013 | -4014 | -4016 | -4023 | -4024 | -4131 | -4164 => {
            Reject::Filter
        }
        -4116 => Reject::DuplicateId,
        -1021 | -5028 => Reject::Timestamp,
        -1002 | -1022 | -2014 | -2015 | -2017 => Reject::Auth,
        -1199..=-1100 | -2021 | -4015 | -4061 | -5027 => Reject::BadParameter,
        _ => Reject::Venue,
    };
    Refusal::Refused(reject)
}

/// `X` of an order's state. Liquidations have states of their own that say only who ordered: then the sizes tell.
pub(super) fn status_of(word: &str, is_filled: bool) -> Option<OrderStatus> {
    Some(match word {
        "NEW" => OrderStatus::New,
        "PARTIALLY_FILLED" => OrderStatus::PartiallyFilled,
        "FILLED" => OrderStatus::Filled,
        "CANCELED" => OrderStatus::Cancelled,
        "REJECTED" => OrderStatus::Rejected,
        "EXPIRED" | "EXPIRED_IN_MATCH" => OrderStatus::Expired,
        "NEW_INSURANCE" | "NEW_ADL" if is_filled => OrderStatus::Filled,
        "NEW_INSURANCE" | "NEW_ADL" => OrderStatus::PartiallyFilled,
        _ => return None,
    })
}

/// Why an order ended that nobody cancelled. The venue gives no reason; the order's own terms do.
pub(super) fn reason_of(word: &str, tif: Option<TimeInForce>) -> Reject {
    match (word, tif) {
        ("EXPIRED", Some(TimeInForce::PostOnly)) => Reject::PostOnlyWouldTake,
        ("EXPIRED", Some(TimeInForce::Ioc | TimeInForce::Fok)) => Reject::NoImmediateFill,
        // It would have met an order of the same account.
        ("EXPIRED_IN_MATCH", _) | ("REJECTED", _) => Reject::Venue,
        _ => Reject::None,
    }
}

pub(super) fn order_type_of(word: &str) -> Option<OrderType> {
    match word {
        "LIMIT" => Some(OrderType::Limit),
        "MARKET" => Some(OrderType::Market),
        _ => None,
    }
}

pub(super) fn tif_of(word: &str) -> Option<TimeInForce> {
    match word {
        "GTC" => Some(TimeInForce::Gtc),
        "IOC" => Some(TimeInForce::Ioc),
        "FOK" => Some(TimeInForce::Fok),
        "GTX" => Some(TimeInForce::PostOnly),
        _ => None,
    }
}

pub(super) fn tif_word(tif: TimeInForce) -> &'static str {
    match tif {
        TimeInForce::Gtc => "GTC",
        TimeInForce::Ioc => "IOC",
        TimeInForce::Fok => "FOK",
        TimeInForce::PostOnly => "GTX",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_whether_it_was_done() {
        use Refusal::*;
        for (status, code, want) in [
            (400, -1007, Unknown),
            (408, -1007, Unknown),
            (400, -1006, Unknown),
            (503, -1001, Unknown),
            (503, 0, Unknown),
            (500, -4014, Unknown),
            (503, -1008, Refused(Reject::RateLimited)),
            (400, -2011, Refused(Reject::UnknownOrder)),
            (400, -5022, Refused(Reject::PostOnlyWouldTake)),
            (400, -4014, Refused(Reject::Filter)),
            (400, -1102, Refused(Reject::BadParameter)),
            (400, -4116, Refused(Reject::DuplicateId)),
            (400, -1021, Refused(Reject::Timestamp)),
            (401, -2015, Refused(Reject::Auth)),
            (429, -1015, Refused(Reject::RateLimited)),
            (400, -2019, Refused(Reject::InsufficientBalance)),
            (400, -2022, Refused(Reject::ReduceOnly)),
            (400, -9999, Refused(Reject::Venue)),
        ] {
            assert_eq!(refusal_of(status, code), want, "{status} {code}");
        }
    }

    #[test]
    fn time_in_force_has_one_word_each() {
        for tif in [TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::PostOnly] {
            assert_eq!(tif_of(tif_word(tif)), Some(tif));
        }
    }
}
