//! The host of a strategy written as a Python class. The interpreter is attached once by the engine's thread; each
//! call passes objects that are made at start and look at engine memory.

mod context;
mod watchdog;

pub use context::{Book, Context, FillView, OrderView, Signals, TradeView};
pub use watchdog::Watchdog;

use context::DeskPointer;
use nanotick_engine::{wants, Desk, Fault, Host, Occasion, SignalName};
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::Arc;

/// Callbacks in the order of [`Occasion`]: the occasion, the method, whether it takes a second argument.
const CALLBACKS: [(Occasion, &str); 9] = [
    (Occasion::Start, "on_start"),
    (Occasion::Book, "on_book"),
    (Occasion::Book, "on_signal"),
    (Occasion::Trade, "on_trade"),
    (Occasion::Fill, "on_fill"),
    (Occasion::Order, "on_order"),
    (Occasion::Timer, "on_timer"),
    (Occasion::Connection, "on_connection"),
    (Occasion::Stop, "on_stop"),
];

/// Objects of one instrument that callbacks receive.
struct Seat {
    context: Py<Context>,
    book: Py<Book>,
    signals: Py<Signals>,
    trade: Py<TradeView>,
    fill: Py<FillView>,
    order: Py<OrderView>,
}

/// A Python strategy object as the engine sees it.
pub struct PythonHost<'py> {
    py: Python<'py>,
    seats: Vec<Seat>,
    /// Bound methods that the class overrides, by place in [`CALLBACKS`].
    methods: [Option<Py<PyAny>>; CALLBACKS.len()],
    wants: u32,
    desk: Arc<DeskPointer>,
    watchdog: Watchdog,
}

impl<'py> PythonHost<'py> {
    /// Binds `strategy` to a session's views. Only methods that its class overrides are ever called.
    pub fn new(
        py: Python<'py>,
        strategy: &Bound<'py, PyAny>,
        desk: &Desk,
        signals: &[Vec<SignalName>],
        callback_limit_ms: u64,
    ) -> PyResult<PythonHost<'py>> {
        let base = py.import("nanotick.strategy")?.getattr("Strategy")?;
        let mut methods: [Option<Py<PyAny>>; CALLBACKS.len()] = Default::default();
        let mut wanted = 0;
        for (slot, (occasion, name)) in methods.iter_mut().zip(CALLBACKS) {
            let name = PyString::intern(py, name);
            let own = strategy.get_type().getattr(&name)?;
            if !own.is(&base.getattr(&name)?) {
                *slot = Some(strategy.getattr(&name)?.unbind());
                wanted |= wants(occasion);
            }
        }
        let pointer = Arc::new(DeskPointer::new());
        let seats = (0..desk.instruments().len())
            .map(|i| Seat::new(py, desk, i, &signals[i], &pointer))
            .collect::<PyResult<Vec<_>>>()?;
        for seat in &seats {
            seat.context.get().set_others(&seats.iter().map(|s| s.context.clone_ref(py)).collect::<Vec<_>>());
        }
        let watchdog = Watchdog::start(py, callback_limit_ms)?;
        Ok(PythonHost { py, seats, methods, wants: wanted, desk: pointer, watchdog })
    }
}

impl Seat {
    fn new(
        py: Python<'_>,
        desk: &Desk,
        index: usize,
        names: &[SignalName],
        pointer: &Arc<DeskPointer>,
    ) -> PyResult<Seat> {
        let views = desk.view_table();
        let signals = Py::new(py, Signals::new(py, views.clone(), index, names)?)?;
        let book = Py::new(py, Book::new(py, views.clone(), index)?)?;
        let context = Context::new(
            desk.instruments()[index].symbol.as_str(),
            index,
            views.clone(),
            pointer.clone(),
            book.clone_ref(py),
            signals.clone_ref(py),
        );
        Ok(Seat {
            context: Py::new(py, context)?,
            book,
            signals,
            trade: Py::new(py, TradeView::new(views.clone(), index))?,
            fill: Py::new(py, FillView::new(views.clone(), index))?,
            order: Py::new(py, OrderView::new(views, index))?,
        })
    }
}

impl Host for PythonHost<'_> {
    fn wants(&self) -> u32 {
        self.wants
    }

    fn call(&mut self, occasion: Occasion, instrument: usize, desk: &mut Desk) -> Result<(), Fault> {
        let py = self.py;
        let seat = &self.seats[instrument];
        let context = seat.context.bind(py);
        self.desk.enter(desk);
        let mut outcome = Ok(());
        for (at, (_, name)) in CALLBACKS.iter().enumerate().filter(|(_, (o, _))| *o == occasion) {
            let Some(method) = &self.methods[at] else { continue };
            let method = method.bind(py);
            self.watchdog.enter();
            let answer = match *name {
                "on_book" => method.call1((context, seat.book.bind(py))),
                "on_signal" => method.call1((context, seat.signals.bind(py))),
                "on_trade" => method.call1((context, seat.trade.bind(py))),
                "on_fill" => method.call1((context, seat.fill.bind(py))),
                "on_order" => method.call1((context, seat.order.bind(py))),
                "on_timer" => method.call1((context, context.get().timer())),
                "on_connection" => method.call1((context, context.get().connection())),
                _ => method.call1((context,)),
            };
            self.watchdog.leave();
            outcome = match answer {
                Ok(value) if value.is_none() => Ok(()),
                Ok(value) => {
                    let why = format!("{name} returned {}; callbacks return nothing", type_name(&value));
                    Err(Fault::new(why))
                }
                Err(error) => Err(Fault {
                    why: describe(py, name, &error, &self.watchdog),
                    timed_out: self.watchdog.fired(),
                }),
            };
            if outcome.is_err() {
                break;
            }
        }
        self.desk.leave();
        outcome
    }
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "a value".to_owned(), |n| n.to_string())
}

/// One sentence: which callback failed, with what, where.
fn describe(py: Python<'_>, callback: &str, error: &PyErr, watchdog: &Watchdog) -> String {
    let place = last_line(py, error).map_or_else(String::new, |(file, line)| format!(" at {file}:{line}"));
    if watchdog.fired() {
        return format!(
            "{callback} ran longer than {} ms{place}; callbacks must return at once",
            watchdog.limit_ms()
        );
    }
    let kind = error.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |n| n.to_string());
    format!("{callback} raised {kind}: {}{place}", error.value(py))
}

/// File and line of the innermost frame of a traceback.
fn last_line(py: Python<'_>, error: &PyErr) -> Option<(String, u32)> {
    let mut frame = error.traceback(py)?.into_any();
    while let Ok(next) = frame.getattr("tb_next") {
        if next.is_none() {
            break;
        }
        frame = next;
    }
    let line = frame.getattr("tb_lineno").ok()?.extract().ok()?;
    let code = frame.getattr("tb_frame").ok()?.getattr("f_code").ok()?;
    Some((code.getattr("co_filename").ok()?.extract().ok()?, line))
}
