//! What a venue's report means for an order: which figures to believe, and which trigger it is.

use super::machine::{State, Trigger};
use super::order::{Order, PendingAmend};
use nanotick_model::{OrderStatus, OrderType, OrderUpdate, Reject};

/// Sizes above this are not believed: sums over all orders must not overflow.
const MAX_LOTS: i64 = 1 << 50;

impl Order {
    /// Takes a report in. `None` if it is of no consequence for the order's state.
    pub(super) fn read(
        &mut self,
        report: &OrderUpdate,
        venue_ns: i64,
        now_ns: i64,
        amend_window_ns: i64,
    ) -> Option<Trigger> {
        let before_the_end = !self.state.is_live() && venue_ns != 0 && venue_ns <= self.venue_ns;
        let not_amended = self.rules_out_amend(report, now_ns, amend_window_ns);
        if not_amended {
            self.amend = None;
        }
        let amended = self.learn(report, venue_ns);
        Some(match report.status {
            OrderStatus::Acked => {
                // In a later state it answers the cancel or the amend, and proves nothing of the order.
                self.seen |= matches!(self.state, State::Submitting | State::Unknown | State::Absent);
                Trigger::Acked
            }
            OrderStatus::New | OrderStatus::PartiallyFilled => {
                self.seen = true;
                if before_the_end {
                    return None;
                }
                match (amended, not_amended) {
                    (true, _) => Trigger::Amended,
                    (false, true) => Trigger::AmendRefused,
                    (false, false) => Trigger::Live,
                }
            }
            OrderStatus::Filled => {
                self.seen = true;
                if report.cum.0 <= 0 {
                    self.cum = self.cum.max(self.qty);
                }
                Trigger::ReportedFilled
            }
            OrderStatus::Cancelled => Trigger::Cancelled,
            // The id is taken: perhaps by this very order.
            OrderStatus::Rejected if report.reject == Reject::DuplicateId => Trigger::Ambiguous,
            OrderStatus::Rejected => Trigger::Rejected,
            OrderStatus::Expired => Trigger::Expired,
            OrderStatus::CancelRejected if report.reject == Reject::UnknownOrder => Trigger::CancelUnknown,
            OrderStatus::CancelRejected => Trigger::CancelRefused,
            OrderStatus::AmendRejected => {
                self.amend = None;
                Trigger::AmendRefused
            }
            OrderStatus::Unknown => Trigger::Ambiguous,
        })
    }

    /// It is shown working with other figures than those of an amend that can no longer take effect.
    fn rules_out_amend(&self, report: &OrderUpdate, now_ns: i64, amend_window_ns: i64) -> bool {
        let working = matches!(report.status, OrderStatus::New | OrderStatus::PartiallyFilled);
        let too_late = |amend: &PendingAmend| now_ns >= amend.sent_ns.saturating_add(amend_window_ns);
        self.amend.filter(too_late).is_some_and(|amend| {
            self.state == State::AmendUnknown
                && working
                && report.qty.0 > 0
                && (report.px, report.qty) != (amend.px, amend.qty)
        })
    }

    /// A report older than what we know: it says nothing new of price, size or life.
    fn is_stale(&self, venue_ns: i64) -> bool {
        venue_ns != 0 && venue_ns < self.venue_ns
    }

    /// Takes over what a report says of price, size and progress. `true` if it is the answer to the pending amend.
    pub(super) fn learn(&mut self, report: &OrderUpdate, venue_ns: i64) -> bool {
        if report.cum.0 <= MAX_LOTS {
            self.cum = self.cum.max(report.cum);
        }
        if !report.venue_order.is_empty() {
            self.venue_order = report.venue_order;
        }
        if self.is_stale(venue_ns) {
            return false;
        }
        self.venue_ns = self.venue_ns.max(venue_ns);
        if report.reject != Reject::None {
            (self.reject, self.venue_code) = (report.reject, report.venue_code);
        }
        let told = (1..=MAX_LOTS).contains(&report.qty.0);
        match self.amend {
            Some(amend) if told && report.px == amend.px && report.qty == amend.qty => {
                (self.px, self.qty, self.amend) = (amend.px, amend.qty, None);
                true
            }
            // Not the answer yet; which of the two it has stays open.
            Some(_) => false,
            None => {
                if told {
                    self.qty = report.qty;
                }
                // A market order's price is our own bound on it.
                if told && report.px.0 > 0 && self.order_type == OrderType::Limit {
                    self.px = report.px;
                }
                false
            }
        }
    }
}
