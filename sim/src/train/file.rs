//! A model's file: read from disk, and asked with node-core's own code.

use super::Refusal;
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
