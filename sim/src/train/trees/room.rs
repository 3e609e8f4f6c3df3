//! Which leaf gets how many bits: those first that bring most.
//!
//! What a leaf loses is the squared distance of its shares times the training samples that came to it. For the leaves below
//! one decision all rooms are tried that the format has; of the steps from one to the next larger one, over all decisions,
//! the best by loss saved a word are taken until the words are used up, or what is left is not worth a word.

use super::{Is, Tree};
use node_core::ml::forest::{Leaf, Room};

/// A word is worth to bring the shares of one training row nearer by a 64th.
const WORTH: f64 = 1.0 / (64.0 * 64.0);

#[derive(Clone)]
struct Choice {
    words: usize,
    loss: f64,
    leaves: Vec<(usize, Leaf)>,
}

const ROOMS: [Room; 4] = [Room::Class, Room::Half, Room::Word, Room::Double];

/// By tree and node, `None` where it decides; and the words used.
pub fn leaves(trees: &[Tree], words: usize) -> (Vec<Vec<Option<Leaf>>>, usize) {
    let mut steps = Vec::new();
    let mut leaves = Vec::new();
    for (index, tree) in trees.iter().enumerate() {
        let mut of_tree = vec![None; tree.nodes.len()];
        if let Is::Leaf(shares) = &tree.nodes[0].is {
            of_tree[0] = Some(Leaf::nearest(shares, Room::Class).0);
        }
        for node in &tree.nodes {
            let Is::Split { low, high, .. } = node.is else { continue };
            let ladder = ladder(tree, [low, high]);
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
    for (worth, more, tree, choice) in steps {
        if more > left || worth < WORTH {
            break;
        }
        left -= more;
        for (node, leaf) in choice.leaves {
            leaves[tree][node] = Some(leaf);
        }
    }
    (leaves, words - left)
}

/// The choices that no mixture of others betters, cheapest first.
fn ladder(tree: &Tree, children: [usize; 2]) -> Vec<Choice> {
    let ends: Vec<usize> = children.into_iter().filter(|child| tree.is_leaf(*child)).collect();
    let each = |child: usize| {
        let node = &tree.nodes[child];
        let shares = match &node.is {
            Is::Leaf(shares) => shares.as_slice(),
            Is::Split { .. } => &[],
        };
        ROOMS.map(|room| {
            let (leaf, far) = Leaf::nearest(shares, room);
            (leaf, f64::from(far) * node.weight)
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
