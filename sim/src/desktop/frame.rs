//! What a frame costs the app itself with every panel in sight and the run going: egui and tessellation. The renderer's share
//! is not in it.

use super::desk::Desk;
use super::dock;
use crate::live::Ask;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Of processor time.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub median: Duration,
    pub worst: Duration,
}

const FRAMES: usize = 120;

/// Of a window of 1920x1080 onto what the desk has open.
pub fn cost(mut desk: Desk) -> Frame {
    desk.tree = dock::all();
    desk.ask(Ask::Play);
    let context = egui::Context::default();
    let mut times: Vec<Duration> = (0..FRAMES)
        .map(|frame| {
            let input = egui::RawInput {
                screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1920.0, 1080.0))),
                time: Some(frame as f64 / 60.0),
                ..egui::RawInput::default()
            };
            let begun = spent();
            let mut output = context.run_ui(input, |ui| desk.show(ui, None));
            output.textures_delta.clear();
            std::hint::black_box(context.tessellate(output.shapes, output.pixels_per_point));
            let took = spent() - begun;
            // The run goes on beside it.
            std::thread::sleep(Duration::from_millis(4));
            took
        })
        .collect();
    times.sort();
    Frame { median: times[FRAMES / 2], worst: times[FRAMES - 1] }
}

/// Processor time of this thread, which a busy machine lengthens little; the clock's where the system does not tell.
fn spent() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    told.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}
