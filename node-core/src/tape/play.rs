//! A board that has nothing but a tape: it answers as the tape says, and holds every call against it.

use super::own::{Crossing, Own};
use super::{
    BOOT_CAUSES, Bytes, DROPPED, Done, I2cShape, MAGIC, Part, Present, SPLIT, Said, Spelled, SpiShape, Tag,
    VERSION, fault, name,
};
use crate::audio::{AudioIn, Captured};
use crate::board::{Board, BootCause, Events, Exit, LcdParts, Parts, Power, RtcMemory, UnsupportedFrequency};
use crate::boards::{BoardFacts, FlashFacts};
use crate::crc::crc32;
use crate::event::Event;
use crate::meter::{Meter, Stage, Window, Work};
use crate::radio::{Scan, Seen};
use crate::time::{Clock, Instant};
use core::cell::Cell;
use core::fmt;
use core::future::{Future, poll_fn};
use core::hash::Hash;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::digital::Wait;
use embedded_hal_async::i2c::{self, I2c};
use embedded_hal_async::spi::{self, SpiDevice};
use embedded_storage_async::nor_flash::{self, NorFlash, ReadNorFlash};

/// A tape that is open, and how far it was played.
pub struct Deck<'t> {
    tape: &'t [u8],
    board: &'t str,
    app: &'t str,
    start: usize,
    at: Cell<usize>,
    /// Where the record begins that is held against the node.
    record: Cell<usize>,
    us: Cell<u64>,
    task: Cell<Option<&'static str>>,
    difference: Cell<Option<Difference>>,
    calls: Cell<u64>,
    events: Cell<u64>,
    own: Option<Own>,
}

/// Why a tape cannot be played at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapeError {
    NoTape,
    OtherVersion(u8),
    Damaged { crc: u32, written: u32 },
}

/// What was played, all of it as on the tape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Node time of the last poll, of all boots together.
    pub simulated_us: u64,
    pub boots: u64,
    pub polls: u64,
    pub calls: u64,
    pub events: u64,
    /// Size of the program's future on this machine.
    pub future_bytes: usize,
}

