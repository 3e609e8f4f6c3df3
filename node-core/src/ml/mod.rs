//! Models: numbers in, a class and a confidence out.
//!
//! - [`ntm`]: the file that holds a model and all that is needed to use it
//! - [`ask`]: one way to ask any of them
//! - [`forest`]: random forests and extra trees with soft votes
//! - [`boosted`]: gradient-boosted trees
//! - [`linear`]: linear and logistic regression
//! - [`nearest`]: nearest neighbours and prototypes, and learning them on the node
//! - [`network`]: small neural networks, dense and convolutional, of 8 bits
//! - [`normal`]: how far from normal, of states that a trainer knew or that are learnt on the node
//! - [`smooth`]: answers in a row, without flicker
//! - [`work`]: what features and answers cost, in kernels that a cost table prices
//!
//! Nothing in here knows a clock, a bus, a board or an event, and nothing waits. A model is used where it lies (in
//! flash); whatever its bytes are, opening it gives a model or an error, and a model that was opened can be asked
//! without a panic, an endless loop or a read outside of it. Results are the same bits on every machine.
//!
//! Each module says under "Work" what it does for a given size, for whoever prices it.

pub mod ask;
pub mod boosted;
pub mod forest;
pub mod linear;
pub mod nearest;
pub mod network;
pub mod normal;
pub mod ntm;
pub mod smooth;
pub mod work;

/// Most classes that any model tells apart: a vote's classes are bits of a word, beside their weights.
pub const MAX_CLASSES: usize = 26;
