//! Where the window's controls are, written to a file each second: for programs that drive the window as a person would. What a
//! screen reader would be told is what they are told.

use bevy::prelude::*;
use bevy_egui::{EguiContexts, EguiOutput};
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where they are written.
#[derive(Resource)]
pub struct Controls {
    pub file: PathBuf,
    written: Instant,
}

#[derive(Serialize)]
struct Control {
    role: String,
    label: String,
    value: String,
    /// Left, upper, right and lower edge, in pixels of the window.
    rect: [f64; 4],
}

const EVERY: Duration = Duration::from_millis(500);

pub fn tell(app: &mut App, file: PathBuf) {
    app.insert_resource(Controls { file, written: Instant::now() });
    app.add_systems(PreUpdate, enable);
    app.add_systems(Last, write);
}

fn enable(mut contexts: EguiContexts) {
    if let Ok(context) = contexts.ctx_mut() {
        context.enable_accesskit();
    }
}

fn write(mut controls: ResMut<Controls>, outputs: Query<&EguiOutput>) {
    if controls.written.elapsed() < EVERY {
        return;
    }
    let Some(update) = outputs.iter().find_map(|output| output.platform_output.accesskit_update.as_ref())
    else {
        return;
    };
    let scale = outputs.iter().map(|output| f64::from(output.pixels_per_point)).fold(1.0, f64::max);
    let found: Vec<Control> = update
        .nodes
        .iter()
        .filter_map(|(_, node)| {
            let bounds = node.bounds()?;
            let label = node.label().unwrap_or_default().to_string();
            let value =
                node.value().map(str::to_string).or_else(|| node.numeric_value().map(|it| it.to_string()));
            let value = value.unwrap_or_default();
            let rect = [bounds.x0, bounds.y0, bounds.x1, bounds.y1].map(|side| side * scale);
            let said = !(label.is_empty() && value.is_empty());
            said.then(|| Control { role: format!("{:?}", node.role()), label, value, rect })
        })
        .collect();
    // Whole or not at all: somebody may read it at any time.
    let half = controls.file.with_extension("part");
    if let Ok(text) = serde_json::to_string_pretty(&found)
        && std::fs::write(&half, text).is_ok()
    {
        let _ = std::fs::rename(&half, &controls.file);
    }
    controls.written = Instant::now();
}
