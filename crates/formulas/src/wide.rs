//! The loop of a batch, compiled twice: for any processor, and for those with AVX2, whose encoding spares a copy at
//! almost every operation; passes over whole columns a third time, for AVX-512 with its wide registers and masks.
//! Fused multiplication is left out, so all give the same bits.

use crate::batch::store_nan;
use crate::kernel::{Kernel, Outputs};
use crate::row::{is_number, Row};

type Source<'a, K> = <<K as Kernel>::Input<'a> as Row<'a>>::Source;

/// Gives each row to the kernel and stores what comes out. The kernel is taken out of its home for the loop: what is
/// a variable of its own, and nobody else can see, the compiler keeps in registers. After a panic it is gone.
pub(crate) fn run<'a, K: Kernel>(
    home: &mut Option<K>,
    source: Source<'a, K>,
    rows: usize,
    widths: &[usize],
    out: &mut [&mut [f64]],
) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi2") {
        // SAFETY: the processor has what the function was compiled for.
        return unsafe { with_avx2(home, source, rows, widths, out) };
    }
    rows_of(home, source, rows, widths, out);
}

/// # Safety
/// The processor has AVX2 and BMI2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx,bmi1,bmi2")]
unsafe fn with_avx2<'a, K: Kernel>(
    home: &mut Option<K>,
    source: Source<'a, K>,
    rows: usize,
    widths: &[usize],
    out: &mut [&mut [f64]],
) {
    rows_of(home, source, rows, widths, out);
}

#[inline(always)]
fn rows_of<'a, K: Kernel>(
    home: &mut Option<K>,
    source: Source<'a, K>,
    rows: usize,
    widths: &[usize],
    out: &mut [&mut [f64]],
) {
    let Some(mut kernel) = home.take() else { return };
    let mut row = 0;
    while row < rows {
        // A loop without calls, so that registers need not be saved around one.
        while row < rows {
            let Some(outputs) = kernel.update(K::Input::at(source, row)) else { break };
            outputs.store(out, row);
            row += 1;
        }
        if row < rows {
            store_nan(out, widths, row);
            row += 1;
        }
    }
    *home = Some(kernel);
}

/// [`Kernel::whole`] where all numbers are valid. Memory is slower than the check: who can does it in the pass for more.
pub(crate) fn whole<K: Kernel>(kernel: &K, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi2") {
        if std::arch::is_x86_feature_detected!("avx512vl") && std::arch::is_x86_feature_detected!("avx512dq")
        {
            // SAFETY: the processor has what the function was compiled for.
            return unsafe { whole_with_avx512(kernel, columns, out) };
        }
        // SAFETY: the processor has what the function was compiled for.
        return unsafe { whole_with_avx2(kernel, columns, out) };
    }
    (K::CHECKS_NUMBERS || all_valid(columns)) && kernel.whole(columns, out)
}

/// # Safety
/// The processor has AVX-512 F, VL and DQ, and BMI2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,bmi1,bmi2")]
unsafe fn whole_with_avx512<K: Kernel>(kernel: &K, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
    (K::CHECKS_NUMBERS || all_valid(columns)) && kernel.whole(columns, out)
}

/// # Safety
/// The processor has AVX2 and BMI2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
unsafe fn whole_with_avx2<K: Kernel>(kernel: &K, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
    (K::CHECKS_NUMBERS || all_valid(columns)) && kernel.whole(columns, out)
}

#[inline(always)]
fn all_valid(columns: &[&[f64]]) -> bool {
    columns.iter().all(|column| column.iter().fold(true, |valid, &x| valid & is_number(x)))
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::momentum::{Cci, Macd, UltimateOsc};
    use crate::trend::{Adx, Ema, Sma, Tema, Vwma};
    use crate::volume::Adl;

    /// Of whole columns, compiled for each processor that this one can stand for.
    fn every_way<K: Kernel>(columns: &[&[f64]]) {
        let kernel = K::with(&[]).expect("the defaults");
        let bits = |whole: &dyn Fn(&mut [&mut [f64]]) -> bool| -> Vec<Vec<u64>> {
            let mut out = vec![vec![0.0; columns[0].len()]; K::INFO.outputs.len()];
            let mut slices: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
            assert!(whole(&mut slices), "{} has no way for whole columns", K::INFO.key);
            out.iter().map(|column| column.iter().map(|x| x.to_bits()).collect()).collect()
        };
        let plain = bits(&|out| kernel.whole(columns, out));
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi2") {
            // SAFETY: the processor has what the function was compiled for.
            let avx2 = bits(&|out| unsafe { whole_with_avx2(&kernel, columns, out) });
            assert_eq!(plain, avx2, "{}", K::INFO.key);
        }
        if std::arch::is_x86_feature_detected!("avx512vl") && std::arch::is_x86_feature_detected!("avx512dq")
        {
            // SAFETY: the processor has what the function was compiled for.
            let avx512 = bits(&|out| unsafe { whole_with_avx512(&kernel, columns, out) });
            assert_eq!(plain, avx512, "{}", K::INFO.key);
        }
    }

    #[test]
    fn every_processor_gives_the_same_bits() {
        let close: Vec<f64> = (0..3_000u64).map(|t| 100.0 + (t * t * 7919 % 1_000) as f64 * 0.01).collect();
        let [high, low] = [0.37, -0.21].map(|by| close.iter().map(|x| x + by).collect::<Vec<f64>>());
        let volume: Vec<f64> = close.iter().map(|x| x * 0.7 - 60.0).collect();
        let bars: [&[f64]; 4] = [&high, &low, &close, &volume];
        every_way::<Ema>(&[&close]);
        every_way::<Tema>(&[&close]);
        every_way::<Sma>(&[&close]);
        every_way::<Macd>(&[&close]);
        every_way::<Vwma>(&[&close, &volume]);
        every_way::<Adx>(&bars[..3]);
        every_way::<Cci>(&bars[..3]);
        every_way::<UltimateOsc>(&bars[..3]);
        every_way::<Adl>(&bars);
    }
}
