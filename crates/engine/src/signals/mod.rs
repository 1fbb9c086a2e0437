//! The signals that a strategy declares: formulas fed from the engine's events, their values in the view.
//! Each feed has its own list, so that an event touches only the formulas that want it.

mod bars;
mod source;

use bars::{Bar, BarBuilder};
use source::{Binding, Cell, Feed, Side as BookSide, Source, CELLS, FEEDS};

use crate::book::Book;
use crate::view::{View, VIEW_SIGNALS};
use nanotick_formulas::{Field, Formula, Recipe};
use nanotick_model::{Level, Side, Trade};
use std::fmt;

/// A formula over a book that does not say how many levels it wants is given so many.
const USUAL_LEVELS: usize = 50;
/// No formula has more columns.
const MAX_COLUMNS: usize = 16;

/// A signal as declared: a name, a formula and its feed.
#[derive(Clone, Debug)]
pub struct SignalSpec {
    pub name: String,
    pub recipe: Recipe,
    /// Where a price comes from, and returns: the name of a cell such as `mid`, `microprice`, `trade` or `close`.
    pub feed: String,
    /// For formulas over bars: bars of trades so many ns long.
    pub bar_ns: i64,
    /// Columns with a source of their own; one source for each number of a vector.
    pub columns: Vec<(String, Vec<String>)>,
}

impl SignalSpec {
    /// A formula on its usual feed, with bars of a second.
    pub fn usual(name: &str, recipe: Recipe) -> Self {
        Self { name: name.to_owned(), recipe, feed: "mid".to_owned(), bar_ns: 1_000_000_000, columns: vec![] }
    }
}

/// Where a signal's values stand in [`View::signals`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalName {
    pub name: String,
    pub outputs: Vec<String>,
    pub slot: usize,
}

/// Why a session cannot be set up: a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError(pub String);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A formula, what feeds it, and the first slot of its outputs.
struct Placed {
    formula: Formula,
    bindings: Vec<Binding>,
    /// Places of the bindings whose numbers are made for each update, and these numbers: those of a vector after one
    /// another, with where each starts and ends.
    made: Vec<usize>,
    row: Vec<f64>,
    spans: Vec<(usize, usize)>,
    slot: usize,
    width: usize,
    levels: usize,
    /// The one cell of a formula over one number: the common case, without a row.
    lone: Option<Cell>,
    bar_ns: i64,
}

/// What has happened, and all that the formulas of one instrument may be given.
struct Now<'a> {
    cells: &'a [f64; CELLS],
    levels: &'a [Vec<f64>; 4],
    mids: &'a [f64],
    t_s: f64,
}

/// The formulas of one instrument.
#[derive(Default)]
pub struct Signals {
    placed: Vec<Placed>,
    /// For each feed, the places of the formulas that it brings up to date.
    by_feed: [Vec<usize>; FEEDS],
    bars: Vec<BarBuilder>,
    cells: [f64; CELLS],
    /// Sides of the book in price units and coins.
    levels: [Vec<f64>; 4],
    wanted_levels: usize,
    names: Vec<SignalName>,
}

impl Signals {
    /// # Errors
    /// If a formula cannot be built, an input has no source, or all values together do not fit the view.
    pub fn new(specs: &[SignalSpec], symbols: &[String]) -> Result<Signals, SetupError> {
        let mut signals = Signals { cells: [f64::NAN; CELLS], ..Signals::default() };
        for spec in specs {
            signals
                .declare(spec, symbols)
                .map_err(|sentence| SetupError(format!("signal {:?}: {sentence}", spec.name)))?;
        }
        signals.levels.iter_mut().for_each(|side| side.reserve(signals.wanted_levels));
        Ok(signals)
    }

