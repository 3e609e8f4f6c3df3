//! Who was taken for whom.

use crate::report::result::rounded;
use serde::Serialize;
use std::collections::BTreeSet;

/// Windows by what they are and what was said of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scores {
    pub classes: Vec<String>,
    /// `confusion[is][said]`.
    pub confusion: Vec<Vec<u64>>,
}

/// How well one class was told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfClass {
    pub class: String,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// Windows of it.
    pub n: u64,
}

impl Scores {
    pub fn new(classes: Vec<String>) -> Self {
        let confusion = vec![vec![0; classes.len()]; classes.len()];
        Self { classes, confusion }
    }

    pub fn count(&mut self, is: usize, said: usize) {
        self.confusion[is][said] += 1;
    }

    /// Forgets all other classes.
    pub fn keep(&mut self, classes: &BTreeSet<usize>) {
        let kept = |at: &usize| classes.contains(at);
        let all = 0..self.classes.len();
        self.confusion = (all.clone().filter(kept))
            .map(|is| all.clone().filter(kept).map(|said| self.confusion[is][said]).collect())
            .collect();
        self.classes = all.filter(kept).map(|at| self.classes[at].clone()).collect();
    }

    pub fn n(&self) -> u64 {
        self.confusion.iter().flatten().sum()
    }

    /// Of all windows; 0 if there are none.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = self.confusion.iter().enumerate().map(|(class, row)| row[class]).sum();
        right as f64 / self.n().max(1) as f64
    }

    pub fn per_class(&self) -> Vec<OfClass> {
        let of_class = |(at, class): (usize, &String)| {
            let right = self.confusion[at][at] as f64;
            let n: u64 = self.confusion[at].iter().sum();
            let said: u64 = self.confusion.iter().map(|row| row[at]).sum();
            let share = |of: u64| if of > 0 { rounded(right / of as f64, 6) } else { 0.0 };
            let f1 = if n + said > 0 { rounded(2.0 * right / (n + said) as f64, 6) } else { 0.0 };
            OfClass { class: class.clone(), precision: share(said), recall: share(n), f1, n }
        };
        self.classes.iter().enumerate().map(of_class).collect()
    }

    /// The mean over the classes that there were windows of.
    pub fn macro_f1(&self) -> f64 {
        let there: Vec<f64> =
            self.per_class().iter().filter(|class| class.n > 0).map(|class| class.f1).collect();
        there.iter().sum::<f64>() / there.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_matrix() {
        let mut scores = Scores::new(vec!["a".into(), "b".into(), "never".into()]);
        for (is, said, times) in [(0, 0, 8), (0, 1, 2), (1, 1, 5), (1, 0, 1)] {
            (0..times).for_each(|_| scores.count(is, said));
        }
        assert_eq!((scores.n(), scores.accuracy()), (16, 13.0 / 16.0));
        let classes = scores.per_class();
        assert_eq!((classes[0].n, classes[0].recall, classes[0].f1), (10, 0.8, rounded(16.0 / 19.0, 6)));
        let mean = f64::midpoint(classes[0].f1, classes[1].f1);
        assert_eq!((scores.macro_f1(), classes[2].f1), (mean, 0.0));
    }
}
