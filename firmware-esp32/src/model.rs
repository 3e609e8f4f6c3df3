//! The model that `NODETWIN_MODEL` named when this was built, where it lies in flash, and the memory that it works in.

use crate::app::Config;
#[cfg(feature = "vibration")]
use crate::app::condition as trained;
#[cfg(not(feature = "vibration"))]
use crate::app::trained;
use core::fmt;
use node_core::app::recogniser::{Recogniser, Unfit};
use node_core::ml::ntm::{Aligned, Model, NtmError};
use static_cell::{ConstStaticCell, StaticCell};

static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/model.ntm")));

const ROOM: usize = match usize::from_str_radix(env!("NODETWIN_MODEL_ROOM"), 10) {
    Ok(kilobytes) => kilobytes * 1024 / size_of::<f32>(),
    Err(_) => panic!("NODETWIN_MODEL_ROOM is a number of kilobytes"),
};

pub enum Wrong {
    File(NtmError),
    Unfit(Unfit),
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => write!(out, "{error}"),
            Self::Unfit(unfit) => write!(out, "{unfit}"),
        }
    }
}

/// The model at work in this program, which is then set as the model wants it. Once: its memory is given away.
pub fn given(
    config_for: impl FnOnce(&'static Model<'static>) -> Result<Config, Unfit>,
) -> Result<(Config, Recogniser<'static>), Wrong> {
    static MODEL: StaticCell<Model<'static>> = StaticCell::new();
    static WORKED_IN: ConstStaticCell<[f32; ROOM]> = ConstStaticCell::new([0.0; ROOM]);
    let model = MODEL.init(Model::open(&FILE.0).map_err(Wrong::File)?);
    let config = config_for(model).map_err(Wrong::Unfit)?;
    Ok((config, trained::recogniser(model, WORKED_IN.take()).map_err(Wrong::Unfit)?))
}
