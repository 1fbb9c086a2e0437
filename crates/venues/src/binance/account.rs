//! Orders, trades, positions and balances of the account, from the private stream and from REST alike.
//!
//! One bad entry does not hide the others of its message: it is counted, and the rest still becomes events.

use super::codes::{order_type_of, reason_of, status_of, tif_of};
use super::decode::ms_to_ns;
use super::messages::{
    PrivateMessage, RestBalance, RestOrder, RestPosition, RestTrade, StreamAccount, StreamOrder,
};
use crate::client::{BadMessage, Sink};
use crate::json::{self, Int, Str};
use crate::symbols::Symbols;
use nanotick_model::{
    Balance, Body, Cash, ClientId, Event, Fill, Grid, Instrument, InstrumentId, OrderStatus, OrderUpdate,
    Position, Px, Qty, Side, Text,
};
use std::collections::HashMap;

/// Orders whose owner is remembered while a reconciliation runs.
const MAX_OWNERS: usize = 1 << 16;

/// What a private message asks of the client beyond the events it gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Private {
    Done,
    /// Nothing more will come under this listen key.
    KeyExpired,
}

pub(super) struct Account {
    pub instruments: Box<[Instrument]>,
    symbols: Symbols,
    /// Whose an order is, by the venue's number: what `userTrades` does not say.
    owners: HashMap<u64, ClientId>,
    /// Entries of other symbols, and events that we have no use for.
    pub foreign: u64,
    /// Fills whose fee was paid in another coin than the instrument settles in: their fee counts as zero.
    pub foreign_fees: u64,
    pub bad: u64,
    pub last_bad: Option<BadMessage>,
}

/// Why an entry gives no event.
enum Entry {
    /// It is not of this session.
    Foreign,
    Bad(&'static str),
}

/// The terms and state of an order, in the venue's words; both sources have them under other names.
struct Words<'w> {
    symbol: &'w Str<'w>,
    client: &'w Str<'w>,
    id: Int,
    side: &'w Str<'w>,
    kind: &'w Str<'w>,
    tif: &'w Str<'w>,
    status: &'w Str<'w>,
    px: &'w Str<'w>,
    qty: &'w Str<'w>,
    cum: &'w Str<'w>,
}

impl Account {
    pub fn new(instruments: &[Instrument]) -> Account {
        Account {
            instruments: instruments.into(),
            symbols: Symbols::new(instruments),
            owners: HashMap::new(),
            foreign: 0,
            foreign_fees: 0,
            bad: 0,
            last_bad: None,
        }
    }

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

    fn find(&self, symbol: &Str) -> Result<&Instrument, Entry> {
        self.symbols.by_name(symbol.as_str()).map(|at| &self.instruments[at]).ok_or(Entry::Foreign)
    }

    /// Takes a message of the private stream in.
    pub fn private<S: Sink>(
        &mut self,
        message: &[u8],
        recv_ns: i64,
        sink: &mut S,
    ) -> Result<Private, BadMessage> {
        let outer: PrivateMessage = json::parse(message)?;
        let inner = match outer.data {
            Some(data) if outer.e.is_empty() => json::parse_raw(data)?,
            _ => outer,
        };
        let missing = BadMessage { why: "an account event without its content", at: 0 };
        match inner.e.as_str() {
            "ORDER_TRADE_UPDATE" => {
                let order: StreamOrder = json::parse_raw(inner.o.ok_or(missing)?)?;
                self.stream_order(&order, inner.time_ms, recv_ns, sink);
            }
            "ACCOUNT_UPDATE" => {
                let account: StreamAccount = json::parse_raw(inner.a.ok_or(missing)?)?;
                for b in &account.balances {
                    self.balance(&b.a, &b.wb, inner.time_ms, recv_ns, sink);
                }
                for p in &account.positions {
                    self.position(&p.s, &p.pa, &p.ps, inner.time_ms, recv_ns, sink);
                }
            }
            "listenKeyExpired" => return Ok(Private::KeyExpired),
            // TRADE_LITE tells early what ORDER_TRADE_UPDATE tells in full; the others concern no order of ours.
            "" => return Err(BadMessage { why: "no account event", at: 0 }),
            _ => self.foreign += 1,
        }
        Ok(Private::Done)
    }

