//! Normal distributions of states: for each its own mean and covariance, shrunk as Ledoit and Wolf found best (2004), so
//! that fewer windows than numbers of the covariance are enough.
//!
//! A state that is really several (a pump with and without load under one label) gets a mixture of them (`mixture`), where
//! windows that it did not learn from are clearly likelier by it.

mod mixture;

use crate::cholesky::Cholesky;
use node_core::ml::normal::{Form, MAX_PARTS, Part};
use node_core::ml::ntm::{WriteError, Writer};

/// Of the mean variance of all features over all states: less than this no state varies. A machine at rest may give the
/// same reading for minutes, and must not alarm at the next digit.
const LEAST_VARIANCE: f64 = 1e-4;
/// How much farther out than all but [`TAIL`] of the normal windows is an anomaly.
const MARGIN: f64 = 1.3;
const TAIL: f64 = 0.01;
/// Parts of a state that in turn are held against what the others teach.
const PARTS: usize = 3;
/// What is, or may be, a mixture goes from one of its distributions to the next: a third of the time may be one that the others
/// never saw. So each part is so many blocks of time, in turn with those of the others.
const TURNS: usize = 4;

/// Of `count` windows in the order of time, the part that one belongs to.
fn part_of(at: usize, count: usize, turns: usize) -> usize {
    at * PARTS * turns / count.max(1) % PARTS
}

#[derive(Clone, Debug, PartialEq)]
pub struct Normals {
    /// By class; `None` of one that nothing was learnt of.
    states: Vec<Option<State>>,
}

/// Its distributions: one, or those of a mixture.
#[derive(Clone, Debug, PartialEq)]
struct State {
    parts: Vec<Normal>,
}

#[derive(Clone, Debug, PartialEq)]
struct Normal {
    /// Logarithm of its weight over its volume, that of the densest part of its state being 0.
    offset: f64,
    mean: Vec<f64>,
    /// The inverse of the covariance's Cholesky factor: rows of the lower triangle.
    factor: Vec<Vec<f64>>,
}

/// Learns from rows of features, each of one of `count` classes.
pub fn fit(rows: &[&[f32]], classes: &[usize], count: usize) -> Normals {
    let width = rows.first().map_or(0, |row| row.len());
    let (mean, scale) = scale(rows, width);
    let of_class = |class: usize| {
        let own: Vec<Vec<f64>> = rows
            .iter()
            .zip(classes)
            .filter(|(_, of)| **of == class)
            .map(|(row, _)| (0..width).map(|at| (f64::from(row[at]) - mean[at]) / scale[at]).collect())
            .collect();
        (!own.is_empty()).then(|| State::of(own, &mean, &scale, MAX_PARTS / count.max(1)))
    };
    Normals { states: (0..count).map(of_class).collect() }
}

/// Mean and standard deviation of each feature; 1 where it never changes.
fn scale(rows: &[&[f32]], width: usize) -> (Vec<f64>, Vec<f64>) {
    let per = 1.0 / rows.len().max(1) as f64;
    let mean_of = |at: usize| rows.iter().map(|row| f64::from(row[at])).sum::<f64>() * per;
    let mean: Vec<f64> = (0..width).map(mean_of).collect();
    let spread = |at: usize| {
        let squares = rows.iter().map(|row| (f64::from(row[at]) - mean[at]).powi(2));
        let spread = (squares.sum::<f64>() * per).sqrt();
        if spread > 1e-9 * mean[at].abs() && spread > 1e-20 { spread } else { mean[at].abs().max(1e-3) }
    };
    let scale = (0..width).map(spread).collect();
    (mean, scale)
}

impl State {
    /// `own` are standardised by `mean` and `scale`. It has `most` parts at most.
    fn of(own: Vec<Vec<f64>>, mean: &[f64], scale: &[f64], most: usize) -> Self {
        let mut parts = mixture::chosen(&own, most);
        // Of features as they come.
        for Normal { mean: centre, factor, .. } in &mut parts {
            for ((x, mean), scale) in centre.iter_mut().zip(mean).zip(scale) {
                *x = mean + *x * scale;
            }
            for line in factor.iter_mut() {
                line.iter_mut().zip(scale).for_each(|(w, scale)| *w /= scale);
            }
        }
        Self { parts }
    }

