//! No kernel asks for memory after construction, whatever it is fed with.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::sample;
use nanotick_formulas::{build, implemented};

thread_local! {
    static REQUESTS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: all is the system allocator's; counting touches no memory of its own but a thread-local number.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        REQUESTS.with(|requests| requests.set(requests.get() + 1));
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ROWS: usize = 3_000;

#[test]
fn no_update_asks_for_memory() {
    let mut greedy = Vec::new();
    for info in implemented() {
        let mut formula = build(info.key, &[]).expect("the defaults");
        let tables = [sample(info, ROWS, 31), sample(info, 500, 32).with_bad_rows(f64::INFINITY).table];
        formula.fit(tables[0].width());
        let mut out = vec![0.0; formula.width()];
        for table in &tables {
            let fields = table.fields();
            let before = REQUESTS.with(Cell::get);
            for row in 0..table.rows() {
                formula.update(&fields, row, &mut out);
            }
            let requests = REQUESTS.with(Cell::get) - before;
            if requests > 0 {
                greedy.push((info.key, requests));
            }
        }
    }
    assert!(greedy.is_empty(), "asked for memory: {greedy:?}");
}
