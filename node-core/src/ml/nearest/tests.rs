//! Points of chance, written, opened and held against a plain search in f64; and what is left of them when bytes change.

extern crate std;
use super::*;
use crate::ml::ntm::{Channel, HEAD, Model, Section, Unit};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

#[derive(Clone, Debug)]
struct Shape {
    metric: Metric,
    neighbours: u8,
    power: u8,
    bits: Bits,
    outputs: u8,
    scale: Vec<Step>,
    points: Vec<f32>,
    answers: Vec<f32>,
    shares: bool,
}

impl Shape {
    fn count(&self) -> usize {
        self.points.len() / self.scale.len()
    }

    fn classes(&self) -> Vec<u8> {
        let classes = self.answers.iter().map(|answer| (answer.abs() * 10.0) as u8 % self.outputs);
        classes.take(self.count()).collect()
    }

    fn file(&self) -> Vec<u32> {
        let mut room = vec![0u32; 1 << 13];
        let mut writer = Writer::new(bytemuck::cast_slice_mut(&mut room)).unwrap();
        let channel = Channel { unit: Unit::Dbm, low: -100.0, high: 0.0, name: "x" };
        writer.section(Section::Inputs).unwrap();
        writer.inputs(0.0, &vec![channel; self.scale.len()]).unwrap();
        writer.section(Section::Classes).unwrap();
        writer.classes(NAMES[..self.outputs.into()].iter().copied()).unwrap();
        writer.section(Section::Model).unwrap();
        let classes = self.classes();
        let values = &self.answers[..self.count() * usize::from(self.outputs)];
        let points = Points {
            metric: self.metric,
            neighbours: self.neighbours,
            power: self.power,
            bits: self.bits,
            outputs: self.outputs,
            scale: &self.scale,
            points: &self.points,
            said: if self.shares { Said::Classes(&classes) } else { Said::Values(values) },
        };
        writer.nearest(&points).unwrap();
        let length = writer.finish().unwrap().len();
        room.truncate(length / 4);
        room
    }

