//! The simulated exchange: matching against a recorded book, queue position, fees, position and balance.
