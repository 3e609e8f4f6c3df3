//! A board that writes down what crosses it.

use super::{Bytes, Done, I2cShape, Part, Present, Reel, Said, Spelled, SpiShape, Tag, fault};
use crate::audio::{AudioIn, Captured};
use crate::board::{Board, BootCause, Events, Exit, LcdParts, Parts, Power, RtcMemory, UnsupportedFrequency};
use crate::event::Event;
use crate::meter::{Meter, Stage, Window, Work};
use crate::radio::{Scan, Seen};
use crate::time::{Clock, Instant};
use core::future::{Future, poll_fn};
use core::hash::Hash;
use core::pin::Pin;
use embedded_hal::digital::{ErrorType as DigitalErrorType, InputPin, OutputPin};
use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::digital::Wait;
use embedded_hal_async::i2c::{self, Error as _, I2c};
use embedded_hal_async::spi::{self, SpiDevice};
use embedded_storage_async::nor_flash::{self, NorFlash, NorFlashError, ReadNorFlash};

/// A board, or a part of one, and the reel that hears all that it is asked and all that it answers.
#[derive(Clone)]
pub struct Taped<T, R> {
    inner: T,
    part: Part,
    reel: R,
}

impl<T, R: Reel> Taped<T, R> {
    pub fn new(inner: T, reel: R) -> Self {
        Self { inner, part: Part::Only, reel }
    }

    /// The first byte of a synchronous answer.
    fn hears(&self, answer: u8) {
        if self.reel.is_on() {
            self.reel.put(&[answer]);
        }
    }
    fn hears_number(&self, answer: u64) {
        if self.reel.is_on() {
            Put(&self.reel).varint(answer);
        }
    }
}

/// Polls a program under the eyes of a reel. The program is pinned elsewhere: a future that is passed by value is kept
/// twice.
pub async fn watched<R: Reel>(reel: R, mut program: impl Future<Output = Exit> + Unpin) -> Exit {
    let exit = poll_fn(|context| {
        if reel.is_on() {
            reel.put(&[Tag::Poll as u8]);
            Put(&reel).varint(reel.now().as_micros());
        }
        Pin::new(&mut program).poll(context)
    })
    .await;
    if reel.is_on() {
        says(&reel, &Said::Exit(exit));
    }
    exit
}

fn says<R: Reel>(reel: &R, said: &Said) {
    if reel.is_on() {
        said.hash(&mut Spelled(&mut Put(reel)));
    }
}

struct Put<'a, R>(&'a R);

impl<R: Reel> Bytes for Put<'_, R> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.put(bytes);
    }
}

/// Begins a call: says it, and gives the guard that tells how it ends.
fn begin<'a, R: Reel>(reel: &'a R, said: Said) -> Call<'a, R> {
    let place = reel.position();
    says(reel, &said);
    Call { place, reel, over: false }
}

/// A call on its way. Dropped before its answer, it tells that.
struct Call<'a, R: Reel> {
    place: u32,
    reel: &'a R,
    over: bool,
}

impl<R: Reel> Call<'_, R> {
    /// The call is answered; what the answer is besides its time follows.
    fn ends(mut self, answer: u8) {
        self.over = true;
        if self.reel.is_on() {
            self.reel.put(&[Tag::Done as u8]);
            let mut put = Put(self.reel);
            put.varint(self.place.into());
            put.varint(self.reel.now().as_micros());
            put.bytes(&[answer]);
        }
    }
}

impl<R: Reel> Drop for Call<'_, R> {
    fn drop(&mut self) {
        if !self.over {
            says(self.reel, &Said::Dropped(self.place));
        }
    }
}

impl<B: Board, R: Reel> Board for Taped<B, R> {
    type I2c = Taped<B::I2c, R>;
    type Grove = Taped<B::Grove, R>;
    type LcdSpi = Taped<B::LcdSpi, R>;
    type LcdPin = Taped<B::LcdPin, R>;
    type Led = Taped<B::Led, R>;
    type Button = Taped<B::Button, R>;
    type Audio = Taped<B::Audio, R>;
    type Radio = Taped<B::Radio, R>;
    type Clock = Taped<B::Clock, R>;
    type Delay = Taped<B::Delay, R>;
    type Meter = Taped<B::Meter, R>;
    type Power = Taped<B::Power, R>;
    type RtcMemory = Taped<B::RtcMemory, R>;
    type Flash = Taped<B::Flash, R>;
    type Events = Taped<B::Events, R>;

