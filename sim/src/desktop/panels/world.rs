//! What the world did at the node: whatever of sound, motion, light and radio the scenario has; what is true, and hands.

use super::empty;
use crate::desktop::desk::View;
use crate::desktop::plot::{self, Chart, Data, Lane, Mark, TimeAxis, Trace};
use crate::live::NodeHistory;
use crate::live::fingers::BUTTONS;
use egui::scroll_area::ScrollSource;
use egui::{Color32, ScrollArea, Ui};
use scenarios::schema::{Button, Press, When};
use scenarios::signal::{LightWorld, RadioWorld};

#[derive(Default)]
pub struct World {
    /// Of which run and node, and the world there: looked at as it is, not simulated.
    built: Option<(u64, usize, LightWorld, RadioWorld)>,
}

const AXES: [&str; 3] = ["x", "y", "z"];
/// Wavelengths that are shown of what lies before a spectrometer, nm.
const SEEN_NM: [(f32, &str); 3] = [(450.0, "450 nm"), (550.0, "550 nm"), (650.0, "650 nm")];
/// Points of a line of light or radio: they change slowly.
const POINTS: u32 = 240;

impl World {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        let scenario = view.scenario;
        let key = (view.status.run, view.node);
        if self.built.as_ref().is_none_or(|(run, of, ..)| (*run, *of) != key) {
            let (light, radio) = (LightWorld::new(scenario, view.node), RadioWorld::new(scenario, view.node));
            self.built = Some((key.0, key.1, light, radio));
        }
        let mut charts = Vec::new();
        let concerns = |of: Option<usize>| of.is_none_or(|of| of == view.node);
        if scenario.sounds.iter().any(|sound| concerns(sound.node)) {
            charts.extend(sound(view, node));
        }
        if scenario.motions.iter().any(|motion| concerns(motion.node)) || moved_by_hand(view, node) {
            charts.extend(motion(view, node));
        }
        if let Some((_, _, light, radio)) = &self.built {
            let lit = scenario.samples.iter().any(|sample| concerns(sample.node))
                || scenario.lights.iter().any(|light| concerns(light.node));
            if lit {
                charts.extend(lights(view, time, light));
            }
            if radio.points().next().is_some() {
                charts.push(radios(view, time, radio));
            }
        }
        let lanes = self.lanes(view, node, time);
        if charts.is_empty() && lanes.is_empty() {
            let why = "This scenario has no sound, motion, light, radio or press for the node: add a [[sound]] or a \
                       [[motion]] to its file, and it is drawn here. Or drag the stick in the scene.";
            return empty(ui, &view.look, why);
        }
        plot::time_bar(ui, &view.look, time);
        let lanes_high = plot::ROW * lanes.len() as f32 + ui.spacing().item_spacing.y;
        let height = plot::share(ui, ui.available_height() - lanes_high, charts.len());
        let last = charts.len().saturating_sub(1);
        // The wheel is for time; the bar moves the list of plots.
        ScrollArea::vertical().auto_shrink(false).scroll_source(ScrollSource::SCROLL_BAR).show(ui, |ui| {
            plot::lanes(ui, &view.look, time, &lanes);
            for (index, mut chart) in charts.into_iter().enumerate() {
                chart.height = height;
                chart.times = index == last;
                plot::chart(ui, view, time, &node.labels, chart);
            }
        });
    }

    /// What is true, and who presses.
    fn lanes<'a>(&self, view: &'a View<'_>, node: &'a NodeHistory, time: &TimeAxis) -> Vec<Lane<'a>> {
        let mut lanes = Vec::new();
        if !node.labels.is_empty() {
            let marks = plot::shown(&node.labels, time).map(|label| Mark {
                from_s: label.start_ns as f64 * 1e-9,
                to_s: label.end_ns as f64 * 1e-9,
                text: label.label.as_str().into(),
                colour: view.look.world,
                hollow: false,
            });
            let about = "what is true, by the scenario's labels: events are held against it";
            lanes.push(Lane { name: "labels", about, marks: marks.collect() });
        }
        let concerns = |press: &&Press| press.node.is_none_or(|of| of == view.node);
        let name = |button: Button| match button {
            Button::A => "A",
            Button::B => "B",
            Button::Power => "power",
        };
        let by_hand = BUTTONS.into_iter().any(|button| node.fingers.by_hand(button).next().is_some());
        if by_hand || view.scenario.presses.iter().any(|press| concerns(&press)) {
            let presses = view.scenario.presses.iter().filter(concerns);
            let marks = presses.flat_map(|press| {
                let name = name(press.button);
                occurrences(press.when, time).map(move |(from_ns, to_ns)| Mark {
                    from_s: from_ns as f64 * 1e-9,
                    to_s: to_ns as f64 * 1e-9,
                    text: name.into(),
                    colour: view.look.warning,
                    hollow: false,
                })
            });
            let mut marks: Vec<Mark> = marks.collect();
            let (from_ns, to_ns) = time.range_ns();
            for button in BUTTONS {
                // The latest first: those that are long past are not looked through.
                let latest = node.fingers.by_hand(button).rev().skip_while(|held| held.from_ns > to_ns);
                let in_sight = latest.map(|held| (held.from_ns, held.to_ns.unwrap_or(view.history.now_ns)));
                marks.extend(in_sight.take_while(|(_, end_ns)| *end_ns >= from_ns).map(
                    |(start_ns, end_ns)| Mark {
                        from_s: start_ns as f64 * 1e-9,
                        to_s: end_ns as f64 * 1e-9,
                        text: name(button).into(),
                        colour: view.look.warning,
                        hollow: true,
                    },
                ));
            }
            marks.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
            lanes.push(Lane {
                name: "presses",
                about: "buttons that the scenario presses, and for how long; hollow: a hand did",
                marks,
            });
        }
        lanes
    }
}

