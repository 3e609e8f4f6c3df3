//! `.ntm`: one file with a model and all that is needed to use it.
//!
//! Little-endian. A head of 16 bytes: `"NTM\x1a"`, version (u16), number of sections (u16), length of the file (u32),
//! CRC-32 (u32) of all other bytes. Then sections, in the order of their numbers, each at most once, each at a multiple
//! of 4: number (u16), zero (u16), length (u32), that many bytes, zeros to the next multiple of 4.
//!
//! | number | section | holds |
//! |--:|---|---|
//! | 1 | inputs | rate (f32, Hz), channels (u8), each: unit (u8), low and high (f32), name |
//! | 2 | plan, may lack | a feature plan as [`features::plan`](crate::dsp::features::plan) writes it, for these inputs |
//! | 3 | classes | number (u8), names; of a model whose outputs are readings, their names |
//! | 4 | model | kind (u32), then what the kind says ([1: `forest`](crate::ml::forest), [2: `linear`](crate::ml::linear), [3: `boosted`](crate::ml::boosted), [4: `nearest`](crate::ml::nearest), [5: `network`](crate::ml::network), [6: `normal`](crate::ml::normal)) |
//! | 5 | thresholds, may lack | f32 each: one for all, or one a class |
//! | 6 | smoothing, may lack | kind (u8) and its numbers ([`Smoothing`]) |
//! | 7 | about, may lack | what it was trained on, text for people |
//! | 8 | units, may lack | of each output that is a reading its unit, as a name that may be empty |
//! | 9 | scale, may lack | what a [`Learner`](crate::ml::nearest::Learner) on the node needs of the features ([`Scale`]) |
//!
//! A name is its length (u8) and as many bytes of UTF-8.
//!
//! [`Model::open`] looks at every field, so that nothing after it has to; nothing is copied. The CRC finds accidents, not
//! intent: a file whose CRC is right is held to the same rules.
//!
//! Work: opening is a pass over the bytes (8 steps a bit for the CRC) and one over the model's words; using a model is
//! said by its kind.

mod classes;
mod error;
mod fewer;
mod inputs;
mod plan;
mod read;
mod rules;
mod units;
mod write;

pub use classes::Classes;
pub use error::{NtmError, Wrong};
pub use inputs::{Channel, Inputs, Unit};
pub use rules::{Smoothing, Thresholds};
pub use units::Units;
pub use write::{WriteError, Writer};

pub(crate) use read::{Fields, check, check_number};

use crate::crc::crc32;
use crate::dsp::features::Plan;
use crate::ml::boosted::Boosted;
use crate::ml::forest::Forest;
use crate::ml::linear::Linear;
use crate::ml::nearest::{Nearest, Scale};
use crate::ml::network::Network;
use crate::ml::normal::Normal;

pub const MAGIC: [u8; 4] = *b"NTM\x1a";
pub const VERSION: u16 = 1;
/// Bytes before the first section.
pub const HEAD: usize = 16;

/// Numbers of the sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum Section {
    Inputs = 1,
    Plan = 2,
    Classes = 3,
    Model = 4,
    Thresholds = 5,
    Smoothing = 6,
    About = 7,
    Units = 8,
    Scale = 9,
}

/// Bytes at an address that a model can be read from: `static MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!(..))`.
#[repr(C, align(4))]
#[derive(Clone, Copy, Debug)]
pub struct Aligned<T: ?Sized>(pub T);

