//! A formula whose type is chosen at run time: one face for every kernel and for pipelines of them.

use std::fmt;

use crate::batch;
use crate::info::{ColumnInfo, FormulaInfo};
use crate::kernel::{Kernel, Outputs};
use crate::params::{ParamError, Params};
use crate::persist::{Reader, StateError};
use crate::row::{Field, Row};
use crate::wide;
use crate::BatchError;

/// What every formula can do, whatever its rows are.
pub(crate) trait Object: Send + Sync + fmt::Debug {
    fn info(&self) -> &'static FormulaInfo;
    fn columns(&self) -> &'static [ColumnInfo];
    fn takes_events(&self) -> bool;
    fn params(&self) -> &Params;
    fn warmup(&self) -> usize;
    fn widths(&self) -> &[usize];
    fn fit(&mut self, width: usize);
    fn update(&mut self, fields: &[Field<'_>], row: usize, out: &mut [f64]);
    fn batch(&mut self, fields: &[Field<'_>], rows: usize, out: &mut [&mut [f64]]);
    /// A batch after a reset whose state nobody needs. False if there is no faster way than `batch`.
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool;
    fn reset(&mut self);
    fn save(&self, out: &mut Vec<u8>);
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError>;
    fn boxed(&self) -> Box<dyn Object>;
}

/// A formula with its parameters and its state.
#[derive(Debug)]
pub struct Formula {
    object: Box<dyn Object>,
}

impl Clone for Formula {
    fn clone(&self) -> Self {
        Self { object: self.object.boxed() }
    }
}

impl Formula {
    pub(crate) fn new(object: Box<dyn Object>) -> Self {
        Self { object }
    }

    /// The catalogue's row; of a pipeline, that of its last stage.
    pub fn info(&self) -> &'static FormulaInfo {
        self.object.info()
    }

    /// Positional inputs; of a pipeline, those of its first stage.
    pub fn columns(&self) -> &'static [ColumnInfo] {
        self.object.columns()
    }

    /// Its rows are events of several kinds: the columns of the other kinds are NaN.
    pub fn takes_events(&self) -> bool {
        self.object.takes_events()
    }

    pub fn params(&self) -> &Params {
        self.object.params()
    }

    /// Leading outputs without a value, if no input is rejected.
    pub fn warmup(&self) -> usize {
        self.object.warmup()
    }

    /// Numbers per row of each output.
    pub fn widths(&self) -> &[usize] {
        self.object.widths()
    }

    /// All numbers of a row together: what `out` of [`Formula::update`] must hold.
    pub fn width(&self) -> usize {
        self.widths().iter().sum()
    }

    /// Gets ready for vectors of so many numbers. Starts anew if the number changes.
    pub fn fit(&mut self, width: usize) {
        self.object.fit(width);
    }

    /// Takes row `row` of the fields and writes the outputs one after the other; NaN where there are none.
    ///
    /// # Panics
    /// If there are fewer fields than columns, or `out` is shorter than [`Formula::width`].
    #[inline]
    pub fn update(&mut self, fields: &[Field<'_>], row: usize, out: &mut [f64]) {
        self.object.update(fields, row, out);
    }

    /// [`Formula::update`] of a formula over one number.
    #[inline]
    pub fn update_one(&mut self, x: f64, out: &mut [f64]) {
        self.object.update(&[Field::scalars(&[x])], 0, out);
    }

    /// Gives each row to the kernel, from the state it is in, and writes output j of all rows to `out[j]`.
    pub fn batch(&mut self, fields: &[Field<'_>], out: &mut [&mut [f64]]) -> Result<(), BatchError> {
        let rows = batch::check(self, fields, out)?;
        self.object.batch(fields, rows, out);
        Ok(())
    }

    /// [`Formula::batch`] from a fresh start. What state is left is not said: [`Formula::reset`] before going on.
    pub fn batch_fresh(&mut self, fields: &[Field<'_>], out: &mut [&mut [f64]]) -> Result<(), BatchError> {
        let rows = batch::check(self, fields, out)?;
        let scalars = self.columns().iter().all(|column| !column.vector);
        let columns: Vec<&[f64]> = fields.iter().map(|field| field.values).collect();
        self.object.reset();
        if scalars && self.object.whole(&columns, out) {
            return Ok(());
        }
        self.object.batch(fields, rows, out);
        Ok(())
    }

    /// Back to the state after construction. Allocates, as construction does.
    pub fn reset(&mut self) {
        self.object.reset();
    }

    /// The state as bytes: of this formula with these parameters, and of no other.
    pub fn save(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.object.save(&mut out);
        let sum = checksum(&out);
        out.extend_from_slice(&sum);
        out
    }

    /// # Errors
    /// If the bytes are not what [`Formula::save`] gave for the same formula and parameters; the state is then as
    /// after construction.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let (state, sum) = bytes.split_last_chunk::<8>().ok_or(StateError::Damaged)?;
        if checksum(state) != *sum {
            return Err(StateError::Damaged);
        }
        let mut from = Reader::new(state);
        let loaded = self.object.load(&mut from).and_then(|()| {
            if from.is_empty() {
                Ok(())
            } else {
                Err(StateError::Damaged)
            }
        });
        if loaded.is_err() {
            self.reset();
        }
        loaded
    }

    pub(crate) fn into_object(self) -> Box<dyn Object> {
        self.object
    }
}

/// FNV-1a: a place in a ring that a flipped bit moved must not come back as an index.
fn checksum(bytes: &[u8]) -> [u8; 8] {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, fold).to_le_bytes()
}

const AT_HOME: &str = "the kernel is there but during a batch";

/// A kernel behind the face.
pub(crate) struct Single<K> {
    /// None during a batch, and after one that panicked.
    kernel: Option<K>,
    params: Params,
    widths: Vec<usize>,
    warmup: usize,
}

impl<K: Kernel> Single<K> {
    pub fn new(params: Params) -> Result<Self, ParamError> {
        let kernel = Some(K::new(&params)?);
        let (widths, warmup) = (K::INFO.widths(&params), K::INFO.warmup(&params));
        Ok(Self { kernel, params, widths, warmup })
    }

    #[inline(always)]
    fn kernel_mut(&mut self) -> &mut K {
        self.kernel.as_mut().expect(AT_HOME)
    }
}

impl<K> fmt::Debug for Single<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", self.params.info().key, self.params.values())
    }
}

impl<K: Kernel> Object for Single<K> {
    fn info(&self) -> &'static FormulaInfo {
        K::INFO
    }
    fn columns(&self) -> &'static [ColumnInfo] {
        K::INFO.columns
    }
    fn takes_events(&self) -> bool {
        <K::Input<'static> as Row<'static>>::EVENTS
    }
    fn params(&self) -> &Params {
        &self.params
    }
    fn warmup(&self) -> usize {
        self.warmup
    }
    fn widths(&self) -> &[usize] {
        &self.widths
    }

    fn fit(&mut self, width: usize) {
        if width != self.params.width() {
            let params = self.params.clone().with_width(width);
            *self = Self::new(params).expect("parameters that were good once");
        }
    }

    #[inline]
    fn update(&mut self, fields: &[Field<'_>], row: usize, out: &mut [f64]) {
        match self.kernel_mut().update(K::Input::at(K::Input::source(fields), row)) {
            Some(outputs) => outputs.write(out),
            None => out.fill(f64::NAN),
        }
    }

    fn batch(&mut self, fields: &[Field<'_>], rows: usize, out: &mut [&mut [f64]]) {
        wide::run(&mut self.kernel, K::Input::source(fields), rows, &self.widths, out);
    }

    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        self.kernel.as_ref().is_some_and(|kernel| wide::whole(kernel, columns, out))
    }

    fn reset(&mut self) {
        self.kernel = Some(K::new(&self.params).expect("parameters that were good once"));
    }

    fn save(&self, out: &mut Vec<u8>) {
        batch::save_head(&self.params, out);
        self.kernel.as_ref().expect(AT_HOME).save(out);
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        batch::check_head(&self.params, from)?;
        self.kernel_mut().load(from)
    }

    /// By way of the saved state: a copied `Vec` would not have the room that was reserved for it.
    fn boxed(&self) -> Box<dyn Object> {
        let mut copy = Self::new(self.params.clone()).expect("parameters that were good once");
        let mut state = Vec::new();
        self.save(&mut state);
        copy.load(&mut Reader::new(&state)).expect("a state just saved");
        Box::new(copy)
    }
}
