//! Any `--set` on a scenario that is right: applied, or refused with a problem that points into the argument or the file.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use scenarios::known::{Known, KnownBoard};
use scenarios::{Set, load_str};

const SCENARIO: &str = include_str!("../../canary/event-that-never-happens.toml");

fuzz_target!(|text: &str| {
    let known = Known {
        boards: vec![KnownBoard { name: "m5stickc".into(), ..KnownBoard::default() }],
        apps: vec!["sound".into()],
        events: vec!["loud".into()],
        ..Known::default()
    };
    if let Err(error) =
        load_str("fuzz.toml", SCENARIO, Path::new("no-such-folder"), &known, &[Set::new(text)])
    {
        for problem in error.problems() {
            assert!(problem.text().get(problem.span()).is_some());
        }
    }
});
