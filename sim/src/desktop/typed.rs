//! Keys as they were typed, each with the modifiers that were held when it was pressed. bevy_egui's own system gives all keys of
//! a frame those that are held at its end: a quick Ctrl+S within one slow frame would be an `s` in a text.

use bevy::input::ButtonState;
use bevy::input::keyboard::{Key, KeyboardFocusLost, KeyboardInput};
use bevy::prelude::*;
use bevy_egui::helpers::{bevy_to_egui_key, bevy_to_egui_physical_key};
use bevy_egui::input::{EguiInputEvent, ModifierKeysState};
use bevy_egui::{EguiGlobalSettings, EguiInputSet, EguiPreUpdateSet, PrimaryEguiContext};

pub fn listen(app: &mut App) {
    let mut settings = app.world_mut().resource_mut::<EguiGlobalSettings>();
    settings.input_system_settings.run_write_keyboard_input_messages_system = false;
    let place = (EguiPreUpdateSet::ProcessInput, EguiInputSet::ReadBevyMessages);
    app.add_systems(PreUpdate, tell.in_set(place.0).in_set(place.1));
}

fn tell(
    mut typed: MessageReader<KeyboardInput>,
    mut gone: MessageReader<KeyboardFocusLost>,
    mut held: Local<ModifierKeysState>,
    contexts: Query<Entity, With<PrimaryEguiContext>>,
    mut out: MessageWriter<EguiInputEvent>,
) {
    if gone.read().count() > 0 {
        // What is let go elsewhere is not told.
        *held = ModifierKeysState::default();
    }
    let Ok(context) = contexts.single() else { return };
    for input in typed.read() {
        out.write_batch(events(&mut held, input).map(|event| EguiInputEvent { context, event }));
    }
}

/// What one key tells: a text, a key, or both.
fn events(held: &mut ModifierKeysState, input: &KeyboardInput) -> impl Iterator<Item = egui::Event> + use<> {
    let pressed = input.state == ButtonState::Pressed;
    let modifier = match input.logical_key {
        Key::Shift => Some(&mut held.shift),
        Key::Control => Some(&mut held.ctrl),
        Key::Alt => Some(&mut held.alt),
        Key::Super | Key::Meta => Some(&mut held.win),
        _ => None,
    };
    if let Some(modifier) = modifier {
        *modifier = pressed;
    }
    let text = match &input.logical_key {
        _ if !pressed || !held.text_input_is_allowed() => None,
        Key::Character(text) if !text.chars().any(char::is_control) => Some(text.to_string()),
        Key::Space => Some(" ".into()),
        _ => None,
    };
    let physical_key = bevy_to_egui_physical_key(&input.key_code);
    // By its place, where a layout has no Latin letters.
    let key = bevy_to_egui_key(&input.logical_key).or(physical_key);
    let modifiers = held.to_egui_modifiers();
    let key = key.map(|key| egui::Event::Key { key, physical_key, pressed, repeat: input.repeat, modifiers });
    text.map(egui::Event::Text).into_iter().chain(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::Event;

    fn typed(keys: &[(Key, KeyCode, bool)]) -> Vec<Event> {
        let mut held = ModifierKeysState::default();
        let input = |(logical_key, key_code, pressed): &(Key, KeyCode, bool)| KeyboardInput {
            key_code: *key_code,
            logical_key: logical_key.clone(),
            state: if *pressed { ButtonState::Pressed } else { ButtonState::Released },
            text: None,
            repeat: false,
            window: Entity::PLACEHOLDER,
        };
        keys.iter().flat_map(|key| events(&mut held, &input(key))).collect()
    }

    /// All of it within one frame: that Control is up again at its end changes nothing.
    #[test]
    fn a_quick_ctrl_s_is_one_and_no_text() {
        let s = Key::Character("s".into());
        let said = typed(&[
            (Key::Control, KeyCode::ControlLeft, true),
            (s.clone(), KeyCode::KeyS, true),
            (s.clone(), KeyCode::KeyS, false),
            (Key::Control, KeyCode::ControlLeft, false),
            (s, KeyCode::KeyS, true),
        ]);
        let keys: Vec<(egui::Key, bool, bool)> = said
            .iter()
            .filter_map(|event| match event {
                Event::Key { key, pressed, modifiers, .. } => Some((*key, *pressed, modifiers.command)),
                _ => None,
            })
            .collect();
        use egui::Key::S;
        let of_s: Vec<_> = keys.into_iter().filter(|(key, ..)| *key == S).collect();
        assert_eq!(of_s, [(S, true, true), (S, false, true), (S, true, false)]);
        let texts = said.iter().filter(|event| matches!(event, Event::Text(_))).count();
        assert_eq!(texts, 1, "the last one: {said:?}");
    }
}