/// What decides.
#[derive(Clone, Debug)]
pub enum Kind<'a> {
    Forest(Forest<'a>),
    Linear(Linear<'a>),
    Boosted(Boosted<'a>),
    Nearest(Nearest<'a>),
    Network(Network<'a>),
    Normal(Normal<'a>),
}

impl Kind<'_> {
    // Numbers of the kinds in the file.
    pub const FOREST: u32 = 1;
    pub const LINEAR: u32 = 2;
    pub const BOOSTED: u32 = 3;
    pub const NEAREST: u32 = 4;
    pub const NETWORK: u32 = 5;
    pub const NORMAL: u32 = 6;

    /// Numbers that it takes.
    pub fn features(&self) -> usize {
        match self {
            Self::Forest(forest) => forest.features(),
            Self::Linear(linear) => linear.features(),
            Self::Boosted(boosted) => boosted.features(),
            Self::Nearest(nearest) => nearest.features(),
            Self::Network(network) => network.features(),
            Self::Normal(normal) => normal.features(),
        }
    }
}

/// A file that was looked through and can be used.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    pub inputs: Inputs<'a>,
    /// `None`: the channels' readings are the model's inputs.
    pub plan: Option<Plan<'a>>,
    pub classes: Classes<'a>,
    pub kind: Kind<'a>,
    pub thresholds: Thresholds<'a>,
    pub smoothing: Smoothing,
    /// What it was trained on; empty if the file does not say.
    pub about: &'a str,
    units: Units<'a>,
    scale: Option<Scale<'a>>,
    pub bytes: usize,
}

impl<'a> Model<'a> {
    /// Looks at every byte. The file has to begin at a multiple of 4 ([`Aligned`]).
    pub fn open(file: &'a [u8]) -> Result<Self, NtmError> {
        let sections = head(file)?;
        let mut found: [Option<Fields<'a>>; 10] = Default::default();
        let mut fields = Fields::new(&file[HEAD..], HEAD);
        let mut before = 0;
        for _ in 0..sections {
            let at = fields.at();
            let number = fields.u16("a section's number")?;
            check(number <= Section::Scale as u16 && number > 0, at, "a section's number", number, "1 to 9")
                .map_err(|_| NtmError::new(at, Wrong::UnknownSection(number)))?;
            if number <= before {
                return Err(NtmError::new(at, Wrong::Order(number)));
            }
            before = number;
            let zero_at = fields.at();
            let zero = fields.u16("a section's reserved field")?;
            check(zero == 0, zero_at, "a section's reserved field", zero, "0")?;
            let length = fields.u32("a section's length")? as usize;
            let begin = fields.at();
            let bytes = fields.take(length, "a section")?;
            found[usize::from(number)] = Some(Fields::new(bytes, begin));
            let at = fields.at();
            let padding = fields.take(length.wrapping_neg() % 4, "the zeros after a section")?;
            check(padding.iter().all(|byte| *byte == 0), at, "a byte between sections", 1, "0")?;
        }
        fields.end("the file")?;

        let end = file.len();
        let [_, inputs, plan, classes, model, thresholds, smoothing, about, units, scale] = found;
        let missing = |name| NtmError::new(end, Wrong::Missing(name));
        let inputs = Inputs::open(inputs.ok_or(missing("inputs"))?)?;
        let plan_at = plan.as_ref().map_or(HEAD, Fields::at);
        let plan = plan.map(|fields| plan::open(fields, &inputs)).transpose()?;
        let classes = Classes::open(classes.ok_or(missing("classes"))?)?;
        let mut model = model.ok_or(missing("model"))?;
        let model_at = model.at();
        let kind = match model.u32("the model's kind")? {
            Kind::FOREST => Kind::Forest(Forest::open(model, classes.count())?),
            Kind::LINEAR => Kind::Linear(Linear::open(model, classes.count())?),
            Kind::BOOSTED => Kind::Boosted(Boosted::open(model, classes.count())?),
            Kind::NEAREST => Kind::Nearest(Nearest::open(model, classes.count())?),
            Kind::NETWORK => Kind::Network(Network::open(model, classes.count())?),
            Kind::NORMAL => Kind::Normal(Normal::open(model, classes.count())?),
            found => {
                let field = "the model's kind";
                let what = Wrong::Value {
                    field,
                    found: found.into(),
                    allowed: "1 (forest), 2 (linear), 3 (boosted), 4 (nearest), 5 (network) and 6 (normal)",
                };
                return Err(NtmError::new(model_at, what));
            }
        };
        let (outputs, at) = match &plan {
            Some(plan) => (plan.outputs(), plan_at),
            None => (inputs.channels().count(), model_at),
        };
        check(
            outputs == kind.features(),
            at,
            "the number of features",
            outputs,
            "as many as the model takes",
        )?;
        let thresholds = match thresholds {
            Some(fields) => Thresholds::open(fields, classes.count())?,
            None => Thresholds::NONE,
        };
        let smoothing = smoothing.map_or(Ok(Smoothing::None), Smoothing::open)?;
        let about = match about {
            Some(mut fields) => fields.text(fields.left(), "the text about the model", false)?,
            None => "",
        };
        let units = match units {
            Some(fields) => Units::open(fields, classes.count())?,
            None => Units::default(),
        };
        let scale = match scale {
            Some(mut fields) => {
                let scale = Scale::open(&mut fields, outputs)?;
                fields.end("the scale")?;
                Some(scale)
            }
            None => None,
        };
        Ok(Self { inputs, plan, classes, kind, thresholds, smoothing, about, units, scale, bytes: end })
    }

    /// How much its features vary, for who learns on the node; `None` if the file does not tell.
    pub fn scale(&self) -> Option<&Scale<'a>> {
        match &self.kind {
            Kind::Nearest(nearest) => Some(nearest.scale()),
            _ => self.scale.as_ref(),
        }
    }

    /// Of an output that is a reading; empty if the file does not tell.
    pub fn unit(&self, output: usize) -> &'a str {
        self.units.of(output)
    }
}

/// Checks the head and the CRC; gives the number of sections.
fn head(file: &[u8]) -> Result<u16, NtmError> {
    let mut fields = Fields::new(file, 0);
    if fields.take(4, "the head").ok() != Some(&MAGIC[..]) {
        return Err(NtmError::new(0, Wrong::NoModel));
    }
    let version = fields.u16("the version")?;
    if version != VERSION {
        return Err(NtmError::new(4, Wrong::OtherVersion(version)));
    }
    let sections = fields.u16("the number of sections")?;
    let says = fields.u32("the length")? as usize;
    let written = fields.u32("the CRC")?;
    if says != file.len() {
        return Err(NtmError::new(8, Wrong::Length { says, has: file.len() }));
    }
    let crc = crc32(crc32(0, &file[..12]), &file[HEAD..]);
    if crc != written {
        return Err(NtmError::new(12, Wrong::Damaged { crc, written }));
    }
    Ok(sections)
}
