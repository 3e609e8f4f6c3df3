//! What a scenario may name: boards, apps, chips for the socket, faults. Ours and other people's alike.

use crate::tape::{NodeBoard, Reel};
use hal_shim::device::I2cDevice;
use hal_shim::device::as7265x::As7265x;
use hal_shim::node::Program;
use hal_shim::time::Drift;
use hal_shim::world::{Scene, Streams};
use node_core::app::probe::SAYS;
use node_core::app::spectrometer::pipeline::SAYS as SPECTROMETER_SAYS;
use node_core::board::Exit;
use node_core::boards::m5stickc::M5STICKC;
use node_core::boards::{BoardFacts, Rail};
use node_core::drivers::as7265x;
use node_core::event::Event;
use node_core::tape::record::{Taped, watched};
use scenarios::known::{Known, KnownBoard, KnownChip, KnownDevice, KnownFault};
use scenarios::{Problem, Settings};
use std::future::Future;
use std::sync::Arc;

/// Turns a node's settings into the program it runs; what it does not know, it refuses.
pub type BuildApp = dyn Fn(&mut Settings) -> Result<Program, Problem> + Send + Sync;

/// Makes a chip for the socket.
pub type BuildDevice = dyn Fn(DeviceRequest) -> Result<Box<dyn I2cDevice>, Problem> + Send + Sync;

/// What a scenario says of a chip in the socket.
pub struct DeviceRequest<'a> {
    pub address: u8,
    pub settings: &'a mut Settings,
    /// The node's random streams; name yours after your chip.
    pub streams: &'a dyn Streams,
    /// What a chip that sees light looks at.
    pub scene: Box<dyn Scene>,
}

#[derive(Clone)]
pub struct Catalogue {
    boards: Vec<&'static BoardFacts>,
    apps: Vec<AppEntry>,
    devices: Vec<DeviceEntry>,
    events: Vec<&'static str>,
}

#[derive(Clone)]
struct AppEntry {
    name: &'static str,
    about: &'static str,
    build: Arc<BuildApp>,
}

#[derive(Clone)]
struct DeviceEntry {
    kind: &'static str,
    address: u8,
    build: Arc<BuildDevice>,
}

/// Makes a program of anyone's `run`: `program(move |board| my::run(board.split(), config.clone()))`. Whatever the board
/// is asked can go on a tape.
pub fn program<F, R>(run: F) -> Program
where
    F: Fn(NodeBoard) -> R + Send + 'static,
    R: Future<Output = Exit> + 'static,
{
    Box::new(move |board| {
        let reel = Reel::of(&board);
        Box::pin(watched(reel.clone(), Box::pin(run(Taped::new(board, reel)))))
    })
}

impl Catalogue {
    /// No apps and no chips for the socket; the boards that come with it.
    pub fn empty() -> Self {
        Self { boards: vec![&M5STICKC], apps: Vec::new(), devices: Vec::new(), events: Event::KINDS.to_vec() }
    }

    pub fn builtin() -> Self {
        use crate::apps::{motion, position, probe, sound, spectrometer, vibration};
        let apps = Self::empty()
            .app("sound", sound::ABOUT, sound::build)
            .app("motion", motion::ABOUT, motion::build)
            .app("vibration", vibration::ABOUT, vibration::build)
            .app("probe", probe::ABOUT, probe::build)
            .app("spectrometer", spectrometer::ABOUT, spectrometer::build)
            .app("position", position::ABOUT, position::build)
            .device("as7265x", as7265x::regs::ADDRESS, spectral_chip);
        SAYS.iter().chain(SPECTROMETER_SAYS).fold(apps, |catalogue, (name, _)| catalogue.event(name))
    }

    /// Adds an app, or replaces one of this name.
    pub fn app(
        mut self,
        name: &'static str,
        about: &'static str,
        build: impl Fn(&mut Settings) -> Result<Program, Problem> + Send + Sync + 'static,
    ) -> Self {
        self.apps.retain(|app| app.name != name);
        self.apps.push(AppEntry { name, about, build: Arc::new(build) });
        self
    }

