//! A calibration as a person reads it.

use super::{Fit, Taken};
use crate::report::numbers::{grouped, percent, short};
use crate::report::table::{Align, Cell, Paint, Table, Tone, WIDTH};
use crate::report::text::wrapped;
use node_core::meter::Kernel;

/// Lines of one stage are many; the rest is in the file they came from.
const MOST_OUTLIERS: usize = 8;

pub fn text(fit: &Fit, title: &str, paint: Paint) -> String {
    let mut out = format!("{}\n\n", paint.text(Tone::Strong, title));
    kernels(fit, paint, &mut out);
    out.push('\n');
    stages(fit, paint, &mut out);
    out.push('\n');
    for note in notes(fit) {
        for line in wrapped(&note, WIDTH - 2) {
            out.push_str(&format!("  {}\n", paint.text(Tone::Faint, &line)));
        }
    }
    outliers(fit, paint, &mut out);
    out
}

fn kernels(fit: &Fit, paint: Paint, out: &mut String) {
    let mut table = Table::new(&[
        ("kernel", Align::Left),
        ("predicted/call", Align::Right),
        ("measured", Align::Right),
        ("factor", Align::Right),
        ("95 % interval", Align::Right),
        ("n", Align::Right),
        ("", Align::Left),
    ]);
    for scale in &fit.scales {
        let (low, high) = scale.interval;
        let how = match (scale.told_apart, scale.together.as_slice()) {
            (true, _) => Cell::new("measured").tone(Tone::Good),
            (false, []) => Cell::new("too small a part"),
            (false, others) => Cell::new(format!("with {}", names(others))),
        };
        table.row(vec![
            Cell::new(format!("{:?}", scale.kernel)),
            Cell::new(short(scale.predicted)),
            Cell::new(short(scale.predicted * scale.factor)),
            Cell::new(format!("{:.3}", scale.factor)),
            Cell::new(format!("{low:.3} to {high:.3}")),
            Cell::new(grouped(scale.runs)),
            how,
        ]);
    }
    table.print(paint, out);
}

/// One name, or the first and how many more.
fn names(kernels: &[Kernel]) -> String {
    match kernels {
        [] => String::new(),
        [one] => format!("{one:?}"),
        [first, rest @ ..] => format!("{first:?} +{}", rest.len()),
    }
}

fn stages(fit: &Fit, paint: Paint, out: &mut String) {
    let mut table = Table::new(&[
        ("stage", Align::Left),
        ("runs", Align::Right),
        ("taken", Align::Left),
        ("cycles/run", Align::Right),
        ("fitted", Align::Right),
        ("off", Align::Right),
    ]);
    let mut at = 0;
    while let Some(first) = fit.stages.get(at) {
        // Lines of a stage whose work varies are one row: their means.
        let same = |stage: &&super::StageFit| stage.stage == first.stage && stage.taken == first.taken;
        let lines: Vec<_> = match first.taken {
            Taken::Min => vec![first],
            Taken::Mean => fit.stages[at..].iter().take_while(same).collect(),
        };
        at += lines.len();
        let runs: u64 = lines.iter().map(|line| line.runs).sum();
        let mean = |of: fn(&super::StageFit) -> f64| {
            lines.iter().map(|line| of(line) * line.runs as f64).sum::<f64>() / runs as f64
        };
        let (measured, fitted) = (mean(|line| line.measured), mean(|line| line.fitted));
        let tone = if lines.iter().any(|line| line.outlier) { Tone::Warning } else { Tone::Plain };
        table.row(vec![
            Cell::new(first.stage.clone()),
            Cell::new(grouped(runs)),
            Cell::new(if first.taken == Taken::Min { "min" } else { "mean" }),
            Cell::new(short(measured)),
            Cell::new(short(fitted)),
            Cell::new(signed_percent(fitted / measured - 1.0)).tone(tone),
        ]);
    }
    table.print(paint, out);
}

fn signed_percent(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

fn notes(fit: &Fit) -> Vec<String> {
    let mut notes = vec![format!(
        "goodness of fit: residuals of {} (root mean square) over {} stages; common factor {:.3}; intervals {}",
        percent(fit.rms),
        fit.stages.len(),
        fit.common,
        if fit.widened > 1.0 {
            format!("widened {:.1} times, stages scatter", fit.widened)
        } else {
            "as they are".into()
        }
    )];
    notes.push(
        "min: a stage of the same work in each run is taken by its fewest cycles, since interrupts and cold caches only \
         add. mean: where work varies, the fewest cycles belong to the least work, so the mean is taken, with the \
         interrupts in it"
            .into(),
    );
    notes.push(match fit.interrupted {
        Some(share) => format!(
            "interrupts and cold caches add {} to the first kind, and widen the second",
            percent(share)
        ),
        None => "no stage shows how much interrupts add: 5 % is assumed".into(),
    });
    if fit.scales.iter().any(|scale| !scale.told_apart) {
        notes.push(
            "with: kernels that run together in like proportions; only their sum is known, and each is drawn towards the \
             common factor. Logs of other apps and settings tell them apart"
                .into(),
        );
    }
    notes.extend(fit.left_out.iter().map(|why| format!("left out: {why}")));
    notes
}

fn outliers(fit: &Fit, paint: Paint, out: &mut String) {
    let found: Vec<_> = fit.stages.iter().filter(|stage| stage.outlier).collect();
    for stage in found.iter().take(MOST_OUTLIERS) {
        let said = format!(
            "outlier: {} at {}: {} cycles a run, and its kernels' factors make {} of it",
            stage.stage,
            stage.place,
            short(stage.measured),
            short(stage.fitted)
        );
        for line in wrapped(&said, WIDTH - 2) {
            out.push_str(&format!("  {}\n", paint.text(Tone::Warning, &line)));
        }
    }
    if found.len() > MOST_OUTLIERS {
        out.push_str(&format!("  and {} more\n", found.len() - MOST_OUTLIERS));
    }
}
