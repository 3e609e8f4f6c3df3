//! "Find the best": a grid of runs over two settings, drawn as what one gains against what it costs. A click adopts a point.

use crate::desktop::desk::View;
use crate::live::figures::Figure;
use crate::live::knobs::{Control, Group, Knob};
use crate::live::rival::{Base, Ran};
use crate::live::sweep::{Axis, MOST_RUNS, Point, Sweep, front, steps};
use crate::parallel;
use egui::{Align2, ComboBox, DragValue, Label, ProgressBar, RichText, Ui};
use egui_plot::{Line, MarkerShape, Plot, PlotPoint, PlotPoints, Points, Text};
use std::sync::Arc;

#[derive(Default)]
pub struct Best {
    axes: [Chosen; 2],
    gain: Option<Figure>,
    cost: Option<Figure>,
    sweep: Option<Sweep>,
}

/// Which setting, and which of its values.
#[derive(Default)]
struct Chosen {
    path: String,
    from: f64,
    to: f64,
    count: usize,
}

const GAINS: [Figure; 6] = [
    Figure::Accuracy,
    Figure::Recall,
    Figure::Precision,
    Figure::Headroom,
    Figure::ValueError,
    Figure::PositionError,
];
const COSTS: [Figure; 5] = [Figure::Load, Figure::Response, Figure::Misses, Figure::Lost, Figure::Memory];
/// Settings that one wants to know about first.
const FIRST: [&[&str]; 2] = [&["block", "hop", "every", "alarm_after"], &["cpu"]];
/// Pixels between a point and a click that is meant for it.
const NEAR: f32 = 14.0;

impl Best {
    pub fn forget(&mut self) {
        self.sweep = None;
    }

    pub fn poll(&mut self) {
        if let Some(sweep) = &mut self.sweep {
            sweep.poll();
        }
    }

    pub fn runs(&self) -> bool {
        self.sweep.as_ref().is_some_and(|sweep| !sweep.ended())
    }