    /// The same points, looked through as one does it first.
    fn plain(&self, features: &[f32]) -> Vec<f64> {
        let code = |step: &Step, feature: f32, low: f32, high: f32| {
            f64::from(((feature - step.zero) * step.codes + 0.5).floor().clamp(low, high))
        };
        let most = f32::from(self.bits.most());
        let mut found: Vec<(f64, usize)> = (0..self.count())
            .map(|point| {
                let sum =
                    self.scale.iter().enumerate().filter(|(_, step)| step.codes > 0.0).map(|(at, step)| {
                        let kept = code(step, self.points[point * self.scale.len() + at], 0.0, most);
                        let off = code(step, features[at], scale::LOW, scale::HIGH) - kept;
                        if self.metric == Metric::Squares { off * off } else { off.abs() }
                    });
                (sum.sum::<f64>(), point)
            })
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let far = |sum: f64| if self.metric == Metric::Squares { sum.max(1.0).sqrt() } else { sum.max(1.0) };
        let (mut said, mut whole) = (vec![0.0; self.outputs.into()], 0.0);
        for (sum, point) in &found[..self.neighbours.into()] {
            let weight = (1.0 / far(*sum)).powi(self.power.into());
            whole += weight;
            if self.shares {
                said[usize::from(self.classes()[*point])] += weight;
            } else {
                let values = &self.answers[point * usize::from(self.outputs)..];
                said.iter_mut().zip(values).for_each(|(said, value)| *said += weight * f64::from(*value));
            }
        }
        said.iter().map(|said| said / whole).collect()
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let step = (-20.0f32..20.0, prop_oneof![4 => 0.1f32..20.0, 1 => Just(0.0f32)]);
    let step = step.prop_map(|(zero, codes)| Step { zero, codes });
    let sizes = (1usize..12, 1u8..=8);
    sizes.prop_flat_map(move |(features, neighbours)| {
        (
            any::<bool>(),
            0u8..=4,
            prop_oneof![Just(Bits::Eight), Just(Bits::Six), Just(Bits::Four)],
            1u8..=5,
            prop::collection::vec(step.clone(), features),
            (usize::from(neighbours)..20).prop_flat_map(move |points| {
                (
                    prop::collection::vec(-30.0f32..30.0, points * features),
                    prop::collection::vec(-50.0f32..50.0, points * 5),
                )
            }),
            any::<bool>(),
        )
            .prop_map(
                move |(squares, power, bits, outputs, mut scale, (points, answers), shares)| {
                    // One feature at least has codes.
                    scale[0].codes = scale[0].codes.max(0.5);
                    let metric = if squares { Metric::Squares } else { Metric::Differences };
                    Shape { metric, neighbours, power, bits, outputs, scale, points, answers, shares }
                },
            )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_nearest_are_those_of_a_plain_search(
        shape in shapes(),
        asked in prop::collection::vec(prop::collection::vec(-60.0f32..60.0, 12), 1..20),
    ) {
        let words = shape.file();
        let model = Model::open(bytemuck::cast_slice(&words)).unwrap();
        let mut scratch = vec![f32::NAN; model.scratch()];
        for features in &asked {
            let features = &features[..shape.scale.len()];
            let said = model.ask(features, &mut scratch).unwrap();
            for (said, expected) in said.iter().zip(shape.plain(features)) {
                let far = (f64::from(*said) - expected).abs();
                prop_assert!(far < 1e-4 * expected.abs().max(1.0), "{} and {}", said, expected);
            }
        }
        prop_assert_eq!(model.ask(&asked[0][..shape.scale.len() - 1], &mut scratch), None);
        prop_assert_eq!(model.ask(&asked[0][..shape.scale.len()], &mut scratch[1..]), None);
    }

    #[test]
    fn a_point_itself_is_nearest(shape in shapes(), which in any::<prop::sample::Index>()) {
        let words = shape.file();
        let model = Model::open(bytemuck::cast_slice(&words)).unwrap();
        let Kind::Nearest(nearest) = &model.kind else { panic!("{:?}", model.kind) };
        let mut scratch = vec![0.0; model.scratch()];
        // In the middle of the codes that there are.
        let middle = |step: &Step| step.zero + f32::from(shape.bits.most() / 2) / step.codes.max(0.1);
        let point = &shape.points[which.index(shape.count()) * shape.scale.len()..][..shape.scale.len()];
        let inside = shape.scale.iter().zip(point).all(|(step, x)| {
            let code = (x - step.zero) * step.codes;
            step.codes == 0.0 || (0.0..=f32::from(shape.bits.most())).contains(&code)
        });
        let far = nearest.distance(point, &mut scratch).unwrap();
        prop_assert!(far == 0.0 || !inside, "{}", far);
        let off: Vec<f32> = shape.scale.iter().map(middle).collect();
        prop_assert!(nearest.distance(&off, &mut scratch).unwrap() <= 255.0);
    }

    #[test]
    fn a_changed_file_is_refused_or_harmless(
        shape in shapes(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut words = shape.file();
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        for (index, value) in &changes {
            let at = HEAD + index.index(bytes.len() - HEAD);
            bytes[at] = *value;
        }
        let crc = crate::crc::crc32(crate::crc::crc32(0, &bytes[..12]), &bytes[HEAD..]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        match Model::open(bytes) {
            Ok(model) => {
                let features = vec![f32::NAN; model.kind.features()];
                let mut scratch = vec![0.0; model.scratch()];
                let said = model.ask(&features, &mut scratch).unwrap();
                prop_assert!(said.iter().all(|said| said.is_finite()));
            }
            Err(error) => {
                prop_assert!(error.at <= bytes.len());
                let told = std::format!("{error}");
                prop_assert!(!told.is_empty());
            }
        }
    }
}

#[test]
fn bits_behind_the_last_code_are_refused_where_they_stand() {
    let shape = Shape {
        metric: Metric::Differences,
        neighbours: 1,
        power: 0,
        bits: Bits::Four,
        outputs: 1,
        scale: vec![Step { zero: 0.0, codes: 1.0 }; 3],
        points: vec![1.0, 2.0, 3.0],
        answers: vec![0.0; 5],
        shares: true,
    };
    let mut words = shape.file();
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
    // Class, two bytes of codes, a zero to the multiple of 4.
    let last = bytes.len() - 2;
    assert_eq!(bytes[last - 2..], [0, 0x21, 0x03, 0]);
    bytes[last] |= 0x10;
    let crc = crate::crc::crc32(crate::crc::crc32(0, &bytes[..12]), &bytes[HEAD..]);
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    let error = Model::open(bytes).map(|_| ()).unwrap_err();
    assert_eq!(
        std::format!("{error}"),
        std::format!("byte {last}: the bits behind a point's codes is 1, allowed: 0")
    );
}