    fn split(self) -> Parts<Self> {
        let Self { inner, reel, .. } = self;
        let parts = inner.split();
        let lcd = parts.lcd.map(|LcdParts { spi, dc, reset }| LcdParts {
            spi: taped(Part::Only, spi, &reel),
            dc: taped(Part::LcdData, dc, &reel),
            reset: taped(Part::LcdReset, reset, &reel),
        });
        let parts = Parts {
            facts: parts.facts,
            i2c: taped(Part::BoardBus, parts.i2c, &reel),
            grove: parts.grove.map(|grove| taped(Part::Grove, grove, &reel)),
            lcd,
            led: parts.led.map(|led| taped(Part::Led, led, &reel)),
            button_a: parts.button_a.map(|button| taped(Part::ButtonA, button, &reel)),
            button_b: parts.button_b.map(|button| taped(Part::ButtonB, button, &reel)),
            audio: parts.audio.map(|audio| taped(Part::Only, audio, &reel)),
            radio: parts.radio.map(|radio| taped(Part::Only, radio, &reel)),
            clock: taped(Part::Only, parts.clock, &reel),
            delay: taped(Part::Only, parts.delay, &reel),
            meter: taped(Part::Only, parts.meter, &reel),
            power: taped(Part::Only, parts.power, &reel),
            memory: taped(Part::Only, parts.memory, &reel),
            flash: parts.flash.map(|flash| taped(Part::Only, flash, &reel)),
            events: taped(Part::Only, parts.events, &reel),
        };
        says(&reel, &Said::Split);
        if reel.is_on() {
            reel.put(&[Present::of(&parts).0]);
        }
        parts
    }
}

fn taped<T, R: Reel>(part: Part, inner: T, reel: &R) -> Taped<T, R> {
    Taped { inner, part, reel: reel.clone() }
}

impl<T: I2c, R: Reel> i2c::ErrorType for Taped<T, R> {
    type Error = T::Error;
}

impl<T: I2c, R: Reel> I2c for Taped<T, R> {
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [i2c::Operation<'_>],
    ) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::I2c(self.part, address, I2cShape(operations)));
        let answer = self.inner.transaction(address, operations).await;
        call.ends(answer.as_ref().map_or_else(|error| fault::of_i2c(error.kind()), |()| fault::NONE));
        if answer.is_ok() && self.reel.is_on() {
            for operation in operations {
                if let i2c::Operation::Read(bytes) = operation {
                    self.reel.put(bytes);
                }
            }
        }
        answer
    }
}

impl<T: SpiDevice, R: Reel> spi::ErrorType for Taped<T, R> {
    type Error = T::Error;
}

