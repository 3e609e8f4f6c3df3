//! Every setting as a row: name, control, unit, and the way back. What a control cannot say may be typed, and what is wrong
//! is told by the loader, in its place.

use crate::desktop::desk::View;
use crate::live::knobs::{Control, Group, Knob, files};
use egui::{
    CollapsingHeader, ComboBox, DragValue, Label, Response, RichText, Slider, SliderClamping, TextEdit, Ui,
    WidgetInfo,
};
use scenarios::LoadError;
use scenarios::error::Located;

#[derive(Default)]
pub struct Rows {
    filter: String,
    /// The text that is being typed, and where.
    typed: Option<(String, String)>,
}

/// What somebody did to a knob.
pub enum Change {
    To(String, String),
    Back(String),
}

const NAME: f32 = 112.0;
const NUMBER: f32 = 78.0;
const BACK: f32 = 20.0;
/// The menu of files beside a field.
const FILES: f32 = 26.0;
/// Families that are open at first.
const OPEN: [&str; 2] = ["Program", "Board"];

pub fn is_about(problem: &Located<'_>, path: &str) -> bool {
    problem.text().split_once('=').is_some_and(|(set, _)| set.trim() == path)
}

impl Rows {
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        groups: &[Group],
        refused: Option<&LoadError>,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let field =
            TextEdit::singleline(&mut self.filter).hint_text("find a setting: block, noise, level ...");
        ui.add_sized([ui.available_width() - 4.0, 20.0], field)
            .on_hover_text("shows the settings whose name, path or description has this in it");
        let wanted = self.filter.trim().to_lowercase();
        let found = |knob: &Knob| {
            wanted.is_empty()
                || knob.path.to_lowercase().contains(&wanted)
                || knob.about.to_lowercase().contains(&wanted)
        };
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            let mut families: Vec<&'static str> = Vec::new();
            for group in groups {
                if !families.contains(&group.family) {
                    families.push(group.family);
                }
            }
            let mut shown = 0;
            for family in families {
                let groups: Vec<&Group> = groups.iter().filter(|group| group.family == family).collect();
                let count = groups.iter().flat_map(|group| &group.knobs).filter(|knob| found(knob)).count();
                if count == 0 {
                    continue;
                }
                shown += count;
                let changed =
                    groups.iter().flat_map(|group| &group.knobs).filter(|knob| knob.changed).count();
                let title =
                    if changed > 0 { format!("{family}  ({changed} changed)") } else { family.to_string() };
                CollapsingHeader::new(RichText::new(title).strong())
                    .id_salt(("family", family))
                    .default_open(OPEN.contains(&family))
                    .open((!wanted.is_empty()).then_some(true))
                    .show_unindented(ui, |ui| {
                        for group in &groups {
                            if !group.knobs.iter().any(found) {
                                continue;
                            }
                            ui.label(RichText::new(&group.title).small().color(view.look.quiet))
                                .on_hover_text(group.about);
                            for knob in group.knobs.iter().filter(|knob| found(knob)) {
                                self.row(ui, view, knob, refused, &mut changes);
                            }
                        }
                    });
            }
            if shown == 0 {
                super::super::empty(
                    ui,
                    &view.look,
                    "No setting has this in it. Any key of the scenario can be given above as path=value.",
                );
            }
        });
        changes
    }

    fn row(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        knob: &Knob,
        refused: Option<&LoadError>,
        changes: &mut Vec<Change>,
    ) {
        let look = view.look;
        ui.push_id(&knob.path, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let name =
                    RichText::new(if knob.changed { format!("{} *", knob.name) } else { knob.name.clone() });
                let name = match (knob.changed, &knob.now) {
                    (true, _) => name.strong().color(look.node),
                    (false, Some(_)) => name.color(look.text),
                    (false, None) => name.color(look.quiet),
                };
                let (area, _) = ui.allocate_exact_size(egui::vec2(NAME, 20.0), egui::Sense::hover());
                let mut place = ui.new_child(
                    egui::UiBuilder::new()
                        .max_rect(area)
                        .layout(egui::Layout::left_to_right(egui::Align::Center)),
                );
                place.add(Label::new(name).truncate()).on_hover_ui(|ui| hover(ui, knob));
                if let Some(value) = self.control(ui, view, knob) {
                    changes.push(Change::To(knob.path.clone(), value));
                }
                if knob.changed {
                    let back = ui.small_button("x").on_hover_text("takes this change back");
                    back.widget_info(|| {
                        WidgetInfo::labeled(
                            egui::WidgetType::Button,
                            true,
                            format!("take back {}", knob.name),
                        )
                    });
                    if back.clicked() {
                        changes.push(Change::Back(knob.path.clone()));
                    }
                }
            });
        });
        for problem in refused.into_iter().flat_map(LoadError::problems).filter(|it| is_about(it, &knob.path))
        {
            let text = format!("not run: {}. {}", problem.message(), problem.help());
            ui.label(RichText::new(text).small().color(look.bad));
        }
    }

    fn control(&mut self, ui: &mut Ui, view: &View<'_>, knob: &Knob) -> Option<String> {
        if knob.now.is_none() {
            // What is not said is there to be seen, and to be changed.
            ui.visuals_mut().override_text_color = Some(view.look.quiet);
        }
        let room = (ui.available_width() - BACK).max(60.0);
        let named = |response: &Response, info: WidgetInfo| {
            response.widget_info(|| WidgetInfo { label: Some(knob.name.clone()), ..info.clone() });
        };
        match &knob.control {
            Control::Number { unit, low, high, whole, ratios, .. } => {
                let Some(number) = knob.number() else { return self.text(ui, knob, room) };
                let (mut slid, mut typed) = (number, number);
                ui.spacing_mut().slider_width = (room - NUMBER - 4.0).max(30.0);
                let slider = Slider::new(&mut slid, *low..=*high)
                    .show_value(false)
                    .logarithmic(*ratios)
                    .clamping(SliderClamping::Never);
                let slider = ui.add(slider).on_hover_ui(|ui| hover(ui, knob));
                named(&slider, WidgetInfo::slider(true, number, ""));
                let speed = if *whole { 0.2 } else { ((high - low).abs() / 400.0).max(1e-6) };
                let field = DragValue::new(&mut typed)
                    .speed(speed)
                    .max_decimals(if *whole { 0 } else { 3 })
                    .suffix(if unit.is_empty() { String::new() } else { format!(" {unit}") })
                    .update_while_editing(false);
                let field = ui.add_sized([NUMBER, 20.0], field).on_hover_ui(|ui| hover(ui, knob));
                named(&field, WidgetInfo::drag_value(true, number));
                if slider.changed() {
                    return Some(knob.written(if *whole { slid.round() } else { three_digits(slid) }));
                }
                field.changed().then(|| knob.written(typed))
            }
            Control::Choice(choices) => {
                let mut chosen = None;
                let box_ = ComboBox::from_id_salt("choice").width(room).selected_text(knob.value()).show_ui(
                    ui,
                    |ui| {
                        for choice in choices {
                            if ui.selectable_label(knob.value() == choice, choice).clicked() {
                                chosen = Some(choice.clone());
                            }
                        }
                    },
                );
                box_.response.on_hover_ui(|ui| hover(ui, knob));
                chosen
            }
            Control::Flag => {
                let mut on = knob.value() == "true";
                let word = if on { "yes" } else { "no" };
                let response = ui.checkbox(&mut on, word).on_hover_ui(|ui| hover(ui, knob));
                named(&response, WidgetInfo::selected(egui::WidgetType::Checkbox, true, on, ""));
                response.changed().then(|| on.to_string())
            }
            Control::Text(_) => self.text(ui, knob, room),
            Control::File(ending) => {
                let typed = self.text(ui, knob, room - FILES - 4.0);
                let mut chosen = None;
                let menu = ui.menu_button("...", |ui| {
                    let found = files(&view.scenario.dir, ending);
                    if found.is_empty() {
                        ui.label(format!(
                            "no .{ending} file beside the scenario: type a path, or drop one on the window"
                        ));
                    }
                    for file in found {
                        if ui.button(&file).clicked() {
                            chosen = Some(file);
                            ui.close();
                        }
                    }
                });
                menu.response.on_hover_text(format!("files with the ending .{ending} beside the scenario"));
                chosen.or(typed)
            }
        }
    }

    fn text(&mut self, ui: &mut Ui, knob: &Knob, room: f32) -> Option<String> {
        let now = knob.now.clone().unwrap_or_default();
        let mut text = match &self.typed {
            Some((path, text)) if *path == knob.path => text.clone(),
            _ => now.clone(),
        };
        let hint = match &knob.control {
            Control::File(ending) => format!("none; drop an .{ending} here"),
            _ => format!("none; as in {}", knob.usual),
        };
        let field = TextEdit::singleline(&mut text).hint_text(hint);
        let response = ui.add_sized([room, 20.0], field).on_hover_ui(|ui| hover(ui, knob));
        response.widget_info(|| WidgetInfo {
            label: Some(knob.name.clone()),
            ..WidgetInfo::text_edit(true, &now, &text, "")
        });
        if response.has_focus() {
            self.typed = Some((knob.path.clone(), text.clone()));
        }
        if response.lost_focus() {
            self.typed = None;
            return (text != now).then_some(text);
        }
        None
    }
}

/// As a hand means it.
fn three_digits(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return 0.0;
    }
    let step = 10f64.powi(number.abs().log10().floor() as i32 - 2);
    (number / step).round() * step
}

/// What it is, its range, and what it costs.
fn hover(ui: &mut Ui, knob: &Knob) {
    ui.set_max_width(320.0);
    ui.label(RichText::new(&knob.path).monospace());
    ui.label(&knob.about);
    ui.label(format!("Range: {}", knob.range()));
    if !knob.costs.is_empty() {
        ui.label(format!("Costs: {}", knob.costs));
    }
    if knob.now.is_none() {
        ui.label("The scenario does not say it: what is shown is usual, or to begin with.");
    }
}
