//! `bench`: how fast the twin is on this machine, beside the bare kernels on the same world.

use super::{Ending, Failure};
use crate::catalogue::Catalogue;
use crate::engine::{Options, Twin};
use node_core::app::motion::classify::{classify, features, rhythm_samples};
use node_core::app::motion::detectors::{Detectors, Found};
use node_core::app::motion::history::History;
use node_core::app::motion::pipeline::Sample;
use node_core::dsp::activity::magnitude;
use node_core::dsp::convert::to_f32;
use node_core::dsp::dc::DcBlocker;
use node_core::dsp::level::SoundLevel;
use node_core::dsp::octaves::OctaveBank;
use node_core::dsp::spectrum::Spectrum;
use node_core::dsp::weighting::{Weighting, WeightingFilter};
use node_core::event::OCTAVES;
use node_core::meter::Work;
use node_core::time::Instant as NodeInstant;
use scenarios::signal::{MotionBlock, MotionWorld, SoundWorld};
use scenarios::{LoadError, Scenario};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Measures how fast the twin runs here, on one core, beside the bare kernels on the same world
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin bench
  nodetwin bench --repeat 9
  nodetwin bench --window scenarios/motion.toml

`twin` is everything: world, chips, buses, executor, program, trace. `bare` is the world's signals and the program's
kernels in a loop, without chips or time. Their ratio is taken from neighbouring runs and holds on a noisy machine; the
factors themselves do not. The best of all repetitions is printed.")]
pub struct Args {
    /// How often each is run
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: u32,
    /// Measures instead what a frame of the window costs the app itself, onto half of this scenario's run: a build with a
    /// window (`--features desktop`) can
    #[arg(long, value_name = "SCENARIO.toml")]
    window: Option<PathBuf>,
}

struct Bench {
    name: &'static str,
    what: &'static str,
    text: &'static str,
    bare: fn(&Scenario),
}

const BENCHES: [Bench; 2] = [
    Bench {
        name: "sound",
        what: "16 kHz, pink noise and claps; A-weighting, fast and slow, octaves, spectrum each second; LCD dark",
        text: r#"
schema = 1
name = "bench: sound"
duration = "10min"
seed = 1
[[node]]
name = "n"
board = "m5stickc"
app = "sound"
[[sound]]
kind = "pink-noise"
level = "45dB"
[[sound]]
kind = "clap"
level = "85dB"
at = "5s"
every = "10s"
label = "clap"
"#,
        bare: bare_sound,
    },
    Bench {
        name: "motion",
        what: "100 Hz of six axes out of the chip's 1 kHz by its FIFO; still and walking; detectors, classes; LCD dark",
        text: r#"
schema = 1
name = "bench: motion"
duration = "1h"
seed = 1
[[node]]
name = "n"
board = "m5stickc"
app = "motion"
[[motion]]
kind = "walk"
at = "10s"
for = "20s"
every = "60s"
label = "walk"
"#,
        bare: bare_motion,
    },
];

#[cfg(not(feature = "desktop"))]
fn window(_: &Path) -> Result<Ending, Failure> {
    Err(super::view::no_window("bench --window"))
}

#[cfg(feature = "desktop")]
fn window(scenario: &Path) -> Result<Ending, Failure> {
    use crate::desktop::{desk::Desk, frame};
    use crate::live::Ask;
    // What is wrong with it is told as elsewhere.
    let catalogue = Catalogue::builtin();
    let end_ns = scenarios::load(scenario, &catalogue.known(), &[])?.duration_ns;
    let mut desk = Desk::new(std::sync::Arc::new(catalogue), true);
    desk.open(scenario, Vec::new(), None);
    desk.ask(Ask::Seek(end_ns / 2));
    if let Some(session) = &desk.session {
        session.settle(Duration::from_secs(600));
    }
    let frame = frame::cost(desk);
    let ms = |time: Duration| 1e3 * time.as_secs_f64();
    println!(
        "a frame with every panel at 1920x1080: {:.2} ms of the processor in the median, {:.2} ms at the worst",
        ms(frame.median),
        ms(frame.worst)
    );
    Ok(Ending::Pass)
}

