//! A sound from outside that a node hears in place of the scenario's, while it comes in.
//!
//! Whoever has it pushes samples with their times. What a node may have heard does not change any more: samples that come
//! for an earlier time are late, and there is silence in their place. So what was heard once is heard again, bit for bit,
//! when the run is gone back in; and a file of it that a scenario names gives the same trace.

use crate::parallel::lock;
use scenarios::signal::Instants;
use scenarios::signal::kernel::{HALF, TAPS};
use scenarios::signal::sound::level;
use scenarios::signal::sound::resampled::Between;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

/// As our microphones are read.
pub const RATE_HZ: u32 = 16_000;
const STEP_NS: u64 = 1_000_000_000 / RATE_HZ as u64;
/// The sound pressure level of a full-scale sine, as `nodetwin eval --replay` takes files to be.
pub const FULL_SCALE_DB: f32 = 110.0;
/// Samples that a turn keeps: twenty minutes, 77 MB. What is older is silence to who goes back that far.
const KEPT: usize = 20 * 60 * RATE_HZ as usize;

/// One node's, shared by who pushes, the chip that hears, and who looks.
#[derive(Clone, Debug, Default)]
pub struct Live(Arc<Mutex<Track>>);

#[derive(Debug, Default)]
struct Track {
    turns: Vec<Stretch>,
    /// Nothing changes before: a chip may have heard it.
    fixed_ns: u64,
}

/// From its begin to its end the node hears this and nothing else.
#[derive(Debug)]
struct Stretch {
    start_ns: u64,
    /// Not yet known while it goes on.
    end_ns: Option<u64>,
    samples: VecDeque<f32>,
    /// Samples that were forgotten.
    gone: u64,
    late: u64,
    silent: u64,
}

/// What is known of a stretch of live sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub start_ns: u64,
    /// While it goes on: until where it is fixed.
    pub end_ns: u64,
    pub goes_on: bool,
    /// What of it is kept begins here.
    pub kept_from_ns: u64,
    /// Samples that came too late to be heard.
    pub late: u64,
    /// Samples of silence because none had come in time.
    pub silent: u64,
}

/// A stretch of live sound as it was heard, to be kept and heard again.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub start_ns: u64,
    pub end_ns: u64,
    /// The samples begin here; what was before is not kept any more.
    pub from_ns: u64,
    /// 1.0 is full scale; until the end.
    pub samples: Vec<f32>,
}

impl Live {
    /// One in which all of this was heard before, and will be again.
    pub fn again(stretches: impl IntoIterator<Item = Kept>) -> Self {
        let turn = |kept: Kept| Stretch {
            start_ns: kept.start_ns,
            end_ns: Some(kept.end_ns),
            samples: kept.samples.into(),
            gone: kept.from_ns.saturating_sub(kept.start_ns) / STEP_NS,
            late: 0,
            silent: 0,
        };
        Self(Arc::new(Mutex::new(Track { turns: stretches.into_iter().map(turn).collect(), fixed_ns: 0 })))
    }

    /// All that was heard, in order of time: of what goes on, until where it cannot change any more.
    pub fn kept(&self) -> Vec<Kept> {
        let track = self.track();
        let kept = |turn: &Stretch| {
            let end_ns = turn.end_ns.unwrap_or(track.fixed_ns);
            let count = end_ns.saturating_sub(turn.start_ns).div_ceil(STEP_NS);
            let gone = turn.gone.min(count);
            (count > 0).then(|| Kept {
                start_ns: turn.start_ns,
                end_ns: turn.start_ns + count * STEP_NS,
                from_ns: turn.start_ns + gone * STEP_NS,
                samples: turn.samples.iter().take((count - gone) as usize).copied().collect(),
            })
        };
        track.turns.iter().filter_map(kept).collect()
    }

    /// Whether anything was heard, or is.
    pub fn is_silent(&self) -> bool {
        self.track().turns.is_empty()
    }