/// The first thing in which the node is not that of the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Node time of the poll in which it showed.
    pub us: u64,
    pub task: Option<&'static str>,
    /// Where on the tape its record begins.
    pub place: usize,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The node does something else than the tape's.
    Otherwise { node: &'static str, tape: &'static str },
    /// It does the same with another argument: this byte of the record.
    Byte { of: &'static str, index: usize, node: u8, tape: u8 },
    /// It waits, and the tape does not.
    Waits { tape: &'static str },
    /// The tape ends within a record.
    Torn,
    /// An answer on the tape means nothing.
    Senseless { of: &'static str },
}

impl<'t> Deck<'t> {
    /// Opens a tape, if it is one and whole.
    pub fn open(tape: &'t [u8]) -> Result<Self, TapeError> {
        let (content, written) = tape.split_last_chunk::<4>().ok_or(TapeError::NoTape)?;
        let rest = content.strip_prefix(MAGIC).ok_or(TapeError::NoTape)?;
        let (&version, rest) = rest.split_first().ok_or(TapeError::NoTape)?;
        if version != VERSION {
            return Err(TapeError::OtherVersion(version));
        }
        let (crc, written) = (crc32(0, content), u32::from_le_bytes(*written));
        if crc != written {
            return Err(TapeError::Damaged { crc, written });
        }
        let (board, rest) = text(rest)?;
        let (app, rest) = text(rest)?;
        let start = content.len() - rest.len();
        Ok(Self {
            tape: content,
            board,
            app,
            start,
            at: Cell::new(start),
            record: Cell::new(start),
            us: Cell::new(0),
            task: Cell::new(None),
            difference: Cell::new(None),
            calls: Cell::new(0),
            events: Cell::new(0),
            own: None,
        })
    }

    /// Counts by `counter` what the node does by itself, between the calls of its board.
    pub fn counting(self, counter: fn() -> u64) -> Self {
        Self { own: Some(Own::counted_by(counter)), ..self }
    }
    /// What was counted of the node so far.
    pub fn own(&self) -> Option<&Own> {
        self.own.as_ref()
    }
    /// From here until it is dropped, the board's side of a call.
    fn board_side(&self) -> Option<Crossing<'_>> {
        self.own.as_ref().map(Own::crossing)
    }

    pub fn board(&self) -> &'t str {
        self.board
    }
    pub fn app(&self) -> &'t str {
        self.app
    }

    /// Plays the whole tape to the program that `run` makes, once for each boot.
    pub fn play<'d, F: Future<Output = Exit>>(
        &'d self,
        facts: &'static BoardFacts,
        run: impl Fn(Parts<Player<'d>>) -> F,
    ) -> Result<Played, Difference> {
        let mut played = Played::default();
        self.at.set(self.start);
        while self.at.get() < self.tape.len() && self.difference.get().is_none() {
            played.boots += 1;
            self.us.set(0);
            self.task.set(None);
            {
                let program = pin!(run(Player { deck: self, facts }.split()));
                played.future_bytes = size_of_val(&*program);
                played.polls += self.play_boot(program);
            }
            played.simulated_us += self.us.get();
            if let Some(tag) = self.next()
                && tag != SPLIT
            {
                self.differs(self.at.get(), Kind::Waits { tape: name(tag) });
            }
        }
        played.calls = self.calls.get();
        played.events = self.events.get();
        self.difference.get().map_or(Ok(played), Err)
    }

    /// Polls as the tape polls, until the program ends, its board loses power, or the tape ends.
    fn play_boot(&self, mut program: Pin<&mut impl Future<Output = Exit>>) -> u64 {
        let mut context = Context::from_waker(Waker::noop());
        let mut polls = 0;
        while self.next() == Some(Tag::Poll as u8) {
            self.at.set(self.at.get() + 1);
            self.us.set(self.number());
            polls += 1;
            let node = self.own.as_ref().map(Own::turn);
            let polled = program.as_mut().poll(&mut context);
            drop(node);
            if let Poll::Ready(exit) = polled {
                self.hears(&Said::Exit(exit));
                break;
            }
            // A node without power gives up its calls, and says no more.
            if let Some(tag) = self.next()
                && ![Tag::Poll as u8, DROPPED, SPLIT].contains(&tag)
            {
                self.differs(self.at.get(), Kind::Waits { tape: name(tag) });
            }
        }
        polls
    }

    fn differs(&self, place: usize, kind: Kind) {
        if self.difference.get().is_none() {
            let (us, task) = (self.us.get(), self.task.get());
            self.difference.set(Some(Difference { us, task, place, kind }));
        }
    }

    /// The byte that comes next, if the tape goes on and nothing differed yet.
    fn next(&self) -> Option<u8> {
        if self.difference.get().is_some() {
            return None;
        }
        self.tape.get(self.at.get()).copied()
    }

    /// Holds what the node says against the tape. After the first difference, and after the tape's end, it is not heard.
    fn hears(&self, said: &Said) {
        let _board = self.board_side();
        if self.next().is_none() {
            return;
        }
        self.calls.set(self.calls.get() + 1);
        self.record.set(self.at.get());
        said.hash(&mut Spelled(&mut Compared(self)));
    }

    fn take<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Part of an answer. Zeros where the tape has none.
    fn fill(&self, bytes: &mut [u8]) {
        let _board = self.board_side();
        if self.difference.get().is_some() {
            return;
        }
        let at = self.at.get();
        match self.tape.get(at..at + bytes.len()) {
            Some(on_tape) => {
                bytes.copy_from_slice(on_tape);
                self.at.set(at + bytes.len());
            }
            None => self.differs(self.record.get(), Kind::Torn),
        }
    }

    fn byte(&self) -> u8 {
        self.take::<1>()[0]
    }

    fn number(&self) -> u64 {
        let _board = self.board_side();
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return value;
            }
        }
        self.differs(self.record.get(), Kind::Senseless { of: "number" });
        0
    }

    /// Whether the answer to the call at `place` comes next; if so, it is taken up to its first byte.
    fn answers(&self, place: usize) -> Option<u8> {
        let _board = self.board_side();
        if self.next() != Some(Tag::Done as u8) {
            return None;
        }
        let record = self.at.get();
        self.at.set(record + 1);
        if self.number() != place as u64 {
            self.at.set(record);
            return None;
        }
        self.record.set(record);
        self.us.set(self.number());
        Some(self.byte())
    }

    /// A call that the node makes, until the tape has its answer.
    async fn call(&self, said: Said<'_>) -> u8 {
        let place = self.at.get() - self.start;
        self.hears(&said);
        let mut call = Call { deck: self, place, over: false };
        let answer = poll_fn(|_| self.answers(place).map_or(Poll::Pending, Poll::Ready)).await;
        call.over = true;
        answer
    }
}

fn text(bytes: &[u8]) -> Result<(&str, &[u8]), TapeError> {
    let (&length, rest) = bytes.split_first().ok_or(TapeError::NoTape)?;
    let (text, rest) = rest.split_at_checked(length.into()).ok_or(TapeError::NoTape)?;
    Ok((core::str::from_utf8(text).map_err(|_| TapeError::NoTape)?, rest))
}

