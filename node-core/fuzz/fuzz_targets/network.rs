//! Any bytes as a network's section: refused with a byte and a reason, or a network that answers anything it is asked.
//!
//! Without a file around it, so that every change of a byte reaches the layers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use node_core::ml::network::Network;

fuzz_target!(|bytes: &[u8]| {
    let mut words = vec![0u32; bytes.len().div_ceil(4)];
    let section = &mut bytemuck::cast_slice_mut::<u32, u8>(&mut words)[..bytes.len()];
    section.copy_from_slice(bytes);
    for classes in 1..=26 {
        match Network::parse(section, classes) {
            Err(error) => assert!(error.at <= bytes.len()),
            Ok(network) => {
                // Of large ones a few would take the fuzzer's time.
                if network.work().multiply_adds() < 1_000_000 {
                    let mut scratch = vec![0; network.scratch()];
                    let features = vec![f32::NAN; network.features()];
                    assert!(network.ask(&features, &mut scratch).is_some());
                }
                assert!(network.layers().count() > 0);
            }
        }
    }
});
