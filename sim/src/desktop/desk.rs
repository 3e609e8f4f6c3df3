//! All that the window knows: which run it looks at, which node, which stretch of time, and how its panels lie. Nothing of
//! the simulation is kept here; what a person does becomes a [`Want`].

use super::dock::{self, Pane};
use super::kept::Kept;
use super::look::{self, Look};
use super::panels::{self, Panels};
use super::plot::TimeAxis;
use super::scene::Stage;
use crate::catalogue::Catalogue;
use crate::engine::Act;
use crate::live::session::Status;
use crate::live::{Ask, History, Log, NodeHistory, Session, Source};
use egui::{Context, Key, Ui};
use egui_tiles::Tree;
use scenarios::{LoadError, Scenario};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a panel wants done after it was drawn.
#[derive(Debug)]
pub enum Want {
    Ask(Ask),
    /// The scenario with these changes, as in `--set`, in place of those it runs with.
    Change(Vec<String>),
    Open(PathBuf),
    Select(usize),
    Show(Pane),
    Theme(bool),
    ResetLayout,
    Tour,
    /// The scene alone, or all panels again.
    SceneAlone(bool),
}

/// What panels look at.
pub struct View<'a> {
    pub catalogue: &'a Arc<Catalogue>,
    pub history: &'a History,
    pub status: &'a Status,
    pub scenario: &'a Scenario,
    /// The node that panels speak of.
    pub node: usize,
    pub look: Look,
    /// Changes that the run has, as in `--set`.
    pub sets: &'a [String],
    /// Figures that depend on the host's speed are left out: pictures are the same every time.
    pub still: bool,
}

impl View<'_> {
    pub fn seen(&self) -> Option<&NodeHistory> {
        self.history.node(self.node)
    }
}

/// How long the last frame took of the app's own time, and from frame to frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    pub own_ms: f32,
    pub frame_ms: f32,
}

/// The window's memory.
pub struct Desk {
    pub catalogue: Arc<Catalogue>,
    pub session: Option<Session>,
    pub file: Option<PathBuf>,
    pub sets: Vec<String>,
    /// Why nothing could be opened.
    pub refused: Option<Arc<LoadError>>,
    pub node: usize,
    pub look: Look,
    pub time: TimeAxis,
    pub tree: Tree<Pane>,
    pub panels: Panels,
    pub stage: Stage,
    pub pace: Pace,
    pub overlay: bool,
    /// The scene fills the window.
    pub scene_alone: bool,
    pub still: bool,
    /// Where what hands did is written when the window closes.
    pub save_session: Option<PathBuf>,
    /// The window remembers itself; a picture or a test does not.
    keeps: bool,
    keys: bool,
    wants: Vec<Want>,
}

impl Desk {
    pub fn new(catalogue: Arc<Catalogue>, dark: bool) -> Self {
        Self {
            catalogue,
            session: None,
            file: None,
            sets: Vec::new(),
            refused: None,
            node: 0,
            look: Look::of(dark),
            time: TimeAxis::default(),
            tree: dock::usual(),
            panels: Panels::default(),
            stage: Stage::default(),
            pace: Pace::default(),
            overlay: false,
            scene_alone: false,
            still: false,
            save_session: None,
            keeps: false,
            keys: false,
            wants: Vec::new(),
        }
    }

    /// As it was left the last time; who comes for the first time is shown around.
    pub fn as_left(catalogue: Arc<Catalogue>, light: bool) -> Self {
        let mut desk = Self::new(catalogue, !light);
        desk.keeps = true;
        match Kept::load() {
            Some(kept) => {
                desk.look = Look::of(kept.dark && !light);
                desk.tree = kept.tree;
                if !kept.shown_around {
                    desk.panels.tour.begin();
                }
            }
            None => desk.panels.tour.begin(),
        }
        desk
    }