    fn stream_order<S: Sink>(&mut self, order: &StreamOrder, time_ms: Int, recv_ns: i64, sink: &mut S) {
        let is_fill = matches!(order.x.as_str(), "TRADE" | "CALCULATED") && !is_zero(&order.l);
        if is_fill {
            let client = client_of(&order.c);
            let fill = self.fill(client, order.i, order.t, &order.s, &order.side, &order.last_px, &order.l);
            let outcome = fill.and_then(|(instrument, fill)| {
                let fee = self.fee(&order.s, &order.n, &order.fee_coin)?;
                emit(sink, instrument, time_ms, recv_ns, Body::Fill(Fill { fee, is_maker: order.m, ..fill }));
                Ok(())
            });
            self.count(outcome);
        }
        let words = Words {
            symbol: &order.s,
            client: &order.c,
            id: order.i,
            side: &order.side,
            kind: &order.o,
            tif: &order.f,
            status: &order.status,
            px: &order.p,
            qty: &order.q,
            cum: &order.z,
        };
        let outcome = self.order(&words).map(|(instrument, update)| {
            emit(sink, instrument, time_ms, recv_ns, Body::OrderUpdate(update));
        });
        self.count(outcome);
    }

    /// Takes entries of `openOrders` or `allOrders` in. Closed orders of others, and from before `since_ms`, are no news.
    pub fn rest_orders<S: Sink>(&mut self, orders: &[RestOrder], since_ms: u64, recv_ns: i64, sink: &mut S) {
        for order in orders {
            let client = client_of(&order.client_order_id);
            if client != ClientId::NONE && self.owners.len() < MAX_OWNERS {
                self.owners.insert(order.order_id.0, client);
            }
            let is_open = matches!(order.status.as_str(), "NEW" | "PARTIALLY_FILLED");
            if !is_open && (client == ClientId::NONE || order.update_time.0 < since_ms) {
                continue;
            }
            let words = Words {
                symbol: &order.symbol,
                client: &order.client_order_id,
                id: order.order_id,
                side: &order.side,
                kind: &order.kind,
                tif: &order.time_in_force,
                status: &order.status,
                px: &order.price,
                qty: &order.orig_qty,
                cum: &order.executed_qty,
            };
            let outcome = self.order(&words).map(|(instrument, update)| {
                emit(sink, instrument, order.update_time, recv_ns, Body::OrderUpdate(update));
            });
            self.count(outcome);
        }
    }

    fn order(&self, words: &Words) -> Result<(InstrumentId, OrderUpdate), Entry> {
        let instrument = self.find(words.symbol)?;
        let Instrument { tick, lot, .. } = instrument;
        let steps = |text: &Str, grid: &Grid| if is_zero(text) { Some(0) } else { text.steps(grid) };
        let px =
            steps(words.px, tick).ok_or(Entry::Bad("an order's price is not a whole number of ticks"))?;
        let sizes = || Some((words.qty.steps(lot)?, steps(words.cum, lot)?));
        let (qty, cum) = sizes().ok_or(Entry::Bad("an order's size is not a whole number of lots"))?;
        let tif = tif_of(words.tif.as_str());
        let status =
            status_of(words.status.as_str(), cum >= qty).ok_or(Entry::Bad("an unknown order status"))?;
        let is_open = matches!(status, OrderStatus::New | OrderStatus::PartiallyFilled);
        let update = OrderUpdate {
            client: client_of(words.client),
            venue_order: number_text(words.id),
            status,
            reject: reason_of(words.status.as_str(), tif),
            venue_code: 0,
            side: Some(side_of(words.side)?),
            order_type: order_type_of(words.kind.as_str()),
            tif,
            px: Px(px),
            qty: Qty(qty),
            leaves: Qty(if is_open { (qty - cum).max(0) } else { 0 }),
            cum: Qty(cum),
        };
        Ok((instrument.id, update))
    }

