//! Information and complexity.

mod histogram;
mod pattern;

pub use histogram::{KlDivergence, MutualInformation, ShannonEntropy};
pub use pattern::{PermutationEntropy, TransferEntropy};

crate::registry::kernels![
    ShannonEntropy,
    PermutationEntropy,
    KlDivergence,
    MutualInformation,
    TransferEntropy
];
