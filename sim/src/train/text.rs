//! What was learnt, what it is worth, and what a model's file holds, for people.

use super::classifier::{Report, Tried};
use super::cost::Predicted;
use super::dataset::Grouping;
use super::decision::Decided;
use super::evaluation::{Anomaly, Evaluation, LeftOut, Values};
use super::judge::Judges;
use super::scores::Scores;
use super::{feature_names, front, marks};
use crate::report::numbers::{bytes, counted, grouped, percent, span};
use crate::report::table::{Align, Cell, Paint, Table, Tone, flowing};
use node_core::dsp::features::Op;
use node_core::ml::ntm::{Kind, Model};

/// Wider ones do not fit a terminal: then only the mistakes are told.
const WIDEST_MATRIX: usize = 12;
const MISTAKES: usize = 10;
/// A position's differences are hundreds: one sees from the first what the others are.
const MOST_FEATURES: usize = 160;

/// Who judged, and what a spread is over.
pub fn judges(judges: Judges) -> (String, &'static str) {
    match judges {
        Judges::EachGroup { groups } => (format!("each of {groups} groups by all others"), "groups"),
        Judges::Folds { groups, folds, draws } => {
            (format!("{groups} groups in {folds} folds, drawn {draws} times"), "draws")
        }
        Judges::Blocks { blocks } => (format!("{blocks} blocks of time of each recording"), "blocks"),
    }
}

/// How much of what, seen how.
pub fn learnt_from(report: &Report) -> String {
    let head = &report.head;
    format!(
        "{} of {}: {:.2} s at {} Hz every {:.2} s, {}, {} features",
        counted((report.windows - report.copies) as u64, "window"),
        counted(report.recordings as u64, "recording"),
        head.window as f32 / head.rate_hz,
        head.rate_hz,
        head.hop as f32 / head.rate_hz,
        match head.channels {
            1 => "sound",
            3 => "acceleration",
            _ => "acceleration and rotation",
        },
        report.features
    )
}

pub fn trained(report: &Report, paint: Paint) -> String {
    let mut out = tried(&report.tried, paint);
    out += &learnt_from(report);
    out += "\n";
    if report.copies > 0 {
        out += &format!("learnt besides: {} changed copies\n", grouped(report.copies as u64));
    }
    out += &left_out(report.across, if report.head.channels == 1 { 0 } else { report.short });
    let (by, over) = judges(report.judges);
    out += &paint.text(
        Tone::Strong,
        &format!(
            "\ncross-validated accuracy {} ± {} over {over}",
            percent(report.accuracy),
            percent(report.spread)
        ),
    );
    out += &format!(" (judged: {by}), macro F1 {:.3}\n", report.scores.macro_f1());
    out += &judged(&report.scores, paint);
    out += &format!("\nconfidence: calibration error {:.3} (ECE)", report.calibration.error());
    if let Some(decision) = &report.decided {
        out += &format!("; {}", said_in_the_end(decision));
    }
    out += &format!(
        "\nthe file: {}, temperature {:.2}; of what it learnt from it tells {} right\n",
        bytes(report.bytes as u64),
        report.temperature,
        percent(report.learnt.accuracy())
    );
    out += &format!("on the node: {} of RAM for window, plan and model", bytes(report.ram as u64));
    if let Some(predicted) = &report.cost {
        out += &format!("; from one answer to the next {} of an ESP32 at 240 MHz", cost(predicted));
    }
    out += "\n";
    out
}

fn said_in_the_end(decided: &Decided) -> String {
    let (answered, right) = (percent(decided.answered), percent(decided.accuracy));
    format!(
        "with thresholds and smoothing {answered} of the windows get an answer, {right} of these are right"
    )
}

