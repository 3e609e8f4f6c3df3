//! What the chips ask of the world. The signals themselves (synthetic or recorded) are someone else's: a chip pulls
//! them in blocks, at the times its own oscillator decides.

/// Sound pressure at one microphone.
pub trait Sound: Send {
    /// Pressure in pascal at `t0_ns + k * dt_ns`. Calls come in order of time; gaps are allowed (the node slept).
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [f32]);
}

/// Motion of one board, in the axes of its IMU.
pub trait Motion: Send {
    /// Fills all six slices (of one length) at `t0_ns + k * dt_ns`. Calls come in order of time; gaps are allowed.
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: MotionBlock<'_>);
}

/// Specific force in g and angular rate in degrees a second.
pub struct MotionBlock<'a> {
    pub accel_g: [&'a mut [f32]; 3],
    pub gyro_dps: [&'a mut [f32]; 3],
}

impl MotionBlock<'_> {
    /// The same slices, lent for one call.
    pub fn reborrow(&mut self) -> MotionBlock<'_> {
        let [ax, ay, az] = &mut self.accel_g;
        let [gx, gy, gz] = &mut self.gyro_dps;
        MotionBlock { accel_g: [ax, ay, az], gyro_dps: [gx, gy, gz] }
    }
}

/// An access point that sends, whether or not anybody hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    pub bssid: [u8; 6],
    pub channel: u8,
}

/// Radio around one node, wherever it is.
pub trait Air: Send {
    /// All there are, always in the same order.
    fn stations(&self) -> &[Station];
    /// What arrives of one of them at the node's antenna at that time, averaged over what changes from moment to moment.
    fn strength_dbm(&mut self, station: usize, at_ns: u64) -> f32;
}

/// What a spectrometer looks at, over wavelength.
pub struct Sight {
    /// Share of a lamp's light that comes back; 1 is a white tile.
    pub reflectance: [f32; Sight::POINTS],
    /// Light that falls on the chip without its lamps, µW/cm² a nm.
    pub ambient: [f32; Sight::POINTS],
}

impl Sight {
    /// Far enough beyond both ends for the outermost bands' flanks.
    pub const FROM_NM: f32 = 350.0;
    pub const STEP_NM: f32 = 5.0;
    pub const POINTS: usize = 131;
    /// Nothing there, and no light.
    pub const DARK: Self = Self { reflectance: [0.0; Self::POINTS], ambient: [0.0; Self::POINTS] };

    pub fn wavelengths() -> impl Iterator<Item = f32> {
        (0..Self::POINTS).map(|point| Self::FROM_NM + Self::STEP_NM * point as f32)
    }
}

/// What lies before a spectrometer.
pub trait Scene: Send {
    fn look(&mut self, at_ns: u64, sight: &mut Sight);
}

/// A world in which nothing lies there, in the dark.
pub struct Darkness;
impl Scene for Darkness {
    fn look(&mut self, _: u64, sight: &mut Sight) {
        *sight = Sight::DARK;
    }
}

/// One consumer's own random draws.
pub trait Noise: Send {
    /// Standard normal draws.
    fn normal(&mut self, out: &mut [f32]);
    fn next_u64(&mut self) -> u64;
}

/// A scenario's seed, as named streams: a device more or less changes nobody else's draws.
pub trait Streams {
    fn stream(&self, name: &str) -> Box<dyn Noise>;
}

/// A world in which nothing happens: silence.
pub struct Silence;
impl Sound for Silence {
    fn render(&mut self, _: u64, _: f64, out: &mut [f32]) {
        out.fill(0.0);
    }
}

/// A world in which nothing sends.
pub struct RadioSilence;
impl Air for RadioSilence {
    fn stations(&self) -> &[Station] {
        &[]
    }
    fn strength_dbm(&mut self, _: usize, _: u64) -> f32 {
        f32::NEG_INFINITY
    }
}

/// A world in which nothing happens: flat on the table, face up.
pub struct AtRest;
impl Motion for AtRest {
    fn render(&mut self, _: u64, _: f64, out: MotionBlock<'_>) {
        let [x, y, z] = out.accel_g;
        x.fill(0.0);
        y.fill(0.0);
        z.fill(1.0);
        for axis in out.gyro_dps {
            axis.fill(0.0);
        }
    }
}
