//! Plays a tape, which the twin recorded, to the same program of node-core on another processor.
//!
//! The tape is the [`machine::blob`]. Prints a line for people and two for scripts (`key=value ...`), of which
//! the second says what the node did by itself: its own instructions, and the work it charged; ends
//! with 0 only if the whole tape was played and the node did and said the same, to the bit.
#![no_std]
#![no_main]

mod watcher;

use core::cell::Cell;
use core::fmt::{Display, Write};
use machine::{ISA, Out, stack};
use node_core::app::recogniser::Recogniser;
use node_core::app::{motion, sound, vibration};
use node_core::boards::m5stickc::M5STICKC;
use node_core::meter::Kernel;
use node_core::tape::own::Own;
use node_core::tape::play::{Deck, Difference, Played};

const DIFFERENT: u32 = 1;
const UNPLAYABLE: u32 = 2;

#[unsafe(no_mangle)]
extern "C" fn main() -> u32 {
    match play(machine::blob()) {
        Ok(()) => 0,
        Err(code) => code,
    }
}

fn play(tape: &[u8]) -> Result<(), u32> {
    let unplayable = |reason: &dyn Display| {
        let _ = writeln!(Out, "player: {reason}");
        UNPLAYABLE
    };
    let deck = Deck::open(tape).map_err(|error| unplayable(&error))?.counting(machine::ticks);
    if deck.board() != M5STICKC.name {
        return Err(unplayable(&"this plays tapes of the board `m5stickc` only"));
    }

    let before = machine::instructions();
    let played = match deck.app() {
        "sound" => play_sound(&deck),
        "motion" => play_motion(&deck),
        "vibration" => play_vibration(&deck, watcher::given().map_err(|wrong| unplayable(&wrong))?),
        _ => return Err(unplayable(&"this plays tapes of the apps `sound`, `motion` and `vibration` only")),
    };
    let instructions = machine::instructions() - before;

    let app = deck.app();
    match played {
        Ok(played) => {
            tell(app, &played, instructions);
            if let Some(own) = deck.own() {
                tell_own(own);
            }
            Ok(())
        }
        Err(difference) => {
            let _ = writeln!(Out, "{app} on {ISA}: DIFFERENT {difference}");
            Err(DIFFERENT)
        }
    }
}

// Each app in a function of its own: in a common one, the stack would always have room for both futures.

#[inline(never)]
fn play_sound(deck: &Deck) -> Result<Played, Difference> {
    deck.play(&M5STICKC, |parts| sound::run(parts, sound::Config::default()))
}

#[inline(never)]
fn play_motion(deck: &Deck) -> Result<Played, Difference> {
    deck.play(&M5STICKC, |parts| motion::run(parts, motion::Config::default()))
}

#[inline(never)]
fn play_vibration(deck: &Deck, given: (vibration::Config, Recogniser<'_>)) -> Result<Played, Difference> {
    // It never sleeps deeply, so there is one boot.
    let (config, model) = (given.0, Cell::new(Some(given.1)));
    let model = || model.take().expect("a watcher boots once");
    deck.play(&M5STICKC, |parts| vibration::run(parts, config, model()))
}

fn tell(app: &str, played: &Played, instructions: u64) {
    let Played { simulated_us, boots, polls, calls, events, future_bytes } = *played;
    let (seconds, rest_us) = (simulated_us / 1_000_000, simulated_us % 1_000_000);
    let stack_peak = stack::peak();
    let beside_future = stack_peak.saturating_sub(future_bytes);
    let _ = writeln!(
        Out,
        "{app} on {ISA}: {seconds}.{rest_us:06} s, {calls} calls and {events} events, no difference; \
         the future is {future_bytes} B, the stack needed {beside_future} B besides"
    );
    let _ = writeln!(
        Out,
        "app={app} isa={ISA} simulated_us={simulated_us} boots={boots} polls={polls} calls={calls} events={events} \
         differences=0 future_bytes={future_bytes} stack_peak={stack_peak} stack_beside_future={beside_future} \
         instructions={instructions}"
    );
}

/// `own_instructions=9 crossings=2 idle_polls=1 idle_instructions=7 work=Convert:3:4+Copy:5:6`: kernel, calls, units.
fn tell_own(own: &Own) {
    let (instructions, crossings) = (machine::instructions_in(own.ticks()), own.crossings());
    let (polls, idle) = (own.idle().polls, machine::instructions_in(own.idle().ticks));
    let _ = write!(
        Out,
        "own_instructions={instructions} crossings={crossings} idle_polls={polls} idle_instructions={idle} work="
    );
    let work = own.work();
    let mut separator = "";
    for kernel in Kernel::ALL.into_iter().filter(|&kernel| work.calls(kernel) > 0) {
        let _ = write!(Out, "{separator}{kernel:?}:{}:{}", work.calls(kernel), work.units(kernel));
        separator = "+";
    }
    let _ = writeln!(Out);
}
