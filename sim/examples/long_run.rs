//! What a long run takes of this computer's memory, with everything watched as the window watches it:
//!
//! ```text
//! cargo run --release -p sim --example long_run -- scenarios/night-in-the-office.toml
//! ```
//!
//! Each line is a part of the run; it ends with an error if the history takes more than it says that it may, or the process
//! more than the history accounts for.

use sim::catalogue::Catalogue;
use sim::live::{Ask, Session, Source, Speed};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What engine, program and allocator may take beside the history.
const BESIDE: usize = 128 << 20;
const LINES: u64 = 24;

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("a scenario's file is wanted");
        return ExitCode::from(2);
    };
    let source = Source { catalogue: Arc::new(Catalogue::builtin()), file, sets: Vec::new(), log: None };
    let session = match Session::open(source) {
        Ok(session) => session,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let nodes = session.history().nodes.len();
    let end_ns = session.status().end_ns;
    println!("simulated h | real s | history MB | of at most MB | resident MB");
    let started = Instant::now();
    session.ask(Ask::Speed(Speed::Max));
    session.ask(Ask::Play);
    let (mut next_ns, mut held) = (0, true);
    loop {
        // As the window does: it looks, and it looks into chips.
        (0..nodes).for_each(|node| session.ask(Ask::Chips { node }));
        std::thread::sleep(Duration::from_millis(60));
        let status = session.status();
        let ended = !status.playing && status.now_ns > 0;
        if status.now_ns >= next_ns || ended {
            next_ns += end_ns / LINES;
            let (bytes, most) = {
                let history = session.history();
                (history.bytes(), history.most_bytes())
            };
            let resident = resident_bytes();
            let mb = |bytes: usize| bytes as f64 / f64::from(1 << 20);
            println!(
                "{:11.2} | {:6.1} | {:10.1} | {:13.0} | {}",
                status.now_ns as f64 / 3.6e12,
                started.elapsed().as_secs_f64(),
                mb(bytes),
                mb(most),
                resident.map_or("unknown".into(), |bytes| format!("{:.1}", mb(bytes)))
            );
            held &= bytes <= most && resident.is_none_or(|resident| resident <= bytes + BESIDE);
        }
        if ended {
            break;
        }
    }
    if !held {
        eprintln!("more than the bound: the history's own, or {} MB beside it", BESIDE >> 20);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Memory of this process that is in RAM; where the system tells.
fn resident_bytes() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
