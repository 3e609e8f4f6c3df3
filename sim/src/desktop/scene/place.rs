//! Where nodes are, as far as a scenario says: on what each lies, and where it stands among the others.

use super::orbit::Orbit;
use bevy::math::{Vec2, Vec3};
use scenarios::Scenario;
use scenarios::schema::{MotionKind, SoundKind};
use scenarios::signal::{Path, RadioWorld};

/// What a node lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    Shelf,
    Desk,
    Wrist,
    Machine,
    /// A plan of the building.
    Plan,
}

/// Where a node is in the scene.
pub struct Spot {
    pub at: Vec3,
    pub seat: Seat,
    /// Sticks are this large: 1 is as they are.
    pub size: f32,
    /// Its way through the building, and what it hears there.
    pub path: Option<Path>,
    pub radio: Option<RadioWorld>,
}

/// A building, seen from above.
#[derive(PartialEq)]
pub struct Plan {
    pub from_m: Vec2,
    pub to_m: Vec2,
    /// Both ends, and what it takes away (dB).
    pub walls: Vec<(Vec2, Vec2, f32)>,
    pub points: Vec<Vec2>,
}

/// The plan's scale: centimetres of the scene for a metre.
pub const PLAN_SCALE: f32 = 1.6;
/// Of sticks on a plan.
const SMALL: f32 = 0.5;
/// Sticks float so high above it.
pub const ABOVE_PLAN: f32 = 0.7;
/// From one stick to the next; an arm turns with its stick, and the ghost is beyond its reach.
const APART: f32 = 6.4;
const ARMS_APART: f32 = 11.0;

impl Plan {
    pub fn place(&self, at_m: Vec2) -> Vec3 {
        let from_middle = (at_m - 0.5 * (self.from_m + self.to_m)) * PLAN_SCALE;
        Vec3::new(from_middle.x, -1.0, -from_middle.y)
    }

    pub fn size(&self) -> Vec2 {
        (self.to_m - self.from_m) * PLAN_SCALE
    }

    fn of(scenario: &Scenario) -> Option<Self> {
        let points: Vec<Vec2> = scenario.radio.points.iter().map(|point| point.at_m.into()).collect();
        let walls =
            scenario.radio.walls.iter().map(|wall| (wall.from_m.into(), wall.to_m.into(), wall.loss_db));
        let walls: Vec<(Vec2, Vec2, f32)> = walls.collect();
        let places = scenario.places.iter().flat_map(|place| {
            let (at, around) = (Vec2::from(place.at_m), Vec2::splat(place.wander_m));
            [at - around, at + around]
        });
        let ends = walls.iter().flat_map(|(from, to, _)| [*from, *to]);
        let all: Vec<Vec2> = points.iter().copied().chain(places).chain(ends).collect();
        let first = *all.first()?;
        let (from, to) = all.iter().fold((first, first), |(from, to), at| (from.min(*at), to.max(*at)));
        let margin = Vec2::splat(0.6);
        Some(Self { from_m: from - margin, to_m: to + margin, walls, points })
    }
}

/// Everything's place.
pub struct Layout {
    pub spots: Vec<Spot>,
    pub plan: Option<Plan>,
    pub home: Orbit,
}

impl Layout {
    pub fn of(scenario: &Scenario) -> Self {
        let plan = Plan::of(scenario);
        let count = scenario.nodes.len();
        let seats: Vec<Seat> = (0..count).map(|node| seat(scenario, node)).collect();
        let arms = plan.is_none() && seats.contains(&Seat::Wrist);
        let apart = if arms { ARMS_APART } else { APART };
        let spot = |node: usize| match &plan {
            Some(_) => Spot {
                at: Vec3::ZERO,
                seat: Seat::Plan,
                size: SMALL,
                path: Some(Path::new(scenario, node)),
                radio: Some(RadioWorld::new(scenario, node)).filter(|radio| radio.points().next().is_some()),
            },
            None => Spot {
                at: Vec3::new((node as f32 - 0.5 * (count as f32 - 1.0)) * apart, 0.0, 0.0),
                seat: seats[node],
                size: 1.0,
                path: None,
                radio: None,
            },
        };
        let spots = (0..count).map(spot).collect();
        let usual = Orbit::default();
        let home = match &plan {
            Some(plan) => {
                let size = plan.size();
                let distance = (size.x * 1.15).max(size.y * 1.6).max(12.0);
                let target = Vec3::new(0.0, 0.0, 0.1 * size.y);
                Orbit { distance, target, pitch: 0.95, ..usual }
            }
            None => {
                let wide = (0.55 + 0.45 * count as f32).max(1.0);
                // Stick and ghost side by side, and all of the arm.
                let (distance, aside) = match seats.first() {
                    _ if arms => (12.5, -1.9),
                    Some(Seat::Machine) => (11.5, 0.3),
                    _ => (usual.distance, 0.0),
                };
                let target = usual.target + Vec3::X * aside;
                Orbit { distance: distance * wide, target, ..usual }
            }
        };
        Self { spots, plan, home }
    }

    /// The same things in the same places.
    pub fn looks_like(&self, other: &Self) -> bool {
        let looks = |layout: &Self| -> Vec<(Vec3, Seat)> {
            layout.spots.iter().map(|spot| (spot.at, spot.seat)).collect()
        };
        self.plan == other.plan && looks(self) == looks(other)
    }
}

/// What a node lies on, by what moves it, or else by what it hears.
fn seat(scenario: &Scenario, node: usize) -> Seat {
    let own = |of: Option<usize>| of.is_none_or(|of| of == node);
    let moved = |is: fn(&MotionKind) -> bool| {
        scenario.motions.iter().any(|motion| own(motion.node) && is(&motion.kind))
    };
    if moved(|kind| matches!(kind, MotionKind::Vibration(_))) {
        Seat::Machine
    } else if moved(|kind| {
        matches!(kind, MotionKind::Walk { .. } | MotionKind::Run { .. } | MotionKind::Gesture { .. })
    }) {
        Seat::Wrist
    } else if scenario.sounds.iter().any(|sound| own(sound.node) && sound.kind != SoundKind::WhiteNoise) {
        Seat::Shelf
    } else {
        Seat::Desk
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn layout(name: &str) -> Layout {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name);
        let scenario = scenarios::load(&file, &Catalogue::builtin().known(), &[]);
        Layout::of(&scenario.unwrap_or_else(|error| panic!("{error}")))
    }

    #[test]
    fn nodes_lie_where_their_scenarios_have_them() {
        for (name, seat) in [
            ("sound-sensor.toml", Seat::Shelf),
            ("night-in-the-office.toml", Seat::Shelf),
            ("motion.toml", Seat::Wrist),
            ("gestures.toml", Seat::Wrist),
            ("machine-condition.toml", Seat::Machine),
            ("spectrometer.toml", Seat::Desk),
            ("indoor-position.toml", Seat::Plan),
        ] {
            assert_eq!(layout(name).spots[0].seat, seat, "{name}");
        }
    }

    #[test]
    fn a_building_fits_its_plan() {
        let layout = layout("indoor-position.toml");
        let plan = layout.plan.unwrap();
        assert_eq!((plan.points.len(), plan.walls.len(), layout.spots.len()), (6, 4, 2));
        let half = plan.size() * 0.5;
        for point in &plan.points {
            let at = plan.place(*point);
            assert!(at.x.abs() < half.x && at.z.abs() < half.y, "{at}");
        }
        // North is away from the eye.
        assert!(plan.place(Vec2::new(0.0, 5.0)).z < plan.place(Vec2::ZERO).z);
    }
}