    fn track(&self) -> MutexGuard<'_, Track> {
        lock(&self.0)
    }

    /// It takes the scenario's place from that time on, or from when nobody can have heard it yet. What was heard later in
    /// an earlier take is forgotten.
    pub fn begin(&self, at_ns: u64) {
        let mut track = self.track();
        track.end();
        let start_ns = at_ns.max(track.fixed_ns).next_multiple_of(STEP_NS);
        track.turns.retain(|turn| turn.start_ns < start_ns);
        for turn in &mut track.turns {
            turn.cut(start_ns);
        }
        track.turns.push(Stretch {
            start_ns,
            end_ns: None,
            samples: VecDeque::new(),
            gone: 0,
            late: 0,
            silent: 0,
        });
        track.fixed_ns = track.fixed_ns.max(start_ns);
    }

    /// The scenario has its place again.
    pub fn end(&self) {
        self.track().end();
    }

    pub fn goes_on(&self) -> bool {
        self.track().open().is_some()
    }

    /// The run begins again: all that was heard will be heard again.
    pub fn rewind(&self) {
        let mut track = self.track();
        track.end();
        track.fixed_ns = 0;
    }

    /// All that was heard is the scenario's again, once the run is gone back in.
    pub fn forget(&self) {
        let mut track = self.track();
        track.end();
        track.turns.clear();
    }

    /// Until where a chip may have heard it: what is pushed for before is late.
    pub fn fixed_ns(&self) -> u64 {
        self.track().fixed_ns
    }

    /// Time will go on to there before somebody looks again.
    pub fn fix(&self, until_ns: u64) {
        self.track().fix(until_ns);
    }

    /// Samples from `at_ns` on, 1.0 being full scale. What is late is not heard, and counted.
    pub fn push(&self, at_ns: u64, samples: &[f32]) {
        let mut track = self.track();
        let fixed_ns = track.fixed_ns;
        let Some(turn) = track.open() else { return };
        let first_free = fixed_ns.saturating_sub(turn.start_ns).div_ceil(STEP_NS) as i64;
        let first = libm::rint((at_ns as f64 - turn.start_ns as f64) / STEP_NS as f64) as i64;
        let late = first_free.saturating_sub(first).clamp(0, samples.len() as i64);
        turn.late += late as u64;
        let samples = &samples[late as usize..];
        if samples.is_empty() {
            return;
        }
        let first = (first + late) as u64;
        // Who pushes hours ahead would fill the memory with the silence before.
        let ahead = first.saturating_sub(turn.count());
        if ahead > 10 * u64::from(RATE_HZ) {
            return;
        }
        turn.extend(std::iter::repeat_n(0.0, ahead as usize));
        turn.silent += ahead;
        let place = first.saturating_sub(turn.gone) as usize;
        let known = turn.samples.len().saturating_sub(place).min(samples.len());
        for (to, from) in turn.samples.iter_mut().skip(place).zip(samples) {
            *to = *from;
        }
        turn.extend(samples[known..].iter().copied());
    }

    /// The stretches there were, in order of time.
    pub fn turns(&self) -> Vec<Turn> {
        let track = self.track();
        let known = |turn: &Stretch| Turn {
            start_ns: turn.start_ns,
            end_ns: turn.end_ns.unwrap_or(track.fixed_ns.max(turn.start_ns)),
            goes_on: turn.end_ns.is_none(),
            kept_from_ns: turn.start_ns + turn.gone * STEP_NS,
            late: turn.late,
            silent: turn.silent,
        };
        track.turns.iter().map(known).collect()
    }

    /// What was heard between two times of one stretch, as far as it is kept and cannot change any more; and when the first
    /// of it was.
    pub fn heard(&self, from_ns: u64, to_ns: u64) -> Option<(u64, Vec<f32>)> {
        let track = self.track();
        let turn = track.turns.iter().rev().find(|turn| {
            turn.start_ns < to_ns && turn.end_ns.is_none_or(|end| from_ns < end) && !turn.samples.is_empty()
        })?;
        let end_ns = turn.end_ns.unwrap_or(track.fixed_ns).min(to_ns);
        let first = (from_ns.saturating_sub(turn.start_ns).div_ceil(STEP_NS)).max(turn.gone);
        let end = (end_ns.saturating_sub(turn.start_ns) / STEP_NS).min(turn.count());
        (first < end).then(|| {
            let range = (first - turn.gone) as usize..(end - turn.gone) as usize;
            (turn.start_ns + first * STEP_NS, turn.samples.range(range).copied().collect())
        })
    }

    /// Puts it in place of what is there, where it sounds.
    pub(super) fn render(&self, t0_ns: u64, dt_ns: f64, out: &mut [f32]) {
        let mut track = self.track();
        if track.turns.is_empty() {
            return;
        }
        let instants = Instants::new(t0_ns, dt_ns, out.len());
        // It is heard now: what the kernel saw of later must not change either.
        track.fix(instants.end_ns().saturating_add(REACH_NS));
        for turn in &track.turns {
            turn.render(&instants, out);
        }
    }
}

/// So far ahead of an instant the kernel looks.
const REACH_NS: u64 = (HALF as u64 + 2) * STEP_NS;

impl Track {
    fn open(&mut self) -> Option<&mut Stretch> {
        self.turns.last_mut().filter(|turn| turn.end_ns.is_none())
    }

    fn end(&mut self) {
        let fixed_ns = self.fixed_ns;
        if let Some(turn) = self.open() {
            turn.cut(fixed_ns.max(turn.start_ns + STEP_NS));
        }
    }

