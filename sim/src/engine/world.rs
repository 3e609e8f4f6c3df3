//! The scenario's signals, as the chips ask for them.

use super::hand::Hand;
use super::live::Live;
use hal_shim::world::{Air, Motion, MotionBlock, Noise, Scene, Sight, Sound, Station, Streams};
use scenarios::rng;
use scenarios::signal::{self, LightWorld, MotionWorld, RadioWorld, SoundWorld};

pub struct Heard {
    world: SoundWorld,
    /// What may sound in place of the scenario's world.
    live: Option<Live>,
}

impl Heard {
    pub fn new(world: SoundWorld, live: Option<Live>) -> Self {
        Self { world, live }
    }
}

impl Sound for Heard {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [f32]) {
        self.world.render(t0_ns, dt_ns, out);
        if let Some(live) = &self.live {
            live.render(t0_ns, dt_ns, out);
        }
    }
}

pub struct Felt {
    world: MotionWorld,
    block: Box<signal::MotionBlock>,
    /// Who may take the board out of the scenario's world.
    hand: Option<Hand>,
}

impl Felt {
    pub fn new(world: MotionWorld, hand: Option<Hand>) -> Self {
        Self { world, block: Box::new(signal::MotionBlock::new(0)), hand }
    }

    /// Where the hand has the board, its motion is felt and nothing else.
    fn by_hand(&mut self, t0_ns: u64, dt_ns: f64, out: &mut MotionBlock<'_>) {
        let Some(hand) = &self.hand else { return };
        let count = out.accel_g[0].len();
        let end_ns = t0_ns + (count as f64 * dt_ns) as u64;
        if hand.holds_between(t0_ns, end_ns) {
            for k in 0..count {
                let at_ns = t0_ns + (k as f64 * dt_ns) as u64;
                if let Some((force, rate)) = hand.felt(at_ns, |taken_ns| self.world.pose(taken_ns)) {
                    for axis in 0..3 {
                        out.accel_g[axis][k] = force[axis];
                        out.gyro_dps[axis][k] = rate[axis];
                    }
                }
            }
        }
        hand.was_felt(end_ns);
    }

    /// The true attitude, and how far the hand has carried the board, for those who draw it.
    pub fn place(&self, at_ns: u64) -> ([f64; 3], signal::Quat) {
        let by_hand = self.hand.as_ref().and_then(|hand| hand.place(at_ns, |taken| self.world.pose(taken)));
        by_hand.unwrap_or_else(|| ([0.0; 3], self.world.pose(at_ns)))
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
        self.by_hand(t0_ns, dt_ns, &mut out);
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

/// A stream as chips draw from it.
pub struct Draws(pub rng::Stream);

impl Noise for Draws {
    fn normal(&mut self, out: &mut [f32]) {
        self.0.fill_normal(out);
    }
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
