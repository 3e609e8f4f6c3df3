//! One window in time: who had the CPU and the buses from its release to its end, lane by lane, and where its deadline is.

use super::budget::text_at;
use crate::budget::words;
use crate::desktop::look::{self, Look};
use crate::live::NodeHistory;
use egui::{Align2, Color32, Pos2, Rect, Sense, Stroke, Ui, Vec2};
use hal_shim::activity::{Holder, Segment};
use hal_shim::budget::PipelineSum;
use hal_shim::time::TrueTime;
use hal_shim::trace::{Fact, Record};

/// Which window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    #[default]
    Worst,
    Latest,
    Cursor,
}

pub struct Window {
    released: TrueTime,
    started: TrueTime,
    finished: TrueTime,
    deadline_ns: u64,
    segments: Vec<Segment>,
}

/// So far back a record may begin before the window and still reach into it.
const REACH_NS: u64 = 2_000_000_000;

pub fn window(
    node: &NodeHistory,
    sum: &PipelineSum,
    choice: Choice,
    cursor_s: Option<f64>,
) -> Option<Window> {
    if choice == Choice::Worst {
        let worst = &sum.worst;
        return (worst.finished > worst.released).then(|| Window {
            released: worst.released,
            started: worst.started,
            finished: worst.finished,
            deadline_ns: worst.deadline_ns,
            segments: worst.segments.clone(),
        });
    }
    let cursor = match choice {
        Choice::Cursor => Some(TrueTime((cursor_s?.max(0.0) * 1e9) as u64)),
        _ => None,
    };
    let found = node.records.iter().rev().find_map(|record| match record.fact {
        Fact::Window { window, released, finished } if window.pipeline.0 == sum.name => {
            // Between two windows it is the one before that one points at.
            cursor.is_none_or(|cursor| released <= cursor).then_some((window, released, finished))
        }
        _ => None,
    })?;
    let (window, released, finished) = found;
    let late_ns = window.started.since(window.released).as_micros() * 1_000;
    let mut segments: Vec<Segment> = (node.records.iter().rev())
        .take_while(|record| record.at.0 + REACH_NS > released.0)
        .filter_map(segment)
        .filter(|segment| segment.end > released && segment.start < finished)
        .collect();
    segments.sort_by_key(|segment| (segment.start, std::cmp::Reverse(segment.end)));
    Some(Window {
        released,
        started: (released + late_ns).min(finished),
        finished,
        deadline_ns: window.deadline.as_micros() * 1_000,
        segments,
    })
}

/// What a record says of who had the time.
fn segment(record: &Record) -> Option<Segment> {
    let bus = |name, address| Holder::Bus { name, address, task: None };
    let (end, holder) = match record.fact {
        Fact::Task { name, end } => (end, Holder::Task(name)),
        Fact::Stage { stage, end } => (end, Holder::Stage { name: stage.0, task: None }),
        Fact::I2c { bus: name, address, end, .. } => (end, bus(name, Some(address))),
        Fact::Spi { end, .. } => (end, bus("lcd", None)),
        Fact::Flash { end, .. } => (end, bus("flash", None)),
        Fact::Scan { end, .. } => (end, bus("radio", None)),
        Fact::Interrupt { source, end } => (end, Holder::Interrupt(source)),
        Fact::Held { end } => (end, Holder::Stall),
        Fact::Poll { end } => (end, Holder::Cpu),
        _ => return None,
    };
    Some(Segment { start: record.at, end, holder })
}

/// Where a holder's time is drawn.
fn lane(holder: Holder) -> (u8, String) {
    match holder {
        Holder::Stage { .. } => (0, "stages".into()),
        Holder::Task(name) => (1, format!("task {name}")),
        Holder::Cpu => (2, "CPU".into()),
        Holder::Interrupt(_) => (3, "interrupts".into()),
        Holder::Bus { name, address: Some(address), .. } => (4, format!("{name} 0x{address:02X}")),
        Holder::Bus { name, address: None, .. } => (4, name.to_string()),
        Holder::Stall => (5, "held".into()),
    }
}

const LANE: f32 = 17.0;
const NAMES: f32 = 92.0;

