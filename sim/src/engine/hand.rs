//! A hand that holds the board: it moves where the hand wants it, smoothly, and the IMU feels it.
//!
//! The hand gives poses now and then: in between it goes on a straight line, and the board follows through three equal poles,
//! so that acceleration has no steps. Everything is in closed form from one pose to the next: what a chip feels at an instant
//! does not depend on when it asked before.

use crate::parallel::lock;
use scenarios::signal::Quat;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

/// Where the hand wants the board, in the world's axes (x forward, y left, z up) and from where it took it.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Pose {
    pub shift_m: [f64; 3],
    /// Rotation vector: its length is the angle.
    pub turn_rad: [f64; 3],
}

/// How fast the board follows: people move hands at up to about 5 Hz (assumed).
const FOLLOWS_PER_S: f64 = 30.0;
/// A pose is felt so much later than it was given. Chips render the world in blocks that reach up to 128 ms ahead: sooner, all
/// poses of a block would become its last one, and a circle a polygon of jerks.
const LATER_NS: u64 = 140_000_000;
/// From one pose to the next a hand takes as long as lay between them, and no longer than this: it had stopped.
const LONGEST_WAY_NS: u64 = 80_000_000;
/// After the hand has let go the board goes back to where it was; then the scenario has it again.
const BACK_NS: u64 = 500_000_000;
const LETTING_GO_NS: u64 = 150_000_000;
const STANDARD_GRAVITY: f64 = 9.806_65;

/// One hand, shared by who moves it and the chip that feels it.
#[derive(Clone, Debug, Default)]
pub struct Hand(Arc<Mutex<Track>>);

#[derive(Debug, Default)]
struct Track {
    reaches: VecDeque<Reach>,
    /// Attitude in which the board was taken, once somebody knows it.
    taken: Option<Quat>,
    /// Nothing changes before: it has been felt.
    felt_ns: u64,
    /// When the last pose was given.
    given_ns: u64,
}

/// From here on the board follows to there.
#[derive(Clone, Debug)]
struct Reach {
    from_ns: u64,
    /// Three of place, three of turn.
    axes: [Axis; 6],
    /// The scenario has the board again from then on.
    until_ns: u64,
}

/// Behind a target that moves steadily: where it would be led, and what is left of before as `(a + b t + c t²) e^-wt`.
#[derive(Clone, Copy, Debug, Default)]
struct Axis {
    /// Of the target at the beginning, and its speed.
    target: f64,
    speed: f64,
    a: f64,
    b: f64,
    c: f64,
}

impl Axis {
    fn towards(target: f64, target_speed: f64, [place, speed, acceleration]: [f64; 3]) -> Self {
        let w = FOLLOWS_PER_S;
        // Three poles lag behind a steady target by the way of 3/w.
        let a = place - (target - 3.0 * target_speed / w);
        let b = speed - target_speed + w * a;
        Self { target, speed: target_speed, a, b, c: 0.5 * (acceleration + 2.0 * w * b - w * w * a) }
    }

    fn target_at(&self, s: f64) -> f64 {
        self.target + self.speed * s
    }

    fn at(&self, s: f64) -> [f64; 3] {
        let (w, Self { a, b, c, speed, .. }) = (FOLLOWS_PER_S, *self);
        let e = libm::exp(-w * s);
        let f = a + b * s + c * s * s;
        let df = b + 2.0 * c * s;
        let led = self.target_at(s) - 3.0 * speed / w;
        [led + f * e, speed + (df - w * f) * e, (2.0 * c - 2.0 * w * df + w * w * f) * e]
    }
}

impl Reach {
    fn seconds(&self, at_ns: u64) -> f64 {
        at_ns.saturating_sub(self.from_ns) as f64 * 1e-9
    }

    fn turn(&self, s: f64) -> Quat {
        let [x, y, z] = [3, 4, 5].map(|axis| self.axes[axis].at(s)[0]);
        let angle = libm::sqrt(x * x + y * y + z * z);
        if angle < 1e-12 { Quat::IDENTITY } else { Quat::about([x / angle, y / angle, z / angle], angle) }
    }
}

