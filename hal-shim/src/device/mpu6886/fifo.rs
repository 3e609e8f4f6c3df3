//! The chip's 1024 bytes of FIFO, byte by byte: it knows nothing of records, so an overflow tears one, as in the chip.

use node_core::drivers::mpu6886::regs::FIFO_BYTES;

pub(super) struct Fifo {
    ring: [u8; FIFO_BYTES],
    oldest: usize,
    len: usize,
}

const MASK: usize = FIFO_BYTES - 1;
const _: () = assert!(FIFO_BYTES.is_power_of_two());

impl Fifo {
    pub fn new() -> Self {
        Self { ring: [0; FIFO_BYTES], oldest: 0, len: 0 }
    }
    pub fn clear(&mut self) {
        self.oldest = 0;
        self.len = 0;
    }
    pub fn len(&self) -> usize {
        self.len
    }
    /// Takes the oldest bytes; how many there were.
    pub fn pop(&mut self, out: &mut [u8]) -> usize {
        let n = out.len().min(self.len);
        let straight = n.min(FIFO_BYTES - self.oldest);
        out[..straight].copy_from_slice(&self.ring[self.oldest..][..straight]);
        out[straight..n].copy_from_slice(&self.ring[..n - straight]);
        self.oldest = (self.oldest + n) & MASK;
        self.len -= n;
        n
    }

    /// Adds bytes. What does not fit is dropped (`stop_when_full`) or replaces the oldest; true if either happened.
    pub fn push(&mut self, bytes: &[u8], stop_when_full: bool) -> bool {
        let room = FIFO_BYTES - self.len;
        let overflow = bytes.len() > room;
        let bytes = if overflow && stop_when_full { &bytes[..room] } else { bytes };
        let begin = (self.oldest + self.len) & MASK;
        match self.ring.get_mut(begin..begin + bytes.len()) {
            Some(straight) => straight.copy_from_slice(bytes),
            None => {
                for (i, byte) in bytes.iter().enumerate() {
                    self.ring[(begin + i) & MASK] = *byte;
                }
            }
        }
        let lost = bytes.len().saturating_sub(room);
        self.len += bytes.len() - lost;
        self.oldest = (self.oldest + lost) & MASK;
        overflow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    proptest! {
        /// Against the plainest model there is: a queue of bytes.
        #[test]
        fn behaves_as_a_queue_of_bytes(
            steps in prop::collection::vec((0usize..40, 0usize..60, any::<bool>()), 1..300),
        ) {
            let mut fifo = Fifo::new();
            let mut queue = VecDeque::new();
            let mut next = 0u8;
            for (pushed, popped, stop) in steps {
                let bytes: Vec<u8> = (0..pushed).map(|_| { next = next.wrapping_add(1); next }).collect();
                let mut lost = false;
                for byte in &bytes {
                    if queue.len() == 1024 {
                        lost = true;
                        if stop { continue }
                        queue.pop_front();
                    }
                    queue.push_back(*byte);
                }
                prop_assert_eq!(fifo.push(&bytes, stop), lost);
                prop_assert_eq!(fifo.len(), queue.len());
                let mut out = vec![0; popped];
                let n = fifo.pop(&mut out);
                let expected: Vec<u8> = queue.drain(..popped.min(queue.len())).collect();
                prop_assert_eq!(&out[..n], &expected);
            }
        }
    }
}
