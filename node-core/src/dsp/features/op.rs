//! The operations of a plan, as values and as bytes.
//!
//! An operation is a code, the length of its fields, and the fields, little-endian and without gaps. What a field may be is
//! for `layout` to say: here only a float that is no number is refused.

/// Bits of [`Op::Frames`]' `columns`: what a frame has besides its mel bands, in this order.
pub const FRAME_COLUMNS: usize = 6;
/// Bits of [`Op::FrameStatistics`]' `mask`: mean, standard deviation, least, greatest, mean step between frames, trend,
/// 10 %, 50 % and 90 % quantile.
pub const FRAME_STATISTICS: usize = 9;

/// Floats, as many as there are bytes for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floats<'a>(&'a [u8]);

impl<'a> Floats<'a> {
    /// `None` unless all are whole, finite numbers.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let floats = Self(bytes);
        (bytes.len().is_multiple_of(4) && floats.iter().all(f32::is_finite)).then_some(floats)
    }

    pub fn len(&self) -> usize {
        self.0.len() / 4
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = f32> + Clone + 'a {
        let (chunks, _) = self.0.as_chunks::<4>();
        chunks.iter().map(|&bytes| f32::from_le_bytes(bytes))
    }
}

/// A field: how it stands in the bytes.
trait Field<'a>: Sized {
    fn read(bytes: &mut &'a [u8]) -> Option<Self>;
    fn write(&self, sink: &mut Sink<'_>);
}

/// Bytes so far, and whether they all had room.
struct Sink<'a> {
    room: &'a mut [u8],
    used: usize,
}

impl Sink<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.used.saturating_add(bytes.len());
        if let Some(room) = self.room.get_mut(self.used..end) {
            room.copy_from_slice(bytes);
        }
        self.used = end;
    }
}

macro_rules! number_fields {
    ($($number:ty: $valid:expr),*) => {$(
        impl<'a> Field<'a> for $number {
            fn read(bytes: &mut &'a [u8]) -> Option<Self> {
                let (head, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                let valid: fn(&Self) -> bool = $valid;
                Some(Self::from_le_bytes(*head)).filter(valid)
            }

            fn write(&self, sink: &mut Sink<'_>) {
                sink.put(&self.to_le_bytes());
            }
        }
    )*};
}
number_fields!(u8: |_| true, u16: |_| true, u32: |_| true, f32: |x| x.is_finite());

impl<'a> Field<'a> for &'a [u8] {
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        Some(core::mem::take(bytes))
    }

    fn write(&self, sink: &mut Sink<'_>) {
        sink.put(self);
    }
}

impl<'a> Field<'a> for Floats<'a> {
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        Self::new(core::mem::take(bytes))
    }

    fn write(&self, sink: &mut Sink<'_>) {
        sink.put(self.0);
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $code:literal $name:ident { $($field:ident: $kind:ty),* })*) => {
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Op<'a> {
            $($(#[$doc])* $name { $($field: $kind),* },)*
        }

        impl<'a> Op<'a> {
            /// The operation of a code; `None` if there is no such code, or its fields are not these.
            fn read(code: u8, mut fields: &'a [u8]) -> Option<Self> {
                let op = match code {
                    $($code => Self::$name { $($field: <$kind>::read(&mut fields)?),* },)*
                    _ => return None,
                };
                fields.is_empty().then_some(op)
            }

            fn code(&self) -> u8 {
                match self {
                    $(Self::$name { .. } => $code,)*
                }
            }

            fn write_fields(&self, sink: &mut Sink<'_>) {
                match self {
                    $(Self::$name { $($field),* } => { $($field.write(sink);)* let _ = sink; })*
                }
            }
        }
    };
}

