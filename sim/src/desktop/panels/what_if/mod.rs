//! What if: the scenario's settings as controls; a change is a run of its own beside the one that plays, and the best of many
//! such runs can be found.
//!
//! - here: which changes there are, and the runs of both sides
//! - [`rows`]: the settings; [`versus`]: A and B in a table; [`line`]: both in the window's bottom line; [`best`]: the sweep

mod best;
mod line;
mod rows;
mod versus;

use crate::desktop::desk::{View, Want};
use crate::desktop::dock::Pane;
use crate::live::drafts::{Drafts, Step, put, take_back};
use crate::live::knobs::{Group, knobs};
use crate::live::rival::{Base, Ran, Rival, State};
use crate::live::saved;
use best::Best;
use egui::{Context, Key, RichText, TextEdit, Ui, WidgetInfo};
use scenarios::LoadError;
use scenarios::place::Sources;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What A is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Against {
    #[default]
    File,
    Playing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Settings,
    Versus,
    Best,
}

#[derive(Default)]
pub struct WhatIf {
    page: Page,
    against: Against,
    /// The text that changes are made to, and what it was taken from.
    base: Option<(Sources, Base)>,
    drafts: Option<Drafts>,
    /// B's changes as they are being made; a step of the drafts once the hand rests.
    draft: Vec<String>,
    edited: Option<Instant>,
    a: Option<Rival>,
    b: Option<Rival>,
    groups: Vec<Group>,
    /// What the knobs were made of.
    made_of: Option<(Arc<str>, Vec<String>)>,
    rows: rows::Rows,
    anything: String,
    file_name: Option<String>,
    /// Somebody who asked for it by a key wants to type it.
    asks_name: bool,
    said: Option<String>,
    best: Best,
}

/// A hand that rests so long has made up its mind.
const RESTS: Duration = Duration::from_millis(250);
/// From this width on everything is shown at once.
const WIDE: f32 = 760.0;

impl WhatIf {
    /// Whether everything that was asked for has come.
    pub fn settled(&self) -> bool {
        let running = |rival: &Option<Rival>| {
            rival.as_ref().is_some_and(|rival| matches!(rival.state(), State::Running(_)))
        };
        self.drafts.is_some()
            && self.edited.is_none()
            && !running(&self.a)
            && !running(&self.b)
            && !self.best.runs()
    }

