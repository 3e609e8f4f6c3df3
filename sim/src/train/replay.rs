//! What a model is worth on the node: recordings are played to the simulated chip, the node's app runs the model, and what
//! it says is held against the labels.

use super::dataset::{Dataset, Item};
use super::evaluation::{Evaluation, LeftOut};
use super::scores::Scores;
use super::{Progress, Refusal, microphone};
use crate::catalogue::Catalogue;
use crate::engine::{Options, Twin};
use crate::score::classes::{Classified, Truth, score};
use crate::score::matching::Stretch;
use node_core::event::Event;
use node_core::ml::ntm::{Model, Unit};
use scenarios::recording::Kind;
use std::ops::ControlFlow;
use std::path::Path;

/// When a recording begins: the node is up, the chips and the filters have settled.
const START_NS: u64 = 1_500_000_000;

const FULL_SCALE_DB_SPL: f32 = microphone::FULL_SCALE_DB_SPL[0];
const _: () = assert!(
    crate::engine::LIVE_FULL_SCALE_DB == FULL_SCALE_DB_SPL,
    "what was heard live is trained on as it was heard"
);

/// A window that the node named, in time since the recording's begin.
struct Said {
    start: i64,
    end: i64,
    class: &'static str,
}

/// `path` is the model's file, which the node gets.
pub fn recordings(
    path: &Path,
    model: &Model<'_>,
    data: &Dataset,
    progress: Progress,
) -> Result<Evaluation, Refusal> {
    let path = std::path::absolute(path)
        .map_err(|error| Refusal::new(format!("{}: {error}", path.display()), "give a path that exists"))?;
    let names: Vec<String> = model.classes.names().map(str::to_owned).collect();
    let mut scores = Scores::new(names.clone());
    let mut left_out = LeftOut::default();
    let window_ns = model.plan.as_ref().map_or(0, |plan| {
        let head = plan.head();
        (head.window as f64 * 1e9 / f64::from(head.rate_hz)) as u64
    });
    // Of the node's windows, when the first begins that comes after a recording's start.
    let mut grid_ns = None;
    for (index, item) in data.items.iter().enumerate() {
        progress(index, data.items.len());
        // The node's windows come when they come: hardly one lies within a clip that is hardly longer. That is not the chip's
        // doing, so such a clip is played when a window begins, and lies in it as it lies in `eval`'s.
        let tight =
            4 * window_ns > 3 * item.recording.duration_ns && matches!(item.recording.kind, Kind::Audio(_));
        let after_ns = if tight {
            let grid_ns = match grid_ns {
                Some(known) => known,
                None => *grid_ns.insert(grid(&play(&path, model, item, index as u64, window_ns, 0)?)),
            };
            grid_ns + window_ns.saturating_sub(item.recording.duration_ns) / 2
        } else {
            0
        };
        let said = play(&path, model, item, index as u64, window_ns, after_ns)?;
        let short = window_ns > item.recording.duration_ns;
        if short && matches!(item.recording.kind, Kind::Imu(_)) {
            left_out.recordings_too_short += 1;
            continue;
        }
        let counted = if tight { around(&said, item) } else { inside(&said, item, &mut left_out) };
        for (is, class, windows) in counted {
            let place = |name: &str| names.iter().position(|known| known == name);
            let Some(is_at) = place(&is) else {
                left_out.windows_of_other_labels += windows as usize;
                if !left_out.other_labels.contains(&is) {
                    left_out.other_labels.push(is);
                }
                continue;
            };
            if let Some(said_at) = place(&class) {
                (0..windows).for_each(|_| scores.count(is_at, said_at));
            }
        }
    }
    let n = scores.n();
    if n == 0 {
        let help = "give longer recordings, labelled with the model's classes";
        return Err(Refusal::new("the node named no window inside a label that the model knows", help));
    }
    left_out.other_labels.sort();
    let mut notes =
        vec!["replayed: what the node said, after the chip's range, noise, rate and filter".into()];
    notes.extend(data.wrong_units());
    Ok(Evaluation { classes: Some(scores), n, left_out, notes, ..Evaluation::default() })
}

