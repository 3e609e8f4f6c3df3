//! The first program on a new board: asks each part once what it is and what it reads, then tells gravity and sound level
//! now and then. The twin shows what a good board says (`scenarios/probe.toml`); `firmware-esp32/HARDWARE.md` is the list
//! to go through with a real one.
//!
//! Everything is told as a named number ([`SAYS`]). What a board lacks is not told.

use super::bring_up::{self, Wanted};
use super::button;
use super::health::Health;
use super::panel::Button;
use crate::audio::AudioIn;
use crate::board::{Board, Events, Exit, Parts};
use crate::boards::{BoardFacts, MicrophoneFacts};
use crate::bus::Shared;
use crate::drivers::bm8563::Bm8563;
use crate::drivers::mpu6886::{self, FifoContent, Mpu6886};
use crate::dsp::level::dbfs;
use crate::event::{ChipError, Event};
use crate::meter::{Kernel, Meter, Stage, task};
use crate::time::{Clock, Duration};
use core::future::pending;
use core::pin::pin;
use embassy_futures::join::{join, join3};
use embassy_futures::select::{Either, select};
use embassy_sync::mutex::Mutex;
use embedded_hal::digital::OutputPin;
use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::i2c::I2c;

/// The names of what it tells, and what the value is.
pub const SAYS: &[(&str, &str)] = &[
    ("i2c-answers", "address of a chip on the board's bus"),
    ("imu-identity", "WHO_AM_I"),
    ("imu-milli-g", "length of the acceleration"),
    ("imu-centi-celsius", "temperature of the IMU's die"),
    ("rtc-keeps-time", "1: yes; 0: it lost power since it was set"),
    ("battery-millivolts", "at the power chip"),
    ("usb-millivolts", "at the power chip; 0 without a plug"),
    ("usb-milliamps", "what the board draws from USB, charging included"),
    ("microphone-centi-dbfs", "unweighted level since the last one"),
    ("button", "1: A was pressed, 2: B"),
];

/// Addresses that the I2C standard leaves to chips.
const ADDRESSES: core::ops::RangeInclusive<u8> = 0x08..=0x77;
/// A few rounds of the power chip's converters, 25 a second at the slowest.
const CONVERSION: Duration = Duration::from_millis(100);
const RATE_HZ: u32 = 16_000;
const BLOCK: usize = 512;
const FULL_SCALE: f32 = 32_768.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// From reading to reading of gravity and sound level.
    pub every: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { every: Duration::from_secs(1) }
    }
}

pub async fn run<B: Board>(parts: Parts<B>, Config { every }: Config) -> Exit {
    let Parts { facts, i2c, led, button_a, button_b, audio, clock, delay, meter, events, .. } = parts;
    let mut power = parts.power;
    bring_up::boot::<B>(&mut power, parts.memory, None, &events);
    let say = |name, value| events.emit(Event::Custom { name, at: clock.now(), value });

    let bus = Mutex::new(i2c);
    let board = pin!(async {
        scan(&mut Shared::new(&bus), &say).await;
        power_chip::<B>(&bus, facts, &clock, &say, &events).await;
        if let Some(chip) = &facts.rtc {
            let mut rtc = Bm8563::new(Shared::new(&bus), chip.address);
            say("rtc-keeps-time", i32::from(rtc.time().await.is_ok()));
        }
        // The microphone has its supply now.
        join3(
            listen(audio, facts.microphone.as_ref(), every, &meter, &say, &events),
            feel::<B, _>(Shared::new(&bus), facts, every, (&clock, delay), &meter, &say, &events),
            blink(led, &clock),
        )
        .await;
    });
    let pressed = |button| say("button", if button == Button::A { 1 } else { 2 });
    let buttons = join(
        button::watch(button_a, facts.button_a.as_ref(), &clock, Button::A, pressed, button::NO_HOLDS),
        button::watch(button_b, facts.button_b.as_ref(), &clock, Button::B, pressed, button::NO_HOLDS),
    );
    match select(task(&meter, "probe", board), task(&meter, "buttons", buttons)).await {
        Either::First(()) | Either::Second(_) => Exit::Reset,
    }
}

