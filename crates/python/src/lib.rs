//! `nanotick._core`: the binding between Python and the engine. Thin: it converts, calls and reports, no more.

mod bench;
mod errors;
mod formulas;
mod host;
mod journal;
mod layout;
mod memory;
mod native;
mod session;
mod venue;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use super::bench::{bench, bench_peer};
    #[pymodule_export]
    use super::errors::CoreError;
    #[pymodule_export]
    use super::formulas::{formula_batches, formula_catalogue, Buffer, CorrelationMatrix, Formula};
    #[pymodule_export]
    use super::host::{Book, Context, FillView, OrderView, Signals, TradeView};
    #[pymodule_export]
    use super::journal::{journal_stat, journal_verify, record_kinds, record_layouts, JournalReader};
    #[pymodule_export]
    use super::layout::{build_info, order_id_text, risk_codes, sheet_layout, view_layout};
    #[pymodule_export]
    use super::memory::Memory;
    #[pymodule_export]
    use super::session::{replay, run_live};
    #[pymodule_export]
    use super::venue::{book_verify, venue_serve};
}
