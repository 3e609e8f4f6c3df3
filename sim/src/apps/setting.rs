//! The apps' settings as a list: what there is to choose, within which range, and what a choice costs. The apps' own
//! `build` decides what is right; a test holds the lists against it.

use super::{motion, position, probe, sound, spectrometer, vibration};
use scenarios::units::{Duration, Quantity, Unit};

/// One key of a node's `settings`.
#[derive(Debug)]
pub struct AppSetting {
    pub key: &'static str,
    pub takes: Takes,
    /// As it would stand in a file; empty where there is none to speak of (no model, or the model's own).
    pub usual: &'static str,
    pub about: &'static str,
    /// What more of it takes from the node.
    pub costs: &'static str,
}

/// What a setting may be. Ranges and choices are as they would stand in a file.
#[derive(Debug)]
pub enum Takes {
    Between {
        unit: &'static Unit,
        low: &'static str,
        high: &'static str,
    },
    Whole(i64, i64),
    /// As many as the node's model has, at most.
    Trees,
    OneOf(&'static [&'static str]),
    Flag,
    /// A path, with this ending.
    File(&'static str),
}

pub(super) const fn setting(
    key: &'static str,
    takes: Takes,
    usual: &'static str,
    about: &'static str,
    costs: &'static str,
) -> AppSetting {
    AppSetting { key, takes, usual, about, costs }
}

pub(super) const fn model(about: &'static str) -> AppSetting {
    setting(
        "model",
        Takes::File("ntm"),
        "",
        about,
        "CPU time of each window, flash for its figures, RAM to work in",
    )
}

pub(super) const TREES: AppSetting = setting(
    "trees",
    Takes::Trees,
    "",
    "So many of the model's trees are asked, the first ones; all if absent. Only forests and boosted trees have any.",
    "CPU time of each window and flash in proportion",
);

pub(super) const SCREEN_TIMEOUT: AppSetting = setting(
    "screen_timeout",
    Takes::Between { unit: Duration::UNIT, low: "1s", high: "60s" },
    "10s",
    "How long the screen stays lit after a button.",
    "battery while it is lit, and the CPU and bus time of drawing",
);

