//! A node on hardware: picks board and program by feature, and starts the program on the board.
//!
//! - [`boards`]: which peripheral is which part of the node
//! - [`clock`], [`cycles`], [`meter`], [`audio`], [`power`], [`memory`], [`flash`]: adapters of one trait each
//! - `model`: a trained model, where one was named when this was built
//! - [`log`]: the lines that it prints; [`panic`], [`watchdog`]: what happens when it fails
//! - [`settings`], [`partition`]: what is different from device to device; [`wifi`]: the radio
//!
//! No logic of a node is here: that is [`node_core::app`].
#![no_std]
#![no_main]

#[cfg(any(feature = "esp32c3", not(feature = "wifi")))]
mod absent;
mod audio;
mod boards;
mod clock;
mod cycles;
mod flash;
mod log;
mod memory;
mod meter;
#[cfg(model)]
mod model;
mod panic;
mod partition;
mod power;
mod settings;
mod watchdog;
#[cfg(feature = "wifi")]
mod wifi;

#[cfg(all(feature = "m5stickc", feature = "esp32c3"))]
compile_error!("one board at a time: --no-default-features --features esp32c3,sound");
#[cfg(not(any(feature = "m5stickc", feature = "esp32c3")))]
compile_error!("which board? --features m5stickc or esp32c3");
#[cfg(all(model, feature = "probe"))]
compile_error!("the probe runs no model: build it without NODETWIN_MODEL");
#[cfg(all(feature = "vibration", not(model)))]
compile_error!("the machine watcher knows nothing without a model: NODETWIN_MODEL=machine.ntm");
/// As 0 or 1, so that they can be counted.
const PROGRAMS: usize = cfg!(feature = "sound") as usize
    + cfg!(feature = "motion") as usize
    + cfg!(feature = "vibration") as usize
    + cfg!(feature = "spectrometer") as usize
    + cfg!(feature = "position") as usize
    + cfg!(feature = "probe") as usize;
const _: () =
    assert!(PROGRAMS == 1, "one program at a time: --no-default-features --features m5stickc,motion");

#[cfg(feature = "motion")]
use node_core::app::motion as app;
#[cfg(feature = "position")]
use node_core::app::position as app;
#[cfg(feature = "probe")]
use node_core::app::probe as app;
#[cfg(feature = "sound")]
use node_core::app::sound as app;
#[cfg(feature = "spectrometer")]
use node_core::app::spectrometer as app;
#[cfg(feature = "vibration")]
use node_core::app::vibration as app;

use boards::{FACTS, ThisBoard};
use embassy_executor::Spawner;
use esp_hal::peripherals::LPWR;
use esp_hal::timer::timg::TimerGroup;
use meter::{CycleMeter, Totals};
use node_core::app::recogniser::Recogniser;
use node_core::board::Board;
use static_cell::StaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

const APP: &str = if cfg!(feature = "sound") {
    "sound"
} else if cfg!(feature = "motion") {
    "motion"
} else if cfg!(feature = "vibration") {
    "vibration"
} else if cfg!(feature = "spectrometer") {
    "spectrometer"
} else if cfg!(feature = "position") {
    "position"
} else {
    "probe"
};

#[cfg(not(feature = "vibration"))]
const fn future_size<P, C, F>(_run: fn(P, C) -> F) -> usize {
    size_of::<F>()
}
#[cfg(feature = "vibration")]
const fn future_size<P, C, F>(_run: fn(P, C, Recogniser<'static>) -> F) -> usize {
    size_of::<F>()
}
/// The program's whole state but for node-core's statics: what `budget.toml` limits as `state`.
#[unsafe(no_mangle)]
#[used]
static NODETWIN_RUN_BYTES: u32 = future_size(app::run::<ThisBoard>) as u32;

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    static TOTALS: StaticCell<Totals> = StaticCell::new();
    let totals: &'static Totals = TOTALS.init(Totals::new());
    let (mut board, rest) = boards::start(CycleMeter(totals));
    cycles::start();
    esp_rtos::start(TimerGroup::new(rest.timer).timer0, rest.interrupt);

    let mut partitions = partition::Partitions::new(rest.flash);
    let mut text = [0; 512];
    let settings = if partitions.read("settings", &mut text) {
        settings::parse(&text)
    } else {
        Ok(settings::Settings::default())
    };

    board.flash = FACTS.flash.as_ref().and_then(|facts| partitions.of_the_node(facts));

    let mut console = log::Console::new(rest.console);
    console
        .line(format_args!(
            "nodetwin 1 board={} app={APP} cpu_mhz={} run_bytes={} commit={} name={}",
            FACTS.name,
            esp_hal::clock::cpu_clock().as_mhz(),
            core::hint::black_box(NODETWIN_RUN_BYTES),
            env!("NODETWIN_COMMIT"),
            settings.ok().and_then(|settings| settings.name).unwrap_or(FACTS.name),
        ))
        .await;
    if let Some(reason) = memory::Reason::take() {
        console.line(format_args!("P {reason}")).await;
    }
    if let Err(error) = settings {
        console.line(format_args!("I 0 settings: {error:?}; going on without")).await;
    }

    let given = given(&mut console).await;

    spawner.spawn(log::report(console, totals).unwrap());
    spawner.spawn(watchdog::feed(rest.watchdog).unwrap());
    if let Some(given) = given {
        spawner.spawn(node(board, rest.sleep, given).unwrap());
    }
    #[cfg(feature = "wifi")]
    wifi::start(spawner, rest.radio, &settings.unwrap_or_default());
}

/// What the program goes by: its settings, and its model where there is one.
#[cfg(not(feature = "vibration"))]
type Given = (app::Config, Option<Recogniser<'static>>);
#[cfg(feature = "vibration")]
type Given = (app::Config, Recogniser<'static>);

/// `None`: a program that is nothing without its model has none that fits. The console has said why.
async fn given(console: &mut log::Console) -> Option<Given> {
    #[cfg(not(feature = "vibration"))]
    let config = app::Config::default();
    #[cfg(feature = "motion")]
    let config = app::Config { learn: true, ..config };
    #[cfg(not(model))]
    let given = {
        let _ = console;
        (config, None)
    };
    #[cfg(all(model, not(feature = "vibration")))]
    let given = match model::given(|model| config.for_model(model)) {
        Ok((config, model)) => (config, Some(model)),
        Err(wrong) => {
            console.line(format_args!("I 0 model: {wrong}; going on without")).await;
            (config, None)
        }
    };
    #[cfg(all(model, feature = "vibration"))]
    let given = match model::given(app::Config::for_model) {
        Ok(given) => given,
        Err(wrong) => {
            console.line(format_args!("I 0 model: {wrong}; without one there is nothing to do")).await;
            return None;
        }
    };
    Some(given)
}

#[embassy_executor::task]
async fn node(board: ThisBoard, sleep: LPWR<'static>, given: Given) {
    let (config, model) = given;
    #[cfg(feature = "probe")]
    let exit = {
        let _ = model;
        app::run(board.split(), config).await
    };
    #[cfg(feature = "vibration")]
    let exit = app::run(board.split(), config, model).await;
    #[cfg(not(any(feature = "probe", feature = "vibration")))]
    let exit = app::run_with(board.split(), config, model).await;
    power::leave(exit, FACTS, sleep).await
}
