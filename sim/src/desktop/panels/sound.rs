//! Sound: what one hears of the run, and the desktop's own microphone for the node to hear, and to keep what it heard.

use super::empty;
use crate::desktop::desk::{View, Want};
use crate::desktop::look::{self, Look};
use crate::desktop::sound::microphone::{Level, USUAL_DBFS};
use crate::desktop::sound::{Ear, Ears, Hears, Microphone, PLAYED_94_DB_AT_DBFS, State, Wish};
use crate::engine::{LIVE_RATE_HZ, Live, LiveTurn};
use crate::live::drafts::put_whole;
use crate::live::take::plain;
use crate::live::{Ask, Session, Take, Watch};
use egui::{Align2, DragValue, FontId, Rect, RichText, Sense, Slider, TextEdit, Ui, vec2};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

pub struct Sound {
    hears: Hears,
    /// What is played does not come back into the microphone.
    headphones: bool,
    volume_db: f32,
    ears: Ears,
    microphone: Microphone,
    /// By its id; none: the system's own choice.
    device: Option<String>,
    /// Of the desktop's microphone at 94 dB SPL.
    reference_dbfs: f32,
    watch: Option<Watch>,
    node: usize,
    label: String,
    session: String,
    folder: String,
    /// Since when a recording is made.
    recording_ns: Option<u64>,
    labels: BTreeSet<String>,
    saved: Option<Saved>,
    said: Option<Result<String, String>>,
    /// Who writes a recording: minutes of sound take their time, and no frame waits for them.
    writing: Option<JoinHandle<Result<Saved, String>>>,
}

/// A recording that was written: all but its samples.
struct Saved {
    file: PathBuf,
    told: String,
    label: String,
    node: String,
    sets: Vec<String>,
}

impl Drop for Sound {
    fn drop(&mut self) {
        // What somebody wanted kept is kept, though the window closes.
        self.take_written();
    }
}

impl Default for Sound {
    fn default() -> Self {
        Self {
            hears: Hears::Off,
            headphones: false,
            volume_db: 0.0,
            ears: Ears::default(),
            microphone: Microphone::default(),
            device: None,
            reference_dbfs: USUAL_DBFS,
            watch: None,
            node: 0,
            label: String::new(),
            session: "here".into(),
            folder: "recordings".into(),
            recording_ns: None,
            labels: BTreeSet::new(),
            saved: None,
            said: None,
            writing: None,
        }
    }
}

impl Sound {
    /// Each frame, whether or not the panel is seen: what is heard goes on behind other tabs.
    pub fn tend(&mut self, session: &Session, node: usize, still: bool) {
        if still {
            return;
        }
        if self.writing.as_ref().is_some_and(JoinHandle::is_finished) {
            self.take_written();
        }
        let watch = session.watch();
        let elsewhere =
            self.node != node || !self.watch.as_ref().is_some_and(|known| known.sees_same_as(&watch));
        if elsewhere {
            (self.recording_ns, self.saved) = (None, None);
        }
        // Nodes change places when a scenario is loaded again: the handle is asked for anew.
        self.microphone.give_to(watch.live(node));
        self.node = node;
        self.watch = Some(watch.clone());
        let hears = if self.would_howl() { Hears::Off } else { self.hears };
        self.ears.wish(Wish { hears, volume_db: self.volume_db, node, watch: Some(watch) });
    }

