//! Memory as a budget: what a node's program takes of its chip.
//!
//! There is no heap, so a program's state is the future of its `run` and node-core's statics, whatever its settings are.
//! Both, and the deepest stack, were measured on the target's instruction set ([`measured`]); what a firmware's image
//! takes is read from its own ELF file ([`image`]). [`chip`] has what there is.

pub mod chip;
pub mod image;
pub mod measured;
pub mod text;

use chip::Chip;
use hal_shim::cost::Grade;
use measured::{Figures, MEASURED, Sections};
use node_core::boards::Mcu;

/// What an app of node-core takes on a chip.
#[derive(Clone, Debug)]
pub struct Footprint {
    pub chip: &'static Chip,
    /// The future of the app's `run` and node-core's statics, in bytes.
    pub state: u64,
    /// Deepest stack beside the state.
    pub stack: u64,
    pub grade: Grade,
    /// How both were found.
    pub source: String,
    /// A whole firmware with this app, where one was built for this chip.
    pub image: Option<Sections>,
}

impl Footprint {
    /// `None` if nobody has measured that app: somebody's own.
    pub fn of(mcu: Mcu, app: &str) -> Option<Self> {
        let measured = &*MEASURED;
        let (isa, images) = match mcu {
            Mcu::Esp32 => ("Xtensa LX6", None),
            Mcu::Esp32C3 => ("riscv32imc", measured.image.get("esp32c3")),
        };
        let Figures { state, stack } = *measured.of(mcu).get(app)?;
        Some(Self {
            chip: Chip::of(mcu),
            state,
            stack,
            grade: Grade::Measured,
            source: format!("{isa} emulated, a tape in the drivers' place, default settings"),
            image: images.and_then(|images| images.get(app)).copied(),
        })
    }

    pub fn together(&self) -> u64 {
        self.state + self.stack
    }

    /// Of the memory that a program's data can have.
    pub fn share(&self) -> f64 {
        self.together() as f64 / self.chip.data.bytes as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_apps_are_measured_on_both_chips_and_fit() {
        for mcu in [Mcu::Esp32, Mcu::Esp32C3] {
            for app in ["sound", "motion", "vibration"] {
                let footprint = Footprint::of(mcu, app).unwrap_or_else(|| panic!("{mcu:?} {app}"));
                assert!(footprint.state > 1_000 && footprint.stack > 500, "{footprint:?}");
                assert!(footprint.share() < 0.5, "{footprint:?}");
            }
        }
        assert!(Footprint::of(Mcu::Esp32, "somebody's own").is_none());
    }

    /// What the app's future and the stack take is part of what the whole image takes.
    #[test]
    fn an_image_holds_its_apps_state() {
        for app in ["sound", "motion", "vibration"] {
            let footprint = Footprint::of(Mcu::Esp32C3, app).unwrap();
            let image = footprint.image.unwrap();
            assert!(image.state < image.data + image.bss, "{image:?}");
            assert!(image.ram() < footprint.chip.data.bytes, "{image:?}");
        }
    }
}
