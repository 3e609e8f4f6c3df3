//! When fingers were on a node's buttons: those that its scenario has, and those of hands, live or done again.
//!
//! It is what fingers did, and not what the contacts made of it: those chatter, and a press that comes too soon after another is
//! felt later.

use crate::engine::{Act, Plan};
use scenarios::schema::Button;
use std::collections::VecDeque;

/// Presses that are kept of each button and each who presses it: the latest.
const KEPT: usize = 4_096;

/// A finger was on a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub from_ns: u64,
    /// `None`: it still is.
    pub to_ns: Option<u64>,
}

/// Of one button, by one who presses: in order of time, and none within another.
#[derive(Debug, Default)]
struct Presses {
    held: VecDeque<Held>,
    gone: u64,
}

#[derive(Debug, Default)]
pub struct Fingers {
    by_hand: [Presses; 3],
    by_scenario: [Presses; 3],
}

/// A, B and the power key, in this order wherever there are three.
pub const BUTTONS: [Button; 3] = [Button::A, Button::B, Button::Power];

fn place(button: Button) -> usize {
    match button {
        Button::A => 0,
        Button::B => 1,
        Button::Power => 2,
    }
}

impl Presses {
    fn push(&mut self, held: Held) {
        let Held { from_ns, to_ns } = held;
        // Who presses again before letting go has not let go.
        if let Some(last) = self.held.back_mut()
            && last.to_ns.is_none_or(|to| from_ns < to)
        {
            last.to_ns = last.to_ns.zip(to_ns).map(|(last, new)| last.max(new));
            return;
        }
        if self.held.len() >= KEPT {
            self.held.pop_front();
            self.gone += 1;
        }
        self.held.push_back(held);
    }

    fn let_go(&mut self, at_ns: u64) {
        if let Some(last) = self.held.back_mut().filter(|last| last.to_ns.is_none()) {
            last.to_ns = Some(at_ns.max(last.from_ns));
        }
    }

    fn at(&self, at_ns: u64) -> bool {
        let after = self.held.partition_point(|held| held.from_ns <= at_ns);
        let last = after.checked_sub(1).and_then(|last| self.held.get(last));
        last.is_some_and(|held| held.to_ns.is_none_or(|to| at_ns < to))
    }

    fn bytes(&self) -> usize {
        self.held.capacity() * size_of::<Held>()
    }
}

impl Fingers {
    /// A hand did something at that time; what is no button is left alone.
    pub fn did(&mut self, at_ns: u64, act: Act) {
        let [a, b, power] = &mut self.by_hand;
        let on = Held { from_ns: at_ns, to_ns: None };
        match act {
            Act::ButtonA(true) => a.push(on),
            Act::ButtonA(false) => a.let_go(at_ns),
            Act::ButtonB(true) => b.push(on),
            Act::ButtonB(false) => b.let_go(at_ns),
            Act::PowerKey { hold_ns } => {
                power.push(Held { to_ns: Some(at_ns.saturating_add(hold_ns)), ..on })
            }
            Act::Hold(_) => {}
        }
    }

    /// The scenario's presses that have begun by `now_ns`, which the plan forgets.
    pub fn follow(&mut self, plan: &mut Plan, now_ns: u64) {
        for button in BUTTONS {
            while let Some((from_ns, to_ns)) = plan.begun(button, now_ns) {
                self.by_scenario[place(button)].push(Held { from_ns, to_ns: Some(to_ns) });
            }
        }
    }

    /// On which buttons a finger was then: A, B and the power key.
    pub fn at(&self, at_ns: u64) -> [bool; 3] {
        std::array::from_fn(|button| self.by_hand[button].at(at_ns) || self.by_scenario[button].at(at_ns))
    }

    /// What hands pressed, as far as it is kept.
    pub fn by_hand(&self, button: Button) -> impl DoubleEndedIterator<Item = Held> + '_ {
        self.by_hand[place(button)].held.iter().copied()
    }

    pub fn by_scenario(&self, button: Button) -> impl DoubleEndedIterator<Item = Held> + '_ {
        self.by_scenario[place(button)].held.iter().copied()
    }

    /// Presses that were forgotten.
    pub fn gone(&self) -> u64 {
        self.by_hand.iter().chain(&self.by_scenario).map(|presses| presses.gone).sum()
    }

    /// Bytes that it takes now, and at most.
    pub fn bytes(&self) -> usize {
        self.by_hand.iter().chain(&self.by_scenario).map(Presses::bytes).sum()
    }

    pub const fn most_bytes() -> usize {
        6 * KEPT.next_power_of_two() * size_of::<Held>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finger_is_on_the_button_from_its_press_to_its_release() {
        let mut fingers = Fingers::default();
        fingers.did(10, Act::ButtonA(true));
        assert_eq!(fingers.at(9), [false; 3]);
        assert_eq!(fingers.at(1_000), [true, false, false], "it has not let go yet");
        fingers.did(20, Act::ButtonA(false));
        fingers.did(20, Act::ButtonA(false));
        fingers.did(30, Act::PowerKey { hold_ns: 5 });
        fingers.did(32, Act::ButtonB(true));
        fingers.did(34, Act::Hold(None));
        let seen = [10, 19, 20, 31, 34, 35].map(|at| fingers.at(at));
        let (a, none) = ([true, false, false], [false; 3]);
        assert_eq!(seen, [a, a, none, [false, false, true], [false, true, true], [false, true, false]]);
        assert_eq!(fingers.by_hand(Button::A).collect::<Vec<_>>(), [Held { from_ns: 10, to_ns: Some(20) }]);
    }

    #[test]
    fn who_presses_again_before_letting_go_presses_once() {
        let mut fingers = Fingers::default();
        fingers.did(10, Act::PowerKey { hold_ns: 10 });
        fingers.did(15, Act::PowerKey { hold_ns: 10 });
        fingers.did(16, Act::PowerKey { hold_ns: 1 });
        let held: Vec<Held> = fingers.by_hand(Button::Power).collect();
        assert_eq!(held, [Held { from_ns: 10, to_ns: Some(25) }]);
        fingers.did(30, Act::ButtonA(true));
        fingers.did(31, Act::ButtonA(true));
        fingers.did(32, Act::ButtonA(false));
        assert_eq!(fingers.at(32), [false; 3]);
    }

    #[test]
    fn a_hundred_thousand_presses_have_a_bound() {
        let mut fingers = Fingers::default();
        for press in 0..100_000 {
            fingers.did(press * 10, Act::ButtonA(true));
            fingers.did(press * 10 + 5, Act::ButtonA(false));
        }
        assert_eq!(fingers.gone() as usize, 100_000 - KEPT);
        assert!(fingers.bytes() <= Fingers::most_bytes(), "{} B", fingers.bytes());
        assert_eq!([999_993, 999_995].map(|at| fingers.at(at)[0]), [true, false]);
        assert!(!fingers.at(3)[0], "what is forgotten is not drawn");
    }
}
