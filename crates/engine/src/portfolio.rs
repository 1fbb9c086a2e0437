//! What the fills add up to: position, cash, cost, fees and realised profit per instrument, exactly.
//!
//! Cash is counted as money that changed hands (a buy costs its notional), for every kind of instrument; what a
//! derivatives venue calls the wallet balance is [`Portfolio::wallet`]. Floats come out for display and never go in.

use crate::hash::StateHash;
use nanotick_model::{Cash, ContractKind, Fill, Instrument, InstrumentId, Px, Qty, Side};
use std::fmt;

/// The account of one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Account {
    /// Value of one lot at a price of one tick, in units of cash.
    unit: i128,
    /// Signed lots.
    pub position: Qty,
    /// What the open position cost, signed as the position is. Its average entry is `cost / position`.
    pub cost: Cash,
    /// Profit of what was closed, before fees. Average cost; a division's remainder stays in `cost`, so that
    /// `realised - cost` is the sum of money that changed hands at every moment.
    pub realised: Cash,
    /// Fees paid less rebates.
    pub fees: Cash,
    /// Funding paid less received.
    pub funding: Cash,
    /// Notional bought less notional sold.
    pub net_notional: Cash,
    /// Notional bought and sold.
    pub turnover: Cash,
    pub bought: Qty,
    pub sold: Qty,
    pub fills: u64,
    pub maker_fills: u64,
}

/// A fill that cannot be booked. The account is as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LedgerError {
    UnknownInstrument,
    /// Price or size not above zero.
    NotPositive,
    Overflow,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LedgerError::UnknownInstrument => "a fill in an instrument that is not in the session",
            LedgerError::NotPositive => "a fill with a price or size that is not above zero",
            LedgerError::Overflow => "a fill too large for the account's numbers",
        })
    }
}
impl std::error::Error for LedgerError {}

/// Two sums that must agree do not: the books cannot be trusted any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Breach {
    pub what: &'static str,
    pub instrument: InstrumentId,
}

/// See the module's page.
#[derive(Clone, Debug)]
pub struct Portfolio {
    accounts: Box<[Account]>,
    kinds: Box<[ContractKind]>,
    start: Cash,
    cash: Cash,
}

impl Portfolio {
    /// One account per instrument, in the order of their ids. `None` if one of them is inverse, or has a value per
    /// tick and lot that is not whole in units of cash.
    pub fn new(instruments: &[Instrument], start: Cash) -> Option<Portfolio> {
        let account = |instrument: &Instrument| match instrument.kind {
            ContractKind::Inverse => None,
            ContractKind::Linear | ContractKind::Spot => {
                Some(Account { unit: instrument.notional_unit()?, ..Account::default() })
            }
        };
        Some(Portfolio {
            accounts: instruments.iter().map(account).collect::<Option<_>>()?,
            kinds: instruments.iter().map(|instrument| instrument.kind).collect(),
            start,
            cash: start,
        })
    }

    /// Books a fill. The caller has dropped duplicates; nothing else is a reason not to book one.
    pub fn fill(&mut self, instrument: InstrumentId, fill: &Fill) -> Result<(), LedgerError> {
        let paid = self.book(instrument, fill.side, fill.px, fill.qty, Cash(fill.fee as i128))?;
        let account = &mut self.accounts[instrument.index()];
        account.fills += 1;
        account.maker_fills += fill.is_maker as u64;
        self.cash -= paid;
        Ok(())
    }

    /// Takes over a position that was there before the session, at a price to count profit from. The wallet stays
    /// what it is: coins that are held are worth their price beside it, an open contract is worth its profit.
    pub fn adopt(&mut self, instrument: InstrumentId, position: Qty, px: Px) -> Result<(), LedgerError> {
        if position.0 == 0 {
            return Ok(());
        }
        let side = if position.0 > 0 { Side::Buy } else { Side::Sell };
        let qty = position.0.checked_abs().ok_or(LedgerError::Overflow)?;
        let paid = self.book(instrument, side, px, Qty(qty), Cash::ZERO)?;
        match self.kinds[instrument.index()] {
            ContractKind::Spot => self.start += paid,
            ContractKind::Linear | ContractKind::Inverse => self.cash -= paid,
        }
        Ok(())
    }

    /// Books a funding payment (negative: received).
    pub fn fund(&mut self, instrument: InstrumentId, paid: Cash) -> Result<(), LedgerError> {
        let account = self.accounts.get_mut(instrument.index()).ok_or(LedgerError::UnknownInstrument)?;
        let cash = checked(self.cash.0.checked_sub(paid.0))?;
        account.funding = checked(account.funding.0.checked_add(paid.0))?;
        self.cash = cash;
        Ok(())
    }