    fn declare(&mut self, spec: &SignalSpec, symbols: &[String]) -> Result<(), String> {
        let slot = self.placed.last().map_or(0, |last| last.slot + last.width);
        let placed = Placed::new(spec, symbols, slot)?;
        if slot + placed.width > VIEW_SIGNALS {
            return Err(format!("it does not fit: all signals together may have {VIEW_SIGNALS} values"));
        }
        self.names.push(SignalName { name: spec.name.clone(), outputs: placed.output_names(), slot });
        self.wanted_levels = self.wanted_levels.max(placed.levels);
        for feed in placed.feeds() {
            self.by_feed[feed as usize].push(self.placed.len());
            let has_bars = self.bars.iter().any(|builder| builder.length_ns() == spec.bar_ns);
            if feed == Feed::Bar && !has_bars {
                self.bars.push(BarBuilder::new(spec.bar_ns));
            }
        }
        self.placed.push(placed);
        Ok(())
    }

    pub fn names(&self) -> &[SignalName] {
        &self.names
    }
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The book has changed and both sides are there; the view's touch and levels are up to date. `mids` are those
    /// of all instruments.
    #[inline]
    pub fn on_book(&mut self, book: &Book, mids: &[f64], view: &mut View) {
        if self.by_feed[Feed::Book as usize].is_empty() {
            return;
        }
        let (bid_size, ask_size) = (view.bid_qty as f64 * view.lot, view.ask_qty as f64 * view.lot);
        let (bid, ask) = (view.bid_px as f64 * view.tick, view.ask_px as f64 * view.tick);
        self.cells[Cell::Mid as usize] = view.mid;
        self.cells[Cell::Bid as usize] = bid;
        self.cells[Cell::Ask as usize] = ask;
        self.cells[Cell::BidSize as usize] = bid_size;
        self.cells[Cell::AskSize as usize] = ask_size;
        self.cells[Cell::Microprice as usize] = (bid * ask_size + ask * bid_size) / (bid_size + ask_size);
        if self.wanted_levels > 0 {
            self.fill_levels(book, view);
        }
        self.fire(Feed::Book, mids, view.now_ns, view);
    }

    /// Somebody traded. `now_ns` is the event's time.
    #[inline]
    pub fn on_trade(&mut self, trade: &Trade, now_ns: i64, mids: &[f64], view: &mut View) {
        let (px, size) = (trade.px.0 as f64 * view.tick, trade.qty.0 as f64 * view.lot);
        self.cells[Cell::TradePrice as usize] = px;
        self.cells[Cell::TradeSize as usize] = size;
        self.cells[Cell::TradeSide as usize] = trade.side.sign() as f64;
        self.fire(Feed::Trade, mids, now_ns, view);
        for place in 0..self.bars.len() {
            if let Some(bar) = self.bars[place].on_trade(px, size, now_ns) {
                self.on_bar(place, bar, mids, now_ns, view);
            }
        }
    }

    /// Time has passed without a trade: bars may have ended.
    pub fn on_clock(&mut self, now_ns: i64, mids: &[f64], view: &mut View) {
        for place in 0..self.bars.len() {
            if let Some(bar) = self.bars[place].on_clock(now_ns) {
                self.on_bar(place, bar, mids, now_ns, view);
            }
        }
    }

    /// One of our orders was executed; the view's fill is up to date. `fee` in coins of the settlement currency.
    pub fn on_fill(&mut self, fee: f64, mids: &[f64], view: &mut View) {
        self.cells[Cell::FillPrice as usize] = view.fill_px as f64 * view.tick;
        self.cells[Cell::FillSize as usize] = view.fill_qty as f64 * view.lot;
        self.cells[Cell::FillSide as usize] = view.fill_side as f64;
        self.cells[Cell::FillFee as usize] = fee;
        self.cells[Cell::Position as usize] = view.position as f64 * view.lot;
        self.fire(Feed::Fill, mids, view.now_ns, view);
    }

    /// The account was valued at `equity` coins of the settlement currency.
    pub fn on_account(&mut self, equity: f64, mids: &[f64], view: &mut View) {
        self.cells[Cell::Equity as usize] = equity;
        self.cells[Cell::Position as usize] = view.position as f64 * view.lot;
        self.fire(Feed::Account, mids, view.now_ns, view);
    }

