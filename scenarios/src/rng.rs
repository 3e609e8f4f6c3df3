//! Named streams of random numbers: the only source of chance in a scenario.
//!
//! Every consumer asks for its own stream by name (`"imu0.noise"`), so that a device or a sound that is added to a
//! scenario changes no draw of any other. The stream's state is a function of the scenario's seed and of that name
//! alone: FNV-1a (64 bit) of the name's bytes, mixed with the seed by SplitMix64, fills the four words of
//! xoshiro256++ (Blackman and Vigna, 2019). Normal numbers come from a ziggurat of 256 layers whose tables are built
//! with `libm`, so that they are the same bits on every machine.
//!
//! It knows nothing of signals, nodes or time, and never asks the operating system for anything.

use std::sync::LazyLock;

/// All the streams of one scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The stream that belongs to `name`. Asking twice gives the same stream, from its beginning.
    pub fn stream(&self, name: &str) -> Stream {
        Stream::from_key(self.key(name))
    }

    /// A number for `name`, for those who draw by index ([`draw_at`]) instead of in order.
    pub fn key(&self, name: &str) -> u64 {
        // The seed is mixed before it meets the name, so that seeds 1 and 2 do not differ by a bit flip only.
        splitmix_finish(splitmix_finish(self.seed.wrapping_add(SPLITMIX_STEP)) ^ fnv1a(name.as_bytes()))
    }
}

const SPLITMIX_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// FNV-1a, 64 bit: the fixed hash that turns a stream's name into a number.
pub const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}