    /// Takes entries of `userTrades` in; whose they are, the orders read before have told.
    pub fn rest_trades<S: Sink>(&mut self, trades: &[RestTrade], recv_ns: i64, sink: &mut S) {
        for t in trades {
            let client = self.owners.get(&t.order_id.0).copied().unwrap_or(ClientId::NONE);
            let fill = self.fill(client, t.order_id, t.id, &t.symbol, &t.side, &t.price, &t.qty);
            let outcome = fill.and_then(|(instrument, fill)| {
                let fee = self.fee(&t.symbol, &t.commission, &t.commission_asset)?;
                emit(sink, instrument, t.time, recv_ns, Body::Fill(Fill { fee, is_maker: t.maker, ..fill }));
                Ok(())
            });
            self.count(outcome);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn fill(
        &self,
        client: ClientId,
        order: Int,
        trade: Int,
        symbol: &Str,
        side: &Str,
        px: &Str,
        qty: &Str,
    ) -> Result<(InstrumentId, Fill), Entry> {
        let instrument = self.find(symbol)?;
        if trade.0 == 0 {
            return Err(Entry::Bad("a trade without a number"));
        }
        let px = px.steps(&instrument.tick).filter(|&px| px > 0);
        let qty = qty.steps(&instrument.lot).filter(|&qty| qty > 0);
        let fill = Fill {
            client,
            venue_order: number_text(order),
            exec_id: number_text(trade),
            side: side_of(side)?,
            px: Px(px.ok_or(Entry::Bad("a trade's price is not a whole number of ticks"))?),
            qty: Qty(qty.ok_or(Entry::Bad("a trade's size is not a positive number of lots"))?),
            fee: 0,
            is_maker: false,
        };
        Ok((instrument.id, fill))
    }

    /// A fee in the settlement coin. One paid in another coin does not touch the settlement balance.
    fn fee(&mut self, symbol: &Str, amount: &Str, coin: &Str) -> Result<i64, Entry> {
        if amount.is_empty() || is_zero(amount) {
            return Ok(0);
        }
        if coin.is_empty() || !symbol.as_str().ends_with(coin.as_str()) {
            self.foreign_fees += 1;
            return Ok(0);
        }
        let fee = Cash::parse(amount.as_str()).and_then(|cash| i64::try_from(cash.0).ok());
        fee.ok_or(Entry::Bad("a trade's fee is not a decimal"))
    }

    /// Takes the whole list of positions in. A symbol that it leaves out has none.
    pub fn rest_positions<S: Sink>(&mut self, positions: &[RestPosition], recv_ns: i64, sink: &mut S) {
        for at in 0..self.instruments.len() {
            let symbol = self.instruments[at].symbol;
            if !positions.iter().any(|p| p.symbol.as_str() == symbol.as_str()) {
                emit(
                    sink,
                    self.instruments[at].id,
                    Int(0),
                    recv_ns,
                    Body::Position(Position { qty: Qty(0) }),
                );
            }
        }
        for p in positions {
            self.position(&p.symbol, &p.position_amt, &p.position_side, p.update_time, recv_ns, sink);
        }
    }

    fn position<S: Sink>(
        &mut self,
        symbol: &Str,
        amount: &Str,
        side: &Str,
        time_ms: Int,
        recv_ns: i64,
        sink: &mut S,
    ) {
        let outcome = self.find(symbol).and_then(|instrument| {
            if !matches!(side.as_str(), "" | "BOTH") {
                if is_zero(amount) {
                    return Err(Entry::Foreign);
                }
                return Err(Entry::Bad("a position in hedge mode; this account must be in one-way mode"));
            }
            let (sign, size) = match amount.as_str().strip_prefix('-') {
                Some(size) => (-1, size),
                None => (1, amount.as_str()),
            };
            let lots =
                instrument.lot.parse(size).map_err(|_| Entry::Bad("a position that is not whole lots"))?;
            let body = Body::Position(Position { qty: Qty(sign * lots) });
            emit(sink, instrument.id, time_ms, recv_ns, body);
            Ok(())
        });
        self.count(outcome);
    }

    pub fn rest_balances<S: Sink>(&mut self, balances: &[RestBalance], recv_ns: i64, sink: &mut S) {
        for b in balances {
            self.balance(&b.asset, &b.balance, b.update_time, recv_ns, sink);
        }
    }

    fn balance<S: Sink>(&mut self, coin: &Str, wallet: &Str, time_ms: Int, recv_ns: i64, sink: &mut S) {
        let outcome = match (Text::from_bytes(coin.as_bytes()), Cash::parse(wallet.as_str())) {
            // Coins with names that long are not settled in.
            (None, _) => Err(Entry::Foreign),
            (_, None) => Err(Entry::Bad("a balance that is not a decimal")),
            (Some(coin), Some(wallet)) => {
                let body = Body::Balance(Balance { coin, wallet: wallet.0 });
                emit(sink, InstrumentId(0), time_ms, recv_ns, body);
                Ok(())
            }
        };
        self.count(outcome);
    }

    /// A reconciliation begins: what is known of orders' owners is learnt anew.
    pub fn forget_owners(&mut self) {
        self.owners.clear();
    }
}

fn emit<S: Sink>(sink: &mut S, instrument: InstrumentId, time_ms: Int, recv_ns: i64, body: Body) {
    let venue_ns = ms_to_ns(time_ms.0).unwrap_or(0);
    sink.event(&Event { venue_ns, recv_ns, instrument, body });
}

fn client_of(text: &Str) -> ClientId {
    ClientId::parse(text.as_bytes()).unwrap_or(ClientId::NONE)
}

fn side_of(word: &Str) -> Result<Side, Entry> {
    match word.as_str() {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        _ => Err(Entry::Bad("neither BUY nor SELL")),
    }
}

/// The venue writes zero in many ways (`0`, `0.00`, or nothing), also where zero is on no grid.
fn is_zero(text: &Str) -> bool {
    text.as_bytes().iter().all(|b| matches!(b, b'0' | b'.' | b'-'))
}

/// The venue's numbers as the texts that ids are.
pub(super) fn number_text(number: Int) -> Text<40> {
    let mut digits = [0u8; 20];
    let n = crate::number::write_u64(number.0, &mut digits);
    Text::from_bytes(&digits[..n]).unwrap_or_default()
}
