//! The newest volume against those before it.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{all_rows, blocks, cut, leave_out, map_rows};
use crate::parts::{ratio_or, RollingMoments, SumBefore, SumsBefore};
use crate::persist::state;
use crate::rows;

state! {
    pub struct RelativeVolume {
        before: SumBefore,
        length: f64,
    }
}

impl Kernel for RelativeVolume {
    const INFO: &'static FormulaInfo = &rows::RELATIVE_VOLUME;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { before: SumBefore::new(period), length: period as f64 })
    }

    #[inline]
    fn step(&mut self, volume: f64) -> Option<f64> {
        if volume < 0.0 {
            return None;
        }
        self.before.push(volume).map(|before| ratio_or(volume * self.length, before, f64::NAN))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (n, out) = (self.before.len(), &mut *out[0]);
        let mut before = SumsBefore::new(n);
        for rows in blocks(out.len()) {
            let [volumes] = cut(columns, &rows);
            if !all_rows([volumes], |[volume]| volume >= 0.0) {
                return false;
            }
            let sums = before.push_all(rows.len(), |values| values.copy_from_slice(volumes));
            map_rows([volumes, sums], &mut out[rows], |[volume, before]| {
                ratio_or(volume * self.length, before, f64::NAN)
            });
        }
        leave_out(out, n + 1);
        true
    }
}

state! {
    pub struct VolumeZscore {
        moments: RollingMoments,
        /// (n - 1) / n
        unbiased: f64,
    }
}

impl Kernel for VolumeZscore {
    const INFO: &'static FormulaInfo = &rows::VOLUME_ZSCORE;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { moments: RollingMoments::new(period), unbiased: 1.0 - 1.0 / period as f64 })
    }

    #[inline]
    fn step(&mut self, volume: f64) -> Option<f64> {
        if volume < 0.0 {
            return None;
        }
        let moments = self.moments.push(volume.ln_1p())?;
        Some(if moments.variance > 0.0 {
            moments.deviation * (self.unbiased / moments.variance).sqrt()
        } else {
            0.0
        })
    }
}
