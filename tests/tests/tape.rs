//! Tapes: what crossed a node's board, played to the same program, finds no difference; and finds any that is there.

use node_core::app::{motion, sound};
use node_core::board::{Board, Exit, Parts};
use node_core::boards::m5stickc::M5STICKC;
use node_core::crc::crc32;
use node_core::event::Event;
use node_core::tape::play::{Deck, Difference, Kind, Played, TapeError};
use nodetwin_tests::{root, shipped};
use sim::catalogue::{Catalogue, program};
use sim::engine::{Options, Twin};
use sim::tape::sealed;
use std::ops::ControlFlow;
use std::sync::OnceLock;

/// A tape of this scenario's only node.
fn record(catalogue: &Catalogue, scenario: scenarios::Scenario, seconds: u64) -> Vec<u8> {
    let until_ns = Some(seconds * 1_000_000_000);
    let options = Options { taping: true, threads: Some(1), until_ns, ..Options::default() };
    let twin = Twin::new(catalogue, scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    let outcome = twin.run(|_| ControlFlow::Continue(()));
    let node = &outcome.nodes[0];
    sealed(&node.board, &node.app, &node.tape)
}

fn sound_tape() -> &'static [u8] {
    static TAPE: OnceLock<Vec<u8>> = OnceLock::new();
    TAPE.get_or_init(|| {
        let scenario = shipped("scenarios/sound-sensor.toml", &["node.shelf.settings.screen_timeout=10s"]);
        record(&Catalogue::builtin(), scenario, 12)
    })
}

fn play_sound(tape: &[u8]) -> Result<Played, Difference> {
    let deck = Deck::open(tape).unwrap();
    assert_eq!((deck.board(), deck.app()), ("m5stickc", "sound"));
    deck.play(&M5STICKC, |parts| sound::run(parts, sound::Config::default()))
}

/// With another check sum, so that it is the playing that has to find the change.
fn resealed(mut tape: Vec<u8>) -> Vec<u8> {
    let content = tape.len() - 4;
    let crc = crc32(0, &tape[..content]);
    tape[content..].copy_from_slice(&crc.to_le_bytes());
    tape
}

#[test]
fn the_program_of_a_tape_is_itself() {
    let played = play_sound(sound_tape()).unwrap_or_else(|difference| panic!("{difference}"));
    assert_eq!(played.boots, 1);
    assert!(played.simulated_us > 11_800_000, "{played:?}");
    assert!(played.calls > 4_000 && played.events >= 12, "{played:?}");
}

/// Through two lessons, a power cut, and what the flash has kept.
#[test]
fn a_program_that_learns_and_loses_its_power_is_itself() {
    let scenario = shipped("scenarios/learn-a-gesture.toml", &[]);
    let tape = record(&Catalogue::builtin(), scenario, 80);
    let deck = Deck::open(&tape).unwrap();
    let config = motion::Config { learn: true, ..motion::Config::default() };
    let played = deck
        .play(&M5STICKC, |parts| motion::run(parts, config))
        .unwrap_or_else(|difference| panic!("{difference}"));
    assert_eq!(played.boots, 2);
    let deaf = deck.play(&M5STICKC, |parts| motion::run(parts, motion::Config::default())).unwrap_err();
    assert!(matches!(deaf.kind, Kind::Otherwise { .. }), "one that does not learn does other things: {deaf}");
}

#[test]
fn another_program_differs_where_it_first_does_another_thing() {
    let deck = Deck::open(sound_tape()).unwrap();
    let config = sound::Config { rate_hz: 8_000, ..sound::Config::default() };
    let difference = deck.play(&M5STICKC, |parts| sound::run(parts, config)).unwrap_err();
    assert!(matches!(difference.kind, Kind::Byte { of: "audio start", .. }), "{difference}");
    assert_eq!(difference.task, Some("sound"));

    let deck = Deck::open(sound_tape()).unwrap();
    let config = motion::Config::default();
    let difference = deck.play(&M5STICKC, |parts| motion::run(parts, config)).unwrap_err();
    assert!(difference.us < 1_000_000, "{difference}");
}

#[test]
fn a_flipped_bit_is_found() {
    let tape = sound_tape();
    let mut damaged = tape.to_vec();
    damaged[tape.len() / 2] ^= 1;
    assert!(matches!(Deck::open(&damaged), Err(TapeError::Damaged { .. })));

    // Where the check sum is made to fit, the playing finds it. What the microphone heard may change by its lowest bit
    // and no level with it; a high bit always shows.
    let mut found = 0;
    for part in 1..200 {
        let mut tape = tape.to_vec();
        let place = tape.len() * part / 200;
        tape[place] ^= 0x40;
        found += usize::from(play_sound(&resealed(tape)).is_err());
    }
    assert!(found >= 190, "{found} of 199");
}

#[test]
fn a_torn_tape_is_no_panic() {
    let tape = sound_tape();
    for cut in (0..600).chain([tape.len() / 2, tape.len() - 5]) {
        let short = tape[..cut].to_vec();
        if Deck::open(&short).is_ok() {
            panic!("{cut} bytes pass for a whole tape");
        }
        if cut > 40 {
            let mut torn = short;
            torn.extend([0; 4]);
            // Some cuts fall between two records: such a tape is whole, only shorter.
            _ = play_sound(&resealed(torn)).map_err(|difference| difference.to_string());
        }
    }
}

/// A program that gives up calls, is given errors, resets itself and loses its supply.
async fn eventful<B: Board>(parts: Parts<B>) -> Exit {
    use embassy_futures::select::select;
    use embedded_hal_async::i2c::I2c;
    use node_core::board::{Events, Power, RtcMemory};
    use node_core::meter::{Kernel, Meter, Stage};
    use node_core::time::{Clock, Duration};

    let Parts { mut i2c, clock, meter, events, mut memory, power, .. } = parts;
    let mut boots = [0];
    memory.load(&mut boots);
    boots[0] += 1;
    memory.store(&boots);
    events.emit(Event::Booted { cause: power.boot_cause(), boots: boots[0].into() });
    // Nobody is there.
    assert!(i2c.write(0x10, &[1]).await.is_err());
    // A read of many bytes is given up on its way.
    let mut bytes = [0; 200];
    let soon = clock.now() + Duration::from_millis(1);
    select(i2c.write_read(0x68, &[0x3B], &mut bytes), clock.until(soon)).await;
    meter.measure(Stage("sum"), |work| work.add(Kernel::Copy, bytes.len()));
    if boots[0] < 3 {
        return Exit::Reset;
    }
    // The power chip switches itself off, and the CPU with it.
    i2c.write(0x34, &[0x32, 0x80]).await.ok();
    core::future::pending().await
}

#[test]
fn resets_errors_dropped_calls_and_a_lost_supply_are_on_the_tape() {
    let catalogue = Catalogue::empty().app("eventful", "", |_| Ok(program(|board| eventful(board.split()))));
    let text = "schema = 1\nname = \"e\"\nduration = \"5s\"\nseed = 1\n\
        [[node]]\nname = \"n\"\nboard = \"m5stickc\"\napp = \"eventful\"\n";
    let scenario = scenarios::load_str("e.toml", text, &root(), &catalogue.known(), &[]).unwrap();
    let tape = record(&catalogue, scenario, 5);
    let deck = Deck::open(&tape).unwrap();
    let played = deck.play(&M5STICKC, eventful);
    let played = played.unwrap_or_else(|difference| panic!("{difference}"));
    assert_eq!((played.boots, played.events), (3, 3));
}
