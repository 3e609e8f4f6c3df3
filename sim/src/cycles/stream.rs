//! What the tracer sends (`firmware-esp32/lab/tracer/src/stream.rs` says how), read as it comes.

use super::Trouble;
use std::io::{self, Read};

const HELLO: u32 = 0xffff_7001;
const DEFINE: u32 = 0xffff_0001;
const BEGIN: u32 = 0xffff_0002;
const END: u32 = 0xffff_0003;
const LINE: u32 = 0xffff_0004;

#[derive(Debug, PartialEq)]
pub enum Event {
    /// An instruction that may be executed from now on; the first has the number 0.
    Defined {
        address: u32,
        size: u8,
        bytes: [u8; 8],
        text: String,
    },
    /// One was begun.
    Executed(u32),
    /// `twin_begin` was called, or `twin_end`.
    Begin,
    End,
    /// The first load of this region from the cache line that `address` is in.
    Touched(u32),
}

pub struct Reader<R> {
    from: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    greeted: bool,
}

impl<R: Read> Reader<R> {
    pub fn new(from: R) -> Self {
        Self { from, buffer: vec![0; 1 << 18], at: 0, filled: 0, greeted: false }
    }

    /// `None`: the tracer has ended.
    #[inline]
    pub fn event(&mut self) -> Result<Option<Event>, Trouble> {
        let Some(word) = self.word()? else { return Ok(None) };
        if word < 0xffff_0000 && self.greeted {
            return Ok(Some(Event::Executed(word)));
        }
        self.rare(word)
    }

    fn rare(&mut self, word: u32) -> Result<Option<Event>, Trouble> {
        if !self.greeted {
            self.greeted = word == HELLO;
            return if self.greeted { self.event() } else { Err(foreign()) };
        }
        Ok(Some(match word {
            BEGIN => Event::Begin,
            END => Event::End,
            LINE => Event::Touched(self.owed()?),
            DEFINE => {
                let address = self.owed()?;
                let lengths = self.owed()?;
                let (size, length) = (lengths as u8, (lengths >> 8) as usize);
                let mut bytes = [0; 8];
                bytes[..4].copy_from_slice(&self.owed()?.to_le_bytes());
                bytes[4..].copy_from_slice(&self.owed()?.to_le_bytes());
                let mut text = Vec::with_capacity(length + 3);
                while text.len() < length {
                    text.extend_from_slice(&self.owed()?.to_le_bytes());
                }
                text.truncate(length);
                Event::Defined { address, size, bytes, text: String::from_utf8_lossy(&text).into_owned() }
            }
            _ => return Err(foreign()),
        }))
    }

    fn owed(&mut self) -> Result<u32, Trouble> {
        self.word()?.ok_or_else(|| Trouble::broken("the tracer stopped in the middle of a word", AGAIN))
    }

    #[inline]
    fn word(&mut self) -> Result<Option<u32>, Trouble> {
        while self.filled - self.at < 4 {
            if !self.fill()? {
                return Ok(None);
            }
        }
        let bytes = &self.buffer[self.at..self.at + 4];
        self.at += 4;
        Ok(Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])))
    }

    fn fill(&mut self) -> Result<bool, Trouble> {
        self.buffer.copy_within(self.at..self.filled, 0);
        self.filled -= self.at;
        self.at = 0;
        match self.from.read(&mut self.buffer[self.filled..]) {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.filled += count;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(too_long()),
            Err(error) => Err(Trouble::broken(format!("the tracer is out of reach: {error}"), AGAIN)),
        }
    }
}

const AGAIN: &str = "run it again; QEMU's own words, if any, are above";

/// The program, in QEMU, is not at its end when it should be.
pub fn too_long() -> Trouble {
    Trouble::input(
        "the program did not end in time",
        "let it end QEMU by itself, stop after a region with --region N, or give more time with --limit SECONDS",
    )
}

fn foreign() -> Trouble {
    Trouble::input(
        "the tracer speaks another language than this nodetwin",
        "build both from the same commit: cargo build --release --manifest-path firmware-esp32/lab/tracer/Cargo.toml",
    )
}