    /// The changes of a point that somebody wants.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        base: &Base,
        groups: &[Group],
        draft: &[String],
        runs: [Option<&Arc<Ran>>; 2],
    ) -> Option<Vec<String>> {
        let knobs: Vec<&Knob> =
            groups.iter().flat_map(|group| &group.knobs).filter(|knob| sweepable(knob)).collect();
        if knobs.len() < 2 {
            super::super::empty(ui, &view.look, "This scenario has no two settings to choose values of.");
            return None;
        }
        self.set_up(&knobs);
        ui.label(RichText::new("Find the best of two settings").strong());
        for index in 0..2 {
            self.axis(ui, index, &knobs);
        }
        let axes = [0, 1].map(|index| self.values(index, &knobs));
        let total = axes.iter().map(|axis| axis.values.len()).product::<usize>();
        ui.horizontal_wrapped(|ui| {
            if self.runs() {
                if ui.button("Stop").on_hover_text("gives up what has not been run yet").clicked() {
                    self.sweep = None;
                }
            } else {
                let apart = axes[0].path != axes[1].path;
                let button = ui
                    .add_enabled(
                        apart && total <= MOST_RUNS,
                        egui::Button::new(format!("Run {total} designs")),
                    )
                    .on_hover_text(format!(
                        "each to its end in the background, {:.0} s of simulated time a run",
                        view.scenario.duration_ns as f64 * 1e-9
                    ))
                    .on_disabled_hover_text(if apart {
                        "400 runs are the most"
                    } else {
                        "choose two different settings"
                    });
                if button.clicked() {
                    // One core is left to the run that plays.
                    let threads = parallel::threads(None).saturating_sub(1).max(1);
                    self.sweep = Some(Sweep::begin(base, draft, axes, threads));
                }
            }
            if let Some(sweep) = self.sweep.as_ref().filter(|sweep| !sweep.ended()) {
                let share = sweep.points.len() as f32 / sweep.total.max(1) as f32;
                ui.add(ProgressBar::new(share).desired_width(90.0).desired_height(10.0).fill(view.look.node));
                ui.label(format!("{} of {}", sweep.points.len(), sweep.total));
            }
        });
        self.points(ui, view, runs)
    }

    fn set_up(&mut self, knobs: &[&Knob]) {
        for (index, first) in FIRST.iter().enumerate() {
            let known = knobs.iter().any(|knob| knob.path == self.axes[index].path);
            if known {
                continue;
            }
            let other = self.axes[1 - index].path.clone();
            let named = |name: &str| knobs.iter().find(|knob| knob.name == name && knob.path != other);
            let knob = first.iter().find_map(|name| named(name));
            let knob = knob.or_else(|| knobs.iter().find(|knob| knob.path != other));
            if let Some(knob) = knob {
                self.choose(index, knob);
            }
        }
    }

    fn choose(&mut self, index: usize, knob: &Knob) {
        let (from, to, count) = match &knob.control {
            Control::Number { low, high, whole, ratios, .. } => {
                let now = knob.number().unwrap_or(*low);
                // Half to twice of what it is: the loader may not take the ends.
                let (from, to) = if *ratios || *low >= 0.0 && now > 0.0 {
                    ((now * 0.5).max(*low), (now * 2.0).min(*high))
                } else {
                    (*low, *high)
                };
                // What it is may be out of its range itself.
                let (from, to) = if from < to { (from, to) } else { (*low, *high) };
                let round = |value: f64| if *whole { value.round() } else { value };
                (round(from), round(to), 4)
            }
            Control::Choice(choices) => (0.0, 0.0, choices.len()),
            Control::Flag | Control::Text(_) | Control::File(_) => (0.0, 0.0, 2),
        };
        self.axes[index] = Chosen { path: knob.path.clone(), from, to, count };
    }

    fn axis(&mut self, ui: &mut Ui, index: usize, knobs: &[&Knob]) {
        let mut picked = None;
        ui.push_id(("axis", index), |ui| {
            ui.horizontal_wrapped(|ui| {
                let current = knobs.iter().find(|knob| knob.path == self.axes[index].path);
                let name = current.map_or("", |knob| knob.name.as_str());
                ComboBox::from_id_salt("setting")
                    .width(104.0)
                    .selected_text(name)
                    .show_ui(ui, |ui| {
                        for knob in knobs {
                            let chosen = knob.path == self.axes[index].path;
                            if ui.selectable_label(chosen, &knob.path).on_hover_text(&knob.about).clicked() {
                                picked = Some(*knob);
                            }
                        }
                    })
                    .response
                    .on_hover_text("which setting is tried");
                let Some(knob) = current else { return };
                let chosen = &mut self.axes[index];
                match &knob.control {
                    Control::Number { unit, low, high, .. } => {
                        let speed = (high - low).abs() / 400.0;
                        let hint = format!("{}: {}", knob.name, knob.range());
                        for (value, before) in [(&mut chosen.from, ""), (&mut chosen.to, "to ")] {
                            let field = DragValue::new(value).speed(speed).max_decimals(3).prefix(before);
                            ui.add(field).on_hover_text(&hint);
                        }
                        ui.label(*unit);
                        ui.add(
                            DragValue::new(&mut chosen.count).range(2..=20).prefix("in ").suffix(" steps"),
                        )
                        .on_hover_text("how many values are tried, from one end to the other");
                    }
                    _ => {
                        ui.add(Label::new(format!("each of {}", knob.range())).truncate());
                    }
                }
            });
        });
        if let Some(knob) = picked {
            self.choose(index, knob);
        }
    }

    fn values(&self, index: usize, knobs: &[&Knob]) -> Axis {
        let chosen = &self.axes[index];
        let knob = knobs.iter().find(|knob| knob.path == chosen.path);
        let mut values = match knob.map(|knob| (&knob.control, knob)) {
            Some((Control::Number { ratios, .. }, knob)) => {
                steps(chosen.from, chosen.to, chosen.count, *ratios)
                    .into_iter()
                    .map(|value| knob.written(value))
                    .collect()
            }
            Some((Control::Choice(choices), _)) => choices.clone(),
            Some((Control::Flag, _)) => vec!["false".into(), "true".into()],
            Some((Control::Text(_) | Control::File(_), _)) | None => Vec::new(),
        };
        values.dedup();
        Axis { path: chosen.path.clone(), values }
    }

    fn points(&mut self, ui: &mut Ui, view: &View<'_>, runs: [Option<&Arc<Ran>>; 2]) -> Option<Vec<String>> {
        let look = view.look;
        let Some(sweep) = &self.sweep else {
            super::super::empty(
                ui,
                &look,
                "Each design becomes a point: what it is worth against what it costs. Those that nothing beats in both are the \
                 front; a click on one of them makes it the run that plays.",
            );
            return None;
        };
        let figures = |ran: &Ran| ran.nodes.get(view.node).cloned().unwrap_or_default();
        let ran: Vec<(&Point, crate::live::figures::Figures)> = sweep
            .points
            .iter()
            .filter_map(|point| Some((point, figures(point.ran.as_ref().ok()?))))
            .collect();
        let refused: Vec<&String> =
            sweep.points.iter().filter_map(|point| point.ran.as_ref().err()).collect();
        if let Some(why) = refused.first() {
            let text = format!("{} of {} refused: {why}", refused.len(), sweep.total);
            ui.label(RichText::new(text).small().color(look.warning));
        }
        if ran.is_empty() {
            return None;
        }
        let has = |figure: &Figure| ran.iter().any(|(_, figures)| figures.get(*figure).is_some());
        let gains: Vec<Figure> = GAINS.into_iter().filter(has).collect();
        let costs: Vec<Figure> = COSTS.into_iter().filter(has).collect();
        let objective = ran.iter().find_map(|(_, figures)| figures.objective());
        let gain = self.gain.filter(|it| gains.contains(it)).or(objective).or(gains.first().copied())?;
        let cost = self.cost.filter(|it| costs.contains(it)).or(costs.first().copied())?;
        ui.horizontal_wrapped(|ui| {
            self.gain = Some(figure_choice(ui, "gain", gain, &gains, "what one wants of the node"));
            ui.label("against");
            self.cost = Some(figure_choice(ui, "cost", cost, &costs, "what it costs"));
        });
        let (gain, cost) = (self.gain.unwrap_or(gain), self.cost.unwrap_or(cost));
        let placed: Vec<(&Point, [f64; 2])> = ran
            .iter()
            .filter_map(|(point, figures)| {
                let at = [cost.on_axis(figures.get(cost)?), gain.on_axis(figures.get(gain)?)];
                Some((*point, at))
            })
            .collect();
        // The front wants much of one and little of the other.
        let sign = if gain.more_is_better() { 1.0 } else { -1.0 };
        let worth: Vec<(f64, f64)> = placed.iter().map(|(_, at)| (at[0], sign * at[1])).collect();
        let best = front(&worth);
        let mark = |(name, ran): (&'static str, Option<&Arc<Ran>>)| {
            let figures = figures(ran?);
            Some((name, [cost.on_axis(figures.get(cost)?), gain.on_axis(figures.get(gain)?)]))
        };
        let marks: Vec<(&'static str, [f64; 2])> =
            ["A", "B"].into_iter().zip(runs).filter_map(mark).collect();
        let adopted = plot(ui, view, sweep, [cost, gain], &placed, &best, marks);
        let listed = list(ui, view, sweep, [cost, gain], &placed, &best);
        adopted.or(listed)
    }
}

