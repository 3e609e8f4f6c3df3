//! From the stream of events to the cycles of each region between two markers.

use super::Trouble;
use super::core::{CACHE_LINE, Core};
use super::instruction::{Instruction, Kind, Rule};
use super::pipeline::{Cost, Pipeline};
use super::program::Program;
use super::stream::Event;
use hal_shim::cost::Grade;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was counted between `twin_begin`'s return and the call of `twin_end`; of that call, nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// From 1, in the order of execution.
    pub number: usize,
    pub instructions: u64,
    pub cycles: u64,
    /// Cycles in which nothing was issued: `cycles = instructions + their sum`, unless a rule was left out.
    pub stalls: BTreeMap<Rule, u64>,
    /// Window exceptions, and the instructions of their handlers (counted above too).
    pub window_exceptions: u64,
    pub window_instructions: u64,
    /// By self cycles, most first.
    pub functions: Vec<Function>,
    /// Cache lines of code and constants that a cold cache would have to fetch.
    pub cold_lines: u64,
    /// The worst of the figures that were used.
    pub grade: Grade,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: String,
    pub instructions: u64,
    /// In its own instructions, not in what it calls.
    pub cycles: u64,
}

enum State {
    Outside,
    /// In `twin_begin`: the region begins where it returns to.
    Entering {
        returning: bool,
    },
    Inside {
        pending: Option<usize>,
    },
}

pub struct Regions<'p> {
    program: &'p Program,
    core: &'static Core,
    without: Option<Rule>,
    /// As defined; what the models do not know is looked at only when it is executed.
    defined: Vec<Defined>,
    state: State,
    pipeline: Pipeline,
    tally: Vec<Tally>,
    window_exceptions: u64,
    window_instructions: u64,
    touched: BTreeSet<u32>,
    done: Vec<Region>,
}

enum Defined {
    Known(Instruction),
    Unknown { address: u32, bytes: Vec<u8>, text: String },
}

#[derive(Clone, Copy, Default)]
struct Tally {
    retired: u64,
    cycles: u64,
}

impl<'p> Regions<'p> {
    pub fn new(program: &'p Program, core: &'static Core, without: Option<Rule>) -> Self {
        Self {
            program,
            core,
            without,
            defined: Vec::new(),
            state: State::Outside,
            pipeline: Pipeline::new(core, without),
            tally: Vec::new(),
            window_exceptions: 0,
            window_instructions: 0,
            touched: BTreeSet::new(),
            done: Vec::new(),
        }
    }

    pub fn completed(&self) -> usize {
        self.done.len()
    }

    #[inline]
    pub fn take(&mut self, event: Event) -> Result<(), Trouble> {
        match event {
            Event::Executed(number) => self.execute(number as usize),
            other => self.rare(other),
        }
    }

    fn rare(&mut self, event: Event) -> Result<(), Trouble> {
        match (event, &self.state) {
            (Event::Defined { address, size, bytes, text }, _) => {
                let bytes = &bytes[..usize::from(size).min(bytes.len())];
                self.defined.push(match self.core.isa.decode(bytes, &text) {
                    Some(meaning) => Defined::Known(Instruction { address, size, meaning }),
                    None => Defined::Unknown { address, bytes: bytes.to_vec(), text },
                });
                self.tally.push(Tally::default());
            }
            (Event::Begin, State::Outside) => self.state = State::Entering { returning: false },
            // Its first instruction faulted on a full register window, and is begun again.
            (Event::Begin, State::Entering { .. }) => {}
            (Event::Begin, State::Inside { .. }) => {
                let number = self.done.len() + 1;
                return Err(Trouble::input(
                    format!("twin_begin was called in region {number}, before its twin_end"),
                    "regions follow each other, they do not nest: call twin_end first",
                ));
            }
            (Event::End, State::Inside { .. }) => self.end(),
            // The same for twin_end's first instruction, or no twin_begin before: nothing was being counted.
            (Event::End, _) => {}
            (Event::Touched(address), State::Inside { .. }) if self.program.is_constant(address) => {
                self.touched.insert(address / CACHE_LINE);
            }
            (Event::Touched(_) | Event::Executed(_), _) => {}
        }
        Ok(())
    }

