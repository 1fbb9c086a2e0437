//! Hosts that need no interpreter while they run: compiled functions and the strategies built into the engine.

use nanotick_engine::strategies::{Quoter, QuoterParams, TwoEma, TwoEmaParams};
use nanotick_engine::{CompiledFn, CompiledHost, Desk, Fault, Host, Occasion, Watch};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub enum NativeHost {
    Compiled(CompiledHost),
    Quoter(Quoter),
    TwoEma(TwoEma),
    Watch(Watch),
}

macro_rules! each {
    ($self:ident, $host:ident => $call:expr) => {
        match $self {
            NativeHost::Compiled($host) => $call,
            NativeHost::Quoter($host) => $call,
            NativeHost::TwoEma($host) => $call,
            NativeHost::Watch($host) => $call,
        }
    };
}

impl Host for NativeHost {
    fn wants(&self) -> u32 {
        each!(self, h => h.wants())
    }
    #[inline]
    fn call(&mut self, occasion: Occasion, instrument: usize, desk: &mut Desk) -> Result<(), Fault> {
        each!(self, h => h.call(occasion, instrument, desk))
    }
    fn set_param(&mut self, index: u16, value: f64) -> bool {
        each!(self, h => h.set_param(index, value))
    }
}

impl NativeHost {
    /// A strategy of the engine by its name; parameters in its own order.
    pub fn built_in(name: &str, params: &[f64], instruments: usize) -> PyResult<NativeHost> {
        match (name, params) {
            (
                "quoter",
                &[half_spread_bps, skew_bps, quote_notional, max_position_notional, requote_ticks, min_interval_ns],
            ) => {
                let params = QuoterParams {
                    half_spread_bps,
                    skew_bps,
                    quote_notional,
                    max_position_notional,
                    requote_ticks,
                    min_interval_ns,
                };
                Ok(NativeHost::Quoter(Quoter::new(params, instruments)))
            }
            ("two_ema", &[fast_alpha, slow_alpha, qty_lots]) => {
                let params = TwoEmaParams { fast_alpha, slow_alpha, qty_lots };
                Ok(NativeHost::TwoEma(TwoEma::new(params, instruments)))
            }
            _ => Err(PyValueError::new_err(format!(
                "the engine has no strategy {name:?} with {} parameters",
                params.len()
            ))),
        }
    }

    /// A compiled strategy by the address of its function.
    ///
    /// # Safety
    /// `address` must be a function of type [`CompiledFn`] that uses no more than `state_bytes` of state and as
    /// many parameters as given, and must stay valid while the host lives.
    pub unsafe fn compiled(
        address: usize,
        state_bytes: usize,
        params: Vec<f64>,
        wants: u32,
        instruments: usize,
    ) -> PyResult<NativeHost> {
        if address == 0 {
            return Err(PyValueError::new_err("the compiled function has no address"));
        }
        // SAFETY: the caller's promise.
        let function = unsafe { std::mem::transmute::<usize, CompiledFn>(address) };
        // SAFETY: the caller's promise.
        let host = unsafe { CompiledHost::new(function, instruments, state_bytes, params, wants) };
        Ok(NativeHost::Compiled(host))
    }
}
