//! Linear discriminant analysis with a shrunk covariance: one symmetric solve, no iterations, no chance.
//!
//! Features are standardised, and the pooled covariance within the classes is moved a part of the way (the shrinkage) to one
//! of independent features of the same mean variance: with as many features as windows it could not be inverted otherwise.

use crate::cholesky::Cholesky;
use std::sync::Arc;

/// A score a class: a weighted sum of the features as they come, scaling folded in.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Of each class.
    pub weights: Vec<Vec<f64>>,
    /// Minus infinity of a class that nothing was learnt of.
    pub biases: Vec<f64>,
}

/// Sums over rows, from which a model can be solved. The sums of parts add up to those of the whole: so one pass over the
/// rows does for all ways to leave some of them out.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Near the rows' mean, so that squares of what is far from 0 do not swallow what matters.
    centre: Arc<[f64]>,
    counts: Vec<f64>,
    sums: Vec<Vec<f64>>,
    /// Of all products of two features the lower half, line by line.
    products: Vec<f64>,
}

impl Moments {
    pub fn new(classes: usize, centre: Arc<[f64]>) -> Self {
        let width = centre.len();
        Self {
            centre,
            counts: vec![0.0; classes],
            sums: vec![vec![0.0; width]; classes],
            products: vec![0.0; width * (width + 1) / 2],
        }
    }