    /// The loudspeaker would be heard by the microphone that it plays.
    fn would_howl(&self) -> bool {
        !self.headphones && self.live().is_some_and(|live| live.goes_on())
    }

    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        let Some(node) = view.seen() else { return };
        let name = node.name.clone();
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            self.hear(ui, view, wants);
            ui.add_space(6.0);
            ui.separator();
            self.listen(ui, view, wants);
            ui.add_space(6.0);
            ui.separator();
            self.keep(ui, view, &name, wants);
        });
    }

    fn hear(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        ui.label(RichText::new("Hear the run").strong());
        let scale = format!(
            "94 dB SPL (1 Pa) is played at {PLAYED_94_DB_AT_DBFS} dBFS, so that claps still fit; a quiet room of 45 dB SPL is \
             then at {} dBFS",
            45.0 - 94.0 + PLAYED_94_DB_AT_DBFS
        );
        ui.horizontal_wrapped(|ui| {
            for (hears, text, hint) in [
                (Hears::Off, "Off", "nothing is played; no sound card is opened".to_string()),
                (Hears::World, "The world", format!("what happens at the node's microphone: {scale}")),
                (
                    Hears::Node,
                    "The node's ears",
                    "what the node read: after the microphone's noise and full scale, and the ADC; its full scale is the \
                     card's, its offset is taken away; 0.15 s later than the world, as it reads in blocks"
                        .to_string(),
                ),
            ] {
                if ui.selectable_label(self.hears == hears, text).on_hover_text(hint).clicked() {
                    self.hears = hears;
                }
            }
        });
        ui.horizontal(|ui| {
            ui.label("Volume");
            ui.spacing_mut().slider_width = (ui.available_width() - 90.0).clamp(60.0, 240.0);
            ui.add(Slider::new(&mut self.volume_db, -40.0..=40.0).step_by(1.0).suffix(" dB")).on_hover_text(
                "-40 to +40 dB on top of the scale; what would be over the card's full scale is bent to fit, and counted",
            );
        });
        if !view.still && self.hears != Hears::Off && self.live().is_some_and(|live| live.goes_on()) {
            let check = ui.checkbox(&mut self.headphones, "I wear headphones");
            check.on_hover_text(
                "without them the microphone would hear the loudspeaker, and howl: nothing is played",
            );
            if self.would_howl() {
                ui.horizontal_wrapped(|ui| {
                    ui.colored_label(view.look.warning, "silent");
                    ui.label("the node hears the microphone, and the loudspeaker would howl in it");
                });
                return;
            }
        }
        let told = self.ears.told();
        let quiet = view.look.quiet;
        if view.still || self.hears == Hears::Off {
            return empty(ui, &view.look, "Nothing is played. Sound is in time with the run, at 1x.");
        }
        match told.ear {
            Ear::Off => empty(ui, &view.look, "opening the sound card"),
            Ear::Silent(why) => {
                ui.horizontal_wrapped(|ui| {
                    ui.colored_label(view.look.warning, "silent");
                    ui.label(why.trim_start_matches("silent: "));
                    if why.contains("1x only")
                        && ui.button("1x").on_hover_text("as fast as real time").clicked()
                    {
                        wants.push(Want::Ask(Ask::Speed(crate::live::Speed::Times(1.0))));
                    }
                });
            }
            Ear::NoCard(why) => no_card(
                ui,
                &view.look,
                "no sound card plays:",
                &why,
                "It is tried again every 5 s; all else works without.",
            ),
            Ear::Sounds { device, rate_hz, behind_ms } => {
                ui.horizontal_wrapped(|ui| {
                    ui.colored_label(view.look.good, "plays");
                    let khz = look::figure(f64::from(rate_hz) * 1e-3);
                    ui.label(format!("on {device}, {khz} kHz")).on_hover_text(
                        "resampled from the node's rate by a windowed sinc of 32 samples: other sounds lie 53 dB below at least",
                    );
                });
                let late = look::figure(f64::from(behind_ms));
                ui.label(RichText::new(format!("heard about {late} ms after it is seen")).color(quiet));
            }
        }
        if told.starved > 0 || told.limited > 0 {
            let text = format!("{} gaps, {} samples too loud", told.starved, told.limited);
            ui.label(RichText::new(text).color(view.look.warning)).on_hover_text(
                "a gap: the run or this computer was late by more than 90 ms; too loud: turn the volume down",
            );
        }
    }

    fn live(&self) -> Option<Live> {
        self.watch.as_ref().and_then(|watch| watch.live(self.node))
    }

    fn listen(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        ui.label(RichText::new("This computer's microphone").strong());
        let told = self.microphone.told();
        let devices = match &told.devices {
            Some(Ok(found)) => found.as_slice(),
            _ => &[],
        };
        let named = |id: &Option<String>| match id {
            None => "the system's own choice".to_string(),
            Some(id) => devices.iter().find(|it| it.id == *id).map_or(id.clone(), |it| it.name.clone()),
        };
        let mut chosen = self.device.clone();
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 60.0).clamp(100.0, 320.0);
            egui::ComboBox::from_id_salt("microphone")
                .selected_text(named(&chosen))
                .width(width)
                .truncate()
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut chosen, None, named(&None));
                    for device in devices {
                        let text = ui.selectable_value(&mut chosen, Some(device.id.clone()), &device.name);
                        text.on_hover_text(&device.id);
                    }
                })
                .response
                .on_hover_text("which microphone; Look fills the list");
            if ui.button("Look").on_hover_text("asks the system which microphones there are").clicked() {
                self.microphone.look();
            }
        });
        let on = !matches!(told.state, State::Off | State::Lost(_));
        if chosen != self.device {
            self.device = chosen;
            if on {
                self.microphone.start(self.device.clone());
            }
        }
        if let Some(Err(why)) = &told.devices {
            no_card(ui, &view.look, "the system cannot say which there are:", why, WITHOUT);
        } else if let Some(Ok(found)) = &told.devices
            && found.is_empty()
        {
            empty(
                ui,
                &view.look,
                "The system knows no microphone by name. Its own choice may work all the same.",
            );
        }
        ui.horizontal_wrapped(|ui| {
            let (text, hint) = match on {
                true => ("Stop", "closes the microphone; a node that hears it hears its scenario again"),
                false => ("Start", "opens the microphone and shows its level; nothing is kept or sent before you say so"),
            };
            if ui.button(text).on_hover_text(hint).clicked() {
                if on {
                    self.stop(wants);
                } else {
                    self.microphone.start(self.device.clone());
                }
            }
            let goes_on = self.live().is_some_and(|live| live.goes_on());
            let mut hears = goes_on;
            let check = ui.add_enabled(
                goes_on || matches!(told.state, State::Listens { .. }),
                egui::Checkbox::new(&mut hears, "the node hears it"),
            );
            let check = check.on_hover_text(
                "in place of the scenario's sound, from now on, at 1x; what was heard stays part of this run: going back \
                 hears it again",
            );
            if check.on_disabled_hover_text("start the microphone first").changed() {
                self.recording_ns = None;
                wants.push(Want::Ask(Ask::Listen { node: self.node, on: hears }));
            }
        });
        match &told.state {
            State::Off => empty(
                ui,
                &view.look,
                "Start it, let the node hear it, and speak: see whether your model would have known.",
            ),
            State::Opening => empty(ui, &view.look, "opening the microphone"),
            State::Lost(why) => no_card(ui, &view.look, "no microphone:", why, WITHOUT),
            State::Listens { device, rate_hz, channels } => {
                let khz = look::figure(f64::from(*rate_hz) * 1e-3);
                let channels =
                    if *channels == 1 { "mono".into() } else { format!("mean of {channels} channels") };
                ui.label(RichText::new(format!("{device}, {khz} kHz, {channels}")).color(view.look.quiet));
                meter(ui, &view.look, self.microphone.level(), self.reference_dbfs);
            }
        }
        ui.horizontal_wrapped(|ui| {
            ui.label("94 dB SPL is");
            let value = DragValue::new(&mut self.reference_dbfs).range(-80.0..=0.0).speed(0.5).suffix(" dBFS");
            let changed = ui.add(value).on_hover_text(
                "how loud a tone of 94 dB SPL comes out of this microphone, -80 to 0 dBFS: -26 is usual for digital ones and \
                 assumed; a desktop's gain control is not in it. With a sound level meter: make both show the same",
            );
            if changed.changed() {
                self.microphone.calibrate(self.reference_dbfs);
            }
            ui.label(RichText::new("assumed, not measured").color(view.look.quiet));
        });
        if let Some(turn) = self.turn() {
            self.heard_of_it(ui, &view.look, turn);
        }
        // Why it has stopped, or goes no faster.
        if let Some(notice) = view.status.notice.as_ref().filter(|notice| notice.contains("live sound")) {
            ui.label(RichText::new(notice).color(view.look.warning));
        }
    }

    /// The stretch of live sound that goes on, or the last there was.
    fn turn(&self) -> Option<LiveTurn> {
        self.live()?.turns().last().copied()
    }

    fn heard_of_it(&self, ui: &mut Ui, look: &Look, turn: LiveTurn) {
        let seconds = |samples: u64| look::duration(samples as f64 * 1e9 / f64::from(LIVE_RATE_HZ));
        let length = look::duration((turn.end_ns - turn.start_ns) as f64);
        let from = look::clock(turn.start_ns);
        if turn.goes_on {
            let late = look::figure(self.microphone.lead_ms());
            ui.horizontal_wrapped(|ui| {
                ui.colored_label(look.good, "live");
                ui.label(format!("for {length} since {from}, {late} ms later than the room"));
            });
        } else {
            ui.label(format!("was live for {length} from {from} on"));
        }
        // Before the first sample there is a moment of silence always.
        if turn.silent > u64::from(LIVE_RATE_HZ) / 4 {
            let text = format!("{} of it silence: too late or missing", seconds(turn.silent));
            ui.label(RichText::new(text).color(look.warning)).on_hover_text(format!(
                "the node never waits for a sound card; {} came too late to be heard",
                seconds(turn.late)
            ));
        }
    }

    fn stop(&mut self, wants: &mut Vec<Want>) {
        self.recording_ns = None;
        self.microphone.stop();
        if self.live().is_some_and(|live| live.goes_on()) {
            wants.push(Want::Ask(Ask::Listen { node: self.node, on: false }));
        }
    }

    fn keep(&mut self, ui: &mut Ui, view: &View<'_>, node: &str, wants: &mut Vec<Want>) {
        ui.label(RichText::new("Keep what the node heard live").strong());
        let turn = self.turn();
        egui::Grid::new("keep").num_columns(2).show(ui, |ui| {
            let mut line = |name: &str, text: &mut String, hint: &str, example: &str| {
                let label = ui.label(name);
                let width = ui.available_width().clamp(80.0, 260.0);
                ui.add(TextEdit::singleline(text).desired_width(width).hint_text(example))
                    .labelled_by(label.id)
                    .on_hover_text(hint);
                ui.end_row();
            };
            line("Label", &mut self.label, "what is to be heard: letters, figures and -", "door");
            line(
                "Who, where",
                &mut self.session,
                "what is recorded together: training never learns from and judges by the same",
                "kitchen",
            );
            line("Folder", &mut self.folder, "one subfolder a label, and an index.csv", "recordings");
        });
        let why_not = if self.writing.is_some() {
            Some("the one before is being written")
        } else if turn.is_none() {
            Some("nothing was heard live yet")
        } else if plain(&self.label).is_empty() {
            Some("it needs a label")
        } else if plain(&self.session).is_empty() || self.folder.trim().is_empty() {
            Some("it needs a who or where, and a folder")
        } else {
            None
        };
        ui.horizontal_wrapped(|ui| {
            let goes_on = turn.is_some_and(|turn| turn.goes_on);
            let recorded = self.recording_ns.map(|from| view.status.now_ns.saturating_sub(from));
            let text = match recorded {
                Some(ns) => format!("Stop and save {}", look::clock(ns)),
                None => "Record".to_string(),
            };
            let may = why_not.is_none() && (goes_on || recorded.is_some());
            let record = ui.add_enabled(may, egui::Button::new(text));
            let record = record.on_disabled_hover_text(why_not.unwrap_or("the microphone is not live"));
            if record.on_hover_text("from now until it is pressed again").clicked() {
                match self.recording_ns.take() {
                    None => self.recording_ns = Some(view.status.now_ns),
                    Some(from_ns) => self.save(from_ns, view.status.now_ns, view, node),
                }
            }
            let all = ui.add_enabled(why_not.is_none(), egui::Button::new("Save all of it"));
            let all = all.on_disabled_hover_text(why_not.unwrap_or_default());
            let hint = "all that was heard since it went live, 20 minutes at most, under this label";
            if let Some(turn) = turn
                && all.on_hover_text(hint).clicked()
            {
                self.save(turn.kept_from_ns, turn.end_ns, view, node);
            }
        });
        if self.writing.is_some() {
            ui.label(RichText::new("being written ...").color(view.look.quiet));
        }
        match &self.said {
            Some(Ok(text)) => {
                ui.horizontal_wrapped(|ui| {
                    ui.colored_label(view.look.good, "saved");
                    ui.monospace(text);
                });
            }
            Some(Err(why)) => {
                ui.horizontal_wrapped(|ui| {
                    ui.colored_label(view.look.bad, "not saved:");
                    ui.label(why);
                });
            }
            None if turn.is_none() => empty(
                ui,
                &view.look,
                "Once the node hears the microphone, name what is to be heard and record it: two labels, and you can train.",
            ),
            None => {}
        }
        let mut stop = false;
        if let Some(saved) = self.saved.as_ref().filter(|saved| saved.node == node) {
            let button = ui.button("Hear it again as a scenario").on_hover_text(format!(
                "the run from its beginning, with {} in place of all other sound at the same time; nothing is expected of it",
                saved.file.display()
            ));
            if button.clicked() {
                let mut sets = view.sets.to_vec();
                saved.sets.iter().for_each(|set| put_whole(&mut sets, set));
                wants.push(Want::Change(sets));
                stop = true;
            }
        }
        if stop {
            self.stop(wants);
            // The file stands for it now.
            self.live().iter().for_each(Live::forget);
        }
        if self.labels.len() > 1 {
            let line = format!("nodetwin train {} --task sound -o mine.ntm", self.folder.trim());
            ui.label("Train on them:");
            ui.label(RichText::new(&line).monospace());
        }
    }

    fn save(&mut self, from_ns: u64, to_ns: u64, view: &View<'_>, node: &str) {
        let (live, label, session) = (self.live(), self.label.clone(), self.session.clone());
        let (folder, node, scenario_ns) =
            (PathBuf::from(self.folder.trim()), node.to_string(), view.scenario.duration_ns);
        let work = move || {
            let heard = live.and_then(|live| live.heard(from_ns, to_ns));
            let (start_ns, samples) = heard.unwrap_or((from_ns, Vec::new()));
            let take = Take { label, session, start_ns, samples };
            let file = take.save(Path::new(&folder)).map_err(|error| error.to_string())?;
            let told = file.display().to_string();
            let file = file.canonicalize().unwrap_or(file);
            let sets = take.replayed(&file, &node, scenario_ns);
            Ok(Saved { file, told, label: plain(&take.label), node, sets })
        };
        match std::thread::Builder::new().name("recording".into()).spawn(work) {
            Ok(writer) => (self.writing, self.said) = (Some(writer), None),
            Err(error) => self.said = Some(Err(error.to_string())),
        }
    }

    /// Waits for who writes a recording.
    fn take_written(&mut self) {
        let Some(writer) = self.writing.take() else { return };
        match writer.join().unwrap_or_else(|_| Err("the writer broke down".into())) {
            Ok(saved) => {
                self.labels.insert(saved.label.clone());
                self.said = Some(Ok(saved.told.clone()));
                self.saved = Some(saved);
            }
            Err(why) => self.said = Some(Err(why)),
        }
    }
}

