//! Forests that scikit-learn trained: RandomForestClassifier and ExtraTreesClassifier, as JSON.
//!
//! ```json
//! {
//!   "format": "nodetwin-forest", "version": 1, "input": "float32",
//!   "features": ["x0", "x1"], "classes": ["rest", "wave"], "about": "what it was trained on",
//!   "trees": [{
//!     "feature": [0, -2, -2], "threshold": [12.5, -2.0, -2.0], "low": [1, -1, -1], "high": [2, -1, -1],
//!     "shares": [[], [0.9, 0.1], [0, 1]], "samples": [50, 30, 20]
//!   }]
//! }
//! ```
//!
//! Arrays are over a tree's nodes, the root first, children after their parents. `low` and `high` are nodes, -1 in a leaf; a
//! question goes to `low` if the feature is not above the threshold. `shares`: of each class in a leaf, together 1, elsewhere
//! empty. `samples`: weight of the training rows that came to the node, which decides the leaves that get more bits. `input`:
//! `int16` for whole numbers, `float32` for any. `nodetwin import --help` shows the
//! Python that writes it.

use super::super::Refusal;
use super::super::file::ModelFile;
use super::super::trees::{Asked, Forest, Is, Packed, Tree, TreeNode};
use node_core::ml::MAX_CLASSES;
use node_core::ml::forest::MAX_DEPTH;
use node_core::ml::ntm::{Channel, Model, Section, Unit, WriteError, Writer};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: u32,
    input: String,
    features: Vec<String>,
    classes: Vec<String>,
    #[serde(default)]
    about: String,
    trees: Vec<TreeDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TreeDocument {
    feature: Vec<i64>,
    threshold: Vec<f64>,
    low: Vec<i64>,
    high: Vec<i64>,
    shares: Vec<Vec<f32>>,
    samples: Vec<f64>,
}

/// A forest and the names around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub forest: Forest,
    pub features: Vec<String>,
    pub classes: Vec<String>,
    pub about: String,
}

const HELP: &str = "export it with the Python that `nodetwin import --help` shows";

/// `name` is for the message.
pub fn read(bytes: &[u8], name: &str) -> Result<Imported, Refusal> {
    let refuse = |what: String| Refusal::new(format!("{name}: {what}"), HELP);
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| refuse(format!("no forest: {error}")))?;
    if document.format != "nodetwin-forest" || document.version != 1 {
        return Err(refuse(format!("format {:?}, version {}", document.format, document.version)));
    }
    let asked = match document.input.as_str() {
        "int16" => Asked::Whole,
        "float32" => Asked::Numbers,
        other => return Err(refuse(format!("input {other:?} is neither \"int16\" nor \"float32\""))),
    };
    let (features, classes) = (document.features.len(), document.classes.len());
    if !(1..=256).contains(&features) {
        return Err(refuse(format!("{features} features, a forest asks about 1 to 256")));
    }
    if !(1..=MAX_CLASSES).contains(&classes) {
        return Err(refuse(format!("{classes} classes, a model tells 1 to {MAX_CLASSES} apart")));
    }
    if !(1..=255).contains(&document.trees.len()) {
        return Err(refuse(format!("{} trees, a forest has 1 to 255", document.trees.len())));
    }
    let tree = |(at, tree): (usize, TreeDocument)| {
        tree.read(asked, features, classes).map_err(|what| refuse(format!("tree {at}: {what}")))
    };
    let trees = document.trees.into_iter().enumerate().map(tree).collect::<Result<Vec<_>, _>>()?;
    let forest = Forest { asked, features, classes, trees };
    Ok(Imported { forest, features: document.features, classes: document.classes, about: document.about })
}

impl TreeDocument {
    fn read(self, asked: Asked, features: usize, classes: usize) -> Result<Tree, String> {
        let count = self.low.len();
        let lengths = [
            self.feature.len(),
            self.threshold.len(),
            self.high.len(),
            self.shares.len(),
            self.samples.len(),
        ];
        if count == 0 || lengths.iter().any(|length| *length != count) {
            return Err("its arrays are empty or not of one length".into());
        }
        // Decisions above each node; the root's are none, those of the others come from their parent.
        let mut above: Vec<Option<usize>> = vec![None; count];
        above[0] = Some(0);
        let mut nodes = Vec::with_capacity(count);
        for (node, shares) in self.shares.into_iter().enumerate() {
            let wrong = |what: &str| Err(format!("node {node}: {what}"));
            let Some(depth) = above[node] else { return wrong("no node before it leads to it") };
            let weight = self.samples[node];
            if !(weight >= 0.0 && weight.is_finite()) {
                return wrong("its samples are no weight");
            }
            if self.low[node] < 0 || self.high[node] < 0 {
                let sum: f32 = shares.iter().sum();
                let right = shares.len() == classes && shares.iter().all(|share| *share >= 0.0);
                if !right || (sum - 1.0).abs() > 1e-3 {
                    return wrong("its shares are not those of all classes, together 1");
                }
                nodes.push(TreeNode { weight, is: Is::Leaf(shares) });
                continue;
            }
            if depth >= MAX_DEPTH {
                return wrong("a path of more than 32 decisions; limit max_depth");
            }
            for child in [self.low[node], self.high[node]] {
                let place = usize::try_from(child).ok().filter(|child| *child > node);
                match place.and_then(|child| above.get_mut(child)) {
                    Some(above @ None) => *above = Some(depth + 1),
                    _ => return wrong("a child that is not behind it, or has a parent"),
                }
            }
            let feature = usize::try_from(self.feature[node]).ok().filter(|feature| *feature < features);
            let Some(feature) = feature else { return wrong("a feature that has no name") };
            let threshold = match asked {
                Asked::Whole => self.threshold[node].floor().clamp(-32768.0, 32767.0) as f32,
                Asked::Numbers => not_above(self.threshold[node]),
            };
            if !threshold.is_finite() {
                return wrong("its threshold is no number");
            }
            let (low, high) = (self.low[node] as usize, self.high[node] as usize);
            nodes.push(TreeNode { weight, is: Is::Split { feature: feature as u16, threshold, low, high } });
        }
        Ok(Tree { nodes })
    }
}

