//! From a scenario's node to hardware: chips from the board's facts, the world at their inputs, faults around them.

use super::hand::Hand;
use super::live::Live;
use super::world::{Felt, Heard, NodeStreams, OnAir, Seen};
use crate::catalogue::Catalogue;
use hal_shim::cost::{Calibration, CostTable};
use hal_shim::device::I2cDevice;
use hal_shim::device::axp192::Axp192;
use hal_shim::device::bm8563::{Bm8563, DateTime};
use hal_shim::device::button::{Button, Press};
use hal_shim::device::mpu6886::{Imperfections, Mpu6886};
use hal_shim::device::spm1423::Spm1423;
use hal_shim::device::st7735s::St7735s;
use hal_shim::fault::{Nack, PowerCut, Spans, Strikes, StuckMotion, StuckSound};
use hal_shim::flash::Flash;
use hal_shim::node::{CpuHold, Node, NodeParts, Program};
use hal_shim::radio::Receiver;
use hal_shim::supply::Supply;
use hal_shim::time::{Drift, TrueTime};
use hal_shim::world::{Motion, Sound, Streams};
use node_core::boards::BoardFacts;
use node_core::time::Duration;
use scenarios::schema::{self, Button as ButtonName};
use scenarios::shelf::Shelf;
use scenarios::signal::{LightWorld, MotionWorld, RadioWorld, SoundWorld, WorldError};
use scenarios::{Problem, Scenario};
use std::sync::Arc;

pub struct Assembled {
    pub node: Node,
    pub cpu_mhz: u32,
    pub costs: Arc<CostTable>,
}

/// How far oscillators of this kind are off, where the scenario does not say: ppm, one standard deviation.
mod spread {
    /// Crystals of development boards are sold as ±10 ppm (assumed).
    pub const CPU_PPM: f32 = 5.0;
    /// The MPU6886's own oscillator: ±1 % (datasheet DS-000193), taken as two deviations.
    pub const IMU_PPM: f32 = 5_000.0;
    /// 32 kHz tuning-fork crystals are sold as ±20 ppm (assumed).
    pub const RTC_PPM: f32 = 10.0;
}

pub struct Wanted<'a> {
    pub catalogue: &'a Catalogue,
    pub scenario: &'a Scenario,
    pub index: usize,
    /// One per fault of the scenario.
    pub strikes: &'a [Strikes],
    pub recording: bool,
    pub tapping: bool,
    pub taping: bool,
    pub strict: bool,
    pub calibration: Option<&'a Calibration>,
    /// Of whoever may take the board in hand.
    pub hand: Option<&'a Hand>,
    /// Of whoever may sound in place of the scenario's world.
    pub live: Option<&'a Live>,
}

pub fn assemble(wanted: &Wanted, shelf: &mut Shelf) -> Result<Assembled, Problem> {
    let Wanted { catalogue, scenario, index, .. } = *wanted;
    let entry = &scenario.nodes[index];
    let facts = catalogue.board(&entry.board).ok_or_else(|| {
        Problem::new(entry.board_span, format!("no board `{}`", entry.board), "board = \"m5stickc\"")
    })?;
    let costs = Arc::new(prices(facts, entry, wanted.calibration)?);
    let streams =
        NodeStreams { streams: scenarios::rng::Streams::new(scenario.seed), node: entry.name.clone() };
    let mut settings = entry.settings.clone();
    let program = catalogue.build_app(&entry.app, &mut settings).ok_or_else(|| {
        let names: Vec<&str> = catalogue.apps().map(|(name, _)| name).collect();
        let help = format!("there are: {}", names.join(", "));
        Problem::new(entry.app_span, format!("no app `{}`", entry.app), help)
    })??;
    settings.finish()?;

    let drift = drifts(entry, &streams);
    let (internal, supply) = board_chips(wanted, facts, &streams, &drift, shelf)?;
    let mut grove = Vec::new();
    for device in &entry.devices {
        let mut settings = device.settings.clone();
        let scene = Box::new(Seen(LightWorld::new(scenario, index)));
        let made = catalogue.build_device(&device.kind, device.address, &mut settings, &streams, scene);
        let chip = made.ok_or_else(|| {
            Problem::new(device.kind_span, format!("no device `{}`", device.kind), "see `nodetwin new --app`")
        })??;
        settings.finish()?;
        grove.push((device.address, chip));
    }
    let grove = grove.into_iter().map(|(address, chip)| (address, refusing(wanted, chip))).collect();

    // The loader has held it against what the board can run at.
    let cpu_mhz = entry.cpu_hz.map_or(facts.cpu_mhz[0], |hz| hz / 1_000_000);
    let presses = |button| presses(scenario, index, button);
    let pin = |facts: &Option<node_core::boards::PinFacts>, name: &str, button| {
        let facts = facts.as_ref().ok_or_else(|| missing(entry, name))?;
        let mut pin = Button::new(facts, streams.stream(&format!("{name}.bounce")));
        for press in presses(button) {
            pin.press(press);
        }
        Ok::<_, Problem>(pin)
    };
    let lcd = facts.lcd.as_ref().ok_or_else(|| missing(entry, "LCD"))?;
    let microphone = facts.microphone.as_ref().ok_or_else(|| missing(entry, "microphone"))?;
    let sound =
        SoundWorld::with_shelf(scenario, &entry.name, shelf).map_err(|error| no_world(entry, error))?;
    let mut sound: Box<dyn Sound> = Box::new(Heard::new(sound, wanted.live.cloned()));
    for (fault, strikes) in faults(wanted, "stuck", Some("mic")) {
        sound = Box::new(StuckSound { sound, spans: spans(fault), strikes: strikes.clone() });
    }
    let holds = faults(wanted, "stall", None).flat_map(|(fault, strikes)| {
        fault.when.occurrences(0).map(|(from, to)| CpuHold {
            at: TrueTime(from),
            ns: to - from,
            strikes: strikes.clone(),
        })
    });
    let parts = NodeParts {
        facts,
        i2c_hz: entry.i2c_hz,
        cpu_mhz: Some(cpu_mhz),
        costs: costs.clone(),
        crystal: drift.cpu,
        supply,
        internal,
        grove,
        lcd: St7735s::new(lcd),
        microphone: Spm1423::new(microphone, sound, streams.stream("mic.noise")),
        receiver: facts.radio.as_ref().map(|radio| {
            Receiver::new(
                radio,
                Box::new(OnAir::new(RadioWorld::new(scenario, index))),
                streams.stream("radio.fading"),
            )
        }),
        flash: facts.flash.as_ref().map(|flash| Flash::new(flash, streams.stream("flash.power-cut"))),
        button_a: pin(&facts.button_a, "button-a", ButtonName::A)?,
        button_b: pin(&facts.button_b, "button-b", ButtonName::B)?,
        presses_a: presses(ButtonName::A),
        holds: holds.collect(),
        strict: wanted.strict,
        recording: wanted.recording,
        tapping: wanted.tapping,
        taping: wanted.taping,
    };
    Ok(Assembled { node: Node::new(parts, within(program, &entry.deadlines)), cpu_mhz, costs })
}

