//! Xtensa LX6, the ESP32's core: one instruction a cycle, in order, seven stages; windowed registers,
//! zero-overhead loops, MAC16, single-precision FPU. No vendor document of its timing is public, so each
//! figure says where it is from.
//!
//! Code and data in internal RAM or in a warm cache.

use super::core::{Core, Figure, Isa, Timing, Transfers};
use super::instruction::{Kind, Rule};
use hal_shim::cost::Grade::{Assumed, Datasheet, Derived, Measured};
use hal_shim::cost::{Grade, Graded};

const GCC: &str = "gcc-mirror/gcc gcc/config/xtensa/xtensa.md, the compiler's pipeline model";
const ESP_DSP: &str = "espressif/esp-dsp@3c8ac0f docs/esp_bm_results.csv against its assembler sources";
const FLOPS: &str = "qqqlab/madflight tools/TestFLOPS: ten dependent mul.s at 240 MHz take 4.04 cycles each";
const MOPS: &str = "wled/WLED issue #4206, operations a second of an unrolled loop at 240 MHz";

const fn figure(name: &'static str, value: u32, grade: Grade, source: &'static str) -> Figure {
    Figure { name, cycles: Graded { value, grade, source } }
}

static ONE: Figure = figure("any other instruction", 1, Measured, MOPS);
static LOAD: Figure = figure("load latency (integer, float, L32R)", 2, Datasheet, GCC);
static MULTIPLY: Figure = figure("multiply latency (MUL16, MULL)", 2, Datasheet, GCC);
static FLOAT: Figure = figure("float add, multiply, multiply-add latency", 4, Measured, FLOPS);
static FLOAT_MOVE: Figure = figure("float move and comparison latency", 1, Datasheet, GCC);
static FLOAT_CONVERT: Figure = figure("float conversion latency", 2, Datasheet, GCC);
static FLOAT_DIVIDE_STEP: Figure = figure(
    "latency of DIV0.S, RECIP0.S, SQRT0.S and the like",
    4,
    Assumed,
    "as other float arithmetic; nothing is published",
);
static SPECIAL: Figure = figure("special register read latency", 2, Datasheet, GCC);
static DIVIDE: Figure = figure(
    "division",
    2,
    Derived,
    "wled/WLED issue #4206: 2.02 cycles an operation, on operands that are not told; the divider ends early, so large \
     quotients take longer",
);
static MAC16: Figure = figure(
    "MAC16 with ACC, one after the other",
    1,
    Derived,
    "espressif/esp-dsp@3c8ac0f: 1.6 cycles a MAC in all for a dot product of 16-bit samples",
);
static BARRIER: Figure = figure(
    "MEMW, EXTW",
    2,
    Assumed,
    "the write buffer (4 entries, esp-idf core-isa.h) is empty or nearly so: one cycle to find out",
);
static PIPELINE_BARRIER: Figure =
    figure("ISYNC", 7, Assumed, "seven stages (esp-idf core-isa.h) are filled anew");
static SPECIAL_WRITE: Figure =
    figure("special register write", 1, Datasheet, "gcc-mirror/gcc gcc/config/xtensa/xtensa.md");
static TAKEN: Figure = figure(
    "taken branch, lost cycles",
    3,
    Derived,
    "espressif/esp-dsp@3c8ac0f: seven instructions around an inner loop, one of them a taken bne, take 10.39 cycles",
);
static JUMP: Figure = figure(
    "jump, call, lost cycles",
    3,
    Derived,
    "as a taken branch; four of them in esp-dsp's 22 cycles of call8 + entry + retw + ccount",
);
static RETURN: Figure = figure("return, lost cycles", 3, Derived, "as a taken branch; as for calls");
static LOOP_BACK: Figure = figure("end of a zero-overhead loop, lost cycles", 0, Derived, ESP_DSP);
static WINDOW_ENTRY: Figure = figure(
    "window exception entry, lost cycles",
    6,
    Assumed,
    "the pipeline's seven stages are filled anew from the vector; nothing is published but an upper limit for all of a spill",
);
static WINDOW_RETURN: Figure =
    figure("RFWO, RFWU, lost cycles", 3, Assumed, "as a taken branch; nothing is published");
static EXCEPTION_ENTRY: Figure =
    figure("exception entry, lost cycles", 6, Assumed, "as a window exception; nothing is published");
static EXCEPTION_RETURN: Figure =
    figure("RFE, RFI, lost cycles", 3, Assumed, "as a taken branch; nothing is published");
static NOTHING: Figure = figure("alignment of a target", 0, Assumed, "not modelled; nothing is published");

pub static CORE: Core = Core {
    name: "lx6",
    title: "ESP32 (Xtensa LX6)",
    isa: Isa::Xtensa,
    mhz: 240,
    timing,
    transfers: Transfers {
        taken_branch: &TAKEN,
        jump: &JUMP,
        indirect_jump: &JUMP,
        return_: &RETURN,
        crossing_target: &NOTHING,
        window_entry: &WINDOW_ENTRY,
        window_return: &WINDOW_RETURN,
        exception_entry: &EXCEPTION_ENTRY,
        exception_return: &EXCEPTION_RETURN,
        loop_back: &LOOP_BACK,
        jump_register: &NOTHING,
    },
    line_fill_ns: Graded {
        value: 1_900,
        grade: Assumed,
        source: "32 bytes over DIO at 80 MHz: 24 clocks of command, address and dummy, 128 of data; not measured",
    },
    notes: &["A division costs 2 cycles whatever it divides: on the chip a large quotient takes longer."],
};

fn timing(kind: Kind) -> Timing {
    let latency = |latency, rule| Timing { issue: &ONE, latency, rule };
    let blocks = |issue, rule| Timing { issue, latency: issue, rule };
    match kind {
        Kind::Load => latency(&LOAD, Rule::LoadUse),
        Kind::Multiply | Kind::MultiplyHigh => latency(&MULTIPLY, Rule::Multiply),
        Kind::Divide => blocks(&DIVIDE, Rule::Divide),
        Kind::Mac16 => latency(&MAC16, Rule::Multiply),
        Kind::FloatArithmetic => latency(&FLOAT, Rule::Float),
        Kind::FloatMove => latency(&FLOAT_MOVE, Rule::Float),
        Kind::FloatConvert => latency(&FLOAT_CONVERT, Rule::Float),
        Kind::FloatDivideStep => latency(&FLOAT_DIVIDE_STEP, Rule::Float),
        Kind::SpecialRead => latency(&SPECIAL, Rule::Special),
        Kind::SpecialWrite => latency(&SPECIAL_WRITE, Rule::Special),
        Kind::MemoryBarrier => blocks(&BARRIER, Rule::Barrier),
        Kind::PipelineBarrier => blocks(&PIPELINE_BARRIER, Rule::Barrier),
        Kind::Integer | Kind::Store => latency(&ONE, Rule::LoadUse),
        Kind::Branch | Kind::LoopSetup => latency(&ONE, Rule::Branch),
        Kind::Jump | Kind::IndirectJump | Kind::Return => latency(&ONE, Rule::Jump),
        Kind::WindowReturn => latency(&ONE, Rule::Window),
        Kind::ExceptionReturn | Kind::Trap => latency(&ONE, Rule::Exception),
    }
}