    /// Updates the account, all of it or nothing, and returns what was paid, fee included.
    fn book(
        &mut self,
        id: InstrumentId,
        side: Side,
        px: Px,
        qty: Qty,
        fee: Cash,
    ) -> Result<Cash, LedgerError> {
        let slot = self.accounts.get_mut(id.index()).ok_or(LedgerError::UnknownInstrument)?;
        if px.0 <= 0 || qty.0 <= 0 {
            return Err(LedgerError::NotPositive);
        }
        let mut next = *slot;
        let value = |qty: i64| checked((px.0 as i128 * qty as i128).checked_mul(slot.unit));
        let sign = side.sign();
        let notional = value(qty.0)?;
        let signed = Cash(notional.0 * sign as i128);

        let held = slot.position.0;
        let closing = if held.signum() == -sign { qty.0.min(held.abs()) } else { 0 };
        if closing > 0 {
            let part = share(slot.cost.0, closing, held.abs());
            let proceeds = value(closing)?.0 * -sign as i128;
            next.cost -= Cash(part);
            next.realised = checked(next.realised.0.checked_add(proceeds - part))?;
        }
        next.cost = checked(next.cost.0.checked_add(value(qty.0 - closing)?.0 * sign as i128))?;
        next.position = Qty(held.checked_add(sign * qty.0).ok_or(LedgerError::Overflow)?);
        let total = match side {
            Side::Buy => &mut next.bought,
            Side::Sell => &mut next.sold,
        };
        total.0 = total.0.checked_add(qty.0).ok_or(LedgerError::Overflow)?;
        next.net_notional = checked(next.net_notional.0.checked_add(signed.0))?;
        next.turnover = checked(next.turnover.0.checked_add(notional.0))?;
        next.fees = checked(next.fees.0.checked_add(fee.0))?;
        let paid = checked(signed.0.checked_add(fee.0))?;
        checked(self.cash.0.checked_sub(paid.0))?;
        *slot = next;
        Ok(paid)
    }

    pub fn account(&self, instrument: InstrumentId) -> &Account {
        &self.accounts[instrument.index()]
    }
    #[inline(always)]
    pub fn position(&self, instrument: InstrumentId) -> Qty {
        self.accounts[instrument.index()].position
    }
    /// Money: what there was at the start and what changed hands since.
    pub fn start_cash(&self) -> f64 {
        self.start.to_f64()
    }
    pub fn cash(&self) -> Cash {
        self.cash
    }
    /// The balance as a derivatives venue counts it: start plus realised profit, less fees and funding.
    pub fn wallet(&self) -> Cash {
        self.accounts.iter().fold(self.start, |sum, a| sum + a.realised - a.fees - a.funding)
    }
    pub fn fees(&self) -> Cash {
        self.accounts.iter().fold(Cash::ZERO, |sum, a| sum + a.fees)
    }

    /// Cash and open positions at mark prices in ticks. For display and statistics.
    pub fn equity(&self, mark_ticks: impl Fn(InstrumentId) -> f64) -> f64 {
        let value = |(i, a): (usize, &Account)| match a.position.0 {
            // A flat account needs no mark, and a missing one may be NaN.
            0 => 0.0,
            lots => lots as f64 * mark_ticks(InstrumentId(i as u16)) * Cash(a.unit).to_f64(),
        };
        self.cash.to_f64() + self.accounts.iter().enumerate().map(value).sum::<f64>()
    }

    /// Asserts that the sums agree. O(1) an instrument: cheap enough after every fill.
    pub fn check_invariants(&self) -> Result<(), Breach> {
        let mut cash = self.start;
        for (i, a) in self.accounts.iter().enumerate() {
            let breach = |what| Err(Breach { what, instrument: InstrumentId(i as u16) });
            if a.position != a.bought - a.sold {
                return breach("position is not the sum of fills");
            }
            if a.realised - a.cost != -a.net_notional {
                return breach("realised profit and open cost are not what changed hands");
            }
            if a.position.0 == 0 && a.cost != Cash::ZERO {
                return breach("a flat account has a cost");
            }
            cash = cash - a.net_notional - a.fees - a.funding;
        }
        if cash != self.cash {
            return Err(Breach {
                what: "cash is not what changed hands",
                instrument: InstrumentId::default(),
            });
        }
        Ok(())
    }

    pub fn state_hash(&self) -> u64 {
        let start = StateHash::new().wide(self.start.0).wide(self.cash.0);
        let fold = |hash: StateHash, a: &Account| {
            [a.cost, a.realised, a.fees, a.funding, a.net_notional, a.turnover]
                .iter()
                .fold(hash.word(a.bought.0 as u64).word(a.sold.0 as u64), |hash, cash| hash.wide(cash.0))
                .word(a.fills)
                .word(a.maker_fills)
        };
        self.accounts.iter().fold(start, fold).finish()
    }
}

impl Account {
    /// Average entry price in ticks; `None` when flat. For display.
    pub fn average_px(&self) -> Option<f64> {
        (self.position.0 != 0).then(|| self.cost.0 as f64 / self.unit as f64 / self.position.0 as f64)
    }
    /// Profit of the open position at a mark price in ticks, in coins. For display.
    pub fn unrealised(&self, mark_ticks: f64) -> f64 {
        match self.position.0 {
            0 => 0.0,
            lots => lots as f64 * mark_ticks * Cash(self.unit).to_f64() - self.cost.to_f64(),
        }
    }
}

fn checked(value: Option<i128>) -> Result<Cash, LedgerError> {
    value.map(Cash).ok_or(LedgerError::Overflow)
}

/// `whole × part / of`, towards zero, without overflow; all of it when `part` is `of`.
fn share(whole: i128, part: i64, of: i64) -> i128 {
    let (part, of) = (part as i128, of as i128);
    whole / of * part + whole % of * part / of
}
