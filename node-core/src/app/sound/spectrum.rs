//! The spectrum of the latest samples: its strongest line, and the columns that the screen shows.

use super::record::centi;
use crate::dsp::level::to_db;
use crate::dsp::spectrum::{Spectrum, bin_of, greatest, peak};
use crate::event::CentiDb;
use crate::meter::{Kernel, Work};
use crate::ui::sound::COLUMNS;

pub const POINTS: usize = 512;
const BINS: usize = POINTS / 2 + 1;

/// A line this far above the mean of its surroundings is a tone: bins of noise are exponentially distributed, and of 256 one
/// exceeds 32 times their mean once in 300 billion.
const TONE_OVER_SURROUNDINGS: f32 = 32.0;
/// Surroundings are this many bins to either side, without the three that a Hann window spreads a tone over, and one more.
const SURROUNDINGS: usize = 10;

/// The latest samples, and room to transform them.
pub struct Analyser {
    rate_hz: f32,
    offset_db: f32,
    transform: Spectrum<POINTS>,
    recent: [f32; POINTS],
    /// Of `recent`, how many are in one piece.
    held: usize,
    work: [f32; POINTS],
    power: [f32; BINS],
    /// First bin of each column, and the end.
    edges: [u16; COLUMNS + 1],
}

impl Analyser {
    /// `offset_db`: dB SPL of 0 dBFS.
    pub fn new(rate_hz: f32, offset_db: f32) -> Self {
        Self {
            rate_hz,
            offset_db,
            transform: Spectrum::new(),
            recent: [0.0; POINTS],
            held: 0,
            work: [0.0; POINTS],
            power: [0.0; BINS],
            edges: edges(),
        }
    }

    /// Keeps the end of a block of unweighted samples; returns how many bytes were moved.
    pub fn keep(&mut self, block: &[f32]) -> usize {
        let count = block.len().min(POINTS);
        self.recent.copy_within(count.., 0);
        self.recent[POINTS - count..].copy_from_slice(&block[block.len() - count..]);
        self.held = (self.held + block.len()).min(POINTS);
        size_of_val(&self.recent)
    }

    /// Samples were lost: what is kept does not go on.
    pub fn gap(&mut self) {
        self.held = 0;
    }

    /// Transforms what is kept; false if a gap is in it.
    pub fn transform(&mut self, work: &mut Work) -> bool {
        if self.held < POINTS {
            return false;
        }
        self.work = self.recent;
        work.add(Kernel::Copy, size_of_val(&self.work));
        self.transform.process(&mut self.work, &mut self.power);
        work.add(Kernel::Window, POINTS);
        work.add(Kernel::RealFft512, 1);
        work.add(Kernel::PowerSpectrum, BINS);
        true
    }

    /// Frequency of the strongest line of the last transform, 0 if it does not stand out.
    pub fn tone_hz(&self, work: &mut Work) -> u16 {
        work.add(Kernel::Search, BINS + 2 * SURROUNDINGS); // and a sum
        work.add(Kernel::Log, 3);
        let Some((hz, power)) = peak(&self.power, POINTS, self.rate_hz) else { return 0 };
        let bin = bin_of(hz, POINTS, self.rate_hz);
        let below = &self.power[bin.saturating_sub(SURROUNDINGS).max(1)..bin.saturating_sub(2).max(1)];
        let above = &self.power[(bin + 3).min(BINS)..(bin + SURROUNDINGS + 1).min(BINS)];
        let sum = below.iter().sum::<f32>() + above.iter().sum::<f32>();
        let count = (below.len() + above.len()) as f32;
        if power * count > TONE_OVER_SURROUNDINGS * sum { libm::roundf(hz) as u16 } else { 0 }
    }

    /// Level of each column, dB SPL.
    pub fn columns(&self, work: &mut Work) -> [CentiDb; COLUMNS] {
        work.add_calls(Kernel::Search, COLUMNS, BINS);
        work.add(Kernel::Log, COLUMNS);
        core::array::from_fn(|column| {
            let bins = usize::from(self.edges[column])..usize::from(self.edges[column + 1]);
            let greatest = greatest(&self.power[bins]).map_or(0.0, |(_, power)| power);
            centi(to_db(greatest) + self.offset_db)
        })
    }

    /// Frequencies at the ends of the columns.
    pub fn span_hz(&self) -> (u16, u16) {
        let hz = |bin: u16| (f32::from(bin) * self.rate_hz / POINTS as f32) as u16;
        (hz(self.edges[0]), hz(self.edges[COLUMNS]))
    }
}

/// Columns of equal steps in pitch from bin 2 to the last, but of one bin at least.
fn edges() -> [u16; COLUMNS + 1] {
    const FIRST: f32 = 2.0;
    let step = libm::powf(BINS as f32 / FIRST, 1.0 / COLUMNS as f32);
    let mut edges = [FIRST as u16; COLUMNS + 1];
    let mut exact = FIRST;
    for column in 1..=COLUMNS {
        exact *= step;
        edges[column] = (exact as u16).max(edges[column - 1] + 1).min(BINS as u16);
    }
    edges[COLUMNS] = BINS as u16;
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::oracle::{noise, sine};

    fn of(samples: &[f32]) -> Analyser {
        let mut analyser = Analyser::new(16_000.0, 116.0);
        for block in samples.chunks(128) {
            analyser.keep(block);
        }
        assert!(analyser.transform(&mut Work::NONE.clone()));
        analyser
    }

    #[test]
    fn columns_are_never_empty_and_reach_nyquist() {
        let edges = edges();
        assert!(edges.is_sorted_by(|a, b| a < b));
        assert_eq!((edges[0], edges[COLUMNS]), (2, BINS as u16));
    }

    #[test]
    fn a_tone_is_found_and_stands_in_its_column_at_its_level() {
        let analyser = of(&sine(1_000.0, 16_000.0, 0.01, 1_024));
        let mut work = Work::NONE;
        assert_eq!(analyser.tone_hz(&mut work), 1_000);
        let columns = analyser.columns(&mut work);
        let greatest = columns.iter().max().unwrap();
        assert!((greatest - 76_00).abs() < 5, "{greatest}"); // -40 dBFS
    }

    #[test]
    fn noise_is_no_tone() {
        for seed in 1..20 {
            assert_eq!(of(&noise(seed, 512)).tone_hz(&mut Work::NONE.clone()), 0, "seed {seed}");
        }
    }

    #[test]
    fn nothing_is_transformed_across_a_gap() {
        let mut analyser = of(&noise(1, 512));
        analyser.gap();
        analyser.keep(&[0.1; 256]);
        assert!(!analyser.transform(&mut Work::NONE.clone()));
        analyser.keep(&[0.1; 256]);
        assert!(analyser.transform(&mut Work::NONE.clone()));
    }
}