    fn distance(&self, row: &[f32]) -> f64 {
        let row: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
        let squares: Vec<f64> = self.parts.iter().map(|part| part.square(&row) - 2.0 * part.offset).collect();
        let least = squares.iter().copied().fold(f64::INFINITY, f64::min);
        if squares.len() < 2 || !least.is_finite() {
            return least.max(0.0).sqrt();
        }
        let sum: f64 = squares.iter().map(|square| libm::exp(0.5 * (least - square))).sum();
        (least - 2.0 * libm::log(sum)).max(0.0).sqrt()
    }
}

impl Normal {
    /// Of rows, each of its weight.
    fn of(rows: &[Vec<f64>], weights: &[f64]) -> Self {
        let width = rows.first().map_or(0, Vec::len);
        let count: f64 = weights.iter().sum();
        let mean_of =
            |at: usize| rows.iter().zip(weights).map(|(row, weight)| weight * row[at]).sum::<f64>() / count;
        let mean: Vec<f64> = (0..width).map(mean_of).collect();
        let off = |row: &Vec<f64>| row.iter().zip(&mean).map(|(x, mean)| x - mean).collect();
        let centred: Vec<Vec<f64>> = rows.iter().map(off).collect();
        let mut covariance = covariance(&centred, weights, width);
        for (at, line) in covariance.iter_mut().enumerate() {
            line[at] += LEAST_VARIANCE;
        }
        let factor = Cholesky::of(covariance, |_, left| Some(left.max(1e-12))).expect("no pivot is refused");
        Self { offset: 0.0, mean, factor: factor.inverse_factor() }
    }

    /// The squared distance.
    fn square(&self, row: &[f64]) -> f64 {
        let off: Vec<f64> = row.iter().zip(&self.mean).map(|(x, mean)| x - mean).collect();
        let along = |line: &Vec<f64>| line.iter().zip(&off).map(|(w, off)| w * off).sum::<f64>();
        self.factor.iter().map(|line| along(line).powi(2)).sum::<f64>()
    }
}

/// Of centred rows and their weights, shrunk towards one of independent features of the same mean variance.
fn covariance(rows: &[Vec<f64>], weights: &[f64], width: usize) -> Vec<Vec<f64>> {
    let (count, size) = (weights.iter().sum::<f64>(), width as f64);
    let mut found = vec![vec![0.0; width]; width];
    for (row, weight) in rows.iter().zip(weights) {
        for (line, &x) in found.iter_mut().zip(row) {
            line.iter_mut().zip(row).for_each(|(sum, y)| *sum += weight * x * y / count);
        }
    }
    let mean = (0..width).map(|at| found[at][at]).sum::<f64>() / size;
    let squares: f64 = found.iter().flatten().map(|x| x * x).sum();
    // How far the covariance is from the simple one, and how far it is off by chance: by as many rows as the weights stand for.
    let distance = (squares - size * mean * mean) / size;
    let fourth_of =
        |(row, weight): (&Vec<f64>, &f64)| weight * row.iter().map(|x| x * x).sum::<f64>().powi(2);
    let fourth = rows.iter().zip(weights).map(fourth_of).sum::<f64>() / count;
    let rows = count * count / weights.iter().map(|weight| weight * weight).sum::<f64>();
    let chance = (fourth - squares) / (size * rows);
    let share = if distance > 0.0 { (chance / distance).clamp(0.0, 1.0) } else { 1.0 };
    for (at, line) in found.iter_mut().enumerate() {
        line.iter_mut().for_each(|x| *x *= 1.0 - share);
        line[at] += share * mean;
    }
    found
}

impl Normals {
    /// Distributions of all states.
    pub fn parts(&self) -> usize {
        self.states.iter().flatten().map(|state| state.parts.len()).sum()
    }

    /// Of each class; infinite of one that nothing was learnt of.
    pub fn distances(&self, row: &[f32]) -> Vec<f64> {
        let distance =
            |state: &Option<State>| state.as_ref().map_or(f64::INFINITY, |state| state.distance(row));
        self.states.iter().map(distance).collect()
    }

