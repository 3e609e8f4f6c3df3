//! What is normal at one place, learnt there: a [`Learner`] takes windows of a machine that is known to be well, and
//! from then on tells how far others are from them.
//!
//! Of a number of windows that its user says, the first two thirds give mean and covariance; the covariance is moved
//! towards its own diagonal, the more the fewer windows there are for the features. The last third only calibrates: the
//! threshold is [`MARGIN`] times the greatest distance of theirs, because windows that were not learnt from lie farther
//! out than those that were. Memory is the caller's and bounded; the state is plain bytes, and can be stored and opened.
//!
//! Work: a window that is learnt costs features · (features + 1) / 2 multiply-adds and one division, one that is judged
//! as many and a root; once, between them, about features³ / 3 multiply-adds, features² / 2 divisions and features roots.

use super::Form;
use crate::crc::crc32;
use core::fmt;

/// How much farther out than all that calibrated is an anomaly.
pub const MARGIN: f32 = 1.5;
/// Fewer windows than these say nothing.
pub const LEAST_WINDOWS: u32 = 24;
pub const MAX_FEATURES: usize = 64;

const VERSION: u8 = 1;
const HEAD: usize = 16;

/// What a learner is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Learning,
    Calibrating,
    Ready,
}

/// How far, and from where on it is an anomaly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    pub distance: f32,
    pub threshold: f32,
}

impl Verdict {
    pub fn is_anomaly(&self) -> bool {
        // What is no number is one.
        !matches!(
            self.distance.partial_cmp(&self.threshold),
            Some(core::cmp::Ordering::Less | core::cmp::Ordering::Equal)
        )
    }
}

/// Why bytes are no learner's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateError {
    Length,
    Version(u8),
    Damaged,
    /// A field is out of its range.
    Field,
    /// Made for another number of features than there is room for.
    Room,
}

impl fmt::Display for StateError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(out, "what was learnt is cut off: learn again"),
            Self::Version(version) => {
                write!(out, "what was learnt has version {version}, this reads {VERSION}: learn again")
            }
            Self::Damaged => write!(out, "what was learnt is damaged: learn again"),
            Self::Field => write!(out, "what was learnt has a field out of range: learn again"),
            Self::Room => {
                write!(out, "what was learnt is of more features than there is room for: learn again")
            }
        }
    }
}

impl core::error::Error for StateError {}

/// One state, being learnt or learnt.
#[derive(Debug)]
pub struct Learner<'s> {
    features: usize,
    /// Windows that it takes altogether, and that it has taken.
    goal: u32,
    taken: u32,
    /// Of the windows that calibrated.
    greatest: f32,
    mean: &'s mut [f32],
    /// While it learns the sums of products (lower triangle, row by row); after that the factor.
    triangle: &'s mut [f32],
    off: &'s mut [f32],
}

impl<'s> Learner<'s> {
    /// Numbers of room for so many features.
    pub const fn room(features: usize) -> usize {
        2 * features + Form::Full.numbers(features)
    }

    /// Bytes of a stored state.
    pub const fn bytes(features: usize) -> usize {
        HEAD + 4 * (features + Form::Full.numbers(features)) + 4
    }

    /// `None`: less room than [`Self::room`], no features or more than [`MAX_FEATURES`], or fewer windows than
    /// [`LEAST_WINDOWS`].
    pub fn new(room: &'s mut [f32], features: usize, windows: u32) -> Option<Self> {
        if !(1..=MAX_FEATURES).contains(&features) || windows < LEAST_WINDOWS {
            return None;
        }
        let room = room.get_mut(..Self::room(features))?;
        room.fill(0.0);
        let (mean, rest) = room.split_at_mut_checked(features)?;
        let (off, triangle) = rest.split_at_mut_checked(features)?;
        Some(Self { features, goal: windows, taken: 0, greatest: 0.0, mean, triangle, off })
    }

