//! Nearest points. What a point takes is what a model takes beyond one that has fewer of them.

use super::model::{FILE, file};
use super::run_parts;
use crate::inputs::{self, SOUND};
use crate::{Case, Laboratory, Purpose};
use core::array::from_fn;
use node_core::meter::{Kernel, Work};
use node_core::ml::nearest::{Bits, Metric, Points, Said, Step};
use node_core::ml::ntm::{Aligned, Model};

const CLASSES: usize = 4;
const MANY: usize = 64;
const FEW: usize = 16;
/// Most features.
const WIDTH: usize = 64;
const CALLS: usize = 4;

/// What all models here are made of and asked.
struct Stock {
    points: [f32; MANY * WIDTH],
    questions: [f32; WIDTH + CALLS],
}

struct Sketch {
    metric: Metric,
    bits: Bits,
    features: usize,
}

impl Stock {
    fn written<'r>(
        &self,
        Sketch { metric, bits, features }: &Sketch,
        points: usize,
        room: &'r mut Aligned<[u8; FILE]>,
    ) -> Option<Model<'r>> {
        let class_of: [u8; MANY] = from_fn(|point| (point % CLASSES) as u8);
        let most = f32::from(bits.most());
        let scale = [Step { zero: -2_000.0, codes: most / 4_000.0 }; WIDTH];
        let points = Points {
            metric: *metric,
            neighbours: 5,
            power: 2,
            bits: *bits,
            outputs: CLASSES as u8,
            scale: &scale[..*features],
            points: &self.points[..points * features],
            said: Said::Classes(&class_of[..points]),
        };
        file(room, *features, CLASSES, |writer| {
            let _ = writer.nearest(&points);
        })
    }

    fn case(&self, laboratory: &mut impl Laboratory, sketch: &Sketch, purpose: Purpose, all: bool) {
        let (mut many_room, mut few_room) = (Aligned([0; FILE]), Aligned([0; FILE]));
        let Some(many) = self.written(sketch, MANY, &mut many_room) else { return };
        let Some(few) = self.written(sketch, FEW, &mut few_room) else { return };
        let points = if all { MANY } else { MANY - FEW };
        let mut case = Case::of_several(Kernel::PointDistance, points, points * sketch.features, CALLS)
            .for_purpose(purpose);
        if all {
            case.work = Work::NONE;
            (0..CALLS).for_each(|_| many.work(&mut case.work));
        }
        let ask = |model: &Model<'_>, (room, said): &mut State, index: usize| {
            let features = &self.questions[index..index + sketch.features];
            let asked = model.ask(features, room).unwrap_or_default();
            said.copy_from_slice(&asked[..CLASSES]);
        };
        run_parts(
            laboratory,
            case,
            &mut ([0.0; WIDTH], [0.0; CLASSES]),
            |state, index| ask(&many, state, index),
            |state, index| {
                if !all {
                    ask(&few, state, index);
                }
            },
            |(_, said), results| {
                results.floats(said);
            },
        );
    }
}

/// What a model works in, and what it said last.
type State = ([f32; WIDTH], [f32; CLASSES]);

pub fn all(laboratory: &mut impl Laboratory) {
    let sound = inputs::sound();
    let stock = Stock {
        points: from_fn(|n| f32::from(sound[(7 * n + n / SOUND) % SOUND])),
        questions: from_fn(|n| f32::from(sound[n])),
    };
    let eight = |features| Sketch { metric: Metric::Squares, bits: Bits::Eight, features };
    for features in [8, 16, 32, 64] {
        stock.case(laboratory, &eight(features), Purpose::Fit, false);
    }
    for (metric, bits, what) in [
        (Metric::Differences, Bits::Eight, "differences"),
        (Metric::Differences, Bits::Six, "6-bits"),
        (Metric::Differences, Bits::Four, "4-bits"),
    ] {
        let sketch = Sketch { metric, bits, features: 48 };
        stock.case(laboratory, &sketch, Purpose::OtherData(what), false);
    }
    stock.case(laboratory, &eight(48), Purpose::OtherUse("all"), true);
}
