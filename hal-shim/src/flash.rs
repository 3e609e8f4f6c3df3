//! The NOR flash chip, as far as it is the node's own: bytes that outlive everything, and what it takes to change them.
//!
//! Programming clears bits and never sets one; a sector is erased as a whole. Both take their time, command by command, and
//! power can go in the middle: what a command had not finished is then half done. Knows nothing of the CPU that waits for it.

use crate::cost::{Grade, Graded};
use crate::time::TrueTime;
use crate::world::Noise;
use node_core::boards::FlashFacts;

const CHIP: &str =
    "data sheet of the W25Q32JV, typical; the board's own part is not told, and others of its size are alike";

const fn datasheet(value: u64) -> Graded<u64> {
    Graded { value, grade: Grade::Datasheet, source: CHIP }
}

/// Nanoseconds from a program command to the end of its first byte, and for each further one.
pub const FIRST_BYTE_NS: Graded<u64> = datasheet(30_000);
pub const NEXT_BYTE_NS: Graded<u64> = datasheet(2_500);
/// A page at most, whatever the bytes say.
pub const PAGE_NS: Graded<u64> = datasheet(400_000);
pub const SECTOR_ERASE_NS: Graded<u64> = datasheet(45_000_000);
/// Erases that each sector is good for; nothing happens in the model beyond them.
pub const ENDURANCE: Graded<u64> = datasheet(100_000);
/// Of an erase, the part in which all bits are first programmed to 0, in thousandths.
const PREPROGRAM_PERMILLE: u64 = 250; // assumed: NOR cells are levelled before they are erased, no data sheet says how long

/// Bytes of one program command and of one read command: the ESP32's ROM moves no more at a time through the controller's
/// registers (esp-idf, rom/spi_flash.h: ESP_ROM_SPIFLASH_BUFF_BYTE_WRITE_NUM, _READ_NUM).
const PROGRAM_BYTES: usize = 32;
const READ_BYTES: usize = 64;
/// One line at 40 MHz, the loader's usual setting; reads on two or four lines are quicker (assumed).
const BIT_NS: u64 = 25;
/// A command and its address.
const HEAD_BYTES: u64 = 4;
/// Around a call, on the CPU: cache off, wait until idle, write enable, cache on and filled again.
pub const CALL_NS: Graded<u64> = Graded {
    value: 10_000,
    grade: Grade::Assumed,
    source: "cache off and on, status polled; nobody measured it",
};

/// What the firmware's driver refuses before it asks the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlashError {
    #[error("not aligned to the flash's word or sector")]
    NotAligned,
    #[error("outside the node's part of the flash")]
    OutOfBounds,
}

/// Programming that would need a bit set: the sector, and the byte that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetsBits {
    pub sector: u32,
    pub byte: u8,
}

/// One command to the chip, kept until nothing can interrupt it any more.
struct Command {
    start: TrueTime,
    end: TrueTime,
    offset: usize,
    before: Vec<u8>,
    erases: bool,
}

pub struct Flash {
    bytes: Vec<u8>,
    /// Erases of each sector so far.
    wear: Vec<u32>,
    /// What a cut leaves of the bits under way.
    chance: Box<dyn Noise>,
    /// The commands of the latest call. The node cannot have made another one before a cut is told.
    latest: Vec<Command>,
}

impl Flash {
    /// As it leaves the factory: erased.
    pub fn new(facts: &FlashFacts, chance: Box<dyn Noise>) -> Self {
        let sectors = facts.bytes as usize / FlashFacts::SECTOR_BYTES;
        Self {
            bytes: vec![0xFF; sectors * FlashFacts::SECTOR_BYTES],
            wear: vec![0; sectors],
            chance,
            latest: Vec::new(),
        }
    }

    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Erases of each sector so far.
    pub fn wear(&self) -> &[u32] {
        &self.wear
    }

