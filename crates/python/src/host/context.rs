//! What callbacks receive: the context that orders go through, and windows on the view of its instrument.

use nanotick_engine::{Desk, Occasion, Refused, SignalName, View, ViewTable, MAX_TIMERS, VIEW_LEVELS};
use nanotick_model::{ClientId, OrderType, Side, TimeInForce};
use pyo3::exceptions::{PyAttributeError, PyKeyError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use crate::memory::Memory;

/// The desk, reachable only while a callback runs, and only from the thread that runs it: what another thread did
/// would come at another time in a replay.
pub struct DeskPointer {
    desk: AtomicPtr<Desk>,
    thread: usize,
}

thread_local! {
    /// Its address is the thread's number: cheaper to get than an id.
    static HERE: u8 = const { 0 };
}

fn this_thread() -> usize {
    HERE.with(|here| std::ptr::from_ref(here) as usize)
}

impl DeskPointer {
    /// For callbacks on the calling thread.
    pub fn new() -> DeskPointer {
        DeskPointer { desk: AtomicPtr::default(), thread: this_thread() }
    }
    #[inline(always)]
    pub fn enter(&self, desk: &mut Desk) {
        self.desk.store(desk, Relaxed);
    }
    #[inline(always)]
    pub fn leave(&self) {
        self.desk.store(std::ptr::null_mut(), Relaxed);
    }
    #[inline(always)]
    fn with<R>(&self, act: impl FnOnce(&mut Desk) -> R) -> PyResult<R> {
        let desk = self.desk.load(Relaxed);
        if desk.is_null() || this_thread() != self.thread {
            let text = "orders can be sent only from within a callback, on its own thread";
            return Err(PyRuntimeError::new_err(text));
        }
        // SAFETY: set for the time of a callback on this very thread; the engine does not touch the desk meanwhile,
        // and `act` does not call Python, so nothing else gets at it before it returns.
        Ok(act(unsafe { &mut *desk }))
    }
}

/// Sends orders in one instrument and tells what it sees.
#[pyclass(frozen, module = "nanotick._core")]
pub struct Context {
    #[pyo3(get)]
    symbol: String,
    index: usize,
    views: Arc<ViewTable>,
    desk: Arc<DeskPointer>,
    book: Py<Book>,
    signals: Py<Signals>,
    others: OnceLock<Vec<Py<Context>>>,
}

impl Context {
    pub fn new(
        symbol: &str,
        index: usize,
        views: Arc<ViewTable>,
        desk: Arc<DeskPointer>,
        book: Py<Book>,
        signals: Py<Signals>,
    ) -> Context {
        Context { symbol: symbol.to_owned(), index, views, desk, book, signals, others: OnceLock::new() }
    }
    pub fn set_others(&self, all: &[Py<Context>]) {
        Python::attach(|py| {
            let _ = self.others.set(all.iter().map(|c| c.clone_ref(py)).collect());
        });
    }
    pub fn timer(&self) -> u64 {
        self.view().timer
    }
    /// What has happened to the connection, in a word.
    pub fn connection(&self) -> &'static str {
        match (self.view().book_valid, self.view().occasion == Occasion::Connection as u64) {
            (1, _) => "up",
            _ => "down",
        }
    }
    #[inline(always)]
    fn view(&self) -> &View {
        self.views.get(self.index)
    }

    #[inline]
    fn place(
        &self,
        side: Side,
        order_type: OrderType,
        px: Option<f64>,
        qty: f64,
        tif: TimeInForce,
        reduce_only: bool,
    ) -> PyResult<u64> {
        let outcome = self.desk.with(|desk| {
            desk.place_f64(self.index, side, order_type, tif, reduce_only, px, qty).map(|id| id.0)
        })?;
        outcome.map_err(refused)
    }
}

/// A refusal as the exception that strategies catch.
fn refused(refusal: Refused) -> PyErr {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Python::attach(|py| {
        let class = CLASS
            .get_or_try_init(py, || py.import("nanotick.errors")?.getattr("RiskRefused").map(Bound::unbind));
        let instance = class.and_then(|class| {
            let details = PyDict::new(py);
            details.set_item("code", refusal.code)?;
            details.set_item("limit", refusal.limit)?;
            details.set_item("value", refusal.value)?;
            let message =
                format!("order refused: {} (limit {}, value {})", refusal.code, refusal.limit, refusal.value);
            class.bind(py).call((message,), Some(&details))
        });
        match instance {
            Ok(instance) => PyErr::from_value(instance),
            Err(error) => error,
        }
    })
}

fn side_of(text: &str) -> PyResult<Side> {
    match text {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        other => Err(PyValueError::new_err(format!("side is {other:?}; it must be \"buy\" or \"sell\""))),
    }
}

