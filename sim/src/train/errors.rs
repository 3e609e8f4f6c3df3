//! How far what is said lies from what is.

use super::evaluation::{OfOutput, Values};

/// A number and what was said of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    pub is: f64,
    pub said: f64,
}

/// Of each output; together the means over those that something is known of.
pub fn values(outputs: impl Iterator<Item = (String, Vec<Pair>)>) -> Values {
    together(outputs.map(|(output, pairs)| of_output(output, &pairs)).collect())
}

fn together(per_output: Vec<OfOutput>) -> Values {
    let known: Vec<&OfOutput> = per_output.iter().filter(|output| output.n > 0).collect();
    let mean = |figure: fn(&OfOutput) -> f64| {
        known.iter().map(|output| figure(output)).sum::<f64>() / known.len().max(1) as f64
    };
    let (r2, rmse, mean_error) = (mean(|o| o.r2), mean(|o| o.rmse), mean(|o| o.mean_error));
    Values { r2, rmse, mean_error, per_output }
}

fn of_output(output: String, pairs: &[Pair]) -> OfOutput {
    let per = 1.0 / pairs.len().max(1) as f64;
    let mean = pairs.iter().map(|pair| pair.is).sum::<f64>() * per;
    let sum = |part: fn(&Pair, f64) -> f64| pairs.iter().map(|pair| part(pair, mean)).sum::<f64>();
    let squares = sum(|pair, _| (pair.said - pair.is) * (pair.said - pair.is));
    let all = sum(|pair, mean| (pair.is - mean) * (pair.is - mean));
    OfOutput {
        output,
        r2: share(squares, all),
        rmse: (squares * per).sqrt(),
        mean_error: sum(|pair, _| (pair.said - pair.is).abs()) * per,
        n: pairs.len() as u64,
    }
}

/// 1 - squares / all: 0 where nothing was to be told.
fn share(squares: f64, all: f64) -> f64 {
    if all > 0.0 { 1.0 - squares / all } else { 0.0 }
}

/// Of places in a plane, each coordinate an output: together, of the distances between where something is and where it is
/// said to be.
pub fn distances(names: [String; 2], places: &[[Pair; 2]]) -> Values {
    let axis = |at: usize| places.iter().map(|place| place[at]).collect::<Vec<Pair>>();
    let [x, y] = names;
    let per_output = vec![of_output(x, &axis(0)), of_output(y, &axis(1))];
    let per = 1.0 / places.len().max(1) as f64;
    let square = |place: &[Pair; 2]| place.iter().map(|p| (p.said - p.is) * (p.said - p.is)).sum::<f64>();
    let squares: f64 = places.iter().map(square).sum();
    let mean = [0, 1].map(|at| places.iter().map(|place| place[at].is).sum::<f64>() * per);
    let off = |place: &[Pair; 2]| (0..2).map(|at| (place[at].is - mean[at]).powi(2)).sum::<f64>();
    Values {
        r2: share(squares, places.iter().map(off).sum()),
        rmse: (squares * per).sqrt(),
        mean_error: places.iter().map(|place| square(place).sqrt()).sum::<f64>() * per,
        per_output,
    }
}

/// The means over some draws of the same data.
pub fn mean(draws: &[Values]) -> Values {
    let per = 1.0 / draws.len().max(1) as f64;
    let over = |figure: &dyn Fn(&Values) -> f64| draws.iter().map(figure).sum::<f64>() * per;
    let outputs = draws.first().map_or(0, |values| values.per_output.len());
    let of_output = |at: usize| OfOutput {
        output: draws[0].per_output[at].output.clone(),
        r2: over(&|values| values.per_output[at].r2),
        rmse: over(&|values| values.per_output[at].rmse),
        mean_error: over(&|values| values.per_output[at].mean_error),
        n: draws[0].per_output[at].n,
    };
    Values {
        r2: over(&|values| values.r2),
        rmse: over(&|values| values.rmse),
        mean_error: over(&|values| values.mean_error),
        per_output: (0..outputs).map(of_output).collect(),
    }
}

/// Standard deviation of each output's R2 over some draws.
pub fn spread_of_r2(draws: &[Values]) -> Vec<f64> {
    let mean = mean(draws);
    let of_output = |(at, output): (usize, &OfOutput)| {
        let square = |values: &Values| (values.per_output[at].r2 - output.r2).powi(2);
        (draws.iter().map(square).sum::<f64>() / draws.len() as f64).sqrt()
    };
    mean.per_output.iter().enumerate().map(of_output).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(f64, f64)]) -> Vec<Pair> {
        of.iter().map(|&(is, said)| Pair { is, said }).collect()
    }

    #[test]
    fn figures_are_as_by_hand() {
        let outputs = [
            ("a".to_string(), pairs(&[(1.0, 1.0), (2.0, 3.0), (3.0, 3.0)])),
            ("b".to_string(), pairs(&[(0.0, 2.0), (4.0, 2.0)])),
            ("c".to_string(), pairs(&[])),
        ];
        let found = values(outputs.into_iter());
        let [a, b, c] = &found.per_output[..] else { panic!("{found:?}") };
        assert_eq!((a.r2, a.mean_error, a.n), (0.5, 1.0 / 3.0, 3));
        assert_eq!((b.r2, b.rmse, b.mean_error), (0.0, 2.0, 2.0));
        assert_eq!((c.n, found.r2), (0, 0.25), "what nothing is known of does not count");
        assert_eq!(mean(&[found.clone(), found.clone()]), found);
        assert_eq!(spread_of_r2(&[found.clone(), found]), [0.0; 3]);
    }

    #[test]
    fn places_are_judged_by_distance() {
        let place = |x: (f64, f64), y: (f64, f64)| [Pair { is: x.0, said: x.1 }, Pair { is: y.0, said: y.1 }];
        let found = distances(
            ["x".into(), "y".into()],
            &[place((0.0, 3.0), (0.0, 4.0)), place((10.0, 10.0), (0.0, 0.0))],
        );
        assert_eq!((found.mean_error, found.rmse), (2.5, 12.5f64.sqrt()));
        assert_eq!(found.r2, 1.0 - 25.0 / 50.0);
        assert_eq!(found.per_output[0].mean_error, 1.5);
    }
}
