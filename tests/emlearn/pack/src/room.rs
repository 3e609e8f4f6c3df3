//! Which leaf gets how many bits: those first that bring most.
//!
//! What a leaf loses is the squared distance of its shares times the training samples that came to it. For the leaves below
//! one decision all rooms are tried that the format has; of the steps from one to the next larger one, over all decisions,
//! the best by loss saved a word are taken until the words are used up.

use crate::{Forest, Tree};
use node_core::ml::forest::{Leaf, Room};

/// By tree and node; `None` where it decides.
pub type Leaves = Vec<Vec<Option<Leaf>>>;

#[derive(Clone)]
struct Choice {
    words: usize,
    loss: f64,
    leaves: Vec<(usize, Leaf)>,
}

const ROOMS: [Room; 4] = [Room::Class, Room::Half, Room::Word, Room::Double];

pub fn leaves(forest: &Forest, words: usize) -> Leaves {
    let mut steps = Vec::new();
    let mut leaves: Leaves = Vec::new();
    for (index, tree) in forest.trees.iter().enumerate() {
        let mut of_tree = vec![None; tree.low.len()];
        if tree.is_leaf(0) {
            of_tree[0] = Some(Leaf::nearest(&tree.shares[0], Room::Class).0);
        }
        for node in (0..tree.low.len()).filter(|node| !tree.is_leaf(*node)) {
            let ladder = ladder(tree, node);
            for (node, leaf) in ladder.first().into_iter().flat_map(|choice| &choice.leaves) {
                of_tree[*node] = Some(*leaf);
            }
            for pair in ladder.windows(2) {
                let more = pair[1].words - pair[0].words;
                steps.push(((pair[0].loss - pair[1].loss) / more as f64, more, index, pair[1].clone()));
            }
        }
        leaves.push(of_tree);
    }
    // Stable, and a ladder's steps become flatter, so each comes after the one before it.
    steps.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut left = words;
    for (_, more, tree, choice) in steps {
        if more > left {
            break;
        }
        left -= more;
        for (node, leaf) in choice.leaves {
            leaves[tree][node] = Some(leaf);
        }
    }
    leaves
}

/// The choices that no mixture of others betters, cheapest first.
fn ladder(tree: &Tree, node: usize) -> Vec<Choice> {
    let children = [tree.low[node], tree.high[node]].map(|child| child as usize);
    let ends: Vec<usize> = children.into_iter().filter(|child| tree.is_leaf(*child)).collect();
    let each = |child: usize| {
        ROOMS.map(|room| {
            let (leaf, far) = Leaf::nearest(&tree.shares[child], room);
            (leaf, f64::from(far) * tree.samples[child])
        })
    };
    let mut choices: Vec<Choice> = Vec::new();
    let mut offer = |picked: &[(usize, (Leaf, f64))]| {
        let halves = picked.iter().filter(|(_, (leaf, _))| matches!(leaf, Leaf::Half(_))).count();
        if halves == 1 {
            return;
        }
        let words = picked.iter().map(|(_, (leaf, _))| words(leaf)).sum::<usize>() - halves / 2;
        let loss = picked.iter().map(|(_, (_, loss))| loss).sum();
        choices.push(Choice {
            words,
            loss,
            leaves: picked.iter().map(|(node, (leaf, _))| (*node, *leaf)).collect(),
        });
    };
    match ends.as_slice() {
        [] => return Vec::new(),
        [only] => each(*only).into_iter().for_each(|leaf| offer(&[(*only, leaf)])),
        [low, high, ..] => {
            for a in each(*low) {
                each(*high).into_iter().for_each(|b| offer(&[(*low, a), (*high, b)]));
            }
        }
    }
    choices.sort_by(|a, b| a.words.cmp(&b.words).then(a.loss.total_cmp(&b.loss)));
    let mut ladder: Vec<Choice> = Vec::new();
    for choice in choices {
        if ladder.last().is_some_and(|last| choice.words == last.words || choice.loss >= last.loss) {
            continue;
        }
        let slope = |a: &Choice, b: &Choice| (a.loss - b.loss) / (b.words - a.words) as f64;
        while let [.., before, last] = ladder.as_slice() {
            if slope(before, last) > slope(last, &choice) {
                break;
            }
            ladder.pop();
        }
        ladder.push(choice);
    }
    ladder
}

fn words(leaf: &Leaf) -> usize {
    match leaf {
        Leaf::Class(_) => 0,
        Leaf::Half(_) | Leaf::Word(_) => 1,
        Leaf::Double(_) => 2,
    }
}
