//! How many normal distributions a state is best told by, and which: expectation and maximisation (Dempster, Laird and Rubin,
//! 1977) from a start that is no chance: points as far from each other as there are.

use super::{Normal, PARTS, TURNS, part_of};

/// Most parts that are tried.
const MOST: usize = 3;
/// Windows of a part, at least, for each feature: fewer say nothing of a covariance.
const LEAST_PER_FEATURE: f64 = 2.0;
/// How much likelier (in natural logarithms a window) windows have to be that were not learnt from: in each of the parts of
/// the time.
const GAIN: f64 = 0.5;
const ROUNDS: usize = 60;
/// Less gain a window than this is the end.
const CLOSE: f64 = 1e-5;

/// One distribution, or the mixture of at most `most` that is clearly better. Rows are standardised.
pub fn chosen(rows: &[Vec<f64>], most: usize) -> Vec<Normal> {
    let mut best = of(rows, 1).unwrap_or_default();
    let mut judged = held_out(rows, 1);
    for count in 2..=most.min(MOST) {
        let (Some(before), Some(now)) = (&judged, held_out(rows, count)) else { break };
        let better = before.iter().zip(&now).all(|(before, now)| *now > before + GAIN);
        let Some(parts) = of(rows, count).filter(|_| better) else { break };
        (best, judged) = (parts, Some(now));
    }
    let densest = best.iter().map(|part| part.offset).fold(f64::NEG_INFINITY, f64::max);
    best.iter_mut().for_each(|part| part.offset -= densest);
    best
}

/// Of each part of the time the mean logarithm of its windows' likelihood by what the others teach; `None` if they teach
/// too little.
fn held_out(rows: &[Vec<f64>], count: usize) -> Option<Vec<f64>> {
    let of_part = |part: usize| {
        let on = |inside: bool| {
            let here = rows
                .iter()
                .enumerate()
                .filter(move |(at, _)| (part_of(*at, rows.len(), TURNS) == part) == inside);
            here.map(|(_, row)| row.clone()).collect::<Vec<_>>()
        };
        let (learn, judge) = (on(false), on(true));
        let parts = of(&learn, count)?;
        let sum: f64 = judge.iter().map(|row| likelihood(&densities(&parts, row))).sum();
        (!judge.is_empty()).then(|| sum / judge.len() as f64)
    };
    (0..PARTS).map(of_part).collect()
}

/// A mixture of so many; `None` where one of them would have too few windows.
fn of(rows: &[Vec<f64>], count: usize) -> Option<Vec<Normal>> {
    let width = rows.first().map_or(0, Vec::len);
    // A state's only one has all that there are, however few.
    let least = if count == 1 { 1.0 } else { LEAST_PER_FEATURE * width as f64 };
    let mut shares = if count == 1 { vec![vec![1.0; rows.len()]] } else { begin(rows, count) };
    let mut before = f64::NEG_INFINITY;
    let mut parts = Vec::new();
    for _ in 0..ROUNDS {
        parts.clear();
        for weights in &shares {
            let weight: f64 = weights.iter().sum();
            if weight < least {
                return None;
            }
            let mut part = Normal::of(rows, weights);
            let volume: f64 = part.factor.iter().enumerate().map(|(at, line)| libm::log(line[at])).sum();
            part.offset = libm::log(weight / rows.len() as f64) + volume;
            parts.push(part);
        }
        if count == 1 {
            break;
        }
        let mut sum = 0.0;
        for (index, row) in rows.iter().enumerate() {
            let densities = densities(&parts, row);
            let likelihood = likelihood(&densities);
            for (weights, density) in shares.iter_mut().zip(&densities) {
                weights[index] = libm::exp(density - likelihood);
            }
            sum += likelihood;
        }
        let now = sum / rows.len() as f64;
        if now < before + CLOSE {
            break;
        }
        before = now;
    }
    Some(parts)
}

/// Each row belongs to the nearest of some rows, each as far from those before it as there are.
fn begin(rows: &[Vec<f64>], count: usize) -> Vec<Vec<f64>> {
    let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    // What lies farthest out is often a single odd one: of the outer tenth the nearest.
    let far = |distances: &[f64]| {
        let mut order: Vec<usize> = (0..distances.len()).collect();
        order.sort_by(|a, b| distances[*b].total_cmp(&distances[*a]));
        order[order.len() / 10]
    };
    let width = rows[0].len();
    let per = 1.0 / rows.len() as f64;
    let mean: Vec<f64> = (0..width).map(|at| rows.iter().map(|row| row[at]).sum::<f64>() * per).collect();
    let mut centres = vec![far(&rows.iter().map(|row| square(row, &mean)).collect::<Vec<_>>())];
    let mut distances = vec![f64::INFINITY; rows.len()];
    let mut nearest = vec![0; rows.len()];
    for part in 0..count {
        for (index, row) in rows.iter().enumerate() {
            let distance = square(row, &rows[centres[part]]);
            if distance < distances[index] {
                (distances[index], nearest[index]) = (distance, part);
            }
        }
        centres.push(far(&distances));
    }
    let shares = |part: usize| nearest.iter().map(|of| f64::from(u8::from(*of == part))).collect();
    (0..count).map(shares).collect()
}

/// Of each part the logarithm of its density times its weight, less what is the same for all.
fn densities(parts: &[Normal], row: &[f64]) -> Vec<f64> {
    parts.iter().map(|part| part.offset - 0.5 * part.square(row)).collect()
}

fn likelihood(densities: &[f64]) -> f64 {
    let most = densities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + libm::log(densities.iter().map(|density| libm::exp(density - most)).sum())
}
