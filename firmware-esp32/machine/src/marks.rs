//! Where a region begins and ends, for `nodetwin cycles`.
//!
//! The marks do something that no compiler may leave out, each something else, or they could be taken for one.

static mut MARKS: u32 = 0;

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn twin_begin() {
    // Safety: one thread, and nobody reads it.
    unsafe { (&raw mut MARKS).write_volatile(1) }
}

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn twin_end() {
    // Safety: as above.
    unsafe { (&raw mut MARKS).write_volatile(2) }
}