    pub fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let numbers = |numbers: &[f64]| numbers.iter().map(|x| *x as f32).collect::<Vec<f32>>();
        let lower = |(at, line): (usize, &Vec<f64>)| numbers(&line[..=at]);
        let of_part = |part: &Normal| {
            let factor: Vec<f32> = part.factor.iter().enumerate().flat_map(lower).collect();
            (part.offset as f32, numbers(&part.mean), factor)
        };
        let of_state = |(state, number): (&State, u8)| {
            state.parts.iter().map(|part| (number, of_part(part))).collect::<Vec<_>>()
        };
        let parts: Vec<_> = self.states.iter().flatten().zip(0u8..).flat_map(of_state).collect();
        let parts: Vec<Part> = parts
            .iter()
            .map(|(state, (offset, mean, factor))| Part { state: *state, offset: *offset, mean, factor })
            .collect();
        writer.normal(Form::Full, &parts)
    }
}

/// The state with the least distance, and that distance.
pub fn nearest(distances: &[f64]) -> (usize, f64) {
    let nearer = |best: (usize, f64), (at, &distance): (usize, &f64)| {
        if distance < best.1 { (at, distance) } else { best }
    };
    distances.iter().enumerate().fold((0, f64::INFINITY), nearer)
}

/// From which distance on a window is an anomaly. Each part of each state (in the order of time) is held against what
/// the others teach: windows that were learnt from lie nearer than those that come.
pub fn threshold(rows: &[&[f32]], classes: &[usize], count: usize) -> f64 {
    let mut total = vec![0; count];
    classes.iter().for_each(|&class| total[class] += 1);
    let is_mixture = |state: Option<State>| state.is_some_and(|state| state.parts.len() > 1);
    let turns: Vec<usize> = fit(rows, classes, count)
        .states
        .into_iter()
        .map(|state| if is_mixture(state) { TURNS } else { 1 })
        .collect();
    let mut seen = vec![0; count];
    let part_of = |&class: &usize| {
        seen[class] += 1;
        part_of(seen[class] - 1, total[class], turns[class])
    };
    let parts: Vec<usize> = classes.iter().map(part_of).collect();
    let mut distances = Vec::new();
    for part in 0..PARTS {
        let on = |inside: bool| {
            let here = parts.iter().enumerate().filter(move |(_, of)| (**of == part) == inside);
            here.map(|(at, _)| at).collect::<Vec<usize>>()
        };
        let learn = on(false);
        let (learn_rows, learn_classes): (Vec<&[f32]>, Vec<usize>) =
            learn.iter().map(|&at| (rows[at], classes[at])).unzip();
        let normals = fit(&learn_rows, &learn_classes, count);
        distances.extend(on(true).iter().map(|&at| nearest(&normals.distances(rows[at])).1));
    }
    distances.retain(|distance| distance.is_finite());
    distances.sort_by(f64::total_cmp);
    let at = ((1.0 - TAIL) * distances.len() as f64) as usize;
    let tail = distances.get(at.min(distances.len().saturating_sub(1))).copied().unwrap_or(0.0);
    // Windows of a normal distribution lie about this far out themselves.
    let usual = rows.first().map_or(0.0, |row| (row.len() as f64).sqrt());
    MARGIN * tail.max(usual)
}

