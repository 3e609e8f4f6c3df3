//! What a training came to as one HTML file: no script, nothing to fetch, light and dark as the reader's system is.

use super::classifier::Report;
use super::decision::Bin;
use super::{front, text};
use crate::report::html::svg::{Svg, escaped};
use crate::report::numbers::{bytes, grouped, percent, span};
use crate::report::result::tool;
use std::fmt::Write;

// Writing to a `String` cannot fail.
macro_rules! put {
    ($out:expr, $($part:tt)*) => { let _ = writeln!($out, $($part)*); };
}

pub fn page(report: &Report, name: &str) -> String {
    let title = escaped(name);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\n<style>\n{}</style></head>\n<body>\n",
        include_str!("../report/html/style.css")
    );
    put!(out, "<h1>{title}</h1>");
    put!(out, "<p class=\"faint\">{} · {}</p>", escaped(&text::learnt_from(report)), tool());
    tiles(report, &mut out);
    let remarks = text::remarks(report);
    if !remarks.is_empty() {
        put!(out, "<ul>");
        for remark in &remarks {
            put!(out, "<li>{}</li>", escaped(remark));
        }
        put!(out, "</ul>");
    }
    confusion(report, &mut out);
    put!(
        out,
        "<h3>Confidence against being right (ten bins; expected calibration error {:.3})</h3>",
        report.calibration.error()
    );
    out.push_str(&calibration(&report.calibration.bins));
    put!(
        out,
        "<h3>What was tried (orange: chosen; blue: nothing else is better in accuracy, size and time at once)</h3>"
    );
    out.push_str(&front::as_svg(&report.tried));
    tried(report, &mut out);
    out.push_str("</body></html>\n");
    out
}

fn tiles(report: &Report, out: &mut String) {
    let mut tiles = vec![
        (
            format!("{} ± {}", percent(report.accuracy), percent(report.spread)),
            "accuracy, cross-validated".into(),
        ),
        (format!("{:.3}", report.scores.macro_f1()), "macro F1".into()),
        (bytes(report.bytes as u64), "model".into()),
        (bytes(report.ram as u64), "RAM: window, plan and model".into()),
    ];
    if let Some(cost) = report.cost {
        let error = format!("± {:.0} %, {}", 100.0 * cost.relative, cost.grade);
        tiles.push((span(cost.us * 1e3), format!("an answer, ESP32 at 240 MHz ({error})")));
    }
    if let Some(decided) = report.decided {
        let said = format!("right of the {} that get an answer", percent(decided.answered));
        tiles.push((percent(decided.accuracy), said));
    }
    put!(out, "<div class=\"tiles\">");
    for (figure, of) in tiles {
        put!(out, "<div class=\"tile\"><b>{}</b><span>{}</span></div>", escaped(&figure), escaped(&of));
    }
    put!(out, "</div>");
}

/// A row for what the windows are, a column for what was said.
fn confusion(report: &Report, out: &mut String) {
    let scores = &report.scores;
    put!(
        out,
        "<h3>Who was taken for whom (rows: what the windows are; of {} windows)</h3>",
        grouped(scores.n())
    );
    put!(out, "<table><tr><th>class</th>");
    for class in &scores.classes {
        put!(out, "<th class=\"n\">{}</th>", escaped(class));
    }
    put!(out, "<th class=\"n\">precision</th><th class=\"n\">recall</th><th class=\"n\">F1</th></tr>");
    for ((at, row), class) in scores.confusion.iter().enumerate().zip(scores.per_class()) {
        put!(out, "<tr><td>{}</td>", escaped(&class.class));
        for (said, &count) in row.iter().enumerate() {
            let share = 100.0 * count as f64 / class.n.max(1) as f64;
            let colour = if said == at { "--green" } else { "--red" };
            let shade =
                format!("background:color-mix(in srgb, var({colour}) {:.0}%, transparent)", 0.6 * share);
            let text = if count == 0 { "·".into() } else { grouped(count) };
            put!(out, "<td class=\"n\" style=\"{shade}\">{text}</td>");
        }
        let figures = if class.n == 0 {
            [(); 3].map(|()| "·".to_string())
        } else {
            [class.precision, class.recall, class.f1].map(|figure| format!("{figure:.3}"))
        };
        for figure in figures {
            put!(out, "<td class=\"n\">{figure}</td>");
        }
        put!(out, "</tr>");
    }
    put!(out, "</table>");
}

fn calibration(bins: &[Bin; 10]) -> String {
    const SIDE: f64 = 260.0;
    const LEFT: f64 = 70.0;
    const TOP: f64 = 24.0;
    let (x, y) = (|share: f64| LEFT + 2.0 * SIDE * share, |share: f64| TOP + SIDE * (1.0 - share));
    let mut svg = Svg::new(TOP + SIDE + 40.0, "Share of right answers against confidence");
    for tick in 0..=5 {
        let share = 0.2 * f64::from(tick);
        svg.line("axis", (x(0.0), y(share)), (x(1.0), y(share)));
        svg.text("f", (x(0.0) - 8.0, y(share) + 4.0), "end", &format!("{:.0} %", 100.0 * share));
        svg.text("f", (x(share), y(0.0) + 16.0), "middle", &format!("{:.0} %", 100.0 * share));
    }
    svg.text("f", (x(0.5), y(0.0) + 34.0), "middle", "confidence of the answer");
    for (at, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.answers > 0) {
        let says = format!(
            "{} answers of {} on the mean, {} right",
            grouped(bin.answers.into()),
            percent(bin.confidence),
            percent(bin.right)
        );
        let left = x(0.1 * at as f64);
        svg.bar("truth", (left + 3.0, y(bin.right)), (0.2 * SIDE - 6.0, y(0.0) - y(bin.right)), &says);
        svg.text("f", (left + 0.1 * SIDE, y(bin.right) - 4.0), "middle", &grouped(bin.answers.into()));
    }
    svg.line("mark", (x(0.0), y(0.0)), (x(1.0), y(1.0)));
    svg.text(
        "f",
        (x(1.0) + 12.0, y(1.0) + 4.0),
        "start",
        "on the line: confidence is the chance to be right",
    );
    svg.finish()
}

fn tried(report: &Report, out: &mut String) {
    put!(out, "<table><tr><th>tried</th><th>model</th>");
    for head in ["features", "accuracy", "of labelled time", "folds", "model", "RAM", "an answer"] {
        put!(out, "<th class=\"n\">{head}</th>");
    }
    put!(out, "</tr>");
    for (way, on_front) in report.tried.iter().zip(front::on_front(&report.tried)) {
        let class = if way.is_best {
            " class=\"good\""
        } else if on_front {
            ""
        } else {
            " class=\"faint\""
        };
        let name = format!("{} {:.2} s", way.name, way.window_s);
        put!(out, "<tr{class}><td>{}</td><td>{}</td>", escaped(name.trim()), way.model);
        for cell in text::cells(way) {
            put!(out, "<td class=\"n\">{}</td>", escaped(&cell));
        }
        put!(out, "</tr>");
    }
    put!(out, "</table>");
}
