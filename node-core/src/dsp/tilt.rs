//! Which way is up: angles and face from gravity, attitude from gravity and gyroscope together.
//!
//! Axes are the display's: x to the right of the reader, y to the top of the page, z out of the screen towards the reader.
//! At rest an accelerometer reads +1 g along the axis that points up.
//!
//! Work: [`Angles::from_gravity`] is two `atan2` and a square root a pose; [`Orientation`] compares three values a sample;
//! [`Attitude`] is two `atan2`, a square root and 4 multiply-adds a sample.

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Angles {
    /// Top edge up is positive, ±90°.
    pub pitch_deg: f32,
    /// Right edge down is positive, ±180°.
    pub roll_deg: f32,
}

impl Angles {
    /// From acceleration in g while the device does not accelerate otherwise. Any length of vector; zero gives zero.
    pub fn from_gravity([x, y, z]: [f32; 3]) -> Self {
        let horizontal = libm::sqrtf(x * x + z * z);
        Self {
            pitch_deg: libm::atan2f(y, horizontal).to_degrees(),
            roll_deg: libm::atan2f(-x, z).to_degrees(),
        }
    }
}

/// The side of the device that points up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// The display looks up.
    Up,
    /// The display looks down.
    Down,
    /// The left edge is up.
    Left,
    Right,
    /// The top edge is up: upright in portrait.
    Top,
    Bottom,
}

