//! A tape: all that crosses [`Board`] in one run of a node, in order, to the bit.
//!
//! [`Taped`](record::Taped) wraps any board and writes down each call with its arguments, each answer with its time, and
//! each poll of the program. [`Deck`](play::Deck) is a board that has nothing but a tape: it answers as the tape says and
//! stops at the first call, byte or event that is not the tape's. So a program that ran in one world can be held against
//! itself on another processor, word width or compiler, bit for bit.
//!
//! A tape is a head ([`head`]), records, and the CRC-32 of all that. A record is a tag byte and its fields. What the node
//! says (`Said`) is written by its `Hash`: a field is an unsigned varint, a little-endian slice with its length, or a
//! text ended by 0xFF; both sides are built from the same source, and a compiler that hashed otherwise would be seen at
//! once. What the board says (`Tag`) follows by hand.
//!
//! Not on the tape: who calls [`Meter::enter`](crate::meter::Meter::enter) with nothing (the end of a task's turn), and
//! what it returns, which is what the node itself said before.

pub mod own;
pub mod play;
pub mod record;

use crate::board::{Board, BootCause, Exit, Parts};
use crate::event::Event;
use crate::meter::{Kernel, Stage, Window, Work};
use crate::time::Instant;
use core::hash::{Hash, Hasher};
use embedded_hal_async::{i2c, spi};

pub const MAGIC: &[u8; 8] = b"nodetape";
pub const VERSION: u8 = 1;

/// Where the bytes of a tape go while it is recorded.
pub trait Reel: Clone {
    /// A reel that is off costs a question a call.
    fn is_on(&self) -> bool;
    fn put(&self, bytes: &[u8]);
    /// Bytes put so far since this boot or an earlier one: names a call.
    fn position(&self) -> u32;
    /// The node's clock.
    fn now(&self) -> Instant;
}

/// The head of a tape: which board and which program it was recorded with.
pub fn head(board: &str, app: &str, mut put: impl FnMut(&[u8])) {
    put(MAGIC);
    put(&[VERSION]);
    for name in [board, app] {
        put(&[name.len() as u8]);
        put(name.as_bytes());
    }
}

/// One of several parts of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Only,
    BoardBus,
    Grove,
    LcdData,
    LcdReset,
    Led,
    ButtonA,
    ButtonB,
}

/// What the node says to its board.
#[derive(Hash)]
pub(crate) enum Said<'a> {
    Split,
    Exit(Exit),
    /// A call that was begun at this place of the tape is given up.
    Dropped(u32),
    I2c(Part, u8, I2cShape<'a>),
    Spi(SpiShape<'a>),
    Pin(Part, bool),
    Level(Part),
    WaitHigh(Part),
    WaitLow(Part),
    WaitRising(Part),
    WaitFalling(Part),
    WaitAny(Part),
    AudioRate,
    AudioStart(u32),
    AudioStop,
    AudioRead(u32),
    Now,
    Until(Instant),
    Delay(u32),
    Measure(Stage, Done<'a>),
    Window(Window),
    Enter(&'static str),
    BootCause,
    CpuMhz,
    SetCpuMhz(u32),
    Load(u32),
    Store(&'a [u8]),
    Event(Event),
    Scan(u32),
    FlashCapacity,
    FlashRead(u32, u32),
    FlashWrite(u32, &'a [u8]),
    FlashErase(u32, u32),
}

/// The names of [`Said`], by tag.
const SAID: [&str; 33] = [
    "split",
    "exit",
    "giving up of a call",
    "I2C transaction",
    "SPI transaction",
    "pin",
    "reading of a pin",
    "wait for high",
    "wait for low",
    "wait for a rising edge",
    "wait for a falling edge",
    "wait for any edge",
    "audio rate",
    "audio start",
    "audio stop",
    "audio read",
    "reading of the clock",
    "sleep until",
    "delay",
    "stage",
    "window",
    "task",
    "boot cause",
    "CPU frequency",
    "setting of the CPU frequency",
    "load from RTC memory",
    "store to RTC memory",
    "event",
    "radio scan",
    "flash capacity",
    "read from flash",
    "write to flash",
    "erase of flash",
];

/// Tags of [`Said`] that are looked for.
const SPLIT: u8 = 0;
const DROPPED: u8 = 2;

/// Records that the board begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    /// The program is polled: time.
    Poll = 0x80,
    /// A call is answered: its place, time, answer.
    Done = 0x81,
}

fn name(tag: u8) -> &'static str {
    match tag {
        0x80 => "poll",
        0x81 => "answer",
        said => SAID.get(usize::from(said)).copied().unwrap_or("(no record begins with this byte)"),
    }
}

pub(crate) struct I2cShape<'a>(pub &'a [i2c::Operation<'a>]);

impl Hash for I2cShape<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.0.len() as u8);
        for operation in self.0 {
            match operation {
                i2c::Operation::Write(bytes) => {
                    state.write_u8(b'w');
                    bytes.hash(state);
                }
                i2c::Operation::Read(bytes) => {
                    state.write_u8(b'r');
                    state.write_usize(bytes.len());
                }
            }
        }
    }
}

pub(crate) struct SpiShape<'a>(pub &'a [spi::Operation<'a, u8>]);

impl Hash for SpiShape<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.0.len() as u8);
        for operation in self.0 {
            match operation {
                spi::Operation::Write(bytes) => {
                    state.write_u8(b'w');
                    bytes.hash(state);
                }
                spi::Operation::Read(bytes) => {
                    state.write_u8(b'r');
                    state.write_usize(bytes.len());
                }
                spi::Operation::Transfer(read, write) => {
                    state.write_u8(b't');
                    state.write_usize(read.len());
                    write.hash(state);
                }
                spi::Operation::TransferInPlace(bytes) => {
                    state.write_u8(b'i');
                    bytes.hash(state);
                }
                spi::Operation::DelayNs(ns) => {
                    state.write_u8(b'd');
                    state.write_u32(*ns);
                }
            }
        }
    }
}