fn tif_of(text: &str) -> PyResult<TimeInForce> {
    match text {
        "gtc" => Ok(TimeInForce::Gtc),
        "post_only" => Ok(TimeInForce::PostOnly),
        "ioc" => Ok(TimeInForce::Ioc),
        "fok" => Ok(TimeInForce::Fok),
        other => Err(PyValueError::new_err(format!(
            "tif is {other:?}; it must be \"gtc\", \"post_only\", \"ioc\" or \"fok\""
        ))),
    }
}

#[pymethods]
impl Context {
    /// The book of this instrument.
    #[getter]
    fn book(&self, py: Python<'_>) -> Py<Book> {
        self.book.clone_ref(py)
    }
    #[getter]
    fn signals(&self, py: Python<'_>) -> Py<Signals> {
        self.signals.clone_ref(py)
    }
    #[getter]
    fn now_ns(&self) -> i64 {
        self.view().now_ns
    }
    #[getter]
    fn position(&self) -> f64 {
        let view = self.view();
        view.position as f64 * view.lot
    }
    #[getter]
    fn position_lots(&self) -> i64 {
        self.view().position
    }
    #[getter]
    fn realised(&self) -> f64 {
        self.view().realised
    }
    /// Price units per tick.
    #[getter]
    fn tick(&self) -> f64 {
        self.view().tick
    }
    /// Coin units per lot.
    #[getter]
    fn lot(&self) -> f64 {
        self.view().lot
    }

    /// Working orders, oldest first, as tuples `(order_id, side, px, leaves)`.
    #[getter]
    fn orders<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let view = self.view();
        let listed = (view.n_working as usize).min(view.order_ids.len());
        (0..listed)
            .map(|i| {
                let side = if view.order_sides[i] > 0 { "buy" } else { "sell" };
                let px = view.order_pxs[i] as f64 * view.tick;
                let leaves = view.order_leaves[i] as f64 * view.lot;
                PyTuple::new(
                    py,
                    [
                        view.order_ids[i].into_pyobject(py)?.into_any(),
                        side.into_pyobject(py)?.into_any(),
                        px.into_pyobject(py)?.into_any(),
                        leaves.into_pyobject(py)?.into_any(),
                    ],
                )
            })
            .collect()
    }

    /// The view itself, for `numpy.frombuffer`.
    fn memory(&self) -> Memory {
        let owner: Arc<dyn Send + Sync> = self.views.clone();
        let address = self.views.address(self.index).cast();
        // SAFETY: the table keeps the view at this address, and `owner` keeps the table.
        unsafe { Memory::new(address, std::mem::size_of::<View>(), owner) }
    }

    /// The first working order on a side as `(order_id, price in ticks)`, or None.
    fn working(&self, side: &str) -> PyResult<Option<(u64, i64)>> {
        let sign = side_of(side)?.sign();
        let view = self.view();
        let listed = (view.n_working as usize).min(view.order_ids.len());
        Ok((0..listed).find(|&i| view.order_sides[i] == sign).map(|i| (view.order_ids[i], view.order_pxs[i])))
    }

    #[pyo3(signature = (side, px, qty, *, tif = "gtc", reduce_only = false))]
    fn limit(&self, side: &str, px: f64, qty: f64, tif: &str, reduce_only: bool) -> PyResult<u64> {
        self.place(side_of(side)?, OrderType::Limit, Some(px), qty, tif_of(tif)?, reduce_only)
    }
    #[pyo3(signature = (px, qty, *, tif = "gtc", reduce_only = false))]
    fn buy(&self, px: f64, qty: f64, tif: &str, reduce_only: bool) -> PyResult<u64> {
        self.place(Side::Buy, OrderType::Limit, Some(px), qty, tif_of(tif)?, reduce_only)
    }
    #[pyo3(signature = (px, qty, *, tif = "gtc", reduce_only = false))]
    fn sell(&self, px: f64, qty: f64, tif: &str, reduce_only: bool) -> PyResult<u64> {
        self.place(Side::Sell, OrderType::Limit, Some(px), qty, tif_of(tif)?, reduce_only)
    }
    #[pyo3(signature = (side, qty, *, reduce_only = false))]
    fn market(&self, side: &str, qty: f64, reduce_only: bool) -> PyResult<u64> {
        self.place(side_of(side)?, OrderType::Market, None, qty, TimeInForce::Ioc, reduce_only)
    }
    fn amend(&self, order_id: u64, px: f64, qty: f64) -> PyResult<()> {
        self.desk.with(|desk| desk.amend_f64(ClientId(order_id), px, qty))?.map_err(refused)
    }
    fn cancel(&self, order_id: u64) -> PyResult<()> {
        self.desk.with(|desk| desk.cancel(ClientId(order_id)))?.map_err(refused)
    }
    fn cancel_all(&self) -> PyResult<()> {
        self.desk.with(|desk| desk.cancel_all(self.index))
    }
    /// Calls `on_timer` with this number (1 to 256) after `after_s` seconds. A timer that is set again is moved.
    fn set_timer(&self, timer: u32, after_s: f64) -> PyResult<()> {
        if !(1..=MAX_TIMERS).contains(&timer) || !(0.0..1e9).contains(&after_s) {
            let text = format!("timer must be from 1 to {MAX_TIMERS}, after_s from 0 to 1e9");
            return Err(PyValueError::new_err(text));
        }
        let at_ns = self.view().now_ns + (after_s * 1e9) as i64;
        self.desk.with(|desk| desk.set_timer(timer, at_ns))
    }
    /// The context of another instrument of the session.
    fn instrument(&self, py: Python<'_>, symbol: &str) -> PyResult<Py<Context>> {
        let all = self.others.get().map_or(&[][..], Vec::as_slice);
        all.iter().find(|c| c.get().symbol == symbol).map(|c| c.clone_ref(py)).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|c| c.get().symbol.as_str()).collect();
            PyKeyError::new_err(format!("{symbol:?} is not in this session; it has {}", known.join(", ")))
        })
    }
    fn __repr__(&self) -> String {
        format!("<Context {}>", self.symbol)
    }
}

