//! A model of spectra: from a table of spectra and of what is in the samples to numbers with their units.
//!
//! Each row is a spectrum; which column is what, [`sheet`] says. What is computed of a spectrum and how many
//! components of it count is chosen by groups that judge: the figures that are told are of groups outside that choice.

use super::errors::{self, Pair};
use super::evaluation::{Evaluation, LeftOut, Values};
use super::file::{ModelFile, ask};
use super::judge::Judges;
use super::sheet::{self, Measured, Sheet};
use super::task::{self, Choices, Trained};
use super::{Progress, Refusal, pls, split, text};
use crate::report::numbers::{bytes, counted};
use crate::report::table::{Paint, Tone};
use node_core::dsp::features::{Op, Plan, PlanHead, Window, plan};
use node_core::ml::MAX_CLASSES;
use node_core::ml::linear::Answer;
use node_core::ml::ntm::{Channel, Model, Section, Unit, WriteError, Writer};
use std::path::{Path, PathBuf};

const FOLDS: usize = 5;
const DRAWS: u64 = 3;
/// More components follow the noise of any instrument here.
const COMPONENTS: usize = 15;
/// A spectrum of fewer bands has no slope worth taking; of more, neighbours are averaged down to [`WIDTH`].
const MANY: usize = 64;
const WIDTH: usize = 300;

/// Spectra as they stand, and what is known of them.
struct Data {
    /// Names of the bands, from short waves to long.
    bands: Vec<String>,
    spectra: Vec<Vec<f32>>,
    outputs: Vec<Output>,
    groups: Vec<String>,
    fingerprint: u64,
}

struct Output {
    name: String,
    /// Of each spectrum; `None` where it is missing.
    values: Vec<Option<f64>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Report {
    spectra: usize,
    bands: usize,
    features: usize,
    way: String,
    judges: Judges,
    by_group: Option<String>,
    values: Values,
    /// Standard deviation of each output's R2 over the draws.
    spread: Vec<f64>,
    components: Vec<usize>,
    missing: Vec<usize>,
    bytes: usize,
}

/// One thing to compute of a spectrum.
struct Way {
    name: &'static str,
    ops: Vec<Op<'static>>,
}

/// What there is to choose from, the simplest first.
fn ways(bands: usize) -> Vec<Way> {
    let log = Op::Logarithm { floor: 1e-4 };
    if bands < MANY {
        return vec![
            Way { name: "the bands as they are", ops: vec![] },
            Way { name: "logarithms", ops: vec![log] },
            Way { name: "standardised", ops: vec![Op::Standardise {}] },
        ];
    }
    let derivative = Op::Derivative { side: 7 };
    let average = Op::Average { factor: bands.div_ceil(WIDTH) as u16 };
    vec![
        Way { name: "standardised, derivative", ops: vec![Op::Standardise {}, derivative, average] },
        Way { name: "logarithms, derivative", ops: vec![log, derivative, average] },
    ]
}

/// From the window to the signal: bands are channels or, where they are more than a model can name, samples of one.
fn head(bands: usize) -> (PlanHead, Op<'static>) {
    let head = |channels, window| PlanHead { channels, window, hop: window, rate_hz: 1.0 };
    match u8::try_from(bands) {
        Ok(count) => (head(bands, 1), Op::Means { first: 0, count }),
        Err(_) => (head(1, bands), Op::Channel { channel: 0 }),
    }
}

impl Way {
    fn all(&self, bands: usize) -> (PlanHead, Vec<Op<'static>>) {
        let (head, first) = head(bands);
        let ops = core::iter::once(first).chain(self.ops.iter().copied()).chain([Op::Values {}]);
        (head, ops.collect())
    }

