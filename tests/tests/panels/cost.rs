//! What a frame costs.

use crate::desk::{S, desk};
use sim::live::Ask;
use std::time::Duration;

/// What the app does by itself in a frame with every panel in sight: egui and tessellation. The renderer's share is not in it.
/// 8 ms are allowed in a release build; unoptimised dependencies and a busy machine get three times that.
#[test]
fn a_frame_with_all_panels_costs_little() {
    let mut desk = desk("scenarios/motion.toml", 30 * S);
    desk.ask(Ask::Play);
    let context = egui::Context::default();
    let mut times = Vec::new();
    for frame in 0..120 {
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1920.0, 1080.0))),
            time: Some(f64::from(frame) / 60.0),
            ..egui::RawInput::default()
        };
        let started = std::time::Instant::now();
        let mut output = context.run_ui(input, |ui| desk.show(ui, None));
        output.textures_delta.clear();
        let shapes = context.tessellate(output.shapes, output.pixels_per_point);
        assert!(!shapes.is_empty());
        times.push(started.elapsed());
        std::thread::sleep(Duration::from_millis(4));
    }
    times.sort();
    let median = times[times.len() / 2];
    println!("a frame: {median:?} in the median, {:?} at the worst", times[times.len() - 1]);
    let allowed = if cfg!(debug_assertions) { 24 } else { 8 };
    assert!(median < Duration::from_millis(allowed), "{median:?}");
}
