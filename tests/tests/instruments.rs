//! The spectrometer and the position program: on tapes, with a chip that does not answer, and with a sensor that sees nothing.

use node_core::app::{position, spectrometer};
use node_core::boards::m5stickc::M5STICKC;
use node_core::event::{ChipError, Event};
use node_core::tape::play::Deck;
use nodetwin_tests::{root, run, shipped, written};
use sim::engine::Options;
use sim::outcome::Outcome;
use sim::tape::sealed;

fn tape(path: &str, seconds: u64) -> Vec<u8> {
    let until_ns = Some(seconds * 1_000_000_000);
    let options = Options { taping: true, threads: Some(1), until_ns, ..Options::default() };
    let outcome = run(shipped(path, &[]), &options);
    let node = &outcome.nodes[0];
    sealed(&node.board, &node.app, &node.tape)
}

#[test]
fn scans_are_on_tapes_and_play_back() {
    let tape = tape("scenarios/models/teach-rooms.toml", 20);
    let deck = Deck::open(&tape).unwrap();
    let played = deck
        .play(&M5STICKC, |parts| position::run(parts, position::Config::default()))
        .unwrap_or_else(|difference| panic!("{difference}"));
    assert!(played.events > 20, "{played:?}");
}

#[test]
fn spectra_are_on_tapes_and_play_back() {
    let tape = tape("scenarios/models/teach-dyes.toml", 20);
    let deck = Deck::open(&tape).unwrap();
    let played = deck
        .play(&M5STICKC, |parts| spectrometer::run(parts, spectrometer::Config::default()))
        .unwrap_or_else(|difference| panic!("{difference}"));
    assert!(played.calls > 4_000 && played.events >= 4, "{played:?}");
}

/// The shipped spectrometer with more to its scenario.
fn with(more: &str) -> Outcome {
    let folder = root().join("scenarios");
    let text = std::fs::read_to_string(folder.join("spectrometer.toml")).unwrap();
    run(written(&format!("{text}\n{more}"), &folder), &Options::default())
}

#[test]
fn a_chip_that_does_not_answer_is_told_once_and_measures_again_afterwards() {
    let outcome = with("[[fault]]\nkind = \"nack\"\ntarget = \"as7265x\"\nat = \"30s\"\nfor = \"15s\"\n");
    assert!(outcome.faults[0].strikes > 0);
    let said = &outcome.nodes[0].sums.said;
    let failed: Vec<_> =
        said.iter().filter(|said| matches!(said.event, Event::ChipFailed { chip: "as7265x", .. })).collect();
    assert_eq!(failed.len(), 1);
    assert!(matches!(failed[0].event, Event::ChipFailed { error: ChipError::Bus, .. }));
    let spectra = |from: u64, to: u64| {
        said.iter()
            .filter(|said| matches!(said.event, Event::Spectrum { .. }))
            .filter(|said| (from * 1_000_000_000..to * 1_000_000_000).contains(&said.at.0))
            .count()
    };
    assert_eq!(spectra(31, 45), 0);
    assert!(spectra(8, 30) >= 3 && spectra(50, 65) >= 2);
    // The white reference was kept: nobody showed the tile again before the scenario's own time.
    assert!(said.iter().filter(|said| said.event.kind() == "white-reference").count() == 2);
}

/// What comes out of the instrument comes in by its light: with nothing before it there is nothing to read.
#[test]
fn with_nothing_before_it_the_values_are_worthless() {
    let near = |outcome: &Outcome| {
        let node = &outcome.nodes[0];
        sim::score::nearness::of_values(outcome, node, Some("carmine_g_l")).unwrap().mean
    };
    let seen = near(&with(""));
    // A black plate lies on top of every sample from the first one on.
    let black = "[[sample]]\nkind = \"grey\"\nreflectance = \"0%\"\nat = \"8s\"\n";
    let outcome = with(black);
    let spectra = outcome.nodes[0].sums.said.iter().filter_map(|said| match said.event {
        // From after the tile was taken away until the black plate itself is taken for the tile.
        Event::Spectrum { permille, .. } if (12_000_000_000..66_000_000_000).contains(&said.at.0) => {
            Some(permille)
        }
        _ => None,
    });
    let brightest = spectra.flatten().max().unwrap();
    assert!(seen < 0.01, "{seen}");
    assert!(brightest < 60, "{brightest} thousandths");
}