    /// What A and B came to, once they have.
    pub fn ran(&self) -> [Option<&Arc<Ran>>; 2] {
        [&self.a, &self.b].map(|side| side.as_ref().and_then(Rival::ran))
    }

    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        self.head(ui, view, wants);
        ui.separator();
        if ui.available_width() > WIDE {
            let height = ui.available_height();
            ui.columns(2, |columns| {
                let [left, right] = columns else { return };
                left.set_max_height(height);
                self.settings(left, view);
                self.versus(right, view, height * 0.5);
                right.separator();
                self.find_best(right, view, wants);
            });
            return;
        }
        ui.horizontal(|ui| {
            for (page, name, hint) in [
                (Page::Settings, "Settings", "every setting of the scenario, as something to turn"),
                (Page::Versus, "A and B", "both runs, figure by figure and expectation by expectation"),
                (
                    Page::Best,
                    "Find the best",
                    "a grid of runs over two settings, and which of them nothing beats",
                ),
            ] {
                ui.selectable_value(&mut self.page, page, name).on_hover_text(hint);
            }
        });
        match self.page {
            Page::Settings => self.settings(ui, view),
            Page::Versus => {
                let height = ui.available_height();
                self.versus(ui, view, height);
            }
            Page::Best => self.find_best(ui, view, wants),
        }
    }

    /// What is done with all changes together.
    fn head(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        ui.horizontal_wrapped(|ui| {
            let new = self.draft != view.sets;
            let refused = self.refused().is_some();
            let why = if refused {
                "B is refused: what is wrong is told at its setting"
            } else {
                "the run that plays has these changes already"
            };
            let adopt = ui
                .add_enabled(new && !refused, egui::Button::new("Adopt B"))
                .on_hover_text("the run that plays goes on with these changes, from its beginning to where it is")
                .on_disabled_hover_text(why);
            if adopt.clicked() {
                self.settle_draft(view);
                self.adopt(self.draft.clone(), wants);
            }
            let (undo, redo) = self.drafts.as_ref().map_or((false, false), |it| (it.can_undo(), it.can_redo()));
            let undo = ui
                .add_enabled(undo || self.edited.is_some(), egui::Button::new("Undo"))
                .on_hover_text("takes the last change back (Ctrl+Z)")
                .on_disabled_hover_text("nothing has been changed yet");
            if undo.clicked() {
                self.go_back(view, wants);
            }
            let redo = ui
                .add_enabled(redo, egui::Button::new("Redo"))
                .on_hover_text("makes it again (Ctrl+Shift+Z)")
                .on_disabled_hover_text("nothing has been taken back");
            if redo.clicked() {
                self.go_on(view, wants);
            }
            let none = self.draft.is_empty();
            let clear = ui
                .add_enabled(!none, egui::Button::new("As the file"))
                .on_hover_text("B without any change")
                .on_disabled_hover_text("B is as the file already");
            if clear.clicked() {
                self.draft.clear();
                self.touch();
            }
            let save = ui
                .add_enabled(!none && !refused, egui::Button::new("Save as ..."))
                .on_hover_text("writes B as a scenario of its own: the file with the changes in their places, comments kept")
                .on_disabled_hover_text(if none { "there is no change to save" } else { "B is refused" });
            if save.clicked() {
                self.said = None;
                match self.file_name.take() {
                    Some(_) => {}
                    None => self.ask_name(view),
                }
            }
        });
        self.save_row(ui, view);
        ui.horizontal(|ui| {
            ui.label("A is").on_hover_text("what B is held against; hands are in neither");
            for (against, name, hint) in [
                (Against::File, "the file", "the scenario as it stands in its file"),
                (
                    Against::Playing,
                    "what plays",
                    "the scenario with the changes that the run in the window has",
                ),
            ] {
                ui.selectable_value(&mut self.against, against, name).on_hover_text(hint);
            }
            self.any_setting(ui);
        });
        let place = |problem: &scenarios::error::Located<'_>| {
            self.groups.iter().flat_map(|group| &group.knobs).any(|knob| rows::is_about(problem, &knob.path))
        };
        let elsewhere = self.refused().map(|error| {
            let others = error.problems().filter(|problem| !place(problem)).take(3);
            others.map(|problem| format!("{}: {}", problem.message(), problem.help())).collect::<Vec<_>>()
        });
        for problem in elsewhere.into_iter().flatten() {
            // One line: what is below does not jump away.
            let text = format!("B not run: {problem}");
            ui.add(egui::Label::new(RichText::new(&text).color(view.look.bad)).truncate())
                .on_hover_text(text);
        }
    }

    /// Anything by its path, as on the command line.
    fn any_setting(&mut self, ui: &mut Ui) {
        let before = self.anything.clone();
        let field = TextEdit::singleline(&mut self.anything).hint_text("any setting: path=value");
        let width = (ui.available_width() - 4.0).max(60.0);
        let response = ui.add_sized([width, 20.0], field).on_hover_text(
            "as with --set on the command line: seed=7, sound.0.level=50dB, node.desk.settings.block=16ms; Enter puts it among \
             B's changes",
        );
        response.widget_info(|| WidgetInfo {
            label: Some("any setting: path=value".into()),
            ..WidgetInfo::text_edit(true, &before, &self.anything, "")
        });
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if entered && let Some((path, value)) = self.anything.split_once('=') {
            put(&mut self.draft, path.trim(), value.trim());
            self.anything.clear();
            self.touch();
        }
    }

    fn save_row(&mut self, ui: &mut Ui, view: &View<'_>) {
        if let Some(mut name) = self.file_name.take() {
            let mut keep = true;
            ui.horizontal(|ui| {
                ui.label("as");
                let width = (ui.available_width() - 60.0).max(80.0);
                let field = ui.add_sized([width, 20.0], TextEdit::singleline(&mut name)).on_hover_text(
                    "name of the new file, beside the scenario: what it refers to is found from there; Enter writes it",
                );
                field.widget_info(|| WidgetInfo {
                    label: Some("name of the new file".into()),
                    ..WidgetInfo::text_edit(true, &name, &name, "")
                });
                if std::mem::take(&mut self.asks_name) {
                    field.request_focus();
                }
                let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                let path = view.scenario.dir.join(name.trim());
                let plain = !name.trim().is_empty() && !name.contains(['/', '\\']);
                let taken = path.exists();
                let write = ui
                    .add_enabled(plain && !taken, egui::Button::new("Write"))
                    .on_hover_text("writes it, and reads it again to see that it says the same")
                    .on_disabled_hover_text(if taken {
                        "there is a file of this name"
                    } else {
                        "a name without a folder"
                    });
                if write.clicked() || entered && plain && !taken {
                    self.said = Some(self.save(&path));
                    keep = false;
                }
            });
            self.file_name = keep.then_some(name);
        }
        if let Some(said) = &self.said {
            ui.label(RichText::new(said).color(view.look.quiet));
        }
    }

    fn save(&self, path: &std::path::Path) -> String {
        let Some((_, base)) = &self.base else { return "there is no scenario".into() };
        let text = match saved::written(&base.text, &self.draft) {
            Ok(text) => text,
            Err(error) => return error.to_string(),
        };
        let loads = scenarios::load_str(&base.name, &text, &base.folder, &base.catalogue.known(), &[]);
        match loads.map(|_| std::fs::write(path, &text)) {
            Ok(Ok(())) => format!("saved: nodetwin run {}", path.display()),
            Ok(Err(error)) => format!("{} could not be written: {error}", path.display()),
            Err(error) => format!("not saved: {error}"),
        }
    }

    /// Once a frame, whichever panels are in sight.
    fn tend(&mut self, context: &Context, view: &View<'_>) {
        let scenario = view.scenario;
        if self.base.as_ref().is_none_or(|(known, _)| !Arc::ptr_eq(known, &scenario.sources)) {
            let base = Base::of(view.catalogue, scenario);
            if self.base.as_ref().is_none_or(|(_, before)| before.text != base.text) {
                (self.a, self.b) = (None, None);
                self.best.forget();
            }
            self.base = Some((scenario.sources.clone(), base));
        }
        let playing = || Step { draft: view.sets.to_vec(), playing: view.sets.to_vec() };
        let drafts = self.drafts.get_or_insert_with(|| {
            self.draft = view.sets.to_vec();
            Drafts::new(playing())
        });
        if drafts.now().playing != view.sets {
            // Somebody else has changed what plays: a model was dropped on the window.
            drafts.step(playing());
            self.draft = view.sets.to_vec();
        }
        if self.edited.is_some_and(|at| view.still || at.elapsed() >= RESTS) {
            self.settle_draft(view);
        }
        self.run_both(view);
        if !self.settled() {
            context.request_repaint_after(Duration::from_millis(60));
        }
    }

    fn run_both(&mut self, view: &View<'_>) {
        let (Some((_, base)), Some(drafts)) = (&self.base, &self.drafts) else { return };
        let wanted_a: &[String] = if self.against == Against::File { &[] } else { view.sets };
        let wanted_b = &drafts.now().draft;
        if wanted_b == wanted_a {
            self.b = None;
        } else {
            for (side, wanted) in [(&mut self.a, wanted_a), (&mut self.b, wanted_b)] {
                if side.as_ref().is_none_or(|rival| rival.sets != wanted) {
                    // The one before is not wanted any more, and ends.
                    *side = Some(Rival::begin(base, wanted));
                }
            }
        }
        for side in [&mut self.a, &mut self.b].into_iter().flatten() {
            side.poll(base);
        }
        self.best.poll();
    }

    /// Somebody wants B as a file, and has not said of what name.
    pub fn save_as(&mut self, view: &View<'_>, wants: &mut Vec<Want>) {
        wants.push(Want::Show(Pane::WhatIf));
        if self.draft.is_empty() {
            self.said = Some("There is no change to save: B is as the file.".into());
        } else if self.refused().is_some() {
            self.said = Some("Not saved: B is refused, and what is wrong is told at its setting.".into());
        } else {
            self.said = None;
            self.ask_name(view);
        }
    }

    fn ask_name(&mut self, view: &View<'_>) {
        self.file_name.get_or_insert_with(|| free_name(view));
        self.asks_name = true;
    }

    /// B's changes are other ones.
    fn touch(&mut self) {
        self.edited = Some(Instant::now());
    }

    fn settle_draft(&mut self, view: &View<'_>) {
        self.edited = None;
        if let Some(drafts) = &mut self.drafts {
            drafts.step(Step { draft: self.draft.clone(), playing: view.sets.to_vec() });
        }
    }

    /// The run that plays gets these changes.
    fn adopt(&mut self, sets: Vec<String>, wants: &mut Vec<Want>) {
        self.draft = sets.clone();
        self.edited = None;
        if let Some(drafts) = &mut self.drafts {
            drafts.step(Step { draft: sets.clone(), playing: sets.clone() });
        }
        wants.push(Want::Change(sets));
    }

    pub fn go_back(&mut self, view: &View<'_>, wants: &mut Vec<Want>) {
        if self.edited.is_some() {
            self.settle_draft(view);
        }
        let step = self.drafts.as_mut().and_then(|drafts| drafts.undo().cloned());
        self.take(step, view, wants);
    }

    pub fn go_on(&mut self, view: &View<'_>, wants: &mut Vec<Want>) {
        let step = self.drafts.as_mut().and_then(|drafts| drafts.redo().cloned());
        self.take(step, view, wants);
    }

    fn take(&mut self, step: Option<Step>, view: &View<'_>, wants: &mut Vec<Want>) {
        let Some(step) = step else { return };
        if step.playing != view.sets {
            wants.push(Want::Change(step.playing));
        }
        self.draft = step.draft;
        self.edited = None;
    }

    /// Why B cannot be run, if it cannot.
    fn refused(&self) -> Option<&Arc<LoadError>> {
        match self.b.as_ref()?.state() {
            State::Refused(error) => Some(error),
            _ => None,
        }
    }

    fn settings(&mut self, ui: &mut Ui, view: &View<'_>) {
        let Some((_, base)) = &self.base else { return };
        let fresh = self
            .made_of
            .as_ref()
            .is_some_and(|(text, draft)| Arc::ptr_eq(text, &base.text) && *draft == self.draft);
        if !fresh {
            self.groups = knobs(&base.text, &base.folder, &self.draft, &base.catalogue.known());
            self.made_of = Some((base.text.clone(), self.draft.clone()));
        }
        let refused = self.refused().cloned();
        let Self { rows, groups, .. } = self;
        let changes = rows.show(ui, view, groups, refused.as_deref());
        for change in changes {
            match change {
                rows::Change::To(path, value) => put(&mut self.draft, &path, &value),
                rows::Change::Back(path) => take_back(&mut self.draft, &path),
            }
            self.touch();
        }
    }

    fn versus(&mut self, ui: &mut Ui, view: &View<'_>, height: f32) {
        versus::show(ui, view, self.a.as_ref(), self.b.as_ref(), height);
    }

    fn find_best(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        let Some((_, base)) = &self.base else { return };
        if self.groups.is_empty() {
            self.groups = knobs(&base.text, &base.folder, &self.draft, &base.catalogue.known());
            self.made_of = Some((base.text.clone(), self.draft.clone()));
        }
        let runs = [&self.a, &self.b].map(|side| side.as_ref().and_then(Rival::ran));
        let adopted = self.best.show(ui, view, base, &self.groups, &self.draft, runs);
        if let Some(sets) = adopted {
            self.adopt(sets, wants);
        }
    }

    /// A and B in one line.
    pub fn compare(&mut self, ui: &mut Ui, view: &View<'_>) {
        self.tend(&ui.ctx().clone(), view);
        let changes = self.drafts.as_ref().map_or(0, |drafts| drafts.now().draft.len());
        line::show(ui, view, self.against == Against::File, self.a.as_ref(), self.b.as_ref(), changes);
    }
}

/// A name beside the scenario's that no file has.
fn free_name(view: &View<'_>) -> String {
    let stem = view.scenario.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = |number: u32| {
        format!("{stem}-b{}.toml", if number == 1 { String::new() } else { number.to_string() })
    };
    let free = (1..1_000).map(name).find(|name| !view.scenario.dir.join(name).exists());
    free.unwrap_or_else(|| name(1))
}
