//! How a formula is made, as data: what a session's configuration holds, and what crosses to Python.

use crate::formula::Formula;
use crate::params::{BuildError, Value};
use crate::registry::build_with;

/// A formula with its parameters, and the formula that feeds it, if one does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recipe {
    pub key: String,
    /// In the catalogue's order; missing ones take their defaults.
    pub params: Vec<Value>,
    pub source: Option<Box<Recipe>>,
    /// For each input, the output of the source that feeds it.
    pub picks: Vec<String>,
}

impl Recipe {
    pub fn new(key: &str, params: &[f64]) -> Self {
        let params = params.iter().map(|&value| value.into()).collect();
        Self { key: key.to_owned(), params, ..Self::default() }
    }

    pub fn build(&self) -> Result<Formula, BuildError> {
        let formula = build_with(&self.key, &self.params)?;
        let Some(source) = &self.source else { return Ok(formula) };
        let picks: Vec<&str> = self.picks.iter().map(String::as_str).collect();
        formula.fed_by(source.build()?, &picks)
    }
}
