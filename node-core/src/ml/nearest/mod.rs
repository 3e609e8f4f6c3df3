//! The points of a model that are nearest to what is asked: k nearest neighbours, and prototypes (few points that stand
//! for many).
//!
//! Features become codes ([`Scale`]), points are codes of 8, 6 or 4 bits; distances are whole numbers, so they are the same
//! everywhere, in any order. The nearest points say their classes (shares) or their values (say, a position), each with
//! the weight (d0 / d)^power: d0 is the distance of the nearest, power 0 gives all the same weight. Of equally near points
//! the first counts.
//!
//! In the file (a [`Section::Model`](super::ntm::Section::Model) after its kind): answer (u8, 0: values, 1: shares), metric
//! (u8, 0: sum of differences, 1: of squares), neighbours (u8, 1 to 32), power (u8, 0 to 4), bits (u8: 8, 6 or 4), outputs
//! (u8), features (u16), points (u32); the scale (8 bytes a feature); of each point its class (u8) or its values (f32 each);
//! of each point the codes of those features that have any, from the lowest bits up (of 6 bits: 4 codes in 3 bytes), zeros to
//! the end of its last byte or three bytes.
//!
//! Work: a multiply-add a feature; for each point and code a difference and an addition (of squares also a multiplication),
//! unpacked before where there are fewer than 8 bits, whatever the distance comes to; for each neighbour a division, a
//! square root with squares, and `power` multiplications.
//!
//! [`learner`] learns such points on the node.

pub mod learner;
mod scale;
#[cfg(test)]
mod tests;

pub use learner::Learner;
pub use scale::{CODES_A_SPREAD, MAX_WIDTH, Scale, Step};

use super::MAX_CLASSES;
use super::linear::Answer;
use super::ntm::{Fields, Kind, NtmError, WriteError, Writer, check, check_number};

/// Most points that are asked for their opinion.
pub const MAX_NEIGHBOURS: usize = 32;

/// How far it is from one point to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// The sum of the differences.
    Differences,
    /// The root of the sum of their squares.
    Squares,
}

/// Of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bits {
    Eight,
    Six,
    Four,
}

impl Bits {
    pub const fn count(self) -> u8 {
        match self {
            Self::Eight => 8,
            Self::Six => 6,
            Self::Four => 4,
        }
    }

    /// The highest code.
    pub const fn most(self) -> u8 {
        u8::MAX >> (8 - self.count())
    }

    fn of(count: u8) -> Option<Self> {
        [Self::Eight, Self::Six, Self::Four].into_iter().find(|bits| bits.count() == count)
    }

    /// Bytes of a point.
    const fn row(self, width: usize) -> usize {
        match self {
            Self::Eight => width,
            Self::Six => 3 * width.div_ceil(4),
            Self::Four => width.div_ceil(2),
        }
    }
}

/// A model by nearest points, where it lies.
#[derive(Clone, Debug)]
pub struct Nearest<'a> {
    answer: Answer,
    metric: Metric,
    neighbours: u8,
    power: u8,
    bits: Bits,
    outputs: u8,
    scale: Scale<'a>,
    points: u32,
    /// A class a point, or values, little-endian f32.
    answers: &'a [u8],
    codes: &'a [u8],
}

/// Points that are nearest, in order.
#[derive(Clone, Copy, Debug)]
struct Nearby {
    /// Distance (of squares: their sum) and number.
    points: [(u32, u32); MAX_NEIGHBOURS],
    count: usize,
}

impl Nearby {
    #[inline]
    fn offer(&mut self, distance: u32, point: u32) {
        let Some(last) = self.points[..self.count].last() else { return };
        if distance >= last.0 {
            return;
        }
        let mut at = self.count - 1;
        while at > 0 && distance < self.points[at - 1].0 {
            self.points[at] = self.points[at - 1];
            at -= 1;
        }
        self.points[at] = (distance, point);
    }
}