    fn fix(&mut self, until_ns: u64) {
        if until_ns <= self.fixed_ns {
            return;
        }
        self.fixed_ns = until_ns;
        if let Some(turn) = self.open() {
            let needed = until_ns.saturating_sub(turn.start_ns).div_ceil(STEP_NS);
            let missing = needed.saturating_sub(turn.count());
            turn.silent += missing;
            // More than is kept is forgotten at once.
            let more = missing.saturating_sub(KEPT as u64);
            turn.extend(std::iter::repeat_n(0.0, (missing - more) as usize));
            turn.gone += more;
        }
    }
}

impl Stretch {
    /// Samples so far, those that are forgotten as well.
    fn count(&self) -> u64 {
        self.gone + self.samples.len() as u64
    }

    fn extend(&mut self, samples: impl Iterator<Item = f32>) {
        self.samples.extend(samples);
        let surplus = self.samples.len().saturating_sub(KEPT);
        self.samples.drain(..surplus);
        self.gone += surplus as u64;
    }

    /// Ends it there, if it would be longer.
    fn cut(&mut self, end_ns: u64) {
        let count = end_ns.saturating_sub(self.start_ns).div_ceil(STEP_NS);
        let end_ns = self.start_ns + count * STEP_NS;
        if self.end_ns.is_none_or(|end| end > end_ns) {
            self.end_ns = Some(end_ns);
            self.samples.resize(count.saturating_sub(self.gone) as usize, 0.0);
        }
    }

