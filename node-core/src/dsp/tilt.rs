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
