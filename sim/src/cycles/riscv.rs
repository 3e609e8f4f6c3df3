//! What an RV32IMC instruction reads and writes, from its bits: QEMU's disassembly has too many names for one
//! instruction.
//!
//! Registers: x1-x31 are bits 1-31; x0 is none.

use super::instruction::{Kind, Meaning, Registers};

/// `None`: not known, or not of this core.
pub fn decode(bytes: &[u8]) -> Option<Meaning> {
    let half = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let low = half(0)?;
    if low & 3 == 3 { whole(low | half(2)? << 16) } else { compressed(low) }
}

const RETURN_ADDRESS: u32 = 1;
/// The link register of the outlined prologues and epilogues.
const SECOND_RETURN_ADDRESS: u32 = 5;

fn register(number: u32) -> Registers {
    if number == 0 { Registers::NONE } else { Registers::one(number as u8) }
}

fn meaning(kind: Kind, writes: u32, reads: &[u32]) -> Option<Meaning> {
    let reads = reads.iter().fold(Registers::NONE, |all, &number| all.with(register(number)));
    Some(Meaning { writes: register(writes), reads, ..Meaning::of(kind) })
}

/// JALR and its short forms.
fn indirect(link: u32, target: u32) -> Option<Meaning> {
    let returns = link == 0 && matches!(target, RETURN_ADDRESS | SECOND_RETURN_ADDRESS);
    meaning(if returns { Kind::Return } else { Kind::IndirectJump }, link, &[target])
}

fn whole(word: u32) -> Option<Meaning> {
    let field = |shift: u32, bits: u32| word >> shift & ((1 << bits) - 1);
    let (to, function, first, second, top) =
        (field(7, 5), field(12, 3), field(15, 5), field(20, 5), field(25, 7));
    match word & 0x7f {
        // LUI, AUIPC
        0x37 | 0x17 => meaning(Kind::Integer, to, &[]),
        0x6f => meaning(Kind::Jump, to, &[]),
        0x67 if function == 0 => indirect(to, first),
        0x63 if !matches!(function, 2 | 3) => meaning(Kind::Branch, 0, &[first, second]),
        0x03 if matches!(function, 0 | 1 | 2 | 4 | 5) => meaning(Kind::Load, to, &[first]),
        0x23 if function <= 2 => meaning(Kind::Store, 0, &[first, second]),
        0x13 => meaning(Kind::Integer, to, &[first]),
        0x33 => match top {
            0 => meaning(Kind::Integer, to, &[first, second]),
            0x20 if matches!(function, 0 | 5) => meaning(Kind::Integer, to, &[first, second]),
            1 => {
                let kind = match function {
                    0 => Kind::Multiply,
                    1..=3 => Kind::MultiplyHigh,
                    _ => Kind::Divide,
                };
                meaning(kind, to, &[first, second])
            }
            _ => None,
        },
        // FENCE, FENCE.I
        0x0f if function == 0 => meaning(Kind::MemoryBarrier, 0, &[]),
        0x0f if function == 1 => meaning(Kind::PipelineBarrier, 0, &[]),
        0x73 => match function {
            0 => match word >> 20 {
                // ECALL, EBREAK, WFI
                0 | 1 | 0x105 => meaning(Kind::Trap, 0, &[]),
                // MRET
                0x302 => meaning(Kind::ExceptionReturn, 0, &[]),
                _ => None,
            },
            1..=3 => meaning(Kind::SpecialRead, to, &[first]),
            5..=7 => meaning(Kind::SpecialRead, to, &[]),
            _ => None,
        },
        _ => None,
    }
}

fn compressed(half: u32) -> Option<Meaning> {
    let field = |shift: u32, bits: u32| half >> shift & ((1 << bits) - 1);
    let (to, second) = (field(7, 5), field(2, 5));
    // The short fields name x8-x15.
    let (near, short) = (8 + field(7, 3), 8 + field(2, 3));
    const STACK: u32 = 2;
    match (half & 3, field(13, 3)) {
        // all zeros is no instruction
        (0, 0) if half != 0 => meaning(Kind::Integer, short, &[STACK]),
        (0, 2) => meaning(Kind::Load, short, &[near]),
        (0, 6) => meaning(Kind::Store, 0, &[near, short]),
        (1, 0) => meaning(Kind::Integer, to, &[to]),
        (1, 1) => meaning(Kind::Jump, RETURN_ADDRESS, &[]),
        (1, 2) => meaning(Kind::Integer, to, &[]),
        (1, 3) if to == STACK => meaning(Kind::Integer, STACK, &[STACK]),
        (1, 3) => meaning(Kind::Integer, to, &[]),
        (1, 4) if field(10, 2) < 3 => meaning(Kind::Integer, near, &[near]),
        (1, 4) if field(12, 1) == 0 => meaning(Kind::Integer, near, &[near, short]),
        (1, 5) => meaning(Kind::Jump, 0, &[]),
        (1, 6 | 7) => meaning(Kind::Branch, 0, &[near]),
        (2, 0) => meaning(Kind::Integer, to, &[to]),
        (2, 2) => meaning(Kind::Load, to, &[STACK]),
        (2, 4) => match (field(12, 1), to, second) {
            (0, 0, _) => None,
            (0, _, 0) => indirect(0, to),
            (0, _, _) => meaning(Kind::Integer, to, &[second]),
            (_, 0, 0) => meaning(Kind::Trap, 0, &[]),
            (_, _, 0) => indirect(RETURN_ADDRESS, to),
            (_, _, _) => meaning(Kind::Integer, to, &[to, second]),
        },
        (2, 6) => meaning(Kind::Store, 0, &[STACK, second]),
        _ => None,
    }
}
