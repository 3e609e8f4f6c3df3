//! How strongly each access point arrives where a node is: distance, walls, and the shadows that a place has for good.
//!
//! A shadow is a sum of plane waves of random direction and length, so that neighbouring places have nearly the same one and
//! distant ones nothing in common (correlation exp(-d²/2L²)). It belongs to the building ([`AirKeys::site`]) and the access point,
//! not to the run: what was surveyed in one scenario holds in the next.

use super::Path;
use crate::rng::Streams;
use crate::schema::{AccessPoint, AirKeys, Ns, Scenario, Wall};

const WAVES: usize = 24;
/// Nearer than this the law of distance says nothing.
const NEAREST_M: f32 = 0.3;

pub struct RadioWorld {
    points: Vec<(AccessPoint, Shadow)>,
    walls: Vec<Wall>,
    air: AirKeys,
    path: Path,
}

impl RadioWorld {
    pub fn new(scenario: &Scenario, node: usize) -> Self {
        let radio = &scenario.radio;
        let shadow = |point: &AccessPoint| (point.clone(), Shadow::new(&radio.air, point.bssid));
        Self {
            points: radio.points.iter().map(shadow).collect(),
            walls: radio.walls.clone(),
            air: radio.air,
            path: Path::new(scenario, node),
        }
    }

    /// Address and channel of each access point, in the order of the file.
    pub fn points(&self) -> impl Iterator<Item = ([u8; 6], u8)> + '_ {
        self.points.iter().map(|(point, _)| (point.bssid, point.channel))
    }

    /// dBm at the node's antenna.
    pub fn strength_dbm(&self, point: usize, at: Ns) -> f32 {
        let Some((point, shadow)) = self.points.get(point) else { return f32::NEG_INFINITY };
        let here = self.path.at(at);
        let [dx, dy] = [0, 1].map(|axis| here[axis] - point.at_m[axis]);
        let distance = libm::sqrtf(dx * dx + dy * dy).max(NEAREST_M);
        let walls: f32 = self
            .walls
            .iter()
            .filter(|wall| crosses(point.at_m, here, wall.from_m, wall.to_m))
            .map(|wall| wall.loss_db)
            .sum();
        point.dbm_at_1m - 10.0 * self.air.exponent * libm::log10f(distance) - walls + shadow.at(here)
    }
}

/// What a place adds or takes, dB.
struct Shadow {
    height_db: f32,
    /// Radians a metre each way, and a phase.
    waves: [[f32; 3]; WAVES],
}

impl Shadow {
    fn new(air: &AirKeys, bssid: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = bssid;
        let name = format!("shadow.{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{f:02x}");
        let mut draws = Streams::new(air.site).stream(&name);
        let waves = std::array::from_fn(|_| {
            let phase = draws.between(0.0, 2.0 * core::f32::consts::PI);
            [draws.normal() / air.shadow_length_m, draws.normal() / air.shadow_length_m, phase]
        });
        Self { height_db: air.shadowing_db * libm::sqrtf(2.0 / WAVES as f32), waves }
    }

    fn at(&self, [x, y]: [f32; 2]) -> f32 {
        self.height_db
            * self.waves.iter().map(|[kx, ky, phase]| libm::cosf(kx * x + ky * y + phase)).sum::<f32>()
    }
}

/// Whether two stretches cross each other.
fn crosses(a: [f32; 2], b: [f32; 2], c: [f32; 2], d: [f32; 2]) -> bool {
    let side =
        |p: [f32; 2], q: [f32; 2], r: [f32; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(shadowing_db: f32, walls: Vec<Wall>) -> RadioWorld {
        let air = AirKeys { exponent: 3.0, shadowing_db, shadow_length_m: 2.0, site: 5 };
        let span = crate::place::Span::default();
        let bssid = [2, 0, 0, 0, 0, 7];
        let point = AccessPoint { bssid, channel: 6, at_m: [10.0, 0.0], dbm_at_1m: -40.0, span };
        let shadow = Shadow::new(&air, bssid);
        RadioWorld { points: vec![(point, shadow)], walls, air, path: Path::default() }
    }

    #[test]
    fn ten_times_the_distance_takes_the_exponent_and_a_wall_its_loss() {
        // The node is at the origin, ten metres away.
        assert!((world(0.0, Vec::new()).strength_dbm(0, 0) - (-70.0)).abs() < 1e-3);
        let wall = |x: f32, y: f32| Wall { from_m: [x, -1.0], to_m: [x, y], loss_db: 6.5 };
        assert!(
            (world(0.0, vec![wall(5.0, 1.0), wall(12.0, 1.0)]).strength_dbm(0, 0) - (-76.5)).abs() < 1e-3
        );
        assert!((world(0.0, vec![wall(5.0, -0.5)]).strength_dbm(0, 0) - (-70.0)).abs() < 1e-3);
    }

    #[test]
    fn shadows_have_their_height_and_their_length_and_belong_to_the_site() {
        let air = AirKeys { exponent: 2.0, shadowing_db: 4.0, shadow_length_m: 2.0, site: 1 };
        let fields: Vec<Shadow> = (0..200u8).map(|index| Shadow::new(&air, [2, 0, 0, 0, 0, index])).collect();
        let of = |a: [f32; 2], b: [f32; 2]| {
            fields.iter().map(|field| f64::from(field.at(a)) * f64::from(field.at(b))).sum::<f64>() / 200.0
        };
        let variance = of([3.0, 1.0], [3.0, 1.0]);
        assert!((variance - 16.0).abs() < 3.0, "{variance}");
        let near = of([3.0, 1.0], [3.0, 3.0]) / variance;
        assert!((near - 0.607).abs() < 0.12, "one length away: {near}");
        let far = of([3.0, 1.0], [13.0, 1.0]) / variance;
        assert!(far.abs() < 0.2, "{far}");
        let other = Shadow::new(&AirKeys { site: 2, ..air }, [2, 0, 0, 0, 0, 7]);
        assert_ne!(fields[7].at([1.0, 1.0]), other.at([1.0, 1.0]));
    }
}
