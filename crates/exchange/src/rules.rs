//! What venues decide differently about the same request.

use nanotick_model::Cash;

/// What becomes of an order that cannot do what its time in force demands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Impossible {
    /// It is refused: there never was an order.
    Refuse,
    /// It is accepted and cancelled at once.
    Cancel,
}

/// A venue's habits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Post-only that would take, fill-or-kill that cannot fill.
    pub impossible: Impossible,
    /// Client ids are unique for ever, or only among working orders.
    pub client_ids_are_forever: bool,
    /// An amend to a smaller size at the same price keeps its place in the queue.
    pub smaller_keeps_place: bool,
    /// An amend to no more than what is filled cancels the rest, or is refused.
    pub amend_below_filled_cancels: bool,
    /// A reduce-only order above the position is cut to it, or refused.
    pub reduce_only_is_cut: bool,
    /// Working orders per instrument.
    pub max_open_orders: usize,
    /// Initial margin is notional / leverage.
    pub leverage: u32,
    pub deposit: Cash,
    /// Finished orders and fills that the ledger keeps one by one; older ones leave it (and are counted).
    pub max_history: usize,
}

impl Rules {
    pub fn bybit(deposit: Cash) -> Rules {
        Rules {
            impossible: Impossible::Cancel,
            client_ids_are_forever: true,
            smaller_keeps_place: true,
            amend_below_filled_cancels: false,
            reduce_only_is_cut: true,
            max_open_orders: 500,
            leverage: 10,
            deposit,
            max_history: 200_000,
        }
    }

    pub fn binance(deposit: Cash) -> Rules {
        Rules {
            impossible: Impossible::Refuse,
            client_ids_are_forever: false,
            smaller_keeps_place: false,
            amend_below_filled_cancels: true,
            reduce_only_is_cut: false,
            max_open_orders: 200,
            leverage: 20,
            deposit,
            max_history: 200_000,
        }
    }
}