/// What there was to choose from.
fn tried(tried: &[Tried], paint: Paint) -> String {
    if tried.len() < 2 {
        return String::new();
    }
    let mut columns = vec![("tried", Align::Left), ("model", Align::Left)];
    let right = ["features", "accuracy", "of labelled time", "folds", "bytes", "RAM", "an answer"];
    columns.extend(right.map(|name| (name, Align::Right)));
    let mut table = Table::new(&columns);
    for (way, on_front) in tried.iter().zip(front::on_front(tried)) {
        let tone = match (way.is_best, on_front) {
            (true, _) => Tone::Good,
            (_, true) => Tone::Plain,
            _ => Tone::Faint,
        };
        let name = format!("{} {:.2} s", way.name, way.window_s);
        let mut row = vec![Cell::new(name.trim()).tone(tone), Cell::new(way.model).tone(tone)];
        row.extend(cells(way).into_iter().map(|cell| Cell::new(cell).tone(tone)));
        table.row(row);
    }
    let mut out = String::new();
    table.print(paint, &mut out);
    out += "(of labelled time: the share told right, mean over classes; folds: how many others would choose so)\n\n";
    out
}

/// What is said of a way that was tried, besides its name and model.
pub fn cells(way: &Tried) -> [String; 7] {
    [
        grouped(way.features as u64),
        percent(way.accuracy),
        way.score.map_or("·".into(), percent),
        if way.chosen > 0 { grouped(way.chosen as u64) } else { "·".into() },
        bytes(way.bytes as u64),
        bytes(way.ram as u64),
        way.cost.map_or("unknown".into(), |cost| span(cost.us * 1e3)),
    ]
}

/// What an answer takes, with how far that can be believed.
pub fn cost(cost: &Predicted) -> String {
    let error = 100.0 * cost.relative;
    format!("{} ± {error:.0} % ({}, predicted)", span(cost.us * 1e3), cost.grade)
}

/// What one should know before one believes the score.
pub fn remarks(report: &Report) -> Vec<String> {
    let mut remarks = Vec::new();
    if matches!(report.judges, Judges::Blocks { .. }) {
        remarks.push(
            "hardly a class has recordings of two groups, so parts of the same recordings judged: expect less of other \
             people and days, and record each class at least twice"
                .into(),
        );
    } else if report.grouping == Grouping::Recording {
        remarks.push(
            "nothing says who was recorded, so each recording is a group of its own: if one person made many, other \
             people will score lower (an index.csv with a column `subject` says it)"
                .into(),
        );
    }
    if !report.unscorable.is_empty() {
        let classes = report.unscorable.join(", ");
        remarks.push(format!("learnt but not scored, because of one group only: {classes}"));
    }
    if !report.nested && report.tried.len() > 1 {
        remarks.push(
            "what judged has chosen the window too, because too little would be left without it: the score is a little \
             high"
                .into(),
        );
    }
    if !report.unlearnt.is_empty() {
        let classes = report.unlearnt.join(", ");
        remarks
            .push(format!("not learnt, because no window lies in them: {classes}; a shorter --window may"));
    }
    remarks.extend(report.notes.iter().cloned());
    if report.changed > 0 {
        let windows = counted(report.changed as u64, "window");
        remarks.push(format!("{windows} would be told otherwise by the same model in 64-bit floats"));
    }
    remarks
}

pub fn evaluated(evaluation: &Evaluation, model_bytes: usize, paint: Paint) -> String {
    let mut out = String::new();
    let size = bytes(model_bytes as u64);
    if let Some(scores) = &evaluation.classes {
        out += &paint.text(Tone::Strong, &format!("accuracy {}", percent(scores.accuracy())));
        let examples = counted(scores.n(), "example");
        out += &format!(", macro F1 {:.3}, of {examples}; the model has {size}\n", scores.macro_f1());
        out += &judged(scores, paint);
    }
    if let Some(decision) = &evaluation.decided {
        out += &format!("{}\n", said_in_the_end(decision));
    }
    if let Some(values) = &evaluation.values {
        out += &paint.text(Tone::Strong, &format!("mean error {:.3}", values.mean_error));
        out += &format!(", rmse {:.3}, R2 {:.3}; the model has {size}\n", values.rmse, values.r2);
        out += &self::values(values, None, paint);
    }
    if let Some(anomaly) = &evaluation.anomaly {
        out += &alarms(anomaly, paint);
    }
    let LeftOut { windows_across_edges, windows_of_other_labels, other_labels, recordings_too_short } =
        &evaluation.left_out;
    out += &left_out(*windows_across_edges, *recordings_too_short);
    if *windows_of_other_labels > 0 {
        let windows = counted(*windows_of_other_labels as u64, "window");
        let names = other_labels.join(", ");
        out += &format!("left out: {windows} of labels that the model does not know ({names})\n");
    }
    out
}

