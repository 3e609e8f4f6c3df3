//! Tapes of nodes: all that crosses a node's `Board`, for playing to the same program on another processor.

use hal_shim::board::{SimBoard, TapeReel};
use node_core::crc::crc32;
use node_core::tape::head;
use node_core::tape::record::Taped;
use node_core::time::Instant;

/// The board that a node's program runs on: the simulated one, and somebody who can write down what it is asked.
pub type NodeBoard = Taped<SimBoard, Reel>;

#[derive(Clone)]
pub struct Reel {
    out: TapeReel,
    on: bool,
}

impl Reel {
    pub(crate) fn of(board: &SimBoard) -> Self {
        let out = board.reel();
        let on = out.is_on();
        Self { out, on }
    }
}

impl node_core::tape::Reel for Reel {
    fn is_on(&self) -> bool {
        self.on
    }
    fn put(&self, bytes: &[u8]) {
        self.out.put(bytes);
    }
    fn position(&self) -> u32 {
        self.out.position()
    }
    fn now(&self) -> Instant {
        self.out.now()
    }
}

/// A node's records as a whole tape: with the head before and the check sum behind.
pub fn sealed(board: &str, app: &str, records: &[u8]) -> Vec<u8> {
    let mut tape = Vec::with_capacity(records.len() + 64);
    head(board, app, |bytes| tape.extend_from_slice(bytes));
    tape.extend_from_slice(records);
    let crc = crc32(0, &tape);
    tape.extend_from_slice(&crc.to_le_bytes());
    tape
}
