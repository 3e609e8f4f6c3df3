//! What keys do: one table, that is obeyed and that is listed.

use egui::{Context, Event, Key, Modifiers};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    PlayOrPause,
    Back,
    On,
    BackFar,
    OnFar,
    Beginning,
    /// A finger is on it from now on, or off it.
    ButtonA(bool),
    ButtonB(bool),
    SceneAlone,
    Closer,
    Wider,
    Earlier,
    Later,
    Follow,
    Undo,
    Redo,
    Save,
    Quit,
    Overlay,
    List,
    /// Closes what was opened last.
    Leave,
}

/// When a key is ours, and not a control's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// While no control is chosen: these keys mean something to controls.
    Free,
    /// While nobody types.
    NoText,
    Always,
}

pub struct Shortcut {
    pub does: Does,
    pub keys: &'static [(Modifiers, Key)],
    /// As it stands in the list.
    pub name: &'static str,
    pub what: &'static str,
    scope: Scope,
    /// Goes on while the key is held.
    repeats: bool,
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

const fn free(
    does: Does,
    keys: &'static [(Modifiers, Key)],
    name: &'static str,
    what: &'static str,
) -> Shortcut {
    Shortcut { does, keys, name, what, scope: Scope::Free, repeats: false }
}

const fn repeats(shortcut: Shortcut) -> Shortcut {
    Shortcut { repeats: true, ..shortcut }
}

const fn within(scope: Scope, shortcut: Shortcut) -> Shortcut {
    Shortcut { scope, ..shortcut }
}

pub const TABLE: [Shortcut; 21] = [
    free(Does::PlayOrPause, &[(NONE, Key::Space)], "Space", "play or pause"),
    repeats(free(Does::Back, &[(NONE, Key::ArrowLeft)], "Left", "back by 0.1 s")),
    repeats(free(Does::On, &[(NONE, Key::ArrowRight)], "Right", "on by 0.1 s")),
    repeats(free(Does::BackFar, &[(SHIFT, Key::ArrowLeft)], "Shift+Left", "back by a second")),
    repeats(free(Does::OnFar, &[(SHIFT, Key::ArrowRight)], "Shift+Right", "on by a second")),
    free(Does::Beginning, &[(NONE, Key::Home)], "Home", "to the beginning"),
    free(Does::ButtonA(true), &[(NONE, Key::Num1)], "1", "button A, as long as it is held"),
    free(Does::ButtonB(true), &[(NONE, Key::Num2)], "2", "button B, as long as it is held"),
    free(Does::SceneAlone, &[(NONE, Key::F)], "F", "the scene alone, and back"),
    repeats(free(
        Does::Closer,
        &[(NONE, Key::Plus), (NONE, Key::Equals)],
        "+",
        "plots show half as much time",
    )),
    repeats(free(Does::Wider, &[(NONE, Key::Minus)], "-", "plots show twice as much time")),
    repeats(free(Does::Earlier, &[(NONE, Key::PageUp)], "Page up", "plots show what was before")),
    repeats(free(Does::Later, &[(NONE, Key::PageDown)], "Page down", "plots show what comes after")),
    free(Does::Follow, &[(NONE, Key::End)], "End", "plots follow the run again"),
    within(Scope::NoText, free(Does::Undo, &[(CTRL, Key::Z)], "Ctrl+Z", "takes the last what-if back")),
    within(
        Scope::NoText,
        free(Does::Redo, &[(CTRL_SHIFT, Key::Z), (CTRL, Key::Y)], "Ctrl+Shift+Z, Ctrl+Y", "makes it again"),
    ),
    within(
        Scope::Always,
        free(Does::Save, &[(CTRL, Key::S)], "Ctrl+S", "saves the what-ifs as a scenario: asks for its name"),
    ),
    within(Scope::Always, free(Does::Quit, &[(CTRL, Key::Q)], "Ctrl+Q", "closes the window")),
    within(Scope::Always, free(Does::Overlay, &[(NONE, Key::F3)], "F3", "frame and engine times")),
    within(
        Scope::Always,
        free(
            Does::Leave,
            &[(NONE, Key::Escape)],
            "Esc",
            "leaves a control, so that keys are the run's again; closes this list, the scene alone",
        ),
    ),
    // A question mark may be meant for a text.
    free(Does::List, &[(NONE, Key::Questionmark), (NONE, Key::F1)], "?, F1", "this list"),
];

/// What controls do with keys by themselves.
pub const OF_CONTROLS: [(&str, &str); 3] = [
    ("Tab, Shift+Tab", "from control to control; a ring shows which is chosen"),
    ("Space, Enter", "presses the chosen one; Enter ends a text"),
    ("arrows", "on a chosen slider: more and less; else to the control on that side"),
];

impl Shortcut {
    fn fits(&self, key: Key, held: Modifiers) -> bool {
        self.keys.iter().any(|(wanted, wanted_key)| {
            // Where a layout has its signs is no matter: Shift counts for keys that mean two things.
            let two = matches!(key, Key::ArrowLeft | Key::ArrowRight | Key::Z);
            *wanted_key == key
                && !held.alt
                && wanted.command == held.command
                && (!two || wanted.shift == held.shift)
        })
    }
}

/// Keys between frames.
#[derive(Default)]
pub struct Keys {
    /// Fingers on A and B.
    held: [bool; 2],
}

impl Keys {
    /// What is asked for in this frame, after controls have taken what is theirs.
    pub fn asked(&mut self, context: &Context) -> Vec<Does> {
        let (types, chosen) = (context.text_edit_focused(), context.egui_wants_keyboard_input());
        let mut asked = Vec::new();
        context.input_mut(|input| {
            // Let go in a later frame than pressed: who taps within one has tapped. Wherever the keys go by then.
            let buttons = [(Key::Num1, Does::ButtonA(false)), (Key::Num2, Does::ButtonB(false))];
            for (held, (key, let_go)) in self.held.iter_mut().zip(buttons) {
                if *held && !input.key_down(key) {
                    *held = false;
                    asked.push(let_go);
                }
            }
            input.events.retain(|event| {
                let Event::Key { key, pressed: true, repeat, modifiers, .. } = event else { return true };
                let Some(found) = TABLE.iter().find(|shortcut| shortcut.fits(*key, *modifiers)) else {
                    return true;
                };
                let ours = match found.scope {
                    // No text has an F1.
                    Scope::Free => !chosen || *key == Key::F1,
                    Scope::NoText => !types,
                    Scope::Always => true,
                };
                if ours && (found.repeats || !repeat) {
                    match found.does {
                        Does::ButtonA(_) => self.held[0] = true,
                        Does::ButtonB(_) => self.held[1] = true,
                        _ => {}
                    }
                    asked.push(found.does);
                }
                !ours
            });
        });
        asked
    }
}

/// The list of keys.
pub fn list(context: &Context, open: &mut bool) {
    egui::Window::new("Keys").open(open).resizable(false).show(context, |ui| {
        egui::Grid::new("keys").num_columns(2).striped(true).show(ui, |ui| {
            let ours = TABLE.iter().map(|shortcut| (shortcut.name, shortcut.what));
            for (keys, what) in ours.chain(OF_CONTROLS) {
                ui.monospace(keys);
                ui.label(what);
                ui.end_row();
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        for (index, shortcut) in TABLE.iter().enumerate() {
            for (modifiers, key) in shortcut.keys {
                let found = TABLE.iter().position(|other| other.fits(*key, *modifiers));
                assert_eq!(found, Some(index), "{}", shortcut.name);
            }
        }
    }
}