/// Each output; `spread` is of R2 over draws.
pub fn values(values: &Values, spread: Option<&[f64]>, paint: Paint) -> String {
    let mut out = String::new();
    let mut columns = vec![("output", Align::Left)];
    columns.extend(["examples", "mean error", "rmse", "R2"].map(|name| (name, Align::Right)));
    let mut table = Table::new(&columns);
    for (at, output) in values.per_output.iter().enumerate() {
        let spread = spread.and_then(|spread| spread.get(at)).map_or(String::new(), |s| format!(" ± {s:.3}"));
        let r2 = format!("{:.3}{spread}", output.r2);
        let figures = [format!("{:.3}", output.mean_error), format!("{:.3}", output.rmse), r2].map(Cell::new);
        table.row(
            [Cell::new(&output.output), Cell::new(grouped(output.n))].into_iter().chain(figures).collect(),
        );
    }
    table.print(paint, &mut out);
    out
}

pub fn alarms(anomaly: &Anomaly, paint: Paint) -> String {
    let share = |share: Option<f64>| share.map_or("unknown".into(), percent);
    let auc = anomaly.auc.map_or("unknown".into(), |auc| format!("{auc:.4}"));
    let head = format!("AUC {auc}, false alarms {}", share(anomaly.false_alarm_rate));
    let mut out = paint.text(Tone::Strong, &head);
    let (normal, faulty) = (counted(anomaly.normal, "normal example"), grouped(anomaly.faulty));
    out += &format!(" of {normal}; {} of {faulty} faulty ones found\n", share(anomaly.hit_rate));
    out
}

pub fn left_out(across: usize, short: usize) -> String {
    let mut out = String::new();
    if across > 0 {
        let windows = counted(across as u64, "window");
        out += &format!("left out: {windows} across a label's edge or without a label\n");
    }
    if short > 0 {
        out += &format!("left out: {} shorter than a window\n", counted(short as u64, "recording"));
    }
    out
}

/// Each class, and who was taken for whom.
pub fn judged(scores: &Scores, paint: Paint) -> String {
    let letters: Vec<String> = ('a'..='z').take(scores.classes.len()).map(String::from).collect();
    let small = scores.classes.len() <= WIDEST_MATRIX;
    let mut columns = vec![("class", Align::Left)];
    columns.extend(["windows", "precision", "recall", "F1"].map(|name| (name, Align::Right)));
    if small {
        columns.extend(letters.iter().map(|letter| (letter.as_str(), Align::Right)));
    }
    let mut table = Table::new(&columns);
    for (at, class) in scores.per_class().iter().enumerate() {
        let name = if small { format!("{} {}", letters[at], class.class) } else { class.class.clone() };
        let mut cells = vec![Cell::new(name), Cell::new(grouped(class.n))];
        if class.n == 0 {
            cells.extend(["", "", ""].map(Cell::new));
        } else {
            let figures = [class.precision, class.recall, class.f1];
            cells.extend(figures.map(|figure| Cell::new(format!("{figure:.3}"))));
        }
        let counts = scores.confusion[at].iter().enumerate().filter(|_| small);
        cells.extend(counts.map(|(said, &count)| {
            let tone = match (said == at, count) {
                (_, 0) => Tone::Faint,
                (true, _) => Tone::Good,
                (false, _) => Tone::Bad,
            };
            Cell::new(if count == 0 { "·".into() } else { grouped(count) }).tone(tone)
        }));
        table.row(cells);
    }
    let mut out = String::new();
    table.print(paint, &mut out);
    if !small {
        out += &mistakes(scores);
    }
    out
}

