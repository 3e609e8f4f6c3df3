//! A model's file: read from disk, and held against recordings with node-core's own code.

use super::dataset::Dataset;
use super::scores::Scores;
use super::table::{self, Row};
use super::{Progress, Refusal};
use node_core::ml::ntm::Model;
use std::path::Path;

/// The bytes, at an address that a model can be used at (a copy would lie elsewhere).
#[derive(Debug)]
pub struct ModelFile {
    room: Vec<u8>,
    /// Where the file begins: at a multiple of 4.
    at: usize,
}

impl ModelFile {
    pub fn new(bytes: &[u8]) -> Self {
        let mut room: Vec<u8> = Vec::with_capacity(bytes.len() + 4);
        // The room does not move when it is filled.
        let at = room.as_ptr().align_offset(4);
        room.resize(at, 0);
        room.extend_from_slice(bytes);
        Self { room, at }
    }

    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let bytes = std::fs::read(path).map_err(|error| {
            let message = format!("{}: cannot be read: {error}", path.display());
            Refusal::new(message, "`nodetwin train DATA --task motion -o m.ntm` makes a model")
        })?;
        Ok(Self::new(&bytes))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.room[self.at..]
    }

    /// `name` is for the message.
    pub fn model(&self, name: &Path) -> Result<Model<'_>, Refusal> {
        Model::open(self.bytes()).map_err(|error| {
            let help = "copy the file again, or make it anew with `nodetwin train`";
            Refusal::new(format!("{}: {error}", name.display()), help)
        })
    }
}

/// One number a class, as [`Model::says`] tells. `None` if there are not as many features as it takes.
pub fn ask(model: &Model, features: &[f32]) -> Option<Vec<f64>> {
    let said = model.ask(features, &mut vec![0.0; model.scratch()])?;
    Some(said[..model.classes.count()].iter().copied().map(f64::from).collect())
}

/// What a model says of recordings.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    pub scores: Scores,
    pub across: usize,
    pub short: usize,
    /// Windows of classes that the model does not know, and these classes.
    pub unknown: usize,
    pub unknown_classes: Vec<String>,
}

pub fn evaluate(model: &Model, data: &Dataset, progress: Progress) -> Result<Evaluation, Refusal> {
    let plan = model.plan.as_ref().filter(|plan| matches!(plan.head().channels, 3 | 6)).ok_or_else(|| {
        let help = "give a model that `nodetwin train --task motion` made";
        Refusal::new("the model does not listen to motion", help)
    })?;
    let names: Vec<String> = model.classes.names().map(str::to_owned).collect();
    let of_name = |name: &String| names.iter().position(|known| known == name);
    // In order of name, as the cutter wants them; the model has an order of its own.
    let labels: Vec<String> = data.classes.iter().filter(|label| !label.is_empty()).cloned().collect();
    let table = table::of(data, &labels, plan, progress)?;
    let mut scores = Scores::new(names.clone());
    let mut unknown = 0;
    for Row { class, features, .. } in &table.rows {
        let said = ask(model, features).map(|shares| super::linear::best(&shares));
        match (of_name(&labels[*class]), said) {
            (Some(is), Some(said)) => scores.count(is, said),
            _ => unknown += 1,
        }
    }
    if scores.n() == 0 {
        return Err(Refusal::new(
            format!(
                "no window of {} samples lies in one label that the model knows ({})",
                plan.head().window,
                names.join(", ")
            ),
            "give longer recordings, labelled with the model's classes",
        ));
    }
    let unknown_classes = labels.into_iter().filter(|label| of_name(label).is_none()).collect();
    Ok(Evaluation { scores, across: table.across, short: table.short, unknown, unknown_classes })
}