impl<'a> Nearest<'a> {
    pub(super) fn open(mut fields: Fields<'a>, classes: usize) -> Result<Self, NtmError> {
        let at = fields.at();
        let answer = fields.u8("the answer of nearest points")?;
        check(answer < 2, at, "the answer of nearest points", answer, "0 (values) and 1 (shares)")?;
        let at = fields.at();
        let metric = fields.u8("the metric")?;
        check(metric < 2, at, "the metric", metric, "0 (differences) and 1 (squares)")?;
        let neighbours_at = fields.at();
        let neighbours = fields.u8("the neighbours")?;
        let right = (1..=MAX_NEIGHBOURS).contains(&usize::from(neighbours));
        check(right, neighbours_at, "the neighbours", neighbours, "1 to 32")?;
        let at = fields.at();
        let power = fields.u8("the power of the distance")?;
        check(power <= 4, at, "the power of the distance", power, "0 to 4")?;
        let at = fields.at();
        let count = fields.u8("the bits of a code")?;
        let bits = Bits::of(count);
        check(bits.is_some(), at, "the bits of a code", count, "8, 6 and 4")?;
        let bits = bits.unwrap_or(Bits::Eight);
        let at = fields.at();
        let outputs = fields.u8("the outputs")?;
        check(usize::from(outputs) == classes, at, "the outputs", outputs, "as many as have names")?;
        let features = fields.u16("the features of nearest points")?;
        let at = fields.at();
        let points = fields.u32("the number of points")?;
        check(
            points >= neighbours.into() && points < 1 << 24,
            at,
            "the number of points",
            points,
            "the neighbours at least, less than 2^24",
        )?;
        let scale = Scale::open(&mut fields, features.into())?;
        let answer = if answer == 0 { Answer::Values } else { Answer::Shares };
        let each = if answer == Answer::Values { 4 * usize::from(outputs) } else { 1 };
        let mut told = fields.clone();
        let answers = fields.take((points as usize).saturating_mul(each), "what the points say")?;
        for _ in 0..points {
            for _ in 0..each / 4 {
                let at = told.at();
                let value = told.f32("a point's value")?;
                check_number(value.abs() < 1e18, at, "a point's value", value, "less than 1e18")?;
            }
            if each == 1 {
                let at = told.at();
                let class = told.u8("a point's class")?;
                check(class < outputs, at, "a point's class", class, "less than the classes")?;
            }
        }
        let row = bits.row(scale.width());
        let codes_at = fields.at();
        let codes = fields.take((points as usize).saturating_mul(row), "the points' codes")?;
        fields.end("the nearest points")?;
        // Codes behind the last one would add to distances.
        let odd = match bits {
            Bits::Eight => 0,
            Bits::Six => scale.width() % 4,
            Bits::Four => scale.width() % 2,
        };
        if odd != 0 {
            let used = usize::from(bits.count()) * odd;
            for (point, row_of) in codes.chunks_exact(row).enumerate() {
                let last = match bits {
                    Bits::Six => &row_of[row - 3..],
                    _ => &row_of[row - 1..],
                };
                let tail = last.iter().rev().fold(0u32, |tail, byte| tail << 8 | u32::from(*byte)) >> used;
                let at = codes_at + (point + 1) * row - 1;
                check(tail == 0, at, "the bits behind a point's codes", tail, "0")?;
            }
        }
        let metric = if metric == 0 { Metric::Differences } else { Metric::Squares };
        Ok(Self { answer, metric, neighbours, power, bits, outputs, scale, points, answers, codes })
    }

    /// Numbers that it takes.
    pub fn features(&self) -> usize {
        self.scale.features()
    }

    pub fn outputs(&self) -> usize {
        self.outputs.into()
    }

    pub fn answer(&self) -> Answer {
        self.answer
    }

    pub fn points(&self) -> usize {
        self.points as usize
    }

    pub fn neighbours(&self) -> usize {
        self.neighbours.into()
    }

    pub fn metric(&self) -> Metric {
        self.metric
    }

    pub fn bits(&self) -> Bits {
        self.bits
    }

    pub fn scale(&self) -> &Scale<'a> {
        &self.scale
    }

    /// Numbers of room that a question needs: its codes, two in one.
    pub fn scratch(&self) -> usize {
        self.scale.width().next_multiple_of(4) / 2
    }

    /// What the nearest points say; the first [`Self::outputs`] count. `None` if there are not as many numbers as it takes, or
    /// less room than [`Self::scratch`].
    pub fn ask(&self, features: &[f32], scratch: &mut [f32]) -> Option<[f32; MAX_CLASSES]> {
        let nearby = self.nearby(features, scratch)?;
        let nearby = &nearby.points[..nearby.count];
        let far = |sum: u32| {
            // Two points in the same place are as near as the next code, so that nothing divides by 0.
            let sum = sum.max(1) as f32;
            if self.metric == Metric::Squares { libm::sqrtf(sum) } else { sum }
        };
        let nearest = far(nearby.first()?.0);
        let (mut said, mut whole) = ([0.0; MAX_CLASSES], 0.0);
        for (sum, point) in nearby {
            let closeness = nearest / far(*sum);
            let weight = (0..self.power).fold(1.0, |weight, _| weight * closeness);
            whole += weight;
            let point = *point as usize;
            if self.answer == Answer::Shares {
                let class = self.answers.get(point).map_or(0, |class| usize::from(*class));
                said[class.min(MAX_CLASSES - 1)] += weight;
            } else {
                let (values, _) = self.answers.as_chunks::<4>();
                let of_point = values.chunks_exact(self.outputs().max(1)).nth(point).unwrap_or_default();
                for (said, value) in said.iter_mut().zip(of_point) {
                    *said += weight * f32::from_le_bytes(*value);
                }
            }
        }
        let scale = 1.0 / whole;
        said.iter_mut().for_each(|said| *said *= scale);
        Some(said)
    }

    /// How far the nearest point is, in codes a feature (root mean square with squares): for who has to say "none of them".
    pub fn distance(&self, features: &[f32], scratch: &mut [f32]) -> Option<f32> {
        let nearby = self.nearby(features, scratch)?;
        let mean = nearby.points[0].0 as f32 / self.scale.width() as f32;
        Some(if self.metric == Metric::Squares { libm::sqrtf(mean) } else { mean })
    }

    fn nearby(&self, features: &[f32], scratch: &mut [f32]) -> Option<Nearby> {
        if features.len() != self.features() {
            return None;
        }
        let query: &mut [i16] = bytemuck::cast_slice_mut(scratch.get_mut(..self.scratch())?);
        // Behind the last code the points have zeros.
        query.fill(0);
        query.iter_mut().zip(self.scale.codes(features)).for_each(|(place, code)| *place = code);
        let mut nearby =
            Nearby { points: [(u32::MAX, 0); MAX_NEIGHBOURS], count: self.neighbours().min(MAX_NEIGHBOURS) };
        match self.metric {
            Metric::Differences => self.scan::<false>(query, &mut nearby),
            Metric::Squares => self.scan::<true>(query, &mut nearby),
        }
        Some(nearby)
    }

    fn scan<const SQUARES: bool>(&self, query: &[i16], nearby: &mut Nearby) {
        let width = self.scale.width();
        let rows = self.codes.chunks_exact(self.bits.row(width).max(1)).zip(0..);
        match self.bits {
            Bits::Eight => rows.for_each(|(row, point)| {
                let sum = row.iter().zip(query).map(|(code, query)| apart::<SQUARES>(*query, *code));
                nearby.offer(sum.sum(), point);
            }),
            Bits::Six => rows.for_each(|(row, point)| {
                let groups = row.as_chunks::<3>().0.iter().zip(query.as_chunks::<4>().0);
                let sum = groups.map(|([a, b, c], query)| {
                    let codes = [a & 63, (a >> 6 | b << 2) & 63, (b >> 4 | c << 4) & 63, c >> 2];
                    codes.iter().zip(query).map(|(code, query)| apart::<SQUARES>(*query, *code)).sum::<u32>()
                });
                nearby.offer(sum.sum(), point);
            }),
            Bits::Four => rows.for_each(|(row, point)| {
                let pairs = row.iter().zip(query.as_chunks::<2>().0);
                let sum = pairs.map(|(byte, [low, high])| {
                    apart::<SQUARES>(*low, byte & 15) + apart::<SQUARES>(*high, byte >> 4)
                });
                nearby.offer(sum.sum(), point);
            }),
        }
    }
}

