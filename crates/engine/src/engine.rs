//! The engine: takes events one by one and puts out commands. Everything that happens once per event happens here,
//! in one fixed order: account → book → signals → strategy → risk → orders.

use crate::desk::{Desk, DeskConfig};
use crate::host::{wants, Fault, Host};
use crate::observer::{Observer, Stage};
use crate::risk::HaltReason;
use crate::signals::{SetupError, SignalName, Signals};
use crate::view::Occasion;
use nanotick_model::record::Kind;
use nanotick_model::{Body, BookUpdate, Command, Event, LinkState, Operator, Socket, Trade};

/// Units of cash in a coin.
const COIN: f64 = 1e12;

pub struct Engine<H> {
    desk: Desk,
    signals: Vec<Signals>,
    /// The mids of all instruments, for signals over several; NaN before there is one.
    mids: Vec<f64>,
    host: H,
    wants: u32,
    /// Why the strategy no longer runs.
    halted: Option<String>,
    started: bool,
    stopped: bool,
}

/// Makes the desk and the signals, before there is a host: a Python host binds to the desk's views.
pub fn prepare(config: DeskConfig) -> Result<(Desk, Vec<Signals>), SetupError> {
    let symbols: Vec<String> =
        config.instruments.iter().map(|instrument| instrument.symbol.as_str().to_owned()).collect();
    let signals =
        symbols.iter().map(|_| Signals::new(&config.signals, &symbols)).collect::<Result<Vec<_>, _>>()?;
    Ok((Desk::new(config).map_err(SetupError)?, signals))
}

impl<H: Host> Engine<H> {
    pub fn new(desk: Desk, signals: Vec<Signals>, host: H) -> Engine<H> {
        let wants = host.wants();
        let mids = vec![f64::NAN; signals.len()];
        Engine { desk, signals, mids, host, wants, halted: None, started: false, stopped: false }
    }

    pub fn desk(&self) -> &Desk {
        &self.desk
    }
    pub fn host(&mut self) -> &mut H {
        &mut self.host
    }
    pub fn signal_names(&self, instrument: usize) -> &[SignalName] {
        self.signals[instrument].names()
    }
    /// What the last events want sent, in order.
    #[inline(always)]
    pub fn commands(&self) -> &[Command] {
        self.desk.commands()
    }
    #[inline(always)]
    pub fn clear_commands(&mut self) {
        self.desk.clear_commands();
    }
    pub fn has_live_orders(&self) -> bool {
        self.desk.has_live_orders()
    }
    /// True once after something came up that only the venue can tell: the driver should reconcile.
    pub fn take_reconcile_wish(&mut self) -> bool {
        self.desk.take_reconcile_wish()
    }
    /// Why the strategy was halted, if it was.
    pub fn halted(&self) -> Option<&str> {
        self.halted.as_deref()
    }
    /// A hash of everything that decides what comes next.
    pub fn state_hash(&self) -> u64 {
        self.desk.state_hash()
    }

    /// Takes one event in. What it causes stands in [`Engine::commands`] until cleared.
    #[inline]
    pub fn process<O: Observer>(&mut self, event: &Event<'_>, observer: &mut O) {
        let first_command = self.desk.commands().len();
        let seq = observer.event(event);
        let i = event.instrument.index();
        if i >= self.desk.instruments().len() {
            return;
        }
        self.desk.begin(i, event, seq);
        if !self.started {
            self.start(observer);
        }
        match &event.body {
            Body::Book(update) => self.on_book(i, update, observer),
            Body::Trade(trade) => self.on_trade(i, trade, observer),
            Body::Quote(_) | Body::Balance(_) => {}
            _ => self.on_other(i, event, observer),
        }
        self.flush(first_command, observer);
    }

    /// The first event begins the session: a replay begins at the same place by itself.
    #[cold]
    fn start<O: Observer>(&mut self, observer: &mut O) {
        self.started = true;
        for i in 0..self.desk.instruments().len() {
            self.call(Occasion::Start, i, observer);
        }
    }

    #[inline]
    fn on_book<O: Observer>(&mut self, i: usize, update: &BookUpdate<'_>, observer: &mut O) {
        let usable = self.desk.apply_book(i, update);
        observer.mark(Stage::Book);
        if usable && !self.signals[i].is_empty() {
            let (book, view) = self.desk.book_and_view(i);
            self.mids[i] = view.mid;
            self.signals[i].on_book(book, &self.mids, view);
            observer.mark(Stage::Signals);
        }
        self.call(Occasion::Book, i, observer);
        observer.mark(Stage::Strategy);
    }

    #[inline]
    fn on_trade<O: Observer>(&mut self, i: usize, trade: &Trade, observer: &mut O) {
        self.desk.apply_trade(i, trade);
        observer.mark(Stage::Book);
        if !self.signals[i].is_empty() {
            let now_ns = self.desk.now_ns();
            let (_, view) = self.desk.book_and_view(i);
            self.signals[i].on_trade(trade, now_ns, &self.mids, view);
            observer.mark(Stage::Signals);
        }
        self.call(Occasion::Trade, i, observer);
        observer.mark(Stage::Strategy);
    }

