//! Calibration: a device whose costs are known, the twin itself with other prices, is found again from what it prints.

use hal_shim::cost::{Calibration, CostTable, ErrorBar, ErrorKind, Grade, Row};
use hal_shim::trace::{Fact, Record};
use node_core::app::{motion, sound};
use node_core::board::{Board, LcdParts, Parts};
use node_core::boards::Mcu;
use node_core::meter::{Kernel, Meter, Stage, Window, Work};
use nodetwin_tests::shipped;
use proptest::prelude::*;
use scenarios::Settings;
use sim::calibrate::file::{Origin, from_toml, to_toml};
use sim::calibrate::profile::Profile;
use sim::calibrate::{Fit, Refusal, fit};
use sim::catalogue::{Catalogue, program};
use sim::engine::{Options, Twin};
use sim::outcome::Outcome;
use sim::tape::NodeBoard;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// All measurements of a node, in the order in which they were made.
type Works = Arc<Mutex<Vec<(Stage, Work)>>>;

/// The twin's board with a meter that remembers the work: a trace tells times only.
struct Profiled {
    board: NodeBoard,
    works: Works,
}

#[derive(Clone)]
struct Noting {
    meter: <NodeBoard as Board>::Meter,
    works: Works,
}

impl Meter for Noting {
    fn measure<R>(&self, stage: Stage, stage_body: impl FnOnce(&mut Work) -> R) -> R {
        let mut did = Work::NONE;
        let result = self.meter.measure(stage, |work| {
            let result = stage_body(work);
            did = work.clone();
            result
        });
        self.works.lock().unwrap().push((stage, did));
        result
    }
    fn window(&self, window: Window) {
        self.meter.window(window);
    }
    fn enter(&self, task: Option<&'static str>) -> Option<&'static str> {
        self.meter.enter(task)
    }
}

impl Board for Profiled {
    type I2c = <NodeBoard as Board>::I2c;
    type Grove = <NodeBoard as Board>::Grove;
    type LcdSpi = <NodeBoard as Board>::LcdSpi;
    type LcdPin = <NodeBoard as Board>::LcdPin;
    type Led = <NodeBoard as Board>::Led;
    type Button = <NodeBoard as Board>::Button;
    type Audio = <NodeBoard as Board>::Audio;
    type Radio = <NodeBoard as Board>::Radio;
    type Clock = <NodeBoard as Board>::Clock;
    type Delay = <NodeBoard as Board>::Delay;
    type Meter = Noting;
    type Power = <NodeBoard as Board>::Power;
    type RtcMemory = <NodeBoard as Board>::RtcMemory;
    type Flash = <NodeBoard as Board>::Flash;
    type Events = <NodeBoard as Board>::Events;