operations! {
    // ---- From the window to the current signal.
    /// One channel as it is.
    0x01 Channel { channel: u8 }
    /// Length of the vector of `count` channels from `first` on.
    0x02 Length { first: u8, count: u8 }
    /// Of a vector of three channels the part along its own mean over the window: for an acceleration, up and down,
    /// however the device is held.
    0x03 Vertical { first: u8 }
    /// The length of what [`Op::Vertical`] leaves.
    0x04 Horizontal { first: u8 }
    /// Length of the change of a vector of `count` channels, a second: of an acceleration, the jerk.
    0x05 Change { first: u8, count: u8 }
    /// Mean of `count` columns of each frame: the course of a sound's level. Around the active frames it is their mean.
    0x06 Course { first: u8, count: u8 }
    /// The mean of each of `count` channels from `first` on, as a signal of `count` values: some scans of access points.
    0x07 Means { first: u8, count: u8 }

    // ---- From signal to signal.
    /// Takes the mean out.
    0x10 Centre {}
    /// Mean 0, standard deviation 1 (standard normal variate of a spectrum).
    0x11 Standardise {}
    /// Change a second.
    0x12 Slope {}
    0x13 Rectify {}
    /// One second-order section, settled at the first sample. `kind` 0 low-pass, 1 high-pass, 2 band-pass.
    0x14 Filter { kind: u8, hz: f32, q: f32 }
    0x15 Median { width: u8 }
    /// One of `factor` samples, filtered.
    0x16 Decimate { factor: u8 }
    /// Means of `factor` samples.
    0x17 Average { factor: u16 }
    /// Slope of the straight line through each sample and `side` neighbours on either side (Savitzky-Golay).
    0x18 Derivative { side: u8 }
    /// Straight-line (order 1) smoothing: mean of each sample and `side` neighbours.
    0x19 Smooth { side: u8 }
    /// Natural logarithm of what is greater than `floor`, else of `floor`.
    0x1a Logarithm { floor: f32 }
    /// (x·scale + offset), not below 0, to a power.
    0x1b Power { scale: f32, offset: f32, exponent: f32 }
    /// One value that means something else (100 = not heard).
    0x1c Replace { from: f32, to: f32 }
    /// Only `count` samples from `first` on.
    0x1d Part { first: u16, count: u16 }

    // ---- From the signal to outputs.
    /// [`super::time::Statistics`] whose bits are set.
    0x20 Statistics { mask: u32 }
    /// Quantiles in percent.
    0x21 Quantiles { percent: &'a [u8] }
    /// The samples themselves.
    0x22 Values {}
    /// Means of `parts` equally long parts.
    0x23 Parts { parts: u8 }
    /// Highest peak of the autocorrelation between two periods: its rate in hertz and its height.
    0x24 Periodicity { low_hz: f32, high_hz: f32 }
    /// All differences of two samples, an earlier minus a later one: what a common offset does not change.
    0x25 Differences {}
    /// Pearson's correlation of two channels of the window.
    0x28 Correlation { a: u8, b: u8 }

    // ---- The signal's power spectrum, and outputs of it.
    /// Hann window, mean of all blocks of `points`, `hop` apart. A signal shorter than a block is one block.
    0x30 Spectrum { points: u16, hop: u16 }
    /// Power between neighbouring edges (Hz). `scale` 0 as it is, 1 in dB, 2 as share of all power but DC.
    0x31 Bands { scale: u8, edges_hz: Floats<'a> }
    /// [`super::frequency::Shape`] whose bits are set; bit 6 is the mean flux from block to block.
    0x32 Shape { mask: u8, rolloff: f32 }
    /// Frequency (Hz) and share of the power of the strongest peaks.
    0x33 Peaks { count: u8 }
    /// The amplitude (root of the power) of every bin from `first` on, `count` of them.
    0x34 Bins { first: u16, count: u16 }

    // ---- Frames of a channel, straight from the window: a matrix of mel bands in dB and of other columns.
    /// Hann windows of `points`, `hop` apart; `bands` from `low_hz` to `high_hz`, not under `floor_db`. `columns`, by bits:
    /// level in dB, centroid, rolloff (85 %), flatness, flux, zero crossings.
    0x40 Frames { channel: u8, points: u16, hop: u16, bands: u8, low_hz: f32, high_hz: f32, floor_db: f32, columns: u8 }
    /// Takes a level out of the bands: `kind` 0 each band's mean over the frames, 1 the mean of all, 2 the greatest of all;
    /// then nothing stays more than `range_db` under the greatest (0: no limit).
    0x41 Level { kind: u8, range_db: f32 }
    /// What follows sees only the frames from the first to the last whose mean band is less than `below_db` under the
    /// loudest frame's.
    0x42 Active { below_db: f32 }
    /// The bands become that many cepstral coefficients.
    0x43 Cepstrum { coefficients: u8 }
    /// Statistics (see [`FRAME_STATISTICS`]) of each column over the frames.
    0x44 FrameStatistics { mask: u16 }
    /// Each column's means over `parts` equally long parts of the frames, part by part.
    0x45 FrameParts { parts: u8 }
    /// How long the active frames are, in seconds.
    0x46 Duration {}
}

impl<'a> Op<'a> {
    /// Takes the next operation off `bytes`.
    pub fn next(bytes: &mut &'a [u8]) -> Option<Self> {
        let (&[code, length], rest) = bytes.split_first_chunk()?;
        let (fields, rest) = rest.split_at_checked(usize::from(length))?;
        *bytes = rest;
        Self::read(code, fields)
    }

    /// Writes the operation, and returns how long it is: more than there was room for means that it is not whole. `None`
    /// if its fields are longer than 255 bytes.
    pub fn write(&self, room: &mut [u8]) -> Option<usize> {
        let mut fields = Sink { room: room.get_mut(2..).unwrap_or_default(), used: 0 };
        self.write_fields(&mut fields);
        let length = fields.used;
        let head = [self.code(), u8::try_from(length).ok()?];
        if let Some(room) = room.first_chunk_mut() {
            *room = head;
        }
        Some(2 + length)
    }
}
