//! The small arithmetic in which the catalogue writes warm-ups and shapes: `max(fast,slow)-1`, `2*(period-1)`.

/// The value, or None where the text is no such expression or names something unknown.
pub(crate) fn evaluate(text: &str, variable: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
    let mut parser = Parser { rest: text.trim(), variable };
    let value = parser.sum()?;
    parser.rest.is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
    variable: &'a dyn Fn(&str) -> Option<f64>,
}

impl Parser<'_> {
    fn takes(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn sum(&mut self) -> Option<f64> {
        let mut value = self.product()?;
        loop {
            if self.takes("+") {
                value += self.product()?;
            } else if self.takes("-") {
                value -= self.product()?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<f64> {
        let mut value = self.factor()?;
        loop {
            if self.takes("**") {
                value = value.powf(self.factor()?);
            } else if self.takes("*") {
                value *= self.factor()?;
            } else if self.takes("//") {
                value = (value / self.factor()?).floor();
            } else if self.takes("/") {
                value /= self.factor()?;
            } else {
                return Some(value);
            }
        }
    }

    fn factor(&mut self) -> Option<f64> {
        if self.takes("-") {
            return Some(-self.factor()?);
        }
        if self.takes("(") {
            let value = self.sum()?;
            return self.takes(")").then_some(value);
        }
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let (name, rest) = self.rest.split_at(self.rest.find(|c| !word(c)).unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        if let Ok(number) = name.parse() {
            return Some(number);
        }
        if self.takes("(") {
            return self.call(name);
        }
        (self.variable)(name)
    }

    fn call(&mut self, function: &str) -> Option<f64> {
        let mut value = self.sum()?;
        while self.takes(",") {
            let other = self.sum()?;
            value = match function {
                "max" => value.max(other),
                "min" => value.min(other),
                _ => return None,
            };
        }
        let value = match function {
            "max" | "min" => value,
            "sqrt" => value.sqrt(),
            "floor" => value.floor(),
            "ceil" => value.ceil(),
            _ => return None,
        };
        self.takes(")").then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::evaluate;

    #[test]
    fn values() {
        let variable = |name: &str| match name {
            "period" => Some(20.0),
            "fast" => Some(12.0),
            _ => None,
        };
        let cases = [
            ("0", Some(0.0)),
            ("period-1", Some(19.0)),
            ("2*(period-1)", Some(38.0)),
            ("max(fast, period)-1", Some(19.0)),
            ("period+floor(sqrt(period))-2", Some(22.0)),
            ("period//3", Some(6.0)),
            ("-fast", Some(-12.0)),
            ("slow", None),
            ("period)", None),
            ("", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(evaluate(text, &variable), wanted, "{text}");
        }
    }
}
