//! From samples to a model's inputs: a list of operations, as data.
//!
//! The format says how a plan is written and that its sizes add up; what an operation and its parameters mean is
//! said by whoever executes it, who asks [`Plan::check`] once, before the first sample.

use super::NtmError;
use super::Wrong;
use super::read::{Fields, check};
use super::write::{WriteError, Writer};

/// One operation of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<'a> {
    pub operation: u16,
    /// Numbers that it adds to the model's inputs; 0: it prepares the signal for the steps after it.
    pub outputs: u16,
    pub parameters: Parameters<'a>,
    /// Byte of the file where it stands, for errors about it.
    pub at: usize,
}

/// Words whose meaning is the operation's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters<'a>(&'a [[u8; 4]]);

impl Parameters<'_> {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn word(&self, index: usize) -> Option<u32> {
        self.0.get(index).map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// As a finite number.
    pub fn number(&self, index: usize) -> Option<f32> {
        self.word(index).map(f32::from_bits).filter(|number| number.is_finite())
    }
}

/// The window, and what is computed of it.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Samples of each channel in a window.
    pub window: u32,
    /// Samples from one window's start to the next one's.
    pub hop: u32,
    steps: u16,
    outputs: u32,
    fields: Fields<'a>,
}

impl<'a> Plan<'a> {
    pub(crate) fn open(mut fields: Fields<'a>) -> Result<Self, NtmError> {
        const MOST: u32 = 1 << 20;
        let at = fields.at();
        let window = fields.u32("the window")?;
        check((1..=MOST).contains(&window), at, "the window", window, "1 to 1048576 samples")?;
        let at = fields.at();
        let hop = fields.u32("the hop")?;
        check((1..=window).contains(&hop), at, "the hop", hop, "1 to the window's samples")?;
        let steps = fields.u16("the number of steps")?;
        let begin = fields.clone();
        let mut outputs = 0;
        for _ in 0..steps {
            outputs += u32::from(step(&mut fields)?.outputs);
        }
        fields.end("the feature plan")?;
        Ok(Self { window, hop, steps, outputs, fields: begin })
    }

    pub fn steps(&self) -> impl Iterator<Item = Step<'a>> + use<'a> {
        let mut fields = self.fields.clone();
        (0..self.steps).map_while(move |_| step(&mut fields).ok())
    }

    /// Numbers that all steps give together.
    pub fn outputs(&self) -> usize {
        self.outputs as usize
    }

    /// Whether an executor knows every step: `known` gives the outputs of one, or what it misses.
    pub fn check(
        &self,
        mut known: impl FnMut(&Step<'a>) -> Result<u16, &'static str>,
    ) -> Result<(), NtmError> {
        for step in self.steps() {
            match known(&step) {
                Ok(outputs) => {
                    let field = "the outputs of a feature's step";
                    check(outputs == step.outputs, step.at, field, step.outputs, "what the operation gives")?;
                }
                Err(allowed) => {
                    let field = "a feature's operation";
                    let found = step.operation.into();
                    return Err(NtmError::new(step.at, Wrong::Value { field, found, allowed }));
                }
            }
        }
        Ok(())
    }
}

fn step<'a>(fields: &mut Fields<'a>) -> Result<Step<'a>, NtmError> {
    let at = fields.at();
    let operation = fields.u16("a step's operation")?;
    let outputs = fields.u16("a step's outputs")?;
    let count = fields.u8("the number of a step's parameters")?;
    let (words, _) = fields.take(4 * usize::from(count), "a step's parameters")?.as_chunks();
    Ok(Step { operation, outputs, parameters: Parameters(words), at })
}

impl Writer<'_> {
    /// What a section with a feature plan holds; a step is its operation, outputs and parameters.
    pub fn plan(&mut self, window: u32, hop: u32, steps: &[(u16, u16, &[u32])]) -> Result<(), WriteError> {
        self.u32(window)?;
        self.u32(hop)?;
        self.u16(u16::try_from(steps.len()).map_err(|_| WriteError::Unfit("65535 steps at most"))?)?;
        for (operation, outputs, parameters) in steps {
            self.u16(*operation)?;
            self.u16(*outputs)?;
            let count = u8::try_from(parameters.len());
            self.u8(count.map_err(|_| WriteError::Unfit("255 parameters a step at most"))?)?;
            for word in *parameters {
                self.u32(*word)?;
            }
        }
        Ok(())
    }
}