pub fn bench(args: &Args) -> Result<Ending, Failure> {
    if let Some(scenario) = &args.window {
        return window(scenario);
    }
    let catalogue = Catalogue::builtin();
    println!(
        "{:8} {:>12} {:>12} {:>16}   on one core, times real time",
        "", "twin", "bare", "engine and chips"
    );
    for bench in &BENCHES {
        let load = || scenarios::load_str(bench.name, bench.text, Path::new(""), &catalogue.known(), &[]);
        let (mut twin, mut bare) = (Duration::MAX, Duration::MAX);
        let mut simulated_s = 0.0;
        for _ in 0..args.repeat {
            let scenario = load()?;
            simulated_s = scenario.duration_ns as f64 * 1e-9;
            let started = Instant::now();
            (bench.bare)(&scenario);
            bare = bare.min(started.elapsed());
            twin = twin.min(time_of_twin(&catalogue, scenario)?);
        }
        let factor = |took: Duration| simulated_s / took.as_secs_f64();
        let share = 1.0 - bare.as_secs_f64() / twin.as_secs_f64();
        println!(
            "{:8} {:>11.0}x {:>11.0}x {:>14.0} %   {}",
            bench.name,
            factor(twin),
            factor(bare),
            100.0 * share,
            bench.what
        );
    }
    Ok(Ending::Pass)
}

fn time_of_twin(catalogue: &Catalogue, scenario: Scenario) -> Result<Duration, LoadError> {
    let options = Options { threads: Some(1), ..Options::default() };
    let twin = Twin::new(catalogue, scenario, &options)?;
    let started = Instant::now();
    let outcome = twin.run(|_| ControlFlow::Continue(()));
    let took = started.elapsed();
    black_box(outcome.trace_hash);
    Ok(took)
}

/// What the sound app computes, block by block.
fn bare_sound(scenario: &Scenario) {
    const BLOCK: usize = 512;
    const RATE: f32 = 16_000.0;
    let dt_ns = 1e9 / f64::from(RATE);
    let Ok(mut world) = SoundWorld::new(scenario, "n") else { return };
    let (mut dc, mut weighting) = (DcBlocker::new(5.0, RATE), WeightingFilter::new(Weighting::A, RATE));
    let (mut level, mut octaves) = (SoundLevel::new(RATE), OctaveBank::<OCTAVES>::new(RATE));
    let spectrum = Spectrum::<BLOCK>::new();
    let (mut pascal, mut raw, mut plain, mut weighted) =
        ([0.0; BLOCK], [0i16; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
    let mut power = [0.0; BLOCK / 2 + 1];
    let blocks = (scenario.duration_ns as f64 / dt_ns) as u64 / BLOCK as u64;
    for block in 0..blocks {
        world.render((block as f64 * BLOCK as f64 * dt_ns) as u64, dt_ns, &mut pascal);
        for (raw, pascal) in raw.iter_mut().zip(&pascal) {
            *raw = (pascal * 2_600.0) as i16;
        }
        to_f32(&raw, &mut plain);
        dc.process(&mut plain);
        weighted.copy_from_slice(&plain);
        weighting.process(&mut weighted);
        octaves.process(&plain);
        black_box(level.process(&weighted));
        if block % 31 == 0 {
            black_box(octaves.take());
            spectrum.process(&mut plain, &mut power);
            black_box(&power);
        }
    }
}

/// What the motion app computes, read by read.
fn bare_motion(scenario: &Scenario) {
    const HOP: usize = 32;
    const RATE: f32 = 100.0;
    let dt_ns = 1e6;
    let Ok(mut world) = MotionWorld::new(scenario, "n") else { return };
    let mut detectors = Detectors::new(RATE, 0);
    let mut windows = [[0.0; 512]; 2];
    let mut history = History::new(128.max(rhythm_samples(RATE)), HOP, &mut windows);
    let mut scratch = [0.0; 512];
    let mut block = MotionBlock::new(10 * HOP / 2);
    let reads = scenario.duration_ns / (10 * HOP as u64 * dt_ns as u64);
    for read in 0..reads {
        let mut samples = [Sample::default(); HOP];
        // Two blocks of 1 kHz instants make a hop of 32 outputs.
        for half in 0..2 {
            let first = read * 10 * HOP as u64 + half as u64 * block.len as u64;
            world.render(first * dt_ns as u64, dt_ns, &mut block);
            for (out, sample) in samples[half * HOP / 2..(half + 1) * HOP / 2].iter_mut().enumerate() {
                let at = 10 * out + 9;
                let g = [0, 1, 2].map(|axis| block.accel_g[axis][at]);
                let turning = block.gyro_dps.iter().map(|axis| axis[at] * axis[at]).sum();
                *sample = Sample { g, magnitude: magnitude(g), turning };
            }
        }
        let mut found = Found::new();
        for sample in &samples {
            detectors.push(sample, || NodeInstant::BOOT, &mut found);
        }
        black_box(&found);
        history.extend(&samples);
        let mut work = Work::NONE;
        if let Some(features) = features(&history, 128, RATE, 0.025, false, &mut scratch, &mut work) {
            black_box(classify(&features, 0.025));
        }
    }
}
