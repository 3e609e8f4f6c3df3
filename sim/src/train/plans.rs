//! What is computed of a window of motion or sound; `RECIPES.md` has what it is worth.

use node_core::dsp::features::{Floats, Op, PlanHead};
use node_core::ml::network::{Order, Shape};

/// Bits of [`Op::Statistics`].
mod bit {
    pub const MEAN: u32 = 1 << 0;
    pub const STD: u32 = 1 << 1;
    pub const MIN: u32 = 1 << 3;
    pub const MAX: u32 = 1 << 4;
    pub const RANGE: u32 = 1 << 5;
    pub const MAD: u32 = 1 << 6;
    pub const MEAN_CROSSINGS: u32 = 1 << 7;
    pub const JERK: u32 = 1 << 9;
    pub const SKEWNESS: u32 = 1 << 10;
    pub const KURTOSIS: u32 = 1 << 11;
    pub const MOBILITY: u32 = 1 << 13;
    pub const TREND: u32 = 1 << 14;
}
use bit::*;

const AXIS: u32 = MEAN | STD | MIN | MAX | MAD | MEAN_CROSSINGS | JERK | TREND;
const LENGTH: u32 = MEAN | STD | MIN | MAX | MAD | MEAN_CROSSINGS | JERK | SKEWNESS | KURTOSIS | MOBILITY;
const VERTICAL: u32 = STD | MIN | MAX | MEAN_CROSSINGS | JERK | SKEWNESS | KURTOSIS;
const HORIZONTAL: u32 = MEAN | STD | MAX | JERK;

/// Edges of bands of people's motions, Hz.
const EDGES_HZ: [f32; 10] = [0.3, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 45.0];

/// Centroid, spread, rolloff, flatness and entropy.
const SHAPE: Op = Op::Shape { mask: 0b1_1111, rolloff: 0.85 };

/// Bytes of the edges that lie below half the rate.
pub fn edges(rate_hz: f32) -> Vec<u8> {
    EDGES_HZ.iter().filter(|edge| **edge < 0.5 * rate_hz).flat_map(|edge| edge.to_le_bytes()).collect()
}

/// Three axes of acceleration, or these and three of rotation.
pub fn motion<'a>(head: &PlanHead, edges: &'a [u8]) -> Vec<Op<'a>> {
    // The node's transforms are of 16 points at least.
    let points = head.window.next_power_of_two().clamp(16, 256) as u16;
    let spectrum = Op::Spectrum { points, hop: points / 2 };
    let bands = Floats::new(edges).filter(|edges| edges.len() >= 2);
    let bands = bands.map(|edges_hz| Op::Bands { scale: 1, edges_hz });
    let rhythm = Op::Periodicity { low_hz: 0.4, high_hz: f32::min(8.0, 0.45 * head.rate_hz) };
    let mut ops = Vec::new();
    for channel in 0..3 {
        ops.extend([Op::Channel { channel }, Op::Statistics { mask: AXIS }]);
        ops.extend([Op::Quantiles { percent: &[25, 50, 75] }, Op::Centre {}, spectrum]);
        ops.extend(bands);
        ops.extend([SHAPE, Op::Peaks { count: 1 }]);
    }
    ops.extend([Op::Length { first: 0, count: 3 }, Op::Statistics { mask: LENGTH }, Op::Centre {}, spectrum]);
    ops.extend(bands);
    ops.extend([SHAPE, Op::Peaks { count: 2 }, rhythm]);
    ops.extend([Op::Vertical { first: 0 }, Op::Statistics { mask: VERTICAL }]);
    ops.extend([Op::Horizontal { first: 0 }, Op::Statistics { mask: HORIZONTAL }]);
    ops.extend(correlations(0));
    if head.channels == 6 {
        for channel in 3..6 {
            ops.extend([Op::Channel { channel }, Op::Statistics { mask: AXIS }, Op::Centre {}, spectrum]);
            ops.extend(bands);
        }
        ops.extend([Op::Length { first: 3, count: 3 }, Op::Statistics { mask: LENGTH }, rhythm]);
        ops.extend(correlations(3));
    }
    ops
}

fn correlations<'a>(first: u8) -> [Op<'a>; 3] {
    [(0, 1), (0, 2), (1, 2)].map(|(a, b)| Op::Correlation { a: first + a, b: first + b })
}

/// What a sound is listened to for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// How it goes on: a word, wherever in the window it is and however loud.
    Word,
    /// What it is like on the whole, and its rhythm: rain, a rooster, a clock.
    Scene,
}

impl Sound {
    pub fn name(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Scene => "scene",
        }
    }

    /// Samples from frame to frame.
    pub fn frame_hop(self) -> usize {
        match self {
            Self::Word => 160,
            Self::Scene => 512,
        }
    }
}