const fn splitmix_finish(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The `index`-th random word of `key`: chance that can be asked for out of order (the third step of a walk is the
/// same whether or not the node was awake for the first two).
#[inline]
pub const fn draw_at(key: u64, index: u64) -> u64 {
    splitmix_finish(key.wrapping_add(index.wrapping_add(1).wrapping_mul(SPLITMIX_STEP)))
}

/// `draw_at` as a number in [-1, 1).
#[inline]
pub fn signed_at(key: u64, index: u64) -> f32 {
    ((draw_at(key, index) >> 40) as i32 - (1 << 23)) as f32 * (1.0 / (1 << 23) as f32)
}

/// One consumer's random numbers.
#[derive(Debug, Clone)]
pub struct Stream {
    state: [u64; 4],
    /// The unused half of the last word drawn for a normal number, if any: a block's length does not change the draws.
    spare: Option<u32>,
    ziggurat: &'static Ziggurat,
}

impl Stream {
    pub fn from_key(key: u64) -> Self {
        let mut state = [0_u64; 4];
        let mut walk = key;
        for word in &mut state {
            walk = walk.wrapping_add(SPLITMIX_STEP);
            *word = splitmix_finish(walk);
        }
        if state == [0; 4] {
            state[0] = 1; // xoshiro's only forbidden state
        }
        Self { state, spare: None, ziggurat: &ZIGGURAT }
    }

    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        step(&mut self.state)
    }

    /// Uniform in [0, 1), 24 bits.
    #[inline]
    pub fn uniform(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// Uniform in [low, high).
    #[inline]
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// One number of the standard normal distribution.
    #[inline]
    pub fn normal(&mut self) -> f32 {
        let bits = match self.spare.take() {
            Some(bits) => bits,
            None => {
                let word = self.next_u64();
                self.spare = Some((word >> 32) as u32);
                word as u32
            }
        };
        match self.ziggurat.quick(bits) {
            Some(value) => value,
            None => self.ziggurat.slow(bits, &mut self.state),
        }
    }

    /// Fills `out` with standard normal numbers: the same ones that as many calls of [`normal`](Self::normal) give.
    pub fn fill_normal(&mut self, out: &mut [f32]) {
        let begun = usize::from(self.spare.is_some()).min(out.len());
        let (first, out) = out.split_at_mut(begun);
        first.fill_with(|| self.normal());
        let ziggurat = self.ziggurat;
        let mut state = self.state;
        let mut pairs = out.chunks_exact_mut(2);
        for pair in &mut pairs {
            let word = step(&mut state);
            for (slot, bits) in pair.iter_mut().zip([word as u32, (word >> 32) as u32]) {
                *slot = match ziggurat.quick(bits) {
                    Some(value) => value,
                    None => ziggurat.slow(bits, &mut state),
                };
            }
        }
        self.state = state;
        if let [last] = pairs.into_remainder() {
            *last = self.normal();
        }
    }
}

#[inline(always)]
fn step(s: &mut [u64; 4]) -> u64 {
    let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
    let t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3].rotate_left(45);
    result
}

const LAYERS: usize = 256;
/// Where the tail begins, and the area of each layer, for 256 layers (Marsaglia and Tsang 2000).
const TAIL: f64 = 3.654_152_885_361_009;
const AREA: f64 = 0.004_928_673_233_992_336;

/// The layers of the normal density. Eight bits of a 32-bit word choose the layer, the other 24 (signed) the place in
/// it: no bit is used twice, which is where the published 32-bit version fails tests of independence.
#[derive(Debug)]
struct Ziggurat {
    layer: [Layer; LAYERS],
    /// The density at each layer's outer edge; the last is the top, 1.
    density: [f64; LAYERS + 1],
    edge: [f64; LAYERS + 1],
}

#[derive(Debug, Clone, Copy)]
struct Layer {
    scale: f32,
    /// Below this magnitude the point lies under the curve whatever its height.
    safe: i32,
}

static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(Ziggurat::build);

impl Ziggurat {
    fn build() -> Self {
        let density_at = |x: f64| libm::exp(-0.5 * x * x);
        // edge[0] is the width of the base layer counted as a rectangle of the same area (it contains the tail).
        let mut edge = [0.0_f64; LAYERS + 1];
        edge[0] = AREA / density_at(TAIL);
        edge[1] = TAIL;
        for i in 2..LAYERS {
            let height = AREA / edge[i - 1] + density_at(edge[i - 1]);
            edge[i] = libm::sqrt(-2.0 * libm::log(height));
        }
        edge[LAYERS] = 0.0;
        let mut layer = [Layer { scale: 0.0, safe: 0 }; LAYERS];
        let mut density = [0.0_f64; LAYERS + 1];
        const FULL: f64 = (1 << 23) as f64;
        for i in 0..LAYERS {
            density[i] = density_at(edge[i]);
            layer[i] = Layer { scale: (edge[i] / FULL) as f32, safe: (edge[i + 1] / edge[i] * FULL) as i32 };
        }
        density[LAYERS] = 1.0;
        Self { layer, density, edge }
    }

    #[inline(always)]
    fn quick(&self, bits: u32) -> Option<f32> {
        let place = (bits as i32) >> 8;
        let layer = &self.layer[(bits & 0xff) as usize];
        (place.abs() < layer.safe).then_some(place as f32 * layer.scale)
    }

    /// The one time in a hundred that the quick test cannot decide.
    #[cold]
    #[inline(never)]
    fn slow(&self, bits: u32, state: &mut [u64; 4]) -> f32 {
        let mut bits = bits;
        let mut unit = || ((step(state) >> 11) as f64 + 0.5) * (1.0 / (1_u64 << 53) as f64);
        loop {
            let index = (bits & 0xff) as usize;
            let place = (bits as i32) >> 8;
            let x = f64::from(place) * (1.0 / (1 << 23) as f64) * self.edge[index];
            if place.abs() < self.layer[index].safe {
                return place as f32 * self.layer[index].scale;
            }
            if index == 0 {
                // The tail, by Marsaglia's method.
                loop {
                    let far = -libm::log(unit()) / TAIL;
                    let high = -libm::log(unit());
                    if high + high > far * far {
                        let value = (TAIL + far) as f32;
                        return if place < 0 { -value } else { value };
                    }
                }
            }
            let low = self.density[index];
            let height = low + unit() * (self.density[index + 1] - low);
            if height < libm::exp(-0.5 * x * x) {
                return x as f32;
            }
            bits = (unit() * 4_294_967_296.0) as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_name_is_fnv1a() {
        // Published vectors (Fowler, Noll, Vo).
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_generator_is_xoshiro256_plus_plus() {
        // First outputs for state 1, 2, 3, 4: the vector that rand_xoshiro and numpy test against.
        let mut state = [1_u64, 2, 3, 4];
        let expected: [u64; 5] =
            [41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205];
        for want in expected {
            assert_eq!(step(&mut state), want);
        }
    }

    #[test]
    fn known_answers() {
        let mut stream = Streams::new(42).stream("imu0.noise");
        assert_eq!(KNOWN_WORD, stream.next_u64(), "the stream of a seed and a name has changed");
        let mut normals = [0.0; 4];
        stream.fill_normal(&mut normals);
        assert_eq!(normals.map(f32::to_bits), KNOWN_NORMALS, "{normals:?}");
    }
    /// Worked out apart from this code, in Python's integers.
    const KNOWN_WORD: u64 = 5_523_174_847_662_518_765;
    const KNOWN_NORMALS: [u32; 4] = [3_213_512_789, 1_057_167_323, 1_058_167_065, 1_067_315_649];

    #[test]
    fn moments_and_tails_are_normal() {
        let mut stream = Streams::new(7).stream("moments");
        let mut block = [0.0_f32; 1000];
        let (mut sums, mut beyond) = ([0.0_f64; 4], [0_u32; 4]);
        let blocks = 4000;
        for _ in 0..blocks {
            stream.fill_normal(&mut block);
            for &x in &block {
                let x = f64::from(x);
                for (power, sum) in sums.iter_mut().enumerate() {
                    *sum += (0..=power).map(|_| x).product::<f64>();
                }
                for (limit, count) in [1.0, 2.0, 3.0, 4.0].iter().zip(&mut beyond) {
                    *count += u32::from(x.abs() > *limit);
                }
            }
        }
        let n = f64::from(blocks) * 1000.0;
        let mean = sums.map(|sum| sum / n);
        // Five standard errors of each moment: sqrt(var/n) with variances 1, 2, 15, 96.
        for (moment, (want, variance)) in mean.iter().zip([(0.0, 1.0), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)])
        {
            let error = 5.0 * libm::sqrt(variance / n);
            assert!((moment - want).abs() < error, "{moment} is not {want} within {error}");
        }
        // Two-sided tail probabilities of the normal distribution.
        for (count, p) in beyond.iter().zip([0.317_310_5, 0.045_500_26, 0.002_699_796, 6.334_248e-5]) {
            let want = n * p;
            assert!((f64::from(*count) - want).abs() < 5.0 * libm::sqrt(want), "{count} in place of {want}");
        }
    }

    #[test]
    fn the_shape_follows_the_normal_distribution_everywhere() {
        // Chi-squared over 64 cells of equal width in [-3.2, 3.2], against erf.
        let mut stream = Streams::new(8).stream("shape");
        let mut cells = [0_u32; 64];
        let n = 2_000_000;
        for _ in 0..n {
            let cell = (f64::from(stream.normal()) + 3.2) * 10.0;
            if (0.0..64.0).contains(&cell) {
                cells[cell as usize] += 1;
            }
        }
        let below = |x: f64| 0.5 * (1.0 + libm::erf(x / core::f64::consts::SQRT_2));
        let chi: f64 = cells
            .iter()
            .enumerate()
            .map(|(i, &count)| {
                let low = i as f64 / 10.0 - 3.2;
                let want = f64::from(n) * (below(low + 0.1) - below(low));
                (f64::from(count) - want) * (f64::from(count) - want) / want
            })
            .sum();
        // 64 degrees of freedom: mean 64, deviation 11.3; five deviations.
        assert!(chi < 64.0 + 5.0 * 11.4, "chi squared {chi}");
    }

    #[test]
    fn how_a_block_is_cut_changes_nothing() {
        let mut whole = [0.0; 1001];
        Streams::new(3).stream("cut").fill_normal(&mut whole);
        let mut stream = Streams::new(3).stream("cut");
        let mut parts = [0.0; 1001];
        let (mut at, mut length) = (0, 1);
        while at < parts.len() {
            let end = (at + length).min(parts.len());
            stream.fill_normal(&mut parts[at..end]);
            (at, length) = (end, length % 13 + 1);
        }
        assert_eq!(whole.map(f32::to_bits), parts.map(f32::to_bits));
    }

    #[test]
    fn streams_do_not_know_each_other() {
        let streams = Streams::new(11);
        let names = ["imu0.noise", "imu1.noise", "mic.noise", "a", "b"];
        let n = 100_000;
        let draws: Vec<Vec<f32>> = names
            .iter()
            .map(|name| {
                let mut out = vec![0.0; n];
                streams.stream(name).fill_normal(&mut out);
                out
            })
            .collect();
        for i in 0..draws.len() {
            for j in 0..i {
                let r: f64 =
                    draws[i].iter().zip(&draws[j]).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>()
                        / n as f64;
                assert!(r.abs() < 5.0 / libm::sqrt(n as f64), "{} and {}: {r}", names[i], names[j]);
            }
        }
        let other_seed = Streams::new(12).stream("a").next_u64();
        assert_ne!(streams.stream("a").next_u64(), other_seed);
    }

    #[test]
    fn uniform_stays_in_its_interval_and_fills_it() {
        let mut stream = Streams::new(1).stream("u");
        let (mut low, mut high, mut sum) = (1.0_f32, 0.0_f32, 0.0_f64);
        for _ in 0..1_000_000 {
            let x = stream.uniform();
            assert!((0.0..1.0).contains(&x));
            (low, high, sum) = (low.min(x), high.max(x), sum + f64::from(x));
        }
        assert!(low < 1e-5 && high > 1.0 - 1e-5 && (sum / 1e6 - 0.5).abs() < 0.002);
    }

    #[test]
    fn draws_by_index_are_balanced() {
        let key = Streams::new(5).key("steps");
        let mean: f64 = (0..100_000).map(|i| f64::from(signed_at(key, i))).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.01, "{mean}");
        assert_ne!(draw_at(key, 0), draw_at(key, 1));
    }
}
