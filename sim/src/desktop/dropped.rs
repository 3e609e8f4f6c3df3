//! Files that somebody drops on the window: a scenario or a session opens, a recording is what the node hears or feels, a
//! model is what it runs.

use super::look::Look;
use crate::catalogue::Catalogue;
use crate::engine::{Options, Twin};
use crate::live::drafts::{put, put_whole};
use crate::live::rival::Base;
use crate::live::{Log, take};
use egui::{Align2, Context, RichText};
use scenarios::Scenario;
use scenarios::recording::{self, Kind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is to be done with a file.
#[derive(Debug)]
pub enum Taken {
    Open(PathBuf),
    Session(Log),
    /// These changes, and what is told of them.
    Change(Vec<String>, String),
    /// Nothing, and why.
    Told(String),
}

/// Onto what it was dropped.
pub struct Onto<'a> {
    pub catalogue: &'a Arc<Catalogue>,
    pub scenario: &'a Scenario,
    pub node: usize,
    pub sets: &'a [String],
}

const KNOWN: &str =
    "a scenario (.toml), a recording (.wav, .csv, .json, .cbor), a model (.ntm) or a saved session (.jsonl)";

pub fn taken(path: &Path, onto: Option<Onto<'_>>) -> Taken {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let end = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match (end.as_str(), onto) {
        ("toml", _) => Taken::Open(path.into()),
        ("jsonl", _) => {
            session(path).map_or_else(|why| Taken::Told(format!("{name}: {why}")), Taken::Session)
        }
        ("ntm" | "wav" | "wave" | "csv" | "tsv" | "txt" | "json" | "cbor", None) => Taken::Told(format!(
            "{name}: open a scenario first, then drop it again: a node has to run, hear or feel it"
        )),
        ("ntm", Some(onto)) => changed(&name, &onto, model(path, &onto)),
        ("wav" | "wave" | "csv" | "tsv" | "txt" | "json" | "cbor", Some(onto)) => {
            changed(&name, &onto, recorded(path, &onto))
        }
        _ => Taken::Told(format!("{name}: nothing here takes it. Drop {KNOWN}")),
    }
}

fn session(path: &Path) -> Result<Log, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let log = Log::read(&text).map_err(|error| error.to_string())?;
    Ok(log.from_folder(path.parent().unwrap_or(Path::new(""))))
}

/// Changes, and what they come to.
type Change = Result<(Vec<String>, String), String>;

fn node_name(onto: &Onto<'_>) -> Result<String, String> {
    let node = onto.scenario.nodes.get(onto.node);
    node.map(|node| node.name.clone()).ok_or_else(|| "the scenario has no node".into())
}

fn model(path: &Path, onto: &Onto<'_>) -> Change {
    let node = node_name(onto)?;
    let mut sets = onto.sets.to_vec();
    put(&mut sets, &format!("node.{node}.settings.model"), &format!("{:?}", whole(path)));
    Ok((sets, format!("{node} runs it")))
}

fn recorded(path: &Path, onto: &Onto<'_>) -> Change {
    let node = node_name(onto)?;
    let recording = recording::open(path).map_err(|error| format!("{}: {}", error.message, error.help))?;
    let file = whole(path);
    let (changes, what) = match recording.kind {
        Kind::Audio(_) => (
            take::heard_instead(&file, 0, &node, None),
            format!("{node} hears it, full scale being 110 dB SPL"),
        ),
        Kind::Imu(_) => {
            let entry =
                format!("motion=[{{ kind = \"recording\", file = {file:?}, at = \"0s\", node = {node:?} }}]");
            (vec!["expect=[]".into(), entry], format!("{node} feels it"))
        }
    };
    let mut sets = onto.sets.to_vec();
    changes.iter().for_each(|change| put_whole(&mut sets, change));
    if recording.duration_ns > onto.scenario.duration_ns {
        put_whole(&mut sets, &format!("duration={}s", recording.duration_ns.div_ceil(1_000_000_000)));
    }
    Ok((sets, format!("{what}, in place of all else, and nothing is expected")))
}

fn whole(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.into()).display().to_string()
}

/// It is tried before the run that plays is given up for it.
fn changed(name: &str, onto: &Onto<'_>, change: Change) -> Taken {
    let tried = change.and_then(|(sets, what)| {
        let base = Base::of(onto.catalogue, onto.scenario);
        let scenario = base.load(&sets);
        let twin = scenario.and_then(|scenario| Twin::new(onto.catalogue, scenario, &Options::default()));
        match twin {
            Ok(_) => Ok(Taken::Change(sets, format!("{name}: {what}. Ctrl+Z takes it back"))),
            Err(error) => Err(format!("{}. {}", error.message(), error.help())),
        }
    });
    tried.unwrap_or_else(|why| Taken::Told(format!("{name} is not taken: {why}")))
}

/// While somebody holds a file over the window.
pub fn hint(context: &Context, look: &Look) {
    if context.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    egui::Area::new("drop".into()).anchor(Align2::CENTER_CENTER, [0.0, 0.0]).show(context, |ui| {
        egui::Frame::popup(ui.style()).show(ui, |ui| {
            ui.label(RichText::new("Drop it here").strong().color(look.node));
            ui.label(KNOWN);
        });
    });
}