/// Edges of bands of a sound's course, Hz.
const COURSE_HZ: [f32; 6] = [0.4, 1.0, 2.0, 4.0, 8.0, 15.0];

/// Bytes of these edges.
pub fn course_edges() -> Vec<u8> {
    COURSE_HZ.iter().flat_map(|edge| edge.to_le_bytes()).collect()
}

/// Sound at 16 kHz; `edges` of [`course_edges`].
pub fn sound<'a>(sound: Sound, edges: &'a [u8]) -> Vec<Op<'a>> {
    let hop = sound.frame_hop() as u16;
    match sound {
        Sound::Word => vec![
            Op::Frames {
                channel: 0,
                points: 256,
                hop,
                bands: 20,
                low_hz: 100.0,
                high_hz: 3800.0,
                // What a band of the microphone's own noise has: below is nothing that the node can hear.
                floor_db: -100.0,
                columns: 0,
            },
            Op::Active { below_db: 25.0 },
            Op::Level { kind: 2, range_db: 50.0 },
            Op::Cepstrum { coefficients: 13 },
            Op::FrameParts { parts: 7 },
            Op::FrameStatistics { mask: 1 << 1 },
            Op::Duration {},
        ],
        Sound::Scene => {
            let mut ops = vec![
                Op::Frames {
                    channel: 0,
                    points: 1024,
                    hop,
                    bands: 32,
                    low_hz: 50.0,
                    high_hz: 7800.0,
                    floor_db: -90.0,
                    columns: 0b11_1111,
                },
                // First what is around the sound goes, which is silence in a file and noise on the node.
                Op::Active { below_db: 40.0 },
                Op::Course { first: 0, count: 32 },
                Op::Statistics { mask: STD | RANGE | SKEWNESS | KURTOSIS | JERK },
                Op::Centre {},
                Op::Periodicity { low_hz: 0.8, high_hz: 12.0 },
                Op::Spectrum { points: 64, hop: 32 },
            ];
            ops.extend(Floats::new(edges).map(|edges_hz| Op::Bands { scale: 2, edges_hz }));
            ops.extend([
                Op::Level { kind: 1, range_db: 80.0 },
                Op::Cepstrum { coefficients: 16 },
                // Mean, standard deviation, step, and the 10 % and 90 % quantiles.
                Op::FrameStatistics { mask: 0b1_0101_0011 },
                Op::Duration {},
            ]);
            ops
        }
    }
}

/// A window as convolutions see it: the operations, and how their outputs lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub ops: Vec<Op<'static>>,
    pub shape: Shape,
    pub order: Order,
}

/// Each channel in so many parts, one channel after the other.
pub fn motion_picture(head: &PlanHead) -> Picture {
    let parts = head.window.clamp(1, 64) as u8;
    let of_channel = |channel| [Op::Channel { channel }, Op::Parts { parts }];
    Picture {
        ops: (0..head.channels as u8).flat_map(of_channel).collect(),
        shape: Shape { height: parts.into(), width: 1, channels: head.channels as u16 },
        order: Order::ChannelsFirst,
    }
}

/// Bands over time, from where the sound begins to where it ends.
pub fn sound_picture() -> Picture {
    const PARTS: u8 = 32;
    const BANDS: u8 = 24;
    let frames = Op::Frames {
        channel: 0,
        points: 512,
        hop: 256,
        bands: BANDS,
        low_hz: 80.0,
        high_hz: 7600.0,
        floor_db: -90.0,
        columns: 0,
    };
    Picture {
        ops: vec![
            frames,
            Op::Active { below_db: 25.0 },
            Op::Level { kind: 2, range_db: 50.0 },
            Op::FrameParts { parts: PARTS },
        ],
        shape: Shape { height: PARTS.into(), width: BANDS.into(), channels: 1 },
        order: Order::ChannelsLast,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use node_core::dsp::features::{Plan, plan};

    #[test]
    fn the_plans_are_valid_at_any_rate_and_have_the_features_that_were_measured() {
        let outputs = |channels, window, rate_hz| {
            let head = PlanHead { channels, window, hop: 1, rate_hz };
            let edges = edges(rate_hz);
            let mut room = [0; 2048];
            let length = plan::write(&head, &motion(&head, &edges), &mut room).unwrap();
            let plan = Plan::parse(&room[..length]).unwrap_or_else(|error| panic!("{head:?}: {error}"));
            (plan.outputs(), length)
        };
        assert_eq!(outputs(3, 200, 100.0), (125, 356));
        assert_eq!(outputs(6, 200, 100.0).0, 191);
        for rate_hz in [2.0, 12.5, 26.0, 104.0, 1000.0] {
            for window in [8, 52, 5000] {
                outputs(6, window, rate_hz);
            }
        }
    }
}
