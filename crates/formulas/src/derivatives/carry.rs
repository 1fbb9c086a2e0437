//! What holding a position pays: basis of futures, funding of perpetuals, the premium of implied over realised variance,
//! and what open interest says about who holds it.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Lag, RollingMoments, Sum, WindowSum};
use crate::persist::state;
use crate::rows;

outputs! { BasisPoint { basis, basis_bps, ann_simple, ann_cont } }

state! {
    pub struct Basis {
        ann: f64,
    }
}

impl Kernel for Basis {
    const INFO: &'static FormulaInfo = &rows::BASIS;
    type Input<'a> = [f64; 3];
    type Output<'s> = BasisPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { ann: params.float("ann") })
    }

    #[inline]
    fn step(&mut self, [spot, futures, expiry_days]: [f64; 3]) -> Option<BasisPoint> {
        if spot <= 0.0 || futures <= 0.0 || expiry_days <= 0.0 {
            return None;
        }
        let basis = futures - spot;
        let ratio = basis / spot;
        let per_year = self.ann / expiry_days;
        Some(BasisPoint {
            basis,
            basis_bps: 1e4 * ratio,
            ann_simple: ratio * per_year,
            ann_cont: ratio.ln_1p() * per_year,
        })
    }
}

outputs! { Funding { premium, avg_premium, funding } }

state! {
    pub struct FundingRate {
        interest: f64,
        clamp: f64,
        cap: f64,
        samples: u64,
        /// Of the interval under way: how many samples, and the sum of each times its place.
        taken: u64,
        weighted: Sum,
    }
}

impl Kernel for FundingRate {
    const INFO: &'static FormulaInfo = &rows::FUNDING_RATE;
    type Input<'a> = [f64; 3];
    type Output<'s> = Funding;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            interest: params.float("interest"),
            clamp: params.float("clamp"),
            cap: params.float("cap"),
            samples: params.int("samples") as u64,
            taken: 0,
            weighted: Sum::default(),
        })
    }

    #[inline]
    fn step(&mut self, [impact_bid, impact_ask, index]: [f64; 3]) -> Option<Funding> {
        if index <= 0.0 || impact_bid <= 0.0 || impact_ask < impact_bid {
            return None;
        }
        if self.taken == self.samples {
            (self.taken, self.weighted) = (0, Sum::default());
        }
        let premium = ((impact_bid - index).max(0.0) - (index - impact_ask).max(0.0)) / index;
        self.taken += 1;
        let taken = self.taken as f64;
        self.weighted.add(taken * premium);
        let avg_premium = self.weighted.value() / (0.5 * taken * (taken + 1.0));
        let funding = avg_premium + (self.interest - avg_premium).clamp(-self.clamp, self.clamp);
        Some(Funding { premium, avg_premium, funding: funding.clamp(-self.cap, self.cap) })
    }
}

outputs! { Carry { ann_simple, ann_compound, cum, z } }

state! {
    pub struct FundingCarry {
        per_year: f64,
        moments: RollingMoments,
        paid: Sum,
    }
}

impl Kernel for FundingCarry {
    const INFO: &'static FormulaInfo = &rows::FUNDING_CARRY;
    type Input<'a> = f64;
    type Output<'s> = Carry;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            per_year: params.float("per_year"),
            moments: RollingMoments::new(params.int("window")),
            paid: Sum::default(),
        })
    }

    #[inline]
    fn step(&mut self, funding: f64) -> Option<Carry> {
        self.paid.add(funding);
        let moments = self.moments.push(funding)?;
        let sd = moments.deviation_of(self.moments.len(), 1);
        Some(Carry {
            ann_simple: self.per_year * moments.mean,
            ann_compound: (self.per_year * moments.mean.ln_1p()).exp_m1(),
            cum: self.paid.value(),
            z: if sd > 0.0 { moments.deviation / sd } else { 0.0 },
        })
    }
}

outputs! { VariancePremium { vrp, vrp_vol } }

state! {
    pub struct VarianceRiskPremium {
        squares: WindowSum,
        factor: f64,
    }
}

impl Kernel for VarianceRiskPremium {
    const INFO: &'static FormulaInfo = &rows::VARIANCE_RISK_PREMIUM;
    type Input<'a> = [f64; 2];
    type Output<'s> = VariancePremium;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self { squares: WindowSum::new(window), factor: params.float("ann") / window as f64 })
    }

    #[inline]
    fn step(&mut self, [implied_vol, returns]: [f64; 2]) -> Option<VariancePremium> {
        if implied_vol < 0.0 {
            return None;
        }
        let realised = self.factor * self.squares.push(returns * returns)?.max(0.0);
        Some(VariancePremium {
            vrp: implied_vol * implied_vol - realised,
            vrp_vol: implied_vol - realised.sqrt(),
        })
    }
}

outputs! { Quadrant { quadrant, oi_change, price_change } }

state! {
    pub struct OpenInterestQuadrant {
        closes: Lag,
        interests: Lag,
    }
}

impl Kernel for OpenInterestQuadrant {
    const INFO: &'static FormulaInfo = &rows::OPEN_INTEREST_QUADRANT;
    type Input<'a> = [f64; 2];
    type Output<'s> = Quadrant;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { closes: Lag::new(period), interests: Lag::new(period) })
    }

    #[inline]
    fn step(&mut self, [close, open_interest]: [f64; 2]) -> Option<Quadrant> {
        if close <= 0.0 || open_interest <= 0.0 {
            return None;
        }
        let (last_close, last_interest) = (self.closes.push(close), self.interests.push(open_interest));
        let price_change = close / last_close? - 1.0;
        let oi_change = open_interest / last_interest? - 1.0;
        let (rose, opened) = (price_change > 0.0, oi_change > 0.0);
        let quadrant = 1.0 + 2.0 * f64::from(u8::from(!rose)) + f64::from(u8::from(!opened));
        Some(Quadrant { quadrant, oi_change, price_change })
    }
}
