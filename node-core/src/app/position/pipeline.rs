//! From scans to rooms and places.

use super::Config;
use super::trained::{Told, Trained};
use crate::app::health::Health;
use crate::app::panel::Panel;
use crate::app::recogniser::Recogniser;
use crate::board::{Board, Events};
use crate::event::{ChipError, Event};
use crate::meter::{Meter, Stage, Window};
use crate::radio::{Scan, Seen};
use crate::time::{Clock, Instant};
use crate::ui::position::View;
use core::convert::Infallible;
use core::future::pending;

const POSITION: Stage = Stage("position");
/// Most access points of a scan; what is beyond is not told.
const MOST_SEEN: usize = 48;
/// Longest window of a model, scans.
const MOST_SCANS: usize = 16;

pub async fn run<B: Board>(
    radio: Option<B::Radio>,
    config: &Config,
    model: Option<Recogniser<'_>>,
    panel: &Panel<View>,
    clock: &B::Clock,
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let mut health = Health::of("radio");
    let Some(mut radio) = radio else {
        health.fails(ChipError::Bus, events);
        return pending().await;
    };
    let mut model = model.and_then(Trained::new);
    let mut seen = [Seen::default(); MOST_SEEN];
    // When each of the last few scans began, the latest last.
    let mut begun = [Instant::BOOT; MOST_SCANS];
    let mut due = clock.now();
    loop {
        clock.until(due).await;
        let started = clock.now();
        match radio.scan(&mut seen).await {
            Err(_) => health.fails(ChipError::Bus, events),
            Ok(count) => {
                health.works();
                let seen = seen.get(..count).unwrap_or(&[]);
                begun.rotate_left(1);
                begun[MOST_SCANS - 1] = started;
                let at = clock.now();
                if config.tell_scans {
                    for &Seen { bssid, channel, rssi_dbm } in seen {
                        events.emit(Event::Heard { at, bssid, channel, rssi_dbm });
                    }
                }
                {
                    let mut view = panel.view.borrow_mut();
                    view.heard = count as u8;
                    view.strongest_dbm = seen.iter().map(|seen| seen.rssi_dbm).max().unwrap_or(0);
                }
                if let Some(model) = &mut model {
                    let told = meter.measure(Stage("locate"), |work| {
                        if model.hear(seen, work) { model.ask(work) } else { None }
                    });
                    let first = MOST_SCANS - model.scans().clamp(1, MOST_SCANS);
                    if let Some(told) = told {
                        tell(told, begun[first], at, panel, events);
                    }
                }
            }
        }
        meter.window(Window {
            pipeline: POSITION,
            released: due,
            started,
            finished: clock.now(),
            deadline: config.every,
        });
        due = (due + config.every).max(clock.now());
    }
}

fn tell(told: Told, start: Instant, end: Instant, panel: &Panel<View>, events: &impl Events) {
    let mut view = panel.view.borrow_mut();
    match told {
        Told::Room(class) => {
            (view.room, view.confidence_percent) = (class.name, class.confidence_percent);
            events.emit(Event::Class {
                start,
                end,
                class: class.name,
                confidence_percent: class.confidence_percent,
            });
        }
        Told::Place(at) => {
            let [x_cm, y_cm] = at.map(|metres| libm::roundf(metres * 100.0) as i32);
            view.at_cm = Some([x_cm, y_cm]);
            events.emit(Event::Position { start, end, x_cm, y_cm });
        }
    }
}
