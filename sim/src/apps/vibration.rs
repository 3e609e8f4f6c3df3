//! Settings of the machine watcher.

use crate::apps::setting::{AppSetting, SCREEN_TIMEOUT, TREES, Takes, model, setting};
use crate::apps::{checked, model, node_duration};
use crate::catalogue::program;
use hal_shim::node::Program;
use node_core::app::vibration::{Config, condition, run, site};
use node_core::board::{Board, Exit};
use node_core::ml::normal::site::LEAST_WINDOWS;
use scenarios::units::{Duration, Quantity};
use scenarios::{Problem, Settings};

pub const ABOUT: &str =
    "machine watcher: the machine's state by its vibration, and whether it is in any that is known";

pub static SETTINGS: &[AppSetting] = &[
    model(
        "What the machine does, and what is known of it: it has to have one. Rate, window and ranges are the model's.",
    ),
    TREES,
    setting(
        "alarm_after",
        Takes::Whole(1, 100),
        "",
        "So many windows in a row have to be strange before it says so; as the program has it if absent.",
        "more: later alarms, and fewer false ones",
    ),
    SCREEN_TIMEOUT,
    setting(
        "learn",
        Takes::Between { unit: Duration::UNIT, low: "2min", high: "1h" },
        "",
        "So long it learns what is normal at its place, from the first boot; nothing is learnt if absent.",
        "no alarms meanwhile, a page of flash",
    ),
];

pub fn build(settings: &mut Settings) -> Result<Program, Problem> {
    let span = settings.span();
    let Some(model) = model::take(settings, condition::room)? else {
        let help =
            "model = \"machine.ntm\": `nodetwin train RECORDINGS --task vibration -o machine.ntm` makes it";
        return Err(Problem::new(span, "a machine watcher needs a model of its machine", help));
    };
    let usual = Config::for_model(model.model).map_err(|unfit| model.refused(unfit))?;
    let at = settings.span_of("alarm_after");
    let alarm_after: u32 = settings.take_or("alarm_after", u32::from(usual.alarm_after))?;
    let cure = "alarm_after = 2: 1 to 100 windows in a row";
    let alarm_after = checked(at, "alarm_after", f64::from(alarm_after), 1.0..=100.0, cure)? as u8;
    let timeout = Duration::from_ns(usual.screen_timeout.as_micros() * 1_000);
    let screen_timeout = node_duration(settings.take_or("screen_timeout", timeout)?);
    let at = settings.span_of("learn");
    let learn = settings.take_optional::<Duration>("learn")?.map(node_duration);
    let config = Config { alarm_after, screen_timeout, learn, ..usual };
    if let Some(windows) = config.learn_windows() {
        let features = model.model.kind.features();
        if features > site::MAX_FEATURES {
            let message = format!(
                "`learn`: the model makes {features} features, and {} can be learnt",
                site::MAX_FEATURES
            );
            return Err(Problem::new(at, message, "leave `learn` out, or train with fewer features"));
        }
        if windows < LEAST_WINDOWS {
            let message =
                format!("`learn` is {windows} windows long, of fewer than {LEAST_WINDOWS} nothing is known");
            return Err(Problem::new(
                at,
                message,
                "learn = \"2min\": as long as the machine does all that it usually does",
            ));
        }
    }
    Ok(program(move |board| {
        // A tape begins with the split, before the first poll.
        let (parts, mut room) = (board.split(), model.clone().room());
        async move {
            match room.given_to(condition::recogniser) {
                Some(model) => run(parts, config, model).await,
                // It fitted when the scenario was loaded, and is the same file.
                None => Exit::Off,
            }
        }
    }))
}
