//! What the node's program holds: embedded-hal peripherals that take virtual time on virtual wires.

pub mod audio;
pub mod flash;
pub mod gpio;
pub mod i2c;
pub mod spi;
