//! One factor a kernel, from the cycles of stages that mix kernels.
//!
//! `cycles of a stage = sum over its kernels of factor * predicted cycles`, by weighted least squares over relative
//! errors: a stage of 200 cycles says as much as one of 200,000.
//!
//! **Which cycles.** A stage that did the same work in each run is taken by the fewest cycles of a run (the median over its
//! lines of `min`): interrupts and cold caches only ever add, and the twin charges them by itself. Where the work differs
//! from run to run, the run of `min` did less than the others, and only the mean belongs to the work that the line
//! tells. It has interrupts in it: by how much is seen on the first kind of stage, and its error bar is wider by that.
//!
//! **What cannot be told apart.** Two kernels that always run together in the same proportion give one equation for two
//! factors. So all factors are drawn towards a common one (ridge): by as little as [`TAU`] says, which a kernel that is
//! seen alone does not feel. What the data does not tell to 95 % is not called measured.
//!
//! **How sure.** 95 % intervals from the inverse of the normal matrix, widened where stages scatter more than their
//! error bars allow (the square root of chi-squared over its degrees of freedom, as the Particle Data Group does it).

use super::Refusal;
use super::profile::{Profile, StageLine};
use crate::cholesky::inverse;
use hal_shim::cost::CostTable;
use node_core::meter::Kernel;
use std::collections::BTreeMap;

/// How far kernels' factors are from the common one, as one standard deviation: "within a factor of two" is what the
/// first cost table claims, taken as two deviations (assumed).
const TAU: f64 = 0.35;
/// What repeating a stage does not tell: the same kernel elsewhere in flash, at another alignment, over another size
/// (assumed).
const FLOOR: f64 = 0.01;
/// Share of interrupts in a mean, where no stage of constant work shows it (assumed).
const INTERRUPTED: f64 = 0.05;
/// A stage that did the same work each time takes about the same time. If its mean is further above `min`, it did not.
const MOST_ABOVE_MIN: f64 = 1.25;
/// Fewer runs of a stage say too little: the first run of each is cold.
const LEAST_RUNS: u64 = 10;
/// Share of a factor's uncertainty that the data has to remove before it counts as measured.
const TOLD: f64 = 0.95;
/// Two kernels whose factors can be traded for each other.
const TRADED: f64 = -0.3;
/// Two-sided 95 % of a normal distribution.
const Z95: f64 = 1.96;
/// What is further from its prediction counts something else than cycles.
const PLAUSIBLE: f64 = 100.0;
const OUTLIER: f64 = 3.0;

/// What a profile says of a cost table.
#[derive(Clone, Debug)]
pub struct Fit {
    /// Kernels with work, in the order of [`Kernel::ALL`].
    pub scales: Vec<Scale>,
    /// What all factors are drawn towards.
    pub common: f64,
    pub stages: Vec<StageFit>,
    /// Root of the mean square of the stages' relative residuals.
    pub rms: f64,
    /// How much the intervals were widened.
    pub widened: f64,
    /// Share by which means are above the fewest cycles, where both are of the same work.
    pub interrupted: Option<f64>,
    /// Stages that were not used, and why.
    pub left_out: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Scale {
    pub kernel: Kernel,
    /// Measured over predicted cycles.
    pub factor: f64,
    /// 95 %.
    pub interval: (f64, f64),
    /// Runs of stages with this kernel.
    pub runs: u64,
    /// Of a call, at the sizes that the profile has.
    pub predicted: f64,
    /// What the factor multiplies: the table's own row.
    pub per_call: f32,
    pub per_unit: f32,
    /// The data says what this kernel costs, and not only what it costs together with others.
    pub told_apart: bool,
    /// If not: with whom it is mixed up. None: it is too small a part of its stages.
    pub together: Vec<Kernel>,
}

/// How a stage's cycles were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Min,
    Mean,
}

/// A stage, or one line of it where its lines differ, beside what the factors make of it.
#[derive(Clone, Debug)]
pub struct StageFit {
    pub stage: String,
    /// Of its first line.
    pub place: String,
    pub taken: Taken,
    pub runs: u64,
    /// Cycles of a run.
    pub measured: f64,
    pub fitted: f64,
    /// Further off than its error bar allows.
    pub outlier: bool,
}

/// One equation.
struct Seen<'a> {
    line: &'a StageLine,
    taken: Taken,
    runs: u64,
    /// Cycles of a run, and what the table predicts for each kernel.
    cycles: f64,
    predicted: [f64; Kernel::COUNT],
    /// Relative standard deviation.
    sigma: f64,
    /// Lines of one stage share what is wrong with them: together they count as one.
    weight: f64,
}

