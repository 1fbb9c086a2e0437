//! Bybit v5, category linear.