/// Given up before its answer, it says so.
struct Call<'d, 't> {
    deck: &'d Deck<'t>,
    place: usize,
    over: bool,
}

impl Drop for Call<'_, '_> {
    fn drop(&mut self) {
        if !self.over {
            self.deck.hears(&Said::Dropped(self.place as u32));
        }
    }
}

struct Compared<'d, 't>(&'d Deck<'t>);

impl Bytes for Compared<'_, '_> {
    fn bytes(&mut self, bytes: &[u8]) {
        let deck = self.0;
        if deck.difference.get().is_some() {
            return;
        }
        let (record, at) = (deck.record.get(), deck.at.get());
        let on_tape = &deck.tape[at..deck.tape.len().min(at + bytes.len())];
        if on_tape == bytes {
            deck.at.set(at + bytes.len());
            return;
        }
        let same = on_tape.iter().zip(bytes).take_while(|(tape, node)| tape == node).count();
        let kind = match (on_tape.get(same), bytes[same]) {
            (None, _) => Kind::Torn,
            (Some(&tape), node) if at + same == record => {
                Kind::Otherwise { node: name(node), tape: name(tape) }
            }
            (Some(&tape), node) => {
                Kind::Byte { of: name(deck.tape[record]), index: at + same - record, node, tape }
            }
        };
        deck.differs(record, kind);
    }
}

impl fmt::Display for TapeError {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NoTape => write!(out, "this is no tape; `nodetwin run SCENARIO --tape FILE` makes one"),
            Self::OtherVersion(version) => {
                write!(out, "a tape of version {version}, this plays {VERSION}: record it again")
            }
            Self::Damaged { crc, written } => {
                write!(
                    out,
                    "the tape is damaged: its CRC-32 is {crc:08x}, and {written:08x} is written on it"
                )
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Self { us, task, place, kind } = self;
        write!(out, "at {}.{:06} s", us / 1_000_000, us % 1_000_000)?;
        if let Some(task) = task {
            write!(out, ", task `{task}`")?;
        }
        write!(out, ", record at byte {place} of the tape: ")?;
        match kind {
            Kind::Otherwise { node, tape } => write!(out, "the node's next is `{node}`, the tape's `{tape}`"),
            Kind::Byte { of, index, node, tape } => {
                write!(out, "`{of}`, byte {index}: the node's is {node:#04x}, the tape's {tape:#04x}")
            }
            Kind::Waits { tape } => write!(out, "the node waits, the tape goes on with `{tape}`"),
            Kind::Torn => write!(out, "the tape ends within a record"),
            Kind::Senseless { of } => write!(out, "the tape's answer to `{of}` means nothing"),
        }
    }
}

/// The board of a tape.
pub struct Player<'d> {
    deck: &'d Deck<'d>,
    facts: &'static BoardFacts,
}

/// Any part of the board: they differ only in what is said.
#[derive(Clone)]
pub struct Track<'d> {
    deck: &'d Deck<'d>,
    part: Part,
}

impl<'d> Track<'d> {
    /// A call whose whole answer is how it went.
    async fn call(&self, said: Said<'_>) -> Result<(), PlayedError> {
        outcome(self.deck.call(said).await)
    }

    /// The same for a call that does not wait.
    fn ask(&self, said: Said) -> Result<(), PlayedError> {
        self.deck.hears(&said);
        outcome(self.deck.byte())
    }
}

/// A call that failed when the tape was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayedError(u8);

fn outcome(answer: u8) -> Result<(), PlayedError> {
    if answer == fault::NONE { Ok(()) } else { Err(PlayedError(answer)) }
}

impl<'d> Board for Player<'d> {
    type I2c = Track<'d>;
    type Grove = Track<'d>;
    type LcdSpi = Track<'d>;
    type LcdPin = Track<'d>;
    type Led = Track<'d>;
    type Button = Track<'d>;
    type Audio = Track<'d>;
    type Radio = Track<'d>;
    type Clock = Track<'d>;
    type Delay = Track<'d>;
    type Meter = Track<'d>;
    type Power = Track<'d>;
    type RtcMemory = Track<'d>;
    type Flash = Track<'d>;
    type Events = Track<'d>;