/// One byte to each address: most chips take it for the number of a register, and do nothing.
async fn scan(i2c: &mut impl I2c, say: &impl Fn(&'static str, i32)) {
    for address in ADDRESSES {
        if i2c.write(address, &[0]).await.is_ok() {
            say("i2c-answers", address.into());
        }
    }
}

async fn power_chip<B: Board>(
    bus: &bring_up::Bus<B::I2c>,
    facts: &BoardFacts,
    clock: &B::Clock,
    say: &impl Fn(&'static str, i32),
    events: &B::Events,
) {
    let Some(pmic) = bring_up::pmic(facts, bus) else { return };
    let mut health = Health::of("axp192");
    if let Err(error) = bring_up::rails(&pmic, facts, Wanted { microphone: true }).await {
        return health.fails(error, events);
    }
    // Its converters were just switched on.
    clock.until(clock.now() + CONVERSION).await;
    let mut chip = pmic.lock().await;
    match (chip.battery().await, chip.vbus().await) {
        (Ok(battery), Ok(usb)) => {
            say("battery-millivolts", battery.millivolts.into());
            say("usb-millivolts", usb.millivolts.into());
            say("usb-milliamps", (usb.microamps / 1_000) as i32);
        }
        (Err(error), _) | (_, Err(error)) => health.fails(error, events),
    }
}

async fn feel<B: Board, I: I2c>(
    i2c: I,
    facts: &BoardFacts,
    every: Duration,
    (clock, mut delay): (&B::Clock, impl DelayNs),
    meter: &B::Meter,
    say: &impl Fn(&'static str, i32),
    events: &B::Events,
) {
    let Some(chip) = &facts.imu else { return pending().await };
    let mut health = Health::of("mpu6886");
    let config = mpu6886::Config { fifo: FifoContent::None, ..mpu6886::Config::default() };
    let mut imu = Mpu6886::new(i2c, chip.address, config);
    match imu.init(&mut delay).await {
        Ok(()) => say("imu-identity", mpu6886::regs::IDENTITY.into()),
        Err(error) => {
            if let mpu6886::Error::WrongIdentity { found } = error {
                say("imu-identity", found.into());
            }
            health.fails(error, events);
            return pending().await;
        }
    }
    let mut next = clock.now();
    loop {
        next += every;
        clock.until(next).await;
        match imu.read().await {
            Ok(sample) => {
                let g = imu.scale().g_per_lsb;
                let length = meter.measure(Stage("gravity"), |work| {
                    work.add(Kernel::Magnitude, 1);
                    let squares = sample.accel.map(|axis| f32::from(axis) * f32::from(axis));
                    libm::sqrtf(squares.iter().sum()) * g
                });
                say("imu-milli-g", (length * 1_000.0) as i32);
                say("imu-centi-celsius", (sample.celsius() * 100.0) as i32);
                health.works();
            }
            Err(error) => health.fails(error, events),
        }
    }
}

async fn listen<M: Meter>(
    audio: Option<impl AudioIn>,
    facts: Option<&MicrophoneFacts>,
    every: Duration,
    meter: &M,
    say: &impl Fn(&'static str, i32),
    events: &impl Events,
) {
    let (Some(mut audio), Some(_)) = (audio, facts) else { return pending().await };
    let failed = || events.emit(Event::ChipFailed { chip: "microphone", error: ChipError::Bus });
    if audio.start(RATE_HZ).await.is_err() {
        failed();
        return pending().await;
    }
    let mut block = [0; BLOCK];
    let samples = (every.as_micros() * u64::from(RATE_HZ) / 1_000_000) as usize;
    let (mut squares, mut sum, mut count) = (0i64, 0i64, 0);
    loop {
        if audio.read(&mut block).await.is_err() {
            failed();
            return pending().await;
        }
        meter.measure(Stage("level"), |work| {
            work.add(Kernel::SquareSum, block.len());
            for sample in block.map(i64::from) {
                squares += sample * sample;
                sum += sample;
            }
        });
        count += block.len();
        if count >= samples {
            // Without the microphone's offset.
            let of = |total: i64| total as f32 / count as f32;
            let level = dbfs((of(squares) - of(sum) * of(sum)) / (FULL_SCALE * FULL_SCALE));
            say("microphone-centi-dbfs", (level * 100.0) as i32);
            (squares, sum, count) = (0, 0, 0);
        }
    }
}

async fn blink(led: Option<impl OutputPin>, clock: &impl Clock) {
    let Some(mut led) = led else { return pending().await };
    let mut next = clock.now();
    loop {
        led.set_low().ok();
        next += Duration::from_millis(500);
        clock.until(next).await;
        led.set_high().ok();
        next += Duration::from_millis(500);
        clock.until(next).await;
    }
}
