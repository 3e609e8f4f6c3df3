//! A model that hears: frame by frame, so that of a window no more sound is kept than one frame.

use super::Config;
use crate::app::recogniser::{Class, Judge, Recogniser, Unfit, plan_of};
use crate::dsp::features::plan::Streaming;
use crate::dsp::features::{FrameStream, Plan};
use crate::meter::Work;
use crate::ml::ntm::{Model, Unit};
use crate::ml::work::{frame_work, rows_work};

/// Rates that the microphone is asked for, Hz.
const RATES: core::ops::RangeInclusive<f32> = 8_000.0..=48_000.0;

impl Config {
    /// As the model wants it: at its rate.
    pub fn for_model(self, model: &'static Model<'static>) -> Result<Self, Unfit> {
        let plan = plan_of(model)?;
        let mut units = model.inputs.channels().map(|channel| channel.unit);
        if units.next() != Some(Unit::FullScale) || units.next().is_some() {
            return Err(Unfit::Channels { takes: "one of sound (full scale)" });
        }
        let hz = plan.head().rate_hz;
        if !RATES.contains(&hz) || libm::truncf(hz) != hz {
            return Err(Unfit::Rate { hz, program: "8 to 48 kHz, in whole hertz" });
        }
        streaming_of(&plan)?;
        Ok(Self { rate_hz: hz as u32, ..self })
    }
}

fn streaming_of(plan: &Plan<'_>) -> Result<Streaming, Unfit> {
    plan.streaming().ok_or(Unfit::WholeWindow { samples: plan.head().window })
}

/// A model for this program and the memory that it works in, `Err` if it cannot run in it or has too little.
pub fn recogniser<'r>(model: &'static Model<'static>, room: &'r mut [f32]) -> Result<Recogniser<'r>, Unfit> {
    Config::default().for_model(model)?;
    Recogniser::new(model, plan_of(model)?, self::room(model)?, room)
}

/// Floats that the model works in: a frame, the window's rows, features and sums.
pub fn room(model: &'static Model<'static>) -> Result<usize, Unfit> {
    let plan = plan_of(model)?;
    let streaming = streaming_of(&plan)?;
    Ok(streaming.framing.points + streaming.room() + Judge::room(model, &plan))
}

/// The rows of a window as they come, and the model that is asked about them.
pub struct Trained<'r> {
    stream: FrameStream<'static, 'r, f32, &'r mut [f32]>,
    judge: Judge<'r>,
    streaming: Streaming,
    /// Of a frame.
    cost: Work,
}

impl<'r> Trained<'r> {
    /// `None` for what [`recogniser`] did not make.
    pub fn new(recogniser: Recogniser<'r>) -> Option<Self> {
        let Recogniser { model, plan, room } = recogniser;
        let streaming = plan.streaming()?;
        let (recent, room) = room.split_at_mut_checked(streaming.framing.points)?;
        let (rows, room) = room.split_at_mut_checked(streaming.room())?;
        let (mut of_frame, mut of_window) = (Work::NONE, Work::NONE);
        frame_work(&streaming, &mut of_frame);
        rows_work(&plan, &mut of_window);
        Some(Self {
            stream: FrameStream::new(plan, recent, rows)?,
            judge: Judge::new(model, &plan, of_window, room)?,
            streaming,
            cost: of_frame,
        })
    }

    /// Takes samples (±1 at full scale) from the front of a block up to the end of the next window; true when there is one.
    pub fn fill(&mut self, block: &mut &[f32], work: &mut Work) -> bool {
        let before = self.stream.frames();
        let due = self.stream.fill(block);
        for _ in before..self.stream.frames() {
            work.add_all(&self.cost);
        }
        due
    }

    /// What is heard in the window that just ended. `None`: nothing that it is sure of.
    pub fn class(&mut self, work: &mut Work) -> Option<Class> {
        let stream = &self.stream;
        self.judge.ask(|scratch, features| stream.extract(scratch, features), work)
    }

