//! All windows of some recordings as rows of features, made by the code that the node runs.

use super::cut::{self, Cut};
use super::dataset::{Dataset, Item};
use super::{Progress, Refusal};
use node_core::dsp::features::{Plan, Window};
use scenarios::recording::Kind;

/// A window: where it is from, what it is, and its features.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Of the dataset's recordings.
    pub item: usize,
    /// First sample.
    pub first: usize,
    /// Of the classes that were asked for.
    pub class: usize,
    pub features: Vec<f32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub rows: Vec<Row>,
    /// Windows across a label's edge, or where nothing is labelled.
    pub across: usize,
    /// Recordings shorter than a window.
    pub short: usize,
}

/// How far a recording's rate may be from the plan's: what a sensor's own clock is off, and what people do not hear of.
const RATE_TOLERANCE: f64 = 0.05;

/// Rows of the windows that are of one of `classes` (in order of name).
pub fn of(data: &Dataset, classes: &[String], plan: &Plan, progress: Progress) -> Result<Table, Refusal> {
    let head = plan.head();
    let mut table = Table::default();
    let (mut scratch, mut features) = (vec![0.0; plan.scratch()], vec![0.0; plan.outputs()]);
    for (at, item) in data.items.iter().enumerate() {
        progress(at, data.items.len());
        let samples = interleaved(item, head.channels)?;
        let (rate_hz, wanted) = (item.rate_hz(), f64::from(head.rate_hz));
        if (rate_hz / wanted - 1.0).abs() > RATE_TOLERANCE {
            return Err(Refusal::new(
                format!("{}: it has {rate_hz:.1} samples a second, not {wanted:.1}", item.path.display()),
                "use recordings of one rate; train a model of its own for the others",
            ));
        }
        let found = cut::cuts(item, classes, head.window, head.hop);
        table.across += found.across;
        table.short += usize::from(item.samples() < head.window);
        for Cut { first, class } in found.cuts {
            let piece = &samples[first * head.channels..(first + head.window) * head.channels];
            let window = Window::new(head.channels, piece, &[]);
            let made = window.map(|window| plan.extract(&mut scratch, &window, &mut features));
            assert_eq!(made, Some(Ok(())), "the pieces are of the plan's size");
            table.rows.push(Row { item: at, first, class, features: features.clone() });
        }
    }
    progress(data.items.len(), data.items.len());
    Ok(table)
}

/// Samples of all channels in turn: 3 of acceleration, or these and 3 of rotation.
fn interleaved(item: &Item, channels: usize) -> Result<Vec<f32>, Refusal> {
    let Kind::Imu(track) = &item.recording.kind else {
        return Err(is_sound(item));
    };
    let mut axes: Vec<&[f32]> = track.accel_g.iter().map(Vec::as_slice).collect();
    if channels == 6 {
        let gyro = track.gyro_dps.as_ref().ok_or_else(|| {
            Refusal::new(
                format!("{}: it has no rotation rate, and the model listens to it", item.path.display()),
                "give recordings with a gyroscope, or train with --accel-only",
            )
        })?;
        axes.extend(gyro.iter().map(Vec::as_slice));
    }
    Ok((0..item.samples()).flat_map(|at| axes.iter().map(move |axis| axis[at])).collect())
}

pub(super) fn is_sound(item: &Item) -> Refusal {
    Refusal::new(
        format!("{}: this is sound, not motion", item.path.display()),
        "give recordings of acceleration: CSV, or Edge Impulse JSON or CBOR",
    )
}