/// The program, held to these deadlines at each of its boots.
fn within(program: Program, deadlines: &[schema::Deadline]) -> Program {
    if deadlines.is_empty() {
        return program;
    }
    let deadlines = deadlines.to_vec();
    Box::new(move |board| {
        for deadline in &deadlines {
            board.set_deadline(&deadline.pipeline, Duration::from_micros(deadline.within_ns / 1_000));
        }
        program(board)
    })
}

/// The prices of the board's MCU, as a device measured them where one did.
fn prices(
    facts: &BoardFacts,
    entry: &schema::Node,
    calibration: Option<&Calibration>,
) -> Result<CostTable, Problem> {
    let table = CostTable::of(facts.mcu).ok_or_else(|| {
        let message =
            format!("nobody has counted yet what computing costs on the {:?} of {}", facts.mcu, facts.name);
        Problem::new(entry.board_span, message, "board = \"m5stickc\"")
    })?;
    match calibration {
        None => Ok(table.clone()),
        Some(by) if by.mcu == facts.mcu => Ok(table.calibrated(by)),
        Some(by) => {
            let message = format!(
                "{} was measured on an {:?}, and {} has an {:?}",
                by.source, by.mcu, facts.name, facts.mcu
            );
            let help = "run this scenario with a calibration of its own board, or without --calibration";
            Err(Problem::new(entry.board_span, message, help))
        }
    }
}

struct Drifts {
    cpu: Drift,
    imu: Drift,
    rtc: Drift,
}

fn drifts(entry: &schema::Node, streams: &NodeStreams) -> Drifts {
    let drift = |given: Option<f64>, name: &str, spread: f32| {
        let ppm = given.unwrap_or_else(|| f64::from(streams.named(name).normal() * spread));
        Drift::from_ppb((ppm * 1_000.0) as i32)
    };
    Drifts {
        cpu: drift(entry.drift.cpu_ppm, "cpu.drift", spread::CPU_PPM),
        imu: drift(entry.drift.imu_ppm, "imu.drift", spread::IMU_PPM),
        rtc: drift(entry.drift.rtc_ppm, "rtc.drift", spread::RTC_PPM),
    }
}

type Chips = Vec<(u8, Box<dyn I2cDevice>)>;

