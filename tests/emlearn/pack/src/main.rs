//! `pack FOLDER BYTES`: FOLDER/forest.json into FOLDER/forest.ntm of at most BYTES, then all of FOLDER/asked.bin is asked.
//!
//! Prints: bytes, words of leaves, answers unlike the f64 walk's, percent like scikit-learn's, percent right for ours and
//! for scikit-learn.

mod room;
mod walk;

use node_core::ml::forest::{Input, Node, Trees};
use node_core::ml::ntm::{Channel, Model, Section, Unit, Writer};
use serde::Deserialize;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

#[derive(Deserialize)]
pub struct Forest {
    format: String,
    version: u32,
    input: String,
    features: Vec<String>,
    classes: Vec<String>,
    about: String,
    trees: Vec<Tree>,
}

/// Arrays over the nodes, the root first, children after their parents; -1 where a leaf has nothing.
#[derive(Deserialize)]
pub struct Tree {
    feature: Vec<i32>,
    threshold: Vec<f64>,
    low: Vec<i64>,
    high: Vec<i64>,
    shares: Vec<Vec<f32>>,
    samples: Vec<f64>,
}

impl Tree {
    fn is_leaf(&self, node: usize) -> bool {
        self.low[node] < 0
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, bytes] = arguments.as_slice() else { return Err("usage: pack FOLDER BYTES".into()) };
    let folder = Path::new(folder);
    let forest: Forest = serde_json::from_slice(&fs::read(folder.join("forest.json"))?)?;
    if forest.format != "nodetwin-forest" || forest.version != 1 || forest.input != "int16" {
        return Err("forest.json: only version 1 with int16 features can be packed here".into());
    }
    let most: usize = bytes.parse()?;
    // What the file holds besides words is measured by writing it without any leaf's words.
    let bare = write(&forest, &room::leaves(&forest, 0))?.len();
    if bare > most {
        return Err(format!("the decisions alone make {bare} bytes").into());
    }
    let words = (most - bare) / 4;
    let leaves = room::leaves(&forest, words);
    let file = write(&forest, &leaves)?;
    fs::write(folder.join("forest.ntm"), &file)?;
    walk::held_against_f64(&forest, &leaves, &file, folder, words)
}

fn write(forest: &Forest, leaves: &room::Leaves) -> Result<Vec<u8>, Box<dyn Error>> {
    let trees: Vec<Vec<Node>> = forest
        .trees
        .iter()
        .zip(leaves)
        .map(|(tree, leaves)| {
            (0..tree.low.len())
                .map(|node| match leaves[node] {
                    Some(leaf) => Node::Leaf(leaf),
                    // For whole numbers the floor decides as the fraction does.
                    None => Node::whole(
                        tree.feature[node] as u16,
                        tree.threshold[node].floor() as i16,
                        tree.low[node] as u32,
                        tree.high[node] as u32,
                    ),
                })
                .collect()
        })
        .collect();
    let trees: Vec<&[Node]> = trees.iter().map(Vec::as_slice).collect();
    let channel = |name| Channel { unit: Unit::Counts, low: -32768.0, high: 32767.0, name };
    let channels: Vec<Channel> = forest.features.iter().map(|name| channel(name)).collect();
    let mut room = vec![0; 1 << 22];
    let mut writer = Writer::new(&mut room)?;
    writer.section(Section::Inputs)?;
    writer.inputs(0.0, &channels)?;
    writer.section(Section::Classes)?;
    writer.classes(forest.classes.iter().map(String::as_str))?;
    writer.section(Section::Model)?;
    writer.forest(&Trees {
        input: Input::Whole,
        features: forest.features.len() as u16,
        classes: forest.classes.len() as u8,
        trees: &trees,
    })?;
    writer.section(Section::About)?;
    writer.bytes(forest.about.as_bytes())?;
    let file = writer.finish()?.to_vec();
    // A file that is written can be opened; walk.rs asks it.
    let words = aligned(&file);
    Model::open(&bytemuck::cast_slice(&words)[..file.len()])?;
    Ok(file)
}

pub fn aligned(bytes: &[u8]) -> Vec<u32> {
    let mut words = vec![0u32; bytes.len().div_ceil(4)];
    bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}