    fn on_bar(&mut self, place: usize, bar: Bar, mids: &[f64], now_ns: i64, view: &mut View) {
        let values = [bar.open, bar.high, bar.low, bar.close, bar.volume];
        self.cells[Cell::Open as usize..=Cell::Volume as usize].copy_from_slice(&values);
        let bar_ns = self.bars[place].length_ns();
        let now = Now { cells: &self.cells, levels: &self.levels, mids, t_s: now_ns as f64 / 1e9 };
        for &index in &self.by_feed[Feed::Bar as usize] {
            if self.placed[index].bar_ns == bar_ns {
                self.placed[index].update(Feed::Bar, &now, &mut view.signals);
            }
        }
    }

    #[inline(always)]
    fn fire(&mut self, feed: Feed, mids: &[f64], now_ns: i64, view: &mut View) {
        let now = Now { cells: &self.cells, levels: &self.levels, mids, t_s: now_ns as f64 / 1e9 };
        for &index in &self.by_feed[feed as usize] {
            self.placed[index].update(feed, &now, &mut view.signals);
        }
    }

    /// The best levels in price units and coins: from the view where it holds enough, else from the book.
    #[inline]
    fn fill_levels(&mut self, book: &Book, view: &View) {
        let wanted = self.wanted_levels;
        let [bid_px, bid_sizes, ask_px, ask_sizes] = &mut self.levels;
        for (side, shown, px, sizes) in
            [(Side::Buy, &view.bids, bid_px, bid_sizes), (Side::Sell, &view.asks, ask_px, ask_sizes)]
        {
            px.clear();
            sizes.clear();
            if wanted <= shown.len() {
                // An empty place in the view has size 0: the side ends there.
                let end = shown[..wanted].iter().position(|level| level.qty.0 <= 0).unwrap_or(wanted);
                px.extend(shown[..end].iter().map(|level| level.px.0 as f64 * view.tick));
                sizes.extend(shown[..end].iter().map(|level| level.qty.0 as f64 * view.lot));
                continue;
            }
            book.walk(side, |level: Level| {
                px.push(level.px.0 as f64 * view.tick);
                sizes.push(level.qty.0 as f64 * view.lot);
                px.len() < wanted
            });
        }
    }
}

impl Placed {
    fn new(spec: &SignalSpec, symbols: &[String], slot: usize) -> Result<Placed, String> {
        let mut formula = spec.recipe.build().map_err(|error| error.to_string())?;
        let feed = Cell::parse(&spec.feed).ok_or_else(|| {
            let names: Vec<&str> = Cell::ALL.iter().map(|cell| cell.name()).collect();
            format!("its feed is {:?}; feeds are {}", spec.feed, names.join(", "))
        })?;
        if formula.columns().len() > MAX_COLUMNS {
            return Err(format!("it has more than {MAX_COLUMNS} inputs"));
        }
        if let Some((name, _)) =
            spec.columns.iter().find(|(name, _)| !formula.columns().iter().any(|c| c.name == name))
        {
            let names: Vec<&str> = formula.columns().iter().map(|column| column.name).collect();
            return Err(format!("it has no input {name:?}; it has {}", names.join(", ")));
        }
        let mut bindings = Vec::new();
        for column in formula.columns() {
            bindings.push(bind(&formula, column, feed, spec, symbols)?);
        }
        let assets = bindings.iter().find_map(|binding| match binding {
            Binding::Numbers(sources) | Binding::Returns { of: sources, .. } => Some(sources.len()),
            _ => None,
        });
        if let Some(assets) = assets {
            formula.fit(assets);
        }
        let levels = wanted_levels(&formula, &bindings);
        let lone = match bindings.as_slice() {
            [Binding::Number(Source::Cell(cell))] => Some(*cell),
            _ => None,
        };
        let is_made =
            |binding: &Binding| !matches!(binding, Binding::Levels(_) | Binding::Number(Source::Cell(_)));
        let made = (0..bindings.len()).filter(|&place| is_made(&bindings[place])).collect();
        let reserve = bindings.len() + bindings.len() * assets.unwrap_or(1);
        let (row, spans) = (Vec::with_capacity(reserve), vec![(0, 0); bindings.len()]);
        let width = formula.width();
        Ok(Placed { formula, bindings, made, row, spans, slot, width, levels, lone, bar_ns: spec.bar_ns })
    }

