//! Orders, executions, positions and balances of the account, from the private stream and from REST alike.
//!
//! One bad entry does not hide the others of its message: it is counted, and the rest still becomes events.

use super::codes::{order_type_of, reason_of, status_of, tif_of};
use super::decode::side_of;
use super::messages::{ExecutionData, OrderData, PositionData, WalletData};
use crate::client::{BadMessage, Sink};
use crate::symbols::Symbols;
use nanotick_model::{
    Balance, Body, Cash, ClientId, Event, Fill, Instrument, InstrumentId, OrderUpdate, Position, Px, Qty,
    Text, CASH_DECIMALS,
};

const NS_PER_MS: i64 = 1_000_000;

/// The instruments of the session, and what could not be used.
pub(super) struct Account {
    pub instruments: Box<[Instrument]>,
    pub symbols: Symbols,
    /// Entries of other symbols or categories, and executions that are no trades (funding, settlement).
    pub foreign: u64,
    pub bad: u64,
    pub last_bad: Option<BadMessage>,
}

impl Account {
    pub fn refuse(&mut self, bad: BadMessage) {
        self.bad += 1;
        self.last_bad = Some(bad);
    }

    fn count(&mut self, outcome: Result<(), Entry>) {
        match outcome {
            Ok(()) => {}
            Err(Entry::Foreign) => self.foreign += 1,
            Err(Entry::Bad(why)) => self.refuse(BadMessage { why, at: 0 }),
        }
    }

    fn find(&self, category: &str, symbol: &str) -> Result<&Instrument, Entry> {
        if !matches!(category, "" | "linear") {
            return Err(Entry::Foreign);
        }
        self.symbols.by_name(symbol).map(|at| &self.instruments[at]).ok_or(Entry::Foreign)
    }

    pub fn orders<S: Sink>(&mut self, orders: &[OrderData], recv_ns: i64, sink: &mut S) {
        for order in orders {
            let outcome = self.order(order).map(|(instrument, update)| {
                emit(sink, instrument, order.updated_time.0, recv_ns, Body::OrderUpdate(update));
            });
            self.count(outcome);
        }
    }

    /// The update that an order's entry stands for.
    pub fn order(&self, order: &OrderData) -> Result<(InstrumentId, OrderUpdate), Entry> {
        let instrument = self.find(order.category.as_str(), order.symbol.as_str())?;
        let (tick, lot) = (&instrument.tick, &instrument.lot);
        // Zero where the message does not say; what it says must be on the grid.
        let steps = |text: &crate::json::Str, grid| if text.is_empty() { Some(0) } else { text.steps(grid) };
        let px =
            steps(&order.price, tick).ok_or(Entry::Bad("an order's price is not a whole number of ticks"))?;
        let sizes =
            || Some((order.qty.steps(lot)?, steps(&order.leaves_qty, lot)?, order.cum_exec_qty.steps(lot)?));
        let (qty, leaves, cum) =
            sizes().ok_or(Entry::Bad("an order's size is not a whole number of lots"))?;
        let update = OrderUpdate {
            client: client_of(order.order_link_id.as_bytes()),
            venue_order: id_of(order.order_id.as_bytes())?,
            status: status_of(order.order_status.as_str()).ok_or(Entry::Bad("an unknown order status"))?,
            reject: reason_of(order.reject_reason.as_str()),
            venue_code: 0,
            side: Some(side_of(&order.side).ok_or(Entry::Bad("an order without a side"))?),
            order_type: order_type_of(order.order_type.as_str()),
            tif: tif_of(order.time_in_force.as_str()),
            px: Px(px),
            qty: Qty(qty),
            leaves: Qty(leaves),
            cum: Qty(cum),
        };
        Ok((instrument.id, update))
    }

    pub fn executions<S: Sink>(&mut self, executions: &[ExecutionData], recv_ns: i64, sink: &mut S) {
        for execution in executions {
            let outcome = self.fill(execution).map(|(instrument, fill)| {
                emit(sink, instrument, execution.exec_time.0, recv_ns, Body::Fill(fill));
            });
            self.count(outcome);
        }
    }

    fn fill(&self, execution: &ExecutionData) -> Result<(InstrumentId, Fill), Entry> {
        // Liquidation and deleveraging change the position as a trade does. Funding and settlement do not.
        if !matches!(execution.exec_type.as_str(), "Trade" | "AdlTrade" | "BustTrade" | "BlockTrade") {
            return Err(Entry::Foreign);
        }
        let instrument = self.find(execution.category.as_str(), execution.symbol.as_str())?;
        let px = execution.exec_price.steps(&instrument.tick).filter(|&px| px > 0);
        let qty = execution.exec_qty.steps(&instrument.lot).filter(|&qty| qty > 0);
        let fee = amount_of(execution.exec_fee.as_str()).and_then(|fee| i64::try_from(fee).ok());
        let fill = Fill {
            client: client_of(execution.order_link_id.as_bytes()),
            venue_order: id_of(execution.order_id.as_bytes())?,
            exec_id: id_of(execution.exec_id.as_bytes())
                .ok()
                .filter(|id| !id.is_empty())
                .ok_or(Entry::Bad("an execution without an id"))?,
            side: side_of(&execution.side).ok_or(Entry::Bad("an execution without a side"))?,
            px: Px(px.ok_or(Entry::Bad("an execution's price is not a positive number of ticks"))?),
            qty: Qty(qty.ok_or(Entry::Bad("an execution's size is not a positive number of lots"))?),
            fee: fee.ok_or(Entry::Bad("an execution's fee is not a decimal"))?,
            is_maker: execution.is_maker,
        };
        Ok((instrument.id, fill))
    }

