//! A file that `emulate` has put into memory before the CPU started.

unsafe extern "C" {
    /// Where `emulate` stores how long the blob is: QEMU's memory is zero, so 0 without a blob.
    static __blob_length: u32;
    static __blob: u8;
}

/// The blob's bytes; none if `emulate` was given none.
pub fn blob() -> &'static [u8] {
    // Safety: the linker script keeps both addresses apart from everything else, in memory that the machine
    // has, and nobody writes there after QEMU has. The read is volatile because no code that the compiler
    // sees ever wrote it.
    unsafe {
        let length = (&raw const __blob_length).read_volatile();
        core::slice::from_raw_parts(&raw const __blob, length as usize)
    }
}