    /// Forgets all, and learns from as many windows again.
    pub fn restart(&mut self) {
        (self.taken, self.greatest) = (0, 0.0);
        self.mean.fill(0.0);
        self.triangle.fill(0.0);
    }

    pub fn features(&self) -> usize {
        self.features
    }

    /// Windows from whose number on it calibrates.
    fn learns(&self) -> u32 {
        self.goal - self.goal / 3
    }

    pub fn phase(&self) -> Phase {
        if self.taken < self.learns() {
            Phase::Learning
        } else if self.taken < self.goal {
            Phase::Calibrating
        } else {
            Phase::Ready
        }
    }

    /// Windows taken, and all that are wanted.
    pub fn progress(&self) -> (u32, u32) {
        (self.taken, self.goal)
    }

    /// Takes a window of a machine that is well. One that is not as wide as it should be or has something in it that is
    /// no number, and any once it is ready, is not taken.
    pub fn take(&mut self, features: &[f32]) -> Phase {
        let whole = features.len() == self.features && features.iter().all(|x| x.abs() < 1e15);
        match self.phase() {
            Phase::Learning if whole => {
                self.taken += 1;
                self.add(features);
                if self.taken == self.learns() {
                    self.factorise();
                }
            }
            Phase::Calibrating if whole => {
                self.taken += 1;
                let distance = self.distance(features);
                self.greatest = self.greatest.max(distance);
            }
            _ => {}
        }
        self.phase()
    }

    /// `None` before it is ready, or if there are not as many features.
    pub fn ask(&mut self, features: &[f32]) -> Option<Verdict> {
        if self.phase() != Phase::Ready || features.len() != self.features {
            return None;
        }
        let distance = self.distance(features);
        let distance = if distance.is_nan() { f32::INFINITY } else { distance };
        Some(Verdict { distance, threshold: MARGIN * self.greatest })
    }

    fn add(&mut self, features: &[f32]) {
        let share = 1.0 / self.taken as f32;
        for ((off, mean), feature) in self.off.iter_mut().zip(&mut *self.mean).zip(features) {
            *off = feature - *mean;
            *mean += *off * share;
        }
        // The window's own share of the new mean is taken out.
        let scale = 1.0 - share;
        for (row, off, numbers) in rows(self.triangle, self.off) {
            for (sum, other) in numbers.iter_mut().zip(row) {
                *sum += scale * off * other;
            }
        }
    }

    /// From sums of products to the inverse of the covariance's Cholesky factor.
    fn factorise(&mut self) {
        let windows = self.taken as f32;
        let kept = windows / (windows + self.features as f32);
        let scale = 1.0 / (windows - 1.0);
        for row in 0..self.features {
            for column in 0..row {
                self.triangle[place(row, column)] *= scale * kept;
            }
            // What never changed may yet, by a thousandth of itself.
            let least = 1e-3 * self.mean[row].abs() + 1e-9;
            let diagonal = &mut self.triangle[place(row, row)];
            *diagonal = (*diagonal * scale).max(least * least);
        }
        for row in 0..self.features {
            for column in 0..=row {
                let mut left = self.triangle[place(row, column)];
                for at in 0..column {
                    left -= self.triangle[place(row, at)] * self.triangle[place(column, at)];
                }
                self.triangle[place(row, column)] = if column < row {
                    left / self.triangle[place(column, column)]
                } else {
                    // Rounding alone can bring it to nothing: a millionth of what it was stays.
                    libm::sqrtf(left.max(1e-6 * self.triangle[place(row, row)]).max(1e-30))
                };
            }
        }
        // In place, column by column: below a diagonal only numbers of the factor are read that are not yet replaced.
        for column in 0..self.features {
            let inverse = 1.0 / self.triangle[place(column, column)];
            self.triangle[place(column, column)] = inverse;
            for row in column + 1..self.features {
                let mut sum = 0.0;
                for at in column..row {
                    sum -= self.triangle[place(row, at)] * self.triangle[place(at, column)];
                }
                self.triangle[place(row, column)] = sum / self.triangle[place(row, row)];
            }
        }
    }

