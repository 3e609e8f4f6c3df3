//! Does it fit, how much is left, and what would have to change? Answers come from a run's own sums ([`headroom`], by
//! arithmetic and said so) and from further runs ([`study`]): what is recommended was run, and passed.

pub mod advice;
pub mod elsewhere;
pub mod headroom;
pub mod study;
pub mod trial;
pub mod words;
