//! What ways to learn are worth, by windows that did not learn, of groups that did not learn; and which to choose.
//!
//! Groups are dealt into folds. For the choice that goes into the file, each fold judges what all others taught. The figure
//! that is told is another one: for each fold the choice is made anew without it, by the other folds alone, so that nothing
//! that judges has had a say. Where too few folds are left for that, the report says so.

use super::Progress;
use super::linear::{self, Linear, Moments};
use super::split;
use super::table::{Row, Table};
use crate::parallel;
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// A choice has to be better by so much than one that was named before it: what is less comes and goes with who judges.
const CLEARLY: f64 = 0.02;

/// A labelled stretch of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    pub class: usize,
    /// Its first sample and the one after its last, of the recording's signal.
    pub first: usize,
    pub end: usize,
}

impl Stretch {
    fn samples(&self) -> f64 {
        self.end.saturating_sub(self.first) as f64
    }
}

/// A recording, as far as judging needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub group: String,
    pub samples: usize,
    /// By the number of the recording's label; `None` without a class.
    pub stretches: Vec<Option<Stretch>>,
}

/// A way to see the recordings: windows' features by one plan, and how far the covariance may be moved.
#[derive(Clone, Debug)]
pub struct View {
    pub window: usize,
    pub table: Table,
}

/// One of the ways to learn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    pub view: usize,
    pub shrinkage: f64,
}

/// A way that was tried, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    pub choice: Choice,
    /// Of the labelled time the share that was told right, as the mean over classes: windows that are too long for what is
    /// labelled lose by it.
    pub score: f64,
    /// Of the windows.
    pub accuracy: f64,
    /// How many of the folds would have chosen it.
    pub chosen: usize,
}

/// What was said of a window by who had not learnt it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Of the recordings, and where in it.
    pub item: usize,
    pub first: isize,
    pub class: usize,
    /// Of each class, the greatest wins.
    pub scores: Vec<f64>,
    pub fold: usize,
}

impl Answer {
    pub fn is_right(&self) -> bool {
        linear::best(&self.scores) == self.class
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub judges: Judges,
    /// Classes of one group, which nobody can judge by group.
    pub unscorable: Vec<usize>,
    pub tried: Vec<Tried>,
    /// Of `tried`.
    pub chosen: usize,
    /// The choice was made anew for each fold, without it.
    pub nested: bool,
    pub draws: Vec<Vec<Answer>>,
}

impl Judged {
    /// Mean and standard deviation over the draws; of one draw, the share of all windows and the deviation over its folds.
    pub fn accuracy(&self) -> (f64, f64) {
        if let [draw] = self.draws.as_slice() {
            let folds = draw.iter().map(|answer| answer.fold + 1).max().unwrap_or(0);
            let of_fold = |fold| share(draw.iter().filter(move |answer| answer.fold == fold));
            let shares: Vec<f64> = (0..folds).filter_map(of_fold).collect();
            return (share(draw.iter()).unwrap_or(0.0), spread(&shares).1);
        }
        let shares: Vec<f64> = self.draws.iter().filter_map(|draw| share(draw.iter())).collect();
        spread(&shares)
    }
}

/// Of the answers, those that are right; `None` without answers.
pub fn share<'a>(answers: impl Iterator<Item = &'a Answer>) -> Option<f64> {
    let (mut right, mut all) = (0u32, 0u32);
    for answer in answers {
        right += u32::from(answer.is_right());
        all += 1;
    }
    (all > 0).then(|| f64::from(right) / f64::from(all))
}

/// Mean and standard deviation.
pub fn spread(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt())
}

/// A way to deal recordings into folds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deal {
    /// The fold of each recording, and how many there are.
    ByGroup(Vec<usize>, usize),
    ByTime,
}

/// Which fold a window is of, and in which others' absence it may not learn either: it shares samples with what judges, or
/// lies too near. By bits, its own fold among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub fold: usize,
    pub mute: u32,
}

