//! An instruction as the pipeline sees it: what it reads, what it writes, what kind it is.

use std::fmt;

/// A set of registers, one bit each. Which bit is which register is the instruction set's affair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers(pub u64);

impl Registers {
    pub const NONE: Self = Self(0);

    pub const fn one(register: u8) -> Self {
        Self(1 << register)
    }

    pub fn insert(&mut self, register: u8) {
        self.0 |= 1 << register;
    }

    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Iterator for Registers {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let register = (self.0 != 0).then(|| self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(register)
    }
}

/// What decides how long an instruction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Integer arithmetic and logic, moves, constants.
    Integer,
    Load,
    Store,
    Multiply,
    MultiplyHigh,
    Divide,
    /// Xtensa's 16-bit multiply-accumulate into ACC.
    Mac16,
    /// Float add, subtract, multiply, multiply-add.
    FloatArithmetic,
    /// Float moves, sign changes and comparisons.
    FloatMove,
    /// Between float and integer.
    FloatConvert,
    /// First approximations and steps of float division and roots.
    FloatDivideStep,
    /// Reads a special register.
    SpecialRead,
    SpecialWrite,
    /// Waits for memory accesses.
    MemoryBarrier,
    /// Waits for the pipeline.
    PipelineBarrier,
    /// Conditional.
    Branch,
    /// Jumps and calls to an address in the instruction.
    Jump,
    /// Jumps and calls to an address in a register.
    IndirectJump,
    Return,
    /// Sets up a zero-overhead loop.
    LoopSetup,
    /// Back from a window overflow or underflow.
    WindowReturn,
    /// Back from any other exception or interrupt.
    ExceptionReturn,
    /// To the emulator or into an exception.
    Trap,
}

/// What the instruction set says of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    pub kind: Kind,
    pub reads: Registers,
    /// Its result.
    pub writes: Registers,
    /// An address register that it moves on by the way.
    pub updates: Registers,
    /// It turns the register window: names of address registers mean others from here on.
    pub rotates: bool,
    /// It is found in window handlers only.
    pub spills: bool,
    /// Where the zero-overhead loop ends that it sets up.
    pub loop_end: Option<u32>,
}

impl Meaning {
    pub const fn of(kind: Kind) -> Self {
        Self {
            kind,
            reads: Registers::NONE,
            writes: Registers::NONE,
            updates: Registers::NONE,
            rotates: false,
            spills: false,
            loop_end: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    pub address: u32,
    pub size: u8,
    pub meaning: Meaning,
}

impl Instruction {
    /// Where the next one lies.
    pub fn after(&self) -> u32 {
        self.address.wrapping_add(u32::from(self.size))
    }
}

/// What costs a cycle in which no instruction is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    LoadUse,
    Multiply,
    Divide,
    Float,
    Special,
    /// A conditional branch is taken.
    Branch,
    /// Jumps, calls and returns.
    Jump,
    Window,
    Barrier,
    Exception,
}

impl Rule {
    pub const ALL: [Self; 10] = [
        Self::LoadUse,
        Self::Multiply,
        Self::Divide,
        Self::Float,
        Self::Special,
        Self::Branch,
        Self::Jump,
        Self::Window,
        Self::Barrier,
        Self::Exception,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::LoadUse => "load-use",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
            Self::Float => "float",
            Self::Special => "special",
            Self::Branch => "branch",
            Self::Jump => "jump",
            Self::Window => "window",
            Self::Barrier => "barrier",
            Self::Exception => "exception",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}
