//! The packed forest against a walk of the same trees in f64.

use crate::room::Leaves;
use crate::{Forest, aligned};
use node_core::ml::ntm::{Kind, Model};
use std::error::Error;
use std::fs;
use std::path::Path;

pub fn held_against_f64(
    forest: &Forest,
    leaves: &Leaves,
    file: &[u8],
    folder: &Path,
    words: usize,
) -> Result<(), Box<dyn Error>> {
    let file_words = aligned(file);
    let model = Model::open(&bytemuck::cast_slice(&file_words)[..file.len()])?;
    let Kind::Forest(packed) = &model.kind else { return Err("no forest".into()) };
    let asked = fs::read(folder.join("asked.bin"))?;
    let (pairs, _) = asked.as_chunks::<2>();
    let asked: Vec<i16> = pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect();
    let answers = fs::read(folder.join("answers.bin"))?;
    let truth = fs::read(folder.join("truth.bin"))?;
    let (mut unlike, mut like_theirs, mut right, mut theirs_right) = (0, 0, 0, 0);
    for (index, features) in asked.chunks_exact(forest.features.len()).enumerate() {
        let votes = packed.votes_i16(features).ok_or("as many features as the forest takes")?;
        let plain = plain(forest, leaves, features);
        let same = plain.iter().zip(votes.counts()).all(|(plain, ours)| *plain == f64::from(*ours) / 256.0);
        let best = (0..plain.len()).reduce(|a, b| if plain[b] > plain[a] { b } else { a });
        unlike += usize::from(!same || best != Some(votes.best()));
        like_theirs += usize::from(votes.best() == usize::from(answers[index]));
        right += usize::from(votes.best() == usize::from(truth[index]));
        theirs_right += usize::from(answers[index] == truth[index]);
    }
    let percent = |count: usize| 100.0 * count as f64 / truth.len() as f64;
    println!(
        "{} {words} {unlike} {:.2} {:.2} {:.2}",
        file.len(),
        percent(like_theirs),
        percent(right),
        percent(theirs_right)
    );
    Ok(())
}

fn plain(forest: &Forest, leaves: &Leaves, features: &[i16]) -> Vec<f64> {
    let mut votes = vec![0.0; forest.classes.len()];
    for (tree, leaves) in forest.trees.iter().zip(leaves) {
        let mut node = 0;
        let leaf = loop {
            if let Some(leaf) = leaves[node] {
                break leaf;
            }
            let low = f64::from(features[tree.feature[node] as usize]) <= tree.threshold[node];
            node = if low { tree.low[node] } else { tree.high[node] } as usize;
        };
        if let Some(shares) = leaf.shares(votes.len()) {
            votes.iter_mut().zip(shares).for_each(|(vote, share)| *vote += f64::from(share) / 256.0);
        }
    }
    votes
}
