//! Regimes and change points.

mod hidden;
mod sequential;
mod state;

pub use hidden::{Bocpd, HmmForward};
pub use sequential::{Adwin, CusumPage, PageHinkley};
pub use state::{Turbulence, VolRegime};

crate::registry::kernels![CusumPage, PageHinkley, Adwin, HmmForward, Bocpd, Turbulence, VolRegime];