/// Those that are in sight; what comes before is not counted through one by one.
fn occurrences(when: When, time: &TimeAxis) -> impl Iterator<Item = (u64, u64)> + use<> {
    let (from_ns, to_ns) = time.range_ns();
    let length = when.length_ns.unwrap_or(0);
    let skipped = when
        .every_ns
        .filter(|every| *every > 0)
        .map_or(0, |every| from_ns.saturating_sub(when.at_ns).saturating_sub(length) / every * every);
    let near = When { at_ns: when.at_ns + skipped, ..when };
    near.occurrences(0).take_while(move |(start, _)| *start <= to_ns).take(200)
}

fn sound<'a>(view: &View<'_>, node: &'a NodeHistory) -> [Chart<'a>; 2] {
    let chart = |id, title, unit, about, at_least, trace| Chart {
        id,
        title,
        unit,
        about,
        at_least,
        height: 0.0,
        times: false,
        traces: vec![trace],
    };
    let about_level = "sound pressure level at the microphone, FAST (125 ms) and unweighted, over 20 uPa";
    [
        chart(
            "sound",
            "sound pressure",
            "Pa",
            "what there is to hear at the microphone",
            (-0.02, 0.02),
            Trace::of("sound", &node.sound, view.look.world),
        ),
        chart(
            "level",
            "level",
            "dB SPL",
            about_level,
            (30.0, 90.0),
            Trace::of("level", &node.level, view.look.world),
        ),
    ]
}

fn motion<'a>(view: &View<'_>, node: &'a NodeHistory) -> [Chart<'a>; 2] {
    let chart = |id, title, unit, about, most: f64, first: usize| Chart {
        id,
        title,
        unit,
        about,
        at_least: (-most, most),
        height: 0.0,
        times: false,
        traces: (0..3)
            .map(|axis| Trace::of(AXES[axis], &node.motion[first + axis], view.look.axes[axis]))
            .collect(),
    };
    let force = "specific force at the IMU along its axes: at rest 1 g up";
    let turning = "rate at which the board turns about its axes";
    [
        chart("acceleration", "acceleration", "g", force, 1.1, 0),
        chart("turning", "turning", "deg/s", turning, 10.0, 3),
    ]
}

/// A hand has had the board: the scenario alone would leave it lying.
fn moved_by_hand(view: &View<'_>, node: &NodeHistory) -> bool {
    let turned = |columns: Vec<crate::live::series::Extent>| {
        columns.iter().any(|column| column.greatest > 1.0 || column.least < -1.0)
    };
    view.status.deeds > 0
        && node.motion[3..].iter().any(|axis| turned(axis.columns(0, view.history.now_ns, 8)))
}

