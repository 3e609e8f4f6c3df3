//! Panels that dock: which there are, how they lie at first, and how people move them.

use super::desk::{View, Want};
use super::panels::Panels;
use super::plot::TimeAxis;
use super::scene::Stage;
use egui::{Ui, WidgetText};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, SimplificationOptions, Tile, TileId, Tiles, Tree, UiResponse,
};

/// A panel, by what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pane {
    World,
    Saw,
    Scene,
    Pipeline,
    Budget,
    Events,
    Memory,
    Chips,
    Log,
    WhatIf,
    Sound,
}

impl Pane {
    pub const ALL: [Self; 11] = [
        Self::World,
        Self::Saw,
        Self::Scene,
        Self::Pipeline,
        Self::Budget,
        Self::Events,
        Self::Memory,
        Self::Chips,
        Self::Log,
        Self::WhatIf,
        Self::Sound,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::World => "World",
            Self::Saw => "Node saw",
            Self::Scene => "Scene",
            Self::Pipeline => "Pipeline",
            Self::Budget => "Budget",
            Self::Events => "Events",
            Self::Memory => "Memory",
            Self::Chips => "Chips",
            Self::Log => "Log",
            Self::WhatIf => "What if",
            Self::Sound => "Sound",
        }
    }

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::World => "world",
            Self::Saw => "saw",
            Self::Scene => "scene",
            Self::Pipeline => "pipeline",
            Self::Budget => "budget",
            Self::Events => "events",
            Self::Memory => "memory",
            Self::Chips => "chips",
            Self::Log => "log",
            Self::WhatIf => "what-if",
            Self::Sound => "sound",
        }
    }
}

/// How panels may lie.
pub type Layout = fn() -> Tree<Pane>;

pub const LAYOUTS: [(&str, Layout); 2] = [("All at once", all), ("Lay out as at first", usual)];

/// What the world did beside what the node saw, the stick in the middle, its price below, what one may change on the right.
pub fn usual() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut tabs = |panes: &[Pane]| {
        let children: Vec<TileId> = panes.iter().map(|pane| tiles.insert_pane(*pane)).collect();
        let first = children.first().copied();
        let id = tiles.insert_tab_tile(children);
        if let (Some(Tile::Container(Container::Tabs(tabs))), Some(first)) = (tiles.get_mut(id), first) {
            tabs.set_active(first);
        }
        id
    };
    let world = tabs(&[Pane::World]);
    let saw = tabs(&[Pane::Saw, Pane::Events, Pane::Log]);
    let scene = tabs(&[Pane::Scene]);
    let price = tabs(&[Pane::Pipeline, Pane::Budget]);
    let change = tabs(&[Pane::WhatIf, Pane::Chips, Pane::Memory, Pane::Sound]);
    let mut row = |direction, children: &[(TileId, f32)]| {
        let mut linear = Linear::new(direction, children.iter().map(|(id, _)| *id).collect());
        for (id, share) in children {
            linear.shares.set_share(*id, *share);
        }
        tiles.insert_container(linear)
    };
    let left = row(LinearDir::Vertical, &[(world, 0.47), (saw, 0.53)]);
    let middle = row(LinearDir::Vertical, &[(scene, 0.6), (price, 0.4)]);
    let root = row(LinearDir::Horizontal, &[(left, 0.3), (middle, 0.44), (change, 0.26)]);
    Tree::new("desk", root, tiles)
}

/// Every panel in sight, for a wall of a screen.
pub fn all() -> Tree<Pane> {
    Tree::new_grid("desk", Pane::ALL.to_vec())
}

/// One panel alone.
pub fn alone(pane: Pane) -> Tree<Pane> {
    Tree::new_tabs("desk", vec![pane])
}

/// Brings a panel's tab to the front; puts it back if it was closed.
pub fn bring_up(tree: &mut Tree<Pane>, pane: Pane) {
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(found) if *found == pane));
}

pub struct Dock<'a> {
    pub view: &'a View<'a>,
    pub panels: &'a mut Panels,
    pub time: &'a mut TimeAxis,
    pub stage: &'a mut Stage,
    pub wants: &'a mut Vec<Want>,
    pub scene: Option<egui::TextureId>,
}

impl Behavior<Pane> for Dock<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _: TileId, pane: &mut Pane) -> UiResponse {
        let Self { view, panels, time, stage, wants, scene } = self;
        if *pane == Pane::Scene {
            stage.show(ui, view, *scene, wants);
            return UiResponse::None;
        }
        ui.painter().rect_filled(ui.max_rect(), 0.0, view.look.ground);
        egui::Frame::new().inner_margin(8).show(ui, |ui| match *pane {
            Pane::Scene => {}
            Pane::World => panels.world.show(ui, view, time),
            Pane::Saw => panels.saw.show(ui, view, time),
            Pane::Pipeline => panels.pipeline.show(ui, view, time),
            Pane::Budget => panels.budget.show(ui, view, time),
            Pane::Events => panels.events.show(ui, view, time, wants),
            Pane::Memory => panels.memory.show(ui, view),
            Pane::Chips => panels.chips.show(ui, view, wants),
            Pane::Log => panels.log.show(ui, view, time),
            Pane::WhatIf => panels.what_if.show(ui, view, wants),
            Pane::Sound => panels.sound.show(ui, view, wants),
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.title().into()
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn gap_width(&self, _: &egui::Style) -> f32 {
        2.0
    }
}
