//! Nodes move between threads although what they hold does not: the one `unsafe` of the house, under stress.

use hal_shim::node::Node;
use hal_shim::time::TrueTime;
use node_core::audio::AudioIn;
use node_core::board::{Board, Events, Parts};
use node_core::event::Event;
use node_core::time::Clock;
use nodetwin_tests::{Bench, root, run, written};
use sim::engine::Options;
use std::sync::mpsc;
use std::thread;

fn listener() -> Node {
    Bench::default().node(|board| async move {
        let Parts { audio, i2c, clock, events, .. } = board.split();
        // Shared between two tasks, as an app's bus is: the counter and the lock of it travel with the node.
        let bus = embassy_sync::mutex::Mutex::<embassy_sync::blocking_mutex::raw::NoopRawMutex, _>::new(i2c);
        let mut audio = audio.unwrap();
        audio.start(16_000).await.unwrap();
        let listen = async {
            let mut block = [0; 512];
            loop {
                audio.read(&mut block).await.unwrap();
                let mut level = [0; 2];
                use embedded_hal_async::i2c::I2c;
                bus.lock().await.write_read(0x68, &[0x72], &mut level).await.unwrap();
                events.emit(Event::Custom { name: "block", at: clock.now(), value: block[0].into() });
            }
        };
        let tick = async {
            loop {
                clock.until(clock.now() + node_core::time::Duration::from_millis(7)).await;
                use embedded_hal_async::i2c::I2c;
                bus.lock().await.write_read(0x51, &[0x02], &mut [0; 7]).await.unwrap();
            }
        };
        embassy_futures::join::join(listen, tick).await.0
    })
}

#[test]
fn nodes_that_are_passed_from_thread_to_thread_run_as_those_that_stay() {
    let mut stayed = listener();
    stayed.advance(TrueTime::from_millis(4_000));
    let expected = stayed.trace_hash();

    // A ring of threads: each advances a node by 50 ms and passes it on.
    const THREADS: usize = 4;
    const NODES: usize = 24;
    let (done, finished) = mpsc::channel();
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel::<(u64, Node)>()).unzip();
    for node in 0..NODES {
        senders[node % THREADS].send((0, listener())).unwrap();
    }
    thread::scope(|scope| {
        for (index, receiver) in receivers.into_iter().enumerate() {
            let next = senders[(index + 1) % THREADS].clone();
            let done = done.clone();
            scope.spawn(move || {
                while let Ok((ms, mut node)) = receiver.recv_timeout(std::time::Duration::from_secs(2)) {
                    if ms == 4_000 {
                        done.send(node.trace_hash()).unwrap();
                        continue;
                    }
                    node.advance(TrueTime::from_millis(ms + 50));
                    // Whoever is gone has nothing left to do, and neither has this node.
                    let _ = next.send((ms + 50, node));
                }
            });
        }
        drop((senders, done));
    });
    let hashes: Vec<u64> = finished.iter().collect();
    assert_eq!(hashes, [expected; NODES]);
}

#[test]
fn a_fleet_gives_the_same_trace_on_one_thread_and_on_many() {
    let node = |index: usize| {
        format!(
            "[[node]]\nname = \"n{index}\"\nboard = \"m5stickc\"\napp = \"{}\"\n",
            ["motion", "sound"][index % 2]
        )
    };
    let text = format!(
        "schema = 1\nname = \"fleet\"\nduration = \"8s\"\nseed = 3\n{}
        [[sound]]\nkind = \"pink-noise\"\nlevel = \"50dB\"\n
        [[motion]]\nkind = \"walk\"\nat = \"1s\"\nfor = \"6s\"\nlabel = \"walk\"\n",
        (0..24).map(node).collect::<String>()
    );
    let hash = |threads, step_ns| {
        let options = Options { threads, step_ns, ..Options::default() };
        let outcome = run(written(&text, &root()), &options);
        let mut each: Vec<u64> = outcome.nodes.iter().map(|node| node.trace_hash).collect();
        each.sort_unstable();
        each.dedup();
        assert_eq!(each.len(), 24, "every node has its own draws");
        outcome.trace_hash
    };
    let alone = hash(Some(1), None);
    assert_eq!(alone, hash(Some(4), Some(100_000_000)));
    assert_eq!(alone, hash(None, Some(1_000_000_000)));
}