    fn features(&self, spectra: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, Refusal> {
        let (head, ops) = self.all(spectra.first().map_or(0, Vec::len));
        let mut room = vec![0; 1024];
        let length = plan::write(&head, &ops, &mut room).unwrap_or(0);
        let plan = Plan::parse(&room[..length])
            .map_err(|error| Refusal::new(error.to_string(), "give spectra of 2 to 100000 bands"))?;
        Ok(spectra.iter().map(|spectrum| extract(&plan, spectrum)).collect())
    }
}

fn extract(plan: &Plan, readings: &[f32]) -> Vec<f32> {
    let (mut scratch, mut features) = (vec![0.0; plan.scratch()], vec![0.0; plan.outputs()]);
    let window = Window::new(plan.head().channels, readings, &[]);
    let made = window.map(|window| plan.extract(&mut scratch, &window, &mut features));
    assert_eq!(made, Some(Ok(())), "the readings are of the plan's size");
    features
}

fn read(sheet: &Sheet, choices: &Choices) -> Result<(Data, Option<String>), Refusal> {
    let bands = sheet.inputs(Measured::Wavelengths)?;
    let group = sheet.group(choices.group.as_deref())?;
    let targets = if choices.targets.is_empty() {
        sheet.other_numbers(&bands, group)
    } else {
        sheet.named(&choices.targets, "target")?
    };
    if targets.is_empty() {
        let help = "add a column such as dry_matter_pct, or name one with --target";
        return Err(sheet.refusal("no column of numbers says what is in the samples".into(), help));
    }
    if targets.len() > MAX_CLASSES {
        let message = format!("{} columns of numbers could be told", targets.len());
        return Err(sheet.refusal(message, format!("name up to {MAX_CLASSES} with --target")));
    }
    let mut outputs = Vec::new();
    for column in targets {
        let values: Result<Vec<_>, _> = (0..sheet.rows.len()).map(|row| sheet.number(row, column)).collect();
        outputs.push(Output { name: sheet.columns[column].clone(), values: values? });
    }
    let (groups, _) = sheet.groups(group.as_slice());
    let data = Data {
        spectra: spectra(sheet, &bands)?,
        outputs,
        groups: groups.into_iter().map(|group| group.to_string()).collect(),
        fingerprint: sheet.fingerprint(&bands),
        bands: bands.into_iter().map(|band| sheet.columns[band].clone()).collect(),
    };
    Ok((data, group.map(|group| sheet.columns[group].clone())))
}

fn spectra(sheet: &Sheet, bands: &[usize]) -> Result<Vec<Vec<f32>>, Refusal> {
    let of_row = |row: usize| -> Result<Vec<f32>, Refusal> {
        let band = |&column: &usize| match sheet.number(row, column)? {
            Some(number) => Ok(number as f32),
            None => Err(Refusal::from(sheet.fault(
                row,
                column,
                "is missing",
                "fill every band of a spectrum, or take the row out",
            ))),
        };
        bands.iter().map(band).collect()
    };
    (0..sheet.rows.len()).map(of_row).collect()
}

/// What was chosen for one output.
struct Fitted {
    components: usize,
    weights: Vec<f64>,
    bias: f64,
    /// Mean square of the folds that chose, over the variance: 0 is perfect.
    error: f64,
}

/// Which rows are used, of which those with a value learn.
fn fit(
    features: &[Vec<f32>],
    output: &Output,
    groups: &[String],
    used: &[usize],
    seed: u64,
) -> Option<Fitted> {
    let used: Vec<usize> = used.iter().copied().filter(|&row| output.values[row].is_some()).collect();
    let value = |row: usize| output.values[row].unwrap_or(0.0);
    let fit = |rows: &[usize]| {
        let learn: Vec<&[f32]> = rows.iter().map(|&row| features[row].as_slice()).collect();
        let values: Vec<f64> = rows.iter().map(|&row| value(row)).collect();
        pls::fit(&learn, &values, COMPONENTS)
    };
    let names: Vec<&str> = used.iter().map(|&row| groups[row].as_str()).collect();
    let folds = split::folds(&names, &vec![0; used.len()], FOLDS, seed);
    let mut squares = Vec::new();
    for fold in 0..FOLDS {
        let side = |inside: bool| -> Vec<usize> {
            used.iter().zip(&folds).filter(|(_, at)| (**at == fold) == inside).map(|(row, _)| *row).collect()
        };
        let (learn, judge) = (side(false), side(true));
        if judge.is_empty() || learn.len() < 3 {
            continue;
        }
        let square = |(weights, bias): &(Vec<f64>, f64)| {
            let sum: f64 =
                judge.iter().map(|&row| (said(weights, *bias, &features[row]) - value(row)).powi(2)).sum();
            sum / judge.len() as f64
        };
        squares.push(fit(&learn).iter().map(square).collect::<Vec<f64>>());
    }
    let best = pls::one_standard_error(&squares);
    let all = fit(&used);
    let components = best.min(all.len());
    let (weights, bias) = all.into_iter().nth(components.checked_sub(1)?)?;
    let values: Vec<f64> = used.iter().map(|&row| value(row)).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / values.len() as f64;
    let judged =
        squares.iter().filter_map(|fold| fold.get(components - 1)).sum::<f64>() / squares.len() as f64;
    Some(Fitted { components, weights, bias, error: judged / variance })
}

fn said(weights: &[f64], bias: f64, features: &[f32]) -> f64 {
    bias + weights.iter().zip(features).map(|(w, &x)| w * f64::from(x)).sum::<f64>()
}

/// The way with the least error over all outputs, and what it learnt of the rows that may be used.
fn choose(data: &Data, made: &[Vec<Vec<f32>>], used: &[usize], seed: u64) -> Option<(usize, Vec<Fitted>)> {
    let of_way = |(way, features): (usize, &Vec<Vec<f32>>)| {
        let fitted = data.outputs.iter().map(|output| fit(features, output, &data.groups, used, seed));
        Some((way, fitted.collect::<Option<Vec<Fitted>>>()?))
    };
    let error = |fitted: &[Fitted]| fitted.iter().map(|fitted| fitted.error).sum::<f64>();
    made.iter().enumerate().filter_map(of_way).min_by(|a, b| error(&a.1).total_cmp(&error(&b.1)))
}

pub fn train(paths: &[PathBuf], choices: &Choices, progress: Progress) -> Result<Trained, Refusal> {
    let sheet = sheet::read(paths)?;
    let (data, by_group) = read(&sheet, choices)?;
    let ways = ways(data.bands.len());
    let made: Vec<_> = ways.iter().map(|way| way.features(&data.spectra)).collect::<Result<_, _>>()?;
    let groups: Vec<&str> = data.groups.iter().map(String::as_str).collect();
    let mut names = groups.clone();
    names.sort_unstable();
    names.dedup();
    let few = || {
        let message = format!("{} spectra of {} groups are too few to learn from", groups.len(), names.len());
        sheet.refusal(message, format!("give at least {} samples whose values are known", 2 * FOLDS))
    };
    if names.len() < 2 * FOLDS {
        return Err(few());
    }

    // Each output's pairs, draw by draw.
    let mut judged: Vec<Vec<Vec<Pair>>> = Vec::new();
    let steps = DRAWS as usize * FOLDS + 1;
    for draw in 0..DRAWS {
        let seed = choices.seed.wrapping_add(draw);
        let folds = split::folds(&groups, &vec![0; groups.len()], FOLDS, seed);
        let mut pairs = vec![Vec::new(); data.outputs.len()];
        for fold in 0..FOLDS {
            progress(draw as usize * FOLDS + fold, steps);
            let learn: Vec<usize> = (0..groups.len()).filter(|&row| folds[row] != fold).collect();
            let (way, fitted) = choose(&data, &made, &learn, seed).ok_or_else(few)?;
            for row in (0..groups.len()).filter(|&row| folds[row] == fold) {
                for ((output, fitted), pairs) in data.outputs.iter().zip(&fitted).zip(&mut pairs) {
                    if let Some(is) = output.values[row] {
                        let said = said(&fitted.weights, fitted.bias, &made[way][row]);
                        pairs.push(Pair { is, said });
                    }
                }
            }
        }
        judged.push(pairs);
    }
    progress(steps - 1, steps);
    let everything: Vec<usize> = (0..groups.len()).collect();
    let (way, fitted) = choose(&data, &made, &everything, choices.seed).ok_or_else(few)?;
    progress(steps, steps);

    let components: Vec<usize> = fitted.iter().map(|fitted| fitted.components).collect();
    let file = write(&data, &ways[way], &fitted)
        .map_err(|error| Refusal::new(error.to_string(), "give fewer bands or shorter names"))?;
    let model = file.model(Path::new("the new model"))?;
    for (spectrum, features) in data.spectra.iter().zip(&made[way]) {
        let told = tell(&model, spectrum).unwrap_or_default();
        for (told, fitted) in told.iter().zip(&fitted) {
            let exact = said(&fitted.weights, fitted.bias, features);
            let near = (told - exact).abs() <= 1e-2 * exact.abs().max(1.0);
            assert!(near, "the file says {told}, what it was made from {exact}");
        }
    }
    let name = |output: &Output| output.name.clone();
    let of_draw =
        |draw: &Vec<Vec<Pair>>| errors::values(data.outputs.iter().map(name).zip(draw.iter().cloned()));
    let draws: Vec<Values> = judged.iter().map(of_draw).collect();
    let report = Report {
        spectra: data.spectra.len(),
        bands: data.bands.len(),
        features: model.kind.features(),
        way: ways[way].name.into(),
        judges: Judges::Folds { groups: names.len(), folds: FOLDS, draws: DRAWS as usize },
        by_group,
        spread: errors::spread_of_r2(&draws),
        values: errors::mean(&draws),
        components,
        missing: data
            .outputs
            .iter()
            .map(|output| output.values.iter().filter(|x| x.is_none()).count())
            .collect(),
        bytes: model.bytes,
    };
    Ok(Trained { file, report: Box::new(report) })
}

/// What the file's bytes say of a spectrum, by node-core.
fn tell(model: &Model, spectrum: &[f32]) -> Option<Vec<f64>> {
    ask(model, &extract(model.plan.as_ref()?, spectrum))
}

fn write(data: &Data, way: &Way, fitted: &[Fitted]) -> Result<ModelFile, WriteError> {
    let weights: Vec<f32> = fitted.iter().flat_map(|fitted| &fitted.weights).map(|w| *w as f32).collect();
    let biases: Vec<f32> = fitted.iter().map(|fitted| fitted.bias as f32).collect();
    let names: usize =
        data.bands.iter().chain(data.outputs.iter().map(|output| &output.name)).map(String::len).sum();
    let mut room =
        vec![0; 4 * (weights.len() + biases.len()) + 2 * names + 16 * data.bands.len() + (1 << 12)];
    let readings = || data.spectra.iter().flatten().copied();
    let (low, high) = (readings().fold(f32::MAX, f32::min), readings().fold(f32::MIN, f32::max));
    let (head, ops) = way.all(data.bands.len());
    let range = format!("{}..{}", data.bands[0], data.bands[data.bands.len() - 1]);
    let names: Vec<&str> = match head.channels {
        1 => vec![&range],
        _ => data.bands.iter().map(String::as_str).collect(),
    };
    let channel = |name| Channel { unit: Unit::Reflectance, low, high: high.max(low + 1e-3), name };
    let channels: Vec<Channel> = names.into_iter().map(channel).collect();
    let mut writer = Writer::new(&mut room)?;
    writer.section(Section::Inputs)?;
    writer.inputs(0.0, &channels)?;
    writer.section(Section::Plan)?;
    writer.plan(&head, &ops)?;
    writer.section(Section::Classes)?;
    let stems: Vec<(&str, &str)> = data.outputs.iter().map(|output| unit_of(&output.name)).collect();
    writer.classes(data.outputs.iter().map(|output| output.name.as_str()))?;
    writer.section(Section::Model)?;
    writer.linear(Answer::Values, &weights, &biases)?;
    writer.section(Section::About)?;
    let about = format!(
        "spectrum: {} spectra, {}, partial least squares; data {:016x}",
        data.spectra.len(),
        way.name,
        data.fingerprint
    );
    writer.bytes(about.as_bytes())?;
    writer.section(Section::Units)?;
    writer.units(stems.into_iter().map(|(_, unit)| unit))?;
    Ok(ModelFile::new(writer.finish()?))
}

/// `tcc_ug_g` is in ug/g, as the end of the name says.
fn unit_of(name: &str) -> (&str, &str) {
    const UNITS: [(&str, &str); 14] = [
        ("_pct", "%"),
        ("_percent", "%"),
        ("_ug_g", "ug/g"),
        ("_mg_g", "mg/g"),
        ("_mg_kg", "mg/kg"),
        ("_g_kg", "g/kg"),
        ("_mg_l", "mg/l"),
        ("_g_l", "g/l"),
        ("_ppm", "ppm"),
        ("_brix", "Brix"),
        ("_c", "°C"),
        ("_g", "g"),
        ("_mm", "mm"),
        ("_ph", "pH"),
    ];
    let lower = name.to_ascii_lowercase();
    let end = UNITS.into_iter().find(|(end, _)| lower.ends_with(end) && lower.len() > end.len());
    end.map_or((name, ""), |(end, unit)| (&name[..name.len() - end.len()], unit))
}

/// Spectra against what is known of them. What the model tells and the table does not have is not scored.
pub fn evaluate(model: &Model, paths: &[PathBuf], progress: Progress) -> Result<Evaluation, Refusal> {
    let sheet = sheet::read(paths)?;
    let plan = model.plan.as_ref().ok_or_else(|| {
        Refusal::new("the model has no plan for spectra", "make one with `nodetwin train --task spectrum`")
    })?;
    let all = sheet.inputs(Measured::Wavelengths)?;
    let names: Vec<&str> = model.inputs.channels().map(|channel| channel.name).collect();
    let wanted = plan.head().window * plan.head().channels;
    let bands: Vec<usize> = match names.as_slice() {
        [range] => {
            let (first, last) = range.split_once("..").unwrap_or((range, range));
            let within: Vec<usize> =
                all.iter().copied().skip_while(|&column| sheet.columns[column] != first).collect();
            let end = within.iter().position(|&column| sheet.columns[column] == last).map_or(0, |at| at + 1);
            within[..end].to_vec()
        }
        names => names.iter().filter_map(|name| sheet.find(name)).collect(),
    };
    if bands.len() != wanted {
        let message = format!("it has {} of the model's {wanted} bands ({})", bands.len(), names.join(" "));
        return Err(sheet.refusal(message, "give spectra of the instrument that the model was trained with"));
    }
    let spectra = spectra(&sheet, &bands)?;
    let mut notes = Vec::new();
    let mut outputs: Vec<(String, Vec<Pair>)> = Vec::new();
    for (at, name) in model.classes.names().enumerate() {
        let Some(column) = sheet.find(name) else {
            notes.push(format!("`{name}` is not scored: the table has no such column"));
            continue;
        };
        let (mut pairs, mut missing) = (Vec::new(), 0);
        for (row, spectrum) in spectra.iter().enumerate() {
            progress(row, spectra.len());
            match (sheet.number(row, column)?, tell(model, spectrum)) {
                (Some(is), Some(said)) => pairs.push(Pair { is, said: said[at] }),
                _ => missing += 1,
            }
        }
        if missing > 0 {
            notes.push(format!("`{name}` is missing for {}", counted(missing, "row")));
        }
        outputs.push((name.to_owned(), pairs));
    }
    progress(spectra.len(), spectra.len());
    if outputs.iter().all(|(_, pairs)| pairs.is_empty()) {
        let names: Vec<&str> = model.classes.names().collect();
        let message = format!("no column says what is in the samples ({})", names.join(", "));
        return Err(sheet.refusal(message, "name the columns as the model does"));
    }
    let learnt = model.about.ends_with(&format!("data {:016x}", sheet.fingerprint(&bands)));
    Ok(Evaluation {
        values: Some(errors::values(outputs.into_iter())),
        n: spectra.len() as u64,
        left_out: LeftOut::default(),
        leak: learnt.then(|| "these are the spectra that the model learnt from".into()),
        notes,
        ..Evaluation::default()
    })
}

impl task::Report for Report {
    fn text(&self, paint: Paint) -> String {
        let mut out = format!(
            "{} of {} bands: {}, {} features\n",
            counted(self.spectra as u64, "row"),
            self.bands,
            self.way,
            self.features
        );
        for (output, &missing) in self.values.per_output.iter().zip(&self.missing) {
            if missing > 0 {
                out += &format!("left out of {}: {missing} without a value\n", output.output);
            }
        }
        let Judges::Folds { groups, folds, draws } = self.judges else { return out };
        let by = self.by_group.as_ref().map_or("each row its own".into(), |name| format!("by `{name}`"));
        out += &paint.text(Tone::Strong, "\ncross-validated");
        out += &format!(" ({groups} groups, {by}, in {folds} folds, drawn {draws} times)\n");
        out += &text::values(&self.values, Some(&self.spread), paint);
        let components: Vec<String> = self.components.iter().map(usize::to_string).collect();
        out + &format!(
            "\nthe file: {}, partial least squares of {} components\n",
            bytes(self.bytes as u64),
            components.join(" and ")
        )
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.by_group.is_none() {
            remarks.push(
                "no column says what goes together, so each row is a group of its own: if one sample was measured \
                 many times, name it with --group"
                    .into(),
            );
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_the_ends_of_names() {
        assert_eq!(
            ["dmc_pct", "tcc_ug_g", "brix", "fat_g"].map(unit_of).map(|(_, unit)| unit),
            ["%", "ug/g", "", "g"]
        );
    }

    #[test]
    fn every_width_has_ways_that_are_plans() {
        for bands in [2, 18, 63, 64, 255, 256, 1076, 4000] {
            let spectrum: Vec<f32> = (0..bands).map(|n| 0.3 + 0.1 * (n as f32 * 0.1).sin()).collect();
            for way in ways(bands) {
                let made = way.features(std::slice::from_ref(&spectrum)).unwrap();
                assert!((1..=WIDTH).contains(&made[0].len()), "{bands} {}", way.name);
            }
        }
        assert_eq!(ways(1076)[0].features(&[vec![0.5; 1076]]).unwrap()[0].len(), 269);
    }
}