    /// Samples from the first frame of a window to the end of its last.
    pub fn window(&self) -> usize {
        (self.streaming.frames - 1) * self.streaming.hop + self.streaming.framing.points
    }

    /// Samples were lost.
    pub fn gap(&mut self) {
        self.stream.reset();
        self.judge.gap();
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::dsp::features::{Op, PlanHead};
    use crate::dsp::oracle;
    use crate::meter::Kernel;
    use crate::ml::linear::Answer;
    use crate::ml::ntm::{Channel, Section, Writer};
    use std::boxed::Box;
    use std::vec;

    const FRAMES: Op = Op::Frames {
        channel: 0,
        points: 256,
        hop: 160,
        bands: 2,
        low_hz: 100.0,
        high_hz: 7_000.0,
        floor_db: -90.0,
        columns: 0,
    };

    /// Whether the low or the high band is louder.
    fn model(unit: Unit, rate_hz: f32, ops: &[Op<'_>]) -> &'static Model<'static> {
        let room = Box::leak(vec![0u32; 1024].into_boxed_slice());
        let mut writer = Writer::new(bytemuck::cast_slice_mut(room)).unwrap();
        writer.section(Section::Inputs).unwrap();
        writer.inputs(rate_hz, &[Channel { unit, low: -1.0, high: 1.0, name: "sound" }]).unwrap();
        writer.section(Section::Plan).unwrap();
        let head = PlanHead { channels: 1, window: 8_000, hop: 1_600, rate_hz };
        writer.plan(&head, ops).unwrap();
        writer.section(Section::Classes).unwrap();
        writer.classes(["low", "high"].into_iter()).unwrap();
        writer.section(Section::Model).unwrap();
        writer.linear(Answer::Shares, &[0.1, -0.1, -0.1, 0.1], &[0.0, 0.0]).unwrap();
        Box::leak(Box::new(Model::open(writer.finish().unwrap()).unwrap()))
    }

    const MEANS: Op = Op::FrameStatistics { mask: 1 };

    #[test]
    fn what_is_no_model_of_sound_is_refused() {
        let refused = |model| Config::default().for_model(model).unwrap_err();
        assert!(matches!(refused(model(Unit::G, 16_000.0, &[FRAMES, MEANS])), Unfit::Channels { .. }));
        assert!(matches!(refused(model(Unit::FullScale, 16_000.5, &[FRAMES, MEANS])), Unfit::Rate { .. }));
        let whole = [Op::Channel { channel: 0 }, Op::Statistics { mask: 3 }];
        let whole = model(Unit::FullScale, 8_000.0, &whole);
        assert_eq!(refused(whole), Unfit::WholeWindow { samples: 8_000 });
        let fits = model(Unit::FullScale, 16_000.0, &[FRAMES, MEANS]);
        assert_eq!(Config::default().for_model(fits).unwrap().rate_hz, 16_000);
        let needs = room(fits).unwrap();
        let error = recogniser(fits, &mut vec![0.0; needs - 1]).unwrap_err();
        assert_eq!(error, Unfit::Room { needs: 4 * needs, has: 4 * needs - 4 });
    }

    #[test]
    fn each_window_is_heard_and_each_frame_is_charged_once() {
        let model = model(Unit::FullScale, 16_000.0, &[FRAMES, MEANS]);
        let mut room = vec![0.0; self::room(model).unwrap()];
        let mut trained = Trained::new(recogniser(model, &mut room).unwrap()).unwrap();
        let mut work = Work::NONE;
        let mut heard = vec![];
        for hz in [300.0, 5_000.0] {
            for block in oracle::sine(hz, 16_000.0, 0.1, 9_600).chunks(512) {
                let mut rest = block;
                while !rest.is_empty() {
                    if trained.fill(&mut rest, &mut work) {
                        heard.extend(trained.class(&mut work).map(|class| class.name));
                    }
                }
            }
            trained.gap();
        }
        // 49 frames a window, ten more to the next: 58 frames of 9600 samples.
        assert_eq!(heard, ["low", "low", "high", "high"]);
        assert_eq!(work.calls(Kernel::RealFft256), 2 * 59);
    }
}
