//! Prototypes: a few points a class, each the middle of rows that are alike (k-means of each class by itself).
//!
//! Features are standardised. Nothing is drawn: the first middles are rows far from each other, so the same rows give the same
//! points.

use node_core::ml::nearest::{Bits, MAX_NEIGHBOURS, Metric, Points, Said, Step};
use node_core::ml::ntm::{WriteError, Writer};

#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Points of a class.
    pub points: usize,
    pub neighbours: usize,
    /// How much more a nearer point says: its weight is one over the distance to this power.
    pub power: u8,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { points: 8, neighbours: 6, power: 4 }
    }
}

/// Rounds of k-means; it has come to rest long before.
const ROUNDS: usize = 50;

#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    pub scale: Vec<Step>,
    pub points: Vec<Vec<f32>>,
    /// Of the points.
    pub classes: Vec<usize>,
    pub count: usize,
    pub neighbours: usize,
    pub power: u8,
}

/// Learns from rows of features, each of one of `count` classes.
pub fn fit(rows: &[&[f32]], classes: &[usize], count: usize, parameters: &Parameters) -> Nearest {
    let width = rows.first().map_or(0, |row| row.len());
    let scale: Vec<Step> = (0..width).map(|at| standard(rows, at)).collect();
    let (mut points, mut of) = (Vec::new(), Vec::new());
    for class in 0..count {
        let members: Vec<&[f32]> =
            rows.iter().zip(classes).filter(|(_, of)| **of == class).map(|(row, _)| *row).collect();
        let found = middles(&members, &scale, parameters.points.max(1));
        of.extend(found.iter().map(|_| class));
        points.extend(found);
    }
    let neighbours = parameters.neighbours.min(points.len()).clamp(1, MAX_NEIGHBOURS);
    Nearest { scale, points, classes: of, count, neighbours, power: parameters.power.min(4) }
}

fn standard(rows: &[&[f32]], at: usize) -> Step {
    let count = rows.len().max(1) as f64;
    let mean = rows.iter().map(|row| f64::from(row[at])).sum::<f64>() / count;
    let square = rows.iter().map(|row| (f64::from(row[at]) - mean).powi(2)).sum::<f64>() / count;
    let spread = square.sqrt();
    // What differs by rounding alone does not differ.
    let spread = if spread > 1e-6 * mean.abs() { spread } else { 0.0 };
    Step::standard(mean as f32, spread as f32)
}

fn apart(scale: &[Step], a: &[f32], b: &[f32]) -> f64 {
    let of = scale.iter().zip(a.iter().zip(b)).map(|(step, (a, b))| f64::from((a - b) * step.codes).powi(2));
    of.sum()
}

fn middles(members: &[&[f32]], scale: &[Step], most: usize) -> Vec<Vec<f32>> {
    if members.len() <= most {
        return members.iter().map(|row| row.to_vec()).collect();
    }
    let mean = |of: &[usize]| -> Vec<f32> {
        let sum = |at| of.iter().map(|member| f64::from(members[*member][at])).sum::<f64>();
        (0..scale.len()).map(|at| (sum(at) / of.len() as f64) as f32).collect()
    };
    let all: Vec<usize> = (0..members.len()).collect();
    let mut middles = vec![mean(&all)];
    let nearest = |middles: &[Vec<f32>], row: &[f32]| {
        let far = |at: usize| apart(scale, &middles[at], row);
        let better = |best: (usize, f64), at: usize| if far(at) < best.1 { (at, far(at)) } else { best };
        (1..middles.len()).fold((0, far(0)), better)
    };
    while middles.len() < most {
        let far = |member: usize| nearest(&middles, members[member]).1;
        let furthest = all.iter().copied().map(|member| (member, far(member)));
        let furthest = furthest.reduce(|best, other| if other.1 > best.1 { other } else { best });
        match furthest {
            Some((member, far)) if far > 0.0 => middles.push(members[member].to_vec()),
            _ => break,
        }
    }
    let mut before = Vec::new();
    for _ in 0..ROUNDS {
        let belongs: Vec<usize> = members.iter().map(|row| nearest(&middles, row).0).collect();
        if belongs == before {
            break;
        }
        for (at, middle) in middles.iter_mut().enumerate() {
            let of: Vec<usize> = all.iter().copied().filter(|member| belongs[*member] == at).collect();
            if !of.is_empty() {
                *middle = mean(&of);
            }
        }
        before = belongs;
    }
    middles
}

