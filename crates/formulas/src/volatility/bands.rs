//! Bands about a mean price: by the deviation of prices (Bollinger) and by the range of bars (Keltner).

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::columns::{leave_out, map_rows, BLOCK};
use crate::parts::{is_bar, AverageTrueRange, Batch, MomentRuns, Moments, OnePole, RollingMoments, BEFORE};
use crate::persist::state;
use crate::rows;

outputs! {
    /// The three bands, the place of the price in them, and their width.
    Bands { upper, middle, lower, pct_b, bandwidth }
}

state! {
    pub struct Bollinger {
        moments: RollingMoments,
        k: f64,
    }
}

impl Bollinger {
    #[inline(always)]
    fn bands(&self, moments: Moments) -> Bands {
        let middle = moments.mean;
        let half = self.k * moments.variance.sqrt();
        let width = 2.0 * half;
        Bands {
            upper: middle + half,
            middle,
            lower: middle - half,
            // The same as (price - lower) / (upper - lower), without subtracting large prices.
            pct_b: if width > 0.0 { 0.5 + moments.deviation / width } else { 0.5 },
            bandwidth: if middle == 0.0 { f64::NAN } else { width / middle },
        }
    }
}

impl Kernel for Bollinger {
    const INFO: &'static FormulaInfo = &rows::BOLLINGER;
    type Input<'a> = f64;
    type Output<'s> = Bands;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { moments: RollingMoments::new(params.int("period")), k: params.float("k") })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<Bands> {
        self.moments.push(price).map(|moments| self.bands(moments))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        out.iter_mut().for_each(|column| leave_out(column, self.moments.len()));
        let mut runs = MomentRuns::new(columns[0], self.moments.len());
        // Columns of a run, so close by that the compiler knows them apart.
        let mut run = [[0.0; BLOCK]; 5];
        while let Some((rows, moments)) = runs.advance() {
            let [upper, middle, lower, pct_b, bandwidth] = &mut run;
            let columns = upper.iter_mut().zip(middle).zip(lower.iter_mut().zip(pct_b)).zip(bandwidth);
            for ((((upper, middle), (lower, pct_b)), bandwidth), moments) in columns.zip(moments) {
                let bands = self.bands(moments);
                (*upper, *middle, *lower) = (bands.upper, bands.middle, bands.lower);
                (*pct_b, *bandwidth) = (bands.pct_b, bands.bandwidth);
            }
            for (column, run) in out.iter_mut().zip(&run) {
                column[rows.clone()].copy_from_slice(&run[..rows.len()]);
            }
        }
        true
    }
}

outputs! {
    /// The three bands.
    KeltnerBands { upper, middle, lower }
}

#[inline(always)]
fn typical([high, low, close]: [f64; 3]) -> f64 {
    (high + low + close) * (1.0 / 3.0)
}

state! {
    pub struct Keltner {
        middle: OnePole,
        range: AverageTrueRange,
        multiple: f64,
    }
}

impl Kernel for Keltner {
    const INFO: &'static FormulaInfo = &rows::KELTNER;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 3];
    type Output<'s> = KeltnerBands;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            middle: OnePole::ema(params.int("period")).anchored(),
            range: AverageTrueRange::new(params.int("atr_n")),
            multiple: params.float("mult"),
        })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 3]) -> Option<KeltnerBands> {
        let [high, low, close] = bar;
        if !is_bar(high, low, close) {
            return None;
        }
        let middle = self.middle.push(typical(bar));
        let range = self.range.push(high, low, close);
        let (middle, half) = (middle?, self.multiple * range?);
        Some(KeltnerBands { upper: middle + half, middle, lower: middle - half })
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut typicals, mut ranges) =
            (Batch::new(self), [0.0; BEFORE + BLOCK], [0.0; BEFORE + BLOCK]);
        while let Some(row) = batch.next_block(columns, out, |[high, low, close]| is_bar(high, low, close)) {
            let Self { middle, range, multiple } = &mut batch.kernel;
            let rows = row..row + BLOCK;
            let [upper, middles, lower] = out else { unreachable!("three outputs") };
            let (upper, middles, lower) =
                (&mut upper[rows.clone()], &mut middles[rows.clone()], &mut lower[rows]);
            map_rows([0, 1, 2].map(|column| &columns[column][row - BEFORE..]), &mut typicals, typical);
            middle.push_block(&typicals, middles);
            range.push_block(columns, row, &mut ranges, lower);
            for ((upper, &middle), lower) in upper.iter_mut().zip(&*middles).zip(lower) {
                let half = *multiple * *lower;
                (*upper, *lower) = (middle + half, middle - half);
            }
        }
        batch.is_sound()
    }
}
