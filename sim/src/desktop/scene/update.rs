//! Each frame: the eye, the sticks and what shines on them, as the cast says.

use super::backlight;
use super::build::{
    Arm, Backdrop, Chosen, Eye, FINER, Fan, Ghost, Ground, Key, LCD, Lens, Screen, Shadow, Stick, Wave,
};
use super::cast::{Actor, SINKS};
use super::stick::TRAVEL;
use crate::desktop::desk::Desk;
use bevy::prelude::*;
use bevy::render::render_resource::Extent3d;

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

pub fn eye(mut desk: NonSendMut<Desk>, mut eyes: Query<(&mut Transform, &mut Camera), With<Eye>>) {
    // A panel that nobody sees is not rendered.
    let looked_at = std::mem::replace(&mut desk.stage.looked_at, false);
    for (mut transform, mut camera) in &mut eyes {
        *transform = desk.stage.orbit.eye();
        let ground =
            if desk.look.dark { Color::srgb(0.1, 0.115, 0.13) } else { Color::srgb(0.9, 0.91, 0.92) };
        camera.clear_color = ClearColorConfig::Custom(ground);
        if camera.is_active != looked_at {
            camera.is_active = looked_at;
        }
    }
}

fn actor(desk: &Desk, index: usize) -> Option<&Actor> {
    desk.stage.cast.get(index)
}

fn shown(visibility: &mut Visibility, is: bool) {
    let wanted = if is { Visibility::Inherited } else { Visibility::Hidden };
    if *visibility != wanted {
        *visibility = wanted;
    }
}

type Placed<'a> = (&'a mut Transform, &'a mut Visibility);