/// The settings of one of our apps; none are known of anybody else's.
pub fn settings_of(app: &str) -> &'static [AppSetting] {
    match app {
        "sound" => sound::SETTINGS,
        "motion" => motion::SETTINGS,
        "vibration" => vibration::SETTINGS,
        "probe" => probe::SETTINGS,
        "spectrometer" => spectrometer::SETTINGS,
        "position" => position::SETTINGS,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::engine::{Options, Twin};
    use scenarios::Settings;
    use std::path::Path;

    /// What each app needs to be built at all, as its shipped scenario has it.
    fn needed(app: &str) -> &'static str {
        if app == "vibration" { "model = \"models/machine.ntm\"\n" } else { "" }
    }

    fn folder() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios"))
    }

    fn literal(takes: &Takes, value: &str) -> String {
        match takes {
            Takes::Flag | Takes::Whole(..) | Takes::Trees => value.to_string(),
            Takes::Between { .. } | Takes::OneOf(_) | Takes::File(_) => format!("\"{value}\""),
        }
    }

    /// The problem with these settings, if there is one.
    fn refused(app: &str, text: &str) -> Option<String> {
        let mut settings = Settings::from_text(text).unwrap().in_folder(folder());
        let built = Catalogue::builtin().build_app(app, &mut settings).unwrap();
        built
            .err()
            .or_else(|| settings.finish().err())
            .map(|problem| format!("{}: {}", problem.message, problem.help))
    }

    #[test]
    fn the_lists_have_every_key_that_the_apps_ask_for() {
        for (app, _) in Catalogue::builtin().apps() {
            let said = refused(app, &format!("{}qqqqqqqqqqqqqqqq = 1", needed(app))).unwrap();
            let (_, known) = said.split_once("known: ").unwrap_or_else(|| panic!("{app}: {said}"));
            let mut known: Vec<&str> = known.split(", ").collect();
            known.sort_unstable();
            let mut listed: Vec<&str> = settings_of(app).iter().map(|setting| setting.key).collect();
            listed.sort_unstable();
            assert_eq!(listed, known, "{app}");
        }
    }

    #[test]
    fn every_usual_value_choice_and_end_of_a_range_is_taken() {
        for (app, _) in Catalogue::builtin().apps() {
            for setting in settings_of(app) {
                let mut values: Vec<String> = match setting.takes {
                    Takes::Between { low, high, .. } => vec![low.into(), high.into()],
                    Takes::Whole(low, high) => vec![low.to_string(), high.to_string()],
                    Takes::OneOf(choices) => choices.iter().map(|choice| choice.to_string()).collect(),
                    Takes::Flag => vec!["true".into(), "false".into()],
                    // What is taken is the model's to say.
                    Takes::File(_) | Takes::Trees => Vec::new(),
                };
                values.extend((!setting.usual.is_empty()).then(|| setting.usual.to_string()));
                for value in values {
                    let with = wide_enough(app, setting.key);
                    let text =
                        format!("{}{with}{} = {}", needed(app), setting.key, literal(&setting.takes, &value));
                    assert_eq!(refused(app, &text), None, "{app}: {text}");
                }
            }
        }
    }

    /// A window's ends are those of the usual rate; a hop is no longer than its window, and a window no shorter.
    fn wide_enough(app: &str, key: &str) -> &'static str {
        match (app, key) {
            ("motion", "hop") => "window = \"5s\"\n",
            ("motion", "window") => "hop = \"40ms\"\n",
            ("sound", "rate") => "block = \"20ms\"\n",
            ("motion", "rate") => "window = \"1s\"\n",
            _ => "",
        }
    }

    #[test]
    fn what_a_range_does_not_have_is_refused() {
        for (app, _) in Catalogue::builtin().apps() {
            for setting in settings_of(app) {
                let wrong = match setting.takes {
                    Takes::Whole(_, high) => (high + 1).to_string(),
                    // Without a model, or with one that has none.
                    Takes::Trees => "1".into(),
                    Takes::OneOf(_) => "\"none of them\"".into(),
                    Takes::Flag => "1".into(),
                    Takes::File(_) => "\"no-such-file\"".into(),
                    Takes::Between { .. } => "\"1 furlong\"".into(),
                };
                let text = format!(
                    "{}{} = {wrong}",
                    if setting.key == "model" { "" } else { needed(app) },
                    setting.key
                );
                assert!(refused(app, &text).is_some(), "{app}: {text}");
            }
        }
    }

    /// The usual values, written out, change nothing.
    #[test]
    fn usual_values_are_what_the_apps_take_when_nothing_is_said() {
        for (app, seconds) in
            [("sound", 3), ("motion", 4), ("probe", 3), ("position", 8), ("spectrometer", 8)]
        {
            let hash = |settings: String| {
                let chip = if app == "spectrometer" { "device = [{ kind = \"as7265x\" }]\n" } else { "" };
                let text = format!(
                    "schema = 1\nname = \"usual\"\nduration = \"{seconds}s\"\nseed = 3\n\
                     [[node]]\nname = \"n\"\nboard = \"m5stickc\"\napp = \"{app}\"\n{chip}\
                     [node.settings]\n{settings}\n[[press]]\nbutton = \"A\"\nat = \"1s\"\n"
                );
                let catalogue = Catalogue::builtin();
                let scenario = scenarios::load_str("usual.toml", &text, folder(), &catalogue.known(), &[]);
                let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
                let options = Options { threads: Some(1), ..Options::default() };
                let twin =
                    Twin::new(&catalogue, scenario, &options).unwrap_or_else(|error| panic!("{error}"));
                twin.run(|_| std::ops::ControlFlow::Continue(())).trace_hash
            };
            let usual = settings_of(app).iter().filter(|setting| !setting.usual.is_empty());
            let written: Vec<String> = usual
                .map(|setting| format!("{} = {}", setting.key, literal(&setting.takes, setting.usual)))
                .collect();
            assert_eq!(hash(String::new()), hash(written.join("\n")), "{app}");
        }
    }
}