    /// Opens a scenario in place of what was open; what is refused is shown, and what runs goes on.
    pub fn open(&mut self, file: &Path, sets: Vec<String>, log: Option<Log>) {
        let source = Source { catalogue: self.catalogue.clone(), file: file.into(), sets: sets.clone(), log };
        match Session::open(source) {
            Ok(session) => {
                self.session = Some(session);
                (self.refused, self.node) = (None, 0);
                self.time = TimeAxis::default();
                (self.file, self.sets) = (Some(file.into()), sets);
                self.panels.forget();
            }
            Err(error) => self.refused = Some(Arc::new(error)),
        }
    }

    pub fn ask(&mut self, ask: Ask) {
        if let Some(session) = &self.session {
            session.ask(ask);
        }
    }

    /// One frame of everything. `scene` is the picture of the stick, where there is somebody who draws it.
    pub fn show(&mut self, ui: &mut Ui, scene: Option<egui::TextureId>) {
        self.look.apply(ui.ctx());
        let Some(session) = self.session.take() else {
            egui::CentralPanel::default().show(ui, |ui| {
                panels::nothing_open(ui, &self.look, self.refused.as_deref(), &mut self.wants);
            });
            self.dropped(&ui.ctx().clone());
            self.obey();
            return;
        };
        let (status, scenario) = (session.status(), session.scenario());
        self.panels.sound.tend(&session, self.node, self.still);
        {
            let history = session.history();
            let sets = self.sets.clone();
            let catalogue = self.catalogue.clone();
            let view = View {
                catalogue: &catalogue,
                history: &history,
                status: &status,
                scenario: &scenario,
                node: self.node.min(history.nodes.len().saturating_sub(1)),
                look: self.look,
                sets: &sets,
                still: self.still,
            };
            self.time.begin(history.now_ns);
            self.show_run(ui, &view, scene);
        }
        if self.session.is_none() {
            self.session = Some(session);
        }
        self.dropped(&ui.ctx().clone());
        self.obey();
    }

    fn show_run(&mut self, ui: &mut Ui, view: &View<'_>, scene: Option<egui::TextureId>) {
        let Self { tree, panels, time, stage, wants, .. } = self;
        egui::Panel::top("transport").show(ui, |ui| panels.transport.show(ui, view, wants));
        if let Some(error) = view.status.refused.as_deref().or(self.refused.as_deref()) {
            egui::Panel::top("refused").show(ui, |ui| panels::refused(ui, &view.look, error));
        }
        if self.scene_alone {
            egui::CentralPanel::no_frame().show(ui, |ui| stage.show(ui, view, scene, wants));
        } else {
            egui::Panel::bottom("compare").show(ui, |ui| panels.what_if.compare(ui, view, wants));
            egui::CentralPanel::no_frame().show(ui, |ui| {
                tree.ui(&mut dock::Dock { view, panels, time, stage, wants, scene }, ui);
            });
        }
        if self.overlay && !view.still {
            overlay(ui, self.pace, view.status);
        }
        keyboard(ui.ctx(), view, wants, &mut self.keys);
        let full = |input: &egui::InputState| input.key_pressed(Key::F) && input.modifiers.is_none();
        if ui.input(full) && !ui.ctx().egui_wants_keyboard_input() {
            wants.push(Want::SceneAlone(!self.scene_alone));
        } else if self.scene_alone && ui.input(|input| input.key_pressed(Key::Escape)) {
            wants.push(Want::SceneAlone(false));
        }
        if ui.input(|input| input.key_pressed(Key::F3)) {
            self.overlay = !self.overlay;
        }
        panels.tour.show(ui.ctx(), &view.look);
        if self.keys {
            panels::keys(ui.ctx(), &mut self.keys);
        }
    }

