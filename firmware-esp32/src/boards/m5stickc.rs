//! M5StickC: ESP32-PICO-D4 with everything on board.

use super::{RADIO, Radio, Rest, button, i2c, pin};
use crate::audio::{CHUNK, CHUNKS, I2sAudio, Slot};
use crate::clock::HardwareClock;
use crate::flash::NodeFlash;
use crate::log::{BAUD, EventLog};
use crate::memory::RtcRam;
use crate::meter::CycleMeter;
use crate::power::CpuPower;
use embassy_time::Delay;
use embedded_hal_bus::spi::ExclusiveDevice;
use esp_hal::Async;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{Input, Level, Output, OutputConfig, Pull};
use esp_hal::i2c::master::I2c;
use esp_hal::i2s::master::{ConfigError, I2s, I2sRx, PdmConfig, PdmRxConfig, PdmSlotMode};
use esp_hal::peripherals::{DMA_I2S0, DMA_SPI2, I2C0, I2C1, I2S0, SPI2};
use esp_hal::spi::Mode;
use esp_hal::spi::master::{Config as SpiConfig, Spi, SpiDma};
use esp_hal::time::Rate;
use esp_hal::uart::{Config as UartConfig, UartTx};
use node_core::board::{Board, LcdParts, Parts};
use node_core::boards::m5stickc::M5STICKC;
use node_core::boards::{BoardFacts, LcdFacts, MicrophonePins};

pub static FACTS: &BoardFacts = &M5STICKC;

/// A stripe of the LCD (80 x 16 pixels of 2 bytes) goes in one DMA transfer.
const SPI_BUFFER: usize = 80 * 16 * 2;

/// Samples as the PDM converter makes them.
pub struct Pcm16;
impl Slot for Pcm16 {
    const BYTES: usize = 2;
    fn sample(bytes: &[u8]) -> i16 {
        i16::from_le_bytes([bytes[0], bytes[1]])
    }
}

pub struct M5StickC {
    i2c: I2C0<'static>,
    grove: I2C1<'static>,
    spi: SPI2<'static>,
    spi_dma: DMA_SPI2<'static>,
    meter: CycleMeter,
    power: CpuPower,
    /// The node's part, once its partition was found.
    pub flash: Option<NodeFlash>,
}

/// The chip at the frequency that the facts name first, and who gets which peripheral.
pub fn start(meter: CycleMeter) -> (M5StickC, Rest) {
    const { assert!(CpuClock::_240MHz as u32 == M5STICKC.cpu_mhz[0]) };
    let p = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::_240MHz));
    let console = UartTx::new(p.UART0, UartConfig::default().with_baudrate(BAUD))
        .expect("a usual baud rate")
        .with_tx(p.GPIO1) // to the USB bridge
        .into_async();
    let board = M5StickC {
        i2c: p.I2C0,
        grove: p.I2C1,
        spi: p.SPI2,
        spi_dma: p.DMA_SPI2,
        meter,
        power: CpuPower::at_boot(),
        flash: None,
    };
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

impl Board for M5StickC {
    type I2c = I2c<'static, Async>;
    type Grove = I2c<'static, Async>;
    type LcdSpi = ExclusiveDevice<SpiDma<'static, Async>, Output<'static>, Delay>;
    type LcdPin = Output<'static>;
    type Led = Output<'static>;
    type Button = Input<'static>;
    type Audio = I2sAudio<Pcm16>;
    type Radio = Radio;
    type Clock = HardwareClock;
    type Delay = Delay;
    type Meter = CycleMeter;
    type Power = CpuPower;
    type RtcMemory = RtcRam;
    type Flash = NodeFlash;
    type Events = EventLog;

    fn split(self) -> Parts<Self> {
        let output = |gpio, level| Output::new(pin(gpio), level, OutputConfig::default());
        Parts {
            facts: FACTS,
            i2c: i2c(self.i2c, &FACTS.i2c),
            grove: FACTS.grove.as_ref().map(|facts| i2c(self.grove, facts)),
            lcd: FACTS.lcd.as_ref().map(|facts| LcdParts {
                spi: lcd_spi(self.spi, self.spi_dma, facts),
                dc: output(facts.dc, Level::Low),
                reset: output(facts.reset, Level::High),
            }),
            // Dark: high where low is lit.
            led: FACTS.led.as_ref().map(|facts| output(facts.gpio, facts.active_low.into())),
            // GPIO 34 to 39 have no pull-ups; the board has its own.
            button_a: FACTS.button_a.as_ref().map(|facts| button(facts, Pull::None)),
            button_b: FACTS.button_b.as_ref().map(|facts| button(facts, Pull::None)),
            audio: Some(I2sAudio::new(
                microphone,
                esp_hal::dma_rx_stream_buffer!(CHUNKS * CHUNK * Pcm16::BYTES, CHUNK * Pcm16::BYTES),
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

fn lcd_spi(
    spi: SPI2<'static>,
    dma: DMA_SPI2<'static>,
    facts: &LcdFacts,
) -> ExclusiveDevice<SpiDma<'static, Async>, Output<'static>, Delay> {
    // The LCD is only written to; the driver wants a buffer each way.
    let rx = esp_hal::dma_rx_buffer!(4).expect("a buffer has its own length");
    let tx = esp_hal::dma_tx_buffer!(SPI_BUFFER).expect("a buffer has its own length");
    // The fact is the clock as it is made, rounded down; esp-hal makes the highest that is not above what it is asked for.
    let clock = Rate::from_hz(facts.spi_hz + 1);
    let config = SpiConfig::default().with_frequency(clock).with_mode(Mode::_0);
    let bus = Spi::new(spi, config)
        .expect("the LCD's bus runs at the speed that the board's facts name")
        .with_sck(pin(facts.sclk))
        .with_mosi(pin(facts.mosi))
        .with_dma(dma)
        .into_async()
        .with_buffers(rx, tx);
    let cs = Output::new(pin(facts.cs), Level::High, OutputConfig::default());
    ExclusiveDevice::new(bus, cs, Delay).expect("a pin of the chip does not fail")
}

/// The SPM1423, its bits made samples by the converter of I2S0.
fn microphone(rate_hz: u32) -> Result<I2sRx<'static, Async>, ConfigError> {
    let Some(MicrophonePins::Pdm { clock, data }) = FACTS.microphone.as_ref().map(|facts| facts.pins) else {
        unreachable!("the M5StickC has a PDM microphone")
    };
    // SAFETY: `I2sAudio` calls this only while no receiver made here is alive, and nobody else uses I2S0 or these pins.
    let (i2s, dma) = unsafe { (I2S0::steal(), DMA_I2S0::steal()) };
    let config = PdmRxConfig::new_pcm_default(Rate::from_hz(rate_hz), PdmSlotMode::Mono);
    let i2s = I2s::new_pdm(i2s, dma, PdmConfig::rx_only(config))?.into_async();
    Ok(i2s.i2s_rx.with_clk(pin(clock)).with_din(pin(data)).build())
}
