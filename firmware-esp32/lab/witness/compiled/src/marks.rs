//! Where regions begin and end, for `nodetwin cycles`.

/// One region.
pub fn measured(run: impl FnOnce()) {
    twin_begin();
    run();
    twin_end();
}

static mut MARKS: u32 = 0;

// The marks do something that no compiler may leave out, each something else, or they could be taken for one.

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn twin_begin() {
    // Safety: one thread, and nobody reads it.
    unsafe { (&raw mut MARKS).write_volatile(1) }
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn twin_end() {
    // Safety: as above.
    unsafe { (&raw mut MARKS).write_volatile(2) }
}
