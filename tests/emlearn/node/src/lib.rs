//! The model that the environment's NTM names, asked from C.
#![no_std]

use node_core::ml::forest::Forest;
use node_core::ml::ntm::{Aligned, Kind, Model};

static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!(env!("NTM")));
static mut FOREST: Option<Forest<'static>> = None;

/// 0 if the model can be used. To be called once, before the first question.
#[unsafe(no_mangle)]
pub extern "C" fn ours_open() -> i32 {
    match Model::open(&FILE.0) {
        Ok(Model { kind: Kind::Forest(forest), .. }) => {
            // Safety: measure.c calls this once, before it asks, and has one thread.
            unsafe { FOREST = Some(forest) };
            0
        }
        _ => 1,
    }
}

/// The class, or -1.
///
/// # Safety
/// `features` has `count` numbers, and `ours_open` has returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ours_predict(features: *const i16, count: i32) -> i32 {
    // Safety: the caller's.
    let (forest, features) = unsafe {
        let forest = &*&raw const FOREST;
        (forest, core::slice::from_raw_parts(features, count as usize))
    };
    match forest.as_ref().and_then(|forest| forest.votes_i16(features)) {
        Some(votes) => votes.best() as i32,
        None => -1,
    }
}

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