/// Times at which a slow world is looked at: those in sight, until now.
fn moments(view: &View<'_>, time: &TimeAxis) -> impl Iterator<Item = u64> + use<> {
    let (from_ns, to_ns) = time.range_ns();
    let to_ns = to_ns.min(view.history.now_ns);
    let length = to_ns.saturating_sub(from_ns);
    let count = if length == 0 { 0 } else { POINTS };
    (0..count).map(move |n| from_ns + (length as f64 * f64::from(n) / f64::from(POINTS - 1)) as u64)
}

fn lights<'a>(view: &View<'_>, time: &TimeAxis, world: &LightWorld) -> [Chart<'a>; 2] {
    let mut ambient = Vec::new();
    let mut reflected = [const { Vec::new() }; SEEN_NM.len()];
    for at_ns in moments(view, time) {
        let at_s = at_ns as f64 * 1e-9;
        let mut light = 0.0;
        let mut lines = reflected.iter_mut();
        world.look(at_ns, SEEN_NM.iter().map(|(nm, _)| *nm), |share, shines| {
            light = shines;
            if let Some(line) = lines.next() {
                line.push([at_s, f64::from(share)]);
            }
        });
        ambient.push([at_s, f64::from(light)]);
    }
    let trace = |name: &'static str, colour: Color32, points| Trace {
        name: name.into(),
        colour,
        width: 1.2,
        scale: 1.0,
        data: Data::Points(points),
    };
    let colours = [view.look.world, view.look.good, view.look.bad];
    let reflected = SEEN_NM.iter().zip(colours).zip(reflected);
    [
        Chart {
            id: "reflectance",
            title: "reflectance",
            unit: "share",
            about: "what comes back from the sample before the spectrometer, at three wavelengths",
            at_least: (0.0, 1.0),
            height: 0.0,
            times: false,
            traces: reflected.map(|(((_, name), colour), points)| trace(name, colour, points)).collect(),
        },
        Chart {
            id: "light",
            title: "light",
            unit: "uW/cm2/nm",
            about: "light that falls on the spectrometer besides its own lamp, alike at every wavelength",
            at_least: (0.0, 0.1),
            height: 0.0,
            times: false,
            traces: vec![trace("light", view.look.world, ambient)],
        },
    ]
}

fn radios<'a>(view: &View<'_>, time: &TimeAxis, world: &RadioWorld) -> Chart<'a> {
    let look = &view.look;
    let colours =
        [look.world, look.axes[1], look.axes[2], look.warning, look.node, look.text, look.quiet, look.bad];
    let traces = world.points().take(colours.len()).enumerate().map(|(index, (bssid, channel))| Trace {
        name: format!("{:02x}/{channel}", bssid[5]).into(),
        colour: colours[index],
        width: 1.2,
        scale: 1.0,
        data: Data::Points(
            moments(view, time)
                .map(|at_ns| [at_ns as f64 * 1e-9, f64::from(world.strength_dbm(index, at_ns))])
                .collect(),
        ),
    });
    Chart {
        id: "radio",
        title: "radio",
        unit: "dBm",
        about: "how strong the first eight access points are where the node is: the last byte of the address, and the channel",
        at_least: (-90.0, -40.0),
        height: 0.0,
        times: false,
        traces: traces.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presses_in_sight_are_found_without_counting_from_the_beginning() {
        let when = When {
            at_ns: 1_000_000_000,
            length_ns: Some(100_000_000),
            every_ns: Some(2_000_000_000),
            until_ns: u64::MAX,
            ..When::default()
        };
        let mut time = TimeAxis::default();
        time.zoom(0.5, 0.0);
        time.show_moment(1e6);
        let (from_ns, to_ns) = time.range_ns();
        let found: Vec<(u64, u64)> =
            occurrences(when, &time).filter(|(start, end)| *start < to_ns && *end > from_ns).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|(start, _)| (start - 1_000_000_000) % 2_000_000_000 == 0));
        let once = When { every_ns: None, ..when };
        assert_eq!(occurrences(once, &TimeAxis::default()).count(), 1);
    }
}
