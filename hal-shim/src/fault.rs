//! Faults: they wrap a chip or a signal and know nothing of its model. Each counts how often it struck, because a fault
//! that a scenario asks for and that never happened is a scenario that tests nothing.

use crate::device::axp192::Axp192;
use crate::device::view::RegisterView;
use crate::device::{Ack, Direction, I2cDevice, Surroundings};
use crate::supply::Supply;
use crate::time::TrueTime;
use crate::world::{Motion, MotionBlock, Sound};
use node_core::boards::Rail;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often a fault struck. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Strikes(Arc<AtomicU64>);

impl Strikes {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// When a fault is on: spans in order of time that do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<(TrueTime, TrueTime)>);

impl Spans {
    pub fn new(mut spans: Vec<(TrueTime, TrueTime)>) -> Self {
        spans.sort();
        let mut merged: Vec<(TrueTime, TrueTime)> = Vec::with_capacity(spans.len());
        for (from, to) in spans {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }

    pub fn holds(&self, at: TrueTime) -> bool {
        let after = self.0.partition_point(|&(from, _)| from <= at);
        after > 0 && at < self.0[after - 1].1
    }

    /// Which of `count` instants `t0 + k * dt` lie in a span.
    fn indices(&self, t0_ns: u64, dt_ns: f64, count: usize) -> impl Iterator<Item = Range<usize>> {
        let index = move |at: TrueTime| {
            let ahead = at.0.saturating_sub(t0_ns) as f64 / dt_ns;
            (ahead.ceil() as usize).min(count)
        };
        let end_ns = t0_ns + (count as f64 * dt_ns) as u64;
        let first = self.0.partition_point(|&(_, to)| to.0 <= t0_ns);
        let inside = self.0[first..].iter().take_while(move |&&(from, _)| from.0 <= end_ns);
        inside.map(move |&(from, to)| index(from)..index(to)).filter(|range| !range.is_empty())
    }
}

/// The chip does not acknowledge its address.
pub struct Nack {
    pub device: Box<dyn I2cDevice>,
    pub spans: Spans,
    pub strikes: Strikes,
}

impl I2cDevice for Nack {
    fn name(&self) -> &'static str {
        self.device.name()
    }
    fn rail(&self) -> Rail {
        self.device.rail()
    }
    fn power(&mut self, at: TrueTime, on: bool) {
        self.device.power(at, on);
    }
    fn start(&mut self, at: TrueTime, direction: Direction, around: &mut Surroundings) -> Ack {
        if self.spans.holds(at) {
            self.strikes.add();
            return Ack::Nack;
        }
        self.device.start(at, direction, around)
    }
    fn write(&mut self, at: TrueTime, bytes: &[u8], around: &mut Surroundings) -> usize {
        self.device.write(at, bytes, around)
    }
    fn read(&mut self, at: TrueTime, out: &mut [u8], around: &mut Surroundings) {
        self.device.read(at, out, around);
    }
    fn stop(&mut self, at: TrueTime, around: &mut Surroundings) {
        self.device.stop(at, around);
    }
    fn next_act(&self) -> Option<TrueTime> {
        self.device.next_act()
    }
    fn registers(&self, at: TrueTime, supply: &Supply) -> Vec<RegisterView> {
        self.device.registers(at, supply)
    }
    fn power_key(&mut self, at: TrueTime, hold_ns: u64) {
        self.device.power_key(at, hold_ns);
    }
    fn act(&mut self, at: TrueTime, around: &mut Surroundings) {
        self.device.act(at, around);
    }
}

/// The battery comes off and is put back: all rails go at once, whatever the power chip was told, and come back as after a
/// power-on. Keys pressed meanwhile do nothing.
pub struct PowerCut {
    chip: Axp192,
    /// When power goes and when it is back, in order of time, and what counts it.
    cuts: VecDeque<(TrueTime, TrueTime, Strikes)>,
    /// Since when there is none.
    cut: bool,
}

impl PowerCut {
    /// Cuts that overlap are one.
    pub fn new(chip: Axp192, faults: Vec<(Spans, Strikes)>) -> Self {
        let mut cuts: Vec<_> = faults
            .into_iter()
            .flat_map(|(spans, strikes)| {
                spans.0.into_iter().map(move |(from, to)| (from, to, strikes.clone()))
            })
            .collect();
        cuts.sort_by_key(|&(from, ..)| from);
        cuts.dedup_by(|later, earlier| {
            let joined = later.0 <= earlier.1;
            if joined {
                later.2.add();
                earlier.1 = earlier.1.max(later.1);
            }
            joined
        });
        Self { chip, cuts: cuts.into(), cut: false }
    }
}

impl I2cDevice for PowerCut {
    fn name(&self) -> &'static str {
        self.chip.name()
    }
    fn rail(&self) -> Rail {
        self.chip.rail()
    }
    fn power(&mut self, at: TrueTime, on: bool) {
        self.chip.power(at, on);
    }
    fn start(&mut self, at: TrueTime, direction: Direction, around: &mut Surroundings) -> Ack {
        self.chip.start(at, direction, around)
    }
    fn write(&mut self, at: TrueTime, bytes: &[u8], around: &mut Surroundings) -> usize {
        self.chip.write(at, bytes, around)
    }
    fn read(&mut self, at: TrueTime, out: &mut [u8], around: &mut Surroundings) {
        self.chip.read(at, out, around);
    }
    fn stop(&mut self, at: TrueTime, around: &mut Surroundings) {
        self.chip.stop(at, around);
    }
    fn next_act(&self) -> Option<TrueTime> {
        match self.cuts.front() {
            Some(&(_, to, _)) if self.cut => Some(to),
            Some(&(from, ..)) => Some(self.chip.next_act().map_or(from, |own| own.min(from))),
            None => self.chip.next_act(),
        }
    }
    fn registers(&self, at: TrueTime, supply: &Supply) -> Vec<RegisterView> {
        self.chip.registers(at, supply)
    }
    fn power_key(&mut self, at: TrueTime, hold_ns: u64) {
        self.chip.power_key(at, hold_ns);
    }
    fn act(&mut self, at: TrueTime, around: &mut Surroundings) {
        if let Some((_, to, _)) = self.cuts.front()
            && self.cut
            && *to <= at
        {
            self.cuts.pop_front();
            self.cut = false;
            around.supply.reconnect();
            self.chip.power(at, true);
            self.chip.drive(around.supply);
        } else if let Some((from, _, strikes)) = self.cuts.front()
            && *from <= at
        {
            strikes.add();
            self.cut = true;
            self.chip.settle(at, around.supply);
            around.supply.disconnect();
        } else {
            self.chip.act(at, around);
        }
    }
}

