//! Other models than the linear one, held against it: on the same windows, by the same judges, from the bytes that the node
//! would run.

use super::file::{ModelFile, ask};
use super::judge::{Answer, Deal, Source, View, share, spread};
use super::learnt::{Kind, Learnt};
use super::linear;
use super::{Progress, Refusal};
use std::path::Path;

/// What answers are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Worth {
    pub answers: Vec<Answer>,
    pub accuracy: f64,
    /// Of each fold that judged something.
    folds: Vec<f64>,
}

/// A rival has to be better by so much, and by more than what the folds differ in: it takes longer and is larger.
const CLEARLY: f64 = 0.02;

impl Worth {
    fn of(answers: Vec<Answer>, folds: usize) -> Self {
        let of_fold = |fold| share(answers.iter().filter(move |answer| answer.fold == fold));
        let folds = (0..folds).filter_map(of_fold).collect();
        let accuracy = share(answers.iter()).unwrap_or(0.0);
        Self { answers, accuracy, folds }
    }

    /// Standard deviation over the folds.
    pub fn spread(&self) -> f64 {
        spread(&self.folds).1
    }

    pub fn is_clearly_better_than(&self, other: &Self) -> bool {
        let apart: Vec<f64> = self.folds.iter().zip(&other.folds).map(|(a, b)| a - b).collect();
        let error = spread(&apart).1 / (apart.len().max(2) as f64 - 1.0).sqrt();
        self.accuracy - other.accuracy > error.max(CLEARLY)
    }
}

/// Windows of a view, dealt into folds.
pub struct Contest<'a> {
    pub view: &'a View,
    pub deal: &'a Deal,
    pub sources: &'a [Source],
    /// How many there are, and those that nobody can judge.
    pub classes: usize,
    pub unscorable: &'a [usize],
    pub seed: u64,
    /// What a rival may have.
    pub bytes: usize,
}

impl Contest<'_> {
    pub fn linear(&self, shrinkage: f64) -> Worth {
        let answers = self.folds(&mut |rows, labels, judged| {
            let linear = linear::fit(rows, labels, self.classes, shrinkage);
            Ok(judged.iter().map(|row| linear.scores(row)).collect())
        });
        Worth::of(answers.unwrap_or_default(), self.deal.folds())
    }

    /// `write` makes a file of what was learnt.
    pub fn rival(
        &self,
        kind: Kind,
        write: &dyn Fn(&Learnt) -> Result<ModelFile, Refusal>,
        progress: Progress,
    ) -> Result<Worth, Refusal> {
        let folds = self.deal.folds();
        let mut fold = 0;
        let answers = self.folds(&mut |rows, labels, judged| {
            let at = fold;
            fold += 1;
            let mut part = |done: usize, all: usize| progress(at * all + done, folds * all);
            let learnt = kind.fit(rows, labels, self.classes, self.seed, self.bytes, &mut part)?;
            let file = write(&learnt)?;
            let model = file.model(Path::new("a model of some folds"))?;
            let of_row = |row: &&[f32]| {
                let shares = ask(&model, row).unwrap_or_else(|| vec![0.0; self.classes]);
                shares.into_iter().map(|share| share.max(1e-9).ln()).collect()
            };
            Ok(judged.iter().map(of_row).collect())
        })?;
        Ok(Worth::of(answers, folds))
    }

    /// Of all windows that there are.
    pub fn whole(
        &self,
        kind: Kind,
        rows: &[&[f32]],
        labels: &[usize],
        classes: usize,
        progress: Progress,
    ) -> Result<Learnt, Refusal> {
        kind.fit(rows, labels, classes, self.seed, self.bytes, progress)
    }

    /// `say`: scores for the last rows by what was learnt of the first.
    fn folds(&self, say: &mut Say) -> Result<Vec<Answer>, Refusal> {
        let rows = &self.view.table.rows;
        let places: Vec<_> =
            rows.iter().map(|row| self.deal.place(row, self.view.window, self.sources)).collect();
        let mut answers = Vec::new();
        for fold in 0..self.deal.folds() {
            let learns = |at: &usize| places[*at].mute & 1 << fold == 0;
            let judges = |at: &usize| {
                let row = &rows[*at];
                places[*at].fold == fold && !row.is_copy && !self.unscorable.contains(&row.class)
            };
            let (learn, judge): (Vec<usize>, Vec<usize>) =
                ((0..rows.len()).filter(learns).collect(), (0..rows.len()).filter(judges).collect());
            let features =
                |of: &[usize]| -> Vec<&[f32]> { of.iter().map(|at| rows[*at].features.as_slice()).collect() };
            let labels: Vec<usize> = learn.iter().map(|at| rows[*at].class).collect();
            if learn.is_empty() || judge.is_empty() {
                continue;
            }
            let scores = say(&features(&learn), &labels, &features(&judge))?;
            answers.extend(judge.iter().zip(scores).map(|(at, scores)| {
                let row = &rows[*at];
                Answer { item: row.item, first: row.first, class: row.class, scores, fold }
            }));
        }
        Ok(answers)
    }
}

type Say<'a> = dyn FnMut(&[&[f32]], &[usize], &[&[f32]]) -> Result<Vec<Vec<f64>>, Refusal> + 'a;

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(right: &[u32]) -> Worth {
        let answer = |fold, right: bool| Answer {
            item: 0,
            first: 0,
            class: usize::from(!right),
            scores: vec![1.0, 0.0],
            fold,
        };
        let of_fold = |(fold, right): (usize, &u32)| {
            let right = *right;
            (0..100).map(move |n| answer(fold, n < right)).collect::<Vec<_>>()
        };
        Worth::of(right.iter().enumerate().flat_map(of_fold).collect(), right.len())
    }

    #[test]
    fn a_rival_wins_only_where_all_folds_tell_so() {
        let linear = worth(&[90, 80, 85, 90]);
        assert!(worth(&[95, 86, 90, 94]).is_clearly_better_than(&linear));
        assert!(!worth(&[91, 81, 86, 91]).is_clearly_better_than(&linear), "one point");
        assert!(!worth(&[99, 70, 99, 90]).is_clearly_better_than(&linear), "here better, there worse");
        assert_eq!((linear.accuracy, linear.spread() > 0.04), (0.8625, true));
    }
}
