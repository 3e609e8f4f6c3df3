//! Any bytes as a model file: refused with a byte and a reason, or a model that answers anything it is asked.
//!
//! A file that tests/emlearn/run makes is a good first input. The head is mended before the file is opened: its CRC would stop nearly every input otherwise.
#![no_main]

use libfuzzer_sys::fuzz_target;
use node_core::ml::nearest::{Learner, learner};
use node_core::ml::ntm::{Kind, MAGIC, Model, VERSION};
use node_core::crc::crc32;

const HEAD: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    let mut words = vec![0u32; bytes.len().div_ceil(4)];
    let file = &mut bytemuck::cast_slice_mut::<u32, u8>(&mut words)[..bytes.len()];
    file.copy_from_slice(bytes);
    if file.len() >= HEAD {
        file[..4].copy_from_slice(&MAGIC);
        file[4..6].copy_from_slice(&VERSION.to_le_bytes());
        file[8..12].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        let crc = crc32(crc32(0, &file[..12]), &file[HEAD..]);
        file[12..HEAD].copy_from_slice(&crc.to_le_bytes());
    }
    // The file's own words are as good as any numbers, NaN among them.
    let numbers: Vec<f32> = file.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match Model::open(file) {
        Err(error) => {
            assert!(error.at <= bytes.len());
            assert!(!error.to_string().is_empty());
        }
        Ok(model) => {
            assert!(model.inputs.channels().count() > 0);
            assert_eq!(model.classes.names().count(), model.classes.count());
            if let Some(plan) = &model.plan {
                assert_eq!(plan.outputs(), model.kind.features());
                assert!(plan.ops().count() > 0);
            }
            let _ = model.thresholds.of(0);
            let features: Vec<f32> = numbers.iter().copied().cycle().take(model.kind.features()).collect();
            let mut scratch = vec![f32::NAN; model.scratch()];
            assert!(model.ask(&features, &mut scratch).is_some());
            match &model.kind {
                Kind::Forest(forest) => {
                    let votes = forest.votes_f32(&features).expect("as many features as it takes");
                    let sum: u32 = votes.counts().iter().map(|count| u32::from(*count)).sum();
                    assert_eq!(sum, 256 * forest.trees() as u32);
                }
                Kind::Linear(_) | Kind::Boosted(_) => {}
                Kind::Nearest(nearest) => assert!(nearest.distance(&features, &mut scratch).is_some()),
                Kind::Network(network) => {
                    let mut scratch = vec![0; network.scratch()];
                    assert!(network.ask(&features, &mut scratch).is_some());
                    assert_eq!(network.layers().last().map(|(_, shape)| shape.size()), Some(network.outputs()));
                }
                Kind::Normal(normal) => {
                    let said = normal.ask(&features, &mut vec![0.0; features.len()]).expect("room for all");
                    assert!(said.iter().all(|distance| *distance >= 0.0));
                }
            }
            // What is learnt on the node has room for as many codes as the file's scale gives.
            if let Some(scale) = model.scale() {
                let mut room = vec![0; learner::room(scale.width(), 3)];
                let mut learner = Learner::new(*scale, &mut room).expect("room for three examples");
                let class = learner.class("new").expect("the first class");
                learner.add(class, &features).expect("the first example");
                assert!(learner.near(&features).is_some());
            }
        }
    }
});
