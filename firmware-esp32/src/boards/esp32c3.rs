//! ESP32-C3-DevKitM-1 with an MPU6886 and an I2S microphone on jumper wires (see `node_core::boards::esp32c3`).
//!
//! What the kit lacks is absent: no LCD, no power chip, no second bus, no lamp on a pin, one button.

use super::{RADIO, Radio, Rest, button, i2c, pin};
use crate::absent::Absent;
use crate::audio::{CHUNK, CHUNKS, I2sAudio, Slot};
use crate::clock::HardwareClock;
use crate::flash::NodeFlash;
use crate::log::{BAUD, EventLog};
use crate::memory::RtcRam;
use crate::meter::CycleMeter;
use crate::power::CpuPower;
use embassy_time::Delay;
use esp_hal::Async;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{Input, Pull};
use esp_hal::i2c::master::I2c;
use esp_hal::i2s::master::{Channels, ConfigError, DataFormat, I2s, I2sRx, TdmConfig, TdmUnitConfig};
use esp_hal::peripherals::{DMA_CH0, I2C0, I2S0};
use esp_hal::time::Rate;
use esp_hal::uart::{Config as UartConfig, UartTx};
use node_core::board::{Board, Parts};
use node_core::boards::esp32c3::ESP32C3;
use node_core::boards::{BoardFacts, MicrophonePins};

pub static FACTS: &BoardFacts = &ESP32C3;

/// 24 bits at the top of 32, of which the node takes the upper 16.
pub struct Left24;
impl Slot for Left24 {
    const BYTES: usize = 4;
    fn sample(bytes: &[u8]) -> i16 {
        i16::from_le_bytes([bytes[2], bytes[3]])
    }
}

pub struct Esp32C3 {
    i2c: I2C0<'static>,
    meter: CycleMeter,
    power: CpuPower,
    /// The node's part, once its partition was found.
    pub flash: Option<NodeFlash>,
}

/// The chip at the frequency that the facts name first, and who gets which peripheral.
pub fn start(meter: CycleMeter) -> (Esp32C3, Rest) {
    const { assert!(CpuClock::_160MHz as u32 == ESP32C3.cpu_mhz[0]) };
    let p = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::_160MHz));
    let console = UartTx::new(p.UART0, UartConfig::default().with_baudrate(BAUD))
        .expect("a usual baud rate")
        .with_tx(p.GPIO21) // to the USB bridge
        .into_async();
    let board = Esp32C3 { i2c: p.I2C0, meter, power: CpuPower::at_boot(), flash: None };
    let rest = Rest {
        timer: p.TIMG0,
        interrupt: p.FROM_CPU_INTR0,
        watchdog: p.RTC_TIMER,
        sleep: p.LPWR,
        flash: p.FLASH,
        console,
        #[cfg(feature = "wifi")]
        radio: p.WIFI,
    };
    (board, rest)
}

impl Board for Esp32C3 {
    type I2c = I2c<'static, Async>;
    type Audio = I2sAudio<Left24>;
    type Radio = Radio;
    type Button = Input<'static>;
    type Clock = HardwareClock;
    type Delay = Delay;
    type Meter = CycleMeter;
    type Power = CpuPower;
    type RtcMemory = RtcRam;
    type Flash = NodeFlash;
    type Events = EventLog;
    type Grove = Absent;
    type LcdSpi = Absent;
    type LcdPin = Absent;
    type Led = Absent;

    fn split(self) -> Parts<Self> {
        Parts {
            facts: FACTS,
            i2c: i2c(self.i2c, &FACTS.i2c),
            grove: None,
            lcd: None,
            led: None,
            button_a: FACTS.button_a.as_ref().map(|facts| button(facts, Pull::Up)),
            button_b: None,
            audio: Some(I2sAudio::new(
                microphone,
                esp_hal::dma_rx_stream_buffer!(CHUNKS * CHUNK * Left24::BYTES, CHUNK * Left24::BYTES),
            )),
            radio: RADIO,
            clock: HardwareClock,
            delay: Delay,
            meter: self.meter,
            power: self.power,
            memory: RtcRam,
            flash: self.flash,
            events: EventLog,
        }
    }
}

/// An INMP441 or its like: Philips I2S, 24 bits in a slot of 32, the left one of two.
fn microphone(rate_hz: u32) -> Result<I2sRx<'static, Async>, ConfigError> {
    let Some(MicrophonePins::I2s { bit_clock, word_select, data }) =
        FACTS.microphone.as_ref().map(|facts| facts.pins)
    else {
        unreachable!("this board has an I2S microphone")
    };
    // SAFETY: `I2sAudio` calls this only while no receiver made here is alive, and nobody else uses I2S0, its DMA channel
    // or these pins.
    let (i2s, dma) = unsafe { (I2S0::steal(), DMA_CH0::steal()) };
    let slots = TdmUnitConfig::new_tdm_philips()
        .with_sample_rate(Rate::from_hz(rate_hz))
        .with_channels(Channels::LEFT)
        .with_data_format(DataFormat::Data32Channel32);
    let i2s =
        I2s::new(i2s, dma, TdmConfig::default().with_rx_config(slots).with_tx_config(slots))?.into_async();
    Ok(i2s.i2s_rx.with_bclk(pin(bit_clock)).with_ws(pin(word_select)).with_din(pin(data)).build())
}