    #[inline(never)]
    fn on_other<O: Observer>(&mut self, i: usize, event: &Event<'_>, observer: &mut O) {
        match &event.body {
            Body::OrderUpdate(update) => {
                if self.desk.apply_order_update(i, update) {
                    self.call(Occasion::Order, i, observer);
                }
            }
            Body::Fill(fill) => {
                if self.desk.apply_fill(i, fill) {
                    if !self.signals[i].is_empty() {
                        let (_, view) = self.desk.book_and_view(i);
                        self.signals[i].on_fill(fill.fee as f64 / COIN, &self.mids, view);
                    }
                    self.value_account(i, observer);
                    self.call(Occasion::Fill, i, observer);
                }
            }
            Body::Position(position) => self.desk.set_venue_position(i, position.qty),
            Body::Connection(connection) => {
                self.on_connection(i, connection.socket, connection.state, observer)
            }
            Body::Timer(timer) if timer.timer == 0 => self.on_clock(observer),
            Body::Timer(timer) => {
                self.desk.show_timer(timer.timer);
                self.call(Occasion::Timer, 0, observer);
            }
            Body::Operator(operator) => self.on_operator(operator, observer),
            Body::Book(_) | Body::Trade(_) | Body::Quote(_) | Body::Balance(_) => {}
        }
        if let Some(why) = self.desk.take_alarm() {
            self.halt(HaltReason::Invariant, Fault::new(why), observer);
        }
    }

    fn on_connection<O: Observer>(&mut self, i: usize, socket: Socket, state: LinkState, observer: &mut O) {
        let of_one_book = matches!(state, LinkState::Gap | LinkState::Synced | LinkState::Stale);
        let concerned = if of_one_book { i..i + 1 } else { 0..self.desk.instruments().len() };
        // All of them first: called for one instrument, a strategy may act in another.
        let mut changed = 0u64;
        for j in concerned {
            changed |= (self.desk.apply_connection(j, socket, state) as u64) << j;
        }
        while changed != 0 {
            self.call(Occasion::Connection, changed.trailing_zeros() as usize, observer);
            changed &= changed - 1;
        }
    }

    /// The engine's own clock: deadlines of orders, stale books, bars without trades, the equity curve.
    fn on_clock<O: Observer>(&mut self, observer: &mut O) {
        self.desk.on_clock();
        let now_ns = self.desk.now_ns();
        for i in 0..self.desk.instruments().len() {
            let (_, view) = self.desk.book_and_view(i);
            self.signals[i].on_clock(now_ns, &self.mids, view);
            self.value_account(i, observer);
        }
    }

    /// The account in one instrument, for the journal and for signals over it.
    fn value_account<O: Observer>(&mut self, i: usize, observer: &mut O) {
        let record = self.desk.equity_record(i);
        observer.equity(&record);
        if !self.signals[i].is_empty() {
            let equity = self.desk.start_cash() + record.cash + record.unrealised;
            let (_, view) = self.desk.book_and_view(i);
            self.signals[i].on_account(equity, &self.mids, view);
        }
    }

    fn on_operator<O: Observer>(&mut self, operator: &Operator, observer: &mut O) {
        match *operator {
            Operator::Kill => {
                let fault = Fault::new("an operator stopped trading".to_owned());
                self.halt(HaltReason::Operator, fault, observer);
            }
            Operator::ReduceOnly => self.desk.set_reduce_only(),
            // A session that found itself wrong, or that is ending, does not trade again.
            Operator::Resume if self.desk.broken_invariant().is_some() || self.stopped => {}
            Operator::Resume => {
                self.halted = None;
                self.desk.set_active();
            }
            Operator::Stop => {
                for i in 0..self.desk.instruments().len() {
                    self.call(Occasion::Stop, i, observer);
                }
                self.stopped = true;
                self.desk.stop_trading(HaltReason::Operator);
            }
            Operator::SetParam { index, value } => {
                self.host.set_param(index, value);
            }
        }
    }

    /// Calls the strategy if it wants this occasion and is not halted.
    #[inline(always)]
    fn call<O: Observer>(&mut self, occasion: Occasion, i: usize, observer: &mut O) {
        if self.wants & wants(occasion) == 0 || self.halted.is_some() || self.stopped {
            return;
        }
        self.desk.show_occasion(i, occasion);
        let outcome = self.host.call(occasion, i, &mut self.desk);
        if outcome.is_err() || self.desk.breaker_tripped() {
            self.contain(outcome, observer);
        }
    }

    #[cold]
    fn contain<O: Observer>(&mut self, outcome: Result<(), Fault>, observer: &mut O) {
        let fault = match outcome {
            Err(fault) => fault,
            Ok(()) => Fault::new("too many of its orders were refused in a short time".to_owned()),
        };
        self.halt(HaltReason::Strategy, fault, observer);
    }

    /// Ends the strategy's part: nothing but cancels from here on, and those at once.
    #[cold]
    fn halt<O: Observer>(&mut self, reason: HaltReason, fault: Fault, observer: &mut O) {
        if self.halted.is_some() {
            return;
        }
        self.desk.take_back();
        self.desk.stop_trading(reason);
        let timed_out = if fault.timed_out { ",\"timed_out\":true" } else { "" };
        let json = format!("{{\"why\":{}{timed_out}}}", json_string(&fault.why));
        observer.note(Kind::Halt, self.desk.now_ns(), &json);
        self.halted = Some(fault.why);
    }

    /// Hands what was decided to the observer, before anybody sends it.
    #[inline(always)]
    fn flush<O: Observer>(&mut self, first_command: usize, observer: &mut O) {
        let now_ns = self.desk.now_ns();
        for command in &self.desk.commands()[first_command..] {
            observer.command(now_ns, command);
        }
        if self.desk.has_denials() {
            self.desk.drain_denials(|record| observer.denied(&record));
        }
    }
}

/// A JSON string literal.
fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
