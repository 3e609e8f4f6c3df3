//! What an Xtensa instruction reads and writes, from its disassembly: the name says what its operands are
//! for.
//!
//! Registers: a0-a15 are bits 0-15, f0-f15 16-31, b0-b15 32-47, m0-m3 48-51, ACC 52, SAR 53.

use super::instruction::{Kind, Meaning, Registers};

const ACC: u8 = 52;
const SAR: u8 = 53;
const ADDRESS_REGISTERS: u64 = 0xffff;

/// The address registers, which a turn of the window gives other names.
pub const WINDOWED: Registers = Registers(ADDRESS_REGISTERS);

/// `None`: not known.
pub fn decode(text: &str) -> Option<Meaning> {
    let text = text.trim();
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let operands: Vec<&str> = rest.split(',').map(str::trim).filter(|operand| !operand.is_empty()).collect();
    let (kind, roles) = special_register(name).or_else(|| mac16(name)).or_else(|| roles(name))?;
    if roles.len() != operands.len() {
        return None;
    }
    let mut meaning = Meaning::of(kind);
    for (role, operand) in roles.chars().zip(&operands) {
        // Immediates and labels have no role.
        if role == '.' {
            continue;
        }
        let register = register(operand)?;
        match role {
            'w' => meaning.writes.insert(register),
            'r' => meaning.reads.insert(register),
            // Read and written, and the result of the instruction.
            'x' => {
                meaning.reads.insert(register);
                meaning.writes.insert(register);
            }
            // Read and moved on.
            'u' => {
                meaning.reads.insert(register);
                meaning.updates.insert(register);
            }
            // So many booleans from here on.
            '4' | '8' => {
                for next in 0..role.to_digit(10)? as u8 {
                    meaning.reads.insert(register + next);
                }
            }
            _ => return None,
        }
    }
    match name {
        "ssl" | "ssr" | "ssa8l" | "ssa8b" | "ssai" => meaning.writes.insert(SAR),
        "sll" | "srl" | "sra" | "src" => meaning.reads.insert(SAR),
        "wsr.sar" => meaning.writes.insert(SAR),
        "rsr.sar" => meaning.reads.insert(SAR),
        "entry" | "retw" | "retw.n" | "rfwo" | "rfwu" | "rotw" => meaning.rotates = true,
        "l32e" | "s32e" => meaning.spills = true,
        "loop" | "loopnez" | "loopgtz" => meaning.loop_end = Some(address(operands.last()?)?),
        _ if name.ends_with(".ldinc") || name.ends_with(".lddec") => {
            meaning.updates.insert(ACC);
            meaning.reads.insert(ACC);
        }
        _ if kind == Kind::Mac16 => {
            meaning.writes.insert(ACC);
            // mul.* and umul.* begin a sum, mula.* and muls.* go on with one.
            if name.starts_with("mula.") || name.starts_with("muls.") {
                meaning.reads.insert(ACC);
            }
        }
        _ => {}
    }
    Some(meaning)
}

fn register(operand: &str) -> Option<u8> {
    let (file, number) = operand.split_at_checked(1)?;
    let number: u8 = number.parse().ok()?;
    let (first, count) = match file {
        "a" => (0, 16),
        "f" => (16, 16),
        "b" => (32, 16),
        "m" => (48, 4),
        _ => return None,
    };
    (number < count).then_some(first + number)
}

fn address(operand: &str) -> Option<u32> {
    u32::from_str_radix(operand.strip_prefix("0x")?, 16).ok()
}

/// RSR, WSR, XSR and the user registers' RUR, WUR: the register is part of the name.
fn special_register(name: &str) -> Option<(Kind, &'static str)> {
    let (operation, _register) = name.split_once('.')?;
    Some(match operation {
        "rsr" | "rur" => (Kind::SpecialRead, "w"),
        "wsr" | "wur" => (Kind::SpecialWrite, "r"),
        "xsr" => (Kind::SpecialRead, "x"),
        _ => return None,
    })
}

/// The 16-bit multiply-accumulates: of two halves of (a)ddress or (d)ata registers, some with a load for the
/// next one.
fn mac16(name: &str) -> Option<(Kind, &'static str)> {
    if matches!(name, "ldinc" | "lddec") {
        return Some((Kind::Load, "wu"));
    }
    let mut parts = name.split('.');
    let operation = matches!(parts.next()?, "mul" | "umul" | "mula" | "muls");
    let files = matches!(parts.next()?, "aa" | "ad" | "da" | "dd");
    let halves = matches!(parts.next()?, "ll" | "lh" | "hl" | "hh");
    match (operation && files && halves, parts.next()) {
        (true, None) => Some((Kind::Mac16, "rr")),
        // What it loads is ready as after any load; its sum goes into ACC meanwhile.
        (true, Some("ldinc" | "lddec")) => Some((Kind::Load, "wurr")),
        _ => None,
    }
}