    fn split(self) -> Parts<Self> {
        let Self { deck, facts } = self;
        deck.hears(&Said::Split);
        let present = Present(deck.byte());
        let track = |part| Track { deck, part };
        let if_present = |bit, part| present.has(bit).then(|| track(part));
        let lcd = LcdParts { spi: track(Part::Only), dc: track(Part::LcdData), reset: track(Part::LcdReset) };
        Parts {
            facts,
            i2c: track(Part::BoardBus),
            grove: if_present(Present::GROVE, Part::Grove),
            lcd: present.has(Present::LCD).then_some(lcd),
            led: if_present(Present::LED, Part::Led),
            button_a: if_present(Present::BUTTON_A, Part::ButtonA),
            button_b: if_present(Present::BUTTON_B, Part::ButtonB),
            audio: if_present(Present::AUDIO, Part::Only),
            radio: if_present(Present::RADIO, Part::Only),
            clock: track(Part::Only),
            delay: track(Part::Only),
            meter: track(Part::Only),
            power: track(Part::Only),
            memory: track(Part::Only),
            flash: if_present(Present::FLASH, Part::Only),
            events: track(Part::Only),
        }
    }
}

impl i2c::Error for PlayedError {
    fn kind(&self) -> i2c::ErrorKind {
        fault::i2c(self.0)
    }
}

impl i2c::ErrorType for Track<'_> {
    type Error = PlayedError;
}

impl I2c for Track<'_> {
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [i2c::Operation<'_>],
    ) -> Result<(), PlayedError> {
        self.call(Said::I2c(self.part, address, I2cShape(operations))).await?;
        for operation in operations {
            if let i2c::Operation::Read(bytes) = operation {
                self.deck.fill(bytes);
            }
        }
        Ok(())
    }
}

impl spi::Error for PlayedError {
    fn kind(&self) -> spi::ErrorKind {
        spi::ErrorKind::Other
    }
}

impl spi::ErrorType for Track<'_> {
    type Error = PlayedError;
}

impl SpiDevice for Track<'_> {
    async fn transaction(&mut self, operations: &mut [spi::Operation<'_, u8>]) -> Result<(), PlayedError> {
        self.call(Said::Spi(SpiShape(operations))).await?;
        for operation in operations {
            match operation {
                spi::Operation::Read(bytes)
                | spi::Operation::Transfer(bytes, _)
                | spi::Operation::TransferInPlace(bytes) => self.deck.fill(bytes),
                spi::Operation::Write(_) | spi::Operation::DelayNs(_) => {}
            }
        }
        Ok(())
    }
}

impl digital::Error for PlayedError {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}

impl digital::ErrorType for Track<'_> {
    type Error = PlayedError;
}

impl OutputPin for Track<'_> {
    fn set_low(&mut self) -> Result<(), PlayedError> {
        self.ask(Said::Pin(self.part, false))
    }
    fn set_high(&mut self) -> Result<(), PlayedError> {
        self.ask(Said::Pin(self.part, true))
    }
}

impl InputPin for Track<'_> {
    fn is_high(&mut self) -> Result<bool, PlayedError> {
        let went = self.ask(Said::Level(self.part));
        let level = self.deck.byte() != 0;
        went.map(|()| level)
    }
    fn is_low(&mut self) -> Result<bool, PlayedError> {
        self.is_high().map(|high| !high)
    }
}

impl Wait for Track<'_> {
    async fn wait_for_high(&mut self) -> Result<(), PlayedError> {
        self.call(Said::WaitHigh(self.part)).await
    }
    async fn wait_for_low(&mut self) -> Result<(), PlayedError> {
        self.call(Said::WaitLow(self.part)).await
    }
    async fn wait_for_rising_edge(&mut self) -> Result<(), PlayedError> {
        self.call(Said::WaitRising(self.part)).await
    }
    async fn wait_for_falling_edge(&mut self) -> Result<(), PlayedError> {
        self.call(Said::WaitFalling(self.part)).await
    }
    async fn wait_for_any_edge(&mut self) -> Result<(), PlayedError> {
        self.call(Said::WaitAny(self.part)).await
    }
}

impl AudioIn for Track<'_> {
    type Error = PlayedError;

    fn rate_hz(&self) -> u32 {
        self.deck.hears(&Said::AudioRate);
        self.deck.number() as u32
    }
    async fn start(&mut self, rate_hz: u32) -> Result<(), PlayedError> {
        self.call(Said::AudioStart(rate_hz)).await
    }
    async fn stop(&mut self) -> Result<(), PlayedError> {
        self.call(Said::AudioStop).await
    }
    async fn read(&mut self, block: &mut [i16]) -> Result<Captured, PlayedError> {
        self.call(Said::AudioRead(block.len() as u32)).await?;
        let complete_at = Instant::from_micros(self.deck.number());
        let lost = self.deck.number() as u32;
        let _board = self.deck.board_side();
        for sample in block {
            *sample = i16::from_le_bytes(self.deck.take());
        }
        Ok(Captured { complete_at, lost })
    }
}

