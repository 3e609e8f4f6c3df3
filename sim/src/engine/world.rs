//! The scenario's signals, as the chips ask for them.

use hal_shim::world::{Air, Motion, MotionBlock, Noise, Scene, Sight, Sound, Station, Streams};
use scenarios::rng;
use scenarios::signal::{self, LightWorld, MotionWorld, RadioWorld, SoundWorld};

pub struct Heard(pub SoundWorld);

impl Sound for Heard {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [f32]) {
        self.0.render(t0_ns, dt_ns, out);
    }
}

pub struct Felt {
    world: MotionWorld,
    block: Box<signal::MotionBlock>,
}

impl Felt {
    pub fn new(world: MotionWorld) -> Self {
        Self { world, block: Box::new(signal::MotionBlock::new(0)) }
    }
}

impl Motion for Felt {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, mut out: MotionBlock<'_>) {
        let count = out.accel_g[0].len();
        let mut done = 0;
        while done < count {
            let len = (count - done).min(signal::MotionBlock::CAP);
            self.block.len = len;
            let t0 = t0_ns + (done as f64 * dt_ns) as u64;
            self.world.render(t0, dt_ns, &mut self.block);
            let axes = out.accel_g.iter_mut().zip(&self.block.accel_g);
            for (to, from) in axes.chain(out.gyro_dps.iter_mut().zip(&self.block.gyro_dps)) {
                to[done..done + len].copy_from_slice(&from[..len]);
            }
            done += len;
        }
    }
}

pub struct Seen(pub LightWorld);

impl Scene for Seen {
    fn look(&mut self, at_ns: u64, sight: &mut Sight) {
        let Sight { reflectance, ambient } = sight;
        let mut points = reflectance.iter_mut().zip(ambient);
        self.0.look(at_ns, Sight::wavelengths(), |share, light| {
            if let Some((reflectance, ambient)) = points.next() {
                (*reflectance, *ambient) = (share, light);
            }
        });
    }
}

pub struct OnAir {
    world: RadioWorld,
    stations: Vec<Station>,
}

impl OnAir {
    pub fn new(world: RadioWorld) -> Self {
        let stations = world.points().map(|(bssid, channel)| Station { bssid, channel }).collect();
        Self { world, stations }
    }
}

impl Air for OnAir {
    fn stations(&self) -> &[Station] {
        &self.stations
    }
    fn strength_dbm(&mut self, station: usize, at_ns: u64) -> f32 {
        self.world.strength_dbm(station, at_ns)
    }
}

/// The scenario's streams, under a node's name.
pub struct NodeStreams {
    pub streams: rng::Streams,
    pub node: String,
}

impl NodeStreams {
    pub fn named(&self, name: &str) -> rng::Stream {
        self.streams.stream(&format!("{}.{name}", self.node))
    }
}

impl Streams for NodeStreams {
    fn stream(&self, name: &str) -> Box<dyn Noise> {
        Box::new(Draws(self.named(name)))
    }
}

struct Draws(rng::Stream);

impl Noise for Draws {
    fn normal(&mut self, out: &mut [f32]) {
        self.0.fill_normal(out);
    }
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
