//! A calibration as a file: TOML for people and for `--calibration`.
//!
//! It holds the cycles that each factor multiplies, so that a calibration means the same when the built-in table has
//! changed since.

use super::{Fit, Refusal, Scale};
use hal_shim::cost::{Calibration, ErrorBar, ErrorKind, Grade, Row};
use node_core::boards::Mcu;
use node_core::meter::Kernel;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

const SCHEMA: u32 = 1;
const MCUS: [(&str, Mcu); 2] = [("esp32", Mcu::Esp32), ("esp32c3", Mcu::Esp32C3)];
/// Nothing is a thousand times dearer than predicted.
const MOST: f64 = 1_000.0;

/// Whose timings these are.
#[derive(Clone, Debug)]
pub struct Origin {
    pub board: String,
    pub mcu: Mcu,
    pub cpu_mhz: Vec<u32>,
    /// Of the firmware.
    pub commit: Option<String>,
    pub files: Vec<String>,
}

pub fn to_toml(fit: &Fit, origin: &Origin) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_string()).to_string();
    let mcu = MCUS.iter().find(|(_, mcu)| *mcu == origin.mcu).map_or("", |(name, _)| name);
    let files: Vec<String> = origin.files.iter().map(|file| quoted(file)).collect();
    let mhz: Vec<String> = origin.cpu_mhz.iter().map(u32::to_string).collect();
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    macro_rules! line {
        ($($part:tt)*) => { let _ = writeln!(out, $($part)*); };
    }
    line!("# What kernels cost on a device: `nodetwin run SCENARIO --calibration THIS_FILE`.");
    line!(
        "# Made by `nodetwin calibrate`. factor: measured over predicted cycles; interval: 95 %; n: runs measured;"
    );
    line!(
        "# per_call, per_unit: the predicted cycles that the factor multiplies. A kernel that could not be told from"
    );
    line!("# those it runs together with (told_apart = false) is `derived`, the others are `measured`.");
    line!("schema = {SCHEMA}");
    line!("board = {}", quoted(&origin.board));
    line!("mcu = {}", quoted(mcu));
    line!("cpu_mhz = [{}]", mhz.join(", "));
    if let Some(commit) = &origin.commit {
        line!("commit = {}  # of the firmware", quoted(commit));
    }
    line!("from = [{}]", files.join(", "));
    line!("\n[fit]");
    line!("common_factor = {:.4}", fit.common);
    line!("stages = {}", fit.stages.len());
    line!("rms = {:.4}  # of the stages' relative residuals", fit.rms);
    line!("widened = {:.3}  # intervals, because stages scatter", fit.widened);
    for scale in &fit.scales {
        let Scale { kernel, factor, interval: (low, high), runs, per_call, per_unit, told_apart, .. } = scale;
        line!("\n[kernel.{kernel:?}]");
        line!("factor = {factor:.4}");
        line!("interval = [{low:.4}, {high:.4}]");
        line!("n = {runs}");
        line!("told_apart = {told_apart}");
        line!("per_call = {per_call:?}");
        line!("per_unit = {per_unit:?}");
    }
    out
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: u32,
    #[expect(dead_code, reason = "for people")]
    board: String,
    mcu: String,
    #[expect(dead_code, reason = "for people")]
    cpu_mhz: Vec<u32>,
    #[expect(dead_code, reason = "for people")]
    commit: Option<String>,
    #[expect(dead_code, reason = "for people")]
    from: Vec<String>,
    #[expect(dead_code, reason = "for people")]
    fit: Quality,
    kernel: BTreeMap<String, Measured>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "for people")]
struct Quality {
    common_factor: f64,
    stages: usize,
    rms: f64,
    widened: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    factor: f64,
    interval: [f64; 2],
    #[expect(dead_code, reason = "for people")]
    n: u64,
    told_apart: bool,
    per_call: f64,
    per_unit: f64,
}

/// Reads a file that [`to_toml`] wrote; `name` is how reports call it.
pub fn from_toml(name: &str, text: &str) -> Result<Calibration, Refusal> {
    const HELP: &str = "`nodetwin calibrate --from profile.log -o FILE` writes one";
    let wrong = |message: String| Refusal::new(format!("{name}: {message}"), HELP);
    let document: Document = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    if document.schema != SCHEMA {
        return Err(wrong(format!("its schema is {}, and this program reads {SCHEMA}", document.schema)));
    }
    let mcu = MCUS.iter().find(|(known, _)| *known == document.mcu).map(|(_, mcu)| *mcu);
    let mcu = mcu.ok_or_else(|| wrong(format!("no mcu `{}`", document.mcu)))?;
    let mut rows = Vec::new();
    for (key, measured) in &document.kernel {
        let kernel = Kernel::ALL.into_iter().find(|kernel| format!("{kernel:?}") == *key);
        let kernel = kernel.ok_or_else(|| wrong(format!("no kernel `{key}`")))?;
        let Measured { factor, interval: [low, high], told_apart, per_call, per_unit, .. } = *measured;
        let cycles = |figure: f64| (0.0..=1e9).contains(&figure);
        let around = (low..=high).contains(&factor) && high.is_finite();
        if !(0.0..=MOST).contains(&factor) || !around {
            return Err(wrong(format!("{key}: a factor of {factor} between {low} and {high}")));
        }
        if !cycles(per_call) || !cycles(per_unit) {
            return Err(wrong(format!("{key}: {per_call} cycles a call and {per_unit} a unit")));
        }
        // What came out as nothing keeps its own price: nothing is free.
        if factor > 0.0 {
            rows.push(Row {
                kernel,
                per_call: (per_call * factor) as f32,
                per_unit: (per_unit * factor) as f32,
                error: ErrorBar {
                    relative: ((high - low) / 2.0 / factor) as f32,
                    kind: ErrorKind::Interval95,
                },
                grade: if told_apart { Grade::Measured } else { Grade::Derived },
                source: format!("calibrated by {name}").into(),
            });
        }
    }
    Ok(Calibration { mcu, source: name.to_string(), rows })
}
