//! A region, for `nodetwin cycles`.

use machine::marks::{twin_begin, twin_end};

pub fn measured(run: impl FnOnce()) {
    twin_begin();
    run();
    twin_end();
}