fn figure_choice(ui: &mut Ui, id: &str, now: Figure, all: &[Figure], hint: &str) -> Figure {
    let mut chosen = now;
    let shown = ComboBox::from_id_salt(id).width(110.0).selected_text(now.name()).show_ui(ui, |ui| {
        for figure in all {
            ui.selectable_value(&mut chosen, *figure, figure.name()).on_hover_text(figure.about());
        }
    });
    shown.response.on_hover_text(hint);
    chosen
}

/// The two values of a point: `block 16ms, cpu 80MHz`.
fn named(sweep: &Sweep, point: &Point) -> String {
    let one = |axis: &Axis, index: usize| {
        let name = axis.path.rsplit('.').next().unwrap_or(&axis.path);
        format!("{name} {}", axis.values.get(index).map_or("", String::as_str))
    };
    format!("{}, {}", one(&sweep.axes[0], point.at[0]), one(&sweep.axes[1], point.at[1]))
}

fn plot(
    ui: &mut Ui,
    view: &View<'_>,
    sweep: &Sweep,
    [cost, gain]: [Figure; 2],
    placed: &[(&Point, [f64; 2])],
    best: &[usize],
    marks: Vec<(&'static str, [f64; 2])>,
) -> Option<Vec<String>> {
    let look = view.look;
    let on_front: Vec<[f64; 2]> = best.iter().map(|index| placed[*index].1).collect();
    let others: Vec<[f64; 2]> = placed
        .iter()
        .enumerate()
        .filter(|(index, _)| !best.contains(index))
        .map(|(_, (_, at))| *at)
        .collect();
    let places: Vec<[f64; 2]> = placed.iter().map(|(_, at)| *at).collect();
    let names: Vec<String> = placed
        .iter()
        .map(|(point, at)| {
            format!(
                "{}\n{}: {} {}\n{}: {} {}\nclick to adopt",
                named(sweep, point),
                gain.name(),
                crate::desktop::look::figure(at[1]),
                gain.axis_unit(),
                cost.name(),
                crate::desktop::look::figure(at[0]),
                cost.axis_unit()
            )
        })
        .collect();
    let height = (ui.available_height() * 0.6).clamp(150.0, 420.0);
    let response = Plot::new("front")
        .height(height)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .set_margin_fraction(egui::vec2(0.12, 0.15))
        .x_axis_label(format!("{}, {}", cost.name(), cost.axis_unit()))
        .y_axis_label(format!("{}, {}", gain.name(), gain.axis_unit()))
        .label_formatter(|_| None)
        .show(ui, move |plot| {
            plot.line(Line::new("front", PlotPoints::from(on_front.clone())).color(look.node).width(1.5));
            plot.points(
                Points::new("others", PlotPoints::from(others))
                    .shape(MarkerShape::Circle)
                    .radius(3.5)
                    .color(look.quiet),
            );
            plot.points(
                Points::new("front", PlotPoints::from(on_front))
                    .shape(MarkerShape::Diamond)
                    .radius(6.0)
                    .color(look.node),
            );
            for (name, at) in marks {
                plot.points(
                    Points::new(name, PlotPoints::from(vec![at]))
                        .shape(MarkerShape::Square)
                        .filled(false)
                        .radius(6.0)
                        .color(look.world),
                );
                let label = RichText::new(format!(" {name} ")).strong().color(look.world);
                plot.text(Text::new(name, PlotPoint::new(at[0], at[1]), label).anchor(Align2::LEFT_TOP));
            }
            let pointer = plot.response().hover_pos();
            let distance = |at: &[f64; 2], to: egui::Pos2| {
                plot.screen_from_plot(PlotPoint::new(at[0], at[1])).distance(to)
            };
            let near = pointer.and_then(|to| {
                let nearest = places
                    .iter()
                    .enumerate()
                    .min_by(|(_, a), (_, b)| distance(a, to).total_cmp(&distance(b, to)));
                nearest.filter(|(_, at)| distance(at, to) <= NEAR).map(|(index, _)| index)
            });
            if let Some(index) = near {
                let at = places[index];
                plot.points(
                    Points::new("near", PlotPoints::from(vec![at]))
                        .radius(9.0)
                        .filled(false)
                        .color(look.text),
                );
                plot.text(
                    Text::new(
                        "name",
                        PlotPoint::new(at[0], at[1]),
                        RichText::new(format!("  {}", names[index])).color(look.text),
                    )
                    .anchor(anchor(plot.plot_bounds().center().x, at[0])),
                );
            }
            near
        });
    // Told where they are, for who has the window read out, and for programs that drive it.
    for index in best {
        let (point, [cost, gain]) = &placed[*index];
        let at = response.transform.position_from_point(&PlotPoint::new(*cost, *gain));
        let rect = egui::Rect::from_center_size(at, egui::Vec2::splat(2.0 * NEAR));
        let told = ui.interact(rect, ui.id().with(("design", index)), egui::Sense::empty());
        let name = format!("design {}", named(sweep, point));
        told.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Other, true, &name));
    }
    let clicked = response.response.clicked().then_some(response.inner).flatten();
    clicked.map(|index| placed[index].0.sets.clone())
}