#[inline(always)]
fn apart<const SQUARES: bool>(query: i16, code: u8) -> u32 {
    let difference = i32::from(query) - i32::from(code);
    if SQUARES { (difference * difference) as u32 } else { difference.unsigned_abs() }
}

/// What each point says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Said<'p> {
    /// A class a point.
    Classes(&'p [u8]),
    /// `outputs` values a point, one point's after the other's.
    Values(&'p [f32]),
}

/// Points to be written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Points<'p> {
    pub metric: Metric,
    pub neighbours: u8,
    /// 0: all neighbours have the same weight.
    pub power: u8,
    pub bits: Bits,
    /// Classes, or values a point.
    pub outputs: u8,
    /// Of each feature. With fewer than 8 bits there are fewer codes for all of its range.
    pub scale: &'p [Step],
    /// One point's features after the other's.
    pub points: &'p [f32],
    pub said: Said<'p>,
}

impl Writer<'_> {
    /// What a section with nearest points holds: they are rounded to codes here.
    pub fn nearest(&mut self, points: &Points) -> Result<(), WriteError> {
        let unfit = |right: bool, why| if right { Ok(()) } else { Err(WriteError::Unfit(why)) };
        let features = points.scale.len();
        unfit((1..=65535).contains(&features), "1 to 65535 features")?;
        unfit(points.points.len().is_multiple_of(features), "points that have all features")?;
        let count = points.points.len() / features;
        let said = match points.said {
            Said::Classes(classes) => classes.len(),
            Said::Values(values) => values.len().checked_div(points.outputs.into()).unwrap_or(0),
        };
        unfit(said == count && count < 1 << 24, "a class, or all values, for each of less than 2^24 points")?;
        self.u32(Kind::NEAREST)?;
        self.u8(matches!(points.said, Said::Classes(_)).into())?;
        self.u8((points.metric == Metric::Squares).into())?;
        self.bytes(&[points.neighbours, points.power, points.bits.count(), points.outputs])?;
        self.u16(features as u16)?;
        self.u32(count as u32)?;
        self.scale(points.scale.iter().copied())?;
        match points.said {
            Said::Classes(classes) => self.bytes(classes)?,
            Said::Values(values) => values.iter().try_for_each(|value| self.f32(*value))?,
        }
        for point in points.points.chunks_exact(features) {
            let used = points.scale.iter().zip(point).filter(|(step, _)| step.codes > 0.0);
            let mut codes = used.map(|(step, feature)| step.point_code(*feature, points.bits.most()));
            while let Some(code) = codes.next() {
                let mut next = || codes.next().unwrap_or(0);
                match points.bits {
                    Bits::Eight => self.u8(code)?,
                    Bits::Six => {
                        let (b, c, d) = (next(), next(), next());
                        self.bytes(&[code | b << 6, b >> 2 | c << 4, c >> 4 | d << 2])?;
                    }
                    Bits::Four => self.u8(code | next() << 4)?,
                }
            }
        }
        Ok(())
    }
}