impl Seen<'_> {
    fn ratio(&self) -> f64 {
        self.cycles / self.predicted.iter().sum::<f64>()
    }
}

pub fn fit(profile: &Profile, table: &CostTable) -> Result<Fit, Refusal> {
    let mut left_out = Vec::new();
    let (seen, interrupted) = observe(profile, table, &mut left_out)?;
    if seen.is_empty() {
        let why = if left_out.is_empty() { "it has no stage line".into() } else { left_out.join("; ") };
        let help = "stage lines begin with `S `, every 10 s; log a few minutes of each app, with the LCD on for a while";
        return Err(Refusal::new(format!("too little to calibrate with: {why}"), help));
    }
    // Around one: as well conditioned as the data is.
    let voices: f64 = seen.iter().map(|seen| seen.weight).sum();
    let start = (seen.iter().map(|seen| seen.weight * seen.ratio().ln()).sum::<f64>() / voices).exp();
    let kernels: Vec<usize> =
        (0..Kernel::COUNT).filter(|&kernel| seen.iter().any(|seen| seen.predicted[kernel] > 0.0)).collect();
    let unreadable = || {
        let help = "look for a line whose figures are far from the others', and leave it out";
        Refusal::new("the stages contradict each other beyond what can be solved", help)
    };
    let free = solve(&seen, &kernels, start).ok_or_else(unreadable)?;
    let settled = non_negative(&seen, &kernels, start).ok_or_else(unreadable)?;
    let widened = free.widened(&seen, &kernels, start, voices);
    let mut stages = Vec::new();
    let mut square = 0.0;
    for seen in &seen {
        let fitted: f64 = kernels
            .iter()
            .zip(&settled.factors)
            .map(|(&kernel, factor)| factor * start * seen.predicted[kernel])
            .sum();
        let off = fitted / seen.cycles - 1.0;
        square += seen.weight * off * off;
        stages.push(StageFit {
            stage: seen.line.stage.clone(),
            place: seen.line.place.clone(),
            taken: seen.taken,
            runs: seen.runs,
            measured: seen.cycles,
            fitted,
            outlier: off.abs() > OUTLIER * seen.sigma,
        });
    }
    let scales: Vec<Scale> = kernels
        .iter()
        .enumerate()
        .map(|(place, &index)| {
            let sd = free.covariance[place][place].sqrt();
            let factor = settled.factors[place];
            let half = Z95 * widened * sd;
            let told_apart = factor > 0.0 && sd * sd <= (1.0 - TOLD) * TAU * TAU;
            let kernel = Kernel::ALL[index];
            let row = table.row(kernel);
            let (calls, predicted) = called(profile, table, index);
            Scale {
                kernel,
                factor: start * factor,
                // Of a factor that the others would make negative, only the upper end means something.
                interval: (
                    start * (factor - half).max(0.0),
                    start * (free.factors[place].min(factor) + half).max(factor),
                ),
                runs: seen.iter().filter(|seen| seen.predicted[index] > 0.0).map(|seen| seen.runs).sum(),
                predicted: predicted / calls.max(1.0),
                per_call: row.per_call,
                per_unit: row.per_unit,
                told_apart,
                together: if told_apart { Vec::new() } else { free.traded_with(place, &kernels) },
            }
        })
        .collect();
    if scales.iter().all(|scale| !scale.told_apart) {
        let names: Vec<String> = stages.iter().map(|stage| stage.stage.clone()).collect();
        let message = format!(
            "no kernel's cost can be told from another's: {} kernels in {}",
            scales.len(),
            named(names)
        );
        let help = "add logs of other apps and settings with further --from: a kernel is told apart where it is alone, \
                    or mixed in another proportion";
        return Err(Refusal::new(message, help));
    }
    Ok(Fit {
        scales,
        common: start * settled.common,
        stages,
        rms: (square / voices).sqrt(),
        widened,
        interrupted,
        left_out,
    })
}

/// `convert and level`, each name once.
fn named(mut names: Vec<String>) -> String {
    names.sort();
    names.dedup();
    match names.as_slice() {
        [one] => format!("the stage {one} alone"),
        _ => format!("the stages {}", names.join(", ")),
    }
}

/// Calls of a kernel in the whole profile, and what the table predicts for them.
fn called(profile: &Profile, table: &CostTable, kernel: usize) -> (f64, f64) {
    let row = table.row(Kernel::ALL[kernel]);
    let done = profile.lines.iter().flat_map(|line| &line.work).filter(|done| done.kernel == kernel);
    done.fold((0.0, 0.0), |(calls, cycles), done| {
        let (more, units) = (done.calls as f64, done.units as f64);
        (calls + more, cycles + more * f64::from(row.per_call) + units * f64::from(row.per_unit))
    })
}

