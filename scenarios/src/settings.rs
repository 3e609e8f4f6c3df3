//! Settings of an application, a device or a fault: kept as they were written until their owner takes them out.

use crate::place::Span;
use crate::tree::Table;

/// Values whose names and types only their owner knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub(crate) table: Table,
}

impl Settings {
    pub fn span(&self) -> Span {
        self.table.span
    }
    pub fn is_empty(&self) -> bool {
        self.table.entries.is_empty()
    }
}
