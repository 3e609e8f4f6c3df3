//! A node that keeps a count in its flash, and a battery that comes off twice a second: what was kept is there, whole, whatever
//! command the power was cut in.

use hal_shim::trace::{Fact, FlashCall};
use node_core::board::{Board, Events, Exit, Parts};
use node_core::event::Event;
use node_core::storage::{Buffer, Key, Storage};
use node_core::time::{Clock, Instant};
use nodetwin_tests::root;
use sim::catalogue::{Catalogue, program};
use sim::engine::{Options, Twin};
use std::ops::ControlFlow;

const COUNT: Key = Key(10);
/// Put once: it has to be carried from sector to sector.
const SELDOM: Key = Key(11);
const SAID_SELDOM: &[u8] = b"from the first boot";

/// Sixty times the same word: half of it is seen to be half of it.
fn value(n: u32) -> Vec<u8> {
    n.to_le_bytes().repeat(60)
}

async fn count(board: impl Board) -> Exit {
    let Parts { flash, events, clock, .. } = board.split();
    let say = |name, n: u32| events.emit(Event::Custom { name, at: Instant::BOOT, value: n as i32 });
    let mut buffer = Buffer::EMPTY;
    let mut storage = Storage::open(flash.expect("the board has a flash"), &mut buffer).await.unwrap();
    let mut room = [0; 256];
    let mut n = match storage.get(COUNT, &mut room).await.unwrap() {
        None => 0,
        Some(length) => {
            let n = u32::from_le_bytes([room[0], room[1], room[2], room[3]]);
            assert_eq!(&room[..length], value(n), "neither the old value nor the new one");
            n
        }
    };
    match storage.get(SELDOM, &mut room).await.unwrap() {
        None if n == 0 => storage.put(SELDOM, SAID_SELDOM).await.unwrap(),
        found => assert_eq!(found.map(|length| &room[..length]), Some(SAID_SELDOM)),
    }
    say("found", n);
    while clock.now() > Instant::BOOT {
        n += 1;
        storage.put(COUNT, &value(n)).await.unwrap();
        say("kept", n);
    }
    Exit::Off
}

#[test]
fn what_was_kept_outlives_cuts_inside_programs_and_erases() {
    let catalogue = Catalogue::builtin().app("count", "keeps a count", |_| Ok(program(count)));
    let text = "schema = 1\nname = \"cuts\"\nseed = 5\nduration = \"60s\"\n\
                [[node]]\nname = \"n\"\nboard = \"m5stickc\"\napp = \"count\"\n\
                [[fault]]\nkind = \"power-cut\"\nat = \"700ms\"\nevery = \"487300us\"\nfor = \"9ms\"\n";
    let scenario = scenarios::load_str("cuts.toml", text, &root(), &catalogue.known(), &[])
        .unwrap_or_else(|error| panic!("{error}"));
    let options = Options { recording: true, strict: true, threads: Some(1), ..Options::default() };
    let outcome = Twin::new(&catalogue, scenario, &options)
        .unwrap_or_else(|error| panic!("{error}"))
        .run(|_| ControlFlow::Continue(()));
    let node = &outcome.nodes[0];
    assert_eq!(node.halt, None, "strict: no bit was to be set that needs an erase");

    let (mut kept, mut boots) = (0, 0);
    for said in &node.sums.said {
        if let Event::Custom { name, value, .. } = said.event {
            if name == "found" {
                boots += 1;
                assert!(value == kept || value == kept + 1, "boot {boots}: kept {kept}, found {value}");
            }
            kept = value;
        }
    }
    assert!(boots >= 100, "{boots} boots");
    assert!(kept > 5_000, "counted to {kept}");

    let cuts = &node.sums.power_losses;
    let within = |erases: bool| {
        let calls = node.records.iter().filter_map(|record| match record.fact {
            Fact::Flash { call, end } => {
                (matches!(call, FlashCall::Erase { .. }) == erases).then_some((record.at, end))
            }
            _ => None,
        });
        calls.filter(|(at, end)| cuts.iter().any(|cut| at < cut && cut < end)).count()
    };
    let (programs, erases) = (within(false), within(true));
    assert!(programs >= 10 && erases >= 10, "cuts in {programs} programs and reads, {erases} erases");
    let worn = node.sums.sector_erases.values().max().unwrap();
    let least = node.sums.sector_erases.values().filter(|erases| **erases > 5).min().unwrap();
    assert!(*worn <= least * 2, "levelled over the sectors: {:?}", node.sums.sector_erases);
}
