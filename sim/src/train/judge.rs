//! What a way to learn is worth: by windows that did not learn, of groups that did not learn.

use super::Progress;
use super::dataset::Dataset;
use super::linear::{self, SHRINKAGE};
use super::split;
use super::table::Row;

/// Who judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judges {
    /// Each group once, by what was learnt of all others.
    EachGroup { groups: usize },
    /// Groups in folds, drawn some times.
    Folds { groups: usize, folds: usize, draws: usize },
    /// Parts of the same recordings, because hardly a class has two groups: what flatters.
    Blocks { blocks: usize },
}

/// Up to so many groups each judges alone.
const ALONE: usize = 20;
const FOLDS: usize = 5;
const DRAWS: u64 = 3;

/// One part in so many of a recording lies unused on either side of a block that judges.
const GAP: usize = 25;

/// What a window does in a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Learns,
    Judges,
    /// It shares samples with one that judges, or lies too near.
    Neither,
}

/// What was said of a window by who had not learnt it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub class: usize,
    /// Of each class, the greatest wins.
    pub scores: Vec<f64>,
    fold: usize,
}

impl Answer {
    fn is_right(&self) -> bool {
        linear::best(&self.scores) == self.class
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub judges: Judges,
    /// Classes of one group, which nobody can judge by group.
    pub unscorable: Vec<usize>,
    pub draws: Vec<Vec<Answer>>,
}

impl Judged {
    /// Mean and standard deviation over the draws; of one draw, the share of all windows and the deviation over its folds.
    pub fn accuracy(&self) -> (f64, f64) {
        let share = |answers: &mut dyn Iterator<Item = &Answer>| {
            let (mut right, mut all) = (0u32, 0u32);
            for answer in answers {
                right += u32::from(answer.is_right());
                all += 1;
            }
            (all > 0).then(|| f64::from(right) / f64::from(all))
        };
        if let [draw] = self.draws.as_slice() {
            let folds = draw.iter().map(|answer| answer.fold + 1).max().unwrap_or(0);
            let of_fold = |fold| share(&mut draw.iter().filter(|answer| answer.fold == fold));
            let shares: Vec<f64> = (0..folds).filter_map(of_fold).collect();
            return (share(&mut draw.iter()).unwrap_or(0.0), spread(&shares).1);
        }
        let shares: Vec<f64> = self.draws.iter().filter_map(|draw| share(&mut draw.iter())).collect();
        spread(&shares)
    }
}

/// Mean and standard deviation.
fn spread(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt())
}

/// `window` in samples.
pub fn judge(
    data: &Dataset,
    rows: &[Row],
    classes: usize,
    window: usize,
    seed: u64,
    progress: Progress,
) -> Judged {
    let groups: Vec<&str> = rows.iter().map(|row| data.items[row.item].group.as_str()).collect();
    let labels: Vec<usize> = rows.iter().map(|row| row.class).collect();
    let mut names = groups.clone();
    names.sort_unstable();
    names.dedup();
    let mut unscorable = split::unscorable(&groups, &labels);
    // Each draw's folds, each with the side of every window.
    let (judges, draws): (Judges, Vec<Vec<Vec<Side>>>) = if unscorable.len() + 2 > classes {
        // Of one class that can be scored there is nothing to tell apart.
        unscorable.clear();
        let fold = |block| {
            let side = |row: &Row| by_time(data.items[row.item].samples(), row.first, window, block);
            rows.iter().map(side).collect()
        };
        (Judges::Blocks { blocks: FOLDS }, vec![(0..FOLDS).map(fold).collect()])
    } else if names.len() <= ALONE {
        (Judges::EachGroup { groups: names.len() }, vec![by_group(&split::leave_one_out(&groups))])
    } else {
        let judges = Judges::Folds { groups: names.len(), folds: FOLDS, draws: DRAWS as usize };
        let draw = |draw| by_group(&split::folds(&groups, &labels, FOLDS, seed.wrapping_add(draw)));
        (judges, (0..DRAWS).map(draw).collect())
    };
    let all = draws.iter().map(Vec::len).sum();
    let mut done = 0;
    let mut judged = Judged { judges, unscorable, draws: Vec::new() };
    for draw in &draws {
        let mut answers = Vec::new();
        for (fold, sides) in draw.iter().enumerate() {
            progress(done, all);
            done += 1;
            let on = |side| rows.iter().zip(sides).filter(move |(_, at)| **at == side).map(|(row, _)| row);
            let learn: Vec<&[f32]> = on(Side::Learns).map(|row| row.features.as_slice()).collect();
            let learn_classes: Vec<usize> = on(Side::Learns).map(|row| row.class).collect();
            let linear = linear::fit(&learn, &learn_classes, classes, SHRINKAGE);
            let scored = on(Side::Judges).filter(|row| !judged.unscorable.contains(&row.class));
            answers.extend(scored.map(|row| Answer {
                class: row.class,
                scores: linear.scores(&row.features),
                fold,
            }));
        }
        judged.draws.push(answers);
    }
    progress(all, all);
    judged
}

/// Of each fold: whoever is in it judges, all others learn.
fn by_group(folds: &[usize]) -> Vec<Vec<Side>> {
    let count = folds.iter().max().map_or(0, |last| last + 1);
    let side = |fold| move |at: &usize| if *at == fold { Side::Judges } else { Side::Learns };
    (0..count).map(|fold| folds.iter().map(side(fold)).collect()).collect()
}

/// Windows that begin in the block judge, and those learn that end before it or begin after its last one, by a gap.
fn by_time(samples: usize, first: usize, window: usize, block: usize) -> Side {
    let edge = |block| block * samples / FOLDS;
    let (begin, end, gap) = (edge(block), edge(block + 1), samples / GAP);
    if (begin..end).contains(&first) {
        Side::Judges
    } else if first + window + gap <= begin || first >= end + window + gap {
        Side::Learns
    } else {
        Side::Neither
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_share_no_sample_and_all_windows_judge() {
        let (samples, window) = (1000, 50);
        let firsts = 0..=samples - window;
        let mut judged = 0;
        for block in 0..FOLDS {
            let on = |side| {
                let here = move |first: &usize| by_time(samples, *first, window, block) == side;
                firsts.clone().filter(here).collect::<Vec<_>>()
            };
            let (judges, learners) = (on(Side::Judges), on(Side::Learns));
            judged += judges.len();
            assert!(learners.len() > samples / 2);
            let (begin, end) = (judges[0], judges[judges.len() - 1] + window);
            let gap = samples / GAP;
            assert!(learners.iter().all(|first| first + window + gap <= begin || *first >= end + gap));
        }
        assert_eq!(judged, firsts.count());
    }

    #[test]
    fn one_draw_spreads_over_its_folds() {
        let answer = |fold, right: bool| Answer { class: usize::from(!right), scores: vec![1.0, 0.0], fold };
        let draw = vec![answer(0, true), answer(0, true), answer(1, true), answer(1, false)];
        let mut judged =
            Judged { judges: Judges::Blocks { blocks: 2 }, unscorable: vec![], draws: vec![draw.clone()] };
        assert_eq!(judged.accuracy(), (0.75, 0.25));
        judged.draws.push(vec![answer(0, false)]);
        assert_eq!(judged.accuracy(), (0.375, 0.375));
    }
}