/// Towards the middle, so that nothing is cut off.
fn anchor(middle: f64, x: f64) -> Align2 {
    if x > middle { Align2::RIGHT_BOTTOM } else { Align2::LEFT_BOTTOM }
}

/// The front once more, for the keyboard and for those who want figures.
fn list(
    ui: &mut Ui,
    view: &View<'_>,
    sweep: &Sweep,
    [cost, gain]: [Figure; 2],
    placed: &[(&Point, [f64; 2])],
    best: &[usize],
) -> Option<Vec<String>> {
    let look = view.look;
    let mut adopted = None;
    let of = format!("{} of {} that nothing beats", best.len(), placed.len());
    ui.label(RichText::new(of).small().color(look.quiet));
    egui::ScrollArea::vertical().id_salt("front list").auto_shrink([false, true]).show(ui, |ui| {
        for index in best {
            let (point, at) = &placed[*index];
            ui.horizontal_wrapped(|ui| {
                let button =
                    ui.small_button("Use").on_hover_text("the run that plays goes on with these values");
                if button.clicked() {
                    adopted = Some(point.sets.clone());
                }
                ui.label(named(sweep, point));
                let shown = |figure: Figure, value: f64| {
                    format!(
                        "{} {} {}",
                        figure.name(),
                        crate::desktop::look::figure(value),
                        figure.axis_unit()
                    )
                };
                ui.label(
                    RichText::new(format!("{}, {}", shown(gain, at[1]), shown(cost, at[0])))
                        .color(look.quiet),
                );
            });
        }
    });
    adopted
}

fn sweepable(knob: &Knob) -> bool {
    match &knob.control {
        Control::Number { .. } => knob.number().is_some(),
        Control::Choice(choices) => choices.len() > 1,
        Control::Flag => true,
        Control::Text(_) | Control::File(_) => false,
    }
}