impl Hand {
    fn track(&self) -> MutexGuard<'_, Track> {
        // Each change is one push.
        lock(&self.0)
    }

    /// The hand wants the board there, or lets it go.
    pub fn reach(&self, at_ns: u64, pose: Option<Pose>) {
        let mut track = self.track();
        let from_ns = (at_ns + LATER_NS).max(track.felt_ns + 1);
        let since_ns = at_ns.saturating_sub(track.given_ns);
        let way_ns = if pose.is_some() { since_ns.clamp(1_000_000, LONGEST_WAY_NS) } else { LETTING_GO_NS };
        track.given_ns = at_ns;
        // It would have stopped there; it goes on.
        while track.reaches.len() > 1 && track.reaches.back().is_some_and(|last| last.from_ns >= from_ns) {
            track.reaches.pop_back();
        }
        let held = track.reaches.back().filter(|reach| from_ns < reach.until_ns);
        let (now, wanted) = match held {
            Some(reach) => {
                let s = reach.seconds(from_ns);
                (reach.axes.map(|axis| axis.at(s)), reach.axes.map(|axis| axis.target_at(s)))
            }
            None if pose.is_none() => return,
            None => {
                track.taken = None;
                ([[0.0; 3]; 6], [0.0; 6])
            }
        };
        let until_ns = if pose.is_some() { u64::MAX } else { from_ns + BACK_NS };
        let Pose { shift_m: [x, y, z], turn_rad: [rx, ry, rz] } = pose.unwrap_or_default();
        let targets = [x, y, z, rx, ry, rz];
        let way_s = way_ns as f64 * 1e-9;
        let speed = |axis: usize| (targets[axis] - wanted[axis]) / way_s;
        let axes = std::array::from_fn(|axis| Axis::towards(wanted[axis], speed(axis), now[axis]));
        let way = Reach { from_ns, axes, until_ns };
        let there = way.axes.map(|axis| axis.at(way_s));
        let axes = std::array::from_fn(|axis| Axis::towards(targets[axis], 0.0, there[axis]));
        track.reaches.push_back(way);
        track.reaches.push_back(Reach { from_ns: from_ns + way_ns, axes, until_ns });
    }

    /// A chip has felt everything until then.
    pub fn was_felt(&self, until_ns: u64) {
        let mut track = self.track();
        track.felt_ns = track.felt_ns.max(until_ns);
    }

    /// Whether the hand may have the board at some time between.
    pub fn holds_between(&self, from_ns: u64, to_ns: u64) -> bool {
        let track = self.track();
        track.reaches.front().is_some_and(|first| first.from_ns <= to_ns)
            && track.reaches.back().is_some_and(|last| from_ns < last.until_ns)
    }

    /// Specific force in g and rate in deg/s at `at_ns`, in the chip's axes, if the hand has the board then. `taken` is asked
    /// once for its attitude at the time when it was taken. Calls come in order of time.
    pub fn felt(&self, at_ns: u64, taken: impl FnOnce(u64) -> Quat) -> Option<([f32; 3], [f32; 3])> {
        let (reach, base) = self.track().at(at_ns, taken)?;
        let s = reach.seconds(at_ns);
        let [ax, ay, az] = [0, 1, 2].map(|axis| reach.axes[axis].at(s)[2] / STANDARD_GRAVITY);
        let attitude = reach.turn(s).then_inner(base).normalised();
        let force = attitude.to_chip([ax, ay, az + 1.0]);
        // How far it turns in a tenth of a millisecond, about its middle.
        const STEP_S: f64 = 1e-4;
        let ahead = reach.turn(s + STEP_S).then_inner(base).normalised();
        let (axis, angle) = attitude.conjugate().then_inner(ahead).axis_angle();
        let rate = axis.map(|part| part * (angle / STEP_S).to_degrees());
        Some((force.map(|g| g as f32), rate.map(|dps| dps as f32)))
    }

    /// Where the board is, from where it was taken, and its attitude: for those who draw it.
    pub fn place(&self, at_ns: u64, taken: impl FnOnce(u64) -> Quat) -> Option<([f64; 3], Quat)> {
        let (reach, base) = self.track().at(at_ns, taken)?;
        let s = reach.seconds(at_ns);
        let place = [0, 1, 2].map(|axis| reach.axes[axis].at(s)[0]);
        Some((place, reach.turn(s).then_inner(base).normalised()))
    }
}

