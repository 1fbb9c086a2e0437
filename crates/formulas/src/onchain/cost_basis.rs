//! What coins last moved at, and when: realised capitalisation and profit, and the age that spending destroys.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Sum, Welford, WindowSum};
use crate::persist::state;
use crate::rows;

/// Columns of one block: of one length, and nothing negative.
#[inline]
fn is_block<const N: usize>(columns: &[&[f64]; N]) -> bool {
    columns.iter().all(|column| column.len() == columns[0].len() && column.iter().all(|&x| x >= 0.0))
}

outputs! { RealizedCapPoint { realized_cap, realized_price } }

state! {
    pub struct RealizedCap {
        cap: Sum,
    }
}

impl Kernel for RealizedCap {
    const INFO: &'static FormulaInfo = &rows::REALIZED_CAP;
    type Input<'a> = ([&'a [f64]; 2], [f64; 3]);
    type Output<'s> = RealizedCapPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let mut cap = Sum::default();
        cap.add(params.float("initial_cap"));
        Ok(Self { cap })
    }

    #[inline]
    fn step(&mut self, (spent, block): ([&[f64]; 2], [f64; 3])) -> Option<RealizedCapPoint> {
        let [created, price, supply] = block;
        if created < 0.0 || price < 0.0 || supply <= 0.0 || !is_block(&spent) {
            return None;
        }
        self.cap.add(created * price);
        let [values, prices] = spent;
        values.iter().zip(prices).for_each(|(value, price)| self.cap.add(-value * price));
        let realized_cap = self.cap.value();
        Some(RealizedCapPoint { realized_cap, realized_price: realized_cap / supply })
    }
}

outputs! { MvrvPoint { mvrv, z } }

state! {
    pub struct Mvrv {
        history: Welford,
    }
}

impl Kernel for Mvrv {
    const INFO: &'static FormulaInfo = &rows::MVRV;
    type Input<'a> = [f64; 2];
    type Output<'s> = MvrvPoint;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { history: Welford::default() })
    }

    #[inline]
    fn step(&mut self, [market_cap, realized_cap]: [f64; 2]) -> Option<MvrvPoint> {
        if market_cap <= 0.0 || realized_cap <= 0.0 {
            return None;
        }
        self.history.push(market_cap);
        if self.history.count < 2 {
            return None;
        }
        let deviation = self.history.variance(1).sqrt();
        let z = if deviation > 0.0 { (market_cap - realized_cap) / deviation } else { f64::NAN };
        Some(MvrvPoint { mvrv: market_cap / realized_cap, z })
    }
}

state! {
    pub struct Nupl {}
}

impl Kernel for Nupl {
    const INFO: &'static FormulaInfo = &rows::NUPL;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {})
    }

    #[inline]
    fn step(&mut self, [market_cap, realized_cap]: [f64; 2]) -> Option<f64> {
        (market_cap > 0.0 && realized_cap >= 0.0).then(|| (market_cap - realized_cap) / market_cap)
    }
}

outputs! { SoprPoint { sopr, asopr } }

state! {
    pub struct Sopr {
        min_age_h: f64,
    }
}

impl Kernel for Sopr {
    const INFO: &'static FormulaInfo = &rows::SOPR;
    type Input<'a> = [&'a [f64]; 4];
    type Output<'s> = SoprPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { min_age_h: params.float("min_age_h") })
    }

    #[inline]
    fn step(&mut self, outputs: [&[f64]; 4]) -> Option<SoprPoint> {
        if !is_block(&outputs) {
            return None;
        }
        let [values, created, spent, ages] = outputs;
        // Worth when spent and when created: of all, and of those that are old enough.
        let (mut all, mut old) = ((0.0, 0.0), (0.0, 0.0));
        for (place, &value) in values.iter().enumerate() {
            let (now, then) = (value * spent[place], value * created[place]);
            all = (all.0 + now, all.1 + then);
            if ages[place] >= self.min_age_h {
                old = (old.0 + now, old.1 + then);
            }
        }
        let ratio = |(now, then): (f64, f64)| if then > 0.0 { now / then } else { f64::NAN };
        Some(SoprPoint { sopr: ratio(all), asopr: ratio(old) })
    }
}

outputs! { CoinDaysPoint { cdd, cdd_adj, binary_rate } }

state! {
    pub struct CoinDaysDestroyed {
        /// Of the supply-adjusted values: its running mean is exactly the value if all are equal.
        history: Welford,
        above: WindowSum,
    }
}

impl Kernel for CoinDaysDestroyed {
    const INFO: &'static FormulaInfo = &rows::COIN_DAYS_DESTROYED;
    type Input<'a> = ([&'a [f64]; 2], f64);
    type Output<'s> = CoinDaysPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { history: Welford::default(), above: WindowSum::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, (spent, supply): ([&[f64]; 2], f64)) -> Option<CoinDaysPoint> {
        if supply <= 0.0 || !is_block(&spent) {
            return None;
        }
        let [values, ages] = spent;
        let cdd: f64 = values.iter().zip(ages).map(|(value, age)| value * age).sum();
        let cdd_adj = cdd / supply;
        self.history.push(cdd_adj);
        let above = self.above.push(f64::from(cdd_adj > self.history.mean))?;
        Some(CoinDaysPoint { cdd, cdd_adj, binary_rate: above / self.above.len() as f64 })
    }
}
