//! `emlearn-pack FOLDER BYTES`: FOLDER/forest.json into FOLDER/forest.ntm of at most BYTES, as `nodetwin import` does it, then
//! all of FOLDER/asked.bin is asked, and held against a walk of the JSON's own thresholds in f64.
//!
//! Prints: bytes, words of leaves, answers unlike the f64 walk's, percent like scikit-learn's, percent right for ours and
//! for scikit-learn.

use node_core::ml::ntm::Kind;
use serde::Deserialize;
use sim::train::import::forest;
use sim::train::trees::Packed;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

/// What the walk needs of the JSON (README.md); all else is the importer's.
#[derive(Deserialize)]
struct Document {
    trees: Vec<Tree>,
}

#[derive(Deserialize)]
struct Tree {
    feature: Vec<i32>,
    threshold: Vec<f64>,
    low: Vec<i64>,
    high: Vec<i64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, bytes] = arguments.as_slice() else { return Err("usage: emlearn-pack FOLDER BYTES".into()) };
    let folder = Path::new(folder);
    let json = fs::read(folder.join("forest.json"))?;
    let document: Document = serde_json::from_slice(&json)?;
    let imported = forest::read(&json, "forest.json").map_err(|refusal| refusal.message)?;
    let (file, packed) = imported.packed(None, bytes.parse()?).map_err(|refusal| refusal.message)?;
    if packed.trees() < document.trees.len() {
        return Err(format!("only {} trees have room in {bytes} bytes", packed.trees()).into());
    }
    fs::write(folder.join("forest.ntm"), file.bytes())?;

    let model = file.model(Path::new("forest.ntm")).map_err(|refusal| refusal.message)?;
    let Kind::Forest(forest) = &model.kind else { return Err("no forest".into()) };
    let asked = fs::read(folder.join("asked.bin"))?;
    let asked: Vec<i16> = asked.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect();
    let answers = fs::read(folder.join("answers.bin"))?;
    let truth = fs::read(folder.join("truth.bin"))?;
    let (mut unlike, mut like_theirs, mut right, mut theirs_right) = (0, 0, 0, 0);
    for (index, features) in asked.chunks_exact(imported.features.len()).enumerate() {
        let votes = forest.votes_i16(features).ok_or("as many features as the forest takes")?;
        let walked = walk(&document.trees, &packed, features, imported.classes.len());
        let same =
            walked.iter().zip(votes.counts()).all(|(walked, ours)| *walked == f64::from(*ours) / 256.0);
        let best = (0..walked.len()).reduce(|a, b| if walked[b] > walked[a] { b } else { a });
        unlike += usize::from(!same || best != Some(votes.best()));
        like_theirs += usize::from(votes.best() == usize::from(answers[index]));
        right += usize::from(votes.best() == usize::from(truth[index]));
        theirs_right += usize::from(answers[index] == truth[index]);
    }
    let percent = |count: usize| 100.0 * count as f64 / truth.len() as f64;
    println!(
        "{} {} {unlike} {:.2} {:.2} {:.2}",
        file.bytes().len(),
        packed.words,
        percent(like_theirs),
        percent(right),
        percent(theirs_right)
    );
    Ok(())
}

/// The votes of the same leaves, by scikit-learn's own thresholds.
fn walk(trees: &[Tree], packed: &Packed, features: &[i16], classes: usize) -> Vec<f64> {
    let mut votes = vec![0.0; classes];
    for (index, tree) in trees.iter().enumerate() {
        let mut node = 0;
        let leaf = loop {
            if let Some(leaf) = packed.leaf(index, node) {
                break leaf;
            }
            let low = f64::from(features[tree.feature[node] as usize]) <= tree.threshold[node];
            node = if low { tree.low[node] } else { tree.high[node] } as usize;
        };
        if let Some(shares) = leaf.shares(classes) {
            votes.iter_mut().zip(shares).for_each(|(vote, share)| *vote += f64::from(share) / 256.0);
        }
    }
    votes
}