    pub fn add(&mut self, row: &[f32], class: usize) {
        let off: Vec<f64> =
            row.iter().zip(self.centre.iter()).map(|(&x, centre)| f64::from(x) - centre).collect();
        self.counts[class] += 1.0;
        self.sums[class].iter_mut().zip(&off).for_each(|(sum, x)| *sum += x);
        let mut rest = self.products.as_mut_slice();
        for (at, x) in off.iter().enumerate() {
            let (line, after) = rest.split_at_mut(at + 1);
            line.iter_mut().zip(&off).for_each(|(sum, y)| *sum += x * y);
            rest = after;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        let add = |(sum, more): (&mut f64, &f64)| *sum += more;
        self.counts.iter_mut().zip(&other.counts).for_each(add);
        self.sums.iter_mut().flatten().zip(other.sums.iter().flatten()).for_each(add);
        self.products.iter_mut().zip(&other.products).for_each(add);
    }

    pub fn fit(&self, shrinkage: f64) -> Linear {
        let (width, count) = (self.centre.len(), self.counts.len());
        let mut linear =
            Linear { weights: vec![vec![0.0; width]; count], biases: vec![f64::NEG_INFINITY; count] };
        let all = self.counts.iter().sum::<f64>();
        let scale = 1.0 / all.max(1.0);
        let product = |a: usize, b: usize| self.products[a * (a + 1) / 2 + b];
        let mean: Vec<f64> =
            (0..width).map(|at| self.sums.iter().map(|sums| sums[at]).sum::<f64>() * scale).collect();
        let power = |at: usize| product(at, at) * scale;
        let spread: Vec<f64> =
            (0..width).map(|at| (power(at) - mean[at] * mean[at]).max(0.0).sqrt()).collect();
        // A feature that never changes tells nothing, and has no scale; what rounding leaves of it is none.
        let changes = |at: usize| {
            let (spread, far) = (spread[at], (mean[at] + self.centre[at]).abs());
            spread > 1e-9 * far && spread > 1e-20 && spread * spread > 1e-12 * power(at)
        };
        let used: Vec<usize> = (0..width).filter(|&at| changes(at)).collect();
        let size = used.len();
        let there: Vec<usize> = (0..count).filter(|&class| self.counts[class] > 0.0).collect();
        let means: Vec<Vec<f64>> = there
            .iter()
            .map(|&class| used.iter().map(|&at| self.sums[class][at] / self.counts[class]).collect())
            .collect();
        let mut covariance: Vec<Vec<f64>> = used
            .iter()
            .enumerate()
            .map(|(line, &a)| used[..=line].iter().map(|&b| product(a, b)).collect())
            .collect();
        for (&class, mean) in there.iter().zip(&means) {
            for (line, &x) in covariance.iter_mut().zip(mean) {
                let weight = self.counts[class] * x;
                line.iter_mut().zip(mean).for_each(|(sum, y)| *sum -= weight * y);
            }
        }
        for (a, line) in covariance.iter_mut().enumerate() {
            let unit = scale / spread[used[a]];
            line.iter_mut().zip(&used).for_each(|(x, &b)| *x *= unit / spread[b]);
        }
        let trace: f64 = (0..size).map(|at| covariance[at][at]).sum();
        let ridge = shrinkage * trace / size.max(1) as f64;
        for (at, line) in covariance.iter_mut().enumerate() {
            line.iter_mut().for_each(|x| *x *= 1.0 - shrinkage);
            // Where the classes explain everything, nothing is left to invert.
            line[at] += ridge.max(1e-9);
        }
        let factor = Cholesky::of(covariance, |_, left| Some(left.max(1e-12)));
        let factor = factor.expect("no pivot is refused");
        for (&class, own) in there.iter().zip(&means) {
            let standard: Vec<f64> =
                used.iter().zip(own).map(|(&at, x)| (x - mean[at]) / spread[at]).collect();
            let solved = factor.solve(&standard);
            let length: f64 = solved.iter().zip(&standard).map(|(w, x)| w * x).sum();
            let mut bias = (self.counts[class] * scale).ln() - 0.5 * length;
            for (&at, weight) in used.iter().zip(&solved) {
                let weight = weight / spread[at];
                bias -= weight * (mean[at] + self.centre[at]);
                linear.weights[class][at] = weight;
            }
            linear.biases[class] = bias;
        }
        linear
    }
}

/// Learns from rows of features, each of one of `count` classes.
pub fn fit(rows: &[&[f32]], classes: &[usize], count: usize, shrinkage: f64) -> Linear {
    let mut moments = Moments::new(count, mean(rows).into());
    rows.iter().zip(classes).for_each(|(row, &class)| moments.add(row, class));
    moments.fit(shrinkage)
}

/// Of each feature.
pub fn mean(rows: &[&[f32]]) -> Vec<f64> {
    let mut mean = vec![0.0; rows.first().map_or(0, |row| row.len())];
    for row in rows {
        mean.iter_mut().zip(*row).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    mean.iter_mut().for_each(|sum| *sum /= rows.len() as f64);
    mean
}

impl Linear {
    pub fn scores(&self, row: &[f32]) -> Vec<f64> {
        let sum = |weights: &Vec<f64>| weights.iter().zip(row).map(|(w, &x)| w * f64::from(x)).sum::<f64>();
        self.weights.iter().zip(&self.biases).map(|(weights, bias)| sum(weights) + bias).collect()
    }

    /// Divides all scores: the classes stay in order, the confidence changes.
    pub fn cool(&mut self, temperature: f64) {
        let all = self.weights.iter_mut().flatten().chain(&mut self.biases);
        all.for_each(|number| *number /= temperature);
    }
}

/// The class with the highest score.
pub fn best(scores: &[f64]) -> usize {
    let better = |best: usize, at: usize| if scores[at] > scores[best] { at } else { best };
    (0..scores.len()).fold(0, better)
}

/// What scores come to as shares of 1.
pub fn shares(scores: &[f64], temperature: f64) -> Vec<f64> {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = scores.iter().map(|score| ((score - most) / temperature).exp()).collect();
    let sum: f64 = shares.iter().sum();
    shares.iter().map(|share| share / sum).collect()
}

/// The temperature from 1 to 16 that makes the shares of classes as likely as they can be, given scores of windows
/// that judged and did not learn.
pub fn temperature(judged: &[(Vec<f64>, usize)]) -> f64 {
    let loss = |power: f64| -> f64 {
        let cooled = power.exp2();
        let of_window = |(scores, class): &(Vec<f64>, usize)| {
            let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scores.iter().map(|score| ((score - most) / cooled).exp()).sum();
            // Of a class that was not learnt: as unlikely as it can be said.
            sum.ln() - ((scores[*class] - most) / cooled).max(-100.0)
        };
        judged.iter().map(of_window).sum()
    };
    if judged.is_empty() {
        return 1.0;
    }
    // Not below 1: a few windows without a mistake would ask for certainty.
    let (mut low, mut high) = (0.0, 4.0);
    // The loss has one valley; each step leaves two thirds.
    for _ in 0..40 {
        let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if loss(left) <= loss(right) { high = right } else { low = left }
    }
    f64::midpoint(low, high).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenarios::rng::Streams;

    fn blobs(seed: u64) -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut stream = Streams::new(seed).stream("test.blobs");
        let mut draw = || (0..12).map(|_| stream.next_u64() as f64 / u64::MAX as f64).sum::<f64>() - 6.0;
        let rows = (0..600).map(|n| {
            let shared = draw();
            let centre = [0.0, 3.0, -3.0][n % 3];
            // The first two are correlated, the last never changes.
            vec![(shared + centre) as f32, (10.0 * shared + draw()) as f32, 7.0]
        });
        (rows.collect(), (0..600).map(|n| n % 3).collect())
    }

    #[test]
    fn a_shared_disturbance_is_taken_out_and_a_constant_left_out() {
        let (rows, classes) = blobs(1);
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let linear = fit(&rows, &classes, 4, 0.001);
        let right = rows.iter().zip(&classes).filter(|(row, class)| best(&linear.scores(row)) == **class);
        // The first feature alone: 93 %.
        assert!(right.count() > 590);
        assert!(linear.weights.iter().all(|weights| weights[2] == 0.0));
        assert_eq!(linear.biases[3], f64::NEG_INFINITY, "nothing was learnt of the last class");
        assert_eq!(linear, fit(&rows, &classes, 4, 0.001), "the same bits");
    }

    /// Two classes of one feature, by hand: variance within 0.25 of means -1 and 1, so 4 m x - 2 m^2 + ln(1/2).
    #[test]
    fn one_feature_is_as_by_hand() {
        let rows = [[-1.5f32], [-0.5], [0.5], [1.5]];
        let rows: Vec<&[f32]> = rows.iter().map(|row| &row[..]).collect();
        let linear = fit(&rows, &[0, 0, 1, 1], 2, 0.0);
        let scores = linear.scores(&[0.25]);
        for (score, expected) in scores.iter().zip([-1.0 - 2.0, 1.0 - 2.0]) {
            assert!((score - (expected + 0.5f64.ln())).abs() < 1e-6, "{scores:?}");
        }
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let (rows, classes) = blobs(2);
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let centre: Arc<[f64]> = mean(&rows[..10]).into();
        let mut parts = [0, 1].map(|_| Moments::new(3, centre.clone()));
        for (at, (row, class)) in rows.iter().zip(&classes).enumerate() {
            parts[at % 2].add(row, *class);
        }
        let [mut sum, other] = parts;
        sum.merge(&other);
        let (whole, parts) = (fit(&rows, &classes, 3, 0.1), sum.fit(0.1));
        for (a, b) in whole.scores(rows[7]).iter().zip(parts.scores(rows[7])) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
    }

    #[test]
    fn who_is_too_sure_is_cooled() {
        // Always 8 apart and right in 3 of 4: the best shares are 3/4 and 1/4, ln 3 apart.
        let judged: Vec<_> = (0..400).map(|n| (vec![8.0, 0.0], usize::from(n % 4 == 0))).collect();
        assert!((temperature(&judged) - 8.0 / 3f64.ln()).abs() < 1e-3);
        assert_eq!(temperature(&[]), 1.0);
    }
}
