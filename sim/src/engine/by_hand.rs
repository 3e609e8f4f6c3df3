//! A run that somebody watches and takes part in: stepped to a time, looked at between steps, acted on by hand.
//!
//! What a hand does happens at the end of a step. How long steps are changes nothing, so the same commands at the same
//! times give the same trace, whoever steps and however fast.

use super::assemble::presses;
use super::{Pose, Progress, Twin, TwinClock, Twinned};
use hal_shim::device::st7735s::Framebuffer;
use hal_shim::device::view::ChipView;
use hal_shim::node::{Halt, Node};
use hal_shim::supply::Supply;
use hal_shim::tap::Tap;
use hal_shim::time::TrueTime;
use hal_shim::trace::{Record, Sums};
use scenarios::Scenario;
use scenarios::label::Label;
use scenarios::schema::Button;
use std::collections::VecDeque;

/// Something that a hand does to a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// A finger on the button, or off it.
    ButtonA(bool),
    ButtonB(bool),
    /// The power key, for so long.
    PowerKey {
        hold_ns: u64,
    },
    /// The hand has the board and wants it there; `None` lets it go.
    Hold(Option<Pose>),
}

/// ... and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Command {
    pub at_ns: u64,
    /// Place in the scenario.
    pub node: usize,
    pub act: Act,
}

/// The presses that a scenario has for a node, and that have not begun yet.
#[derive(Debug, Default)]
pub struct Plan([VecDeque<(u64, u64)>; 3]);

impl Plan {
    /// The next press of the button, from when to when, if it has begun by `now_ns`. It is told once.
    pub fn begun(&mut self, button: Button, now_ns: u64) -> Option<(u64, u64)> {
        let planned = match button {
            Button::A => &mut self.0[0],
            Button::B => &mut self.0[1],
            Button::Power => &mut self.0[2],
        };
        planned.pop_front_if(|(from_ns, _)| *from_ns <= now_ns)
    }
}

/// What one sees of a node.
pub struct Look {
    pub screen: Framebuffer,
    /// The red LED shines.
    pub led: bool,
    pub supply: Supply,
    pub halt: Option<Halt>,
}

impl Twin {
    /// Steps until `until_ns`, with what hands do on the way.
    pub fn step_to(&mut self, until_ns: u64) -> Progress {
        loop {
            self.act_until_now();
            let before = self.progress();
            if before.done || before.now_ns >= until_ns {
                return before;
            }
            let next = self.commands.front().map_or(u64::MAX, |command| command.at_ns);
            self.app.world_mut().resource_mut::<TwinClock>().until = TrueTime(until_ns.min(next));
            self.app.update();
        }
    }

    fn act_until_now(&mut self) {
        let now = self.progress().now_ns;
        while let Some(command) = self.commands.pop_front_if(|command| command.at_ns <= now) {
            self.act(command.node, command.act);
        }
    }

    /// A hand does something, now.
    pub fn act(&mut self, node: usize, act: Act) -> Command {
        let at_ns = self.progress().now_ns;
        let at = TrueTime(at_ns);
        match act {
            Act::ButtonA(closed) => self.with_node(node, |node| node.touch_a(at, closed)),
            Act::ButtonB(closed) => self.with_node(node, |node| node.touch_b(at, closed)),
            Act::PowerKey { hold_ns } => self.with_node(node, |node| node.power_key(at, hold_ns)),
            Act::Hold(pose) => self.hands.get(node).map(|hand| hand.reach(at_ns, pose)),
        };
        let done = Command { at_ns, node, act };
        self.done.push(done);
        done
    }

    /// What hands did since the last call, planned before or not.
    pub fn take_done(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.done)
    }

    /// The presses that the scenario has for a node.
    pub fn plan(&self, node: usize) -> Plan {
        let planned = |button| {
            let presses = presses(&self.scenario, node, button);
            presses.iter().map(|press| (press.at.0, press.at.0.saturating_add(press.hold_ns))).collect()
        };
        Plan([Button::A, Button::B, Button::Power].map(planned))
    }

    /// What hands were going to do is not done.
    pub fn forget_commands(&mut self) {
        self.commands.clear();
    }

    pub fn cpu_mhz(&mut self, node: usize) -> Option<u32> {
        let mut nodes = self.app.world_mut().query::<&Twinned>();
        nodes.iter(self.app.world()).find(|twinned| twinned.index == node).map(|twinned| twinned.cpu_mhz)
    }

    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The ground truth of a node.
    pub fn labels(&self, node: usize) -> &[Label] {
        &self.labels[node]
    }

    pub fn look(&mut self, node: usize) -> Option<Look> {
        self.with_node(node, |node| Look {
            screen: node.screen(),
            led: !node.led_pin(),
            supply: node.supply(),
            halt: node.halted(),
        })
    }

    /// What one sees who looks into a node's chips. It is work: only for those who look.
    pub fn chips(&mut self, node: usize) -> Option<Vec<ChipView>> {
        let at = TrueTime(self.progress().now_ns);
        self.with_node(node, |node| node.chips(at))
    }

    pub fn with_sums<R>(&mut self, node: usize, read: impl FnOnce(&Sums) -> R) -> Option<R> {
        self.with_node(node, |node| node.with_sums(read))
    }

    pub fn trace_hash(&mut self) -> u64 {
        let hashes: Vec<u64> = (0..self.scenario.nodes.len())
            .filter_map(|node| self.with_node(node, Node::trace_hash))
            .collect();
        super::hash_of_all(hashes)
    }

    /// What was recorded and tapped of a node since the last call.
    pub fn take(&mut self, node: usize) -> (Vec<Record>, Tap) {
        let mut nodes = self.app.world_mut().query::<&mut Twinned>();
        let found = nodes.iter_mut(self.app.world_mut()).find(|twinned| twinned.index == node);
        found.map_or_else(Default::default, |mut twinned| {
            let tap = twinned.tap.as_mut().map(std::mem::take).unwrap_or_default();
            (std::mem::take(&mut twinned.records), tap)
        })
    }

    fn with_node<R>(&mut self, index: usize, f: impl FnOnce(&mut Node) -> R) -> Option<R> {
        let mut nodes = self.app.world_mut().query::<&mut Twinned>();
        let mut found = nodes.iter_mut(self.app.world_mut()).find(|twinned| twinned.index == index)?;
        Some(f(&mut found.node))
    }
}