/// What all runs of a line should have cost, by kernel.
fn predict(line: &StageLine, table: &CostTable) -> [f64; Kernel::COUNT] {
    let mut cycles = [0.0; Kernel::COUNT];
    for done in &line.work {
        let row = table.row(Kernel::ALL[done.kernel]);
        cycles[done.kernel] =
            done.calls as f64 * f64::from(row.per_call) + done.units as f64 * f64::from(row.per_unit);
    }
    cycles
}

/// Kernel, calls, units.
type WorkOfARun = Vec<(usize, u64, u64)>;

/// Work of a run, if that can have been the same in each.
fn work_of_a_run(line: &StageLine) -> Option<WorkOfARun> {
    let whole = line
        .work
        .iter()
        .all(|done| done.calls.is_multiple_of(line.runs) && done.units.is_multiple_of(line.runs));
    let steady = line.cycles as f64 <= MOST_ABOVE_MIN * line.min as f64 * line.runs as f64;
    let work = line.work.iter().map(|done| (done.kernel, done.calls / line.runs, done.units / line.runs));
    (whole && steady).then(|| work.collect())
}

type Observed<'a> = (Vec<Seen<'a>>, Option<f64>);

fn observe<'a>(
    profile: &'a Profile,
    table: &CostTable,
    left_out: &mut Vec<String>,
) -> Result<Observed<'a>, Refusal> {
    let mut constant: BTreeMap<(&str, WorkOfARun), Vec<&StageLine>> = BTreeMap::new();
    let mut varying: BTreeMap<&str, Vec<&StageLine>> = BTreeMap::new();
    let mut runs: BTreeMap<&str, u64> = BTreeMap::new();
    for line in &profile.lines {
        let total: f64 = predict(line, table).iter().sum();
        let of = runs.entry(&line.stage).or_default();
        if total <= 0.0 {
            continue;
        }
        let ratio = line.cycles as f64 / total;
        if !(1.0 / PLAUSIBLE..=PLAUSIBLE).contains(&ratio) {
            let message = format!(
                "{}: {} took {} cycles where {total:.0} are predicted",
                line.place, line.stage, line.cycles
            );
            let help = "a factor that no board explains: are these cycles of the CPU, and of this board?";
            return Err(Refusal::new(message, help));
        }
        *of = of.saturating_add(line.runs);
        match work_of_a_run(line) {
            Some(work) => constant.entry((&line.stage, work)).or_default().push(line),
            None => varying.entry(&line.stage).or_default().push(line),
        }
    }
    // Work seen once among lines that differ was the mean of different runs, by chance a whole number.
    let lonely: Vec<_> = constant
        .iter()
        .filter(|((stage, _), lines)| lines.len() == 1 && lines[0].runs > 1 && varying.contains_key(stage))
        .map(|(key, _)| key.clone())
        .collect();
    for key in lonely {
        let lines = constant.remove(&key).unwrap_or_default();
        varying.entry(key.0).or_default().extend(lines);
    }
    for (stage, runs) in &runs {
        match runs {
            0 => left_out.push(format!("{stage} says no work that has a price")),
            few if *few < LEAST_RUNS => {
                left_out.push(format!("{stage} ran {few} times, and {LEAST_RUNS} are wanted"));
            }
            _ => {}
        }
    }
    let enough = |stage: &str| runs[stage] >= LEAST_RUNS;
    let mut seen: Vec<Seen> = constant
        .into_iter()
        .filter(|((stage, _), _)| enough(stage))
        .map(|(_, lines)| steady(&lines, table))
        .collect();
    let (mut all, mut fewest) = (0.0, 0.0);
    for line in profile.lines.iter() {
        if work_of_a_run(line).is_some() && enough(&line.stage) {
            all += line.cycles as f64;
            fewest += line.min as f64 * line.runs as f64;
        }
    }
    let interrupted = (fewest > 0.0).then(|| all / fewest - 1.0);
    let share = interrupted.unwrap_or(INTERRUPTED);
    for (_, lines) in varying.into_iter().filter(|(stage, _)| enough(stage)) {
        let weight = 1.0 / lines.len() as f64;
        seen.extend(lines.into_iter().map(|line| {
            let runs = line.runs as f64;
            Seen {
                line,
                taken: Taken::Mean,
                runs: line.runs,
                cycles: line.cycles as f64 / runs,
                predicted: predict(line, table).map(|cycles| cycles / runs),
                sigma: FLOOR.hypot(share),
                weight,
            }
        }));
    }
    Ok((seen, interrupted))
}

