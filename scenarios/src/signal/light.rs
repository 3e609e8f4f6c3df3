//! What lies before a spectrometer, and what light falls on it: over wavelength, at any time.
//!
//! A mixture follows Beer and Lambert: each substance takes away by a Gaussian band, in proportion to its amount, and
//! absorbances add up. What its amounts are at a time is the truth for scores and tables ([`values_at`]).

use crate::rng::{Streams, signed_at};
use crate::schema::{Light, Ns, Part, Sample, SampleKind, Scenario, When};

/// The samples and lights of one node.
pub struct LightWorld {
    samples: Vec<(Sample, u64)>,
    lights: Vec<Light>,
}

impl LightWorld {
    pub fn new(scenario: &Scenario, node: usize) -> Self {
        let concerns = |entry: Option<usize>| entry.is_none_or(|of| of == node);
        let samples = scenario.samples.iter().filter(|sample| concerns(sample.node));
        Self {
            samples: samples.map(|sample| (sample.clone(), key(scenario, sample))).collect(),
            lights: scenario.lights.iter().filter(|light| concerns(light.node)).cloned().collect(),
        }
    }

    /// Reflectance (0 to 1; 0 where nothing lies) and irradiance in µW/cm² a nm, at each of these wavelengths in nm. Of samples
    /// at the same time the last in the file lies on top.
    pub fn look(&self, at: Ns, wavelengths: impl Iterator<Item = f32>, mut see: impl FnMut(f32, f32)) {
        let sample = self.samples.iter().rev().find_map(|(sample, key)| {
            occurrence(sample.when, at).map(|(index, ..)| (&sample.kind, amounts(&sample.kind, *key, index)))
        });
        let shines = |light: &&Light| occurrence(light.when, at).is_some();
        let ambient: f32 = self.lights.iter().filter(shines).map(|light| light.irradiance_per_nm).sum();
        for nm in wavelengths {
            let reflectance = sample.as_ref().map_or(0.0, |(kind, amounts)| reflectance(kind, amounts, nm));
            see(reflectance, ambient);
        }
    }
}

/// What is known of the sample before a node: names and amounts; and which sample it is, for those who keep together what
/// belongs together.
pub fn values_at(scenario: &Scenario, node: usize, at: Ns) -> Option<(String, Vec<(String, f64)>)> {
    let concerns = |sample: &&Sample| sample.node.is_none_or(|of| of == node);
    scenario.samples.iter().filter(concerns).rev().find_map(|sample| {
        let (index, ..) = occurrence(sample.when, at)?;
        let values = match &sample.kind {
            SampleKind::Grey { .. } => Vec::new(),
            SampleKind::Table { values, .. } => values.clone(),
            SampleKind::Mixture { parts, .. } => {
                let amounts = amounts(&sample.kind, key(scenario, sample), index);
                parts.iter().map(|part| part.name.clone()).zip(amounts).collect()
            }
        };
        Some((format!("{}-{index}", sample.index), values))
    })
}

fn key(scenario: &Scenario, sample: &Sample) -> u64 {
    Streams::new(scenario.seed).key(&format!("sample.{}", sample.index))
}

/// Which occurrence holds at that time, with its start and end.
fn occurrence(when: When, at: Ns) -> Option<(u64, Ns, Ns)> {
    let before = at.checked_sub(when.at_ns)?;
    let (index, start) = match when.every_ns {
        Some(every) if every > 0 => (before / every, when.at_ns + before / every * every),
        _ => (0, when.at_ns),
    };
    let end = when.length_ns.map_or(when.until_ns, |length| start.saturating_add(length)).min(when.until_ns);
    (start < when.until_ns && at < end).then_some((index, start, end))
}

/// Of each part of a mixture, in that occurrence.
fn amounts(kind: &SampleKind, key: u64, index: u64) -> Vec<f64> {
    let SampleKind::Mixture { parts, .. } = kind else { return Vec::new() };
    let amount = |(at, part): (usize, &Part)| match part.up_to {
        None => part.amount,
        Some(up_to) => {
            let even = f64::from(signed_at(key, index * parts.len() as u64 + at as u64)) * 0.5 + 0.5;
            part.amount + (up_to - part.amount) * even
        }
    };
    parts.iter().enumerate().map(amount).collect()
}

fn reflectance(kind: &SampleKind, amounts: &[f64], nm: f32) -> f32 {
    match kind {
        SampleKind::Grey { reflectance } => *reflectance,
        SampleKind::Mixture { base, parts } => {
            let absorbed: f64 = parts
                .iter()
                .zip(amounts)
                .map(|(part, amount)| {
                    let away = f64::from((nm - part.peak_nm) / part.width_nm);
                    amount
                        * f64::from(part.absorbance)
                        * libm::exp(-4.0 * core::f64::consts::LN_2 * away * away)
                })
                .sum();
            base * libm::exp10(-absorbed) as f32
        }
        SampleKind::Table { points, .. } => {
            let after = points.partition_point(|(at, _)| *at <= nm);
            match (after.checked_sub(1).and_then(|before| points.get(before)), points.get(after)) {
                (Some((from, low)), Some((to, high))) => low + (high - low) * (nm - from) / (to - from),
                (Some((_, edge)), None) | (None, Some((_, edge))) => *edge,
                (None, None) => 0.0,
            }
        }
    }
}