fn board_chips(
    wanted: &Wanted,
    facts: &'static BoardFacts,
    streams: &NodeStreams,
    drift: &Drifts,
    shelf: &mut Shelf,
) -> Result<(Chips, Supply), Problem> {
    let Wanted { scenario, index, .. } = *wanted;
    let entry = &scenario.nodes[index];
    let mut supply = Supply::on_battery(battery_mv(entry.battery_level));
    let mut chips: Chips = Vec::new();
    if let Some(imu) = &facts.imu {
        let world =
            MotionWorld::with_shelf(scenario, &entry.name, shelf).map_err(|error| no_world(entry, error))?;
        let mut motion: Box<dyn Motion> = Box::new(Felt::new(world, wanted.hand.cloned()));
        for (fault, strikes) in faults(wanted, "stuck", Some("imu")) {
            motion = Box::new(StuckMotion { motion, spans: spans(fault), strikes: strikes.clone() });
        }
        let quirks = imperfections(&entry.imu, streams);
        let chip = Mpu6886::new(imu, motion, streams.stream("imu.noise"), drift.imu, quirks);
        chips.push((imu.address, Box::new(chip)));
    }
    if let Some(pmic) = &facts.pmic {
        let mut chip = Axp192::new(pmic);
        for press in presses(scenario, index, ButtonName::Power) {
            chip.press(press.at, press.hold_ns);
        }
        chip.drive(&mut supply);
        let cuts = faults(wanted, "power-cut", None).map(|(fault, strikes)| (spans(fault), strikes.clone()));
        chips.push((pmic.address, Box::new(PowerCut::new(chip, cuts.collect()))));
    }
    if let Some(rtc) = &facts.rtc {
        chips.push((rtc.address, Box::new(Bm8563::new(rtc, CLOCK_AT_START, drift.rtc))));
    }
    let chips = chips.into_iter().map(|(address, chip)| (address, refusing(wanted, chip))).collect();
    Ok((chips, supply))
}

/// The chip, with the faults in which it does not acknowledge.
fn refusing(wanted: &Wanted, chip: Box<dyn I2cDevice>) -> Box<dyn I2cDevice> {
    let around = |device: Box<dyn I2cDevice>, (fault, strikes): (&schema::Fault, &Strikes)| {
        Box::new(Nack { device, spans: spans(fault), strikes: strikes.clone() }) as Box<dyn I2cDevice>
    };
    let name = chip.name();
    faults(wanted, "nack", Some(name)).fold(chip, around)
}

/// What the RTC shows when a scenario begins.
const CLOCK_AT_START: DateTime =
    DateTime { year: 2026, month: 1, day: 5, weekday: 1, hour: 9, minute: 0, second: 0 };

/// A LiPo cell's rest voltage over its charge, coarse: 3.3 V empty, 3.7 V half, 4.2 V full (assumed).
fn battery_mv(level: Option<f32>) -> u16 {
    let level = level.unwrap_or(0.8).clamp(0.0, 1.0);
    if level < 0.5 { 3_300 + (level * 800.0) as u16 } else { 3_700 + ((level - 0.5) * 1_000.0) as u16 }
}

/// Zero-g offset ±60 mg and zero-rate offset ±1 dps at the data sheet's typical, where the scenario does not say:
/// drawn, because a twin without offsets would flatter every algorithm that assumes none.
fn imperfections(given: &schema::Imu, streams: &NodeStreams) -> Imperfections {
    let mut draws = streams.named("imu.bias");
    let mut draw = |deviation: f32| [0; 3].map(|_| draws.normal() * deviation);
    let (bias_g, bias_dps) = (draw(0.02), draw(0.5));
    let scale = given.noise.unwrap_or(1.0);
    let typical = Imperfections::TYPICAL;
    Imperfections {
        bias_g: given.accel_bias_g.unwrap_or(bias_g),
        bias_dps: given.gyro_bias_dps.unwrap_or(bias_dps),
        accel_noise_density: typical.accel_noise_density * scale,
        gyro_noise_density: typical.gyro_noise_density * scale,
    }
}

/// When a scenario presses a button of one of its nodes, in order of time.
pub(super) fn presses(scenario: &Scenario, index: usize, button: ButtonName) -> Vec<Press> {
    let mine = |press: &&schema::Press| press.button == button && press.node.is_none_or(|node| node == index);
    let each = scenario.presses.iter().filter(mine).flat_map(|press| press.when.occurrences(0));
    let mut presses: Vec<Press> =
        each.map(|(from, to)| Press { at: TrueTime(from), hold_ns: to - from }).collect();
    presses.sort_by_key(|press| press.at);
    presses
}

fn faults<'a>(
    wanted: &'a Wanted,
    kind: &'static str,
    target: Option<&'static str>,
) -> impl Iterator<Item = (&'a schema::Fault, &'a Strikes)> {
    let index = wanted.index;
    wanted.scenario.faults.iter().zip(wanted.strikes).filter(move |(fault, _)| {
        fault.kind == kind && fault.target.as_deref() == target && fault.node.is_none_or(|node| node == index)
    })
}

fn spans(fault: &schema::Fault) -> Spans {
    Spans::new(fault.when.occurrences(0).map(|(from, to)| (TrueTime(from), TrueTime(to))).collect())
}

fn missing(entry: &schema::Node, part: &str) -> Problem {
    let message = format!("the twin of {} needs a {part}, and the board has none", entry.board);
    Problem::new(entry.board_span, message, "board = \"m5stickc\"")
}

/// The recordings were read and checked before: what is left can only be wrong with the node.
fn no_world(entry: &schema::Node, error: WorldError) -> Problem {
    Problem::new(entry.span, error.to_string(), "see `nodetwin doctor` for the recordings it names")
}
