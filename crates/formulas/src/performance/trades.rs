//! What closed trades came to: how often they win, and how much.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Sum;
use crate::persist::state;
use crate::rows;

outputs! { TradePoint { hit_rate, profit_factor, payoff, expectancy, expectancy_r } }

state! {
    pub struct TradeStats {
        count: u64,
        wins: u64,
        losses: u64,
        won: Sum,
        lost: Sum,
    }
}

impl Kernel for TradeStats {
    const INFO: &'static FormulaInfo = &rows::TRADE_STATS;
    type Input<'a> = f64;
    type Output<'s> = TradePoint;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { count: 0, wins: 0, losses: 0, won: Sum::default(), lost: Sum::default() })
    }

    #[inline]
    fn step(&mut self, pnl: f64) -> Option<TradePoint> {
        self.count += 1;
        self.wins += u64::from(pnl > 0.0);
        self.losses += u64::from(pnl < 0.0);
        self.won.add(pnl.max(0.0));
        self.lost.add((-pnl).max(0.0));
        let (count, wins, losses) = (self.count as f64, self.wins as f64, self.losses as f64);
        let (won, lost) = (self.won.value(), self.lost.value());
        // Divisions by zero give what the row asks for by themselves.
        let mean_loss = lost / losses;
        let expectancy = (won - lost) / count;
        Some(TradePoint {
            hit_rate: wins / count,
            profit_factor: won / lost,
            payoff: won / wins / mean_loss,
            expectancy,
            expectancy_r: expectancy / mean_loss,
        })
    }
}
