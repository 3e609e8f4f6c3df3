//! What stands in the scene now: each stick and what belongs to it, as the history says. The panel points at it and Bevy draws it.

use super::estimate::Estimate;
use super::orbit::{attitude, from_world};
use super::place::{ABOVE_PLAN, Layout, Plan, Seat, Spot};
use super::stick;
use super::waves::{self, Ring};
use crate::desktop::desk::View;
use crate::live::NodeHistory;
use bevy::math::{Mat3, Quat, Vec2, Vec3};
use node_core::event::Event;
use scenarios::schema::{MotionKind, Vibration, When};

/// A stick.
#[derive(Clone, Debug)]
pub struct Actor {
    pub node: usize,
    pub middle: Vec3,
    pub turn: Quat,
    pub size: f32,
    /// A, B and power.
    pub pressed: [bool; 3],
    pub led: bool,
    pub ghost: Option<Ghost>,
    pub rings: [Ring; waves::RINGS],
    /// At the microphone, dB SPL; none: silence, or nobody listens.
    pub level_db: Option<f32>,
    /// Where on the ground its shadow falls, half its size, and how dark it is.
    pub shadow: Option<(Vec3, Vec2, f32)>,
    /// Where on the plan it is.
    pub stands: Option<Vec3>,
    /// What it sits on has turned so far, as it is drawn; and how it shakes in truth.
    pub shaft: f32,
    pub shakes: Option<Shakes>,
    /// How much of its seat one sees: 1 all, less where it lies between the eye and the stick, 0 nothing.
    pub seat_shows: f32,
    /// What its last window was, and how sure it is.
    pub says: Option<(&'static str, u8)>,
}

impl Default for Actor {
    fn default() -> Self {
        Self {
            node: 0,
            middle: Vec3::ZERO,
            turn: Quat::IDENTITY,
            size: 1.0,
            pressed: [false; 3],
            led: false,
            ghost: None,
            rings: [Ring::default(); waves::RINGS],
            level_db: None,
            shadow: None,
            stands: None,
            shaft: 0.0,
            shakes: None,
            seat_shows: 1.0,
            says: None,
        }
    }
}

/// A machine's own motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shakes {
    pub hz: f64,
    /// Half the way that it goes to and fro, at that frequency.
    pub way_m: f64,
}

impl Shakes {
    fn of(vibration: &Vibration) -> Self {
        const STANDARD_GRAVITY: f64 = 9.806_65;
        let hz = f64::from(vibration.frequency_hz);
        let per_s = std::f64::consts::TAU * hz;
        Self { hz, way_m: f64::from(vibration.amplitude_g) * STANDARD_GRAVITY / (per_s * per_s) }
    }
}

/// What a node takes itself for.
#[derive(Clone, Copy, Debug)]
pub struct Ghost {
    pub middle: Vec3,
    pub turn: Quat,
    /// Beside the stick's own.
    pub size: f32,
    pub tells: Tells,
}

#[derive(Clone, Copy, Debug)]
pub enum Tells {
    /// How far its vertical is from the true one, and whether rates were read.
    Tilt { off_deg: f64, turns: bool },
    /// How far its place is from the true one.
    Position { off_m: f32 },
}

/// What is asked of one besides the history.
pub struct Told {
    /// Where a hand has it, in the scene.
    pub shift: Vec3,
    /// The ground has sunk so far: 0 to 1.
    pub lean: f32,
    /// From where one looks.
    pub eye: Vec3,
    pub estimate: Option<Estimate>,
}

/// The lying stick's middle over what it lies on.
const REST: f32 = stick::BODY.half.y;
/// How far the ground sinks under a stick that a hand has.
pub const SINKS: f32 = 7.0;
/// Beside the stick, and a little smaller; beyond the reach of an arm, which turns with the stick.
fn ghost_place(seat: Seat) -> (Vec3, f32) {
    match seat {
        Seat::Wrist => (Vec3::new(-5.5, 0.0, 0.0), 0.72),
        _ => (Vec3::new(-2.85, 0.0, 0.0), 0.72),
    }
}

/// Shafts are drawn so much slower than they turn: one would see them stand, or go backwards.
pub const SHAFT_SLOWED: f64 = 20.0;
/// Events that are looked through for what a node said last.
const LOOKED_THROUGH: usize = 100;