    /// Which bytes a call means, if the driver lets it through.
    fn range(&self, offset: u32, length: usize, unit: usize) -> Result<core::ops::Range<usize>, FlashError> {
        let from = offset as usize;
        if !from.is_multiple_of(unit) || !length.is_multiple_of(unit) {
            return Err(FlashError::NotAligned);
        }
        let to = from.checked_add(length).filter(|to| *to <= self.capacity());
        to.map(|to| from..to).ok_or(FlashError::OutOfBounds)
    }

    /// Reads; returns when it is done.
    pub fn read(&mut self, at: TrueTime, offset: u32, out: &mut [u8]) -> Result<TrueTime, FlashError> {
        let range = self.range(offset, out.len(), FlashFacts::WORD_BYTES)?;
        self.latest.clear();
        out.copy_from_slice(&self.bytes[range]);
        let wire: u64 = out.chunks(READ_BYTES).map(|chunk| wire_ns(chunk.len())).sum();
        Ok(at + CALL_NS.value + wire)
    }

    /// Clears the bits that are 0 in `data`; returns when that is done, and whether it would have needed a bit set.
    pub fn program(
        &mut self,
        at: TrueTime,
        offset: u32,
        data: &[u8],
    ) -> Result<(TrueTime, Option<SetsBits>), FlashError> {
        let range = self.range(offset, data.len(), FlashFacts::WORD_BYTES)?;
        self.latest.clear();
        let mut sets = None;
        let (mut now, mut from, mut data) = (at + CALL_NS.value, range.start, data);
        while !data.is_empty() {
            // A command that ran over its page's end would begin at the page's start again.
            let page_left = FlashFacts::PAGE_BYTES - from % FlashFacts::PAGE_BYTES;
            let (command, rest) = data.split_at(data.len().min(PROGRAM_BYTES).min(page_left));
            let end = now + program_ns(command.len());
            let cells = &mut self.bytes[from..from + command.len()];
            self.latest.push(Command {
                start: now,
                end,
                offset: from,
                before: cells.to_vec(),
                erases: false,
            });
            for (cell, &byte) in cells.iter_mut().zip(command) {
                if *cell & byte != byte {
                    let sector = (from / FlashFacts::SECTOR_BYTES) as u32;
                    sets.get_or_insert(SetsBits { sector, byte });
                }
                *cell &= byte;
            }
            (now, from, data) = (end, from + command.len(), rest);
        }
        Ok((now, sets))
    }

    /// Sets all bits of whole sectors; returns when that is done.
    pub fn erase(&mut self, at: TrueTime, from: u32, to: u32) -> Result<TrueTime, FlashError> {
        let length = to.checked_sub(from).ok_or(FlashError::OutOfBounds)? as usize;
        let range = self.range(from, length, FlashFacts::SECTOR_BYTES)?;
        self.latest.clear();
        let mut now = at + CALL_NS.value;
        for offset in range.step_by(FlashFacts::SECTOR_BYTES) {
            let end = now + wire_ns(0) + SECTOR_ERASE_NS.value;
            let cells = &mut self.bytes[offset..offset + FlashFacts::SECTOR_BYTES];
            self.latest.push(Command { start: now, end, offset, before: cells.to_vec(), erases: true });
            cells.fill(0xFF);
            self.wear[offset / FlashFacts::SECTOR_BYTES] += 1;
            now = end;
        }
        Ok(now)
    }

    /// Power went at `at`: what had not begun never was, and what was under way is half done.
    pub fn power_cut(&mut self, at: TrueTime) {
        while let Some(command) = self.latest.pop() {
            if command.end <= at {
                continue;
            }
            let cells = &mut self.bytes[command.offset..command.offset + command.before.len()];
            let permille = 1_000 * at.since(command.start) / command.end.since(command.start).max(1);
            for (cell, before) in cells.iter_mut().zip(command.before) {
                let (from, to, permille) = match command.erases {
                    _ if at <= command.start => (before, before, 0),
                    false => (before, *cell, permille),
                    true if permille < PREPROGRAM_PERMILLE => {
                        (before, 0, permille * 1_000 / PREPROGRAM_PERMILLE)
                    }
                    true => {
                        let rest = 1_000 - PREPROGRAM_PERMILLE;
                        (0, 0xFF, (permille - PREPROGRAM_PERMILLE) * 1_000 / rest)
                    }
                };
                *cell = from ^ ((from ^ to) & bits(&mut *self.chance, permille));
            }
        }
    }
}

