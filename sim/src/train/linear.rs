//! Linear discriminant analysis with a shrunk covariance: one symmetric solve, no iterations, no chance.
//!
//! Features are standardised, and the pooled covariance within the classes is moved a tenth of the way to one of
//! independent features of the same mean variance: with as many features as windows it could not be inverted otherwise.

use crate::cholesky::Cholesky;

/// How far the covariance is moved; `RECIPES.md` has what others give.
pub const SHRINKAGE: f64 = 0.1;

/// A score a class: a weighted sum of the features as they come, scaling folded in.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Of each class.
    pub weights: Vec<Vec<f64>>,
    /// Minus infinity of a class that nothing was learnt of.
    pub biases: Vec<f64>,
}

/// Learns from rows of features, each of one of `count` classes.
pub fn fit(rows: &[&[f32]], classes: &[usize], count: usize, shrinkage: f64) -> Linear {
    let width = rows.first().map_or(0, |row| row.len());
    let mut linear =
        Linear { weights: vec![vec![0.0; width]; count], biases: vec![f64::NEG_INFINITY; count] };
    let (mean, spread) = moments(rows, width);
    // A feature that never changes tells nothing, and has no scale.
    let used: Vec<usize> =
        (0..width).filter(|&at| spread[at] > 1e-9 * mean[at].abs() && spread[at] > 1e-20).collect();
    let size = used.len();
    let standard = |row: &[f32]| -> Vec<f64> {
        used.iter().map(|&at| (f64::from(row[at]) - mean[at]) / spread[at]).collect()
    };
    let mut counts = vec![0.0; count];
    let mut means = vec![vec![0.0; size]; count];
    for (row, &class) in rows.iter().zip(classes) {
        counts[class] += 1.0;
        means[class].iter_mut().zip(standard(row)).for_each(|(sum, x)| *sum += x);
    }
    for (mean, &count) in means.iter_mut().zip(&counts) {
        mean.iter_mut().for_each(|sum| *sum /= f64::max(count, 1.0));
    }
    let mut covariance = vec![vec![0.0; size]; size];
    for (row, &class) in rows.iter().zip(classes) {
        let mut off = standard(row);
        off.iter_mut().zip(&means[class]).for_each(|(x, mean)| *x -= mean);
        for (at, (line, &x)) in covariance.iter_mut().zip(&off).enumerate() {
            // The lower half is enough.
            line.iter_mut().zip(&off[..=at]).for_each(|(sum, y)| *sum += x * y);
        }
    }
    let scale = 1.0 / (rows.len().max(1) as f64);
    let trace: f64 = (0..size).map(|at| covariance[at][at] * scale).sum();
    let ridge = shrinkage * trace / size.max(1) as f64;
    for (at, line) in covariance.iter_mut().enumerate() {
        line.iter_mut().for_each(|x| *x *= scale * (1.0 - shrinkage));
        // Where the classes explain everything, nothing is left to invert.
        line[at] += ridge.max(1e-9);
    }
    let factor = Cholesky::of(covariance, |_, left| Some(left.max(1e-12)));
    let factor = factor.expect("no pivot is refused");
    for class in (0..count).filter(|&class| counts[class] > 0.0) {
        let solved = factor.solve(&means[class]);
        let own: f64 = solved.iter().zip(&means[class]).map(|(w, x)| w * x).sum();
        let mut bias = (counts[class] * scale).ln() - 0.5 * own;
        for (&at, weight) in used.iter().zip(&solved) {
            let weight = weight / spread[at];
            bias -= weight * mean[at];
            linear.weights[class][at] = weight;
        }
        linear.biases[class] = bias;
    }
    linear
}

fn moments(rows: &[&[f32]], width: usize) -> (Vec<f64>, Vec<f64>) {
    let count = rows.len().max(1) as f64;
    let mut mean = vec![0.0; width];
    for row in rows {
        mean.iter_mut().zip(*row).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    mean.iter_mut().for_each(|sum| *sum /= count);
    let mut spread = vec![0.0; width];
    for row in rows {
        let off = row.iter().zip(&mean).map(|(&x, mean)| f64::from(x) - mean);
        spread.iter_mut().zip(off).for_each(|(sum, off)| *sum += off * off);
    }
    spread.iter_mut().for_each(|sum| *sum = (*sum / count).sqrt());
    (mean, spread)
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
    fn who_is_too_sure_is_cooled() {
        // Always 8 apart and right in 3 of 4: the best shares are 3/4 and 1/4, ln 3 apart.
        let judged: Vec<_> = (0..400).map(|n| (vec![8.0, 0.0], usize::from(n % 4 == 0))).collect();
        assert!((temperature(&judged) - 8.0 / 3f64.ln()).abs() < 1e-3);
        assert_eq!(temperature(&[]), 1.0);
    }
}