    /// What brings it up to date: every kind of event that it takes; else that of its first input with one.
    fn feeds(&self) -> Vec<Feed> {
        let mut feeds = Vec::new();
        for feed in self.bindings.iter().filter_map(Binding::feed) {
            if !feeds.contains(&feed) && (self.formula.takes_events() || feeds.is_empty()) {
                feeds.push(feed);
            }
        }
        if feeds.is_empty() {
            feeds.push(Feed::Book);
        }
        feeds
    }

    /// Names of the values: a vector's are numbered.
    fn output_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (output, &width) in self.formula.info().outputs.iter().zip(self.formula.widths()) {
            if width == 1 {
                names.push(output.name.to_owned());
            } else {
                names.extend((0..width).map(|place| format!("{}_{place}", output.name)));
            }
        }
        names
    }

    #[inline]
    fn update(&mut self, feed: Feed, now: &Now<'_>, slots: &mut [f64; VIEW_SIGNALS]) {
        let out = &mut slots[self.slot..self.slot + self.width];
        if let Some(cell) = self.lone {
            self.formula.update_one(now.cells[cell as usize], out);
            return;
        }
        if !self.made.is_empty() {
            self.make(now);
        }
        // Of few columns, as most are, a short array: clearing a long one would take longer than the formula.
        match self.bindings.len() {
            ..=4 => self.run::<4>(feed, now, out),
            5..=8 => self.run::<8>(feed, now, out),
            _ => self.run::<MAX_COLUMNS>(feed, now, out),
        }
    }

    /// One update, by a formula of at most N columns.
    #[inline(always)]
    fn run<const N: usize>(&mut self, feed: Feed, now: &Now<'_>, out: &mut [f64]) {
        let events = self.formula.takes_events();
        let mut fields = [Field::scalars(&[]); N];
        for (place, (field, binding)) in fields.iter_mut().zip(&self.bindings).enumerate() {
            // To a formula over events of several kinds, what this event did not bring is NaN.
            let absent = events && binding.feed().is_some_and(|of| of != feed);
            *field = match binding {
                _ if absent => Field::scalars(&[f64::NAN]),
                Binding::Number(Source::Cell(cell)) => {
                    Field::scalars(std::slice::from_ref(&now.cells[*cell as usize]))
                }
                Binding::Levels(side) => {
                    let levels = &now.levels[*side as usize];
                    let width = levels.len().min(self.levels);
                    Field { values: &levels[..width], width }
                }
                _ => {
                    let (from, to) = self.spans[place];
                    Field { values: &self.row[from..to], width: to - from }
                }
            };
        }
        self.formula.update(&fields[..self.bindings.len()], 0, out);
    }

    /// Numbers that stand nowhere yet: times, returns, those of other instruments.
    fn make(&mut self, now: &Now<'_>) {
        self.row.clear();
        let change = |of: Source, last: &mut f64| {
            let value = now.value(of);
            (value / std::mem::replace(last, value)).ln()
        };
        for &place in &self.made {
            let from = self.row.len();
            match &mut self.bindings[place] {
                Binding::Number(source) => self.row.push(now.value(*source)),
                Binding::Return { of, last } => self.row.push(change(*of, last)),
                Binding::Numbers(sources) => self.row.extend(sources.iter().map(|s| now.value(*s))),
                Binding::Returns { of, last } => {
                    self.row.extend(of.iter().zip(last).map(|(of, last)| change(*of, last)));
                }
                Binding::Levels(_) => {}
            }
            self.spans[place] = (from, self.row.len());
        }
    }
}

impl Now<'_> {
    #[inline(always)]
    fn value(&self, source: Source) -> f64 {
        match source {
            Source::Cell(cell) => self.cells[cell as usize],
            Source::Time => self.t_s,
            Source::Peer(place) => self.mids[place],
            Source::Constant(value) => value,
        }
    }
}