impl Track {
    fn at(&mut self, at_ns: u64, taken: impl FnOnce(u64) -> Quat) -> Option<(Reach, Quat)> {
        while self.reaches.get(1).is_some_and(|next| next.from_ns <= at_ns) {
            self.reaches.pop_front();
        }
        let reach = self.reaches.front().filter(|reach| (reach.from_ns..reach.until_ns).contains(&at_ns))?;
        let base = *self.taken.get_or_insert_with(|| taken(reach.from_ns));
        Some((reach.clone(), base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn at_rest_in_a_hand_is_gravity_and_nothing_else() {
        let hand = Hand::default();
        hand.reach(0, Some(Pose::default()));
        let (force, rate) = hand.felt(LATER_NS + 50 * MS, |_| Quat::IDENTITY).unwrap();
        assert_eq!(force.map(|g| (g * 1e6).round()), [0.0, 0.0, 1e6]);
        assert!(rate.iter().all(|dps| dps.abs() < 1e-6));
    }

    #[test]
    fn what_is_felt_adds_up_to_where_the_hand_went() {
        let hand = Hand::default();
        hand.reach(0, Some(Pose { shift_m: [0.1, 0.0, 0.0], turn_rad: [0.0, 0.0, 0.5] }));
        let (mut speed, mut place, mut angle) = (0.0, 0.0, 0.0);
        for step in 0..10_000 {
            let (force, rate) = hand.felt(LATER_NS + step * MS / 10, |_| Quat::IDENTITY).unwrap();
            // The chip turns with the hand: its force is turned back into the world.
            let world = Quat::about([0.0, 0.0, 1.0], angle).to_world(force.map(f64::from));
            speed += world[0] * STANDARD_GRAVITY * 1e-4;
            place += speed * 1e-4;
            angle += f64::from(rate[2]).to_radians() * 1e-4;
        }
        assert!((place - 0.1).abs() < 1e-3 && speed.abs() < 1e-3, "{place} m, {speed} m/s");
        assert!((angle - 0.5).abs() < 2e-3, "{angle} rad");
    }

    #[test]
    fn a_new_reach_begins_where_the_board_is_and_with_its_acceleration() {
        let hand = Hand::default();
        hand.reach(0, Some(Pose { shift_m: [0.0, 0.2, 0.0], turn_rad: [0.0; 3] }));
        let before = hand.felt(LATER_NS + 30 * MS, |_| Quat::IDENTITY).unwrap();
        hand.reach(30 * MS, Some(Pose { shift_m: [0.3, -0.1, 0.0], turn_rad: [0.4, 0.0, 0.0] }));
        let after = hand.felt(LATER_NS + 30 * MS + 1_000, |_| Quat::IDENTITY).unwrap();
        for (before, after) in before.0.iter().zip(after.0) {
            assert!((before - after).abs() < 0.05, "{before} {after}");
        }
    }

    #[test]
    fn let_go_it_goes_back_and_is_the_scenarios_again() {
        let hand = Hand::default();
        hand.reach(0, Some(Pose { shift_m: [0.1; 3], turn_rad: [0.2; 3] }));
        assert!(hand.felt(500 * MS, |_| Quat::IDENTITY).is_some());
        hand.reach(501 * MS, None);
        let back_ns = 501 * MS + LATER_NS + BACK_NS;
        let (place, _) = hand.place(back_ns - 1, |_| Quat::IDENTITY).unwrap();
        assert!(place.iter().all(|m| m.abs() < 2e-3), "{place:?}");
        assert!(hand.felt(back_ns, |_| Quat::IDENTITY).is_none());
        assert!(!hand.holds_between(2_000 * MS, 3_000 * MS));
        hand.reach(4_000 * MS, None);
        assert!(hand.felt(4_001 * MS, |_| Quat::IDENTITY).is_none(), "there was nothing to let go of");
    }

    #[test]
    fn what_was_felt_does_not_change_any_more() {
        let hand = Hand::default();
        hand.reach(0, Some(Pose::default()));
        hand.was_felt(400 * MS);
        hand.reach(40 * MS, Some(Pose { shift_m: [1.0; 3], turn_rad: [0.0; 3] }));
        let (force, _) = hand.felt(400 * MS, |_| Quat::IDENTITY).unwrap();
        assert!((force[2] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_circle_that_is_given_in_frames_is_felt_round() {
        const FRAME_NS: u64 = 45 * MS;
        let (hand, turns_per_s) = (Hand::default(), 6.0);
        let (mut least, mut greatest) = (f64::INFINITY, 0.0f64);
        for step in 0..3_000 {
            if (step * MS).is_multiple_of(FRAME_NS) {
                let (sin, cos) = libm::sincos(turns_per_s * step as f64 * 1e-3);
                hand.reach(
                    step * MS,
                    Some(Pose { shift_m: [0.0, 0.25 * cos, 0.25 * sin], turn_rad: [0.0; 3] }),
                );
            }
            // A chip that renders ahead, in blocks.
            hand.was_felt(step / 128 * 128 * MS + 127 * MS);
            if step > 1_000 {
                let ([_, y, z], _) = hand.felt(step * MS, |_| Quat::IDENTITY).unwrap();
                let felt = libm::hypot(f64::from(y), f64::from(z) - 1.0);
                (least, greatest) = (least.min(felt), greatest.max(felt));
            }
        }
        // Without lag 0.25 m at 6 rad/s are 0.918 g.
        assert!(least > 0.6 && greatest < 1.2, "{least} to {greatest} g");
    }
}
