//! Formulas fed by formulas: the outputs of one stage are the inputs of the next, all within one update.

use crate::formula::{Formula, Object};
use crate::info::{ColumnInfo, FormulaInfo};
use crate::params::{BuildError, Params};
use crate::persist::{Reader, StateError};
use crate::row::Field;

/// Outputs of a stage that may feed another.
const MAX_OUTPUTS: usize = 32;

#[derive(Debug)]
struct Pipe {
    first: Box<dyn Object>,
    then: Box<dyn Object>,
    /// For each input of `then`, the output of `first` that feeds it.
    picks: Vec<usize>,
    buffer: Vec<f64>,
}

impl Formula {
    /// This formula fed by another. `picks` names, for each input of this one, an output of `source`.
    ///
    /// # Errors
    /// If an input takes vectors, an output is one, or the picks do not fit.
    pub fn fed_by(self, source: Formula, picks: &[&str]) -> Result<Formula, BuildError> {
        let (key, from) = (self.info().key, source.info());
        let pipe_error = |sentence: String| Err(BuildError::Pipe(sentence));
        if self.columns().len() != picks.len() {
            let wanted: Vec<&str> = self.columns().iter().map(|column| column.name).collect();
            return pipe_error(format!(
                "{key} has the inputs {}; {} outputs of {} were picked for them",
                wanted.join(", "),
                picks.len(),
                from.key
            ));
        }
        if let Some(column) = self.columns().iter().find(|column| column.vector) {
            return pipe_error(format!(
                "{key} takes a row of numbers as {}; a stage gives single ones",
                column.name
            ));
        }
        if source.widths().iter().any(|&width| width != 1) || source.widths().len() > MAX_OUTPUTS {
            return pipe_error(format!("{} gives rows of numbers, which cannot feed {key}", from.key));
        }
        let mut places = Vec::new();
        for pick in picks {
            let Some(place) = from.outputs.iter().position(|output| output.name == *pick) else {
                let names: Vec<&str> = from.outputs.iter().map(|output| output.name).collect();
                return pipe_error(format!(
                    "{} has no output {pick:?}; it has {}",
                    from.key,
                    names.join(", ")
                ));
            };
            places.push(place);
        }
        let buffer = vec![0.0; source.width()];
        let (first, then) = (source.into_object(), self.into_object());
        Ok(Formula::new(Box::new(Pipe { first, then, picks: places, buffer })))
    }
}

impl Object for Pipe {
    fn info(&self) -> &'static FormulaInfo {
        self.then.info()
    }
    fn columns(&self) -> &'static [ColumnInfo] {
        self.first.columns()
    }
    fn takes_events(&self) -> bool {
        self.first.takes_events()
    }
    fn params(&self) -> &Params {
        self.then.params()
    }
    fn warmup(&self) -> usize {
        self.first.warmup() + self.then.warmup()
    }
    fn widths(&self) -> &[usize] {
        self.then.widths()
    }
    fn fit(&mut self, width: usize) {
        self.first.fit(width);
    }

    fn update(&mut self, fields: &[Field<'_>], row: usize, out: &mut [f64]) {
        self.first.update(fields, row, &mut self.buffer);
        let mut inputs = [Field::scalars(&[]); MAX_OUTPUTS];
        for (input, &pick) in inputs.iter_mut().zip(&self.picks) {
            *input = Field::scalars(&self.buffer[pick..=pick]);
        }
        // Before the first stage has a value this row is NaN, which the second rejects: its window starts at the
        // first value that there is.
        self.then.update(&inputs[..self.picks.len()], 0, out);
    }

    fn batch(&mut self, fields: &[Field<'_>], rows: usize, out: &mut [&mut [f64]]) {
        let widths = self.then.widths().to_vec();
        let mut buffer = vec![0.0; widths.iter().sum()];
        for row in 0..rows {
            self.update(fields, row, &mut buffer);
            let mut from = buffer.as_slice();
            for (column, &width) in out.iter_mut().zip(&widths) {
                let (value, rest) = from.split_at(width);
                column[row * width..(row + 1) * width].copy_from_slice(value);
                from = rest;
            }
        }
    }

    fn whole(&self, _columns: &[&[f64]], _out: &mut [&mut [f64]]) -> bool {
        false
    }
    fn reset(&mut self) {
        self.first.reset();
        self.then.reset();
    }
    fn save(&self, out: &mut Vec<u8>) {
        self.first.save(out);
        self.then.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.first.load(from)?;
        self.then.load(from)
    }
    fn boxed(&self) -> Box<dyn Object> {
        Box::new(Pipe {
            first: self.first.boxed(),
            then: self.then.boxed(),
            picks: self.picks.clone(),
            buffer: self.buffer.clone(),
        })
    }
}
