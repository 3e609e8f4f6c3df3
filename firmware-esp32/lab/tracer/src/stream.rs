//! What the tracer sends: words of 32 bits, least significant byte first. `sim/src/cycles/stream.rs` reads
//! it.
//!
//! - [`HELLO`], once
//! - [`DEFINE`], address, size + 256 × length of text, 2 words of the instruction's bytes, its text in whole
//!   words: the next instruction's number is one more than the last one's, from 0
//! - [`BEGIN`], [`END`]: a mark was reached
//! - [`LINE`], address: the first load in this region from a cache line
//! - anything else: an instruction's number; it was begun

use std::io::{self, Write};
use std::net::TcpStream;

pub const HELLO: u32 = 0xffff_7001;
pub const DEFINE: u32 = 0xffff_0001;
pub const BEGIN: u32 = 0xffff_0002;
pub const END: u32 = 0xffff_0003;
pub const LINE: u32 = 0xffff_0004;

const BUFFER: usize = 1 << 18;

pub struct Stream {
    to: TcpStream,
    buffer: Vec<u8>,
}

impl Stream {
    pub fn connect(address: &str) -> io::Result<Self> {
        let mut stream = Self { to: TcpStream::connect(address)?, buffer: Vec::with_capacity(BUFFER + 1024) };
        stream.word(HELLO);
        Ok(stream)
    }

    #[inline]
    pub fn word(&mut self, word: u32) {
        self.buffer.extend_from_slice(&word.to_le_bytes());
        if self.buffer.len() >= BUFFER {
            self.flush();
        }
    }

    pub fn define(&mut self, address: u32, size: usize, bytes: [u8; 8], text: &str) {
        let text = &text.as_bytes()[..text.len().min(255)];
        self.word(DEFINE);
        self.word(address);
        self.word(size as u32 | (text.len() as u32) << 8);
        self.buffer.extend_from_slice(&bytes);
        for part in text.chunks(4) {
            let mut word = [0; 4];
            word[..part.len()].copy_from_slice(part);
            self.word(u32::from_le_bytes(word));
        }
    }

    /// With nobody left to read there is nothing left to do: nodetwin has said why, or was stopped.
    pub fn flush(&mut self) {
        if self.to.write_all(&self.buffer).is_err() {
            std::process::exit(1);
        }
        self.buffer.clear();
    }
}