impl<T: SpiDevice, R: Reel> SpiDevice for Taped<T, R> {
    async fn transaction(&mut self, operations: &mut [spi::Operation<'_, u8>]) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::Spi(SpiShape(operations)));
        let answer = self.inner.transaction(operations).await;
        call.ends(fault::of(&answer));
        if answer.is_ok() && self.reel.is_on() {
            for operation in operations {
                match operation {
                    spi::Operation::Read(bytes)
                    | spi::Operation::Transfer(bytes, _)
                    | spi::Operation::TransferInPlace(bytes) => self.reel.put(bytes),
                    spi::Operation::Write(_) | spi::Operation::DelayNs(_) => {}
                }
            }
        }
        answer
    }
}

impl<T: DigitalErrorType, R: Reel> DigitalErrorType for Taped<T, R> {
    type Error = T::Error;
}

impl<T: OutputPin, R: Reel> OutputPin for Taped<T, R> {
    fn set_low(&mut self) -> Result<(), T::Error> {
        says(&self.reel, &Said::Pin(self.part, false));
        let answer = self.inner.set_low();
        self.hears(fault::of(&answer));
        answer
    }
    fn set_high(&mut self) -> Result<(), T::Error> {
        says(&self.reel, &Said::Pin(self.part, true));
        let answer = self.inner.set_high();
        self.hears(fault::of(&answer));
        answer
    }
}

impl<T: InputPin, R: Reel> InputPin for Taped<T, R> {
    fn is_high(&mut self) -> Result<bool, T::Error> {
        says(&self.reel, &Said::Level(self.part));
        let answer = self.inner.is_high();
        self.hears(fault::of(&answer));
        self.hears(u8::from(matches!(answer, Ok(true))));
        answer
    }
    fn is_low(&mut self) -> Result<bool, T::Error> {
        self.is_high().map(|high| !high)
    }
}

impl<T: Wait, R: Reel> Wait for Taped<T, R> {
    async fn wait_for_high(&mut self) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::WaitHigh(self.part));
        let answer = self.inner.wait_for_high().await;
        call.ends(fault::of(&answer));
        answer
    }
    async fn wait_for_low(&mut self) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::WaitLow(self.part));
        let answer = self.inner.wait_for_low().await;
        call.ends(fault::of(&answer));
        answer
    }
    async fn wait_for_rising_edge(&mut self) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::WaitRising(self.part));
        let answer = self.inner.wait_for_rising_edge().await;
        call.ends(fault::of(&answer));
        answer
    }
    async fn wait_for_falling_edge(&mut self) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::WaitFalling(self.part));
        let answer = self.inner.wait_for_falling_edge().await;
        call.ends(fault::of(&answer));
        answer
    }
    async fn wait_for_any_edge(&mut self) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::WaitAny(self.part));
        let answer = self.inner.wait_for_any_edge().await;
        call.ends(fault::of(&answer));
        answer
    }
}

impl<T: AudioIn, R: Reel> AudioIn for Taped<T, R> {
    type Error = T::Error;

    fn rate_hz(&self) -> u32 {
        says(&self.reel, &Said::AudioRate);
        let rate = self.inner.rate_hz();
        self.hears_number(rate.into());
        rate
    }
    async fn start(&mut self, rate_hz: u32) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::AudioStart(rate_hz));
        let answer = self.inner.start(rate_hz).await;
        call.ends(fault::of(&answer));
        answer
    }
    async fn stop(&mut self) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::AudioStop);
        let answer = self.inner.stop().await;
        call.ends(fault::of(&answer));
        answer
    }
    async fn read(&mut self, block: &mut [i16]) -> Result<Captured, T::Error> {
        let call = begin(&self.reel, Said::AudioRead(block.len() as u32));
        let answer = self.inner.read(block).await;
        call.ends(fault::of(&answer));
        if let Ok(captured) = &answer {
            self.hears_number(captured.complete_at.as_micros());
            self.hears_number(captured.lost.into());
            if self.reel.is_on() {
                block.iter().for_each(|sample| self.reel.put(&sample.to_le_bytes()));
            }
        }
        answer
    }
}

impl<T: Scan, R: Reel> Scan for Taped<T, R> {
    type Error = T::Error;

    async fn scan(&mut self, found: &mut [Seen]) -> Result<usize, T::Error> {
        let call = begin(&self.reel, Said::Scan(found.len() as u32));
        let answer = self.inner.scan(found).await;
        call.ends(fault::of(&answer));
        if let Ok(count) = &answer {
            self.hears_number(*count as u64);
            if self.reel.is_on() {
                found[..*count].iter().for_each(|seen| self.reel.put(&seen.to_bytes()));
            }
        }
        answer
    }
}

impl<T: Clock, R: Reel> Clock for Taped<T, R> {
    fn now(&self) -> Instant {
        says(&self.reel, &Said::Now);
        let now = self.inner.now();
        self.hears_number(now.as_micros());
        now
    }
    async fn until(&self, at: Instant) {
        let call = begin(&self.reel, Said::Until(at));
        self.inner.until(at).await;
        call.ends(fault::NONE);
    }
}

