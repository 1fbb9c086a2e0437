//! Portfolio construction. What needs a solver over a whole window is an estimator in Python.

mod upkeep;
mod weights;

pub use upkeep::{TurnoverCost, VolManaged};
pub use weights::{ExponentiatedGradient, InverseVol, SimplexProjection};

crate::registry::kernels![InverseVol, VolManaged, ExponentiatedGradient, SimplexProjection, TurnoverCost];