/// Lines of wavelength and reflectance, with a comma, semicolon, tab or spaces between; a first line may be a header.
pub fn spectrum(text: &str) -> Result<Vec<(f32, f32)>, String> {
    let mut points: Vec<(f32, f32)> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let cells: Vec<&str> =
            line.split([',', ';', '\t', ' ']).map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let numbers: Vec<f32> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
        match numbers[..] {
            _ if cells.is_empty() => {}
            [nm, share]
                if cells.len() == 2
                    && (100.0..=10_000.0).contains(&nm)
                    && (0.0..=2.0).contains(&share)
                    && points.last().is_none_or(|(before, _)| *before < nm) =>
            {
                points.push((nm, share));
            }
            [] if points.is_empty() => {}
            _ => return Err(format!("line {} is no wavelength and reflectance in order", index + 1)),
        }
    }
    if points.len() < 2 {
        return Err("there are fewer than two wavelengths in it".into());
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const S: Ns = 1_000_000_000;

    fn part(peak_nm: f32, amount: f64, up_to: Option<f64>) -> Part {
        Part { name: format!("at {peak_nm}"), peak_nm, width_nm: 40.0, absorbance: 1.0, amount, up_to }
    }

    #[test]
    fn an_amount_of_one_leaves_a_tenth_at_its_peak_and_absorbances_add_up() {
        let one = SampleKind::Mixture { base: 0.8, parts: vec![part(500.0, 1.0, None)] };
        assert!((reflectance(&one, &[1.0], 500.0) - 0.08).abs() < 1e-6);
        assert!((reflectance(&one, &[2.0], 500.0) - 0.008).abs() < 1e-7);
        assert!(
            (reflectance(&one, &[1.0], 520.0) - 0.8 * 0.316_23).abs() < 1e-4,
            "half of the band's height"
        );
        let two =
            SampleKind::Mixture { base: 1.0, parts: vec![part(500.0, 1.0, None), part(500.0, 1.0, None)] };
        assert!((reflectance(&two, &[0.25, 0.5], 500.0) - 0.177_83).abs() < 1e-4);
    }

    #[test]
    fn a_table_is_straight_between_its_points_and_level_outside() {
        let points = spectrum("nm;reflectance\n400;0.2\n\n500;0.6\n").unwrap();
        let kind = SampleKind::Table { points, values: Vec::new() };
        let at = |nm| reflectance(&kind, &[], nm);
        assert_eq!([at(350.0), at(400.0), at(500.0), at(900.0)], [0.2, 0.2, 0.6, 0.6]);
        assert!((at(450.0) - 0.4).abs() < 1e-6);
    }

    #[test]
    fn what_is_no_spectrum_is_told_by_line() {
        for (text, said) in [
            ("", "fewer than two"),
            ("400,0.1", "fewer than two"),
            ("400,0.1\n390,0.2", "line 2"),
            ("400,0.1\nred,0.2", "line 2"),
            ("400,10%\n500,20%", "line 1"),
        ] {
            let error = spectrum(text).unwrap_err();
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }

    #[test]
    fn occurrences_hold_from_their_start_to_before_their_end() {
        let span = crate::place::Span::default();
        let when = When { at_ns: S, length_ns: Some(2 * S), every_ns: Some(5 * S), until_ns: 12 * S, span };
        let holds = |at: u64| occurrence(when, at).map(|(index, ..)| index);
        assert_eq!(
            [0, S, 3 * S - 1, 3 * S, 6 * S, 11 * S, 12 * S].map(holds),
            [None, Some(0), Some(0), None, Some(1), Some(2), None]
        );
    }

    proptest! {
        #[test]
        fn drawn_amounts_lie_between_their_bounds_and_are_the_same_again(key: u64, index in 0u64..10_000) {
            let parts = vec![part(450.0, 0.2, Some(0.7)), part(600.0, 0.5, None)];
            let kind = SampleKind::Mixture { base: 1.0, parts };
            let drawn = amounts(&kind, key, index);
            prop_assert!((0.2..=0.7).contains(&drawn[0]) && drawn[1] == 0.5);
            prop_assert_eq!(amounts(&kind, key, index), drawn);
        }

        #[test]
        fn no_text_is_too_much_for_the_reader_of_spectra(text: String) {
            spectrum(&text).ok();
        }
    }
}
