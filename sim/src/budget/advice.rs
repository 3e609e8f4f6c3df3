//! "What must change to fit", and how far one could go where it fits. Every sentence rests on a run that passed.

use super::study::{Row, cpu};
use super::trial::{Change, Trial, Trials};
use crate::outcome::{NodeOutcome, Outcome};
use crate::report::numbers::{counted, percent, span};
use scenarios::units::Frequency;
use std::fmt::Write;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub text: String,
    /// With these as `--set` it was run and came out as the text says; empty where it is no setting (a stage that must shrink), or where
    /// nothing was found.
    pub sets: Vec<String>,
    /// One step further, with which it was run and does not fit; empty where no step failed.
    pub beyond: Vec<String>,
}

/// How far a setting can go.
struct Edge {
    fits: (u32, Trial),
    fails: Option<(u32, Trial)>,
}

struct Asked<'a> {
    run: &'a Outcome,
    node: &'a NodeOutcome,
    index: usize,
    base: &'a Trial,
    trials: &'a dyn Trials,
}

pub fn advise(run: &Outcome, index: usize, base: &Trial, rows: &[Row], trials: &dyn Trials) -> Vec<Advice> {
    let node = &run.nodes[index];
    if base.windows == 0 {
        return Vec::new();
    }
    let asked = Asked { run, node, index, base, trials };
    let mut advice = Vec::new();
    advice.extend(asked.frequency(rows));
    if base.in_time() {
        advice.extend(asked.slowest_bus());
        advice.extend(asked.highest_rate());
    } else {
        advice.extend(asked.faster_bus());
        advice.extend(asked.settings());
        advice.extend(asked.stages());
        if advice.iter().all(|advice| advice.sets.is_empty()) {
            let text = format!(
                "none of the {} that were tried is enough alone: no frequency of the board, no bus speed, no longer \
                 block or hop, no lower rate",
                "single changes"
            );
            advice.push(Advice { text, sets: Vec::new(), beyond: Vec::new() });
        }
    }
    advice
}

/// `0 misses, 0 overruns, worst response 11.2 ms of 20.0 ms`
fn evidence(trial: &Trial) -> String {
    let worst = trial.worst.map_or(String::new(), |(_, response, deadline)| {
        format!(", worst response {} of {}", span(response as f64), span(deadline as f64))
    });
    let utilisation = percent(trial.utilisation);
    format!("run: 0 of {} missed, no overrun{worst}, CPU {utilisation}", counted(trial.windows, "window"))
}