fn grid(said: &[Said]) -> u64 {
    said.iter().find_map(|said| u64::try_from(said.start).ok()).unwrap_or(0)
}

/// What a node says that hears or feels one recording, which begins so long after the node is ready.
fn play(
    path: &Path,
    model: &Model<'_>,
    item: &Item,
    seed: u64,
    window_ns: u64,
    after_ns: u64,
) -> Result<Vec<Said>, Refusal> {
    let quoted = |path: &Path| {
        let text = path.display().to_string();
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let recording = std::path::absolute(&item.path).unwrap_or_else(|_| item.path.clone());
    let hears = model.inputs.channels().next().is_some_and(|channel| channel.unit == Unit::FullScale);
    let (app, world, more) = if hears {
        ("sound", "sound", format!("full_scale = \"{FULL_SCALE_DB_SPL}dB\"\n"))
    } else {
        ("motion", "motion", String::new())
    };
    let start_ns = START_NS + after_ns;
    let duration_ns = start_ns + item.recording.duration_ns + window_ns + 500_000_000;
    let text = format!(
        "schema = 1\nname = \"replay\"\nseed = {seed}\nduration = \"{}ms\"\n\
         [[node]]\nname = \"node\"\nboard = \"m5stickc\"\napp = \"{app}\"\nsettings = {{ model = {} }}\n\
         [[{world}]]\nkind = \"recording\"\nfile = {}\nat = \"{}us\"\n{more}",
        duration_ns.div_ceil(1_000_000),
        quoted(path),
        quoted(&recording),
        start_ns / 1_000,
    );
    let catalogue = Catalogue::builtin();
    let refused = |error: scenarios::LoadError| {
        let (message, help) = (error.message().to_string(), error.help().to_string());
        Refusal::new(format!("{}: {message}", item.path.display()), help)
    };
    let scenario =
        scenarios::load_str("replay", &text, Path::new(""), &catalogue.known(), &[]).map_err(refused)?;
    let twin = Twin::new(&catalogue, scenario, &Options { threads: Some(1), ..Options::default() })
        .map_err(refused)?;
    let outcome = twin.run(|_| ControlFlow::Continue(()));
    let since = |at: u64| at as i64 - start_ns as i64;
    let said = outcome.nodes.iter().flat_map(|node| &node.sums.said).filter_map(|said| match said.event {
        Event::Class { class, .. } => {
            Some(Said { start: since(said.start.0), end: since(said.end.0), class })
        }
        _ => None,
    });
    Ok(said.collect())
}

/// Windows inside labels: what they are, what was said, and how many.
fn inside(said: &[Said], item: &Item, left_out: &mut LeftOut) -> Vec<(String, String, u64)> {
    let said: Vec<Classified> = (said.iter())
        .filter(|said| said.start >= 0)
        .map(|said| Classified {
            window: Stretch { start: said.start as u64, end: said.end as u64 },
            at: said.end as u64,
            class: said.class,
        })
        .collect();
    let truths: Vec<Truth> = (item.recording.labels.iter())
        .filter(|span| !span.label.is_empty())
        .map(|span| Truth { stretch: Stretch { start: span.start_ns, end: span.end_ns }, name: &span.label })
        .collect();
    let found = score(&said, &truths);
    left_out.windows_across_edges += found.excluded as usize;
    let mut counted = Vec::new();
    for (is, row) in found.classes.iter().zip(&found.confusion) {
        for (class, windows) in found.classes.iter().zip(row).filter(|(_, windows)| **windows > 0) {
            counted.push((is.clone(), class.clone(), *windows));
        }
    }
    counted
}

/// Of a sound about as long as a window, or shorter: the window that has it nearest to its middle.
fn around(said: &[Said], item: &Item) -> Vec<(String, String, u64)> {
    let Some(span) = item.recording.labels.iter().find(|span| !span.label.is_empty()) else {
        return Vec::new();
    };
    let off = |said: &&Said| (said.start + said.end - item.recording.duration_ns as i64).abs();
    let nearest = said.iter().min_by_key(off);
    nearest.map(|said| (span.label.clone(), said.class.to_string(), 1)).into_iter().collect()
}