impl Nearest {
    /// Logarithms of the shares: what softmax makes shares of again.
    pub fn scores(&self, row: &[f32]) -> Vec<f64> {
        let far = |point: &Vec<f32>| apart(&self.scale, point, row).max(1.0).sqrt();
        let mut found: Vec<(f64, usize)> =
            self.points.iter().map(far).zip(self.classes.iter().copied()).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut shares = vec![0.0; self.count];
        let nearest = found.first().map_or(1.0, |first| first.0);
        for (far, class) in &found[..self.neighbours.min(found.len())] {
            shares[*class] += (nearest / far).powi(self.power.into());
        }
        let whole: f64 = shares.iter().sum();
        shares.iter().map(|share| (share / whole).max(1e-6).ln()).collect()
    }

    /// What a model's section holds.
    pub fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let unfit = |_| WriteError::Unfit("26 classes at most");
        let classes: Vec<u8> = self.classes.iter().map(|class| *class as u8).collect();
        writer.nearest(&Points {
            metric: Metric::Squares,
            neighbours: self.neighbours as u8,
            power: self.power,
            bits: Bits::Eight,
            outputs: u8::try_from(self.count).map_err(unfit)?,
            scale: &self.scale,
            points: &self.points.concat(),
            said: Said::Classes(&classes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::{ModelFile, ask};
    use super::super::linear::best;
    use super::*;
    use node_core::ml::ntm::{Channel, Section, Unit};
    use scenarios::rng::Streams;
    use std::path::Path;

    /// Two classes, each in two places that no line divides; the third feature never varies.
    fn corners() -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut chance = Streams::new(3).stream("test.corners");
        (0..200)
            .map(|n| {
                let (right, top) = (n % 2, n / 2 % 2);
                let row = vec![
                    4.0 * right as f32 + chance.normal(),
                    400.0 * top as f32 + 100.0 * chance.normal(),
                    5.0,
                ];
                (row, (right + top) % 2)
            })
            .unzip()
    }

    #[test]
    fn prototypes_tell_corners_apart_and_the_bytes_say_the_same() {
        let (rows, classes) = corners();
        let refs: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let nearest = fit(&refs, &classes, 2, &Parameters { points: 2, ..Parameters::default() });
        assert_eq!((nearest.points.len(), nearest.neighbours), (4, 4));
        assert_eq!(nearest.scale[2].codes, 0.0);
        let right = rows.iter().zip(&classes).filter(|(row, class)| best(&nearest.scores(row)) == **class);
        assert!(right.count() > 185);

        let mut room = vec![0; 4096];
        let mut writer = Writer::new(&mut room).unwrap();
        let channel = Channel { unit: Unit::Number, low: 0.0, high: 3.0, name: "x" };
        writer.section(Section::Inputs).unwrap();
        writer.inputs(0.0, &[channel; 3]).unwrap();
        writer.section(Section::Classes).unwrap();
        writer.classes(["a", "b"].into_iter()).unwrap();
        writer.section(Section::Model).unwrap();
        nearest.write(&mut writer).unwrap();
        let file = ModelFile::new(writer.finish().unwrap());
        let model = file.model(Path::new("nearest")).unwrap();
        for row in &rows {
            let said = ask(&model, row).unwrap();
            let expected = nearest.scores(row)[0].exp();
            // A code is a 16th of a spread; near a border it weighs.
            assert!((said[0] - expected).abs() < 0.15, "{said:?} and {expected}");
        }
    }
}
