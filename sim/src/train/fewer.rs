//! A model's file with the first of its trees alone: smaller and faster, and perhaps as good.

use super::Refusal;
use node_core::ml::ntm::{Kind, Model};

/// `name` is for the message.
pub fn with_trees(name: &str, file: &[u8], model: &Model, trees: usize) -> Result<Vec<u8>, Refusal> {
    let Some(has) = model.trees() else {
        let help = "leave `trees` out, or take a forest: `nodetwin train DATA --model forest`";
        return Err(Refusal::new(format!("{name}: the model has no trees"), help));
    };
    // One tree of each round is for each sum.
    let round = match &model.kind {
        Kind::Boosted(boosted) => boosted.sums(),
        _ => 1,
    };
    if !(1..=has).contains(&trees) || !trees.is_multiple_of(round) {
        let rounds = if round > 1 { format!(", in rounds of {round}") } else { String::new() };
        let message = format!("{name}: {trees} trees cannot be had of its {has}");
        return Err(Refusal::new(message, format!("{round} to {has}{rounds}")));
    }
    let mut room = vec![0; file.len()];
    let written = model.with_fewer_trees(file, trees, &mut room);
    let bytes = written.map_err(|error| Refusal::new(format!("{name}: {error}"), "train it anew"))?;
    Ok(bytes.to_vec())
}
