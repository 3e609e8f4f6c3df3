//! Sound as it comes: a frame is made into its row when its last sample is there, and of the sound itself no more is kept
//! than one frame. Seconds of sound would not fit; their rows do, and the work is spread over the window.
//!
//! A window's features are the same bits as [`Plan::extract`] gives for the whole window.
//!
//! Work: a frame's ([`super::frames`]) for each of the plan's frame hops, and the rest of the plan for each window.

use super::{
    frames::Framer,
    plan::{ExtractError, Plan, Streaming},
    samples::{Sample, Sliding},
};

/// `R`: where the latest samples are kept, an array or a slice of the caller's with room for a frame.
pub struct FrameStream<'a, 'r, T, R> {
    plan: Plan<'a>,
    streaming: Streaming,
    recent: Sliding<T, R>,
    framer: Framer<'r>,
    /// Rows of the last window, as a ring.
    rows: &'r mut [f32],
    next: usize,
    missing: usize,
    made: u32,
}

impl<'a, 'r, T: Sample, R: AsRef<[T]> + AsMut<[T]>> FrameStream<'a, 'r, T, R> {
    /// Floats of room that a plan's stream needs; `None` if the plan needs its window whole.
    pub fn room(plan: &Plan<'_>) -> Option<usize> {
        plan.streaming().map(|streaming| streaming.room())
    }

    /// `None` if the plan needs its window whole, `recent` is less than a frame, or the room less than [`Self::room`].
    pub fn new(plan: Plan<'a>, recent: R, room: &'r mut [f32]) -> Option<Self> {
        let streaming = plan.streaming()?;
        let (framer, rows) = room.split_at_mut_checked(streaming.framing.room())?;
        let rows = rows.get_mut(..streaming.frames * streaming.framing.width())?;
        let framer = streaming.framing.framer(framer)?;
        let recent = Sliding::new(recent, 1, streaming.framing.points, streaming.hop)?;
        Some(Self { plan, streaming, recent, framer, rows, next: 0, missing: streaming.frames, made: 0 })
    }

    /// Takes samples from the front of a block until a window is due, or the block is used up; true when one is due.
    pub fn fill(&mut self, block: &mut &[T]) -> bool {
        let width = self.streaming.framing.width();
        while self.recent.fill(block) {
            if let Some(row) = self.rows.get_mut(self.next * width..(self.next + 1) * width) {
                self.framer.row(&self.recent.window(), 0, 0, row);
            }
            self.next = if self.next + 1 == self.streaming.frames { 0 } else { self.next + 1 };
            self.missing -= 1;
            self.made = self.made.wrapping_add(1);
            if self.missing == 0 {
                self.missing = self.streaming.frames_hop;
                return true;
            }
        }
        false
    }

    /// The features of the last window: right after [`Self::fill`] said so.
    pub fn extract(&self, scratch: &mut [f32], out: &mut [f32]) -> Result<(), ExtractError> {
        let (newer, older) =
            self.rows.split_at_checked(self.next * self.streaming.framing.width()).unwrap_or_default();
        self.plan.extract_rows(scratch, [older, newer], out)
    }

    /// Frames made into rows so far; begins at 0 again after 2^32.
    pub fn frames(&self) -> u32 {
        self.made
    }

    /// After a gap in the sound: the next window starts anew.
    pub fn reset(&mut self) {
        self.recent.reset();
        (self.next, self.missing) = (0, self.streaming.frames);
    }
}
