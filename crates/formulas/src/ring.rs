//! The last n values of a series, in memory that is reserved once.

#[derive(Debug, Clone)]
pub(crate) struct Ring {
    values: Box<[f64]>,
    next: usize,
}

/// What a push displaced.
pub(crate) struct Displaced {
    /// Zero while the ring has not been filled once.
    pub old: f64,
    /// The push was the last of a lap: the ring now holds the values of this lap only.
    pub lap_done: bool,
}

impl Ring {
    /// `length` is at least 1: every window in the catalogue is.
    pub fn new(length: usize) -> Self {
        Self { values: vec![0.0; length].into_boxed_slice(), next: 0 }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn values(&self) -> &[f64] {
        &self.values
    }

    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Displaced {
        let old = std::mem::replace(&mut self.values[self.next], x);
        self.next += 1;
        let lap_done = self.next == self.values.len();
        if lap_done {
            self.next = 0;
        }
        Displaced { old, lap_done }
    }

    pub fn reset(&mut self) {
        self.values.fill(0.0);
        self.next = 0;
    }
}