fn mistakes(scores: &Scores) -> String {
    let mut found: Vec<(u64, &str, &str)> = Vec::new();
    for (is, row) in scores.classes.iter().zip(&scores.confusion) {
        let others = scores.classes.iter().zip(row).filter(|(said, count)| *said != is && **count > 0);
        found.extend(others.map(|(said, count)| (*count, is.as_str(), said.as_str())));
    }
    found.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    let mut out = String::new();
    if !found.is_empty() {
        let items = found.iter().take(MISTAKES).map(|(count, is, said)| format!("{is} for {said} {count}"));
        flowing("  mistaken  ", items, &mut out);
    }
    out
}

/// All that a file holds.
pub fn model(name: &str, model: &Model, paint: Paint) -> String {
    let mut out = paint.text(Tone::Strong, name);
    out += &format!(": {}\n", bytes(model.bytes as u64));
    if !model.about.is_empty() {
        out += &format!("about    {}\n", marks::without(model.about));
    }
    let channels = model
        .inputs
        .channels()
        .map(|channel| format!("{} {:?} {} to {}", channel.name, channel.unit, channel.low, channel.high));
    flowing(&format!("inputs   {} Hz: ", model.inputs.rate_hz), channels, &mut out);
    if let Some(plan) = &model.plan {
        let head = plan.head();
        // The window's samples, what the plan needs besides, and its outputs, as floats.
        let room = 4 * (head.window * head.channels + plan.scratch() + plan.outputs());
        out += &format!(
            "plan     a window of {} samples every {}: {} features, {} of RAM, about {} multiply-adds\n",
            head.window,
            head.hop,
            plan.outputs(),
            bytes(room as u64),
            grouped(plan.steps())
        );
        flowing("         ", plan.ops().map(|op| said(&op)), &mut out);
        let features = feature_names::of(&model.inputs, plan);
        let more = features.len().saturating_sub(MOST_FEATURES);
        let named = features.into_iter().take(MOST_FEATURES).enumerate().map(|(n, feature)| {
            let unit = if feature.unit.is_empty() { String::new() } else { format!(" ({})", feature.unit) };
            format!("{} {}{unit}", n + 1, feature.name)
        });
        let more = (more > 0).then(|| format!("and {more} more"));
        flowing("features ", named.chain(more), &mut out);
    }
    let kind = match &model.kind {
        Kind::Forest(forest) => format!("forest of {} trees", forest.trees()),
        Kind::Boosted(boosted) => format!("{} boosted trees", boosted.trees().trees()),
        Kind::Nearest(nearest) => format!(
            "the nearest {} of {} points, codes of {} bits",
            nearest.neighbours(),
            nearest.points(),
            nearest.bits().count()
        ),
        Kind::Linear(linear) => format!("linear, {:?} of {} sums", linear.answer(), linear.outputs()),
        Kind::Network(network) => {
            let work = network.work().multiply_adds();
            let room = bytes(network.scratch() as u64);
            format!(
                "network of 8 bits, {:?}, {} multiply-adds, {room} of RAM",
                network.answer(),
                grouped(work)
            )
        }
        Kind::Normal(normal) => {
            format!("normal distributions: {} of {} states", normal.parts(), normal.states())
        }
    };
    out += &format!("model    {kind}, {} features\n", model.kind.features());
    if let Kind::Network(network) = &model.kind {
        flowing("layers   ", super::network::layers(network), &mut out);
    }
    flowing("classes  ", model.classes.names().map(str::to_owned), &mut out);
    let thresholds: Vec<f32> = (0..model.classes.count()).map(|class| model.thresholds.of(class)).collect();
    if thresholds.iter().any(|threshold| *threshold > 0.0) {
        flowing("at least ", thresholds.iter().map(f32::to_string), &mut out);
    }
    out + &format!("smooths  {:?}\n", model.smoothing)
}

/// An operation with its parameters as numbers.
fn said(op: &Op) -> String {
    match op {
        Op::Bands { scale, edges_hz } => {
            let edges: Vec<String> = edges_hz.iter().map(|edge| edge.to_string()).collect();
            format!("Bands {{ scale: {scale}, edges_hz: {} }}", edges.join(" "))
        }
        Op::Statistics { mask } => format!("Statistics {{ mask: {mask:#x} }}"),
        other => format!("{other:?}"),
    }
}
