//! What people see of a run beside its trace: into the chips, and how sure a model was. Looking changes nothing, and what is
//! computed once more is what the node computed.

use hal_shim::device::view::ChipView;
use node_core::event::Event;
use sim::catalogue::Catalogue;
use sim::engine::{Options, Twin};
use sim::live::{Ask, Session, Source};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const S: u64 = 1_000_000_000;
const MS: u64 = 1_000_000;
const MOST: Duration = Duration::from_secs(300);

fn scenario(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name)
}

fn twin(name: &str) -> Twin {
    let catalogue = Catalogue::builtin();
    let loaded = scenarios::load(&scenario(name), &catalogue.known(), &[]).unwrap();
    let options = Options { threads: Some(1), by_hand: Some(Vec::new()), ..Options::default() };
    Twin::new(&catalogue, loaded, &options).unwrap()
}

fn meanings(chips: &[ChipView], name: &str, register: &str) -> Vec<String> {
    let chip = chips.iter().find(|chip| chip.name == name).unwrap_or_else(|| panic!("no {name}"));
    let found = chip.registers.iter().find(|view| view.name == register);
    let found = found.unwrap_or_else(|| panic!("{name} has no {register}"));
    found.fields.iter().map(|field| field.meaning.clone()).collect()
}

#[test]
fn looking_into_the_chips_changes_nothing() {
    for (name, until) in [("motion.toml", 12 * S), ("spectrometer.toml", 6 * S), ("sound-sensor.toml", 3 * S)]
    {
        let (mut looked_at, mut left_alone) = (twin(name), twin(name));
        for step in 1..=until / (50 * MS) {
            looked_at.step_to(step * 50 * MS);
            let chips = looked_at.chips(0).unwrap();
            assert_eq!(chips, looked_at.chips(0).unwrap(), "the same twice");
        }
        left_alone.step_to(until);
        assert_eq!(looked_at.trace_hash(), left_alone.trace_hash(), "{name}");
    }
}

#[test]
fn registers_are_told_in_words() {
    let mut twin = twin("motion.toml");
    twin.step_to(3 * S + S / 2);
    let chips = twin.chips(0).unwrap();
    assert_eq!(meanings(&chips, "mpu6886", "ACCEL_CONFIG"), ["accel range ±4 g"]);
    assert_eq!(meanings(&chips, "mpu6886", "SMPLRT_DIV"), ["sample rate 100.0 Hz"]);
    assert_eq!(meanings(&chips, "axp192", "DCDC1_VOLTAGE"), ["3.30 V"]);
    let battery = meanings(&chips, "axp192", "BATTERY_VOLTAGE");
    assert!(battery[0].starts_with("battery ") && battery[0].ends_with(" mV"), "{battery:?}");
    // The clock goes on although nobody asks it.
    assert_eq!(meanings(&chips, "bm8563", "SECONDS")[0], "03 s");
    assert_eq!(meanings(&chips, "bm8563", "YEARS"), ["year 2026"]);
    assert_eq!(meanings(&chips, "st7735s", "COLMOD"), ["16 bits a pixel (RGB565)"]);
}

/// The classes that a model names beside the node are those that the node tells, as sure, and of the same windows.
#[test]
fn what_the_model_says_beside_the_node_is_what_the_node_says() {
    for name in ["gestures.toml", "listener.toml", "machine-condition.toml"] {
        let source = Source {
            catalogue: Arc::new(Catalogue::builtin()),
            file: scenario(name),
            sets: Vec::new(),
            log: None,
        };
        let session = Session::open(source).unwrap_or_else(|error| panic!("{error}"));
        session.ask(Ask::Seek(60 * S));
        assert!(session.settle(MOST), "{:?}", session.status());
        let history = session.history();
        let node = history.node(0).unwrap();
        let told: Vec<(&str, u8, u64)> = (node.events.iter())
            .filter_map(|said| match said.event {
                Event::Class { class, confidence_percent, .. } => {
                    Some((class, confidence_percent, said.end.0))
                }
                _ => None,
            })
            .collect();
        let recognised = node.recognised.as_ref().unwrap();
        let mine: Vec<(&str, u8, u64)> = (recognised.answers.iter())
            .filter_map(|answer| answer.told.map(|(class, percent)| (class, percent, answer.end_ns)))
            .collect();
        assert!(told.len() > 20, "{name}: {}", told.len());
        // The run may end between a read and what is told of it.
        assert!(told.len().abs_diff(mine.len()) <= 1, "{name}: {} and {}", told.len(), mine.len());
        for (index, (node, beside)) in told.iter().zip(&mine).enumerate() {
            assert_eq!((node.0, node.1), (beside.0, beside.1), "{name}: window {index} at {} ns", node.2);
            assert!(
                node.2.abs_diff(beside.2) < 60 * MS,
                "{name}: window {index}: {} and {}",
                node.2,
                beside.2
            );
        }
    }
}
