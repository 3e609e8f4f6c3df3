//! Each frame: the eye, the stick and what shines on it, as the history says.

use super::build::{Backdrop, Eye, Lcd, LedLens, Stick};
use super::orbit::{UNITS_PER_M, attitude, from_world};
use crate::desktop::desk::Desk;
use bevy::prelude::*;
use bevy::render::render_resource::Extent3d;
use node_core::boards::Rail;

/// The picture has as many pixels as its panel.
pub fn size(desk: NonSend<Desk>, backdrop: Res<Backdrop>, mut images: ResMut<Assets<Image>>) {
    let [width, height] = desk.stage.pixels;
    let Some(image) = images.get(&backdrop.0) else { return };
    if width == 0 || (image.width(), image.height()) == (width, height) {
        return;
    }
    if let Some(mut image) = images.get_mut(&backdrop.0) {
        image.resize(Extent3d { width, height, depth_or_array_layers: 1 });
    }
}

pub fn eye(desk: NonSend<Desk>, mut eyes: Query<(&mut Transform, &mut Camera), With<Eye>>) {
    for (mut transform, mut camera) in &mut eyes {
        *transform = desk.stage.orbit.eye();
        let ground =
            if desk.look.dark { Color::srgb(0.105, 0.12, 0.14) } else { Color::srgb(0.88, 0.89, 0.9) };
        camera.clear_color = ClearColorConfig::Custom(ground);
    }
}

pub fn stick(
    desk: NonSend<Desk>,
    mut sticks: Query<&mut Transform, With<Stick>>,
    lenses: Query<&MeshMaterial3d<StandardMaterial>, With<LedLens>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    let Some(session) = &desk.session else { return };
    let history = session.history();
    let Some(node) = history.node(desk.node) else { return };
    for mut transform in &mut sticks {
        transform.translation = from_world(node.place_m) * UNITS_PER_M;
        transform.rotation = attitude(node.attitude);
    }
    for lens in &lenses {
        if let Some(mut material) = materials.get_mut(&lens.0) {
            material.emissive = if node.led { LinearRgba::rgb(6.0, 0.3, 0.2) } else { LinearRgba::BLACK };
        }
    }
}

/// The LCD's pixels as they are, as bright as its backlight: 2.5 V is dark, 3.0 V full (by eye from the vendor's library).
pub fn screen(
    desk: NonSend<Desk>,
    mut lcd: ResMut<Lcd>,
    mut images: ResMut<Assets<Image>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    let Some(session) = &desk.session else { return };
    let run = session.status().run;
    let history = session.history();
    let Some(node) = history.node(desk.node) else { return };
    let millivolts = node.supply.millivolts(Rail::Ldo2);
    let now = (run, node.screen_changes, desk.node, millivolts);
    if lcd.shows == Some(now) {
        return;
    }
    let lit = f32::from(millivolts.saturating_sub(2_400)) / 600.0;
    let lit = lit.clamp(0.0, 1.0);
    let Some(mut image) = images.get_mut(&lcd.image) else { return };
    let pixels = node.screen.pixels.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, 255]);
    let bytes: Vec<u8> = pixels.collect();
    if let Some(data) = &mut image.data {
        data.fill(0);
        let count = data.len().min(bytes.len());
        data[..count].copy_from_slice(&bytes[..count]);
    }
    if let Some(mut material) = materials.get_mut(&lcd.material) {
        material.base_color = Color::srgb(lit, lit, lit);
    }
    lcd.shows = Some(now);
}