impl Asked<'_> {
    /// What each change came to; `None` where it was refused.
    fn attempt(&self, changes: &[Change]) -> Vec<Option<Trial>> {
        let runs = self.trials.run(changes);
        runs.iter().map(|run| run.as_ref().map(|run| Trial::of(&run.outcome, self.index))).collect()
    }

    fn key(&self, path: &str, value: &str) -> String {
        format!("node.{}.{path}={value}", self.node.name)
    }

    fn frequency(&self, rows: &[Row]) -> Option<Advice> {
        // Below a frequency that does not fit none counts: luck is no budget.
        let fitting =
            rows.iter().skip_while(|row| !row.fits(self.base)).take_while(|row| row.fits(self.base));
        let lowest = fitting.last()?;
        let below = rows.iter().find(|row| row.predicted.mhz < lowest.predicted.mhz && row.run.is_some());
        let trial = lowest.run.as_ref()?;
        let (mhz, now) = (lowest.predicted.mhz, self.node.cpu_mhz);
        let evidence = evidence(trial);
        let text = match (self.base.in_time(), mhz.cmp(&now)) {
            (true, std::cmp::Ordering::Equal) => {
                format!("{mhz} MHz is the lowest frequency of this board that fits ({evidence})")
            }
            (true, _) => format!("it fits down to {mhz} MHz ({evidence})"),
            (false, _) => {
                format!("at {mhz} MHz it fits, the lowest frequency of this board that does ({evidence})")
            }
        };
        let beyond = below.map(|row| cpu(&self.node.name, row.predicted.mhz));
        Some(Advice { text, sets: vec![cpu(&self.node.name, mhz)], beyond: beyond.into_iter().collect() })
    }

    /// Whether a pipeline waits for the board's own bus.
    fn reads_the_bus(&self) -> bool {
        self.node.sums.buses.contains_key("i2c")
            && self.node.sums.pipelines.iter().any(|sum| sum.parts.bus_ns > 0)
    }

    fn bus(&self, khz: u32) -> Change {
        Change::set(self.key("i2c", &format!("{khz}kHz")))
    }

    fn bus_khz(&self) -> Option<u32> {
        let entry = &self.run.scenario.nodes[self.index];
        let usual = super::headroom::i2c_hz(&self.node.board)?;
        Some(entry.i2c_hz.unwrap_or(usual) / 1_000)
    }

    fn faster_bus(&self) -> Option<Advice> {
        let now = self.reads_the_bus().then(|| self.bus_khz())??;
        let faster: Vec<u32> = BUS_KHZ.iter().copied().filter(|khz| *khz > now).collect();
        let changes: Vec<Change> = faster.iter().map(|khz| self.bus(*khz)).collect();
        let tried = self.attempt(&changes);
        let found =
            tried.iter().position(|trial| trial.as_ref().is_some_and(|trial| trial.fits(self.base)))?;
        let evidence = evidence(tried[found].as_ref()?);
        let text = format!("with its I2C bus at {} kHz instead of {now} it fits ({evidence})", faster[found]);
        let beyond = found.checked_sub(1).filter(|before| tried[*before].is_some());
        let beyond = beyond.map_or(Vec::new(), |before| changes[before].sets.clone());
        Some(Advice { text, sets: changes[found].sets.clone(), beyond })
    }

    /// Where it fits: how slow the bus may be, and from where on data is lost.
    fn slowest_bus(&self) -> Vec<Advice> {
        let Some(now) = self.reads_the_bus().then(|| self.bus_khz()).flatten() else { return Vec::new() };
        let in_time = self.bus_edge((now, self.base.clone()), |trial| trial.fits(self.base));
        let (khz, trial) = &in_time.fits;
        let mut text = format!("it fits with its I2C bus down to {khz} kHz ({})", evidence(trial));
        let Some((too_slow, failed)) = &in_time.fails else {
            return vec![Advice { text, sets: self.bus(*khz).sets, beyond: Vec::new() }];
        };
        let _ = write!(text, ", and at {too_slow} kHz no more ({})", failed.against(self.base));
        let sets = self.bus(*khz).sets;
        let mut advice = vec![Advice { text, sets, beyond: self.bus(*too_slow).sets }];
        let loss = match failed.overruns {
            0 => self.bus_edge((*too_slow, failed.clone()), |trial| trial.overruns == 0),
            _ => in_time,
        };
        if let Edge { fits: (khz, whole), fails: Some((losing, Trial { loss: Some(loss), .. })) } = loss {
            let windows = counted(whole.windows, "window");
            let text = format!(
                "late or not, it loses nothing with its I2C bus down to {khz} kHz (run: no overrun in {windows}); at \
                 {losing} kHz the sensor's buffer overflows: {loss}"
            );
            advice.push(Advice { text, sets: self.bus(khz).sets, beyond: self.bus(losing).sets });
        }
        advice
    }

    /// How slow the bus may be, to a kHz or two percent: by halves until one fails, then by quarters of what is between.
    fn bus_edge(&self, from: (u32, Trial), good: impl Fn(&Trial) -> bool) -> Edge {
        let mut edge = Edge { fits: from, fails: None };
        let mut steps: Vec<u32> =
            (1..=8).map(|halvings| edge.fits.0 >> halvings).filter(|khz| *khz > 0).collect();
        while !steps.is_empty() {
            let changes: Vec<Change> = steps.iter().map(|khz| self.bus(*khz)).collect();
            for (khz, trial) in steps.iter().zip(self.attempt(&changes)) {
                match trial {
                    Some(trial) if good(&trial) => edge.fits = (*khz, trial),
                    Some(trial) => {
                        edge.fails = Some((*khz, trial));
                        break;
                    }
                    None => break,
                }
            }
            let (fits, fails) = (edge.fits.0, edge.fails.as_ref().map_or(0, |(khz, _)| *khz));
            let gap = if fails == 0 { 0 } else { fits - fails };
            let fine = gap <= 1.max(fits / 50);
            steps = if fine { Vec::new() } else { (1..4).map(|quarter| fits - gap * quarter / 4).collect() };
            steps.retain(|khz| *khz > fails && *khz < fits);
            steps.dedup();
        }
        edge
    }

    /// The rate that the scenario sets, if it sets one.
    fn rate_hz(&self) -> Option<f64> {
        let mut settings = self.run.scenario.nodes[self.index].settings.clone();
        settings.take_optional::<Frequency>("rate").ok().flatten().map(|rate| rate.hz)
    }

    /// Where it fits: how many samples a second it could take.
    fn highest_rate(&self) -> Option<Advice> {
        const TIMES: [f64; 8] = [1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 10.0];
        let now = self.rate_hz()?;
        let rates: Vec<f64> = TIMES.iter().map(|times| now * times).filter(|hz| hz.fract() == 0.0).collect();
        let change = |hz: &f64| Change::set(self.key("settings.rate", &format!("{hz}Hz")));
        let changes: Vec<Change> = rates.iter().map(change).collect();
        // What the app refuses is no step.
        let taken: Vec<(f64, Trial)> = rates
            .iter()
            .copied()
            .zip(self.attempt(&changes))
            .filter_map(|(hz, trial)| Some((hz, trial?)))
            .collect();
        let fitting = taken.iter().take_while(|(_, trial)| trial.fits(self.base)).count();
        let failed = taken.get(fitting);
        let (text, sets) = match fitting.checked_sub(1) {
            None => {
                let (hz, failed) = failed?;
                let text = format!("its rate may not be raised to {hz} Hz ({})", failed.against(self.base));
                (text, Vec::new())
            }
            Some(last) => {
                let (hz, trial) = &taken[last];
                let then = failed.map_or(String::new(), |(hz, failed)| {
                    format!(", and at {hz} Hz no more ({})", failed.against(self.base))
                });
                (format!("it fits with a rate of up to {hz} Hz ({}){then}", evidence(trial)), change(hz).sets)
            }
        };
        Some(Advice { text, sets, beyond: failed.map_or(Vec::new(), |(hz, _)| change(hz).sets) })
    }

    /// Longer blocks and hops, lower rates: those settings that the app has, the mildest change first.
    fn settings(&self) -> Vec<Advice> {
        let deadline =
            self.node.sums.pipelines.iter().min_by_key(|sum| sum.slack_ns).map(|sum| sum.deadline_ns);
        let Some(deadline_us) = deadline.map(|ns| ns / 1_000) else { return Vec::new() };
        let longer = |key: &'static str| {
            let times = [2, 4, 8].map(|factor| format!("{}us", deadline_us * factor));
            (key, times.to_vec())
        };
        let lower = self.rate_hz().map(|hz| {
            let rates = [2.0, 3.0, 4.0, 6.0].map(|part| hz / part);
            let whole = rates.into_iter().filter(|hz| hz.fract() == 0.0).map(|hz| format!("{hz}Hz"));
            ("rate", whole.collect::<Vec<_>>())
        });
        let mut advice = Vec::new();
        for (key, values) in [Some(longer("block")), Some(longer("hop")), lower].into_iter().flatten() {
            let changes: Vec<Change> =
                values.iter().map(|value| Change::set(self.key(&format!("settings.{key}"), value))).collect();
            let tried = self.attempt(&changes);
            let found = tried.iter().zip(&changes).zip(&values).find_map(|((trial, change), value)| {
                let trial = trial.as_ref().filter(|trial| trial.fits(self.base))?;
                let text = format!("with {key} = \"{value}\" it fits as it is ({})", evidence(trial));
                Some(Advice { text, sets: change.sets.clone(), beyond: Vec::new() })
            });
            advice.extend(found);
        }
        advice
    }

    /// The stages that hold the CPU most, each made cheaper until it fits.
    fn stages(&self) -> Vec<Advice> {
        const SHRUNK: [u32; 5] = [800, 600, 400, 200, 50];
        let mut stages: Vec<_> =
            self.node.sums.stages.iter().filter(|stage| stage.deadline_us.is_none()).collect();
        stages.sort_by_key(|stage| (std::cmp::Reverse(stage.total_ns), stage.name));
        let mut advice = Vec::new();
        for stage in stages.into_iter().take(2) {
            let changes: Vec<Change> = SHRUNK
                .map(|permille| Change { sets: Vec::new(), stage: Some((stage.name.to_string(), permille)) })
                .to_vec();
            let tried = self.attempt(&changes);
            let found = tried.iter().zip(SHRUNK).find_map(|(trial, permille)| {
                Some((trial.as_ref().filter(|trial| trial.fits(self.base))?, permille))
            });
            let mean = stage.total_ns as f64 / stage.count.max(1) as f64;
            let Some((trial, permille)) = found else { continue };
            let text = format!(
                "if stage {} took {} % of its time ({} instead of {}) it would fit ({})",
                stage.name,
                permille / 10,
                span(mean * f64::from(permille) / 1e3),
                span(mean),
                evidence(trial)
            );
            advice.push(Advice { text, sets: Vec::new(), beyond: Vec::new() });
        }
        advice
    }
}

/// Speeds that I2C chips are sold for (I2C-bus specification UM10204: standard and fast mode), and two between.
const BUS_KHZ: [u32; 4] = [50, 100, 200, 400];

impl Row {
    pub fn fits(&self, base: &Trial) -> bool {
        self.run.as_ref().is_some_and(|trial| trial.fits(base))
    }
}
