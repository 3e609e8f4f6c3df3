extern crate std;

use super::*;
use core::cell::RefCell;
use core::convert::Infallible;
use embassy_futures::{block_on, poll_once};
use embedded_graphics::mono_font::MonoTextStyleBuilder;
use embedded_graphics::mono_font::ascii::FONT_6X10;
use embedded_graphics::pixelcolor::{IntoStorage, Rgb565, WebColors};
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{Circle, Line, PrimitiveStyle, PrimitiveStyleBuilder, Rectangle};
use embedded_graphics::text::Text;
use embedded_hal_async::spi::{ErrorKind, Operation};
use proptest::prelude::*;
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

/// All wires of the panel in one log: with one mock a wire, nobody would see whether the data/command pin was right at the
/// time of a byte.
#[derive(Clone, Debug, PartialEq)]
enum Wire {
    Reset(bool),
    Command(u8),
    Data(Vec<u8>),
    PauseUs(u32),
}
use Wire::{Command, Data, PauseUs, Reset};

#[derive(Default)]
struct Log {
    wires: Vec<Wire>,
    data: bool,
    /// Bus writes until one fails.
    fails_after: Option<usize>,
}

#[derive(Clone, Default)]
struct Panel(Rc<RefCell<Log>>);
struct Dc(Panel);
struct Rst(Panel);
struct Pause(Panel);

impl embedded_hal_async::spi::ErrorType for Panel {
    type Error = ErrorKind;
}
impl SpiDevice for Panel {
    async fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), ErrorKind> {
        let mut log = self.0.borrow_mut();
        if let Some(left) = &mut log.fails_after {
            *left = left.checked_sub(1).ok_or(ErrorKind::Other)?;
        }
        let [Operation::Write(bytes)] = operations else { panic!("one write a transaction") };
        let wire = if log.data {
            Data(bytes.to_vec())
        } else {
            assert_eq!(bytes.len(), 1, "a command is one byte");
            Command(bytes[0])
        };
        log.wires.push(wire);
        Ok(())
    }
}
impl embedded_hal::digital::ErrorType for Dc {
    type Error = Infallible;
}
impl OutputPin for Dc {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.0.borrow_mut().data = false;
        Ok(())
    }
    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.0.borrow_mut().data = true;
        Ok(())
    }
}
impl embedded_hal::digital::ErrorType for Rst {
    type Error = Infallible;
}
impl OutputPin for Rst {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.0.borrow_mut().wires.push(Reset(false));
        Ok(())
    }
    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.0.borrow_mut().wires.push(Reset(true));
        Ok(())
    }
}
impl DelayNs for Pause {
    async fn delay_ns(&mut self, ns: u32) {
        self.0.0.borrow_mut().wires.push(PauseUs(ns / 1_000));
    }
    async fn delay_us(&mut self, us: u32) {
        self.0.0.borrow_mut().wires.push(PauseUs(us));
    }
    async fn delay_ms(&mut self, ms: u32) {
        self.0.0.borrow_mut().wires.push(PauseUs(ms * 1_000));
    }
}

impl Panel {
    fn lcd(&self, rotation: Rotation) -> St7735s<Panel, Dc, Rst> {
        St7735s::new(self.clone(), Dc(self.clone()), Rst(self.clone()), rotation)
    }
    fn taken(&self) -> Vec<Wire> {
        core::mem::take(&mut self.0.borrow_mut().wires)
    }
}