/// The order book of one instrument: the touch as attributes, levels as arrays over engine memory.
#[pyclass(frozen, module = "nanotick._core")]
pub struct Book {
    views: Arc<ViewTable>,
    index: usize,
    bids: Py<PyAny>,
    asks: Py<PyAny>,
}

impl Book {
    pub fn new(py: Python<'_>, views: Arc<ViewTable>, index: usize) -> PyResult<Book> {
        let base = views.address(index) as usize;
        let view = views.get(index);
        let bids = levels_array(py, &views, view.bids.as_ptr() as usize - base, base)?;
        let asks = levels_array(py, &views, view.asks.as_ptr() as usize - base, base)?;
        Ok(Book { views, index, bids, asks })
    }
    #[inline(always)]
    fn view(&self) -> &View {
        self.views.get(self.index)
    }
}

/// An int64 array of shape (VIEW_LEVELS, 2) over the levels that begin at `offset`.
fn levels_array(py: Python<'_>, views: &Arc<ViewTable>, offset: usize, base: usize) -> PyResult<Py<PyAny>> {
    let owner: Arc<dyn Send + Sync> = views.clone();
    // SAFETY: the levels of a side in the view, kept by the table that `owner` is.
    let memory = unsafe { Memory::new((base + offset) as *const u8, 16 * VIEW_LEVELS, owner) };
    let numpy = py.import("numpy")?;
    let flat = numpy.call_method1("frombuffer", (Py::new(py, memory)?, "<i8"))?;
    Ok(flat.call_method1("reshape", (VIEW_LEVELS, 2))?.unbind())
}

fn first_levels<'py>(py: Python<'py>, array: &Py<PyAny>, n: usize) -> PyResult<Bound<'py, PyAny>> {
    if n == 0 || n > VIEW_LEVELS {
        return Err(PyValueError::new_err(format!("n is {n}; a view holds 1 to {VIEW_LEVELS} levels")));
    }
    array.bind(py).get_item(pyo3::types::PySlice::new(py, 0, n as isize, 1))
}

#[pymethods]
impl Book {
    #[getter]
    fn bid_px(&self) -> f64 {
        let view = self.view();
        view.bid_px as f64 * view.tick
    }
    #[getter]
    fn ask_px(&self) -> f64 {
        let view = self.view();
        view.ask_px as f64 * view.tick
    }
    #[getter]
    fn bid_qty(&self) -> f64 {
        let view = self.view();
        view.bid_qty as f64 * view.lot
    }
    #[getter]
    fn ask_qty(&self) -> f64 {
        let view = self.view();
        view.ask_qty as f64 * view.lot
    }
    #[getter]
    fn bid_ticks(&self) -> i64 {
        self.view().bid_px
    }
    #[getter]
    fn ask_ticks(&self) -> i64 {
        self.view().ask_px
    }
    #[getter]
    fn mid(&self) -> f64 {
        self.view().mid
    }
    #[getter]
    fn last_px(&self) -> f64 {
        let view = self.view();
        view.last_px as f64 * view.tick
    }
    #[getter]
    fn tick(&self) -> f64 {
        self.view().tick
    }
    #[getter]
    fn lot(&self) -> f64 {
        self.view().lot
    }
    /// True while the book is in sync, fresh, uncrossed and has both sides.
    #[getter]
    fn valid(&self) -> bool {
        let view = self.view();
        view.book_valid == 1 && view.bid_px != 0 && view.ask_px != 0
    }
    /// Best bids first: an int64 view of shape (n, 2), price in ticks and size in lots.
    fn bids<'py>(&self, py: Python<'py>, n: usize) -> PyResult<Bound<'py, PyAny>> {
        first_levels(py, &self.bids, n)
    }
    /// Best asks first: an int64 view of shape (n, 2), price in ticks and size in lots.
    fn asks<'py>(&self, py: Python<'py>, n: usize) -> PyResult<Bound<'py, PyAny>> {
        first_levels(py, &self.asks, n)
    }
}