pub fn actor(view: &View<'_>, layout: &Layout, spot: &Spot, node: usize, told: &Told) -> Option<Actor> {
    let seen = view.history.node(node)?;
    let now_ns = view.history.now_ns;
    let turn = attitude(seen.attitude);
    let stands =
        layout.plan.as_ref().zip(spot.path.as_ref()).map(|(plan, path)| plan.place(path.at(now_ns).into()));
    // On what it lies, it lies on the side that is down.
    let reach = reach(turn) * spot.size;
    let lifted = match spot.seat {
        Seat::Wrist => 0.0,
        Seat::Plan => reach.y + ABOVE_PLAN,
        Seat::Shelf | Seat::Desk | Seat::Machine => reach.y - REST,
    };
    let rest = stands.unwrap_or(spot.at) + Vec3::Y * lifted;
    let ground = stands.map_or(-REST, |stands| stands.y) - told.lean * SINKS;
    let middle = rest + told.shift;
    let over = (middle.y - reach.y - ground).max(0.0);
    let shadow = (spot.seat != Seat::Wrist).then(|| {
        let strength = (1.0 - 0.3 * over).clamp(0.0, 1.0);
        // Away from the light.
        let at = Vec3::new(middle.x + 0.2, ground + 0.02, middle.z - 0.22);
        (at, Vec2::new(reach.x, reach.z) + 0.28 * spot.size, strength)
    });
    let (rings, level_db) = waves::of(seen, now_ns, view.status.speed);
    let own = |of: Option<usize>| of.is_none_or(|of| of == node);
    let motions = view.scenario.motions.iter().filter(|motion| own(motion.node) && on(&motion.when, now_ns));
    let shakes = motions.filter_map(|motion| match &motion.kind {
        MotionKind::Vibration(vibration) => Some(Shakes::of(vibration)),
        _ => None,
    });
    let shakes =
        shakes.max_by(|one, other| one.hz.total_cmp(&other.hz)).filter(|_| spot.seat == Seat::Machine);
    let turns = shakes.map_or(0.0, |shakes| shakes.hz) / SHAFT_SLOWED * now_ns as f64 * 1e-9;
    let said = seen.events.iter().rev().take(LOOKED_THROUGH);
    let says = said.clone().find_map(|said| match said.event {
        Event::Class { class, confidence_percent, .. } => Some((class, confidence_percent)),
        _ => None,
    });
    let ghost = match (&layout.plan, stands) {
        (Some(plan), Some(stands)) => position_ghost(seen, plan, stands, middle),
        _ => told.estimate.map(|estimate| {
            let (beside, size) = ghost_place(spot.seat);
            let tells = Tells::Tilt { off_deg: estimate.tilt_off_deg(seen.attitude), turns: estimate.turns };
            Ghost { middle: rest + beside * spot.size, turn: attitude(estimate.attitude), size, tells }
        }),
    };
    Some(Actor {
        node,
        middle,
        turn,
        size: spot.size,
        pressed: seen.fingers.at(now_ns),
        led: seen.led,
        ghost,
        rings,
        level_db,
        shadow,
        stands,
        shaft: (turns.fract() * std::f64::consts::TAU) as f32,
        shakes,
        seat_shows: if spot.seat == Seat::Wrist { arm_shows(middle, turn, told.eye) } else { 1.0 },
        says,
    })
}

/// Sticks that would stand in each other move apart sideways; where they are on the plan is marked.
pub fn spread(cast: &mut [Actor]) {
    for first in 0..cast.len() {
        for second in first + 1..cast.len() {
            let between = cast[second].middle - cast[first].middle;
            let size = 0.5 * (cast[first].size + cast[second].size);
            let missing = 3.3 * size - between.x.abs();
            if missing <= 0.0 || between.z.abs() > 5.4 * size {
                continue;
            }
            let aside = 0.5 * missing * if between.x < 0.0 { -1.0 } else { 1.0 };
            for (index, by) in [(first, -aside), (second, aside)] {
                cast[index].middle.x += by;
                if let Some((at, ..)) = &mut cast[index].shadow {
                    at.x += by;
                }
            }
        }
    }
}

/// Where a node says that it is, as it said last.
fn position_ghost(seen: &NodeHistory, plan: &Plan, stands: Vec3, middle: Vec3) -> Option<Ghost> {
    let told = seen.events.iter().rev().take(LOOKED_THROUGH).find_map(|said| match said.event {
        Event::Position { x_cm, y_cm, .. } => Some(Vec2::new(x_cm as f32, y_cm as f32) * 0.01),
        _ => None,
    })?;
    let there = plan.place(told);
    let off_m = there.distance(stands) / super::place::PLAN_SCALE;
    let turn = attitude(seen.attitude);
    Some(Ghost { middle: there + (middle - stands), turn, size: 1.0, tells: Tells::Position { off_m } })
}