impl Deal {
    pub fn folds(&self) -> usize {
        match self {
            Self::ByGroup(_, folds) => *folds,
            Self::ByTime => FOLDS,
        }
    }

    /// Whether the others can still teach where two are away. Of five blocks of time, with what lies too near, half would be
    /// gone, and of three groups one would be left: a choice made so would be of what needs least to learn from.
    fn can_spare_two(&self) -> bool {
        matches!(self, Self::ByGroup(_, folds) if *folds >= 4)
    }

    pub fn place(&self, row: &Row, window: usize, sources: &[Source]) -> Place {
        match self {
            Self::ByGroup(folds, _) => Place { fold: folds[row.item], mute: 1 << folds[row.item] },
            Self::ByTime => by_time(sources[row.item].samples, row.first.max(0) as usize, window),
        }
    }
}

/// Where a block of time begins.
fn edge(samples: usize, block: usize) -> usize {
    block * samples / FOLDS
}

/// A window is of the block that it begins in, and does not learn for a block that it ends in or comes nearer to than a gap.
fn by_time(samples: usize, first: usize, window: usize) -> Place {
    let gap = samples / GAP;
    let judged = |block: &usize| (edge(samples, *block)..edge(samples, block + 1)).contains(&first);
    let fold = (0..FOLDS).find(judged).unwrap_or(0);
    let near = |block: usize| {
        let (begin, end) = (edge(samples, block), edge(samples, block + 1));
        first + window + gap > begin && first < end + window + gap
    };
    let mute = (0..FOLDS).filter(|block| *block == fold || near(*block)).map(|block| 1 << block).sum();
    Place { fold, mute }
}

/// One deal of few folds, for what takes long to learn. With classes that nobody can judge.
pub fn folds(sources: &[Source], rows: &[Row], classes: usize, seed: u64) -> (Judges, Vec<usize>, Deal) {
    let (judges, unscorable, deals) = deal_out(sources, rows, classes, seed, FOLDS, 1);
    (judges, unscorable, deals.into_iter().next().unwrap_or(Deal::ByTime))
}

/// The deals by which rows judge each other. With classes that nobody can judge.
pub fn deals(sources: &[Source], rows: &[Row], classes: usize, seed: u64) -> (Judges, Vec<usize>, Vec<Deal>) {
    deal_out(sources, rows, classes, seed, ALONE, DRAWS)
}

/// Up to `alone` groups each judge alone; more are dealt into folds some times.
fn deal_out(
    sources: &[Source],
    rows: &[Row],
    classes: usize,
    seed: u64,
    alone: usize,
    draws: u64,
) -> (Judges, Vec<usize>, Vec<Deal>) {
    let rows = || rows.iter().filter(|row| !row.is_copy);
    let groups: Vec<&str> = rows().map(|row| sources[row.item].group.as_str()).collect();
    let labels: Vec<usize> = rows().map(|row| row.class).collect();
    let mut names = groups.clone();
    names.sort_unstable();
    names.dedup();
    let unscorable = split::unscorable(&groups, &labels);
    if unscorable.len() + 2 > classes {
        // Of one class that can be scored there is nothing to tell apart.
        return (Judges::Blocks { blocks: FOLDS }, Vec::new(), vec![Deal::ByTime]);
    }
    // Recordings of a group that has no window judge nothing, wherever they are.
    let deal = |folds: Vec<usize>| {
        let of_group: BTreeMap<&str, usize> = groups.iter().copied().zip(folds.iter().copied()).collect();
        let of_source = |source: &Source| of_group.get(source.group.as_str()).copied().unwrap_or(0);
        let count = folds.iter().max().map_or(0, |last| last + 1);
        Deal::ByGroup(sources.iter().map(of_source).collect(), count)
    };
    if names.len() <= alone {
        let judges = Judges::EachGroup { groups: names.len() };
        return (judges, unscorable, vec![deal(split::leave_one_out(&groups))]);
    }
    let judges = Judges::Folds { groups: names.len(), folds: FOLDS, draws: draws as usize };
    let draw = |draw| deal(split::folds(&groups, &labels, FOLDS, seed.wrapping_add(draw)));
    (judges, unscorable, (0..draws).map(draw).collect())
}