    fn distance(&mut self, features: &[f32]) -> f32 {
        for ((off, mean), feature) in self.off.iter_mut().zip(&*self.mean).zip(features) {
            *off = feature - mean;
        }
        let mut sum = 0.0;
        for (row, _, numbers) in rows(self.triangle, self.off) {
            let along: f32 = numbers.iter().zip(row).map(|(weight, off)| weight * off).sum();
            sum += along * along;
        }
        libm::sqrtf(sum)
    }

    /// The state as bytes: how many of them. `None` if there is less room than [`Self::bytes`].
    pub fn store(&self, room: &mut [u8]) -> Option<usize> {
        let room = room.get_mut(..Self::bytes(self.features))?;
        let (head, numbers) = room.split_at_mut_checked(HEAD)?;
        let [low, high] = (self.features as u16).to_le_bytes();
        let words = [
            [VERSION, 0, low, high],
            self.goal.to_le_bytes(),
            self.taken.to_le_bytes(),
            self.greatest.to_le_bytes(),
        ];
        head.copy_from_slice(words.as_flattened());
        let values = self.mean.iter().chain(&*self.triangle);
        for (room, value) in numbers.as_chunks_mut::<4>().0.iter_mut().zip(values) {
            *room = value.to_le_bytes();
        }
        let (stored, crc) = room.split_last_chunk_mut::<4>()?;
        *crc = crc32(0, stored).to_le_bytes();
        Some(room.len())
    }

    /// Goes on from where [`Self::store`] was called, at whatever phase.
    pub fn open(room: &'s mut [f32], bytes: &[u8]) -> Result<Self, StateError> {
        let (stored, crc) = bytes.split_last_chunk::<4>().ok_or(StateError::Length)?;
        let (head, numbers) = stored.split_at_checked(HEAD).ok_or(StateError::Length)?;
        let &[first, goal, taken, greatest] = head.as_chunks::<4>().0 else {
            return Err(StateError::Length);
        };
        let [version, zero, low, high] = first;
        if version != VERSION {
            return Err(StateError::Version(version));
        }
        if crc32(0, stored).to_le_bytes() != *crc {
            return Err(StateError::Damaged);
        }
        let features = usize::from(u16::from_le_bytes([low, high]));
        let goal = u32::from_le_bytes(goal);
        if zero != 0 || !(1..=MAX_FEATURES).contains(&features) || goal < LEAST_WINDOWS {
            return Err(StateError::Field);
        }
        if bytes.len() != Self::bytes(features) {
            return Err(StateError::Length);
        }
        let mut learner = Self::new(room, features, goal).ok_or(StateError::Room)?;
        learner.taken = u32::from_le_bytes(taken);
        learner.greatest = f32::from_le_bytes(greatest);
        let values = learner.mean.iter_mut().chain(&mut *learner.triangle);
        for (value, bytes) in values.zip(numbers.as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*bytes);
        }
        let finite = learner.mean.iter().chain(&*learner.triangle).all(|number| number.is_finite());
        let sane = learner.greatest.is_finite() && learner.greatest >= 0.0;
        if learner.taken > goal || !finite || !sane {
            return Err(StateError::Field);
        }
        Ok(learner)
    }
}

/// Where a number of the lower triangle stands.
const fn place(row: usize, column: usize) -> usize {
    row * (row + 1) / 2 + column
}

