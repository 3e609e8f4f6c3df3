//! What an app charges, held against what the lab counted for the same: firmware-esp32/lab/counts.

use hal_shim::cost::CostTable;
use node_core::boards::Mcu;
use node_core::dsp::features::Op;
use node_core::dsp::features::plan::{self, Plan, PlanHead};
use node_core::meter::{Kernel, Work};
use node_core::ml::work::frame_work;

const ISAS: [(Mcu, &str); 2] = [
    (Mcu::Esp32, include_str!("../../firmware-esp32/lab/counts/xtensa-lx6.txt")),
    (Mcu::Esp32C3, include_str!("../../firmware-esp32/lab/counts/riscv32imc.txt")),
];

/// Of a frame, as a stream of sound makes one.
fn charged(points: u16, bands: u8, low_hz: f32, high_hz: f32) -> Work {
    let head = PlanHead { channels: 1, window: 16_000, hop: 1_600, rate_hz: 16_000.0 };
    let frames =
        Op::Frames { channel: 0, points, hop: 160, bands, low_hz, high_hz, floor_db: -90.0, columns: 0 };
    let mut room = [0; 256];
    let length = plan::write(&head, &[frames, Op::FrameStatistics { mask: 2 }], &mut room).unwrap();
    let plan = Plan::parse(&room[..length]).unwrap();
    let mut work = Work::NONE;
    frame_work(&plan.streaming().unwrap(), &mut work);
    work
}

/// `MelBands 59: 8800`: the instructions of the case with so many units.
fn counted(counts: &str, kernel: Kernel, units: u32) -> f32 {
    let name = format!("{kernel:?} {units}: ");
    counts.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).expect(&name)
}

/// `MelBands = 400.0, 20.0`: a call and a unit.
fn priced(counts: &str, kernel: Kernel, work: &Work) -> f32 {
    let name = format!("{kernel:?} = ");
    let formula = counts.lines().find_map(|line| line.strip_prefix(&name)?.split_once(", ")).expect(&name);
    let [a_call, a_unit] = [formula.0, formula.1].map(|number| number.parse::<f32>().unwrap());
    a_call * work.calls(kernel) as f32 + a_unit * work.units(kernel) as f32
}

#[test]
fn a_mel_of_20_bands_and_one_of_40_are_charged_what_they_take() {
    for (mcu, counts) in ISAS {
        let stated = CostTable::of(mcu).unwrap().row(Kernel::MelBands).error.relative;
        for (points, bands, low_hz, high_hz) in [
            (256, 20, 100.0, 3_800.0),
            (512, 20, 100.0, 3_800.0),
            (256, 40, 50.0, 7_800.0),
            (512, 40, 50.0, 7_800.0),
        ] {
            let work = charged(points, bands, low_hz, high_hz);
            let counted = counted(counts, Kernel::MelBands, work.units(Kernel::MelBands));
            let off = priced(counts, Kernel::MelBands, &work) / counted - 1.0;
            assert!(off.abs() <= stated, "{mcu:?}, {bands} bands of {points} points: {:+.1} %", 100.0 * off);
        }
    }
}

/// Or the figures above would say nothing: what 20 bands cost is not what 40 cost. (Where floats are software, bins are most of it.)
#[test]
fn bands_are_not_charged_by_the_spectrum_alone() {
    for ((_, counts), more) in ISAS.into_iter().zip([1.3, 1.1]) {
        let [few, many] = [20, 40].map(|bands| charged(256, bands, 100.0, 7_000.0));
        assert_eq!(few.units(Kernel::MelBands), many.units(Kernel::MelBands));
        let [few, many] = [few, many].map(|work| priced(counts, Kernel::MelBands, &work));
        assert!(many > more * few, "{few} and {many}");
    }
}
