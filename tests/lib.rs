//! What the integration tests share: a bare board with a program of the test's own, and where recordings lie.

pub mod blocking;

use hal_shim::board::SimBoard;
use hal_shim::cost::CostTable;
use hal_shim::device::I2cDevice;
use hal_shim::device::axp192::Axp192;
use hal_shim::device::bm8563::{Bm8563, DateTime};
use hal_shim::device::button::{Button, Press};
use hal_shim::device::mpu6886::{Imperfections, Mpu6886};
use hal_shim::device::spm1423::Spm1423;
use hal_shim::device::st7735s::St7735s;
use hal_shim::flash::Flash;
use hal_shim::node::{Node, NodeParts};
use hal_shim::supply::Supply;
use hal_shim::time::{Drift, TrueTime};
use hal_shim::world::{AtRest, Motion, Noise, Silence, Sound};
use node_core::board::Exit;
use node_core::boards::m5stickc::M5STICKC;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

/// An M5StickC without imperfections, noise or drift, in a world of the test's choosing.
pub struct Bench {
    pub motion: Box<dyn Motion>,
    pub sound: Box<dyn Sound>,
    pub imu: Imperfections,
    pub imu_drift: Drift,
    pub crystal: Drift,
    pub cpu_mhz: u32,
    pub presses_a: Vec<Press>,
    pub presses_power: Vec<Press>,
    pub grove: Vec<(u8, Box<dyn I2cDevice>)>,
    pub strict: bool,
    pub recording: bool,
}

impl Default for Bench {
    fn default() -> Self {
        Self {
            motion: Box::new(AtRest),
            sound: Box::new(Silence),
            imu: Imperfections::NONE,
            imu_drift: Drift::NONE,
            crystal: Drift::NONE,
            cpu_mhz: 240,
            presses_a: Vec::new(),
            presses_power: Vec::new(),
            grove: Vec::new(),
            strict: false,
            recording: false,
        }
    }
}

impl Bench {
    /// Powers the board on with `run` as its program.
    pub fn node<F, R>(self, run: F) -> Node
    where
        F: Fn(SimBoard) -> R + Send + 'static,
        R: Future<Output = Exit> + 'static,
    {
        let facts = &M5STICKC;
        let quiet = || Box::new(NoNoise) as Box<dyn Noise>;
        let (imu, pmic, rtc) =
            (facts.imu.as_ref().unwrap(), facts.pmic.as_ref().unwrap(), facts.rtc.as_ref().unwrap());
        let mut supply = Supply::on_battery(3_900);
        let mut power = Axp192::new(pmic);
        for press in &self.presses_power {
            power.press(press.at, press.hold_ns);
        }
        power.drive(&mut supply);
        let start = DateTime { year: 2026, month: 1, day: 5, weekday: 1, hour: 9, minute: 0, second: 0 };
        let mut button_a = Button::new(facts.button_a.as_ref().unwrap(), quiet());
        for press in &self.presses_a {
            button_a.press(*press);
        }
        let parts = NodeParts {
            facts,
            i2c_hz: None,
            cpu_mhz: Some(self.cpu_mhz),
            costs: Arc::new(CostTable::of(facts.mcu).expect("the M5StickC's MCU has a table").clone()),
            crystal: self.crystal,
            supply,
            internal: vec![
                (imu.address, Box::new(Mpu6886::new(imu, self.motion, quiet(), self.imu_drift, self.imu))),
                (pmic.address, Box::new(power)),
                (rtc.address, Box::new(Bm8563::new(rtc, start, Drift::NONE))),
            ],
            grove: self.grove,
            lcd: St7735s::new(facts.lcd.as_ref().unwrap()),
            microphone: Spm1423::new(facts.microphone.as_ref().unwrap(), self.sound, quiet()),
            receiver: None,
            flash: facts.flash.as_ref().map(|flash| Flash::new(flash, quiet())),
            button_a,
            button_b: Button::new(facts.button_b.as_ref().unwrap(), quiet()),
            presses_a: self.presses_a,
            holds: Vec::new(),
            strict: self.strict,
            recording: self.recording,
            tapping: false,
            taping: false,
        };
        Node::new(parts, Box::new(move |board| Box::pin(run(board))))
    }

    /// Runs `run` to `seconds` and returns the node.
    pub fn run_for<F, R>(self, seconds: f64, run: F) -> Node
    where
        F: Fn(SimBoard) -> R + Send + 'static,
        R: Future<Output = Exit> + 'static,
    {
        let mut node = self.node(run);
        node.advance(TrueTime((seconds * 1e9) as u64));
        node
    }
}

/// All draws are zero.
pub struct NoNoise;

impl Noise for NoNoise {
    fn normal(&mut self, out: &mut [f32]) {
        out.fill(0.0);
    }
    fn next_u64(&mut self) -> u64 {
        0
    }
}

/// The workspace's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_path_buf()
}

/// Real recordings, where there are any: `NODETWIN_DATA`, or beside the checkout. Says so when a test is skipped.
pub fn data(folder: &str) -> Option<PathBuf> {
    let base = std::env::var_os("NODETWIN_DATA")
        .map_or_else(|| root().join("../shared/data"), PathBuf::from)
        .join(folder);
    if base.is_dir() {
        return Some(base);
    }
    eprintln!("skipped: no recordings at {} (set NODETWIN_DATA)", base.display());
    None
}

/// Loads a scenario from the repository, with settings overridden.
pub fn shipped(path: &str, overrides: &[&str]) -> scenarios::Scenario {
    let sets: Vec<scenarios::Set> = overrides.iter().map(|text| scenarios::Set::new(*text)).collect();
    let known = sim::catalogue::Catalogue::builtin().known();
    scenarios::load(&root().join(path), &known, &sets).unwrap_or_else(|error| panic!("{error}"))
}

/// Loads a scenario that the test wrote; files it names lie in `dir`.
pub fn written(text: &str, dir: &std::path::Path) -> scenarios::Scenario {
    let known = sim::catalogue::Catalogue::builtin().known();
    scenarios::load_str("test.toml", text, dir, &known, &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a scenario to its end.
pub fn run(scenario: scenarios::Scenario, options: &sim::engine::Options) -> sim::outcome::Outcome {
    let twin = sim::engine::Twin::new(&sim::catalogue::Catalogue::builtin(), scenario, options)
        .unwrap_or_else(|error| panic!("{error}"));
    twin.run(|_| std::ops::ControlFlow::Continue(()))
}
