//! The WiFi radio, as far as it listens: active scans over the channels, and the strength of what answers.
//!
//! How strongly an access point arrives at the antenna on average is the world's matter ([`Air`]); here is what a receiver
//! and the moment add: fading from scan to scan, a limit below which nothing is understood, answers that are missed, whole
//! dBm, and time. What is not modelled stands in FIDELITY.md.

use crate::machine::Machine;
use crate::trace::Fact;
use crate::world::{Air, Noise};
use node_core::boards::RadioFacts;
use node_core::radio::{DWELL_MS, Scan, Seen};
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

/// Strength from scan to scan at one place, one standard deviation. Assumed; the recordings of rooms that people published
/// scatter by 2 to 4 dB around a place's mean.
const FADING_DB: f32 = 2.5;
/// Around the sensitivity, receiving goes from half to nine tenths in about twice this. Assumed.
const EDGE_DB: f32 = 1.5;
/// Share of answers that collide with somebody else's frame, whatever their strength. Assumed.
const COLLISIONS: f32 = 0.05;
/// RSSI registers of the ESP32 saturate near the antenna. Assumed.
const STRONGEST_DBM: f32 = -10.0;

/// The receiver of one node.
pub struct Receiver {
    facts: &'static RadioFacts,
    air: Box<dyn Air>,
    noise: Box<dyn Noise>,
}

impl Receiver {
    pub fn new(facts: &'static RadioFacts, air: Box<dyn Air>, noise: Box<dyn Noise>) -> Self {
        Self { facts, air, noise }
    }

    /// What is heard on one channel, listened to in the middle of its time.
    fn listen(&mut self, channel: u8, at_ns: u64, mut hear: impl FnMut(Seen)) {
        for index in 0..self.air.stations().len() {
            let station = self.air.stations()[index];
            if station.channel != channel {
                continue;
            }
            // Each station of a channel draws as often, heard or not: who is out of reach changes nobody else's luck.
            let mut fading = [0.0];
            self.noise.normal(&mut fading);
            let luck = self.noise.next_u64() as f32 / u64::MAX as f32;
            let dbm = self.air.strength_dbm(index, at_ns) + FADING_DB * fading[0];
            let above = dbm - f32::from(self.facts.sensitivity_dbm);
            let understood = (1.0 - COLLISIONS) / (1.0 + libm::expf(-above / EDGE_DB));
            if luck < understood {
                let rssi_dbm = libm::roundf(dbm.clamp(i8::MIN.into(), STRONGEST_DBM)) as i8;
                hear(Seen { bssid: station.bssid, channel, rssi_dbm });
            }
        }
    }
}

/// The node's end of it.
pub struct SimRadio {
    machine: Rc<Machine>,
    receiver: Rc<RefCell<Receiver>>,
}

impl SimRadio {
    pub(crate) fn new(machine: Rc<Machine>, receiver: Rc<RefCell<Receiver>>) -> Self {
        Self { machine, receiver }
    }
}

impl Scan for SimRadio {
    type Error = Infallible;

    async fn scan(&mut self, found: &mut [Seen]) -> Result<usize, Infallible> {
        const DWELL_NS: u64 = DWELL_MS as u64 * 1_000_000;
        let began = self.machine.now();
        let dwell_ns = self.machine.crystal_ns(DWELL_NS);
        let mut count = 0;
        let channels = self.receiver.borrow().facts.channels;
        for channel in 1..=channels {
            let end = began + u64::from(channel) * dwell_ns;
            self.machine.at(end, "radio").await;
            self.receiver.borrow_mut().listen(channel, end.0 - dwell_ns / 2, |seen| {
                if let Some(slot) = found.get_mut(count) {
                    *slot = seen;
                    count += 1;
                }
            });
        }
        let mut trace = self.machine.trace.borrow_mut();
        found[..count].iter().for_each(|seen| trace.bytes(&seen.to_bytes()));
        drop(trace);
        self.machine.note(began, Fact::Scan { end: self.machine.now(), heard: count as u32 });
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_world::Dice;
    use crate::world::Station;

    static FACTS: RadioFacts = RadioFacts { channels: 13, sensitivity_dbm: -98 };

    /// Stations of one channel at fixed strengths.
    struct Fixed(Vec<Station>, Vec<f32>);

    impl Air for Fixed {
        fn stations(&self) -> &[Station] {
            &self.0
        }
        fn strength_dbm(&mut self, station: usize, _: u64) -> f32 {
            self.1[station]
        }
    }

    fn receiver(strengths: &[f32]) -> Receiver {
        let station = |index: usize| Station { bssid: [2, 0, 0, 0, 0, index as u8], channel: 6 };
        let air = Fixed((0..strengths.len()).map(station).collect(), strengths.to_vec());
        Receiver::new(&FACTS, Box::new(air), Box::new(Dice::new(3)))
    }

    /// How often each station was heard in so many scans, and its mean strength.
    fn heard(strengths: &[f32], scans: usize) -> Vec<(f64, f64)> {
        let mut receiver = receiver(strengths);
        let mut sums = vec![(0usize, 0.0); strengths.len()];
        for _ in 0..scans {
            receiver.listen(6, 0, |seen| {
                let (count, sum) = &mut sums[usize::from(seen.bssid[5])];
                *count += 1;
                *sum += f64::from(seen.rssi_dbm);
            });
        }
        sums.into_iter()
            .map(|(count, sum)| (count as f64 / scans as f64, sum / count.max(1) as f64))
            .collect()
    }

    #[test]
    fn what_is_strong_is_heard_but_for_collisions_and_at_its_strength() {
        let [near, edge, far] = heard(&[-50.0, -98.0, -115.0], 4_000)[..] else { panic!() };
        assert!((near.0 - 0.95).abs() < 0.015 && (near.1 + 50.0).abs() < 0.2, "{near:?}");
        assert!((edge.0 - 0.475).abs() < 0.03, "{edge:?}");
        // Of what is weak, only what fading lifted is heard: its mean says more than there is.
        assert!(edge.1 > -97.6, "{edge:?}");
        assert!(far.0 < 0.001, "{far:?}");
    }

    #[test]
    fn other_channels_are_not_heard_and_who_is_far_changes_nobody_elses_luck() {
        let mut one = Vec::new();
        receiver(&[-60.0]).listen(5, 0, |seen| one.push(seen));
        assert_eq!(one, []);
        let near_of = |other: f32| {
            let mut receiver = receiver(&[-60.0, other]);
            let mut near = Vec::new();
            for _ in 0..50 {
                receiver.listen(6, 0, |seen| near.extend((seen.bssid[5] == 0).then_some(seen.rssi_dbm)));
            }
            near
        };
        assert_eq!(near_of(-70.0), near_of(-140.0));
    }

    #[test]
    fn nothing_reads_stronger_than_the_register_can() {
        receiver(&[20.0]).listen(6, 0, |seen| assert_eq!(seen.rssi_dbm, -10));
    }
}
