//! The error that names one wrong field of a request.

use std::fmt;

/// A wrong field, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's path: `options[1].label`.
    pub field: String,
    /// The reason, as the rest of a sentence that starts with the field.
    pub detail: String,
}

impl FieldError {
    /// An error for `field` with the reason `detail`.
    #[must_use]
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.detail)
    }
}

impl std::error::Error for FieldError {}