/// Each row of a triangle with what stands left of and at its diagonal, and the last of these.
fn rows<'t>(
    triangle: &'t mut [f32],
    off: &'t [f32],
) -> impl Iterator<Item = (&'t [f32], f32, &'t mut [f32])> {
    let mut rest = triangle;
    (1..=off.len()).map_while(move |length| {
        let (row, after) = core::mem::take(&mut rest).split_at_mut_checked(length)?;
        rest = after;
        let upto = off.get(..length)?;
        Some((upto, *upto.last()?, row))
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    /// Sums of twelve even draws are nearly normal.
    fn noise(seed: u32) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            let mut even = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 24) as f32
            };
            (0..12).map(|_| even()).sum::<f32>() - 6.0
        }
    }

    /// Two features that go together, one of its own.
    fn window(draw: &mut impl FnMut() -> f32) -> [f32; 3] {
        let shared = draw();
        [10.0 + shared, 100.0 * shared + draw(), 0.01 * draw()]
    }

    fn taught(room: &mut [f32], windows: u32) -> Learner<'_> {
        let mut learner = Learner::new(room, 3, windows).unwrap();
        let mut draw = noise(1);
        for n in 0..windows {
            let learns = n < learner.learns();
            assert_eq!(learner.phase(), if learns { Phase::Learning } else { Phase::Calibrating });
            learner.take(&window(&mut draw));
        }
        assert_eq!(learner.phase(), Phase::Ready);
        learner
    }

    #[test]
    fn what_it_learnt_is_normal_and_what_breaks_the_pattern_is_not() {
        let mut room = vec![0.0; Learner::room(3)];
        let mut learner = taught(&mut room, 300);
        let mut draw = noise(2);
        let alarms = (0..1000).filter(|_| learner.ask(&window(&mut draw)).unwrap().is_anomaly()).count();
        assert!(alarms < 10, "{alarms}");
        // Each number alone is usual; together they never were.
        assert!(learner.ask(&[11.0, -100.0, 0.0]).unwrap().is_anomaly());
        assert!(learner.ask(&[10.0, 0.0, 0.2]).unwrap().is_anomaly());
        assert!(learner.ask(&[f32::NAN, 0.0, 0.0]).unwrap().is_anomaly());
        assert_eq!(learner.ask(&[10.0, 0.0]), None);
        assert_eq!(learner.take(&[1e9; 3]), Phase::Ready, "it learns no more");
        assert!(!learner.ask(&[10.0, 0.0, 0.0]).unwrap().is_anomaly());
        let before = learner.ask(&[10.0, 50.0, 0.0]);
        learner.restart();
        assert_eq!((learner.progress(), learner.ask(&[10.0, 50.0, 0.0])), ((0, 300), None));
        let mut draw = noise(1);
        (0..300).for_each(|_| {
            learner.take(&window(&mut draw));
        });
        assert_eq!(learner.ask(&[10.0, 50.0, 0.0]), before, "nothing of before is left");
    }

    #[test]
    fn distances_are_those_of_the_covariance_in_f64() {
        let mut room = vec![0.0; Learner::room(3)];
        let mut learner = taught(&mut room, 120);
        let mut draw = noise(1);
        let windows: Vec<[f32; 3]> = (0..80).map(|_| window(&mut draw)).collect();
        let mean = |at: usize| windows.iter().map(|w| f64::from(w[at])).sum::<f64>() / 80.0;
        let mean = [mean(0), mean(1), mean(2)];
        let kept = 80.0 / 83.0;
        let covariance = |a: usize, b: usize| {
            let products = windows.iter().map(|w| (f64::from(w[a]) - mean[a]) * (f64::from(w[b]) - mean[b]));
            products.sum::<f64>() / 79.0 * if a == b { 1.0 } else { kept }
        };
        let c = [0, 1, 2].map(|a| [0, 1, 2].map(|b| covariance(a, b)));
        // By Cramer's rule.
        let det = |m: [[f64; 3]; 3]| {
            m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
                - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
        };
        for x in [[10.5f32, 20.0, 0.02], [9.0, -80.0, 0.0], [10.0, 30.0, -0.03]] {
            let off = [0, 1, 2].map(|at| f64::from(x[at]) - mean[at]);
            let solved = [0, 1, 2].map(|column| {
                let mut m = c;
                (0..3).for_each(|row| m[row][column] = off[row]);
                det(m) / det(c)
            });
            let exact = (0..3).map(|at| off[at] * solved[at]).sum::<f64>().sqrt();
            let said = f64::from(learner.ask(&x).unwrap().distance);
            assert!((said - exact).abs() < 2e-3 * exact, "{said} and {exact}");
        }
    }

    #[test]
    fn a_state_goes_on_where_it_was_stored_in_each_phase() {
        let mut draw = noise(1);
        let windows: Vec<[f32; 3]> = (0..60).map(|_| window(&mut draw)).collect();
        let mut whole_room = vec![0.0; Learner::room(3)];
        let mut whole = Learner::new(&mut whole_room, 3, 60).unwrap();
        windows.iter().for_each(|window| {
            whole.take(window);
        });
        for stop in [0, 10, 40, 50, 60] {
            let mut bytes = vec![0; Learner::bytes(3)];
            let mut room = vec![0.0; Learner::room(3)];
            let mut first = Learner::new(&mut room, 3, 60).unwrap();
            windows[..stop].iter().for_each(|window| {
                first.take(window);
            });
            assert_eq!(first.store(&mut bytes), Some(bytes.len()));
            let mut room = vec![9.0; Learner::room(3)];
            let mut second = Learner::open(&mut room, &bytes).unwrap();
            windows[stop..].iter().for_each(|window| {
                second.take(window);
            });
            assert_eq!(second.ask(&[9.0, -90.0, 0.01]), whole.ask(&[9.0, -90.0, 0.01]));
        }
        let mut bytes = vec![0; Learner::bytes(3)];
        whole.store(&mut bytes).unwrap();
        bytes[20] ^= 1;
        assert_eq!(Learner::open(&mut [0.0; 12], &bytes).err(), Some(StateError::Damaged));
        assert_eq!(Learner::open(&mut [0.0; 12], &[]).err(), Some(StateError::Length));
    }

    #[test]
    fn a_feature_that_never_changes_and_one_told_twice_do_no_harm() {
        let mut room = vec![0.0; Learner::room(3)];
        let mut learner = Learner::new(&mut room, 3, 90).unwrap();
        let mut draw = noise(3);
        let mut of = || {
            let x = draw();
            [5.0, x, 2.0 * x]
        };
        (0..90).for_each(|_| {
            learner.take(&of());
        });
        let alarms = (0..300).filter(|_| learner.ask(&of()).unwrap().is_anomaly()).count();
        assert!(alarms < 6, "{alarms}");
        assert!(learner.ask(&[6.0, 0.0, 0.0]).unwrap().is_anomaly());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_state_or_an_error(
            mut bytes in prop::collection::vec(any::<u8>(), 0..200), features in 0u8..6, mended: bool,
            x in prop::collection::vec(any::<f32>(), 0..6),
        ) {
            if mended && bytes.len() >= HEAD {
                bytes.resize(Learner::bytes(features.into()), 1);
                bytes[..4].copy_from_slice(&[VERSION, 0, features, 0]);
                let (stored, crc) = bytes.split_last_chunk_mut::<4>().unwrap();
                *crc = crc32(0, stored).to_le_bytes();
            }
            let mut room = [0.0; Learner::room(6)];
            if let Ok(mut learner) = Learner::open(&mut room, &bytes) {
                learner.take(&x);
                if let Some(verdict) = learner.ask(&x) {
                    prop_assert!(!verdict.distance.is_nan());
                }
            }
        }

        #[test]
        fn any_windows_leave_it_sane(
            windows in prop::collection::vec(prop::array::uniform4(-1e14f32..1e14), 40),
            x in prop::array::uniform4(any::<f32>()),
        ) {
            let mut room = [0.0; Learner::room(4)];
            let mut learner = Learner::new(&mut room, 4, 40).unwrap();
            windows.iter().for_each(|window| { learner.take(window); });
            prop_assert_eq!(learner.phase(), Phase::Ready);
            prop_assert!(!learner.ask(&x).unwrap().distance.is_nan());
        }
    }
}
