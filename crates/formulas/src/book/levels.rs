//! Reading a book: which levels are there, and what one shows at a price.

use crate::parts::market;
use crate::row::Book;

/// No size is negative, and every level that is there has a positive price.
#[inline]
pub(super) fn is_sound(book: &Book<'_>) -> bool {
    let side = |px: &[f64], sizes: &[f64]| {
        px.iter()
            .zip(sizes)
            .fold(true, |sound, (&px, &size)| sound & (size >= 0.0) & (px > 0.0 || size == 0.0))
    };
    side(book.bid_px, book.bid_sizes) & side(book.ask_px, book.ask_sizes)
}

/// [`is_sound`] as a check of an event.
#[inline]
pub(super) fn sound(book: Book<'_>) -> Option<Book<'_>> {
    is_sound(&book).then_some(book)
}

/// Price and size of the levels that are there, best first.
#[inline(always)]
pub(super) fn present<'a>(px: &'a [f64], sizes: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    px.iter().copied().zip(sizes.iter().copied()).filter(|&(_, size)| size > 0.0)
}

/// Best price and size of a side.
#[inline(always)]
pub(super) fn best(px: &[f64], sizes: &[f64]) -> Option<(f64, f64)> {
    present(px, sizes).next()
}

/// Best bid, best ask and the mid. None if a side is empty.
#[inline(always)]
pub(super) fn touch(book: &Book<'_>) -> Option<[f64; 3]> {
    let (bid, _) = best(book.bid_px, book.bid_sizes)?;
    let (ask, _) = best(book.ask_px, book.ask_sizes)?;
    market::mid([bid, ask]).map(|mid| [bid, ask, mid])
}

/// The size that levels show at a price, 0 between them; None beyond the last one, where the book may go on unseen.
/// `side` is 1 for bids and -1 for asks.
#[inline]
pub(super) fn shown(levels: impl Iterator<Item = (f64, f64)>, side: f64, price: f64) -> Option<f64> {
    for (px, size) in levels {
        if px == price {
            return Some(size);
        }
        if side * (px - price) < 0.0 {
            return Some(0.0);
        }
    }
    None
}
