//! Where the inputs of a signal come from: a name for each number that the engine can feed a formula with.

use nanotick_formulas::{ColumnInfo, Formula};

/// What brings new numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Feed {
    Book = 0,
    Trade = 1,
    /// A bar of trades has ended.
    Bar = 2,
    /// One of our orders was executed.
    Fill = 3,
    /// The account was valued: at each clock tick and after each fill.
    Account = 4,
}

pub const FEEDS: usize = 5;

macro_rules! cells {
    ($($feed:ident { $($cell:ident = $name:literal),+ $(,)? })+) => {
        /// A number that the engine keeps up to date for each instrument.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(usize)]
        pub enum Cell { $($($cell,)+)+ }

        impl Cell {
            pub const ALL: &[Cell] = &[$($(Cell::$cell,)+)+];

            pub const fn name(self) -> &'static str {
                match self { $($(Cell::$cell => $name,)+)+ }
            }

            pub const fn feed(self) -> Feed {
                match self { $($(Cell::$cell)|+ => Feed::$feed,)+ }
            }
        }
    };
}

cells! {
    Book {
        Mid = "mid", Microprice = "microprice", Bid = "bid", Ask = "ask", BidSize = "bid_size", AskSize = "ask_size",
    }
    Trade { TradePrice = "trade", TradeSize = "size", TradeSide = "side" }
    Bar { Open = "open", High = "high", Low = "low", Close = "close", Volume = "volume" }
    Fill { FillPrice = "fill_price", FillSize = "fill_size", FillSide = "fill_side", FillFee = "fill_fee" }
    Account { Equity = "equity", Position = "position" }
}

pub const CELLS: usize = Cell::ALL.len();

impl Cell {
    pub fn parse(name: &str) -> Option<Cell> {
        Cell::ALL.iter().copied().find(|cell| cell.name() == name)
    }
}

/// One side of the book as a vector, best first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Side {
    BidPrices = 0,
    BidSizes = 1,
    AskPrices = 2,
    AskSizes = 3,
}

/// Where one number comes from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Source {
    Cell(Cell),
    /// Seconds since the epoch, of the event.
    Time,
    /// The mid of another instrument, as it stands.
    Peer(usize),
    Constant(f64),
}

impl Source {
    /// What brings it; nothing does for what is simply there.
    pub fn feed(self) -> Option<Feed> {
        match self {
            Source::Cell(cell) => Some(cell.feed()),
            Source::Time | Source::Peer(_) | Source::Constant(_) => None,
        }
    }

    /// `mid`, `close`, `ETHUSDT.mid`, `0.5`.
    pub fn parse(text: &str, symbols: &[String]) -> Result<Source, String> {
        if let Some(cell) = Cell::parse(text) {
            return Ok(Source::Cell(cell));
        }
        if text == "t_s" {
            return Ok(Source::Time);
        }
        if let Some(symbol) = text.strip_suffix(".mid") {
            let place = symbols.iter().position(|s| s == symbol);
            let known =
                || format!("{symbol} is not traded in this session, which has {}", symbols.join(", "));
            return place.map(Source::Peer).ok_or_else(known);
        }
        if let Ok(number) = text.parse::<f64>() {
            return Ok(Source::Constant(number));
        }
        let names: Vec<&str> = Cell::ALL.iter().map(|cell| cell.name()).collect();
        Err(format!(
            "{text:?} is no source; sources are {}, t_s, SYMBOL.mid and plain numbers",
            names.join(", ")
        ))
    }
}

/// What a column is filled with.
#[derive(Clone, PartialEq, Debug)]
pub enum Binding {
    Number(Source),
    /// The log return of a number since the signal's last update.
    Return {
        of: Source,
        last: f64,
    },
    Levels(Side),
    Numbers(Vec<Source>),
    Returns {
        of: Vec<Source>,
        last: Vec<f64>,
    },
}

impl Binding {
    pub fn feed(&self) -> Option<Feed> {
        match self {
            Binding::Number(source) | Binding::Return { of: source, .. } => source.feed(),
            Binding::Levels(_) => Some(Feed::Book),
            Binding::Numbers(sources) | Binding::Returns { of: sources, .. } => {
                sources.iter().find_map(|source| source.feed())
            }
        }
    }

    /// A column's usual source: what its name says, or the signal's own feed for a price.
    pub fn usual(formula: &Formula, column: &ColumnInfo, feed: Cell) -> Option<Binding> {
        let streams = formula.info().streams;
        let of_trades = streams.iter().any(|stream| stream.starts_with("trade("));
        let lone = formula.columns().len() == 1;
        Some(match (column.name, column.vector) {
            ("bid_px", true) => Binding::Levels(Side::BidPrices),
            ("bid_sizes", true) => Binding::Levels(Side::BidSizes),
            ("ask_px", true) => Binding::Levels(Side::AskPrices),
            ("ask_sizes", true) => Binding::Levels(Side::AskSizes),
            (_, true) => return None,
            ("price", false) if of_trades => Binding::Number(Source::Cell(Cell::TradePrice)),
            // Elsewhere they are those of an order, which only the strategy knows.
            ("size" | "side", false) if !of_trades => return None,
            ("price" | "signal", false) => Binding::Number(Source::Cell(feed)),
            ("returns", false) => Binding::Return { of: Source::Cell(feed), last: f64::NAN },
            // A formula of closes alone follows a feed that was asked for; else it is given bars.
            ("close", false) if lone && feed != Cell::Mid => Binding::Number(Source::Cell(feed)),
            ("pnl" | "equity", false) => Binding::Number(Source::Cell(Cell::Equity)),
            ("inventory", false) => Binding::Number(Source::Cell(Cell::Position)),
            ("t_s", false) => Binding::Number(Source::Time),
            (name, false) => Binding::Number(Source::Cell(Cell::parse(name)?)),
        })
    }
}