/// Lines of the same work in each run.
fn steady<'a>(lines: &[&'a StageLine], table: &CostTable) -> Seen<'a> {
    let line = lines[0];
    let runs = line.runs as f64;
    let fewest = median(lines.iter().map(|line| line.min as f64).collect());
    let scatter = 1.4826 * median(lines.iter().map(|line| (line.min as f64 - fewest).abs()).collect());
    Seen {
        line,
        taken: Taken::Min,
        runs: lines.iter().map(|line| line.runs).fold(0, u64::saturating_add),
        cycles: fewest,
        predicted: predict(line, table).map(|cycles| cycles / runs),
        sigma: FLOOR.hypot(scatter / fewest / (lines.len() as f64).sqrt()),
        weight: 1.0,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Factors of the kernels, over the common start.
struct Solution {
    factors: Vec<f64>,
    common: f64,
    covariance: Vec<Vec<f64>>,
}

/// Unknowns are the kernels' factors and, last, what they are drawn towards.
fn solve(seen: &[Seen], kernels: &[usize], start: f64) -> Option<Solution> {
    let size = kernels.len() + 1;
    let common = kernels.len();
    let mut normal = vec![vec![0.0; size]; size];
    let mut right = vec![0.0; size];
    for seen in seen {
        let weight = seen.weight / (seen.sigma * seen.sigma);
        let parts: Vec<f64> =
            kernels.iter().map(|&kernel| start * seen.predicted[kernel] / seen.cycles).collect();
        for (row, part) in parts.iter().enumerate() {
            right[row] += weight * part;
            for (column, other) in parts.iter().enumerate() {
                normal[row][column] += weight * part * other;
            }
        }
    }
    let pull = 1.0 / (TAU * TAU);
    for kernel in 0..kernels.len() {
        normal[kernel][kernel] += pull;
        normal[kernel][common] -= pull;
        normal[common][kernel] -= pull;
        normal[common][common] += pull;
    }
    let covariance = inverse(&normal)?;
    let mut factors: Vec<f64> =
        covariance.iter().map(|row| row.iter().zip(&right).map(|(a, b)| a * b).sum()).collect();
    let common = factors.pop()?;
    Some(Solution { factors, common, covariance })
}

/// No kernel gives time back: what comes out below nothing is nothing, the lowest first, and the others are solved again.
fn non_negative(seen: &[Seen], kernels: &[usize], start: f64) -> Option<Solution> {
    let mut kept: Vec<usize> = kernels.to_vec();
    loop {
        let solution = solve(seen, &kept, start)?;
        let lowest = solution.factors.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        match lowest {
            Some((place, factor)) if *factor < 0.0 && kept.len() > 1 => _ = kept.remove(place),
            _ => {
                let factor = |kernel| {
                    let place = kept.iter().position(|kept| kept == kernel);
                    place.map_or(0.0, |place| solution.factors[place].max(0.0))
                };
                let factors = kernels.iter().map(factor).collect();
                return Some(Solution { factors, ..solution });
            }
        }
    }
}

impl Solution {
    /// Over one where the stages and the factors scatter more than was assumed.
    fn widened(&self, seen: &[Seen], kernels: &[usize], start: f64, voices: f64) -> f64 {
        let stages: f64 = seen
            .iter()
            .map(|seen| {
                let fitted: f64 = kernels
                    .iter()
                    .zip(&self.factors)
                    .map(|(&kernel, factor)| factor * start * seen.predicted[kernel])
                    .sum();
                let off = (fitted / seen.cycles - 1.0) / seen.sigma;
                seen.weight * off * off
            })
            .sum();
        let pulls: f64 = self.factors.iter().map(|factor| ((factor - self.common) / TAU).powi(2)).sum();
        let degrees = voices - 1.0;
        if degrees < 0.5 { 1.0 } else { ((stages + pulls) / degrees).sqrt().max(1.0) }
    }

    fn traded_with(&self, place: usize, kernels: &[usize]) -> Vec<Kernel> {
        let of = |a: usize, b: usize| self.covariance[a][b];
        (0..kernels.len())
            .filter(|&other| {
                other != place && of(place, other) < TRADED * (of(place, place) * of(other, other)).sqrt()
            })
            .map(|other| Kernel::ALL[kernels[other]])
            .collect()
    }
}