impl Face {
    pub const ALL: [Self; 6] = [Self::Up, Self::Down, Self::Left, Self::Right, Self::Top, Self::Bottom];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Left => "left",
            Self::Right => "right",
            Self::Top => "top",
            Self::Bottom => "bottom",
        }
    }

    /// Gravity's reaction along this face's outward direction.
    fn along(self, [x, y, z]: [f32; 3]) -> f32 {
        match self {
            Self::Up => z,
            Self::Down => -z,
            Self::Left => -x,
            Self::Right => x,
            Self::Top => y,
            Self::Bottom => -y,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrientationConfig {
    /// Sample rate, Hz.
    pub rate_hz: f32,
    /// A face is taken when its axis reads at least this much, g. 0.8 is 37° from upright.
    pub enter_g: f32,
    /// And is left only when its axis reads less than this, g. 0.5 is 60° from upright.
    pub leave_g: f32,
    /// A new face must hold this long, s.
    pub hold_s: f32,
    /// Only while the magnitude is within this of 1 g: a swing is not gravity.
    pub gravity_band_g: f32,
}

impl OrientationConfig {
    pub const fn at(rate_hz: f32) -> Self {
        Self { rate_hz, enter_g: 0.8, leave_g: 0.5, hold_s: 0.3, gravity_band_g: 0.25 }
    }
}

/// Streaming face detector with hysteresis in angle and time.
#[derive(Clone, Debug)]
pub struct Orientation {
    config: OrientationConfig,
    hold_samples: u32,
    face: Option<Face>,
    candidate: Option<Face>,
    held: u32,
}

impl Orientation {
    pub fn new(config: OrientationConfig) -> Self {
        let hold_samples = (config.hold_s * config.rate_hz) as u32;
        Self { config, hold_samples, face: None, candidate: None, held: 0 }
    }

    /// `None` until a face was held long enough once.
    pub fn face(&self) -> Option<Face> {
        self.face
    }

    /// One sample in g; returns the face when it changes.
    pub fn push(&mut self, g: [f32; 3]) -> Option<Face> {
        let [x, y, z] = g;
        let squared = x * x + y * y + z * z;
        let (low, high) = (1.0 - self.config.gravity_band_g, 1.0 + self.config.gravity_band_g);
        if squared < low * low || squared > high * high {
            self.held = 0;
            return None;
        }
        if let Some(face) = self.face
            && face.along(g) >= self.config.leave_g
        {
            self.held = 0;
            return None;
        }
        let now = Face::ALL.into_iter().find(|face| face.along(g) >= self.config.enter_g);
        if now.is_none() || now != self.candidate {
            self.candidate = now;
            self.held = 0;
        }
        let face = now?;
        if Some(face) == self.face {
            return None;
        }
        self.held += 1;
        if self.held <= self.hold_samples {
            return None;
        }
        self.held = 0;
        self.face = Some(face);
        Some(face)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttitudeConfig {
    /// Sample rate, Hz.
    pub rate_hz: f32,
    /// How long the gyroscope is believed before gravity pulls the angles back, s.
    pub time_constant_s: f32,
    /// Gravity is believed only while the magnitude is within this of 1 g.
    pub gravity_band_g: f32,
}

impl AttitudeConfig {
    pub const fn at(rate_hz: f32) -> Self {
        Self { rate_hz, time_constant_s: 0.5, gravity_band_g: 0.3 }
    }
}

/// Complementary filter: the gyroscope for what is fast, gravity for what is slow. For tilts away from the pole
/// (|pitch| up to about 70°); the gyroscope's axes are the display's.
#[derive(Clone, Debug)]
pub struct Attitude {
    period_s: f32,
    trust_gravity: f32,
    band: (f32, f32),
    angles: Option<Angles>,
}

impl Attitude {
    pub fn new(config: AttitudeConfig) -> Self {
        let period_s = 1.0 / config.rate_hz;
        let (low, high) = (1.0 - config.gravity_band_g, 1.0 + config.gravity_band_g);
        Self {
            period_s,
            trust_gravity: period_s / (config.time_constant_s + period_s),
            band: (low * low, high * high),
            angles: None,
        }
    }

    /// One sample: acceleration in g, rotation in degrees a second, right-handed about x, y, z.
    pub fn push(&mut self, g: [f32; 3], dps: [f32; 3]) -> Angles {
        let [x, y, z] = g;
        let measured = Angles::from_gravity(g);
        let Some(before) = self.angles else {
            self.angles = Some(measured);
            return measured;
        };
        // Turning about +x (right-hand rule) lifts the top edge; about +y it presses the right edge down.
        let mut angles = Angles {
            pitch_deg: before.pitch_deg + dps[0] * self.period_s,
            roll_deg: wrapped(before.roll_deg + dps[1] * self.period_s),
        };
        let squared = x * x + y * y + z * z;
        if squared >= self.band.0 && squared <= self.band.1 {
            angles.pitch_deg += self.trust_gravity * (measured.pitch_deg - angles.pitch_deg);
            // The short way round.
            angles.roll_deg =
                wrapped(angles.roll_deg + self.trust_gravity * wrapped(measured.roll_deg - angles.roll_deg));
        }
        self.angles = Some(angles);
        angles
    }
}

/// To ±180°.
fn wrapped(degrees: f32) -> f32 {
    if degrees > 180.0 {
        degrees - 360.0
    } else if degrees < -180.0 {
        degrees + 360.0
    } else {
        degrees
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOWN: [f32; 3] = [0.0, 0.0, -1.0];
    const UP: [f32; 3] = [0.0, 0.0, 1.0];
    const TOP: [f32; 3] = [0.0, 1.0, 0.0];

    fn feed(orientation: &mut Orientation, g: [f32; 3], samples: usize) -> Option<Face> {
        (0..samples).filter_map(|_| orientation.push(g)).last()
    }

    #[test]
    fn angles_of_the_six_faces() {
        let angles = |g| Angles::from_gravity(g);
        assert_eq!(angles(UP), Angles { pitch_deg: 0.0, roll_deg: 0.0 });
        assert_eq!(angles(TOP).pitch_deg, 90.0);
        assert_eq!(angles([0.0, -1.0, 0.0]).pitch_deg, -90.0);
        assert_eq!(angles([-1.0, 0.0, 0.0]).roll_deg, 90.0);
        assert_eq!(angles([1.0, 0.0, 0.0]).roll_deg, -90.0);
        assert_eq!(angles(DOWN).roll_deg.abs(), 180.0);
        assert_eq!(angles([0.0; 3]), Angles { pitch_deg: 0.0, roll_deg: 0.0 });
    }

    #[test]
    fn every_face_is_found_once_held() {
        for (g, face) in [
            (UP, Face::Up),
            (DOWN, Face::Down),
            (TOP, Face::Top),
            ([0.0, -1.0, 0.0], Face::Bottom),
            ([1.0, 0.0, 0.0], Face::Right),
            ([-1.0, 0.0, 0.0], Face::Left),
        ] {
            let mut orientation = Orientation::new(OrientationConfig::at(100.0));
            assert_eq!(feed(&mut orientation, g, 30), None, "0.3 s are not over");
            assert_eq!(orientation.push(g), Some(face));
            assert_eq!(feed(&mut orientation, g, 500), None, "told once");
            assert_eq!(orientation.face(), Some(face));
        }
    }

    #[test]
    fn the_angle_between_has_hysteresis() {
        let mut orientation = Orientation::new(OrientationConfig::at(100.0));
        feed(&mut orientation, UP, 100);
        // 50° towards the top edge: no longer within 37° of "up", but not left either.
        let lean = |degrees: f32| [0.0, libm::sinf(degrees.to_radians()), libm::cosf(degrees.to_radians())];
        assert_eq!(feed(&mut orientation, lean(50.0), 500), None);
        assert_eq!(feed(&mut orientation, lean(58.0), 500), None);
        assert_eq!(feed(&mut orientation, lean(62.0), 100), Some(Face::Top));
        assert_eq!(feed(&mut orientation, lean(40.0), 500), None);
        assert_eq!(feed(&mut orientation, lean(25.0), 100), Some(Face::Up));
    }

    #[test]
    fn a_swing_is_not_gravity() {
        let mut orientation = Orientation::new(OrientationConfig::at(100.0));
        feed(&mut orientation, UP, 100);
        assert_eq!(feed(&mut orientation, [0.0, 2.0, 0.0], 500), None);
        assert_eq!(orientation.face(), Some(Face::Up));
    }

    #[test]
    fn attitude_follows_the_gyroscope_at_once_and_gravity_in_the_end() {
        let mut attitude = Attitude::new(AttitudeConfig::at(100.0));
        attitude.push(UP, [0.0; 3]);
        // 0.5 s at 90°/s about +x, gravity turning along: pitch 45°.
        for n in 1..=50 {
            let a = (0.9 * n as f32).to_radians();
            attitude.push([0.0, libm::sinf(a), libm::cosf(a)], [90.0, 0.0, 0.0]);
        }
        let turned = attitude.push(LEANING_45, [0.0; 3]);
        assert!((turned.pitch_deg - 45.0).abs() < 1.0 && turned.roll_deg.abs() < 0.5, "{turned:?}");
        // About +y: right edge down.
        let mut attitude = Attitude::new(AttitudeConfig::at(100.0));
        attitude.push(UP, [0.0; 3]);
        for n in 1..=30 {
            let a = n as f32;
            attitude.push([-libm::sinf(a.to_radians()), 0.0, libm::cosf(a.to_radians())], [0.0, 100.0, 0.0]);
        }
        let turned = attitude.push([-0.5, 0.0, 0.866], [0.0; 3]);
        assert!((turned.roll_deg - 30.0).abs() < 1.0, "{turned:?}");
    }

    const LEANING_45: [f32; 3] = [0.0, core::f32::consts::FRAC_1_SQRT_2, core::f32::consts::FRAC_1_SQRT_2];

    #[test]
    fn gyroscope_bias_is_held_by_gravity_and_a_knock_changes_little() {
        let mut attitude = Attitude::new(AttitudeConfig::at(100.0));
        let mut angles = Angles::default();
        for _ in 0..2000 {
            angles = attitude.push(UP, [5.0, 0.0, 0.0]);
        }
        // Steady state: bias times time constant, 2.5°.
        assert!((angles.pitch_deg - 2.5).abs() < 0.1, "{angles:?}");
        let knocked = attitude.push([0.0, 3.0, 1.0], [5.0, 0.0, 0.0]);
        assert!((knocked.pitch_deg - angles.pitch_deg).abs() < 0.1, "{knocked:?}");
    }

    proptest! {
        #[test]
        fn angles_turn_back_into_gravity(pitch in -85.0f32..85.0, roll in -179.0f32..179.0, length in 0.2f32..4.0) {
            let (p, r) = (pitch.to_radians(), roll.to_radians());
            let g = [-libm::cosf(p) * libm::sinf(r), libm::sinf(p), libm::cosf(p) * libm::cosf(r)];
            let angles = Angles::from_gravity(g.map(|x| x * length));
            prop_assert!((angles.pitch_deg - pitch).abs() < 1e-2 && (angles.roll_deg - roll).abs() < 1e-2, "{angles:?}");
        }

        #[test]
        fn attitude_stays_bounded(samples in prop::collection::vec(
            (prop::array::uniform3(-16.0f32..16.0), prop::array::uniform3(-2000.0f32..2000.0)), 1..200)) {
            let mut attitude = Attitude::new(AttitudeConfig::at(100.0));
            for (g, dps) in samples {
                let angles = attitude.push(g, dps);
                prop_assert!(angles.roll_deg.abs() <= 180.0 && angles.pitch_deg.is_finite());
            }
        }
    }
}