/// What a fold says of a way that was learnt without it.
#[derive(Clone, Debug, Default)]
struct Verdict {
    /// Labelled samples of each class that were told right.
    right: Vec<f64>,
    /// All of them.
    labelled: Vec<f64>,
    windows: u32,
    right_windows: u32,
    answers: Vec<Answer>,
}

/// Judges `views`, each with each of `shrinkages`, those first that are to be preferred.
pub fn judge(
    sources: &[Source],
    views: &[View],
    shrinkages: &[f64],
    classes: usize,
    seed: u64,
    progress: Progress,
) -> Judged {
    let widest = views.iter().max_by_key(|view| view.table.rows.len());
    let rows = widest.map_or(&[][..], |view| &view.table.rows);
    let (judges, unscorable, deals) = deals(sources, rows, classes, seed);
    let choices: Vec<Choice> = (0..views.len())
        .flat_map(|view| shrinkages.iter().map(move |&shrinkage| Choice { view, shrinkage }))
        .collect();
    let mut tried: Vec<Tried> =
        choices.iter().map(|&choice| Tried { choice, score: 0.0, accuracy: 0.0, chosen: 0 }).collect();
    let mut judged =
        Judged { judges, unscorable, tried: Vec::new(), chosen: 0, nested: false, draws: Vec::new() };
    let all = deals.len() * views.len();
    for deal in &deals {
        let nested = choices.len() > 1 && deal.can_spare_two();
        judged.nested = nested;
        let courts = courts(deal.folds(), nested);
        let mut verdicts: Vec<BTreeMap<(usize, usize), Verdict>> = Vec::new();
        for view in views {
            progress(judged.draws.len() * views.len() + verdicts.len() / shrinkages.len(), all);
            let hearing = Hearing::new(deal, sources, view, classes, &judged.unscorable);
            let mut of_view = vec![BTreeMap::new(); shrinkages.len()];
            let hear = |court: &(usize, usize)| hearing.hold(*court, shrinkages);
            parallel::each(&courts, parallel::threads(None), hear, |at, found| {
                let (first, second) = courts[at];
                for (of_choice, pair) in of_view.iter_mut().zip(found) {
                    let [one, other]: [Verdict; 2] = pair;
                    of_choice.insert((first, second), one);
                    if first != second {
                        of_choice.insert((second, first), other);
                    }
                }
            });
            verdicts.extend(of_view);
        }
        let scorable = |class: &usize| !judged.unscorable.contains(class);
        // What the folds but `out` say; of `folds` and more that is all of them.
        let score = |of_choice: &BTreeMap<(usize, usize), Verdict>, out: usize| {
            let courts = (0..deal.folds()).filter(|fold| *fold != out);
            let (mut right, mut all) = (vec![0.0; classes], vec![0.0; classes]);
            for fold in courts {
                let absent = if out < deal.folds() { out } else { fold };
                let verdict = &of_choice[&(fold, absent)];
                right.iter_mut().zip(&verdict.right).for_each(|(sum, x)| *sum += x);
                all.iter_mut().zip(&verdict.labelled).for_each(|(sum, x)| *sum += x);
            }
            let shares: Vec<f64> = (0..classes)
                .filter(scorable)
                .filter(|&class| all[class] > 0.0)
                .map(|class| right[class] / all[class])
                .collect();
            shares.iter().sum::<f64>() / shares.len().max(1) as f64
        };
        let mut answers = Vec::new();
        for fold in 0..deal.folds() {
            let out = if nested { fold } else { usize::MAX };
            let choice = best(verdicts.iter().map(|of_choice| score(of_choice, out)));
            tried[choice].chosen += 1;
            answers.extend(verdicts[choice][&(fold, fold)].answers.iter().cloned());
        }
        judged.draws.push(answers);
        for (tried, of_choice) in tried.iter_mut().zip(&verdicts) {
            tried.score += score(of_choice, usize::MAX) / deals.len() as f64;
            let own = |count: fn(&Verdict) -> u32| {
                (0..deal.folds()).map(|fold| count(&of_choice[&(fold, fold)])).sum::<u32>()
            };
            let (right, windows) = (own(|verdict| verdict.right_windows), own(|verdict| verdict.windows));
            tried.accuracy += f64::from(right) / f64::from(windows.max(1)) / deals.len() as f64;
        }
    }
    progress(all, all);
    judged.chosen = best(tried.iter().map(|tried| tried.score));
    judged.tried = tried;
    judged
}

