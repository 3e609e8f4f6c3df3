//! From samples to a model's inputs: a feature plan, in its own bytes.

use super::read::{Fields, check, check_number};
use super::write::{WriteError, Writer};
use super::{Inputs, NtmError, Wrong};
use crate::dsp::features::Op;
use crate::dsp::features::plan::{self, Plan, PlanHead};

/// The plan, if it is one and is made for these inputs.
pub(crate) fn open<'a>(mut fields: Fields<'a>, inputs: &Inputs) -> Result<Plan<'a>, NtmError> {
    let at = fields.at();
    let bytes = fields.take(fields.left(), "the feature plan")?;
    let plan = Plan::parse(bytes).map_err(|error| NtmError::new(at, Wrong::Plan(error)))?;
    let PlanHead { channels, rate_hz, .. } = plan.head();
    let field = "the feature plan's channels";
    check(channels == inputs.channels().count(), at, field, channels, "as many as come in")?;
    // What has no rate of its own may be taken to have any.
    let agrees = inputs.rate_hz == 0.0 || inputs.rate_hz == rate_hz;
    check_number(agrees, at, "the feature plan's rate", rate_hz, "the rate of what comes in")?;
    Ok(plan)
}

impl Writer<'_> {
    /// What a section with a feature plan holds.
    pub fn plan(&mut self, head: &PlanHead, ops: &[Op<'_>]) -> Result<(), WriteError> {
        let written = plan::write(head, ops, self.left()).ok_or(WriteError::Full)?;
        self.skip(written);
        Ok(())
    }
}
