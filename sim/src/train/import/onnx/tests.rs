//! Files and answers of others: `fixtures/make.py` makes the files with the `onnx` package, and onnxruntime gave the numbers
//! beside them.

use super::*;
use crate::train::network::Network;
use crate::train::network::net::Flow;
use proptest::prelude::*;

const FIXTURES: [(&str, &[u8], &str); 4] = [
    ("image", include_bytes!("fixtures/image.onnx"), include_str!("fixtures/image.csv")),
    ("time", include_bytes!("fixtures/time.onnx"), include_str!("fixtures/time.csv")),
    ("turned", include_bytes!("fixtures/turned.onnx"), include_str!("fixtures/turned.csv")),
    ("features", include_bytes!("fixtures/features.onnx"), include_str!("fixtures/features.csv")),
];

/// Questions and answers.
fn pairs(text: &str) -> Vec<[Vec<f32>; 2]> {
    let numbers = |text: &str| text.split(',').map(|number| number.parse().unwrap()).collect();
    text.lines().map(|line| line.split_once('|').unwrap()).map(|(x, y)| [numbers(x), numbers(y)]).collect()
}

fn answered(answer: Answer, said: &[f64]) -> Vec<f64> {
    if answer == Answer::Values {
        return said.to_vec();
    }
    let all: f64 = said.iter().map(|x| x.exp()).sum();
    said.iter().map(|x| x.exp() / all).collect()
}

#[test]
fn floats_say_what_onnxruntime_says_and_bytes_nearly() {
    for (name, file, text) in FIXTURES {
        let imported = read(file, name, Answer::Values).unwrap();
        let Imported { net, inputs, answer, dims } = imported;
        assert_eq!(answer, if name == "time" { Answer::Values } else { Answer::Shares }, "{name}");
        assert_eq!(dims.iter().product::<usize>(), net.input.size(), "{name}");
        let pairs = pairs(text);
        let rows: Vec<Vec<f32>> =
            pairs.iter().map(|[question, _]| inputs.standard(question, net.input)).collect();
        let mut flow = Flow::of(&net).unwrap();
        for (row, [_, expected]) in rows.iter().zip(&pairs) {
            flow.numbers[0].copy_from_slice(row);
            let said: Vec<f64> = flow.run(&net, |_, _| {}).iter().copied().map(f64::from).collect();
            for (said, expected) in answered(answer, &said).iter().zip(expected) {
                assert!((said - f64::from(*expected)).abs() < 2e-5, "{name}: {said} and {expected}");
            }
        }
        let network = Network::of(net, inputs, answer, &rows).unwrap();
        for [question, expected] in &pairs {
            for (said, expected) in answered(answer, &network.scores(question)).iter().zip(expected) {
                assert!(
                    (said - f64::from(*expected)).abs() < 0.06,
                    "{name}: {said} and {expected} in 8 bits"
                );
            }
        }
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    // Names of the same length, so that nothing else of the file changes.
    let refused = |from: &str, to: &str| {
        let mut file = FIXTURES[0].1.to_vec();
        assert_eq!(from.len(), to.len());
        let at = file.windows(from.len()).position(|bytes| bytes == from.as_bytes()).unwrap();
        file[at..at + to.len()].copy_from_slice(to.as_bytes());
        read(&file, "net.onnx", Answer::Values).unwrap_err().message
    };
    assert_eq!(refused("Relu", "Tanh"), "net.onnx: Tanh (r1): this activation is not known");
    assert_eq!(refused("Flatten", "Fractal"), "net.onnx: Fractal (f): this operator is not known");
    assert_eq!(
        refused("\x12\x02r1", "\x12\x02r9"),
        "net.onnx: MaxPool (p1) takes r1, not what the node before it gave (r9)"
    );
    assert!(
        read(b"\x08\x07", "net.onnx", Answer::Values)
            .unwrap_err()
            .message
            .ends_with("byte 0: it holds no graph")
    );
    let cut = &FIXTURES[0].1[..FIXTURES[0].1.len() - 5];
    let message = read(cut, "net.onnx", Answer::Values).unwrap_err().message;
    assert!(message.ends_with("a field is longer than what is left of the file"), "{message}");
}

proptest! {
    #[test]
    fn changed_files_are_refused_or_read(which in 0usize..4, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut file = FIXTURES[which].1.to_vec();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Ok(Imported { net, inputs, answer, .. }) = read(&file, "x", Answer::Values) {
// Weights may have become too large for anybody.
            let row = vec![0.5; net.input.size()];
            if let Some(network) = Network::of(net, inputs, answer, std::slice::from_ref(&row)) {
                prop_assert_eq!(network.scores(&row).len(), network.opened().unwrap().outputs());
            }
        }
    }
}