/// Eight bits, each set with this probability.
fn bits(chance: &mut dyn Noise, permille: u64) -> u8 {
    (0..8).fold(0, |bits, _| bits << 1 | u8::from(chance.next_u64() % 1_000 < permille))
}

fn wire_ns(bytes: usize) -> u64 {
    (HEAD_BYTES + bytes as u64) * 8 * BIT_NS
}

fn program_ns(bytes: usize) -> u64 {
    let cells = FIRST_BYTE_NS.value + (bytes as u64 - 1) * NEXT_BYTE_NS.value;
    wire_ns(bytes) + cells.min(PAGE_NS.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FACTS: FlashFacts = FlashFacts { partition: "test", bytes: 3 * FlashFacts::SECTOR_BYTES as u32 };
    const SECTOR: u32 = FlashFacts::SECTOR_BYTES as u32;

    /// A generator that is even enough for bits.
    struct Draws(u64);
    impl Noise for Draws {
        fn normal(&mut self, out: &mut [f32]) {
            out.fill(0.0);
        }
        fn next_u64(&mut self) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0 >> 33
        }
    }

    fn chip() -> Flash {
        Flash::new(&FACTS, Box::new(Draws(7)))
    }

    fn content(chip: &mut Flash) -> Vec<u8> {
        let mut bytes = vec![0; chip.capacity()];
        chip.read(TrueTime(u64::MAX / 2), 0, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn it_leaves_the_factory_erased_and_keeps_to_its_bounds() {
        let mut chip = chip();
        assert!(content(&mut chip).iter().all(|&byte| byte == 0xFF));
        let at = TrueTime::START;
        assert_eq!(chip.program(at, 2, &[0; 4]), Err(FlashError::NotAligned));
        assert_eq!(chip.program(at, 4, &[0; 3]), Err(FlashError::NotAligned));
        assert_eq!(chip.erase(at, 0, SECTOR + 4), Err(FlashError::NotAligned));
        assert_eq!(chip.erase(at, SECTOR, 0), Err(FlashError::OutOfBounds));
        assert_eq!(chip.program(at, 3 * SECTOR - 4, &[0; 8]), Err(FlashError::OutOfBounds));
        assert_eq!(chip.read(at, u32::MAX - 3, &mut [0; 4]), Err(FlashError::OutOfBounds));
        assert!(content(&mut chip).iter().all(|&byte| byte == 0xFF));
    }

    /// By hand from the data sheet: 8 commands of 32 bytes are 8 x (36 x 8 bits x 25 ns + 30 us + 31 x 2.5 us); the whole
    /// sector 45 ms.
    #[test]
    fn a_page_takes_under_a_millisecond_and_a_sector_45() {
        let mut chip = chip();
        let (end, _) = chip.program(TrueTime::START, 0, &[0; 256]).unwrap();
        assert_eq!(end.0, 10_000 + 8 * (7_200 + 107_500));
        let end = chip.erase(TrueTime::START, 0, SECTOR).unwrap();
        assert_eq!(end.0, 10_000 + 800 + 45_000_000);
        let end = chip.read(TrueTime::START, 0, &mut [0; 128]).unwrap();
        assert_eq!(end.0, 10_000 + 2 * 68 * 8 * 25);
    }

    #[test]
    fn a_set_bit_is_refused_by_physics_and_told() {
        let mut chip = chip();
        let at = TrueTime::START;
        assert_eq!(chip.program(at, SECTOR, &[0xF0; 4]).unwrap().1, None);
        assert_eq!(chip.program(at, SECTOR, &[0x30; 4]).unwrap().1, None, "clearing more is fine");
        let told = chip.program(at, SECTOR, &[0x3F; 4]).unwrap().1;
        assert_eq!(told, Some(SetsBits { sector: 1, byte: 0x3F }));
        assert_eq!(content(&mut chip)[SECTOR as usize..][..4], [0x30; 4]);
    }

    #[test]
    fn wear_counts_each_sector() {
        let mut chip = chip();
        chip.erase(TrueTime::START, 0, 2 * SECTOR).unwrap();
        chip.erase(TrueTime::START, SECTOR, 2 * SECTOR).unwrap();
        assert_eq!(chip.wear(), [1, 2, 0]);
    }

    #[test]
    fn a_cut_erase_is_neither_old_nor_erased() {
        for (ms, expected) in [(1, 0.9), (11, 1.0), (28, 0.5), (44, 0.03)] {
            let mut chip = chip();
            chip.program(TrueTime::START, 0, &vec![0; SECTOR as usize]).unwrap();
            chip.erase(TrueTime::START, 0, SECTOR).unwrap();
            chip.power_cut(TrueTime(ms * 1_000_000));
            let zeros: u32 =
                content(&mut chip)[..SECTOR as usize].iter().map(|byte| byte.count_zeros()).sum();
            let share = f64::from(zeros) / f64::from(8 * SECTOR);
            assert!(share >= expected - 0.1 && share <= expected + 0.1, "{ms} ms: {share}");
        }
    }

    #[derive(Clone, Debug)]
    enum Op {
        Program(u32, Vec<u8>),
        Erase(u32, u32),
        /// In this many thousandths of the next operation, counted from its start.
        Cut(u64),
    }

    fn op() -> impl Strategy<Value = Op> {
        let words = 3 * SECTOR / 4;
        prop_oneof![
            (0..words, prop::collection::vec(any::<u8>(), 0..100)).prop_map(move |(word, mut data)| {
                data.truncate(data.len() / 4 * 4);
                data.truncate(4 * (words - word) as usize);
                Op::Program(4 * word, data)
            }),
            (0u32..3, 1u32..3)
                .prop_map(|(sector, count)| { Op::Erase(sector * SECTOR, (sector + count).min(3) * SECTOR) }),
            (0u64..1_000).prop_map(Op::Cut),
        ]
    }

    proptest! {
        /// Held against a plain array: without a cut to the byte; with one, a byte that no unfinished command touches is
        /// as before or as after, and of the others no bit moved that was not to move.
        #[test]
        fn it_is_an_array_that_ands_and_survives(ops in prop::collection::vec(op(), 1..40)) {
            let mut chip = chip();
            let mut array = vec![0xFFu8; chip.capacity()];
            let (mut now, mut cut) = (TrueTime::START, None);
            for op in ops {
                let start = now;
                let before = array.clone();
                let mut erased = 0..0;
                let mut touched = 0..0;
                now = match op {
                    Op::Cut(permille) => {
                        cut = Some(permille);
                        continue;
                    }
                    Op::Program(offset, data) => {
                        touched = offset as usize..offset as usize + data.len();
                        for (cell, byte) in array[offset as usize..].iter_mut().zip(&data) {
                            *cell &= byte;
                        }
                        chip.program(now, offset, &data).unwrap().0
                    }
                    Op::Erase(from, to) => {
                        erased = from as usize..to as usize;
                        array[erased.clone()].fill(0xFF);
                        chip.erase(now, from, to).unwrap()
                    }
                };
                if let Some(permille) = cut.take() {
                    let at = start + now.since(start) * permille / 1_000;
                    chip.power_cut(at);
                    let left = content(&mut chip);
                    for (index, &byte) in left.iter().enumerate() {
                        if touched.contains(&index) {
                            prop_assert_eq!(byte & array[index], array[index], "no bit that was to stay is cleared");
                            prop_assert_eq!(byte & before[index], byte, "programming sets no bit");
                        } else if !erased.contains(&index) {
                            prop_assert_eq!(byte, before[index]);
                        }
                    }
                    array = left;
                } else {
                    chip.power_cut(now);
                    prop_assert_eq!(&content(&mut chip), &array, "what has ended, no cut undoes");
                }
            }
        }
    }
}
