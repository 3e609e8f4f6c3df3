//! Whether a chip works, told when that changes: an event a failure, not an event an attempt.

use crate::board::Events;
use crate::drivers::{as7265x, axp192, bm8563, mpu6886, st7735s};
use crate::event::{ChipError, Event};
use crate::storage::StorageError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    chip: &'static str,
    failing: bool,
}

impl Health {
    pub const fn of(chip: &'static str) -> Self {
        Self { chip, failing: false }
    }
    pub fn is_failing(&self) -> bool {
        self.failing
    }
    /// Told if the chip worked until now.
    pub fn fails(&mut self, error: impl Into<ChipError>, events: &impl Events) {
        if !self.failing {
            events.emit(Event::ChipFailed { chip: self.chip, error: error.into() });
        }
        self.failing = true;
    }
    pub fn works(&mut self) {
        self.failing = false;
    }
}

impl<E> From<as7265x::Error<E>> for ChipError {
    fn from(error: as7265x::Error<E>) -> Self {
        match error {
            as7265x::Error::Bus { .. } => Self::Bus,
            as7265x::Error::WrongIdentity { found } => Self::WrongIdentity { found },
            as7265x::Error::NoAnswer { .. } | as7265x::Error::NotReady => Self::Timeout,
            as7265x::Error::DieMissing { .. } => Self::Untrustworthy,
        }
    }
}

impl<E> From<axp192::Error<E>> for ChipError {
    fn from(axp192::Error::Bus { .. }: axp192::Error<E>) -> Self {
        Self::Bus
    }
}

impl<E> From<bm8563::Error<E>> for ChipError {
    fn from(error: bm8563::Error<E>) -> Self {
        match error {
            bm8563::Error::Bus { .. } => Self::Bus,
            bm8563::Error::VoltageLow
            | bm8563::Error::InvalidRegisters { .. }
            | bm8563::Error::InvalidInput => Self::Untrustworthy,
        }
    }
}

impl<E> From<mpu6886::Error<E>> for ChipError {
    fn from(error: mpu6886::Error<E>) -> Self {
        match error {
            mpu6886::Error::Bus { .. } => Self::Bus,
            mpu6886::Error::WrongIdentity { found } => Self::WrongIdentity { found },
            mpu6886::Error::ResetTimeout => Self::Timeout,
            // Mistakes of ours that its answer cannot be told from.
            mpu6886::Error::BufferTooSmall | mpu6886::Error::FifoOff => Self::Untrustworthy,
        }
    }
}

impl<S, P> From<st7735s::Error<S, P>> for ChipError {
    fn from(_: st7735s::Error<S, P>) -> Self {
        Self::Bus
    }
}

impl<E> From<StorageError<E>> for ChipError {
    fn from(error: StorageError<E>) -> Self {
        match error {
            StorageError::Flash(_) => Self::Bus,
            StorageError::Damaged
            | StorageError::TooSmall
            | StorageError::ValueTooLong
            | StorageError::NoRoom { .. }
            | StorageError::Full => Self::Untrustworthy,
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Count(Rc<Cell<u32>>);
    impl Events for Count {
        fn emit(&self, _: Event) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn a_failure_is_told_once_until_the_chip_works_again() {
        let (mut health, told) = (Health::of("axp192"), Count::default());
        for _ in 0..3 {
            health.fails(ChipError::Bus, &told);
        }
        assert_eq!((told.0.get(), health.is_failing()), (1, true));
        health.works();
        health.fails(ChipError::Timeout, &told);
        assert_eq!(told.0.get(), 2);
    }
}