fn roles(name: &str) -> Option<(Kind, &'static str)> {
    use Kind::*;
    Some(match name {
        "add" | "add.n" | "addx2" | "addx4" | "addx8" | "sub" | "subx2" | "subx4" | "subx8" | "and"
        | "or" | "xor" | "min" | "max" | "minu" | "maxu" | "src" | "salt" | "saltu" => (Integer, "wrr"),
        "addi" | "addi.n" | "addmi" | "slli" | "srli" | "srai" | "sext" | "clamps" => (Integer, "wr."),
        "extui" => (Integer, "wr.."),
        "neg" | "abs" | "mov" | "mov.n" | "nsa" | "nsau" | "sll" | "srl" | "sra" | "movsp" => (Integer, "wr"),
        "movi" | "movi.n" => (Integer, "w."),
        "ssl" | "ssr" | "ssa8l" | "ssa8b" => (Integer, "r"),
        "ssai" => (Integer, "."),
        "moveqz" | "movnez" | "movltz" | "movgez" | "movt" | "movf" => (Integer, "xrr"),
        "andb" | "orb" | "xorb" | "andbc" | "orbc" => (Integer, "wrr"),
        "any4" | "all4" => (Integer, "w4"),
        "any8" | "all8" => (Integer, "w8"),
        "nop" | "nop.n" => (Integer, ""),

        "l8ui" | "l16ui" | "l16si" | "l32i" | "l32i.n" | "l32ai" | "l32e" => (Load, "wr."),
        "l32r" => (Load, "w."),
        "s8i" | "s16i" | "s32i" | "s32i.n" | "s32ri" | "s32e" => (Store, "rr."),
        "s32c1i" => (Load, "xr."),
        "lsi" => (Load, "wr."),
        "lsip" | "lsiu" => (Load, "wu."),
        "lsx" => (Load, "wrr"),
        "lsxp" | "lsxu" => (Load, "wur"),
        "ssi" => (Store, "rr."),
        "ssip" | "ssiu" => (Store, "ru."),
        "ssx" => (Store, "rrr"),
        "ssxp" | "ssxu" => (Store, "rur"),

        "mull" | "mul16u" | "mul16s" => (Multiply, "wrr"),
        "muluh" | "mulsh" => (MultiplyHigh, "wrr"),
        "quou" | "quos" | "remu" | "rems" => (Divide, "wrr"),

        "add.s" | "sub.s" | "mul.s" => (FloatArithmetic, "wrr"),
        "madd.s" | "msub.s" | "maddn.s" => (FloatArithmetic, "xrr"),
        "mov.s" | "abs.s" | "neg.s" | "rfr" | "wfr" => (FloatMove, "wr"),
        "const.s" => (FloatMove, "w."),
        "moveqz.s" | "movnez.s" | "movltz.s" | "movgez.s" | "movt.s" | "movf.s" => (FloatMove, "xrr"),
        "oeq.s" | "ueq.s" | "olt.s" | "ult.s" | "ole.s" | "ule.s" | "un.s" => (FloatMove, "wrr"),
        "float.s" | "ufloat.s" | "trunc.s" | "utrunc.s" | "round.s" | "floor.s" | "ceil.s" => {
            (FloatConvert, "wr.")
        }
        "div0.s" | "recip0.s" | "rsqrt0.s" | "sqrt0.s" | "nexp01.s" => (FloatDivideStep, "wr"),
        "mksadj.s" | "mkdadj.s" | "addexp.s" | "addexpm.s" => (FloatDivideStep, "xr"),
        "divn.s" => (FloatDivideStep, "xrr"),

        "beq" | "bne" | "blt" | "bge" | "bltu" | "bgeu" | "bany" | "bnone" | "ball" | "bnall" | "bbc"
        | "bbs" => (Branch, "rr."),
        "beqi" | "bnei" | "blti" | "bgei" | "bltui" | "bgeui" | "bbci" | "bbsi" => (Branch, "r.."),
        "beqz" | "beqz.n" | "bnez" | "bnez.n" | "bltz" | "bgez" | "bt" | "bf" => (Branch, "r."),
        "loop" | "loopnez" | "loopgtz" => (LoopSetup, "r."),
        "j" | "call0" | "call4" | "call8" | "call12" => (Jump, "."),
        "jx" | "callx0" | "callx4" | "callx8" | "callx12" => (IndirectJump, "r"),
        "entry" => (Integer, "u."),
        "ret" | "ret.n" | "retw" | "retw.n" => (Return, ""),
        "rfwo" | "rfwu" => (WindowReturn, ""),
        "rotw" => (Integer, "."),
        "rfe" | "rfde" | "rfue" => (ExceptionReturn, ""),
        "rfi" => (ExceptionReturn, "."),

        "memw" | "extw" => (MemoryBarrier, ""),
        "isync" => (PipelineBarrier, ""),
        "rsync" | "esync" | "dsync" => (SpecialWrite, ""),
        "rsil" => (SpecialRead, "w."),
        "simcall" => (Trap, "."),
        "syscall" => (Trap, ""),
        "break" => (Trap, ".."),
        _ => return None,
    })
}