/// Work, without the many kernels that did none.
pub(crate) struct Done<'a>(pub &'a Work);

impl Hash for Done<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for kernel in Kernel::ALL {
            if self.0.calls(kernel) > 0 {
                state.write_u8(kernel as u8);
                state.write_u32(self.0.calls(kernel));
                state.write_u32(self.0.units(kernel));
            }
        }
        state.write_u8(u8::MAX);
    }
}

/// How `Hash` becomes bytes of a tape: the same on 32 and 64 bits. Every number wider than a byte is a varint.
pub(crate) trait Bytes {
    fn bytes(&mut self, bytes: &[u8]);

    fn varint(&mut self, mut value: u64) {
        let mut buffer = [0; 10];
        let mut length = 0;
        while value >= 0x80 {
            buffer[length] = value as u8 | 0x80;
            value >>= 7;
            length += 1;
        }
        buffer[length] = value as u8;
        self.bytes(&buffer[..=length]);
    }
}

pub(crate) struct Spelled<'a, B>(pub &'a mut B);

impl<B: Bytes> Hasher for Spelled<'_, B> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.bytes(bytes);
    }
    fn write_u8(&mut self, value: u8) {
        self.0.bytes(&[value]);
    }
    fn write_u16(&mut self, value: u16) {
        self.0.varint(value.into());
    }
    fn write_u32(&mut self, value: u32) {
        self.0.varint(value.into());
    }
    fn write_u64(&mut self, value: u64) {
        self.0.varint(value);
    }
    fn write_usize(&mut self, value: usize) {
        self.0.varint(value as u64);
    }
    fn write_i16(&mut self, value: i16) {
        self.write_u16(value as u16);
    }
    fn write_i32(&mut self, value: i32) {
        self.write_u32(value as u32);
    }
    /// The variant of an enum; none has more than a byte of them.
    fn write_isize(&mut self, value: isize) {
        self.write_u8(value as u8);
    }
    fn finish(&self) -> u64 {
        0
    }
}

const BOOT_CAUSES: [BootCause; 5] =
    [BootCause::PowerOn, BootCause::Reset, BootCause::Watchdog, BootCause::WakeTimer, BootCause::WakeButton];

/// The first byte of an answer: whether the call went well.
mod fault {
    use embedded_hal_async::i2c::{ErrorKind, NoAcknowledgeSource};
    use embedded_storage_async::nor_flash::NorFlashErrorKind;

    pub const NONE: u8 = 0;
    const SOME: u8 = 1;

    const I2C: [ErrorKind; 7] = [
        ErrorKind::Other,
        ErrorKind::Bus,
        ErrorKind::ArbitrationLoss,
        ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address),
        ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data),
        ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown),
        ErrorKind::Overrun,
    ];

    pub fn of<T, E>(answer: &Result<T, E>) -> u8 {
        if answer.is_ok() { NONE } else { SOME }
    }

    pub fn of_i2c(kind: ErrorKind) -> u8 {
        SOME + I2C.iter().position(|known| *known == kind).unwrap_or(0) as u8
    }

    const FLASH: [NorFlashErrorKind; 3] =
        [NorFlashErrorKind::Other, NorFlashErrorKind::NotAligned, NorFlashErrorKind::OutOfBounds];

    pub fn of_flash(kind: NorFlashErrorKind) -> u8 {
        SOME + FLASH.iter().position(|known| *known == kind).unwrap_or(0) as u8
    }

    pub fn flash(code: u8) -> NorFlashErrorKind {
        let index = usize::from(code).wrapping_sub(usize::from(SOME));
        FLASH.get(index).copied().unwrap_or(NorFlashErrorKind::Other)
    }

    pub fn i2c(code: u8) -> ErrorKind {
        I2C.get(usize::from(code).wrapping_sub(usize::from(SOME))).copied().unwrap_or(ErrorKind::Other)
    }
}

/// Which of the parts that a board may lack it has, as bits.
#[derive(Clone, Copy)]
struct Present(u8);

impl Present {
    const GROVE: u8 = 1;
    const LCD: u8 = 2;
    const LED: u8 = 4;
    const BUTTON_A: u8 = 8;
    const BUTTON_B: u8 = 16;
    const AUDIO: u8 = 32;
    const RADIO: u8 = 64;
    const FLASH: u8 = 128;

    fn of<B: Board>(parts: &Parts<B>) -> Self {
        let bits = [
            (parts.grove.is_some(), Self::GROVE),
            (parts.lcd.is_some(), Self::LCD),
            (parts.led.is_some(), Self::LED),
            (parts.button_a.is_some(), Self::BUTTON_A),
            (parts.button_b.is_some(), Self::BUTTON_B),
            (parts.audio.is_some(), Self::AUDIO),
            (parts.radio.is_some(), Self::RADIO),
            (parts.flash.is_some(), Self::FLASH),
        ];
        Self(bits.into_iter().filter(|(there, _)| *there).map(|(_, bit)| bit).sum())
    }
    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}