#[test]
fn start_up_is_the_vendors() {
    let panel = Panel::default();
    block_on(panel.lcd(Rotation::Portrait).init(&mut Pause(panel.clone()))).unwrap();
    let command = |code, data: &[u8]| [Command(code), Data(data.to_vec())];
    let mut expected = vec![
        Reset(false),
        PauseUs(10),
        Reset(true),
        PauseUs(5_000),
        Command(0x01),
        PauseUs(150_000),
        Command(0x11),
        PauseUs(120_000),
    ];
    expected.extend(command(0xB1, &[0x05, 0x3C, 0x3C]));
    expected.extend(command(0xB2, &[0x05, 0x3C, 0x3C]));
    expected.extend(command(0xB3, &[0x05, 0x3C, 0x3C, 0x05, 0x3C, 0x3C]));
    expected.extend(command(0xB4, &[0x03, 0x02]));
    expected.extend(command(0xC0, &[0xA4, 0x04, 0x84]));
    expected.extend(command(0xC1, &[0xC5]));
    expected.extend(command(0xC2, &[0x0D, 0x00]));
    expected.extend(command(0xC3, &[0x8D, 0x6A]));
    expected.extend(command(0xC4, &[0x8D, 0xEE]));
    expected.extend(command(0xC5, &[0x21]));
    expected.extend(command(0xFC, &[0x80]));
    expected.extend(command(0xF0, &[0x11]));
    expected.extend(command(0xD6, &[0xCB]));
    expected.push(Command(0x21));
    expected.extend(command(0x3A, &[0x05]));
    expected.extend(command(0xE0, &[13, 12, 12, 14, 14, 0, 0, 0, 0, 9, 35, 49, 0, 12, 3, 26]));
    expected.extend(command(0xE1, &[10, 5, 6, 7, 8, 1, 0, 0, 0, 5, 32, 46, 0, 10, 1, 26]));
    expected.push(Command(0x13));
    expected.extend(command(0x36, &[0xCC]));
    expected.extend([PauseUs(10_000), Command(0x29), PauseUs(100_000)]);
    assert_eq!(panel.taken(), expected);
}

#[test]
fn sleep_and_wake() {
    let panel = Panel::default();
    let mut lcd = panel.lcd(Rotation::Portrait);
    block_on(lcd.sleep(&mut Pause(panel.clone()))).unwrap();
    assert_eq!(panel.taken(), [Command(0x28), Command(0x10), PauseUs(5_000)]);
    block_on(lcd.wake(&mut Pause(panel.clone()))).unwrap();
    assert_eq!(panel.taken(), [Command(0x11), PauseUs(120_000), Command(0x29)]);
}

fn window(wires: &[Wire]) -> ([u8; 4], [u8; 4], &[u8]) {
    let [Command(0x2A), Data(columns), Command(0x2B), Data(rows), Command(0x2C), Data(pixels)] = wires else {
        panic!("not a windowed write: {wires:?}")
    };
    (columns[..].try_into().unwrap(), rows[..].try_into().unwrap(), pixels)
}

#[test]
fn a_page_is_ten_windowed_writes() {
    let panel = Panel::default();
    let mut lcd = panel.lcd(Rotation::Portrait);
    assert_eq!(lcd.size(), Size::new(80, 160));
    let mut buffer = [0xAA; STRIPE_BYTES];
    let red = |stripe: &mut Stripe<'_>| stripe.clear(Rgb565::RED).unwrap();
    assert_eq!(block_on(lcd.draw(&mut buffer, red)).unwrap(), Drawn { sent: 10, unchanged: 0 });
    let wires = panel.taken();
    assert_eq!(wires.len(), 60);
    for (index, wires) in wires.chunks(6).enumerate() {
        let top = 1 + 16 * index as u8;
        let (columns, rows, pixels) = window(wires);
        assert_eq!(columns, [0, 26, 0, 105]);
        assert_eq!(rows, [0, top, 0, top + 15]);
        assert_eq!(pixels, [0xF8, 0x00].repeat(80 * 16));
    }
}

#[test]
fn every_rotation_has_its_order_and_window() {
    let rotations = [
        (Rotation::Portrait, 0xCC, [0, 26, 0, 105], [0, 1, 0, 16]),
        (Rotation::Landscape, 0xA8, [0, 1, 0, 160], [0, 26, 0, 33]),
        (Rotation::PortraitFlipped, 0x08, [0, 26, 0, 105], [0, 1, 0, 16]),
        (Rotation::LandscapeFlipped, 0x68, [0, 1, 0, 160], [0, 26, 0, 33]),
    ];
    for (rotation, madctl, columns, rows) in rotations {
        let panel = Panel::default();
        let mut lcd = panel.lcd(Rotation::Portrait);
        block_on(lcd.set_rotation(rotation)).unwrap();
        assert_eq!(panel.taken(), [Command(0x36), Data(vec![madctl])]);
        let drawn = block_on(lcd.draw_rows(&mut [0; STRIPE_BYTES], 0..1, |_| {})).unwrap();
        assert_eq!(drawn.sent, 1);
        let wires = panel.taken();
        assert_eq!(window(&wires), (columns, rows, &[0; STRIPE_BYTES][..]));
    }
}