pub fn draw(ui: &mut Ui, look: &Look, window: &Window) {
    let mut lanes: Vec<(u8, String)> = window.segments.iter().map(|segment| lane(segment.holder)).collect();
    lanes.sort();
    lanes.dedup();
    let height = LANE * (lanes.len() + 1) as f32 + 18.0;
    let width = ui.available_width().max(NAMES + 120.0);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), Sense::hover());
    let from = window.released.0;
    let due = from + window.deadline_ns;
    let took = window.finished.since(window.released);
    // A window that is done early would be a speck before its deadline: then the deadline is told in words.
    let near = window.deadline_ns <= 3 * took.max(1);
    let span = 1.03 * if near { took.max(window.deadline_ns) } else { took } as f64;
    let left = rect.left() + NAMES;
    let x = |at: u64| {
        left + ((at.saturating_sub(from)) as f64 / span.max(1.0)).min(1.0) as f32
            * (rect.right() - left - 2.0)
    };
    let row = |index: usize| rect.top() + LANE * index as f32;
    let painter = ui.painter();
    // The window itself: waiting, then under way.
    let (top, bottom) = (row(0) + 2.0, row(1) - 2.0);
    text_at(ui, Pos2::new(rect.left(), row(0) + LANE / 2.0), Align2::LEFT_CENTER, "window", 11.0, look.quiet);
    let block = |from: u64, to: u64| Rect::from_x_y_ranges(x(from)..=x(to).max(x(from) + 1.0), top..=bottom);
    painter.rect_filled(block(from, window.started.0), 1.0, look.warning.gamma_multiply(0.5));
    painter.rect_filled(block(window.started.0, window.finished.0), 1.0, look.node.gamma_multiply(0.7));
    let mut pointed: Option<(u64, String)> = None;
    let pointer = response.hover_pos();
    for (index, (_, name)) in lanes.iter().enumerate() {
        let y = row(index + 1);
        painter.hline(rect.left()..=rect.right(), y, Stroke::new(0.5, look.quiet.gamma_multiply(0.3)));
        text_at(ui, Pos2::new(rect.left(), y + LANE / 2.0), Align2::LEFT_CENTER, name, 11.0, look.quiet);
    }
    for segment in &window.segments {
        let key = lane(segment.holder);
        let Some(index) = lanes.iter().position(|lane| *lane == key) else { continue };
        let (start, end) = (segment.start.0.max(from), segment.end.0.min(window.finished.0));
        let rect = Rect::from_x_y_ranges(
            x(start)..=x(end).max(x(start) + 1.0),
            row(index + 1) + 2.0..=row(index + 2) - 2.0,
        );
        // A line of ground between neighbours.
        let block = if rect.width() > 4.0 { rect.shrink2(Vec2::new(0.5, 0.0)) } else { rect };
        painter.rect_filled(block, 1.0, colour(segment.holder, look));
        if let Holder::Stage { name, .. } = segment.holder
            && rect.width() > 6.5 * name.len() as f32
        {
            text_at(ui, rect.center(), Align2::CENTER_CENTER, name, 10.0, look.ground);
        }
        let near = pointer.is_some_and(|pointer| rect.expand2(Vec2::new(1.5, 2.0)).contains(pointer));
        let whole = segment.end.since(segment.start);
        // Of several under the pointer the shortest: it lies within the others.
        if near && pointed.as_ref().is_none_or(|(ns, _)| whole < *ns) {
            let after = look::duration(segment.start.0 as f64 - from as f64);
            let said = format!(
                "{}: {}, from {after} after the release",
                words::holder(segment.holder),
                look::duration(whole as f64)
            );
            pointed = Some((whole, said));
        }
    }
    let base = row(lanes.len() + 1);
    let mut ends = vec![(window.finished.0, "done", look.text)];
    if near {
        ends.push((due, "deadline", look.world));
    }
    for (at, _, colour) in &ends {
        painter.vline(x(*at), rect.top()..=base + 2.0, Stroke::new(1.5, *colour));
    }
    let said = format!(
        "released {}, begun after {}, done after {} of {}",
        look::clock(from),
        look::duration(window.started.since(window.released) as f64),
        look::duration(took as f64),
        look::duration(window.deadline_ns as f64)
    );
    text_at(ui, Pos2::new(left, base + 3.0), Align2::LEFT_TOP, &said, 11.0, look.quiet);
    let deadline = if near { "deadline: the blue line" } else { "the deadline lies far to the right" };
    let hint = pointed
        .map_or_else(|| format!("{deadline}. Point at a block: what it is and how long"), |(_, said)| said);
    response.on_hover_text_at_pointer(hint);
}

fn colour(holder: Holder, look: &Look) -> Color32 {
    match holder {
        Holder::Stage { .. } => look.node,
        Holder::Task(_) => look.good,
        Holder::Cpu => look.quiet,
        Holder::Interrupt(_) => look.warning,
        Holder::Bus { .. } => look.world,
        Holder::Stall => look.bad,
    }
}