impl Scan for Track<'_> {
    type Error = PlayedError;

    async fn scan(&mut self, found: &mut [Seen]) -> Result<usize, PlayedError> {
        self.call(Said::Scan(found.len() as u32)).await?;
        let count = self.deck.number() as usize;
        let _board = self.deck.board_side();
        let Some(found) = found.get_mut(..count) else {
            self.deck.differs(self.deck.record.get(), Kind::Senseless { of: "radio scan" });
            return Ok(0);
        };
        for seen in found {
            *seen = Seen::from_bytes(self.deck.take());
        }
        Ok(count)
    }
}

impl Clock for Track<'_> {
    fn now(&self) -> Instant {
        self.deck.hears(&Said::Now);
        Instant::from_micros(self.deck.number())
    }
    async fn until(&self, at: Instant) {
        self.deck.call(Said::Until(at)).await;
    }
}

impl DelayNs for Track<'_> {
    async fn delay_ns(&mut self, ns: u32) {
        self.deck.call(Said::Delay(ns)).await;
    }
}

impl Meter for Track<'_> {
    fn measure<R>(&self, stage: Stage, stage_body: impl FnOnce(&mut Work) -> R) -> R {
        let mut work = Work::NONE;
        let result = stage_body(&mut work);
        let _board = self.deck.board_side();
        if let Some(own) = &self.deck.own {
            own.charge(&work);
        }
        self.deck.hears(&Said::Measure(stage, Done(&work)));
        result
    }
    fn window(&self, window: Window) {
        self.deck.hears(&Said::Window(window));
    }
    fn enter(&self, task: Option<&'static str>) -> Option<&'static str> {
        if let Some(task) = task {
            self.deck.hears(&Said::Enter(task));
        }
        self.deck.task.replace(task)
    }
}

impl Power for Track<'_> {
    fn boot_cause(&self) -> BootCause {
        self.deck.hears(&Said::BootCause);
        let cause = self.deck.byte();
        BOOT_CAUSES.get(usize::from(cause)).copied().unwrap_or_else(|| {
            self.deck.differs(self.deck.record.get(), Kind::Senseless { of: "boot cause" });
            BootCause::Reset
        })
    }
    fn cpu_mhz(&self) -> u32 {
        self.deck.hears(&Said::CpuMhz);
        self.deck.number() as u32
    }
    fn set_cpu_mhz(&mut self, mhz: u32) -> Result<(), UnsupportedFrequency> {
        self.ask(Said::SetCpuMhz(mhz)).map_err(|_| UnsupportedFrequency)
    }
}

impl RtcMemory for Track<'_> {
    /// No less than any board has: what the node asked of its own is on the tape.
    const CAPACITY: usize = 8 * 1024;

    fn load(&self, bytes: &mut [u8]) {
        self.deck.hears(&Said::Load(bytes.len() as u32));
        self.deck.fill(bytes);
    }
    fn store(&mut self, bytes: &[u8]) {
        self.deck.hears(&Said::Store(bytes));
    }
}

impl nor_flash::NorFlashError for PlayedError {
    fn kind(&self) -> nor_flash::NorFlashErrorKind {
        fault::flash(self.0)
    }
}

impl nor_flash::ErrorType for Track<'_> {
    type Error = PlayedError;
}

impl ReadNorFlash for Track<'_> {
    const READ_SIZE: usize = FlashFacts::WORD_BYTES;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), PlayedError> {
        self.call(Said::FlashRead(offset, bytes.len() as u32)).await?;
        self.deck.fill(bytes);
        Ok(())
    }
    fn capacity(&self) -> usize {
        self.deck.hears(&Said::FlashCapacity);
        self.deck.number() as usize
    }
}

impl NorFlash for Track<'_> {
    const WRITE_SIZE: usize = FlashFacts::WORD_BYTES;
    const ERASE_SIZE: usize = FlashFacts::SECTOR_BYTES;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), PlayedError> {
        self.call(Said::FlashErase(from, to)).await
    }
    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), PlayedError> {
        self.call(Said::FlashWrite(offset, bytes)).await
    }
}

impl Events for Track<'_> {
    fn emit(&self, event: Event) {
        self.deck.events.set(self.deck.events.get() + 1);
        self.deck.hears(&Said::Event(event));
    }
}