    fn execute(&mut self, number: usize) -> Result<(), Trouble> {
        let Some(Defined::Known(instruction)) = self.defined.get(number) else {
            return self.unknown(number);
        };
        match &mut self.state {
            State::Outside => {}
            State::Entering { returning } => {
                // A return that underflows is followed by its handler, and then by itself again.
                if *returning && !instruction.meaning.spills {
                    self.state = State::Inside { pending: Some(number) };
                } else {
                    *returning = instruction.meaning.kind == Kind::Return;
                }
            }
            State::Inside { pending } => {
                let previous = pending.replace(number);
                if let Some(previous) = previous
                    && let Some(Defined::Known(before)) = self.defined.get(previous)
                {
                    let cost = self.pipeline.issue(before, instruction);
                    self.tally[previous].cycles += cost.cycles;
                    self.tally[previous].retired += u64::from(cost.retired);
                    if cost.window {
                        self.count_window(cost);
                    }
                }
            }
        }
        Ok(())
    }

    fn count_window(&mut self, cost: Cost) {
        if cost.retired {
            self.window_instructions += 1;
        } else {
            self.window_exceptions += 1;
        }
    }

    fn unknown(&self, number: usize) -> Result<(), Trouble> {
        let core = self.core.name;
        match self.defined.get(number) {
            Some(Defined::Unknown { address, bytes, text }) => {
                let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                let function = self.program.function_name(self.program.function_index(*address));
                Err(Trouble::input(
                    format!(
                        "`{}` (bytes {}) at {address:#x} in {function} is not modelled for {core}",
                        text.replace('\t', " "),
                        bytes.join(" "),
                    ),
                    format!(
                        "build for the instruction set of {core}, or teach the decoder in sim/src/cycles"
                    ),
                ))
            }
            _ => Err(Trouble::broken(
                format!("the tracer names an instruction ({number}) that it has not defined"),
                "that is a mistake in the tracer: build it anew",
            )),
        }
    }

    fn end(&mut self) {
        self.state = State::Outside;
        let pipeline = std::mem::replace(&mut self.pipeline, Pipeline::new(self.core, self.without));
        let mut functions: HashMap<usize, Tally> = HashMap::new();
        let mut lines = std::mem::take(&mut self.touched);
        let mut retired = 0;
        for (defined, tally) in self.defined.iter().zip(&mut self.tally) {
            let tally = std::mem::take(tally);
            let Defined::Known(instruction) = defined else { continue };
            if tally.retired == 0 && tally.cycles == 0 {
                continue;
            }
            retired += tally.retired;
            let function = functions.entry(self.program.function_index(instruction.address)).or_default();
            function.retired += tally.retired;
            function.cycles += tally.cycles;
            lines.insert(instruction.address / CACHE_LINE);
            lines.insert(instruction.after().wrapping_sub(1) / CACHE_LINE);
        }
        let mut functions: Vec<Function> = functions
            .into_iter()
            .map(|(index, tally)| Function {
                name: self.program.function_name(index).to_string(),
                instructions: tally.retired,
                cycles: tally.cycles,
            })
            .collect();
        functions.sort_by(|a, b| b.cycles.cmp(&a.cycles).then_with(|| a.name.cmp(&b.name)));
        self.done.push(Region {
            number: self.done.len() + 1,
            instructions: retired,
            cycles: pipeline.cycles(),
            stalls: pipeline.stalls().filter(|(_, cycles)| *cycles > 0).collect(),
            window_exceptions: std::mem::take(&mut self.window_exceptions),
            window_instructions: std::mem::take(&mut self.window_instructions),
            functions,
            cold_lines: lines.len() as u64,
            grade: pipeline.grade(),
        });
    }

    /// All regions that were gone through.
    pub fn finish(self) -> Result<Vec<Region>, Trouble> {
        match self.state {
            State::Outside => Ok(self.done),
            _ => Err(Trouble::input(
                format!("the program ended in region {}, without twin_end", self.done.len() + 1),
                "call twin_end before the program ends",
            )),
        }
    }
}