    /// Files that somebody drops on the window.
    fn dropped(&mut self, context: &Context) {
        let files = context.input(|input| input.raw.dropped_files.clone());
        for path in files.iter().map(|file| file.path().to_path_buf()) {
            let is = |end: &str| path.extension().is_some_and(|extension| extension == end);
            if is("toml") {
                self.wants.push(Want::Open(path));
            } else if is("ntm") {
                let scenario = self.session.as_ref().map(Session::scenario);
                let name = scenario.and_then(|it| it.nodes.get(self.node).map(|node| node.name.clone()));
                if let Some(name) = name {
                    let path = path.canonicalize().unwrap_or(path);
                    let mut sets = self.sets.clone();
                    panels::what_if::put(
                        &mut sets,
                        &format!("node.{name}.settings.model"),
                        &format!("{:?}", path),
                    );
                    self.wants.push(Want::Change(sets));
                }
            }
        }
    }

    fn obey(&mut self) {
        for want in std::mem::take(&mut self.wants) {
            match want {
                Want::Ask(ask) => self.ask(ask),
                Want::Change(sets) => {
                    self.sets = sets.clone();
                    self.ask(Ask::Change(sets));
                }
                Want::Open(file) => self.open(&file, Vec::new(), None),
                Want::Select(node) => self.node = node,
                Want::Show(pane) => dock::bring_up(&mut self.tree, pane),
                Want::Theme(dark) => self.look = Look::of(dark),
                Want::ResetLayout => self.tree = dock::usual(),
                Want::Tour => self.panels.tour.begin(),
                Want::SceneAlone(alone) => self.scene_alone = alone,
            }
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(path) = self.save_session.take() {
            self.ask(Ask::Pause);
            self.ask(Ask::SaveLog(path));
        }
        if self.keeps {
            Kept::new(self.look.dark, !self.panels.tour.is_on(), self.tree.clone()).save();
        }
    }
}

/// Frame and engine times, for those who ask whether it keeps up.
fn overlay(ui: &Ui, pace: Pace, status: &Status) {
    egui::Area::new("overlay".into()).anchor(egui::Align2::RIGHT_BOTTOM, [-12.0, -40.0]).show(
        ui.ctx(),
        |ui| {
            egui::Frame::popup(ui.style()).show(ui, |ui| {
                let line = |ui: &mut Ui, text: String| ui.monospace(text);
                line(ui, format!("frame  {:6.1} ms", pace.frame_ms));
                line(ui, format!("own    {:6.1} ms", pace.own_ms));
                line(ui, format!("engine {:6.0} x", status.engine_speed));
                line(ui, format!("behind {:>9}", look::duration(status.behind_ns as f64)));
                line(ui, format!("most   {:>9}", look::duration(status.most_behind_ns as f64)));
            });
        },
    );
}

/// A tenth of a second a step, a second with Shift.
const STEP_NS: u64 = 100_000_000;

fn keyboard(context: &Context, view: &View<'_>, wants: &mut Vec<Want>, keys: &mut bool) {
    if context.egui_wants_keyboard_input() {
        return;
    }
    let node = view.node;
    context.input(|input| {
        let step = if input.modifiers.shift { 10 * STEP_NS } else { STEP_NS };
        if input.key_pressed(Key::Space) {
            wants.push(Want::Ask(if view.status.playing { Ask::Pause } else { Ask::Play }));
        }
        if input.key_pressed(Key::ArrowRight) {
            wants.push(Want::Ask(Ask::Step(step)));
        }
        if input.key_pressed(Key::ArrowLeft) {
            wants.push(Want::Ask(Ask::Seek(view.status.now_ns.saturating_sub(step))));
        }
        if input.key_pressed(Key::Home) {
            wants.push(Want::Ask(Ask::Seek(0)));
        }
        for (key, button) in [(Key::Num1, Act::ButtonA as fn(bool) -> Act), (Key::Num2, Act::ButtonB)] {
            if input.key_pressed(key) {
                wants.push(Want::Ask(Ask::Act { node, act: button(true) }));
            }
            if input.key_released(key) {
                wants.push(Want::Ask(Ask::Act { node, act: button(false) }));
            }
        }
        if input.key_pressed(Key::Questionmark) {
            *keys = !*keys;
        }
        if input.key_pressed(Key::Escape) {
            *keys = false;
        }
    });
}