/// The first that nothing later is clearly better than.
fn best(scores: impl Iterator<Item = f64>) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (at, score) in scores.enumerate() {
        if score > best.1 + CLEARLY {
            best = (at, score);
        }
    }
    best.0
}

/// Who judges and who else is absent: each fold alone, and with each other one.
fn courts(folds: usize, pairs: bool) -> Vec<(usize, usize)> {
    let mut courts: Vec<_> = (0..folds).map(|fold| (fold, fold)).collect();
    if pairs {
        courts.extend((0..folds).flat_map(|one| (one + 1..folds).map(move |other| (one, other))));
    }
    courts
}

/// All that judging a view needs, made once.
struct Hearing<'a> {
    view: &'a View,
    places: Vec<Place>,
    /// Sums of the rows that are mute for the same folds.
    moments: BTreeMap<u32, Moments>,
    /// Of each fold, labelled samples of each class that no window lies in.
    unseen: Vec<Vec<f64>>,
    unscorable: &'a [usize],
    /// Of a row, the labelled samples that it stands for.
    weights: Vec<f64>,
}

impl<'a> Hearing<'a> {
    fn new(deal: &Deal, sources: &[Source], view: &'a View, classes: usize, unscorable: &'a [usize]) -> Self {
        let rows = &view.table.rows;
        let places: Vec<Place> = rows.iter().map(|row| deal.place(row, view.window, sources)).collect();
        let features: Vec<&[f32]> = rows.iter().map(|row| row.features.as_slice()).collect();
        let centre: Arc<[f64]> = linear::mean(&features).into();
        let mut parts: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, place) in places.iter().enumerate() {
            parts.entry(place.mute).or_default().push(at);
        }
        let parts: Vec<(u32, Vec<usize>)> = parts.into_iter().collect();
        let sum = |(_, part): &(u32, Vec<usize>)| {
            let mut moments = Moments::new(classes, centre.clone());
            part.iter().for_each(|&at| moments.add(&rows[at].features, rows[at].class));
            moments
        };
        let mut moments = BTreeMap::new();
        parallel::each(&parts, parallel::threads(None), sum, |at, part| {
            moments.insert(parts[at].0, part);
        });
        // A stretch's samples are shared by its windows. Where none fits, nobody tells it right, whoever judges.
        let mut windows: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for row in rows.iter().filter(|row| !row.is_copy) {
            *windows.entry((row.item, row.span)).or_default() += 1.0;
        }
        let mut unseen = vec![vec![0.0; classes]; deal.folds()];
        for (item, source) in sources.iter().enumerate() {
            for (span, stretch) in source.stretches.iter().enumerate() {
                if let Some(stretch) = stretch.as_ref().filter(|_| !windows.contains_key(&(item, span))) {
                    let fold = match deal {
                        Deal::ByGroup(folds, _) => folds[item],
                        Deal::ByTime => by_time(source.samples, stretch.first, 1).fold,
                    };
                    unseen[fold][stretch.class] += stretch.samples();
                }
            }
        }
        let weight = |row: &Row| {
            let stretch = sources[row.item].stretches.get(row.span).and_then(Option::as_ref);
            let count = windows.get(&(row.item, row.span)).copied().unwrap_or(1.0);
            stretch.map_or(0.0, |stretch| stretch.samples() / count)
        };
        let weights = rows.iter().map(weight).collect();
        Self { view, places, moments, unseen, unscorable, weights }
    }

    /// Of each shrinkage, what the one fold says of what was learnt without both, and what the other says.
    fn hold(&self, (one, other): (usize, usize), shrinkages: &[f64]) -> Vec<[Verdict; 2]> {
        let absent = 1u32 << one | 1 << other;
        let mut learns = self.moments.iter().filter(|(mute, _)| *mute & absent == 0).map(|(_, part)| part);
        let mut sum = match learns.next() {
            Some(first) => first.clone(),
            None => return vec![Default::default(); shrinkages.len()],
        };
        learns.for_each(|part| sum.merge(part));
        let of = |&shrinkage: &f64| {
            let linear = sum.fit(shrinkage);
            [one, other].map(|fold| self.verdict(&linear, fold, one == other))
        };
        shrinkages.iter().map(of).collect()
    }

    fn verdict(&self, linear: &Linear, fold: usize, keep: bool) -> Verdict {
        let labelled = self.unseen[fold].clone();
        let mut verdict = Verdict { right: vec![0.0; labelled.len()], labelled, ..Verdict::default() };
        for (at, row) in self.view.table.rows.iter().enumerate() {
            if row.is_copy || self.places[at].fold != fold || self.unscorable.contains(&row.class) {
                continue;
            }
            let scores = linear.scores(&row.features);
            let answer = Answer { item: row.item, first: row.first, class: row.class, scores, fold };
            verdict.windows += 1;
            verdict.labelled[row.class] += self.weights[at];
            if answer.is_right() {
                verdict.right_windows += 1;
                verdict.right[row.class] += self.weights[at];
            }
            if keep {
                verdict.answers.push(answer);
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_share_no_sample_and_all_windows_judge() {
        let (samples, window) = (1000, 50);
        let mut judged = 0;
        for block in 0..FOLDS {
            let places = (0..=samples - window).map(|first| (first, by_time(samples, first, window)));
            let (mut judges, mut learners) = (Vec::new(), Vec::new());
            for (first, place) in places {
                if place.fold == block {
                    judges.push(first);
                } else if place.mute & 1 << block == 0 {
                    learners.push(first);
                }
            }
            judged += judges.len();
            assert!(learners.len() > samples / 2);
            let (begin, end) = (judges[0], judges[judges.len() - 1] + window);
            let gap = samples / GAP;
            assert!(learners.iter().all(|first| first + window + gap <= begin || *first >= end + gap));
        }
        assert_eq!(judged, samples - window + 1);
    }

    #[test]
    fn one_draw_spreads_over_its_folds() {
        let answer = |fold, right: bool| Answer {
            item: 0,
            first: 0,
            class: usize::from(!right),
            scores: vec![1.0, 0.0],
            fold,
        };
        let draw = vec![answer(0, true), answer(0, true), answer(1, true), answer(1, false)];
        let mut judged = Judged {
            judges: Judges::Blocks { blocks: 2 },
            unscorable: vec![],
            tried: vec![],
            chosen: 0,
            nested: false,
            draws: vec![draw.clone()],
        };
        assert_eq!(judged.accuracy(), (0.75, 0.25));
        judged.draws.push(vec![answer(0, false)]);
        assert_eq!(judged.accuracy(), (0.375, 0.375));
    }

    #[test]
    fn what_was_named_first_is_left_only_for_what_is_clearly_better() {
        assert_eq!(best([0.9, 0.905, 0.918].into_iter()), 0);
        assert_eq!(best([0.9, 0.93, 0.945, 0.8].into_iter()), 1);
    }
}
