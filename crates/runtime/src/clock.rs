//! Time from the CPU's counter: a stamp costs one instruction, and a [`Clock`] turns stamps into nanoseconds.
//!
//! Where the counter does not tick at a constant rate, stamps are nanoseconds of `CLOCK_MONOTONIC` instead; callers
//! see no difference but the cost.

use rustix::time::{clock_gettime, ClockId};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::OnceLock;
use std::time::Duration;

const UNKNOWN: u8 = 0;
const COUNTER: u8 = 1;
const MONOTONIC: u8 = 2;
static SOURCE: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Now, in ticks of the process's stamp source. Not ordered with surrounding instructions: single differences under
/// some 20 ns mean nothing.
#[inline(always)]
pub fn stamp() -> u64 {
    if SOURCE.load(Ordering::Relaxed) == COUNTER {
        counter()
    } else {
        slow_stamp()
    }
}

#[cold]
fn slow_stamp() -> u64 {
    if SOURCE.load(Ordering::Relaxed) == UNKNOWN {
        let source = if counter_is_constant() { COUNTER } else { MONOTONIC };
        SOURCE.store(source, Ordering::Relaxed);
    }
    match SOURCE.load(Ordering::Relaxed) {
        COUNTER => counter(),
        _ => system_ns(ClockId::Monotonic) as u64,
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn counter() -> u64 {
    // SAFETY: every x86-64 CPU has RDTSC; it reads a register and touches no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn counter() -> u64 {
    let ticks: u64;
    // SAFETY: the virtual counter is readable from user space on every system that nanotick builds for; the
    // instruction reads a register and touches no memory.
    unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn counter() -> u64 {
    system_ns(ClockId::Monotonic) as u64
}

/// Whether the counter ticks at one rate, through frequency changes and sleep states.
fn counter_is_constant() -> bool {
    if !cfg!(target_arch = "x86_64") {
        return true;
    }
    let Ok(info) = std::fs::read_to_string("/proc/cpuinfo") else { return false };
    let Some(flags) = info.lines().find(|l| l.starts_with("flags")) else { return false };
    ["constant_tsc", "nonstop_tsc"].iter().all(|wanted| flags.split_whitespace().any(|f| f == *wanted))
}

/// Whether stamps come from the CPU's counter (and not from the slower system call).
pub fn uses_counter() -> bool {
    stamp();
    SOURCE.load(Ordering::Relaxed) == COUNTER
}

fn system_ns(id: ClockId) -> i64 {
    let t = clock_gettime(id);
    t.tv_sec * 1_000_000_000 + t.tv_nsec
}

/// One moment read on all three clocks.
#[derive(Clone, Copy)]
struct Moment {
    ticks: u64,
    mono_ns: i64,
    wall_ns: i64,
}

impl Moment {
    /// The tightest of several readings, so that a preemption between two of the clocks is not taken for drift.
    fn read() -> Moment {
        let mut best = (u64::MAX, Moment { ticks: 0, mono_ns: 0, wall_ns: 0 });
        for _ in 0..16 {
            let before = stamp();
            let mono_ns = system_ns(ClockId::Monotonic);
            let wall_ns = system_ns(ClockId::Realtime);
            let width = stamp().saturating_sub(before);
            if width < best.0 {
                best = (width, Moment { ticks: before + width / 2, mono_ns, wall_ns });
            }
        }
        best.1
    }
}

/// Nanoseconds per tick as a 32.32 fixed-point number.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Rate(u64);

impl Rate {
    fn between(from: &Moment, to: &Moment) -> Rate {
        let ticks = to.ticks.saturating_sub(from.ticks).max(1);
        let ns = (to.mono_ns - from.mono_ns).max(1);
        Rate((((ns as u128) << 32) / ticks as u128) as u64)
    }
    #[inline(always)]
    fn ns(self, ticks: u64) -> u64 {
        ((ticks as u128 * self.0 as u128) >> 32) as u64
    }
    /// This rate, faster or slower so that `error_ns` is made up within a second, but never below half speed.
    fn steered(self, error_ns: i64) -> Rate {
        let parts_per_billion = error_ns.clamp(-500_000_000, 500_000_000) as i128;
        Rate((self.0 as i128 * (1_000_000_000 + parts_per_billion) / 1_000_000_000) as u64)
    }
}

/// The rate measured once per process; a [`Clock`] refines its own copy as time passes.
fn process_rate() -> Rate {
    static RATE: OnceLock<Rate> = OnceLock::new();
    *RATE.get_or_init(|| {
        let from = Moment::read();
        std::thread::sleep(Duration::from_millis(10));
        Rate::between(&from, &Moment::read())
    })
}

/// Ticks that `duration` lasts, by the process's first calibration: good for time-outs.
pub fn ticks_in(duration: Duration) -> u64 {
    let ns = duration.as_nanos().min(u64::MAX as u128 >> 1);
    ((ns << 32) / process_rate().0.max(1) as u128) as u64
}

/// A clock's reading as a straight line over ticks. It never runs backwards: corrections bend it.
#[derive(Clone, Copy)]
struct Line {
    ticks: u64,
    ns: i64,
    rate: Rate,
    /// The rate before the last correction, for stamps taken before it.
    rate_before: Rate,
}

/// A reading that lags by more is set forward at once.
const MAX_SLEW_NS: i64 = 50_000_000;

impl Line {
    #[inline(always)]
    fn at(&self, ticks: u64) -> i64 {
        let after = ticks.wrapping_sub(self.ticks) as i64;
        if after >= 0 {
            self.ns + self.rate.ns(after as u64) as i64
        } else {
            self.ns - self.rate_before.ns(after.unsigned_abs()) as i64
        }
    }
    /// Aims at `true_ns`. Returns how far off the line was (positive: it lagged).
    fn steer(&mut self, ticks: u64, true_ns: i64, rate: Rate) -> i64 {
        let reading = self.at(ticks);
        let error_ns = true_ns - reading;
        let (ns, rate_now) =
            if error_ns > MAX_SLEW_NS { (true_ns, rate) } else { (reading, rate.steered(error_ns)) };
        *self = Line { ticks, ns, rate: rate_now, rate_before: self.rate };
        error_ns
    }
}

/// Turns stamps into wall and monotonic nanoseconds. One per thread that needs it; call [`Clock::reanchor`] about
/// once a second.
pub struct Clock {
    first: Moment,
    rate: Rate,
    mono: Line,
    wall: Line,
}

impl Default for Clock {
    fn default() -> Self {
        Clock::new()
    }
}

impl Clock {
    /// Takes some 10 ms the first time in a process.
    pub fn new() -> Clock {
        let rate = process_rate();
        let now = Moment::read();
        let line = |ns| Line { ticks: now.ticks, ns, rate, rate_before: rate };
        Clock { first: now, rate, mono: line(now.mono_ns), wall: line(now.wall_ns) }
    }

    /// Nanoseconds since the Unix epoch, now. Never decreases.
    #[inline(always)]
    pub fn now_wall_ns(&self) -> i64 {
        self.wall.at(stamp())
    }
    /// Nanoseconds since the Unix epoch when `stamp` was taken.
    #[inline(always)]
    pub fn wall_ns(&self, stamp: u64) -> i64 {
        self.wall.at(stamp)
    }
    /// `CLOCK_MONOTONIC` when `stamp` was taken.
    #[inline(always)]
    pub fn mono_ns(&self, stamp: u64) -> i64 {
        self.mono.at(stamp)
    }
    /// A difference of stamps in nanoseconds.
    #[inline(always)]
    pub fn ticks_to_ns(&self, ticks: u64) -> u64 {
        self.rate.ns(ticks)
    }
    /// Compares with the system's clocks and corrects: a small error is slewed away over a second, a large lag is
    /// made up at once, a large lead is lost at half speed, so that time never goes back. Returns how far the wall
    /// clock was off in ns (positive: it lagged): worth a warning when it is large, for the host's clock was set.
    pub fn reanchor(&mut self) -> i64 {
        let now = Moment::read();
        if now.mono_ns - self.first.mono_ns > 200_000_000 {
            self.rate = Rate::between(&self.first, &now);
        }
        self.mono.steer(now.ticks, now.mono_ns, self.rate);
        self.wall.steer(now.ticks, now.wall_ns, self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn readings_agree_with_the_system() {
        let mut clock = Clock::new();
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(60));
            let (before, ours, after) =
                (system_ns(ClockId::Realtime), clock.now_wall_ns(), system_ns(ClockId::Realtime));
            assert!(ours > before - 200_000 && ours < after + 200_000, "{before} {ours} {after}");
            let mono = clock.mono_ns(stamp());
            assert!((mono - system_ns(ClockId::Monotonic)).abs() < 5_000_000);
            clock.reanchor();
        }
        let ticks = ticks_in(Duration::from_millis(5));
        assert!((clock.ticks_to_ns(ticks) as i64 - 5_000_000).abs() < 50_000);
    }

    #[test]
    fn now_never_decreases_across_corrections() {
        let mut clock = Clock::new();
        let mut last = 0;
        for i in 0..200_000 {
            if i % 1000 == 0 {
                clock.reanchor();
            }
            let now = clock.now_wall_ns();
            assert!(now >= last);
            last = now;
        }
    }

    proptest! {
        /// Whatever the host does to its clock, the line does not run back, and it ends where the clock is.
        #[test]
        fn a_line_is_monotonic_and_converges(
            steps in proptest::collection::vec((1u64..3_000_000_000, -2_000_000_000i64..2_000_000_000), 1..20),
        ) {
            let rate = Rate(1 << 32);
            let mut line = Line { ticks: 0, ns: 0, rate, rate_before: rate };
            let (mut ticks, mut last, mut offset) = (0u64, 0i64, 0i64);
            for (advance, jump) in steps {
                ticks += advance;
                prop_assert!(line.at(ticks) >= last);
                offset += jump;
                let just_before = line.at(ticks - 1);
                line.steer(ticks, ticks as i64 + offset, rate);
                prop_assert!(line.at(ticks - 1) >= just_before, "an older stamp reads no earlier than before");
                prop_assert!(line.at(ticks) >= last);
                last = line.at(ticks);
            }
            for _ in 0..200 {
                ticks += 1_000_000_000;
                line.steer(ticks, ticks as i64 + offset, rate);
            }
            prop_assert!((line.at(ticks) - ticks as i64 - offset).abs() <= 2);
        }
    }
}
