//! Saving and restoring a kernel's state, field by field. The [`state!`] macro declares a struct and lists its
//! fields once, so that none can be forgotten.

use std::collections::VecDeque;
use std::fmt;

/// Why a state was not restored. The kernel is then as after construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateError {
    /// It was saved by another formula, or with other parameters.
    OtherFormula,
    /// It ends too early, goes on too long, or holds lengths that this kernel cannot have.
    Damaged,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherFormula => "the state is that of another formula, or of other parameters",
            Self::Damaged => "the state is damaged or was saved by another version",
        })
    }
}

impl std::error::Error for StateError {}

/// What is left of a saved state.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(StateError::Damaged)?;
        self.rest = rest;
        Ok(*head)
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// A length of something that takes at least a byte each: a damaged length asks for no memory.
    fn length(&mut self) -> Result<usize, StateError> {
        let length = u64::from_le_bytes(self.take()?);
        usize::try_from(length).ok().filter(|&n| n <= self.rest.len()).ok_or(StateError::Damaged)
    }
}

/// A part of a state.
pub trait Persist {
    fn save(&self, out: &mut Vec<u8>);
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError>;
}

macro_rules! numbers {
    ($($type:ty),+) => {
        $(impl Persist for $type {
            fn save(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
                *self = <$type>::from_le_bytes(from.take()?);
                Ok(())
            }
        })+
    };
}
numbers!(f64, u8, u16, u32, u64, i8, i32, i64, u128);

impl Persist for usize {
    fn save(&self, out: &mut Vec<u8>) {
        (*self as u64).save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        *self = usize::try_from(u64::from_le_bytes(from.take()?)).map_err(|_| StateError::Damaged)?;
        Ok(())
    }
}

impl Persist for bool {
    fn save(&self, out: &mut Vec<u8>) {
        u8::from(*self).save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        *self = match from.take()? {
            [0] => false,
            [1] => true,
            _ => return Err(StateError::Damaged),
        };
        Ok(())
    }
}

/// A fixed length, which must be the same.
impl<T: Persist> Persist for Box<[T]> {
    fn save(&self, out: &mut Vec<u8>) {
        self.len().save(out);
        self.iter().for_each(|item| item.save(out));
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        if from.length()? != self.len() {
            return Err(StateError::Damaged);
        }
        self.iter_mut().try_for_each(|item| item.load(from))
    }
}

macro_rules! collections {
    ($($type:ident: $push:ident),+) => {
        $(/// Any length that fits what was reserved in construction.
        impl<T: Persist + Default> Persist for $type<T> {
            fn save(&self, out: &mut Vec<u8>) {
                self.len().save(out);
                self.iter().for_each(|item| item.save(out));
            }
            fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
                let length = from.length()?;
                self.clear();
                for _ in 0..length {
                    let mut item = T::default();
                    item.load(from)?;
                    self.$push(item);
                }
                Ok(())
            }
        })+
    };
}
collections!(Vec: push, VecDeque: push_back);

impl<T: Persist, const N: usize> Persist for [T; N] {
    fn save(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|item| item.save(out));
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.iter_mut().try_for_each(|item| item.load(from))
    }
}

impl<T: Persist + Default> Persist for Option<T> {
    fn save(&self, out: &mut Vec<u8>) {
        self.is_some().save(out);
        if let Some(item) = self {
            item.save(out);
        }
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        let mut there = false;
        there.load(from)?;
        *self = None;
        if there {
            let mut item = T::default();
            item.load(from)?;
            *self = Some(item);
        }
        Ok(())
    }
}

impl<A: Persist, B: Persist> Persist for (A, B) {
    fn save(&self, out: &mut Vec<u8>) {
        self.0.save(out);
        self.1.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.0.load(from)?;
        self.1.load(from)
    }
}

/// A choice made in construction: it is a parameter and not a state.
impl Persist for &'static str {
    fn save(&self, _out: &mut Vec<u8>) {}
    fn load(&mut self, _from: &mut Reader<'_>) -> Result<(), StateError> {
        Ok(())
    }
}

/// Declares a struct with [`Persist`] over all its fields.
macro_rules! state {
    ($(#[$attribute:meta])* $vis:vis struct $name:ident {
        $($(#[$field_attribute:meta])* $field_vis:vis $field:ident: $type:ty),* $(,)?
    }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone)]
        $vis struct $name {
            $($(#[$field_attribute])* $field_vis $field: $type,)*
        }

        #[allow(unused_variables)] // a struct without fields
        impl $crate::persist::Persist for $name {
            fn save(&self, out: &mut Vec<u8>) {
                $($crate::persist::Persist::save(&self.$field, out);)*
            }
            fn load(&mut self, from: &mut $crate::persist::Reader<'_>) -> Result<(), $crate::persist::StateError> {
                $($crate::persist::Persist::load(&mut self.$field, from)?;)*
                Ok(())
            }
        }
    };
}
pub(crate) use state;