/// Values of the declared signals, by attribute or by key.
#[pyclass(frozen, mapping, module = "nanotick._core")]
pub struct Signals {
    views: Arc<ViewTable>,
    index: usize,
    /// Name → slot, or → (namedtuple class, first slot, count).
    slots: Py<PyDict>,
}

impl Signals {
    pub fn new(
        py: Python<'_>,
        views: Arc<ViewTable>,
        index: usize,
        names: &[SignalName],
    ) -> PyResult<Signals> {
        let slots = PyDict::new(py);
        let namedtuple = py.import("collections")?.getattr("namedtuple")?;
        for signal in names {
            if signal.outputs.len() == 1 {
                slots.set_item(&signal.name, signal.slot)?;
            } else {
                let class = namedtuple.call1((&signal.name, signal.outputs.clone()))?;
                slots.set_item(&signal.name, (class, signal.slot, signal.outputs.len()))?;
            }
        }
        Ok(Signals { views, index, slots: slots.unbind() })
    }
    fn value<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(slot) = self.slots.bind(py).get_item(name)? else { return Ok(None) };
        let values = &self.views.get(self.index).signals;
        if let Ok(slot) = slot.extract::<usize>() {
            return Ok(Some(values[slot].into_pyobject(py)?.into_any()));
        }
        let (class, first, count): (Bound<'py, PyAny>, usize, usize) = slot.extract()?;
        class.call1(PyTuple::new(py, &values[first..first + count])?).map(Some)
    }
}

#[pymethods]
impl Signals {
    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.value(py, name)?
            .ok_or_else(|| PyAttributeError::new_err(format!("no signal {name:?} is declared")))
    }
    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.value(py, name)?.ok_or_else(|| PyKeyError::new_err(name.to_owned()))
    }
    fn __len__(&self, py: Python<'_>) -> usize {
        self.slots.bind(py).len()
    }
    fn keys<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.slots.bind(py).keys().into_any()
    }
}

macro_rules! window {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident : $ty:ty = |$v:ident| $value:expr),* $(,)? }) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "nanotick._core")]
        pub struct $name {
            views: Arc<ViewTable>,
            index: usize,
        }
        impl $name {
            pub fn new(views: Arc<ViewTable>, index: usize) -> Self {
                $name { views, index }
            }
        }
        #[pymethods]
        impl $name {
            $($(#[$fdoc])* #[getter] fn $field(&self) -> $ty { let $v = self.views.get(self.index); $value })*
        }
    };
}

fn side_name(sign: i64) -> &'static str {
    if sign >= 0 {
        "buy"
    } else {
        "sell"
    }
}

window! {
    /// The trade that `on_trade` is called for. `side` is the taker's.
    TradeView {
        px: f64 = |v| v.last_px as f64 * v.tick,
        qty: f64 = |v| v.last_qty as f64 * v.lot,
        side: &'static str = |v| side_name(v.last_side),
        now_ns: i64 = |v| v.now_ns,
        venue_ns: i64 = |v| v.venue_ns,
    }
}

window! {
    /// The execution that `on_fill` is called for.
    FillView {
        order_id: u64 = |v| v.order_id,
        px: f64 = |v| v.fill_px as f64 * v.tick,
        qty: f64 = |v| v.fill_qty as f64 * v.lot,
        side: &'static str = |v| side_name(v.fill_side),
        is_maker: bool = |v| v.fill_is_maker == 1,
        now_ns: i64 = |v| v.now_ns,
    }
}

window! {
    /// The order that `on_order` is called for.
    OrderView {
        order_id: u64 = |v| v.order_id,
        state: &'static str = |v| nanotick_engine::order_state_name(v.order_state),
        now_ns: i64 = |v| v.now_ns,
    }
}