    pub fn positions<S: Sink>(&mut self, positions: &[PositionData], recv_ns: i64, sink: &mut S) {
        for position in positions {
            let outcome = self.position(position).map(|(instrument, body)| {
                let time_ms = position.updated_time.as_str().parse().unwrap_or(0);
                emit(sink, instrument, time_ms, recv_ns, Body::Position(body));
            });
            self.count(outcome);
        }
    }

    fn position(&self, position: &PositionData) -> Result<(InstrumentId, Position), Entry> {
        let instrument = self.find(position.category.as_str(), position.symbol.as_str())?;
        if position.position_idx != 0 {
            return Err(Entry::Bad("a position in hedge mode; this account must be in one-way mode"));
        }
        let size = match position.size.as_str() {
            "" => 0,
            _ => {
                position.size.steps(&instrument.lot).ok_or(Entry::Bad("a position that is not whole lots"))?
            }
        };
        let signed = match position.side.as_str() {
            "Buy" => size,
            "Sell" => -size,
            "" | "None" if size == 0 => 0,
            _ => return Err(Entry::Bad("a position without a side")),
        };
        Ok((instrument.id, Position { qty: Qty(signed) }))
    }

    pub fn wallets<S: Sink>(&mut self, wallets: &[WalletData], time_ms: u64, recv_ns: i64, sink: &mut S) {
        for coin in wallets.iter().flat_map(|wallet| &wallet.coin) {
            let outcome =
                match (Text::from_bytes(coin.coin.as_bytes()), amount_of(coin.wallet_balance.as_str())) {
                    // Coins with names that long are not settled in.
                    (None, _) => Err(Entry::Foreign),
                    (_, None) => Err(Entry::Bad("a balance that is not a decimal")),
                    (Some(coin), Some(wallet)) => {
                        emit(
                            sink,
                            InstrumentId(0),
                            time_ms,
                            recv_ns,
                            Body::Balance(Balance { coin, wallet }),
                        );
                        Ok(())
                    }
                };
            self.count(outcome);
        }
    }
}

/// Why an entry gives no event.
pub(super) enum Entry {
    /// It is not of this session, or not of a kind that becomes an event.
    Foreign,
    Bad(&'static str),
}

pub(super) fn emit<S: Sink>(sink: &mut S, instrument: InstrumentId, time_ms: u64, recv_ns: i64, body: Body) {
    let venue_ns = i64::try_from(time_ms).ok().and_then(|ms| ms.checked_mul(NS_PER_MS)).unwrap_or(0);
    sink.event(&Event { venue_ns, recv_ns, instrument, body });
}

fn client_of(text: &[u8]) -> ClientId {
    ClientId::parse(text).unwrap_or(ClientId::NONE)
}

fn id_of(text: &[u8]) -> Result<Text<40>, Entry> {
    Text::from_bytes(text).ok_or(Entry::Bad("an id of more than 40 bytes"))
}

/// A signed decimal in units of 10^-12. Digits beyond the twelfth decimal round half away from zero.
fn amount_of(text: &str) -> Option<i128> {
    let digits_kept = text.find('.').map_or(text.len(), |point| point + 1 + CASH_DECIMALS as usize);
    if text.len() <= digits_kept || !text.is_ascii() {
        return Cash::parse(text).map(|cash| cash.0);
    }
    let (kept, dropped) = text.split_at(digits_kept);
    if !dropped.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let away = (dropped.as_bytes()[0] >= b'5') as i128;
    let sign = if text.starts_with('-') { -1 } else { 1 };
    Cash::parse(kept).map(|cash| cash.0 + sign * away)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_to_the_twelfth_decimal() {
        for (text, want) in [
            ("26.3725275", Some(26_372_527_500_000)),
            ("-0.0002", Some(-200_000_000)),
            ("0", Some(0)),
            ("0.0000000000004", Some(0)),
            ("0.0000000000005", Some(1)),
            ("-0.00000000000051234567890", Some(-1)),
            ("1.9999999999999", Some(2_000_000_000_000)),
            ("", None),
            ("-", None),
            ("1e-7", None),
            ("NaN", None),
            ("0.00000000000x5", None),
            ("0.0000000000005x", None),
            ("１.5", None),
        ] {
            assert_eq!(amount_of(text), want, "{text:?}");
        }
        assert_eq!(amount_of(&"9".repeat(400)), None);
    }
}
