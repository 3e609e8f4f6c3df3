//! How deep the stack has been: it is painted, and later one looks how far the paint is gone.

use core::mem::size_of;

unsafe extern "C" {
    static mut __stack_bottom: u32;
    static __stack_top: u32;
}

const PAINT: u32 = 0x5AC0_FFEE;
/// Left unpainted below the caller: the frame of `paint` itself and, on Xtensa, where its registers are
/// spilled.
const OWN_FRAME: usize = 512;
/// Words at the bottom that nobody may ever reach.
const GUARD: usize = 64;

/// Paints what is free of the stack. What was used before is forgotten, so a part of a program can be
/// measured alone.
pub fn paint() {
    let here = 0_u32;
    let end = (&raw const here).addr() - OWN_FRAME;
    // Safety: from the stack's bottom to below this frame nothing is alive; interrupts do not use this stack.
    unsafe {
        let mut word = &raw mut __stack_bottom;
        while word.addr() < end {
            word.write_volatile(PAINT);
            word = word.add(1);
        }
    }
}

/// Most bytes of stack in use since [`paint`], counted from the stack's top; not finer than half a kilobyte.
///
/// Panics if the lowest words were reached: the stack has run over. (On RISC-V it has trapped before that; on
/// Xtensa it has run into memory that nothing else uses.)
pub fn peak() -> usize {
    // Safety: both symbols bound memory that is the stack's alone; reading it harms nobody.
    let untouched = unsafe {
        let (mut word, top) = (&raw const __stack_bottom, &raw const __stack_top);
        let mut untouched = 0;
        while word.addr() < top.addr() && word.read_volatile() == PAINT {
            word = word.add(1);
            untouched += 1;
        }
        untouched
    };
    assert!(untouched >= GUARD, "the stack is too small: its guard is gone (linker script)");
    size() - untouched * size_of::<u32>()
}

/// Bytes that the linker script gives to the stack.
pub fn size() -> usize {
    (&raw const __stack_top).addr() - (&raw const __stack_bottom).addr()
}