/// The chance that a faulty window lies farther out than a normal one; `None` without either.
pub fn auc(normal: &[f64], faulty: &[f64]) -> Option<f64> {
    if normal.is_empty() || faulty.is_empty() {
        return None;
    }
    let mut sorted = normal.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = |x: f64| {
        let less = sorted.partition_point(|y| *y < x);
        let not_more = sorted.partition_point(|y| *y <= x);
        f64::midpoint(less as f64, not_more as f64)
    };
    Some(faulty.iter().map(|x| below(*x)).sum::<f64>() / (normal.len() * faulty.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenarios::rng::Streams;

    /// Two states of two features that go together, each in its own way.
    fn machine(windows: usize) -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut stream = Streams::new(1).stream("test.machine");
        let mut draw = || (0..12).map(|_| stream.next_u64() as f64 / u64::MAX as f64).sum::<f64>() - 6.0;
        let window = |n: usize| {
            let (shared, own) = (draw(), 0.1 * draw());
            match n % 2 {
                0 => vec![shared as f32, (shared + own) as f32],
                _ => vec![5.0 + shared as f32, (5.0 - shared + own) as f32],
            }
        };
        ((0..windows).map(window).collect(), (0..windows).map(|n| n % 2).collect())
    }

    #[test]
    fn what_no_state_does_is_far_from_all() {
        let (rows, classes) = machine(400);
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let normals = fit(&rows, &classes, 3);
        let limit = threshold(&rows, &classes, 3);
        let near = |row: &[f32]| nearest(&normals.distances(row));
        let right = rows.iter().zip(&classes).filter(|(row, class)| near(row).0 == **class);
        assert!(right.count() > 390);
        let alarms = rows.iter().filter(|row| near(row).1 > limit).count();
        assert!(alarms < 4, "{alarms}, limit {limit}");
        // Each feature alone is usual.
        assert!(near(&[1.0, -1.0]).1 > limit && near(&[6.0, 6.0]).1 > limit);
        assert_eq!(normals.distances(&[0.0, 0.0])[2], f64::INFINITY, "nothing was learnt of it");
    }

    #[test]
    fn a_machine_at_rest_that_gives_one_reading_is_not_upset_by_a_digit() {
        let still = [0.001f32, 0.0];
        let (mut rows, mut classes) = machine(100);
        rows.extend((0..50).map(|_| still.to_vec()));
        classes.iter_mut().for_each(|class| *class = 1 - *class % 2);
        classes.extend([2; 50]);
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let normals = fit(&rows, &classes, 3);
        let (state, distance) = nearest(&normals.distances(&[0.002, 0.001]));
        assert!(state == 2 && distance < threshold(&rows, &classes, 3), "{state} {distance}");
    }

    /// One label for what is really two: a pump with and without load.
    #[test]
    fn a_state_that_is_two_gets_a_part_for_each_and_what_lies_between_is_neither() {
        let (mut rows, _) = machine(600);
        for row in rows.iter_mut().skip(1).step_by(2) {
            row[0] += 5.0;
        }
        let learn = |rows: &[Vec<f32>]| {
            let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
            let classes = vec![0; rows.len()];
            (fit(&rows, &classes, 1), threshold(&rows, &classes, 1))
        };
        let (normals, limit) = learn(&rows);
        assert_eq!(normals.parts(), 2);
        let distance = |row: &[f32]| normals.distances(row)[0];
        let alarms = rows.iter().filter(|row| distance(row) > limit).count();
        assert!(alarms < 6, "{alarms}, limit {limit}");
        assert!(distance(&[5.0, 2.5]) > limit);
        // Whatever the order in which they were recorded.
        let after: Vec<Vec<f32>> =
            rows.iter().step_by(2).chain(rows.iter().skip(1).step_by(2)).cloned().collect();
        let (normals, limit) = learn(&after);
        assert_eq!(normals.parts(), 2);
        let distance = |row: &[f32]| normals.distances(row)[0];
        assert!(
            after.iter().filter(|row| distance(row) > limit).count() < 6 && distance(&[5.0, 2.5]) > limit
        );
        // The one that it was half of is one.
        let half: Vec<Vec<f32>> = rows.iter().step_by(2).cloned().collect();
        assert_eq!(learn(&half).0.parts(), 1);
    }

    /// `sklearn.covariance.ledoit_wolf` (1.9.1) of the same rows: shrinkage 0.193243.
    #[test]
    fn shrinkage_is_that_of_ledoit_and_wolf() {
        let rows = [[1.0, 2.0], [-2.0, -3.0], [2.0, 2.0], [-1.0, -1.0]].map(|row| row.to_vec());
        let found = covariance(&rows, &[1.0; 4], 2);
        let expected = [[2.693_243_24, 2.621_959_46], [2.621_959_46, 4.306_756_76]];
        for (found, expected) in found.iter().flatten().zip(expected.as_flattened()) {
            assert!((found - expected).abs() < 1e-8, "{found} {expected}");
        }
    }

    #[test]
    fn area_under_the_curve_by_hand() {
        assert_eq!(auc(&[1.0, 2.0, 3.0], &[4.0, 5.0]), Some(1.0));
        assert_eq!(auc(&[1.0, 3.0], &[2.0, 3.0]), Some((1.0 + 1.5) / 4.0));
        assert_eq!(auc(&[1.0], &[]), None);
    }
}
