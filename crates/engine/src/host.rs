//! Where a strategy runs. Three kinds share one view and one desk: a Rust type, a compiled function behind a C
//! pointer, and (in the Python binding) a Python object. The engine knows only this trait.

use crate::desk::Desk;
use crate::sheet::{Sheet, Wish};
use crate::view::{Occasion, View};
use bytemuck::Zeroable;
use nanotick_model::ClientId;

/// The strategy did what it must not: it raised, returned nonsense or ran too long. The engine halts it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// One sentence for people: what happened, and where in the strategy.
    pub why: String,
    /// It was interrupted by the clock: what it did until then does not come out the same again.
    pub timed_out: bool,
}

impl Fault {
    pub fn new(why: String) -> Fault {
        Fault { why, timed_out: false }
    }
}

/// A strategy that the engine can call.
pub trait Host {
    /// The occasions it wants to be called for, as bits `1 << occasion`.
    fn wants(&self) -> u32;
    /// Called once per wanted event, with the instrument's index. Orders go through `desk`, which checks risk.
    fn call(&mut self, occasion: Occasion, instrument: usize, desk: &mut Desk) -> Result<(), Fault>;
    /// A parameter is changed while running. `false` if there is no such parameter.
    fn set_param(&mut self, _index: u16, _value: f64) -> bool {
        false
    }
}

/// Every occasion.
pub const WANTS_ALL: u32 = 0x1fe;

/// The bit of one occasion in [`Host::wants`].
pub const fn wants(occasion: Occasion) -> u32 {
    1 << occasion as u32
}

/// No strategy: books, signals and the account are kept, nothing is sent.
pub struct Watch;

impl Host for Watch {
    fn wants(&self) -> u32 {
        0
    }
    fn call(&mut self, _: Occasion, _: usize, _: &mut Desk) -> Result<(), Fault> {
        Ok(())
    }
}

/// The C signature of a compiled strategy: view, state, parameters, sheet. It returns [`COMPILED_WELL`]; zero is what
/// Numba leaves behind when the function raises.
pub type CompiledFn = unsafe extern "C" fn(*const View, *mut u8, *const f64, *mut Sheet) -> i64;
pub const COMPILED_WELL: i64 = 1;

/// A strategy compiled to native code (by Numba, or anything that honours [`CompiledFn`]).
pub struct CompiledHost {
    function: CompiledFn,
    /// State of each instrument, zeroed at start; 8-byte aligned.
    states: Vec<Vec<u64>>,
    params: Vec<f64>,
    sheet: Box<Sheet>,
    wants: u32,
}

impl CompiledHost {
    /// # Safety
    /// `function` must honour [`CompiledFn`], touch no more than `state_bytes` of state and the given parameters,
    /// and stay valid for as long as the host lives.
    pub unsafe fn new(
        function: CompiledFn,
        instruments: usize,
        state_bytes: usize,
        params: Vec<f64>,
        wants: u32,
    ) -> Self {
        let states = vec![vec![0u64; state_bytes.div_ceil(8).max(1)]; instruments];
        CompiledHost { function, states, params, sheet: Box::new(Sheet::zeroed()), wants }
    }
}

impl Host for CompiledHost {
    fn wants(&self) -> u32 {
        self.wants
    }

    #[inline]
    fn call(&mut self, _: Occasion, instrument: usize, desk: &mut Desk) -> Result<(), Fault> {
        let sheet = &mut *self.sheet;
        sheet.n = 0;
        let state = self.states[instrument].as_mut_ptr().cast::<u8>();
        // SAFETY: the caller of `new` vouched for the function and its state size; view and sheet are live here.
        let code = unsafe { (self.function)(desk.view(instrument), state, self.params.as_ptr(), sheet) };
        if code != COMPILED_WELL {
            return Err(Fault::new(raised(code)));
        }
        let Some(rows) = sheet.rows() else {
            let why = format!("the compiled strategy claims {} order rows; a sheet has 16", sheet.n);
            return Err(Fault::new(why));
        };
        for i in 0..rows {
            match sheet.wish(i) {
                Ok(wish) => follow(wish, instrument, desk),
                Err(why) => {
                    return Err(Fault::new(format!("the compiled strategy wrote order row {i}: {why}")))
                }
            }
        }
        Ok(())
    }

    fn set_param(&mut self, index: u16, value: f64) -> bool {
        self.params.get_mut(index as usize).map(|p| *p = value).is_some()
    }
}

#[cold]
fn raised(code: i64) -> String {
    match code {
        0 => "the compiled strategy raised an exception, which stands on stderr; with NANOTICK_JIT=0 it has a line".into(),
        code => format!("the compiled strategy returned {code}; it must return {COMPILED_WELL}"),
    }
}

/// Carries out one wish. A refusal is counted and journaled by the desk; compiled code reads it off the view.
fn follow(wish: Wish, instrument: usize, desk: &mut Desk) {
    match wish {
        Wish::Place { side, order_type, tif, reduce_only, px, qty } => {
            let _ = desk.place(instrument, side, order_type, tif, reduce_only, px, qty);
        }
        Wish::Amend { order_id, px, qty } => {
            let _ = desk.amend(ClientId(order_id), px, qty);
        }
        Wish::Cancel { order_id } => {
            let _ = desk.cancel(ClientId(order_id));
        }
        Wish::CancelAll => desk.cancel_all(instrument),
        Wish::Timer { timer, at_ns } => desk.set_timer(timer, at_ns),
    }
}
