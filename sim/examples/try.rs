use sim::catalogue::Catalogue;
use sim::engine::{Options, Twin};
use std::ops::ControlFlow;
fn main() {
    let catalogue = Catalogue::builtin();
    let path = std::env::args().nth(1).unwrap();
    let until = std::env::args().nth(2).map(|s| s.parse::<f64>().unwrap());
    let scenario = match scenarios::load(std::path::Path::new(&path), &catalogue.known(), &[]) {
        Ok(s) => s,
        Err(e) => { eprintln!("{e}"); std::process::exit(2) }
    };
    let options = Options { threads: Some(1), until_ns: until.map(|s| (s * 1e9) as u64), ..Options::default() };
    let twin = match Twin::new(&catalogue, scenario, &options) { Ok(t) => t, Err(e) => { eprintln!("{e}"); std::process::exit(2) } };
    let out = twin.run(|_| ControlFlow::Continue(()));
    println!("{:.1} s simulated in {:?}: {:.0}x  hash {:016x}", out.simulated_s(), out.wall, out.realtime_factor(), out.trace_hash);
    for n in &out.nodes {
        println!("halt {:?} load {:.2}% staged {:.2}% polls {} irqs {} unmodelled {} overruns {}", n.halt, 100.0 * n.cpu_load(out.simulated_ns), 100.0 * n.sums.staged_ns as f64 / out.simulated_ns as f64, n.sums.polls, n.sums.interrupts, n.sums.unmodelled, n.sums.overruns);
        println!("longest unstaged {} us", n.sums.longest_unstaged_ns / 1000);
        for u in n.sums.unmodelled_first.iter() { println!("  {:?} {}", u.0, u.1) }
        for s in &n.sums.stages { println!("  {:20} {:8} mean {:8.1} max {:8.1} {:?} misses {}", s.name, s.count, s.total_ns as f64 / s.count as f64 / 1e3, s.max_ns as f64 / 1e3, s.deadline_us, s.misses) }
        println!("  {:?}", n.sums.buses);
        println!("  {:?}", n.sums.events);
        for l in &n.labels { println!("  label {} {:.2}..{:.2}", l.label, l.start_ns as f64/1e9, l.end_ns as f64/1e9) }
        if std::env::var_os("EV").is_some() { for s in &n.sums.said { println!("   {:.3} {:?}", s.at.0 as f64 * 1e-9, s.event) } }
    }
}