#[test]
fn what_is_on_the_screen_is_not_sent_again() {
    let panel = Panel::default();
    let mut lcd = panel.lcd(Rotation::Portrait);
    let mut buffer = [0; STRIPE_BYTES];
    block_on(lcd.draw(&mut buffer, |_| {})).unwrap();
    panel.taken();
    assert_eq!(block_on(lcd.draw(&mut buffer, |_| {})).unwrap(), Drawn { sent: 0, unchanged: 10 });
    assert_eq!(panel.taken(), []);
    // One pixel in the fourth stripe.
    let dot = |stripe: &mut Stripe<'_>| Pixel(Point::new(79, 63), Rgb565::WHITE).draw(stripe).unwrap();
    assert_eq!(block_on(lcd.draw(&mut buffer, dot)).unwrap(), Drawn { sent: 1, unchanged: 9 });
    assert_eq!(window(&panel.taken()).1, [0, 49, 0, 64]);
    // Sleep keeps the memory, a start-up does not, nor does a lost supply.
    block_on(lcd.sleep(&mut Pause(panel.clone()))).unwrap();
    assert_eq!(block_on(lcd.draw(&mut buffer, dot)).unwrap().sent, 0);
    block_on(lcd.init(&mut Pause(panel.clone()))).unwrap();
    assert_eq!(block_on(lcd.draw(&mut buffer, dot)).unwrap().sent, 10);
    lcd.forget_shown();
    assert_eq!(block_on(lcd.draw(&mut buffer, dot)).unwrap().sent, 10);
}

#[test]
fn only_stripes_that_the_rows_touch_are_drawn() {
    let touched = |rows: Range<u16>| {
        let panel = Panel::default();
        let mut tops = vec![];
        let drawn =
            block_on(panel.lcd(Rotation::Portrait).draw_rows(&mut [0; STRIPE_BYTES], rows, |stripe| {
                tops.push(stripe.visible().top_left.y);
            }));
        assert_eq!(usize::from(drawn.unwrap().sent), tops.len());
        tops
    };
    assert_eq!(touched(0..16), [0]);
    assert_eq!(touched(15..17), [0, 16]);
    assert_eq!(touched(150..160), [144]);
    assert_eq!(touched(150..9999), [144]);
    assert_eq!(touched(40..40), []);
    assert_eq!(touched(200..300), []);
}

#[test]
fn a_stripe_whose_write_failed_is_sent_again() {
    let panel = Panel::default();
    let mut lcd = panel.lcd(Rotation::Portrait);
    let mut buffer = [0; STRIPE_BYTES];
    // The pixels of the second stripe fail.
    panel.0.borrow_mut().fails_after = Some(11);
    let failed = block_on(lcd.draw(&mut buffer, |_| {}));
    assert_eq!(failed, Err(Error::Spi { command: 0x2C, error: ErrorKind::Other }));
    panel.0.borrow_mut().fails_after = None;
    assert_eq!(block_on(lcd.draw(&mut buffer, |_| {})).unwrap(), Drawn { sent: 9, unchanged: 1 });
}

#[test]
fn other_tasks_run_between_stripes_and_a_dropped_drawing_is_resumed() {
    let panel = Panel::default();
    let mut lcd = panel.lcd(Rotation::Portrait);
    let mut buffer = [0; STRIPE_BYTES];
    {
        let mut drawing = core::pin::pin!(lcd.draw(&mut buffer, |_| {}));
        assert!(poll_once(drawing.as_mut()).is_pending());
        assert_eq!(panel.taken().len(), 6);
        assert!(poll_once(drawing.as_mut()).is_pending());
        assert_eq!(panel.taken().len(), 6);
    }
    assert_eq!(block_on(lcd.draw(&mut buffer, |_| {})).unwrap(), Drawn { sent: 8, unchanged: 2 });
}