/// The accelerometer and gyroscope are dead: they read zero, whatever the world does.
pub struct StuckMotion {
    pub motion: Box<dyn Motion>,
    pub spans: Spans,
    pub strikes: Strikes,
}

impl Motion for StuckMotion {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, mut out: MotionBlock<'_>) {
        self.motion.render(t0_ns, dt_ns, out.reborrow());
        for dead in self.spans.indices(t0_ns, dt_ns, out.accel_g[0].len()) {
            self.strikes.add();
            for axis in out.accel_g.iter_mut().chain(&mut out.gyro_dps) {
                axis[dead.clone()].fill(0.0);
            }
        }
    }
}

/// The microphone's membrane is dead: silence, whatever the world does.
pub struct StuckSound {
    pub sound: Box<dyn Sound>,
    pub spans: Spans,
    pub strikes: Strikes,
}

impl Sound for StuckSound {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [f32]) {
        self.sound.render(t0_ns, dt_ns, out);
        for dead in self.spans.indices(t0_ns, dt_ns, out.len()) {
            self.strikes.add();
            out[dead].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::AtRest;

    #[test]
    fn a_stuck_sensor_reads_zero_exactly_in_its_span() {
        let strikes = Strikes::default();
        let spans = Spans::new(vec![(TrueTime(3_000), TrueTime(5_000))]);
        let mut stuck = StuckMotion { motion: Box::new(AtRest), spans, strikes: strikes.clone() };
        let mut axes = [[9.0f32; 8]; 6];
        let [a, b, c, d, e, f] = &mut axes;
        stuck.render(0, 1_000.0, MotionBlock { accel_g: [a, b, c], gyro_dps: [d, e, f] });
        assert_eq!(axes[2], [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(strikes.count(), 1);
    }

    #[test]
    fn a_power_cut_takes_every_rail_and_ends_in_a_power_on() {
        let facts = node_core::boards::m5stickc::M5STICKC.pmic.as_ref().unwrap();
        let strikes = Strikes::default();
        let spans = |from, to| (Spans::new(vec![(TrueTime(from), TrueTime(to))]), strikes.clone());
        let mut chip = PowerCut::new(Axp192::new(facts), vec![spans(9_000, 9_500), spans(1_000, 3_000)]);
        let mut supply = Supply::on_battery(3_900);
        chip.chip.drive(&mut supply);
        let mut unmodelled = Vec::new();
        for (at, on) in [(1_000, false), (3_000, true), (9_000, false), (9_500, true)] {
            assert_eq!(chip.next_act(), Some(TrueTime(at)));
            chip.act(TrueTime(at), &mut Surroundings { supply: &mut supply, unmodelled: &mut unmodelled });
            assert_eq!([Rail::Always, Rail::Dcdc1].map(|rail| supply.is_on(rail)), [on; 2], "{at}");
        }
        assert_eq!((chip.next_act(), strikes.count()), (None, 2));
    }

    #[test]
    fn spans_hold_from_their_start_to_before_their_end() {
        let at = TrueTime;
        let spans = Spans::new(vec![(at(50), at(60)), (at(10), at(20)), (at(15), at(30))]);
        let held: Vec<u64> = (0..100).filter(|&ns| spans.holds(at(ns))).collect();
        assert_eq!(held, (10..30).chain(50..60).collect::<Vec<_>>());
        assert_eq!(spans.indices(5, 10.0, 6).collect::<Vec<_>>(), [1..3, 5..6]);
    }
}