const WITHOUT: &str = "All else works without. Start tries again.";

fn no_card(ui: &mut Ui, look: &Look, what: &str, why: &str, then: &str) {
    ui.horizontal_wrapped(|ui| {
        ui.colored_label(look.bad, what);
        ui.label(why);
    });
    ui.label(RichText::new(then).color(look.quiet));
}

/// What the bar's left end stands for.
const LEAST_DBFS: f32 = -80.0;

/// RMS as a bar, the peak as a line, and both as figures.
fn meter(ui: &mut Ui, look: &Look, level: Level, reference_dbfs: f32) {
    let width = ui.available_width().clamp(80.0, 320.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
    let painter = ui.painter_at(rect);
    let at = |db: f32| rect.left() + rect.width() * ((db - LEAST_DBFS) / -LEAST_DBFS).clamp(0.0, 1.0);
    painter.rect_filled(rect, 2.0, look.raised);
    let bar = Rect::from_min_max(rect.min, egui::pos2(at(level.rms_dbfs), rect.bottom()));
    let loud = level.peak_dbfs > -1.0;
    painter.rect_filled(bar, 2.0, if loud { look.bad } else { look.world });
    for tick in [-60.0, -40.0, -20.0] {
        painter.vline(at(tick), rect.y_range(), egui::Stroke::new(1.0, look.quiet.gamma_multiply(0.5)));
        let font = FontId::proportional(11.0);
        let place = egui::pos2(at(tick) + 2.0, rect.center().y);
        painter.text(place, Align2::LEFT_CENTER, format!("{tick}"), font, look.text);
    }
    painter.vline(at(level.peak_dbfs), rect.y_range(), egui::Stroke::new(2.0, look.text));
    let spl = level.rms_dbfs - reference_dbfs + 94.0;
    response.on_hover_text(
        "the bar is the RMS (fast, 125 ms), the line the peak (falls by 20 dB a second), in dBFS: a full-scale sine is 0",
    );
    ui.monospace(format!("RMS {:>6.1}  peak {:>6.1} dBFS", level.rms_dbfs, level.peak_dbfs));
    ui.label(RichText::new(format!("about {spl:.0} dB SPL, not weighted")).color(look.quiet));
    if level.clipped > 0 {
        let text = format!("{} samples at full scale: turn the microphone's gain down", level.clipped);
        ui.label(RichText::new(text).color(look.warning));
    }
}