/// The largest f32 that is not above: an f32 is not above the one where it is not above the other.
fn not_above(threshold: f64) -> f32 {
    let nearest = threshold as f32;
    if f64::from(nearest) > threshold { nearest.next_down() } else { nearest }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub trees: usize,
    /// Of these, so many are in the file.
    pub kept: usize,
    pub decisions: usize,
    pub classes: usize,
    pub bytes: usize,
}

impl Report {
    pub fn text(&self) -> String {
        let Self { trees, kept, decisions, classes, .. } = self;
        let of = if kept < trees { format!("{kept} of {trees} trees") } else { format!("{trees} trees") };
        format!("forest: {of}, {decisions} decisions, {classes} classes\n")
    }
}

impl Imported {
    /// A file of at most `most` bytes: as many trees as fit, and as many bits for their leaves as are left.
    ///
    /// `like`: a model whose inputs and features it takes over, where it was trained on these.
    pub fn made(&self, like: Option<&Model>, most: usize) -> Result<(ModelFile, Report), Refusal> {
        let (file, packed) = self.packed(like, most)?;
        let report = Report {
            trees: self.forest.trees.len(),
            kept: packed.trees(),
            decisions: packed.decisions(),
            classes: self.classes.len(),
            bytes: file.bytes().len(),
        };
        Ok((file, report))
    }

    /// The same, with what was decided about the leaves.
    pub fn packed(&self, like: Option<&Model>, most: usize) -> Result<(ModelFile, Packed<'_>), Refusal> {
        if let Some(like) = like
            && like.kind.features() != self.forest.features
        {
            let (asks, makes) = (self.forest.features, like.kind.features());
            let message =
                format!("the forest asks about {asks} features, the model it shall be like makes {makes}");
            return Err(Refusal::new(message, "train it on the features that this model's plan makes"));
        }
        let unfit =
            |error: WriteError| Refusal::new(error.to_string(), "give fewer features or smaller trees");
        let none = || {
            let message = format!("not even its first tree fits into {most} bytes");
            Refusal::new(message, "give a larger --max-bytes, or limit max_depth")
        };
        // What is around the trees is known once some are written.
        let packed = self.forest.packed(most).ok_or_else(none)?;
        let around = self.written(&packed, like).map_err(unfit)?.bytes().len().saturating_sub(packed.bytes());
        let packed = self.forest.packed(most.saturating_sub(around)).ok_or_else(none)?;
        let file = self.written(&packed, like).map_err(unfit)?;
        file.model(Path::new("the new model"))?;
        Ok((file, packed))
    }

