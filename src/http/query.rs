//! Query strings: each call takes the parameters it knows, and what is left over is an error.

use super::error::ApiError;

/// The parameters of one request.
pub struct Query {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl Query {
    pub fn parse(text: &str) -> Query {
        // Total: what is not a pair is a name with an empty value.
        let pairs = serde_urlencoded::from_str(text).unwrap_or_default();
        Query { pairs, known: Vec::new() }
    }

    /// All of it, for a call that reads it in its own way.
    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.pairs
    }

    /// The value of a parameter, which may be given once.
    pub fn take(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        self.known.push(name);
        let mut value = None;
        while let Some(at) = self.pairs.iter().position(|(n, _)| n == name) {
            if value.is_some() {
                return Err(ApiError::field("repeated", name, format!("{name} is given twice")));
            }
            value = Some(self.pairs.remove(at).1);
        }
        Ok(value)
    }

    /// All values of a parameter that may be given more than once.
    pub fn all(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let (values, rest) =
            std::mem::take(&mut self.pairs).into_iter().partition(|(n, _)| n == name);
        self.pairs = rest;
        let values: Vec<(String, String)> = values;
        values.into_iter().map(|(_, value)| value).collect()
    }

    /// A whole number within bounds.
    pub fn number(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.take(name)? else { return Ok(None) };
        match text.parse() {
            Ok(n) if range.contains(&n) => Ok(Some(n)),
            _ => {
                let (least, most) = range.into_inner();
                let upto =
                    if most > i64::MAX as u64 / 2 { String::new() } else { format!(" to {most}") };
                let message = format!("{name} is a whole number from {least}{upto}, not {text:?}");
                Err(ApiError::field("invalid", name, message))
            }
        }
    }

    /// A switch: `1` or `true`, `0` or `false`; `false` when it is not there.
    pub fn switch(&mut self, name: &'static str) -> Result<bool, ApiError> {
        match self.take(name)?.as_deref() {
            Some("1" | "true") => Ok(true),
            None | Some("0" | "false") => Ok(false),
            Some(other) => {
                let message = format!("{name} is 1 or 0, not {other:?}");
                Err(ApiError::field("invalid", name, message))
            }
        }
    }

    /// A name that may not be empty.
    pub fn name(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        match self.take(name)? {
            Some(text) if text.is_empty() => {
                Err(ApiError::field("invalid", name, format!("{name} is empty")))
            }
            other => Ok(other),
        }
    }

    /// Nothing may be left over.
    pub fn end(self) -> Result<(), ApiError> {
        let Some((name, _)) = self.pairs.first() else { return Ok(()) };
        let known = if self.known.is_empty() {
            "this call takes none".to_owned()
        } else {
            format!("this call takes {}", self.known.join(", "))
        };
        let message = format!("unknown parameter {name:?}: {known}");
        Err(ApiError::field("unknown_parameter", name, message))
    }
}