pub fn sticks(
    desk: NonSend<Desk>,
    mut sticks: Query<(&Stick, &mut Transform), Without<Ghost>>,
    mut ghosts: Query<(&Ghost, Placed<'static>)>,
) {
    for (stick, mut transform) in &mut sticks {
        let Some(actor) = actor(&desk, stick.0) else { continue };
        *transform = Transform::from_translation(actor.middle)
            .with_rotation(actor.turn)
            .with_scale(Vec3::splat(actor.size));
    }
    for (ghost, (mut transform, mut visibility)) in &mut ghosts {
        let Some(actor) = actor(&desk, ghost.0) else { continue };
        shown(&mut visibility, actor.ghost.is_some());
        if let Some(ghost) = actor.ghost {
            *transform = Transform::from_translation(ghost.middle)
                .with_rotation(ghost.turn)
                .with_scale(Vec3::splat(actor.size * ghost.size));
        }
    }
}

pub fn buttons(desk: NonSend<Desk>, mut keys: Query<(&Key, &mut Transform)>) {
    for (key, mut transform) in &mut keys {
        let Some(actor) = actor(&desk, key.stick) else { continue };
        let to = if actor.pressed[key.which] { key.rest + key.gives * TRAVEL } else { key.rest };
        if transform.translation != to {
            transform.translation = to;
        }
    }
}

pub fn lights(
    desk: NonSend<Desk>,
    mut lenses: Query<(&mut Lens, &MeshMaterial3d<StandardMaterial>)>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    for (mut lens, material) in &mut lenses {
        let Some(actor) = actor(&desk, lens.stick).filter(|actor| actor.led != lens.lit) else { continue };
        if let Some(mut material) = materials.get_mut(&material.0) {
            let (lit, unlit) = (Color::srgb(1.0, 0.16, 0.1), Color::srgb(0.3, 0.05, 0.04));
            (material.base_color, material.unlit) = if actor.led { (lit, true) } else { (unlit, false) };
            lens.lit = actor.led;
        }
    }
}

pub fn rings(
    desk: NonSend<Desk>,
    mut waves: Query<(&Wave, Placed<'static>, &MeshMaterial3d<StandardMaterial>)>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    for (wave, (mut transform, mut visibility), material) in &mut waves {
        let Some(actor) = actor(&desk, wave.stick) else { continue };
        let ring = actor.rings[wave.ring];
        shown(&mut visibility, ring.clear > 0.01);
        let clear = (ring.clear * 0.9).min(1.0);
        if ring.clear > 0.01
            && let Some(mut material) = materials.get_mut(&material.0)
        {
            transform.scale = Vec3::splat(ring.radius);
            material.base_color = material.base_color.with_alpha(clear);
        }
    }
}

type Shadows<'w, 's> = Query<'w, 's, (&'static Shadow, Placed<'static>), (Without<Ground>, Without<Fan>)>;
type Choices<'w, 's> =
    Query<'w, 's, (&'static Chosen, Placed<'static>), (Without<Ground>, Without<Shadow>, Without<Fan>)>;

pub fn grounds(
    desk: NonSend<Desk>,
    mut grounds: Query<&mut Transform, With<Ground>>,
    mut shadows: Shadows,
    mut choices: Choices,
    mut fans: Query<(&Fan, &mut Transform), Without<Ground>>,
) {
    for mut transform in &mut grounds {
        transform.translation.y = -SINKS * desk.stage.orbit.lean;
    }
    for (shadow, (mut transform, mut visibility)) in &mut shadows {
        let falls = actor(&desk, shadow.0).and_then(|actor| actor.shadow);
        let falls = falls.filter(|(.., strength)| *strength > 0.05);
        shown(&mut visibility, falls.is_some());
        if let Some((at, half, strength)) = falls {
            *transform = Transform::from_translation(at).with_scale(Vec3::new(
                half.x * (2.0 - strength),
                1.0,
                half.y * (2.0 - strength),
            ));
        }
    }
    for (chosen, (mut transform, mut visibility)) in &mut choices {
        let Some(actor) = actor(&desk, chosen.0) else { continue };
        shown(&mut visibility, actor.node == desk.node);
        *transform = Transform::from_translation(actor.middle - Vec3::Y * 0.3 * actor.size)
            .with_scale(Vec3::splat(3.1 * actor.size));
    }
    for (fan, mut transform) in &mut fans {
        let Some(actor) = actor(&desk, fan.0) else { continue };
        transform.rotation = Quat::from_rotation_x(actor.shaft);
    }
}

/// Arms are clear where they would hide their sticks, and gone where one would be in them.
pub fn arms(
    desk: NonSend<Desk>,
    mut arms: Query<(&Arm, &mut Visibility, &MeshMaterial3d<StandardMaterial>)>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    for (arm, mut visibility, material) in &mut arms {
        let Some(actor) = actor(&desk, arm.0) else { continue };
        let shows = actor.seat_shows;
        shown(&mut visibility, shows > 0.01);
        let known = materials.get(&material.0).map(|material| material.base_color.alpha());
        if known.is_some_and(|known| (known - shows).abs() > 0.005)
            && let Some(mut material) = materials.get_mut(&material.0)
        {
            material.base_color.set_alpha(shows);
            material.alpha_mode = if shows < 0.995 { AlphaMode::Blend } else { AlphaMode::Opaque };
        }
    }
}

/// LCDs' pixels as they are, as bright as their backlights.
pub fn screens(
    desk: NonSend<Desk>,
    mut screens: Query<(&mut Screen, &MeshMaterial3d<StandardMaterial>)>,
    mut images: ResMut<Assets<Image>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    let Some(session) = &desk.session else { return };
    let run = session.status().run;
    let history = session.history();
    for (mut screen, material) in &mut screens {
        let Some(node) = history.node(screen.stick) else { continue };
        let (lit, millivolts) = backlight(node);
        let now = (run, node.screen_changes, millivolts);
        if screen.shows == Some(now) {
            continue;
        }
        if screen.shows.map(|(run, changes, _)| (run, changes)) != Some((run, node.screen_changes))
            && let Some(mut image) = images.get_mut(&screen.image)
            && let Some(data) = &mut image.data
        {
            data.fill(0);
            let row = LCD[0] * FINER * 4;
            let lines = node.screen.pixels.chunks(node.screen.width.max(1));
            for (line, to) in lines.zip(data.chunks_exact_mut(row * FINER)) {
                for ([red, green, blue], texels) in line.iter().zip(to.chunks_exact_mut(4 * FINER)) {
                    for texel in texels.chunks_exact_mut(4) {
                        texel.copy_from_slice(&[*red, *green, *blue, 255]);
                    }
                }
                for copy in 1..FINER {
                    to.copy_within(..row, copy * row);
                }
            }
        }
        if let Some(mut material) = materials.get_mut(&material.0) {
            material.base_color = Color::srgb(lit, lit, lit);
        }
        screen.shows = Some(now);
    }
}