    fn split(self) -> Parts<Self> {
        let parts = self.board.split();
        #[expect(clippy::map_identity, reason = "the same parts of another board, which is another type")]
        let lcd = parts.lcd.map(|LcdParts { spi, dc, reset }| LcdParts { spi, dc, reset });
        Parts {
            facts: parts.facts,
            i2c: parts.i2c,
            grove: parts.grove,
            lcd,
            led: parts.led,
            button_a: parts.button_a,
            button_b: parts.button_b,
            audio: parts.audio,
            radio: parts.radio,
            clock: parts.clock,
            delay: parts.delay,
            meter: Noting { meter: parts.meter, works: self.works },
            power: parts.power,
            memory: parts.memory,
            flash: parts.flash,
            events: parts.events,
        }
    }
}

/// A little generator of the test's own.
struct Draws(u64);

impl Draws {
    /// 0 to 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn table() -> &'static CostTable {
    CostTable::of(Mcu::Esp32).unwrap()
}

/// Each kernel at another factor around a common one.
fn factors(draws: &mut Draws) -> Vec<f64> {
    let common = 0.6 + draws.uniform();
    Kernel::ALL.iter().map(|_| common * libm::exp(0.25 * draws.normal())).collect()
}

fn device(factors: &[f64]) -> Arc<Calibration> {
    let scaled = |(row, factor): (&Row, &f64)| Row {
        per_call: (f64::from(row.per_call) * factor) as f32,
        per_unit: (f64::from(row.per_unit) * factor) as f32,
        ..row.clone()
    };
    let rows = table().rows().iter().zip(factors).map(scaled).collect();
    Arc::new(Calibration { mcu: Mcu::Esp32, source: "device".into(), rows })
}

/// From one reading of the cycle counter to the next with nothing between.
const READING: u64 = 4;

const SOUND: &str = "scenarios/sound-sensor.toml";
const MOTION: &str = "scenarios/motion.toml";

/// Runs one of our apps at the device's prices, or at our own; what its meter saw, and how the run ended.
fn profiled(scenario: &str, prices: Option<Arc<Calibration>>) -> (Outcome, Vec<(Stage, Work)>) {
    let works = Works::default();
    let (heard, felt) = (works.clone(), works.clone());
    let catalogue = Catalogue::builtin()
        .app("sound", "profiled", move |settings| {
            *settings = Settings::from_text("").unwrap();
            let works = heard.clone();
            Ok(program(move |board| {
                sound::run(Profiled { board, works: works.clone() }.split(), sound::Config::default())
            }))
        })
        .app("motion", "profiled", move |settings| {
            *settings = Settings::from_text("").unwrap();
            let works = felt.clone();
            Ok(program(move |board| {
                motion::run(Profiled { board, works: works.clone() }.split(), motion::Config::default())
            }))
        });
    let options = Options { recording: true, threads: Some(1), calibration: prices, ..Options::default() };
    let twin = Twin::new(&catalogue, shipped(scenario, &[]), &options).unwrap_or_else(|e| panic!("{e}"));
    let outcome = twin.run(|_| ControlFlow::Continue(()));
    let works = works.lock().unwrap().clone();
    (outcome, works)
}

#[derive(Default)]
struct Totals {
    runs: u64,
    cycles: u64,
    min: u64,
    max: u64,
    work: BTreeMap<usize, (u64, u64)>,
}

/// Ten seconds of stages, as the firmware's `Console::totals` writes them.
fn print(us: u64, stages: &mut BTreeMap<&'static str, Totals>, log: &mut String) {
    for (stage, totals) in std::mem::take(stages) {
        let Totals { runs, cycles, min, max, work } = totals;
        write!(log, "S {us} {stage} n={runs} cycles={cycles} min={min} max={max}").unwrap();
        for (kernel, (calls, units)) in work {
            write!(log, " {:?}={calls}/{units}", Kernel::ALL[kernel]).unwrap();
        }
        log.push('\n');
    }
}

/// What the device would have said on its console, with something between the lines as on a real one.
fn log(app: &str, records: &[Record], works: &[(Stage, Work)], draws: &mut Draws) -> String {
    let mut log = format!(
        "ets Jun  8 2016 00:22:57\r\nnodetwin 1 board=m5stickc app={app} cpu_mhz=240 run_bytes=9000 commit=1 name=a b=c\n"
    );
    let mut stages: BTreeMap<&'static str, Totals> = BTreeMap::new();
    let mut next_us = 10_000_000;
    let measured = records.iter().filter_map(|record| match record.fact {
        Fact::Stage { stage, end } => Some((record.at, stage, end)),
        _ => None,
    });
    for ((at, stage, end), (of, work)) in measured.zip(works) {
        assert_eq!(stage, *of);
        while at.0 / 1_000 >= next_us {
            print(next_us, &mut stages, &mut log);
            writeln!(log, "W {next_us} block n=312 missed=0 worst_us=2210\nI {next_us} all is well").unwrap();
            next_us += 10_000_000;
        }
        let first = !stages.contains_key(stage.0);
        let totals = stages.entry(stage.0).or_default();
        // A cold cache now and then, and always at first.
        let cold = if first || draws.uniform() < 0.1 { 1.0 + 0.1 * draws.uniform() } else { 1.0 };
        let cycles = READING + (end.since(at) as f64 * 0.24 * cold) as u64;
        totals.runs += 1;
        totals.cycles += cycles;
        totals.min = if first { cycles } else { totals.min.min(cycles) };
        totals.max = totals.max.max(cycles);
        for (index, kernel) in
            Kernel::ALL.into_iter().enumerate().filter(|(_, kernel)| work.calls(*kernel) > 0)
        {
            let (calls, units) = totals.work.entry(index).or_default();
            *calls += u64::from(work.calls(kernel));
            *units += u64::from(work.units(kernel));
        }
    }
    print(next_us, &mut stages, &mut log);
    log.push_str("S 99999999 cut n=1 cyc");
    log
}

/// The logs of both apps on one device.
fn profile(factors: &[f64], draws: &mut Draws) -> Profile {
    let prices = device(factors);
    let mut profile = Profile::default();
    for (app, scenario) in [("sound", SOUND), ("motion", MOTION)] {
        let (outcome, works) = profiled(scenario, Some(prices.clone()));
        let text = log(app, &outcome.nodes[0].records, &works, draws);
        profile.join(Profile::from_log(app, &text).unwrap_or_else(|refusal| panic!("{refusal:?}"))).unwrap();
    }
    profile
}

fn fitted(profile: &Profile) -> Fit {
    fit(profile, table()).unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

#[test]
fn a_devices_costs_are_found_within_their_intervals() {
    const SEEDS: u64 = 12;
    let (mut inside, mut all, mut inside_told, mut told) = (0, 0, 0, 0);
    let mut widths = Vec::new();
    let mut missed = Vec::new();
    for seed in 0..SEEDS {
        let mut draws = Draws(seed);
        let factors = factors(&mut draws);
        let fit = fitted(&profile(&factors, &mut draws));
        assert!(fit.scales.len() >= 14, "{} kernels have work", fit.scales.len());
        for scale in &fit.scales {
            let (low, high) = scale.interval;
            let truth = factors[scale.kernel as usize];
            let found = low <= truth && truth <= high;
            all += 1;
            inside += u32::from(found);
            if scale.told_apart {
                told += 1;
                inside_told += u32::from(found);
                widths.push((high - low) / 2.0 / scale.factor);
            }
            if !found {
                missed
                    .push(format!("seed {seed}: {:?} {truth:.3} not in {low:.3} to {high:.3}", scale.kernel));
            }
        }
    }
    widths.sort_by(f64::total_cmp);
    let median = widths[widths.len() / 2];
    println!("{inside} of {all} inside, told apart {inside_told} of {told}, half width {median:.3}");
    let missed = missed.join("\n");
    assert!(
        inside * 10 >= all * 9 && inside_told * 10 >= told * 9,
        "{inside}/{all}, {inside_told}/{told}\n{missed}"
    );
    assert!(u64::from(told) >= 6 * SEEDS, "{told} told apart in {SEEDS} runs");
    assert!(median < 0.1, "an interval that says nothing holds everything: {median}");
}

fn origin() -> Origin {
    Origin {
        board: "m5stickc".into(),
        mcu: Mcu::Esp32,
        cpu_mhz: vec![240],
        commit: Some("0123abc".into()),
        files: vec!["a \"b\".log".into()],
    }
}

/// The whole way: log, fit, file, and a run at those prices beside the device.
#[test]
fn a_calibrated_run_takes_the_time_that_the_device_took() {
    let mut draws = Draws(77);
    let factors = factors(&mut draws);
    let (device_run, works) = profiled(SOUND, Some(device(&factors)));
    let text = log("sound", &device_run.nodes[0].records, &works, &mut draws);
    // To be looked at, and for `nodetwin calibrate --from` by hand.
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("device-sound.log"), &text).unwrap();
    let fit = fitted(&Profile::from_log("sound.log", &text).unwrap());
    let calibration = from_toml("desk.toml", &to_toml(&fit, &origin())).unwrap_or_else(|e| panic!("{e:?}"));
    let predicted = profiled(SOUND, Some(device(&[1.0; Kernel::COUNT]))).0;
    let calibrated = profiled(SOUND, Some(Arc::new(calibration))).0;
    let mean_ns = |outcome: &Outcome, name: &str| {
        let stage = outcome.nodes[0].sums.stages.iter().find(|stage| stage.name == name).unwrap();
        stage.total_ns as f64 / stage.count as f64
    };
    for stage in ["convert", "weighting", "octaves", "level", "second", "draw"] {
        let (truth, before) = (mean_ns(&device_run, stage), mean_ns(&predicted, stage));
        let after = mean_ns(&calibrated, stage);
        assert!(
            (after / truth - 1.0).abs() < 0.04,
            "{stage}: {after} ns, {truth} on the device, {before} predicted"
        );
    }
    let costs = &calibrated.nodes[0].costs;
    let measured = costs.rows().iter().filter(|row| row.grade == Grade::Measured).count();
    assert!(measured >= 3);
    let all = Kernel::COUNT;
    assert_eq!(costs.standing(), format!("calibrated on hardware: desk.toml, kernels {measured} of {all}"));
    // Factors of one are our own prices.
    assert_eq!(predicted.trace_hash, profiled(SOUND, None).0.trace_hash);
    assert_ne!(predicted.trace_hash, calibrated.trace_hash);
}

#[test]
fn kernels_that_the_device_never_ran_keep_their_prices_and_grades() {
    let mut draws = Draws(5);
    let factors = factors(&mut draws);
    let (outcome, works) = profiled(MOTION, Some(device(&factors)));
    let text = log("motion", &outcome.nodes[0].records, &works, &mut draws);
    let fit = fitted(&Profile::from_log("motion.log", &text).unwrap());
    let calibration = from_toml("c.toml", &to_toml(&fit, &origin())).unwrap();
    let calibrated = table().calibrated(&calibration);
    for kernel in [Kernel::Biquad, Kernel::RealFft512, Kernel::OctaveBank] {
        assert!(fit.scales.iter().all(|scale| scale.kernel != kernel));
        assert_eq!(calibrated.row(kernel), table().row(kernel));
    }
    let detectors = calibrated.row(Kernel::MotionDetectors);
    assert_eq!((detectors.grade, detectors.error.kind), (Grade::Measured, ErrorKind::Interval95));
    let ErrorBar { relative, .. } = detectors.error;
    assert!((0.005..0.2).contains(&relative), "{relative}");
}

/// Stage lines of one kernel each, at a factor.
fn alone(kernels: &[(Kernel, f64)], lines: usize) -> String {
    let mut log = String::from("nodetwin 1 board=m5stickc cpu_mhz=240\n");
    for line in 0..lines {
        for (kernel, factor) in kernels {
            let row = table().row(*kernel);
            let cycles = (factor * f64::from(row.per_call + 512.0 * row.per_unit)) as u64;
            let most = cycles + 600;
            writeln!(
                log,
                "S {line} only-{kernel:?} n=300 cycles={} min={cycles} max={most} {kernel:?}=300/153600",
                300 * cycles + 1_200
            )
            .unwrap();
        }
    }
    log
}

#[test]
fn an_outlier_is_named_with_its_line_and_widens_the_intervals() {
    let kernels = [(Kernel::Biquad, 1.2), (Kernel::Copy, 1.0), (Kernel::OctaveBank, 0.9)];
    let clean = alone(&kernels, 6);
    let fit = fitted(&Profile::from_log("a.log", &clean).unwrap());
    assert!(fit.stages.iter().all(|stage| !stage.outlier));
    for (scale, truth) in
        fit.scales.iter().map(|scale| (scale, kernels.iter().find(|k| k.0 == scale.kernel).unwrap().1))
    {
        assert!(scale.told_apart && (scale.factor / truth - 1.0).abs() < 0.01, "{scale:?}");
    }
    // The same work at twice the cycles, in a stage of its own.
    let stray = clean + "S 9 stray n=300 cycles=10400000 min=34600 max=35000 Biquad=300/153600\n";
    let fit = fitted(&Profile::from_log("a.log", &stray).unwrap());
    let found =
        fit.stages.iter().find(|stage| stage.outlier && stage.stage == "stray").expect("the stray stage");
    assert_eq!(found.place, "a.log:20");
    assert!(fit.widened > 3.0, "{}", fit.widened);
}

/// A mean over interrupts and different work is not the fewest cycles of the least work.
#[test]
fn varying_work_is_taken_by_its_mean() {
    let mut log = String::from("nodetwin 1 board=m5stickc\n");
    let row = table().row(Kernel::Glyphs);
    let cost = |units: f64| 1.5 * f64::from(row.per_call) + 1.5 * units * f64::from(row.per_unit);
    for line in 0..8u64 {
        // Half of the runs draw ten glyphs of 48 pixels, half a few more.
        let (few, many) = (cost(480.0).floor(), cost(480.0 + 48.0 * line as f64).floor());
        let sum = 50.0 * few + 50.0 * many;
        let units = 50 * 480 + 50 * (480 + 48 * line) + 1;
        writeln!(log, "S 1 draw n=100 cycles={sum:.0} min={few:.0} max={:.0} Glyphs=100/{units}", many + 1.0)
            .unwrap();
    }
    let fit = fitted(&Profile::from_log("a.log", &log).unwrap());
    let glyphs = &fit.scales[0];
    assert!((glyphs.factor / 1.5 - 1.0).abs() < 0.01, "{glyphs:?}");
    assert!(glyphs.interval.1 / glyphs.factor > 1.05, "interrupts are unknown here: {glyphs:?}");
}

#[test]
fn csv_says_the_same_as_the_log() {
    let log = "S 1 a n=10 cycles=600000 min=59000 max=61000 Biquad=10/20000\n\
               S 2 b n=20 cycles=30000 min=1400 max=1600 Copy=20/20000\n";
    let csv = "stage,n,cycles,min,max,Biquad, Copy\na,10,600000,59000,61000,10/20000,\nb,20,30000,1400,1600,,20/20000\n";
    let unplaced = |profile: Profile| {
        let lines = profile.lines.into_iter();
        lines
            .map(|line| (line.stage, line.runs, line.cycles, line.min, line.max, line.work))
            .collect::<Vec<_>>()
    };
    let (log, csv) = (Profile::from_log("l", log).unwrap(), Profile::from_csv("c", csv).unwrap());
    assert_eq!(unplaced(log), unplaced(csv));
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place_and_a_cure() {
    let line = |fields: &str| format!("nodetwin 1 board=m5stickc\nS 7 level {fields}\n");
    let good = "n=100 cycles=400000 min=4000 max=4100 SquareSum=100/51200";
    let cases: &[(String, &str)] = &[
        (String::new(), "no stage line"),
        ("nodetwin 2 board=m5stickc\n".into(), "p.log:1: the log is of version `2`"),
        ("nodetwin 1 board=a\nnodetwin 1 board=b\n".into(), "p.log:2: timings of two boards, a and b"),
        (line("n=100 cycles=400000 min=4000"), "p.log:2: level: no `max`"),
        (line("n=100 cycles=4o0000 min=4000 max=4100"), "p.log:2: cycles is `4o0000`"),
        (line("n=100 cycles=99999999999999999999 min=1 max=1"), "whole number"),
        (line("n=100 cycles=400000 min=4001 max=4100"), "do not make 400000 together"),
        (line("n=0 cycles=0 min=0 max=0"), "p.log:2: level: 0 runs"),
        (line(&format!("{good} SquareSum=1/1")), "SquareSum is there twice"),
        (line(&format!("{good} Copy=1")), "Copy is `1`, and should be calls/units"),
        (line(&format!("{good} Warp=1/9")), "no kernel is named `Warp`"),
        (line(&format!("{good} junk")), "`junk` is no field"),
        (line("n=3 cycles=12000 min=4000 max=4000 SquareSum=3/1536"), "level ran 3 times, and 10 are wanted"),
        (line("n=100 cycles=400000 min=4000 max=4000"), "level says no work"),
        (
            line(&format!("{good} TimeWeighting=100/6400")),
            "no kernel's cost can be told from another's: 2 kernels in the stage level alone",
        ),
        (line("n=100 cycles=1700 min=17 max=17 SquareSum=100/51200"), "a factor that no board explains"),
    ];
    for (text, message) in cases {
        let refusal =
            Profile::from_log("p.log", text).and_then(|profile| fit(&profile, table())).unwrap_err();
        let Refusal { message: said, help } = &refusal;
        assert!(said.contains(message) || help.contains(message), "wanted `{message}`, got {refusal:?}");
        assert!(!help.is_empty(), "{refusal:?}");
    }
    // A later firmware may say more.
    assert!(Profile::from_log("p.log", &line(&format!("{good} stack=512"))).is_ok());
    let refused = |csv: &str| Profile::from_csv("p.csv", csv).unwrap_err().message;
    assert!(refused("stage,n\n").starts_with("p.csv:1: no column `cycles`"));
    assert!(refused("stage,n,cycles,min,max\na,1\n").starts_with("p.csv:2: "));
    assert!(
        refused("stage,n,cycles,min,max\na,1,5,5,5\n,1,5,5,5\n")
            .starts_with("p.csv:3: the stage has no name")
    );
    let bad = |text: &str| from_toml("c.toml", text).unwrap_err();
    let whole =
        to_toml(&fitted(&Profile::from_log("a", &alone(&[(Kernel::Biquad, 1.2)], 3)).unwrap()), &origin());
    assert!(from_toml("c.toml", &whole).is_ok(), "{whole}");
    assert!(
        bad(&whole.replace("factor = 1.2", "factor = -1.2")).message.contains("Biquad: a factor of -1.2")
    );
    assert!(bad(&whole.replace("kernel.Biquad", "kernel.Warp")).message.contains("no kernel `Warp`"));
    assert!(bad(&whole.replace("esp32", "esp8266")).message.contains("no mcu `esp8266`"));
    assert!(bad(&whole.replace("schema = 1", "schema = 9")).message.contains("schema is 9"));
    assert!(bad("not toml at all").message.contains("line 1"));
}

/// ESP32-C3: a board of the firmware's that the twin does not have.
#[test]
fn a_board_of_the_firmwares_alone_is_refused_by_name() {
    let text = "schema = 1\nname = \"x\"\nduration = \"5s\"\nseed = 1\n[[node]]\nname = \"n\"\n\
                board = \"esp32c3\"\napp = \"motion\"\n";
    let known = Catalogue::builtin().known();
    let error = scenarios::load_str("c3.toml", text, Path::new(""), &known, &[]).unwrap_err().to_string();
    assert!(
        error.starts_with("c3.toml:7:9: ") && error.contains("esp32c3") && error.contains("m5stickc"),
        "{error}"
    );
}

#[test]
fn a_calibration_of_another_mcu_is_refused() {
    let of = Calibration { mcu: Mcu::Esp32C3, source: "c3.toml".into(), rows: Vec::new() };
    let options = Options { calibration: Some(Arc::new(of)), ..Options::default() };
    let error = Twin::new(&Catalogue::builtin(), shipped(MOTION, &[]), &options).err().unwrap().to_string();
    assert!(error.contains("c3.toml was measured on an Esp32C3, and m5stickc has an Esp32"), "{error}");
}

/// Anything at all, and things that are nearly right.
fn hostile() -> impl Strategy<Value = String> {
    let number = prop_oneof![Just(0u64), Just(1), Just(u64::MAX), 1u64..100_000, any::<u64>()];
    let kernel = prop_oneof![
        (0..Kernel::COUNT).prop_map(|index| format!("{:?}", Kernel::ALL[index])),
        Just("Warp".to_string())
    ];
    let work = proptest::collection::vec((kernel, number.clone(), number.clone()), 0..4);
    let line = ("[a-c]{1,2}", number.clone(), 1u64..60_000, 0u64..300, work, any::<bool>()).prop_map(
        |(stage, runs, min, more, work, sound)| {
            let runs = if sound { runs % 500 + 1 } else { runs };
            let cycles = runs.saturating_mul(min).saturating_add(more);
            let max = min.saturating_add(more);
            let work: Vec<String> = work
                .into_iter()
                .map(|(kernel, calls, units)| {
                    let calls = if sound { calls % 9 * runs } else { calls };
                    format!(" {kernel}={calls}/{}", if sound { units % 9_999 * runs } else { units })
                })
                .collect();
            format!("S 1 {stage} n={runs} cycles={cycles} min={min} max={max}{}\n", work.concat())
        },
    );
    let anything =
        prop_oneof![any::<String>(), "[ -~\\n]{0,80}", "S [ -~]{0,60}\n", "nodetwin [ -~]{0,40}\n"];
    prop_oneof![
        3 => proptest::collection::vec(line, 0..12).prop_map(|lines| lines.concat()),
        1 => proptest::collection::vec(anything, 0..4).prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// An error with a cure or a result that makes sense; never a panic.
    #[test]
    fn any_text_gives_a_calibration_or_a_cure(text in hostile()) {
        let csv = text.replace([' ', '='], ",");
        if let Err(refusal) = Profile::from_csv("p.csv", &csv) {
            prop_assert!(refusal.message.starts_with("p.csv:") && !refusal.help.is_empty());
        }
        if let Err(refusal) = from_toml("c.toml", &text) {
            prop_assert!(!refusal.help.is_empty());
        }
        match Profile::from_log("p.log", &text) {
            Err(refusal) => {
                let place = refusal.message.strip_prefix("p.log:").and_then(|rest| rest.split_once(": "));
                prop_assert!(place.is_some_and(|(line, _)| line.parse::<usize>().is_ok()), "{:?}", refusal);
                prop_assert!(!refusal.help.is_empty());
            }
            Ok(profile) => match fit(&profile, table()) {
                Err(refusal) => prop_assert!(!refusal.message.is_empty() && !refusal.help.is_empty()),
                Ok(fit) => {
                    for scale in &fit.scales {
                        let (low, high) = scale.interval;
                        prop_assert!(scale.factor.is_finite() && scale.factor >= 0.0, "{:?}", scale);
                        prop_assert!(low <= scale.factor && scale.factor <= high && high.is_finite(), "{:?}", scale);
                    }
                    prop_assert!(fit.rms.is_finite() && fit.widened >= 1.0);
                    let toml = to_toml(&fit, &origin());
                    prop_assert!(from_toml("c.toml", &toml).is_ok(), "{}", toml);
                }
            },
        }
    }
}