/// The whole screen, pixel by pixel: the oracle of the stripes.
struct Screen {
    size: Size,
    pixels: Vec<u8>,
}
impl OriginDimensions for Screen {
    fn size(&self) -> Size {
        self.size
    }
}
impl DrawTarget for Screen {
    type Color = Rgb565;
    type Error = Infallible;
    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb565>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let screen = Rectangle::new(Point::zero(), self.size);
        for Pixel(at, color) in pixels.into_iter().filter(|pixel| screen.contains(pixel.0)) {
            let start = (at.y as usize * self.size.width as usize + at.x as usize) * 2;
            self.pixels[start..start + 2].copy_from_slice(&color.into_storage().to_be_bytes());
        }
        Ok(())
    }
}

fn page<D: DrawTarget<Color = Rgb565, Error = Infallible>>(target: &mut D, x: i32, y: i32, size: u32) {
    let at = Point::new(x, y);
    target.clear(Rgb565::CSS_NAVY).unwrap();
    let filled = PrimitiveStyle::with_fill(Rgb565::CSS_ORANGE);
    Rectangle::new(at, Size::new(size, size / 2)).into_styled(filled).draw(target).unwrap();
    let ring = PrimitiveStyleBuilder::new().stroke_color(Rgb565::GREEN).stroke_width(3).build();
    Circle::new(at - Point::new(9, 21), size).into_styled(ring).draw(target).unwrap();
    let line = PrimitiveStyle::with_stroke(Rgb565::CSS_CRIMSON, 1);
    Line::new(at, Point::new(y, x)).into_styled(line).draw(target).unwrap();
    let opaque = MonoTextStyleBuilder::new()
        .font(&FONT_6X10)
        .text_color(Rgb565::WHITE)
        .background_color(Rgb565::CSS_DARK_GREEN)
        .build();
    Text::new("63.2 dB(A)\nLAeq", at + Point::new(-20, 7), opaque).draw(target).unwrap();
    let clear = MonoTextStyleBuilder::new().font(&FONT_6X10).text_color(Rgb565::YELLOW).build();
    Text::new("12:34", at, clear).draw(target).unwrap();
    let bounds = target.bounding_box();
    Pixel(bounds.bottom_right().unwrap(), Rgb565::MAGENTA).draw(target).unwrap();
}

proptest! {
    #[test]
    fn stripes_together_are_the_page(x in -200i32..300, y in -200i32..300, size in 0u32..250, lying: bool) {
        let rotation = if lying { Rotation::Landscape } else { Rotation::Portrait };
        let mut screen = Screen { size: rotation.size(), pixels: vec![0; 80 * 160 * 2] };
        page(&mut screen, x, y, size);
        let panel = Panel::default();
        let mut lcd = panel.lcd(rotation);
        block_on(lcd.draw(&mut [0; STRIPE_BYTES], |stripe| page(stripe, x, y, size))).unwrap();
        let wires = panel.taken();
        let sent: Vec<u8> = wires.chunks(6).flat_map(|wires| window(wires).2.to_vec()).collect();
        prop_assert!(sent == screen.pixels);
    }

    #[test]
    fn extreme_coordinates_do_not_panic(x: i32, y: i32, width: u32, height: u32, index in 0usize..STRIPES) {
        let mut bytes = [0; STRIPE_BYTES];
        let mut stripe = Stripe::new(&mut bytes, Size::new(80, 160), index);
        Pixel(Point::new(x, y), Rgb565::WHITE).draw(&mut stripe).unwrap();
        let area = Rectangle::new(Point::new(x / 2, y / 2), Size::new(width / 4, height / 4));
        stripe.fill_solid(&area, Rgb565::RED).unwrap();
        prop_assert!(stripe.pixels() as usize <= STRIPE_BYTES / 2 + 1);
    }
}

#[test]
fn the_work_done_is_counted() {
    let mut bytes = [0; STRIPE_BYTES];
    let mut stripe = Stripe::new(&mut bytes, Size::new(80, 160), 2);
    stripe.clear(Rgb565::RED).unwrap();
    assert_eq!(stripe.pixels(), 1280);
    Pixel(Point::new(0, 31), Rgb565::RED).draw(&mut stripe).unwrap();
    assert_eq!(stripe.pixels(), 1280, "above the stripe");
    Pixel(Point::new(0, 32), Rgb565::RED).draw(&mut stripe).unwrap();
    assert_eq!(stripe.pixels(), 1281);
}
