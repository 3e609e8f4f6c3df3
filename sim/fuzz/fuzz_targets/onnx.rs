//! Any bytes as a file of ONNX: refused with a reason, or a network that can be quantised and asked, or not.
//!
//! The files of sim/src/train/import/onnx/fixtures are good first inputs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use node_core::ml::linear::Answer;
use sim::train::import::onnx::{self, Imported};
use sim::train::network::Network;

fuzz_target!(|bytes: &[u8]| {
    match onnx::read(bytes, "x", Answer::Shares) {
        Err(refusal) => assert!(!refusal.help.is_empty()),
        Ok(Imported { net, inputs, answer, .. }) => {
            let row = vec![0.5; net.input.size()];
            if let Some(network) = Network::of(net, inputs, answer, std::slice::from_ref(&row)) {
                assert!(!network.scores(&row).is_empty());
            }
        }
    }
});
