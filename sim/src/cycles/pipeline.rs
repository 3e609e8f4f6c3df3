//! An in-order pipeline that issues one instruction a cycle, unless the instruction has to wait: for a result
//! that is not there yet, or for the pipeline to fill after a jump.
//!
//! All that is kept is when each register can be read. Caches are warm and memory answers in time.

use super::core::{Core, Figure};
use super::instruction::{Instruction, Kind, Rule};
use super::xtensa;
use hal_shim::cost::Grade;
use std::collections::HashMap;

const REGISTERS: usize = 64;

/// What one instruction cost: one cycle to issue, and the others by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub cycles: u64,
    /// It was carried out, not begun and interrupted.
    pub retired: bool,
    /// It belongs to the handling of a window exception.
    pub window: bool,
}

pub struct Pipeline {
    core: &'static Core,
    without: Option<Rule>,
    /// The cycle in which the next instruction may issue.
    next: u64,
    ready: [u64; REGISTERS],
    /// Who is to blame if a register is not ready.
    owner: [Rule; REGISTERS],
    /// By the index in [`Rule::ALL`].
    stalls: [u64; Rule::ALL.len()],
    in_window_handler: bool,
    /// From each hardware loop's end to its beginning, and the one that was last gone round.
    loops: HashMap<u32, u32>,
    last_loop: (u32, u32),
    /// The worst of the figures used.
    grade: Grade,
}

impl Pipeline {
    pub fn new(core: &'static Core, without: Option<Rule>) -> Self {
        Self {
            core,
            without,
            next: 0,
            ready: [0; REGISTERS],
            owner: [Rule::LoadUse; REGISTERS],
            stalls: [0; Rule::ALL.len()],
            in_window_handler: false,
            loops: HashMap::new(),
            last_loop: (u32::MAX, u32::MAX),
            grade: Grade::Measured,
        }
    }

    /// Issues `instruction`, after which `successor` was begun.
    pub fn issue(&mut self, instruction: &Instruction, successor: &Instruction) -> Cost {
        let before = self.next;
        // Only handlers have instructions that spill, and they begin with one: this was begun in vain.
        let faults = !self.in_window_handler && successor.meaning.spills;
        if self.without == Some(Rule::Window) && (faults || self.in_window_handler) {
            self.in_window_handler = faults || instruction.meaning.kind != Kind::WindowReturn;
            return Cost { cycles: 0, retired: !faults, window: true };
        }
        if faults {
            self.in_window_handler = true;
            self.stall(Rule::Window, self.core.transfers.window_entry);
            return Cost { cycles: self.next - before, retired: false, window: true };
        }
        let window = self.in_window_handler;
        self.wait(instruction);
        self.carry_out(instruction);
        self.transfer(instruction, successor);
        if instruction.meaning.kind == Kind::WindowReturn {
            self.in_window_handler = false;
        }
        Cost { cycles: self.next - before, retired: true, window }
    }

    pub fn cycles(&self) -> u64 {
        self.next
    }

    /// The cycles in which nothing was issued, by cause.
    pub fn stalls(&self) -> impl Iterator<Item = (Rule, u64)> {
        Rule::ALL.into_iter().zip(self.stalls)
    }

    pub fn grade(&self) -> Grade {
        self.grade
    }

    fn rests_on(&mut self, figure: &Figure) {
        self.grade = self.grade.max(figure.cycles.grade);
    }

    /// Nothing is issued for a while.
    fn stall(&mut self, rule: Rule, figure: &'static Figure) {
        self.rests_on(figure);
        self.lose(rule, u64::from(figure.cycles.value));
    }

    fn lose(&mut self, rule: Rule, cycles: u64) {
        let rule = if self.in_window_handler { Rule::Window } else { rule };
        if self.without != Some(rule) {
            self.next += cycles;
            self.stalls[rule as usize] += cycles;
        }
    }

    /// Until all is there that the instruction reads.
    fn wait(&mut self, instruction: &Instruction) {
        let kind = instruction.meaning.kind;
        let early = if matches!(kind, Kind::IndirectJump | Kind::Return) {
            u64::from(self.core.transfers.jump_register.cycles.value)
        } else {
            0
        };
        let (mut until, mut owner) = (self.next, Rule::Jump);
        for register in instruction.meaning.reads {
            let ready = self.ready[register];
            if ready + early > until {
                until = ready + early;
                // A result that would be in time for any other instruction is late for a jump alone.
                owner = if ready <= self.next { Rule::Jump } else { self.owner[register] };
            }
        }
        if until > self.next {
            self.lose(owner, until - self.next);
        }
    }

    fn carry_out(&mut self, instruction: &Instruction) {
        let meaning = &instruction.meaning;
        let timing = (self.core.timing)(meaning.kind);
        self.rests_on(timing.issue);
        self.rests_on(timing.latency);
        let dropped = self.without == Some(timing.rule);
        let latency = if dropped { 1 } else { u64::from(timing.latency.cycles.value) };
        for register in meaning.writes {
            self.ready[register] = self.next + latency;
            self.owner[register] = timing.rule;
        }
        for register in meaning.updates {
            self.ready[register] = self.next + 1;
        }
        self.next += 1;
        self.lose(timing.rule, u64::from(timing.issue.cycles.value) - 1);
        if meaning.rotates {
            // What is late in the old window is there once the pipeline has filled again.
            for register in xtensa::WINDOWED {
                self.ready[register] = self.next;
            }
        }
        if let Some(end) = meaning.loop_end {
            self.loops.insert(end, instruction.after());
            self.last_loop = (end, instruction.after());
        }
    }

    fn transfer(&mut self, instruction: &Instruction, successor: &Instruction) {
        let after = instruction.after();
        if successor.address == after {
            return;
        }
        let transfers = &self.core.transfers;
        let (rule, figure) = match instruction.meaning.kind {
            Kind::Jump => (Rule::Jump, transfers.jump),
            Kind::IndirectJump => (Rule::Jump, transfers.indirect_jump),
            Kind::Return => (Rule::Jump, transfers.return_),
            Kind::WindowReturn => (Rule::Window, transfers.window_return),
            Kind::ExceptionReturn => (Rule::Exception, transfers.exception_return),
            _ if self.goes_round(after, successor.address) => (Rule::Branch, transfers.loop_back),
            Kind::Branch | Kind::LoopSetup => (Rule::Branch, transfers.taken_branch),
            _ => (Rule::Exception, transfers.exception_entry),
        };
        self.stall(rule, figure);
        if successor.size == 4 && !successor.address.is_multiple_of(4) {
            self.stall(rule, transfers.crossing_target);
        }
    }

    /// Whether a hardware loop ends here and begins there.
    fn goes_round(&mut self, end: u32, begin: u32) -> bool {
        if self.last_loop == (end, begin) {
            return true;
        }
        let known = self.loops.get(&end) == Some(&begin);
        if known {
            self.last_loop = (end, begin);
        }
        known
    }
}