/// A column's source: the one that was given, else the usual one.
fn bind(
    formula: &Formula,
    column: &nanotick_formulas::ColumnInfo,
    feed: Cell,
    spec: &SignalSpec,
    symbols: &[String],
) -> Result<Binding, String> {
    let returns = column.name == "returns";
    let Some((_, given)) = spec.columns.iter().find(|(name, _)| name == column.name) else {
        let missing = || {
            format!(
                "its input {} has no source of its own; give it one, such as .on({}=\"mid\")",
                column.name, column.name
            )
        };
        return Binding::usual(formula, column, feed).ok_or_else(missing);
    };
    let sources =
        given.iter().map(|text| Source::parse(text, symbols)).collect::<Result<Vec<_>, String>>()?;
    if column.vector {
        let last = vec![f64::NAN; sources.len()];
        return Ok(if returns { Binding::Returns { of: sources, last } } else { Binding::Numbers(sources) });
    }
    let [source] = sources[..] else {
        return Err(format!("its input {} takes one source, {} given", column.name, sources.len()));
    };
    Ok(if returns { Binding::Return { of: source, last: f64::NAN } } else { Binding::Number(source) })
}

/// How deep a formula looks into the book; 0 if it does not.
fn wanted_levels(formula: &Formula, bindings: &[Binding]) -> usize {
    if !bindings
        .iter()
        .any(|binding| matches!(binding, Binding::Levels(BookSide::BidPrices | BookSide::BidSizes)))
    {
        return 0;
    }
    let params = formula.params();
    let named = |name: &str| params.info().params.iter().any(|p| p.name == name).then(|| params.int(name));
    named("levels").or_else(|| named("n2")).or_else(|| named("max_levels")).unwrap_or(USUAL_LEVELS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(spec: SignalSpec) -> String {
        let symbols = ["BTCUSDT".to_owned(), "ETHUSDT".to_owned()];
        Signals::new(&[spec], &symbols).err().expect("refused").0
    }

    fn spec(key: &str, params: &[f64]) -> SignalSpec {
        SignalSpec::usual("x", Recipe::new(key, params))
    }

    #[test]
    fn fills_and_the_account_are_feeds() {
        let specs = [spec("drawdown", &[]), SignalSpec::usual("m", Recipe::new("mm_pnl_attribution", &[]))];
        let mut signals = Signals::new(&specs, &[]).expect("both have their sources");
        let mut view = View::new(0, 0.5, 0.001);
        for equity in [1000.0, 1200.0, 900.0] {
            signals.on_account(equity, &[], &mut view);
        }
        // The deepest fall so far is the second output.
        assert_eq!(view.signals[..2], [0.25, 0.25]);
        (view.bid_px, view.ask_px, view.bid_qty, view.ask_qty, view.mid) = (200, 202, 5, 5, 100.5);
        signals.on_book(&Book::new(crate::book::BookConfig::default()), &[100.5], &mut view);
        (view.fill_px, view.fill_qty, view.fill_side) = (200, 2000, 1);
        signals.on_fill(0.03, &[100.5], &mut view);
        let name = &signals.names()[1];
        let slot =
            |output: &str| name.slot + name.outputs.iter().position(|o| o == output).expect("an output");
        // Two coins bought half a unit under the mid.
        assert_eq!(view.signals[slot("spread_capture")], 1.0);
        assert_eq!(view.signals[slot("fees")], 0.03);
    }

    #[test]
    fn an_order_side_is_not_the_side_of_a_trade() {
        assert!(sentence(spec("implementation_shortfall", &[])).contains("side has no source of its own"));
    }

    #[test]
    fn an_impossible_signal_is_a_sentence() {
        assert!(sentence(spec("no_such", &[])).contains("no formula named"));
        assert!(sentence(spec("ema", &[-3.0])).contains("whole number from 1"));
        let feed = SignalSpec { feed: "moon".into(), ..spec("ema", &[]) };
        assert!(sentence(feed).contains("feeds are mid"));
        let bound = |name: &str, source: &str| SignalSpec {
            columns: vec![(name.into(), vec![source.into()])],
            ..spec("ema", &[])
        };
        assert!(sentence(bound("volume", "mid")).contains("it has price"));
        assert!(sentence(bound("price", "moon")).contains("is no source"));
        assert!(sentence(bound("price", "SOLUSDT.mid")).contains("which has BTCUSDT, ETHUSDT"));
        let many: Vec<SignalSpec> = (0..=VIEW_SIGNALS).map(|_| spec("ema", &[])).collect();
        assert!(Signals::new(&many, &[]).err().expect("refused").0.contains("does not fit"));
    }
}