    /// The same arithmetic as of a recording that begins at its start ([`scenarios::signal::sound::resampled`]).
    fn render(&self, instants: &Instants, out: &mut [f32]) {
        let from =
            if self.start_ns <= instants.t0_ns { 0 } else { instants.first_at_or_after(self.start_ns) };
        let to = self.end_ns.map_or(out.len(), |end_ns| instants.first_at_or_after(end_ns));
        if from >= to {
            return;
        }
        let rate_per_ns = f64::from(RATE_HZ) * 1e-9;
        let origin = -(self.start_ns as f64) * rate_per_ns + (TAPS - (HALF - 1)) as f64;
        let place = |k: usize| instants.at(k) * rate_per_ns + origin;
        let gain = level::pascal(f64::from(FULL_SCALE_DB)) * core::f64::consts::SQRT_2;
        // A recording has TAPS samples of silence before its first one.
        let first = place(from).max(0.0) as usize;
        let last = place(to - 1).max(0.0) as usize + TAPS;
        let sample = |padded: usize| {
            let index = (padded as u64).checked_sub(TAPS as u64 + self.gone)?;
            self.samples.get(index as usize).map(|x| (f64::from(*x) * gain) as f32)
        };
        let scaled: Vec<f32> = (first..last).map(|padded| sample(padded).unwrap_or(0.0)).collect();
        let kernel = Between::default();
        for (k, out) in (from..to).zip(&mut out[from..to]) {
            let place = place(k).max(0.0);
            let whole = place as usize;
            *out = kernel.at(&scaled[whole - first..whole - first + TAPS], (place - whole as f64) as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenarios::recording::AudioTrack;
    use scenarios::signal::sound::Voice;
    use scenarios::signal::sound::resampled::Resampled;
    use scenarios::signal::{Occasion, SoundWorld};

    const MS: u64 = 1_000_000;

    fn tone(count: usize) -> Vec<f32> {
        (0..count).map(|n| 0.1 * libm::sinf(core::f32::consts::TAU * 880.0 * n as f32 / 16_000.0)).collect()
    }

    fn ask(live: &Live, from_ns: u64, count: usize) -> Vec<f32> {
        let mut out = vec![7.0; count];
        live.render(from_ns, 62_500.3, &mut out);
        out
    }

    #[test]
    fn what_is_pushed_is_heard_and_before_and_after_the_scenario_is() {
        let live = Live::default();
        assert!(ask(&live, 0, 160).iter().all(|x| *x == 7.0), "nobody has begun");
        live.begin(10 * MS);
        live.push(10 * MS, &tone(1_600));
        live.fix(60 * MS);
        let heard = ask(&live, 5 * MS, 160);
        assert!(heard[..80].iter().all(|x| *x == 7.0) && heard[81] != 7.0);
        let rms = |heard: &[f32]| (heard.iter().map(|x| x * x).sum::<f32>() / heard.len() as f32).sqrt();
        // 0.1 of full scale: 20 dB below 110 dB, 20 µPa * 10^4.5.
        let heard = ask(&live, 20 * MS, 400);
        assert!((rms(&heard) / 0.632_456 - 1.0).abs() < 0.02, "{}", rms(&heard));
        live.end();
        assert!(ask(&live, 200 * MS, 16).iter().all(|x| *x == 7.0));
    }

    #[test]
    fn what_is_late_is_silence_and_counted_and_does_not_change_what_was_heard() {
        let live = Live::default();
        live.begin(0);
        live.fix(20 * MS);
        let before = ask(&live, 0, 200);
        let fixed = live.fixed_ns();
        live.push(0, &tone(1_600));
        assert_eq!(ask(&live, 0, 200), before);
        assert!(before.iter().all(|x| *x == 0.0));
        let turn = live.turns()[0];
        assert_eq!(turn.late, fixed.div_ceil(STEP_NS));
        assert_eq!(turn.silent, turn.late);
        assert!(ask(&live, 40 * MS, 200).iter().any(|x| x.abs() > 0.1));
    }

    #[test]
    fn gone_back_it_is_heard_again_and_a_new_take_forgets_what_came_after() {
        let live = Live::default();
        live.begin(10 * MS);
        live.push(10 * MS, &tone(8_000));
        let first = ask(&live, 0, 3_000);
        live.rewind();
        assert!(!live.goes_on());
        assert_eq!(ask(&live, 0, 3_000), first);
        live.rewind();
        ask(&live, 0, 800);
        let fixed = live.fixed_ns();
        live.begin(50 * MS);
        let turns = live.turns();
        assert_eq!(turns.len(), 2);
        assert!(turns[0].end_ns >= fixed && turns[1].start_ns == turns[0].end_ns, "{turns:?}");
        live.rewind();
        assert_eq!(ask(&live, 0, 800)[..], first[..800], "the chip had heard it");
        live.forget();
        live.rewind();
        assert!(ask(&live, 0, 800).iter().all(|x| *x == 7.0) && live.turns().is_empty());
    }

    #[test]
    fn a_recording_of_it_sounds_the_same_bit_for_bit() {
        let live = Live::default();
        live.begin(10 * MS + 1);
        live.push(11 * MS, &tone(5_000));
        live.fix(150 * MS);
        live.end();
        let turn = live.turns()[0];
        let (start_ns, samples) = live.heard(0, u64::MAX).unwrap();
        assert_eq!(
            (start_ns, samples.len() as u64),
            (turn.start_ns, (turn.end_ns - turn.start_ns) / STEP_NS)
        );
        let gain = level::pascal(f64::from(FULL_SCALE_DB)) * core::f64::consts::SQRT_2;
        let track = AudioTrack { rate_hz: f64::from(RATE_HZ), samples, channels: 1, bits: 32 };
        let occasion = Occasion::new(turn.start_ns, turn.end_ns - turn.start_ns);
        let voice = Voice::Recording(Resampled::new(Arc::new(track), 0, gain));
        let mut world = SoundWorld::from_voices([(occasion, voice)]);
        let mut recorded = vec![0.0; 4_000];
        world.render(3 * MS, 62_500.3, &mut recorded);
        let mut heard = vec![0.0; 4_000];
        live.render(3 * MS, 62_500.3, &mut heard);
        assert!(heard.iter().any(|x| x.abs() > 0.5));
        assert_eq!(heard, recorded);
    }

    #[test]
    fn what_is_kept_is_heard_again_in_another_run() {
        let live = Live::default();
        live.begin(10 * MS + 1);
        live.push(11 * MS, &tone(3_000));
        ask(&live, 0, 2_000);
        live.end();
        live.begin(400 * MS);
        live.push(400 * MS, &tone(1_600));
        let heard = ask(&live, 0, 7_500);
        // The second goes on: what was pushed and not yet heard is not in it.
        let kept = live.kept();
        assert_eq!(kept.len(), 2);
        let fixed_ns = live.fixed_ns();
        assert!((fixed_ns..fixed_ns + STEP_NS).contains(&kept[1].end_ns) && kept[1].samples.len() < 1_500);
        let again = Live::again(kept.clone());
        assert_eq!(ask(&again, 0, 7_500), heard);
        assert_eq!(again.kept(), kept);
        assert!(Live::default().kept().is_empty() && Live::default().is_silent() && !again.is_silent());
    }

    #[test]
    fn memory_has_a_bound_and_what_is_forgotten_is_told() {
        let live = Live::default();
        live.begin(0);
        for second in 0..21 * 60 {
            live.push(second * 1_000 * MS, &vec![0.1; RATE_HZ as usize]);
            live.fix((second + 1) * 1_000 * MS);
        }
        let turn = live.turns()[0];
        assert_eq!(turn.kept_from_ns, 60 * 1_000 * MS);
        assert_eq!(live.track().turns[0].samples.len(), KEPT);
        assert_eq!(ask(&live, 0, 100), [0.0; 100]);
        let again = Live::again(live.kept());
        assert_eq!(
            (again.turns()[0].kept_from_ns, again.turns()[0].end_ns),
            (turn.kept_from_ns, turn.end_ns)
        );
        let late = |live: &Live| ask(live, 90_000 * MS, 200);
        assert_eq!(late(&again), late(&live));
    }
}
