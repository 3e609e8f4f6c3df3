//! "Find the best": a grid over two settings, each of its points a run to the end, and the front of those that nothing
//! beats in both of what one asks for.

use super::rival::{Base, Ran};
use crate::parallel;
use crossbeam::channel::{Receiver, unbounded};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One setting and the values that are tried of it, as `--set` takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub path: String,
    pub values: Vec<String>,
}

/// One run of the grid.
#[derive(Clone, Debug)]
pub struct Point {
    /// Which value of each axis.
    pub at: [usize; 2],
    /// All changes that it ran with.
    pub sets: Vec<String>,
    /// What came out, or why it was refused.
    pub ran: Result<Arc<Ran>, String>,
}

/// A grid that is being run in the background; it is given up when this is dropped.
pub struct Sweep {
    pub axes: [Axis; 2],
    pub points: Vec<Point>,
    pub total: usize,
    done: Receiver<Point>,
    unwanted: Arc<AtomicBool>,
}

/// More runs than this nobody waits for.
pub const MOST_RUNS: usize = 400;

impl Sweep {
    /// `sets`: what is changed besides. Runs on `threads` threads; the first of [`MOST_RUNS`] points, row by row.
    pub fn begin(base: &Base, sets: &[String], axes: [Axis; 2], threads: usize) -> Self {
        let grid: Vec<([usize; 2], Vec<String>)> = grid(sets, &axes);
        let total = grid.len();
        let (say, done) = unbounded();
        let unwanted = Arc::new(AtomicBool::new(false));
        let (base, flag) = (base.clone(), unwanted.clone());
        let work = move || {
            let wanted = || !flag.load(Ordering::Relaxed);
            let run = |(at, sets): &([usize; 2], Vec<String>)| {
                if !wanted() {
                    return None;
                }
                let go_on = |_| if wanted() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
                let ran = match base.run(sets, go_on) {
                    Ok(ran) => Ok(Arc::new(ran?)),
                    Err(error) => Err(format!("{}: {}", error.message(), error.help())),
                };
                Some(Point { at: *at, sets: sets.clone(), ran })
            };
            parallel::each(&grid, threads, run, |_, point| {
                // Nobody may be left to see it.
                let _ = point.map(|point| say.send(point));
            });
        };
        // One that could not begin shows as a grid without points.
        let _ = std::thread::Builder::new().name("find the best".into()).spawn(work);
        Self { axes, points: Vec::new(), total, done, unwanted }
    }

    /// Takes in the points that have come since; true if there were any.
    pub fn poll(&mut self) -> bool {
        let before = self.points.len();
        self.points.extend(self.done.try_iter());
        self.points.len() > before
    }

    pub fn ended(&self) -> bool {
        self.points.len() == self.total
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
    }
}

fn grid(sets: &[String], axes: &[Axis; 2]) -> Vec<([usize; 2], Vec<String>)> {
    let [x, y] = axes;
    let at = |row: usize, column: usize| {
        let swept =
            [(x, row), (y, column)].map(|(axis, index)| format!("{}={}", axis.path, axis.values[index]));
        let others = sets.iter().filter(|set| {
            let path = set.split_once('=').map_or(set.as_str(), |(path, _)| path);
            axes.iter().all(|axis| axis.path != path)
        });
        ([row, column], others.cloned().chain(swept).collect())
    };
    let all = (0..x.values.len()).flat_map(|row| (0..y.values.len()).map(move |column| (row, column)));
    all.map(|(row, column)| at(row, column)).take(MOST_RUNS).collect()
}

/// Those of `(cost, gain)` that no other beats: none costs less and gains as much, or gains more and costs as little. In
/// the order of their costs.
pub fn front(points: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| {
        let ((cost_a, gain_a), (cost_b, gain_b)) = (points[*a], points[*b]);
        cost_a.total_cmp(&cost_b).then(gain_b.total_cmp(&gain_a))
    });
    let mut best = f64::NEG_INFINITY;
    let mut last = None;
    order.retain(|index| {
        let (cost, gain) = points[*index];
        // Two that are the same in both are both on it.
        let keeps = gain > best || last == Some((cost, gain));
        if keeps {
            (best, last) = (gain, Some((cost, gain)));
        }
        keeps
    });
    order
}

/// So many values from one end to the other, in even steps or in even ratios.
pub fn steps(low: f64, high: f64, count: usize, ratios: bool) -> Vec<f64> {
    let count = count.max(1);
    let ratios = ratios && low > 0.0 && high > 0.0;
    let at = |index: usize| {
        let share = index as f64 / (count - 1).max(1) as f64;
        if ratios { low * (high / low).powf(share) } else { low + (high - low) * share }
    };
    (0..count).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::live::figures::Figure;
    use proptest::prelude::*;
    use std::path::Path;
    use std::time::{Duration, Instant};

    #[test]
    fn each_point_is_the_run_of_its_changes() {
        let catalogue = Arc::new(Catalogue::builtin());
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/sound-sensor.toml");
        let scenario = scenarios::load(Path::new(file), &catalogue.known(), &[]).unwrap();
        let base = Base::of(&catalogue, &scenario);
        let axis = |path: &str, values: &[&str]| Axis {
            path: path.into(),
            values: values.iter().map(|value| value.to_string()).collect(),
        };
        let axes = [
            axis("node.shelf.cpu", &["80MHz", "240MHz"]),
            axis("node.shelf.settings.block", &["32ms", "9s"]),
        ];
        let mut sweep = Sweep::begin(&base, &["duration=3s".into(), "node.shelf.cpu=160MHz".into()], axes, 2);
        let started = Instant::now();
        while !sweep.ended() {
            sweep.poll();
            assert!(started.elapsed() < Duration::from_secs(300));
            std::thread::sleep(Duration::from_millis(2));
        }
        let places: Vec<[usize; 2]> = sweep.points.iter().map(|point| point.at).collect();
        assert_eq!(places, [[0, 0], [0, 1], [1, 0], [1, 1]]);
        assert_eq!(
            sweep.points[2].sets,
            ["duration=3s", "node.shelf.cpu=240MHz", "node.shelf.settings.block=32ms"]
        );
        let load =
            |index: usize| sweep.points[index].ran.as_ref().unwrap().nodes[0].get(Figure::Load).unwrap();
        assert!(load(0) > 2.0 * load(2), "{} at 80 MHz, {} at 240", load(0), load(2));
        let alone = base.run(&sweep.points[2].sets, |_| ControlFlow::Continue(())).unwrap().unwrap();
        assert_eq!(sweep.points[2].ran.as_ref().unwrap().trace_hash, alone.trace_hash);
        assert!(sweep.points[1].ran.as_ref().unwrap_err().contains("`block` is out of range"));
    }

    #[test]
    fn values_go_in_even_steps_or_ratios() {
        assert_eq!(steps(1.0, 3.0, 3, false), [1.0, 2.0, 3.0]);
        assert_eq!(steps(1.0, 4.0, 3, true), [1.0, 2.0, 4.0]);
        assert_eq!(steps(5.0, 9.0, 1, true), [5.0]);
    }

    proptest! {
        #[test]
        fn nothing_beats_the_front(points in prop::collection::vec((0u8..6, 0u8..6), 0..20)) {
            let points: Vec<(f64, f64)> = points.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
            let front = front(&points);
            let beats = |a: (f64, f64), b: (f64, f64)| a.0 <= b.0 && a.1 >= b.1 && a != b;
            for (index, point) in points.iter().enumerate() {
                let beaten = points.iter().any(|other| beats(*other, *point));
                prop_assert_eq!(front.contains(&index), !beaten);
            }
        }
    }
}