/// How far it reaches along the scene's axes, turned like this.
fn reach(turn: Quat) -> Vec3 {
    Mat3::from_quat(turn).abs() * stick::BODY.half
}

/// How much of an arm one sees that the stick is on: none of it from within, and the stick through it from its other side.
fn arm_shows(middle: Vec3, turn: Quat, eye: Vec3) -> f32 {
    let seen_from = turn.inverse() * (eye - middle);
    let beside = seen_from.abs();
    if beside.x < ARM_WIDE && beside.z < ARM_LONG && (-ARM_DEEP..-REST).contains(&seen_from.y) {
        return 0.0;
    }
    // From above the stick's middle plane nothing of the arm is before it.
    let below = -seen_from.y / seen_from.length().max(1e-3);
    let hides = ((below - 0.2) / 0.3).clamp(0.0, 1.0);
    1.0 - (1.0 - ARM_SHINES_THROUGH) * hides
}

/// The room that an arm takes under the stick, with some air: half its width and length, and how deep it reaches.
const ARM_WIDE: f32 = 3.2;
const ARM_LONG: f32 = 7.4;
const ARM_DEEP: f32 = 5.0;
const ARM_SHINES_THROUGH: f32 = 0.22;

/// Whether something goes on then.
fn on(when: &When, now_ns: u64) -> bool {
    let Some(since) = now_ns.checked_sub(when.at_ns).filter(|_| now_ns < when.until_ns) else { return false };
    let since = when.every_ns.filter(|every| *every > 0).map_or(since, |every| since % every);
    when.length_ns.is_none_or(|length| since < length)
}

/// How far a hand has carried a node, in the scene.
pub fn shift(node: &NodeHistory, hand_scale: f32) -> Vec3 {
    from_world(node.place_m) * hand_scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_go_on_from_their_beginning_to_their_end() {
        let when = When { at_ns: 10, length_ns: Some(2), every_ns: Some(5), until_ns: 18, ..When::default() };
        let found: Vec<u64> = (0..30).filter(|now| on(&when, *now)).collect();
        assert_eq!(found, [10, 11, 15, 16]);
        assert!(on(&When { length_ns: None, every_ns: None, ..when }, 17));
    }

    #[test]
    fn an_arm_hides_no_stick_and_no_eye_is_in_it() {
        let shows = |turn: Quat, eye: Vec3| arm_shows(Vec3::ZERO, turn, eye);
        let above = Vec3::new(0.0, 11.0, 5.0);
        assert_eq!(shows(Quat::IDENTITY, above), 1.0);
        let over = Quat::from_rotation_z(std::f32::consts::PI);
        assert!(
            (shows(over, above) - ARM_SHINES_THROUGH).abs() < 1e-6,
            "turned over, one sees through the arm"
        );
        assert_eq!(shows(over, Vec3::new(0.0, 3.5, 0.5)), 0.0, "from within there is none");
        assert_eq!(shows(Quat::from_rotation_z(0.5), above), 1.0);
    }

    #[test]
    fn what_shakes_goes_a_way() {
        let vibration = Vibration {
            frequency_hz: 25.0,
            amplitude_g: 0.3,
            harmonics: Vec::new(),
            axis: scenarios::schema::Axis::X,
            bearing: None,
        };
        // 2.94 m/s² at 157 rad/s.
        assert!((Shakes::of(&vibration).way_m - 119.2e-6).abs() < 1e-6, "{:?}", Shakes::of(&vibration));
    }

    #[test]
    fn two_in_one_place_stand_side_by_side() {
        let mut cast = [Actor::default(), Actor::default()];
        spread(&mut cast);
        assert!((cast[1].middle.x - cast[0].middle.x - 3.3).abs() < 1e-5);
        let mut far = [Actor::default(), Actor { middle: Vec3::Z * 6.0, ..Actor::default() }];
        spread(&mut far);
        assert_eq!(far[1].middle, Vec3::Z * 6.0);
    }

    #[test]
    fn on_its_side_a_stick_stands_higher() {
        let flat = reach(Quat::IDENTITY);
        let aside = reach(Quat::from_rotation_z(std::f32::consts::FRAC_PI_2));
        assert!((flat.y - stick::BODY.half.y).abs() < 1e-6 && (aside.y - stick::BODY.half.x).abs() < 1e-5);
    }
}