impl<T: DelayNs, R: Reel> DelayNs for Taped<T, R> {
    async fn delay_ns(&mut self, ns: u32) {
        let call = begin(&self.reel, Said::Delay(ns));
        self.inner.delay_ns(ns).await;
        call.ends(fault::NONE);
    }
}

impl<T: Meter, R: Reel> Meter for Taped<T, R> {
    fn measure<O>(&self, stage: Stage, stage_body: impl FnOnce(&mut Work) -> O) -> O {
        self.inner.measure(stage, |work| {
            let result = stage_body(work);
            says(&self.reel, &Said::Measure(stage, Done(work)));
            result
        })
    }
    fn window(&self, window: Window) {
        says(&self.reel, &Said::Window(window));
        self.inner.window(window);
    }
    fn enter(&self, task: Option<&'static str>) -> Option<&'static str> {
        if let Some(task) = task {
            says(&self.reel, &Said::Enter(task));
        }
        self.inner.enter(task)
    }
}

impl<T: Power, R: Reel> Power for Taped<T, R> {
    fn boot_cause(&self) -> BootCause {
        says(&self.reel, &Said::BootCause);
        let cause = self.inner.boot_cause();
        self.hears(cause as u8);
        cause
    }
    fn cpu_mhz(&self) -> u32 {
        says(&self.reel, &Said::CpuMhz);
        let mhz = self.inner.cpu_mhz();
        self.hears_number(mhz.into());
        mhz
    }
    fn set_cpu_mhz(&mut self, mhz: u32) -> Result<(), UnsupportedFrequency> {
        says(&self.reel, &Said::SetCpuMhz(mhz));
        let answer = self.inner.set_cpu_mhz(mhz);
        self.hears(fault::of(&answer));
        answer
    }
}

impl<T: RtcMemory, R: Reel> RtcMemory for Taped<T, R> {
    const CAPACITY: usize = T::CAPACITY;

    fn load(&self, bytes: &mut [u8]) {
        says(&self.reel, &Said::Load(bytes.len() as u32));
        self.inner.load(bytes);
        if self.reel.is_on() {
            self.reel.put(bytes);
        }
    }
    fn store(&mut self, bytes: &[u8]) {
        says(&self.reel, &Said::Store(bytes));
        self.inner.store(bytes);
    }
}

impl<T: NorFlash, R: Reel> nor_flash::ErrorType for Taped<T, R> {
    type Error = T::Error;
}

impl<T: NorFlash, R: Reel> ReadNorFlash for Taped<T, R> {
    const READ_SIZE: usize = T::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::FlashRead(offset, bytes.len() as u32));
        let answer = self.inner.read(offset, bytes).await;
        call.ends(of_flash(&answer));
        if answer.is_ok() && self.reel.is_on() {
            self.reel.put(bytes);
        }
        answer
    }
    fn capacity(&self) -> usize {
        says(&self.reel, &Said::FlashCapacity);
        let capacity = self.inner.capacity();
        self.hears_number(capacity as u64);
        capacity
    }
}

impl<T: NorFlash, R: Reel> NorFlash for Taped<T, R> {
    const WRITE_SIZE: usize = T::WRITE_SIZE;
    const ERASE_SIZE: usize = T::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::FlashErase(from, to));
        let answer = self.inner.erase(from, to).await;
        call.ends(of_flash(&answer));
        answer
    }
    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), T::Error> {
        let call = begin(&self.reel, Said::FlashWrite(offset, bytes));
        let answer = self.inner.write(offset, bytes).await;
        call.ends(of_flash(&answer));
        answer
    }
}

fn of_flash<E: NorFlashError>(answer: &Result<(), E>) -> u8 {
    answer.as_ref().map_or_else(|error| fault::of_flash(error.kind()), |()| fault::NONE)
}

impl<T: Events, R: Reel> Events for Taped<T, R> {
    fn emit(&self, event: Event) {
        says(&self.reel, &Said::Event(event));
        self.inner.emit(event);
    }
}
