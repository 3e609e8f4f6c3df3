//! The ESP32-C3's core: RV32IMC, one instruction a cycle, in order, four stages (ESP32-C3 technical reference
//! manual, chapter 1). Espressif publishes no cycles for its instructions.
//!
//! The figures are those of the CV32E40P, an open core of the same make: four stages in order, RV32IMC; and
//! the C3's performance counter registers (MPCER, MPCMR, MPCCR) count the same events as its ancestor
//! RI5CY's: load hazards, jump hazards, jumps, branches, taken branches, compressed instructions. That it is
//! a relative is an assumption, and so is each figure. What speaks for it (wled/WLED issue #4206, an ESP32-C3
//! at 160 MHz): a division by 1 takes 34.6 cycles, and the relative's 34; a product of 64 bits takes 10.3,
//! and by the relative's MULHU it comes to 10 (firmware-esp32/lab/witness).

use super::core::{Core, Figure, Isa, Timing, Transfers};
use super::instruction::{Kind, Rule};
use hal_shim::cost::Grade::Assumed;
use hal_shim::cost::Graded;

const CV32E40P: &str = "openhwgroup/cv32e40p docs/source/pipeline.rst, taken for a relative";

const fn figure(name: &'static str, value: u32, source: &'static str) -> Figure {
    Figure { name, cycles: Graded { value, grade: Assumed, source } }
}

static ONE: Figure = figure("any other instruction", 1, CV32E40P);
static LOAD: Figure = figure("load latency", 2, CV32E40P);
static MULTIPLY: Figure = figure("MUL", 1, CV32E40P);
static MULTIPLY_HIGH: Figure = figure("MULH, MULHU, MULHSU", 5, CV32E40P);
static DIVIDE: Figure = figure(
    "division, remainder",
    31,
    "openhwgroup/cv32e40p docs/source/pipeline.rst: 3 to 35 cycles, one more for each leading zero of the divisor; 31 is \
     for 10, and the divisors of programs are small",
);
static SPECIAL: Figure = figure(
    "CSR access",
    4,
    "openhwgroup/cv32e40p docs/source/pipeline.rst: 4 for counters, 1 for some others",
);
static FENCE: Figure = figure("FENCE", 2, CV32E40P);
static TAKEN: Figure = figure("taken branch, lost cycles", 2, CV32E40P);
static JUMP: Figure = figure("jump, call, return, lost cycles", 1, CV32E40P);
static CROSSING: Figure = figure("target is a long instruction across two words, lost cycles", 1, CV32E40P);
static JUMP_REGISTER: Figure =
    figure("JALR on the result of the instruction before it, lost cycles", 1, CV32E40P);
static EXCEPTION: Figure =
    figure("exception entry and return, lost cycles", 3, "the pipeline is filled anew");
static NOTHING: Figure = figure("windows and hardware loops", 0, "the core has none");

pub static CORE: Core = Core {
    name: "esp32c3",
    title: "ESP32-C3 (RV32IMC)",
    isa: Isa::Riscv,
    mhz: 160,
    timing,
    transfers: Transfers {
        taken_branch: &TAKEN,
        jump: &JUMP,
        indirect_jump: &JUMP,
        return_: &JUMP,
        crossing_target: &CROSSING,
        window_entry: &NOTHING,
        window_return: &NOTHING,
        exception_entry: &EXCEPTION,
        exception_return: &EXCEPTION,
        loop_back: &NOTHING,
        jump_register: &JUMP_REGISTER,
    },
    line_fill_ns: Graded {
        value: 1_900,
        grade: Assumed,
        source: "32 bytes over DIO at 80 MHz: 24 clocks of command, address and dummy, 128 of data; not measured",
    },
    notes: &["A division costs 31 cycles whatever it divides by: it takes fewer by a large divisor."],
};

fn timing(kind: Kind) -> Timing {
    let latency = |latency, rule| Timing { issue: &ONE, latency, rule };
    let blocks = |issue, rule| Timing { issue, latency: issue, rule };
    match kind {
        Kind::Load => latency(&LOAD, Rule::LoadUse),
        Kind::Multiply => latency(&MULTIPLY, Rule::Multiply),
        Kind::MultiplyHigh => blocks(&MULTIPLY_HIGH, Rule::Multiply),
        Kind::Divide => blocks(&DIVIDE, Rule::Divide),
        Kind::SpecialRead | Kind::SpecialWrite => blocks(&SPECIAL, Rule::Special),
        Kind::MemoryBarrier | Kind::PipelineBarrier => blocks(&FENCE, Rule::Barrier),
        Kind::Integer | Kind::Store => latency(&ONE, Rule::LoadUse),
        Kind::Branch => latency(&ONE, Rule::Branch),
        Kind::Jump | Kind::IndirectJump | Kind::Return => latency(&ONE, Rule::Jump),
        Kind::ExceptionReturn | Kind::Trap => latency(&ONE, Rule::Exception),
        // Kinds that `riscv` never makes: the core has no FPU, no MAC16, no windows, no hardware loops.
        Kind::Mac16
        | Kind::FloatArithmetic
        | Kind::FloatMove
        | Kind::FloatConvert
        | Kind::FloatDivideStep
        | Kind::LoopSetup
        | Kind::WindowReturn => latency(&ONE, Rule::Exception),
    }
}
