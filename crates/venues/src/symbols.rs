//! From a venue's symbol to the instrument's index, by one multiply and one compare.

use crate::number::text_key;
use nanotick_model::Instrument;

/// The symbols of one session. Symbols of more than 15 bytes are known by their whole text only.
#[derive(Clone, Debug)]
pub struct Symbols {
    /// Open addressing; a slot's `index` is `u16::MAX` if it is free. At most half full.
    slots: Vec<Slot>,
    shift: u32,
    names: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: u128,
    index: u16,
}

const FREE: Slot = Slot { key: 0, index: u16::MAX };

impl Symbols {
    pub fn new(instruments: &[Instrument]) -> Symbols {
        let room = (instruments.len() * 2).next_power_of_two().max(16);
        let names: Vec<Box<str>> = instruments.iter().map(|i| i.symbol.as_str().into()).collect();
        let mut symbols = Symbols { slots: vec![FREE; room], shift: 64 - room.trailing_zeros(), names };
        for (index, instrument) in instruments.iter().enumerate() {
            let Some(key) = text_key(instrument.symbol.as_bytes()) else { continue };
            let mut at = symbols.home(key);
            while symbols.slots[at].index != FREE.index {
                at = (at + 1) & (room - 1);
            }
            symbols.slots[at] = Slot { key, index: index as u16 };
        }
        symbols
    }

    #[inline(always)]
    fn home(&self, key: u128) -> usize {
        let folded = key as u64 ^ ((key >> 64) as u64).rotate_left(23);
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    /// The index of the instrument with this symbol, given as [`crate::cursor::Cursor::read_key`] gives it.
    #[inline(always)]
    pub fn by_key(&self, key: u128) -> Option<usize> {
        let mut at = self.home(key);
        loop {
            let slot = self.slots[at];
            if slot.index == FREE.index {
                return None;
            }
            if slot.key == key {
                return Some(slot.index as usize);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The index of the instrument with this symbol.
    pub fn by_name(&self, name: &str) -> Option<usize> {
        match text_key(name.as_bytes()) {
            Some(key) => self.by_key(key),
            None => self.names.iter().position(|known| **known == *name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_instruments::instrument;

    #[test]
    fn every_symbol_is_found_and_no_other() {
        let names: Vec<String> =
            (0..300).map(|i| format!("C{i}USDT")).chain(["1000000BABYDOGEUSDT".into()]).collect();
        let instruments: Vec<Instrument> =
            names.iter().enumerate().map(|(i, name)| instrument(i as u16, name, "0.1", "0.001")).collect();
        let symbols = Symbols::new(&instruments);
        for (index, name) in names.iter().enumerate() {
            assert_eq!(symbols.by_name(name), Some(index));
        }
        for name in ["", "C0USD", "C0USDTT", "c0usdt", "C300USDT", "1000000BABYDOGEUSD"] {
            assert_eq!(symbols.by_name(name), None, "{name}");
        }
        assert_eq!(Symbols::new(&[]).by_name("C0USDT"), None);
    }
}
