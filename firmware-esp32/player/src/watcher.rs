//! The machine watcher's model, that of the scenario whose tape is played, and the memory that it works in. Both lie outside
//! of the stack and of the future, as in the firmware.

use core::cell::{OnceCell, UnsafeCell};
use core::fmt::{self, Display};
use node_core::app::recogniser::{Recogniser, Unfit};
use node_core::app::vibration::{Config, condition};
use node_core::ml::ntm::{Aligned, Model, NtmError};

static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!("../../../scenarios/models/machine.ntm"));
const ROOM: usize = 32 * 1024 / size_of::<f32>();

pub enum Wrong {
    File(NtmError),
    Unfit(Unfit),
}

impl Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => write!(out, "{error}"),
            Self::Unfit(unfit) => write!(out, "{unfit}"),
        }
    }
}

/// The program's settings by its model, and the model at work. Once: its memory is given away.
pub fn given() -> Result<(Config, Recogniser<'static>), Wrong> {
    static MODEL: Alone<OnceCell<Model<'static>>> = Alone(OnceCell::new());
    static WORKED_IN: Alone<UnsafeCell<[f32; ROOM]>> = Alone(UnsafeCell::new([0.0; ROOM]));
    let opened = Model::open(&FILE.0).map_err(Wrong::File)?;
    assert!(MODEL.0.get().is_none(), "the model's memory is given away");
    let model = MODEL.0.get_or_init(|| opened);
    // SAFETY: once, as was just asserted.
    let room = unsafe { &mut *WORKED_IN.0.get() };
    let config = Config::for_model(model).map_err(Wrong::Unfit)?;
    Ok((config, condition::recogniser(model, room).map_err(Wrong::Unfit)?))
}

struct Alone<T>(T);

// SAFETY: the player is all that runs on its one core, and it has no interrupts.
unsafe impl<T> Sync for Alone<T> {}
