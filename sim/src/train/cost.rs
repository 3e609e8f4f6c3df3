//! What a model's answer will take on a chip: its window's features, frame by frame where the plan allows it, and the model.

use hal_shim::cost::{CostTable, Grade};
use node_core::boards::Mcu;
use node_core::meter::Work;
use node_core::ml::ntm::Model;
use node_core::ml::work::{frame_work, plan_work, rows_work};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predicted {
    /// Of computing from one answer to the next, microseconds.
    pub us: f64,
    /// May be off by this share of it.
    pub relative: f32,
    /// The worst of what it rests on.
    pub grade: Grade,
}

/// `None` where nobody has counted what the chip takes.
pub fn predicted(model: &Model<'_>, mcu: Mcu, mhz: u32) -> Option<Predicted> {
    let table = CostTable::of(mcu)?;
    let mut work = Work::NONE;
    if let Some(plan) = &model.plan {
        match plan.streaming() {
            Some(streaming) => {
                (0..streaming.frames_hop).for_each(|_| frame_work(&streaming, &mut work));
                rows_work(plan, &mut work);
            }
            None => plan_work(plan, &mut work),
        }
    }
    model.work(&mut work);
    let (cycles, grade) = table.price(&work);
    Some(Predicted { us: cycles as f64 / f64::from(mhz.max(1)), relative: table.spread(&work), grade })
}

/// Bytes of RAM: the window (of sound that comes by frames: a frame and the rows), the plan's scratch, the features and the
/// model's scratch, all as floats.
pub fn ram(model: &Model<'_>) -> usize {
    let plan = model.plan.as_ref().map_or(0, |plan| {
        let head = plan.head();
        let window = match plan.streaming() {
            Some(streaming) => {
                let rows = streaming.frames * streaming.framing.width();
                streaming.framing.points + streaming.framing.room() + rows
            }
            None => head.window * head.channels,
        };
        window + plan.scratch() + plan.outputs()
    });
    size_of::<f32>() * (plan + model.scratch())
}
