//! Who learns and who judges: by group, because windows of one recording know each other.

use scenarios::rng::Streams;
use std::collections::BTreeMap;

/// A group's number of windows of each class.
type Counts = Vec<f64>;

fn by_group<'a>(groups: &[&'a str], classes: &[usize]) -> BTreeMap<&'a str, Counts> {
    let width = classes.iter().max().map_or(0, |most| most + 1);
    let mut counts = BTreeMap::new();
    for (group, &class) in groups.iter().zip(classes) {
        counts.entry(*group).or_insert_with(|| vec![0.0; width])[class] += 1.0;
    }
    counts
}

/// The fold (of `folds`) that judges each window: whole groups, every class spread as evenly as they allow. Groups that
/// are alike change places with the seed.
pub fn folds(groups: &[&str], classes: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let counts = by_group(groups, classes);
    let width = counts.values().next().map_or(0, Vec::len);
    let mut total = vec![0.0; width];
    for of_group in counts.values() {
        total.iter_mut().zip(of_group).for_each(|(sum, count)| *sum += count);
    }
    let mut stream = Streams::new(seed).stream("train.folds");
    let mut order: Vec<_> = counts.iter().map(|(name, counts)| (stream.next_u64(), *name, counts)).collect();
    order.sort_by_key(|(draw, ..)| *draw);
    // Those that are hardest to place come first: most of one class.
    let uneven = |counts: &Counts| {
        let mean = counts.iter().sum::<f64>() / width.max(1) as f64;
        counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>()
    };
    order.sort_by(|a, b| uneven(b.2).total_cmp(&uneven(a.2)));
    let mut filled = vec![vec![0.0; width]; folds.max(1)];
    let mut place = BTreeMap::new();
    for (_, name, of_group) in order {
        let cost = |fold: usize| {
            let share = |class: usize, at: usize| {
                let extra = if at == fold { of_group[class] } else { 0.0 };
                (filled[at][class] + extra) / f64::max(total[class], 1.0)
            };
            let spread = |class: usize| {
                let mean = (0..filled.len()).map(|at| share(class, at)).sum::<f64>() / filled.len() as f64;
                (0..filled.len()).map(|at| (share(class, at) - mean) * (share(class, at) - mean)).sum::<f64>()
            };
            let load: f64 = filled[fold].iter().sum();
            ((0..width).map(spread).sum::<f64>(), load)
        };
        let best = (0..filled.len()).map(|fold| (cost(fold), fold)).min_by(|a, b| {
            // Equal to rounding is equal: then the emptier one.
            let near = (a.0.0 - b.0.0).abs() < 1e-9;
            let by_cost = if near { core::cmp::Ordering::Equal } else { a.0.0.total_cmp(&b.0.0) };
            by_cost.then(a.0.1.total_cmp(&b.0.1))
        });
        let fold = best.map_or(0, |(_, fold)| fold);
        filled[fold].iter_mut().zip(of_group).for_each(|(sum, count)| *sum += count);
        place.insert(name, fold);
    }
    groups.iter().map(|group| place.get(group).copied().unwrap_or(0)).collect()
}

/// Each group judges once: the fold of each window.
pub fn leave_one_out(groups: &[&str]) -> Vec<usize> {
    let mut names = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    groups.iter().map(|group| names.binary_search(group).unwrap_or(0)).collect()
}

/// Classes that only one group has: where that group judges, nothing has learnt them, so they cannot be scored by group.
pub fn unscorable(groups: &[&str], classes: &[usize]) -> Vec<usize> {
    let counts = by_group(groups, classes);
    let width = counts.values().next().map_or(0, Vec::len);
    (0..width).filter(|&class| counts.values().filter(|counts| counts[class] > 0.0).count() == 1).collect()
}

/// A group on both sides of a split: what makes a score worthless.
pub fn leak<'a>(learn: &[&'a str], judge: &[&str]) -> Option<&'a str> {
    learn.iter().find(|group| judge.contains(group)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> (Vec<&'static str>, Vec<usize>) {
        // Twelve groups of 10 windows: six of class 0, four of class 1, one mixed, one of class 2.
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let mut windows = (Vec::new(), Vec::new());
        for (n, name) in names.into_iter().enumerate() {
            for window in 0..10 {
                windows.0.push(name);
                windows.1.push(match n {
                    0..6 => 0,
                    6..10 => 1,
                    10 => window % 2,
                    _ => 2,
                });
            }
        }
        windows
    }

    #[test]
    fn groups_stay_whole_and_classes_are_spread() {
        let (groups, classes) = example();
        for seed in 0..20 {
            let place = folds(&groups, &classes, 3, seed);
            for fold in 0..3 {
                let side = |inside: bool| -> Vec<&str> {
                    let here = place.iter().zip(&groups).filter(|(at, _)| (**at == fold) == inside);
                    here.map(|(_, group)| *group).collect()
                };
                assert_eq!(leak(&side(false), &side(true)), None);
                let of = |class: usize| {
                    place.iter().zip(&classes).filter(|(at, c)| **at == fold && **c == class).count()
                };
                assert!(
                    (15..=25).contains(&of(0)) && (10..=20).contains(&of(1)),
                    "{seed}: {} {}",
                    of(0),
                    of(1)
                );
            }
            assert_eq!(place, folds(&groups, &classes, 3, seed), "one seed, one split");
        }
        assert_ne!(folds(&groups, &classes, 3, 1), folds(&groups, &classes, 3, 2));
        assert_eq!(folds(&[], &[], 3, 1), [0usize; 0]);
    }

    #[test]
    fn a_class_of_one_group_is_named_and_so_is_a_leak() {
        let (groups, classes) = example();
        assert_eq!(unscorable(&groups, &classes), [2]);
        assert_eq!(leave_one_out(&["b", "a", "b", "c"]), [1, 0, 1, 2]);
        assert_eq!(leak(&["a", "b"], &["c", "b"]), Some("b"));
    }
}