    /// Adds a chip for the socket, at the address it has unless a scenario says otherwise.
    pub fn device(
        mut self,
        kind: &'static str,
        address: u8,
        build: impl Fn(DeviceRequest) -> Result<Box<dyn I2cDevice>, Problem> + Send + Sync + 'static,
    ) -> Self {
        self.devices.retain(|device| device.kind != kind);
        self.devices.push(DeviceEntry { kind, address, build: Arc::new(build) });
        self
    }

    /// Adds the name of an event that an app says with `Event::Custom`, so that expectations may ask for it.
    pub fn event(mut self, name: &'static str) -> Self {
        self.events.push(name);
        self
    }

    pub fn apps(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.apps.iter().map(|app| (app.name, app.about))
    }

    /// What the loader of scenarios has to know of all this.
    pub fn known(&self) -> Known {
        Known {
            boards: self.boards.iter().map(|facts| known_board(facts)).collect(),
            apps: self.apps.iter().map(|app| app.name.to_string()).collect(),
            devices: self
                .devices
                .iter()
                .map(|device| KnownDevice { name: device.kind.to_string(), address: Some(device.address) })
                .collect(),
            faults: known_faults(),
            events: self.events.iter().map(|event| event.to_string()).collect(),
        }
    }

    pub(crate) fn board(&self, name: &str) -> Option<&'static BoardFacts> {
        self.boards.iter().find(|board| board.name == name).copied()
    }

    pub(crate) fn build_app(&self, name: &str, settings: &mut Settings) -> Option<Result<Program, Problem>> {
        self.apps.iter().find(|app| app.name == name).map(|app| (app.build)(settings))
    }

    pub(crate) fn build_device(
        &self,
        kind: &str,
        address: u8,
        settings: &mut Settings,
        streams: &dyn Streams,
        scene: Box<dyn Scene>,
    ) -> Option<Result<Box<dyn I2cDevice>, Problem>> {
        let device = self.devices.iter().find(|device| device.kind == kind)?;
        Some((device.build)(DeviceRequest { address, settings, streams, scene }))
    }
}

/// 5 V of the socket come from the power chip's EXTEN. Its oscillator is off by half a percent, one standard deviation (assumed).
fn spectral_chip(request: DeviceRequest) -> Result<Box<dyn I2cDevice>, Problem> {
    let mut draw = [0.0];
    request.streams.stream("as7265x.drift").normal(&mut draw);
    let drift = Drift::from_ppb((draw[0] * 5e6) as i32);
    let noise = request.streams.stream("as7265x.noise");
    Ok(Box::new(As7265x::new(Rail::Exten, request.scene, noise, drift)))
}

fn known_board(facts: &BoardFacts) -> KnownBoard {
    let chip = |name: &str, address| KnownChip { name: name.to_string(), bus: "i2c".to_string(), address };
    let chips = [("mpu6886", &facts.imu), ("axp192", &facts.pmic), ("bm8563", &facts.rtc)];
    KnownBoard {
        name: facts.name.to_string(),
        cpu_hz: facts.cpu_mhz.iter().map(|mhz| mhz * 1_000_000).collect(),
        buses: facts.grove.iter().map(|_| "grove".to_string()).collect(),
        chips: chips
            .iter()
            .filter_map(|(name, chip_facts)| Some(chip(name, chip_facts.as_ref()?.address)))
            .collect(),
    }
}

/// The faults that a model implements; a scenario that asks for another is refused when it is loaded.
fn known_faults() -> Vec<KnownFault> {
    let fault = |name: &str, targets: &[&str]| KnownFault {
        name: name.to_string(),
        targets: targets.iter().map(|target| target.to_string()).collect(),
    };
    vec![
        fault("nack", &["mpu6886", "axp192", "bm8563", "as7265x"]),
        fault("power-cut", &[]),
        fault("stall", &[]),
        fault("stuck", &["imu", "mic"]),
    ]
}
