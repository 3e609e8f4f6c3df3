//! All that the window knows: which run it looks at, which node, which stretch of time, and how its panels lie. Nothing of
//! the simulation is kept here; what a person does becomes a [`Want`].

use super::dock::{self, Pane};
use super::dropped::{self, Onto, Taken};
use super::kept::{self, Kept};
use super::keys::{self, Does, Keys};
use super::look::{self, Look};
use super::panels::{self, Panels};
use super::plot::TimeAxis;
use super::scene::Stage;
use crate::catalogue::Catalogue;
use crate::engine::Act;
use crate::live::session::Status;
use crate::live::{Ask, History, Log, NodeHistory, Session, Source};
use egui::{Context, Ui};
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
    LayOut(dock::Layout),
    Tour,
    /// The list of what keys do.
    Keys,
    Quit,
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
    /// Somebody wants the window closed.
    pub quits: bool,
    /// Where the window remembers itself; a picture or a test does not.
    keeps: Option<PathBuf>,
    keys: Keys,
    lists_keys: bool,
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
            quits: false,
            keeps: None,
            keys: Keys::default(),
            lists_keys: false,
            wants: Vec::new(),
        }
    }

    /// As it was left the last time; who comes for the first time is shown around.
    pub fn as_left(catalogue: Arc<Catalogue>, light: bool) -> Self {
        Self::as_left_in(kept::usual_place(), catalogue, light)
    }

    /// The same, by what that file remembers.
    pub fn as_left_in(file: Option<PathBuf>, catalogue: Arc<Catalogue>, light: bool) -> Self {
        let mut desk = Self::new(catalogue, !light);
        desk.keeps = file;
        match desk.keeps.as_deref().and_then(Kept::load) {
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
        let context = ui.ctx().clone();
        let Some(session) = self.session.take() else {
            egui::CentralPanel::default().show(ui, |ui| {
                panels::nothing_open(ui, &self.look, self.refused.as_deref(), &mut self.wants);
            });
            self.keyboard(&context, None);
            self.end(&context, None);
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
            self.keyboard(&context, Some(&view));
        }
        if self.session.is_none() {
            self.session = Some(session);
        }
        self.end(&context, status.notice.as_ref());
    }

    /// What lies over everything; then what was asked for is done.
    fn end(&mut self, context: &Context, notice: Option<&String>) {
        if self.lists_keys {
            keys::list(context, &mut self.lists_keys);
        }
        dropped::hint(context, &self.look);
        self.dropped(context);
        self.panels.notice.show(context, &self.look, notice);
        ring(context, &self.look);
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
            egui::Panel::bottom("compare").show(ui, |ui| panels.what_if.compare(ui, view));
            egui::CentralPanel::no_frame().show(ui, |ui| {
                tree.ui(&mut dock::Dock { view, panels, time, stage, wants, scene }, ui);
            });
        }
        if self.overlay && !view.still {
            overlay(ui, self.pace, view.status);
        }
        panels.tour.show(ui.ctx(), &view.look);
    }

    fn keyboard(&mut self, context: &Context, view: Option<&View<'_>>) {
        for does in self.keys.asked(context) {
            match (does, view) {
                (Does::Quit, _) => self.quits = true,
                (Does::List, _) => self.lists_keys = !self.lists_keys,
                (Does::Overlay, _) => self.overlay = !self.overlay,
                (Does::Leave, _) if self.lists_keys => self.lists_keys = false,
                (Does::Leave, _) if self.panels.tour.is_on() => self.panels.tour.end(),
                (Does::Leave, _) => self.scene_alone = false,
                (_, None) => {}
                (does, Some(view)) => self.does(does, view),
            }
        }
    }

    fn does(&mut self, does: Does, view: &View<'_>) {
        let now_ns = view.status.now_ns;
        let Self { wants, time, panels, .. } = self;
        let mut ask = |ask| wants.push(Want::Ask(ask));
        let node = view.node;
        let plot = |time: &mut TimeAxis, by: f64| time.pan(by * time.length_s);
        match does {
            Does::PlayOrPause => ask(if view.status.playing { Ask::Pause } else { Ask::Play }),
            Does::Back => ask(Ask::Seek(now_ns.saturating_sub(STEP_NS))),
            Does::BackFar => ask(Ask::Seek(now_ns.saturating_sub(10 * STEP_NS))),
            Does::On => ask(Ask::Step(STEP_NS)),
            Does::OnFar => ask(Ask::Step(10 * STEP_NS)),
            Does::Beginning => ask(Ask::Seek(0)),
            Does::ButtonA(closed) => ask(Ask::Act { node, act: Act::ButtonA(closed) }),
            Does::ButtonB(closed) => ask(Ask::Act { node, act: Act::ButtonB(closed) }),
            Does::Closer => time.zoom_middle(0.5),
            Does::Wider => time.zoom_middle(2.0),
            Does::Earlier => plot(time, -0.5),
            Does::Later => plot(time, 0.5),
            Does::Follow => time.follows = true,
            Does::Undo => panels.what_if.go_back(view, wants),
            Does::Redo => panels.what_if.go_on(view, wants),
            Does::Save => panels.what_if.save_as(view, wants),
            Does::SceneAlone => wants.push(Want::SceneAlone(!self.scene_alone)),
            Does::Quit | Does::List | Does::Overlay | Does::Leave => {}
        }
    }

    /// Files that somebody drops on the window.
    fn dropped(&mut self, context: &Context) {
        let files = context.input(|input| input.raw.dropped_files.clone());
        for file in &files {
            let scenario = self.session.as_ref().map(Session::scenario);
            let onto = scenario.as_ref().map(|scenario| Onto {
                catalogue: &self.catalogue,
                scenario,
                node: self.node.min(scenario.nodes.len().saturating_sub(1)),
                sets: &self.sets,
            });
            match dropped::taken(file.path(), onto) {
                Taken::Open(path) => self.wants.push(Want::Open(path)),
                Taken::Session(log) => {
                    self.open(&PathBuf::from(&log.scenario), log.sets.clone(), Some(log));
                }
                Taken::Change(sets, told) => {
                    self.wants.push(Want::Change(sets));
                    self.panels.notice.tell(told);
                }
                Taken::Told(why) => self.panels.notice.tell(why),
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
                Want::Show(pane) => {
                    dock::bring_up(&mut self.tree, pane);
                    self.scene_alone = false;
                }
                Want::Theme(dark) => self.look = Look::of(dark),
                Want::LayOut(layout) => self.tree = layout(),
                Want::Tour => self.panels.tour.begin(),
                Want::Keys => self.lists_keys = true,
                Want::Quit => self.quits = true,
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
        if let Some(file) = &self.keeps {
            Kept::new(self.look.dark, !self.panels.tour.is_on(), self.tree.clone()).save(file);
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

/// A tenth of a second a step.
const STEP_NS: u64 = 100_000_000;

/// Where keys go: not every control shows by itself that it is chosen.
fn ring(context: &Context, look: &Look) {
    let chosen = context.memory(egui::Memory::focused).filter(|_| !context.text_edit_focused());
    if let Some(response) = chosen.and_then(|id| context.read_response(id)) {
        let painter = context.layer_painter(egui::LayerId::new(egui::Order::Foreground, "ring".into()));
        let stroke = egui::Stroke::new(1.5, look.node);
        painter.rect_stroke(response.rect.expand(1.0), 3.0, stroke, egui::StrokeKind::Outside);
    }
}