    fn written(&self, packed: &Packed, like: Option<&Model>) -> Result<ModelFile, WriteError> {
        let thresholds = 4 * (packed.decisions() + self.forest.features);
        let mut room = vec![0; 8 * (packed.decisions() + packed.words) + thresholds + (1 << 17)];
        let mut writer = Writer::new(&mut room)?;
        writer.section(Section::Inputs)?;
        if let Some(like) = like {
            writer.inputs(like.inputs.rate_hz, &like.inputs.channels().collect::<Vec<_>>())?;
            if let Some(plan) = &like.plan {
                writer.section(Section::Plan)?;
                writer.plan(&plan.head(), &plan.ops().collect::<Vec<_>>())?;
            }
        } else {
            let (unit, low, high) = match self.forest.asked {
                Asked::Whole => (Unit::Counts, -32768.0, 32767.0),
                // The file does not tell; what readings there may be is nowhere asked.
                Asked::Numbers => (Unit::Number, -1e9, 1e9),
            };
            let channel = |name| Channel { unit, low, high, name };
            writer.inputs(0.0, &self.features.iter().map(|name| channel(name)).collect::<Vec<_>>())?;
        }
        writer.section(Section::Classes)?;
        writer.classes(self.classes.iter().map(String::as_str))?;
        writer.section(Section::Model)?;
        packed.write(&mut writer)?;
        writer.section(Section::About)?;
        writer.bytes(self.about.as_bytes())?;
        Ok(ModelFile::new(writer.finish()?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::file::ask;
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = r#"{
        "format": "nodetwin-forest", "version": 1, "input": "float32",
        "features": ["x", "y"], "classes": ["rest", "wave"], "about": "by hand",
        "trees": [
            {"feature": [0, -2, 1, -2, -2], "threshold": [0.1, -2, 3.5, -2, -2], "low": [1, -1, 3, -1, -1],
             "high": [2, -1, 4, -1, -1], "shares": [[], [0.75, 0.25], [], [0, 1], [1, 0]], "samples": [9, 4, 5, 3, 2]},
            {"feature": [-2], "threshold": [-2], "low": [-1], "high": [-1], "shares": [[1, 0]], "samples": [9]}
        ]}"#;

    fn told(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        read(GOOD.replacen(from, to, 1).as_bytes(), "f.json").unwrap_err().message
    }

    #[test]
    fn a_forest_answers_as_its_json_says() {
        let imported = read(GOOD.as_bytes(), "f.json").unwrap();
        let (file, report) = imported.made(None, 4096).unwrap();
        assert_eq!((report.trees, report.kept, report.decisions), (2, 2, 2));
        let model = file.model(Path::new("f.ntm")).unwrap();
        let said = |x: f32, y: f32| ask(&model, &[x, y]).unwrap();
        // 0.1 is no f32: the nearest is above it, and goes to the high side as scikit-learn has it.
        assert_eq!(said(0.1f32.next_down(), 9.0), [0.875, 0.125]);
        assert_eq!(said(0.1, 3.5), [0.5, 0.5]);
        assert_eq!(said(0.1, 3.5f32.next_up()), [1.0, 0.0]);
        assert_eq!((model.about, model.inputs.channels().count()), ("by hand", 2));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let all = [
            ("nodetwin-forest", "other", "format \"other\", version 1"),
            ("float32", "int8", "neither"),
            ("[9, 4, 5, 3, 2]", "[9, 4, 5, 3]", "tree 0: its arrays are empty or not of one length"),
            ("[1, -1, 3, -1, -1]", "[0, -1, 3, -1, -1]", "tree 0: node 0: a child that is not behind it"),
            ("[1, -1, 3, -1, -1]", "[2, -1, 3, -1, -1]", "a child that is not behind it, or has a parent"),
            ("[1, -1, 3, -1, -1]", "[1, -1, 9, -1, -1]", "node 2: a child that is not behind it"),
            ("[0, -2, 1, -2, -2]", "[7, -2, 1, -2, -2]", "node 0: a feature that has no name"),
            ("[0.1,", "[-1e300,", "node 0: its threshold is no number"),
            ("[0.75, 0.25]", "[0.75, 0.5]", "node 1: its shares"),
            ("\"about\"", "\"abuot\"", "unknown field `abuot`"),
            ("[9]", "[-1]", "tree 1: node 0: its samples are no weight"),
        ];
        for (from, to, expected) in all {
            let told = told(from, to);
            assert!(told.starts_with("f.json: ") && told.contains(expected), "{told}");
        }
    }

    #[test]
    fn few_bytes_keep_the_first_trees() {
        let imported = read(GOOD.as_bytes(), "f.json").unwrap();
        let whole = imported.made(None, 4096).unwrap().1.bytes;
        let (file, report) = imported.made(None, whole - 8).unwrap();
        assert_eq!((report.kept, file.bytes().len() <= whole - 8), (1, true));
        assert!(imported.made(None, 40).unwrap_err().message.contains("not even its first tree"));
    }

    proptest! {
        /// Whatever the numbers are: refused, or a file that can be asked.
        #[test]
        fn any_numbers_are_refused_or_make_a_model(
            feature in prop::collection::vec(-2i64..3, 5),
            threshold in prop::collection::vec(prop_oneof![any::<f64>(), -9.0f64..9.0], 5),
            low in prop::collection::vec(-1i64..6, 5),
            high in prop::collection::vec(-1i64..6, 5),
            whole: bool,
        ) {
            let document = serde_json::json!({
                "format": "nodetwin-forest", "version": 1, "input": if whole { "int16" } else { "float32" },
                "features": ["x", "y"], "classes": ["a", "b"],
                "trees": [{"feature": feature, "threshold": threshold, "low": low, "high": high,
                    "shares": [[0.5, 0.5], [1, 0], [0, 1], [0.25, 0.75], [1, 0]], "samples": [1, 1, 1, 1, 1]}],
            });
            if let Ok(imported) = read(document.to_string().as_bytes(), "f.json")
                && let Ok((file, _)) = imported.made(None, 4096)
            {
                let model = file.model(Path::new("f.ntm")).unwrap();
                prop_assert!(ask(&model, &[1.0, -1.0]).is_some());
            }
        }
    }
}
