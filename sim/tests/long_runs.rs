//! Runs that are long and signals that are large: what they take of memory and of time has a bound.

use sim::catalogue::Catalogue;
use sim::live::{Ask, Series, Session, Source, Speed};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Both judge what they measure of this process: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// A node that is moved, pressed and read for an hour: longer than samples are kept. Twelve take minutes, and are tried by
/// `cargo run --release -p sim --example long_run`.
const AN_HOUR: &str = r#"
schema = 1
name = "an hour"
duration = "1h"
seed = 3

[[node]]
name = "box"
board = "m5stickc"
app = "motion"
settings = { rate = "25Hz", window = "5.12s", hop = "1.28s", screen_timeout = "1s" }

[[motion]]
kind = "still"

[[motion]]
kind = "walk"
at = "10s"
for = "20s"
every = "5min"

[[press]]
button = "A"
at = "7s"
for = "200ms"
every = "10s"
"#;

/// Engine, program and allocator beside the history: some 10 MB were measured.
const BESIDE: usize = 64 << 20;
/// From the middle of the run to its end nothing but the history grows: by some 0.5 MB an hour.
const CREEP: usize = 12 << 20;

#[test]
fn an_hour_with_everything_watched_stays_within_its_bound() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("an-hour.toml");
    fs::write(&file, AN_HOUR).unwrap();
    let source = Source { catalogue: Arc::new(Catalogue::builtin()), file, sets: Vec::new(), log: None };
    let session = Session::open(source).unwrap_or_else(|error| panic!("{error}"));
    let end_ns = session.status().end_ns;
    session.ask(Ask::Speed(Speed::Max));
    session.ask(Ask::Play);
    let started = Instant::now();
    let mut middle: Option<(usize, usize)> = None;
    loop {
        session.ask(Ask::Chips { node: 0 });
        std::thread::sleep(Duration::from_millis(20));
        let status = session.status();
        let (bytes, most) = {
            let history = session.history();
            (history.bytes(), history.most_bytes())
        };
        assert!(bytes <= most, "{bytes} B of history at {} ns, and {most} B at most", status.now_ns);
        let resident = resident_bytes();
        if middle.is_none() && status.now_ns > end_ns / 2 {
            middle = resident.map(|resident| (resident, bytes));
        }
        if !status.playing && status.now_ns > 0 {
            assert_eq!(status.now_ns, end_ns);
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(900), "{status:?}");
    }
    let history = session.history();
    let node = history.node(0).unwrap();
    assert!(node.felt[0].count() > 80_000, "{} samples were read", node.felt[0].count());
    assert_eq!(node.motion[0].count(), 3_600 * 200, "and what was true is known at 200 Hz");
    let forgotten_ns = node.motion[0].samples_from_ns().unwrap_or_default();
    assert!(forgotten_ns > 1_800_000_000_000, "what is old was forgotten, until {forgotten_ns} ns");
    let (bytes, most) = (history.bytes(), history.most_bytes());
    let Some((resident, (middle, then))) = resident_bytes().zip(middle) else {
        println!("{bytes} B of history of at most {most} B; this system does not tell a process's memory");
        return;
    };
    let mb = |bytes: usize| bytes >> 20;
    println!(
        "1 h in {:.1} s: history {} MB of at most {} MB, process {} MB; in the middle {} MB",
        started.elapsed().as_secs_f64(),
        mb(bytes),
        mb(most),
        mb(resident),
        mb(middle)
    );
    assert!(resident < bytes + BESIDE, "{} MB, of which {} MB are the history", mb(resident), mb(bytes));
    let crept = resident.saturating_sub(middle).saturating_sub(bytes.saturating_sub(then));
    assert!(crept < CREEP, "{} MB in the second half that nobody accounts for", mb(crept));
}

/// Memory of this process that is in RAM.
fn resident_bytes() -> Option<usize> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()? * 1024)
}

/// A plot asks for as many columns as it has pixels. At the zoom that costs most it costs no more of five million samples than
/// of fifty thousand, and there is no more to draw.
#[test]
fn five_million_samples_are_drawn_as_quickly_as_fifty_thousand() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    const COLUMNS: usize = 1_200;
    let series = |samples: u32| {
        let mut series = Series::default();
        series.push(0, 62_500.0, (0..samples).map(|n| (n % 97) as f32));
        series
    };
    let costliest = |series: &Series| {
        let end_ns = series.end_ns();
        let zooms = (0..24).map(|step| (end_ns as f64 * 0.7f64.powi(step)) as u64);
        let of_zoom = |length_ns: u64| {
            let once = |_| {
                let started = Instant::now();
                let drawn = series.columns(end_ns - length_ns, end_ns, COLUMNS).len();
                (started.elapsed(), drawn)
            };
            // The quickest of some: what else the machine does is not meant.
            let taken: Vec<(Duration, usize)> = (0..15).map(once).collect();
            let quickest = taken.iter().map(|(time, _)| *time).min().unwrap_or_default();
            (quickest, taken[0].1)
        };
        let all: Vec<(Duration, usize)> = zooms.map(of_zoom).collect();
        let slowest = all.iter().map(|(time, _)| *time).max().unwrap_or_default();
        (slowest, all.iter().map(|(_, drawn)| *drawn).max().unwrap_or_default())
    };
    let (few, many) = (series(50_000), series(5_000_000));
    let mut told = String::new();
    // Other programs take time as well: what costs more is slower each time.
    for _ in 0..4 {
        let ((of_few, few_drawn), (of_many, many_drawn)) = (costliest(&few), costliest(&many));
        assert!(
            few_drawn <= 2 * COLUMNS + 8 && many_drawn <= 2 * COLUMNS + 8,
            "{few_drawn} and {many_drawn}"
        );
        told = format!(
            "at the worst zoom: {of_few:?} and {few_drawn} columns of 50,000 samples, {of_many:?} and {many_drawn} of 5,000,000"
        );
        println!("{told}");
        if of_many < 4 * of_few {
            return;
        }
    }
    panic!("{told}");
}
