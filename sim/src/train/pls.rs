//! Partial least squares of one value (PLS1, by NIPALS): a linear model of many numbers that say nearly the same, from
//! few examples. Numbers are centred, not scaled: neighbours of a spectrum have one scale.

/// Weights and bias of each number of components, from 1 on: fewer than were asked for where the examples have no more.
pub fn fit(rows: &[&[f32]], values: &[f64], components: usize) -> Vec<(Vec<f64>, f64)> {
    let width = rows.first().map_or(0, |row| row.len());
    let per_row = 1.0 / rows.len().max(1) as f64;
    let mean_of = |at: usize| rows.iter().map(|row| f64::from(row[at])).sum::<f64>() * per_row;
    let mean: Vec<f64> = (0..width).map(mean_of).collect();
    let mean_value = values.iter().sum::<f64>() * per_row;
    let mut x: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| row.iter().zip(&mean).map(|(&x, mean)| f64::from(x) - mean).collect())
        .collect();
    let mut y: Vec<f64> = values.iter().map(|value| value - mean_value).collect();
    let squares = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
    let all: f64 = x.iter().map(|row| squares(row)).sum();

    let mut loadings: Vec<Vec<f64>> = Vec::new();
    // What a component is of the numbers as they came, not of what the components before left.
    let mut rotated: Vec<Vec<f64>> = Vec::new();
    let mut weights = vec![0.0; width];
    let mut found = Vec::new();
    for _ in 0..components.min(rows.len().saturating_sub(1)) {
        let mut direction = vec![0.0; width];
        for (row, &y) in x.iter().zip(&y) {
            direction.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * y);
        }
        let length = squares(&direction).sqrt();
        let scores: Vec<f64> = x.iter().map(|row| dot(row, &direction) / length).collect();
        let spread = squares(&scores);
        // Nothing is left that the value goes with, or nothing at all.
        if spread.is_nan() || length <= 0.0 || spread <= 1e-12 * all {
            break;
        }
        direction.iter_mut().for_each(|w| *w /= length);
        let mut loading = vec![0.0; width];
        for (row, score) in x.iter().zip(&scores) {
            loading.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * score / spread);
        }
        let share = dot(&y, &scores) / spread;
        for ((row, y), score) in x.iter_mut().zip(&mut y).zip(&scores) {
            row.iter_mut().zip(&loading).for_each(|(x, p)| *x -= score * p);
            *y -= score * share;
        }
        let mut rotation = direction.clone();
        for (before, loading) in rotated.iter().zip(&loadings) {
            let part = dot(loading, &direction);
            rotation.iter_mut().zip(before).for_each(|(r, before)| *r -= part * before);
        }
        weights.iter_mut().zip(&rotation).for_each(|(w, r)| *w += share * r);
        loadings.push(loading);
        rotated.push(rotation);
        found.push((weights.clone(), mean_value - dot(&weights, &mean)));
    }
    found
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The least number of components (from 1 on) whose mean error is within one standard error of the best one's: of what
/// is equally good, the simplest. `errors[fold][components - 1]` are mean squares.
pub fn one_standard_error(errors: &[Vec<f64>]) -> usize {
    let most = errors.iter().map(Vec::len).min().unwrap_or(0);
    let folds = errors.len() as f64;
    let mean = |at: usize| errors.iter().map(|fold| fold[at]).sum::<f64>() / folds;
    let Some(best) = (0..most).min_by(|a, b| mean(*a).total_cmp(&mean(*b))) else { return 1 };
    let squares: f64 = errors.iter().map(|fold| (fold[best] - mean(best)) * (fold[best] - mean(best))).sum();
    let error = (squares / (folds - 1.0).max(1.0) / folds).sqrt();
    (0..=best).find(|&at| mean(at) <= mean(best) + error).unwrap_or(best) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// With as many components as numbers it is least squares: the residual goes with no number.
        #[test]
        fn with_all_components_the_residual_is_orthogonal(
            numbers in prop::collection::vec(-1.0f32..1.0, 4 * 20),
            values in prop::collection::vec(-10.0f64..10.0, 20),
        ) {
            let rows: Vec<&[f32]> = numbers.chunks_exact(4).collect();
            let fitted = fit(&rows, &values, 4);
            prop_assume!(fitted.len() == 4);
            let (weights, bias) = &fitted[3];
            let left: Vec<f64> = rows.iter().zip(&values).map(|(row, value)| {
                value - bias - row.iter().zip(weights).map(|(&x, w)| f64::from(x) * w).sum::<f64>()
            }).collect();
            prop_assert!(left.iter().sum::<f64>().abs() < 1e-6);
            for at in 0..4 {
                let goes: f64 = rows.iter().zip(&left).map(|(row, left)| f64::from(row[at]) * left).sum();
                prop_assert!(goes.abs() < 1e-5, "{goes}");
            }
        }
    }

    #[test]
    fn what_is_one_thing_in_many_numbers_needs_one_component() {
        let rows: Vec<Vec<f32>> = (0..10).map(|n| (0..50).map(|k| (n * k) as f32).collect()).collect();
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let values: Vec<f64> = (0..10).map(|n| 3.0 * f64::from(n) + 1.0).collect();
        let fitted = fit(&rows, &values, 5);
        assert_eq!(fitted.len(), 1, "no more is in it");
        let (weights, bias) = &fitted[0];
        let said = bias + rows[7].iter().zip(weights).map(|(&x, w)| f64::from(x) * w).sum::<f64>();
        assert!((said - 22.0).abs() < 1e-9 && (bias - 1.0).abs() < 1e-9, "{said} {bias}");
        assert_eq!(fit(&rows[..1], &values[..1], 5), [], "one example has no slope");
        assert_eq!(fit(&rows, &[2.0; 10], 5), [], "what never changes goes with nothing");
    }

    #[test]
    fn of_equally_good_ones_the_simplest() {
        let errors = [vec![4.0, 1.2, 1.0, 1.1], vec![6.0, 0.8, 1.2, 1.2], vec![5.0, 1.3, 1.0, 1.3]];
        // Means 5.0, 1.1, 1.067 and 1.2; the third's standard error is 0.067.
        assert_eq!(one_standard_error(&errors), 2);
        assert_eq!(one_standard_error(&[vec![3.0, 1.0, 2.0], vec![3.0, 1.0, 2.0]]), 2);
        assert_eq!(one_standard_error(&[]), 1);
    }
}
