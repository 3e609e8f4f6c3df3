//! A network that somebody else trained, in a file of ours: quantised by rows of its inputs, and held against its floats.

use super::onnx::Imported;
use crate::report::numbers::{bytes, counted, grouped, percent};
use crate::train::Refusal;
use crate::train::file::ModelFile;
use crate::train::linear::best;
use crate::train::network::Network;
use node_core::dsp::features::{Op, PlanHead};
use node_core::ml::network::{Order, Shape};
use node_core::ml::ntm::{Channel, Model, Section, Unit, WriteError, Writer};
use scenarios::rng::Streams;
use std::path::Path;

/// What the file does not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes<'a> {
    /// Names of what it answers, in its order; without them 0, 1, 2...
    pub classes: &'a [String],
    /// Questions as it takes them: the 8 bits are chosen by what goes through it.
    pub rows: &'a [Vec<f32>],
    /// A model whose inputs, features and classes it takes over.
    pub like: Option<&'a Model<'a>>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub layers: usize,
    pub multiply_adds: u64,
    pub scratch: usize,
    pub bytes: usize,
    /// Rows that were asked of both, and of these the share with the same greatest answer.
    pub asked: usize,
    pub same: f64,
    /// Root of the mean square of what the answers are off by (before a softmax), of what they vary by.
    pub off: f64,
    /// Nobody gave rows: they were drawn.
    pub drawn: bool,
}

/// Rows that are drawn where nobody gives some.
const DRAWN: usize = 256;

pub fn made(imported: Imported, about: &str, wishes: &Wishes) -> Result<(ModelFile, Report), Refusal> {
    let Imported { net, inputs, answer, .. } = imported;
    let input = net.input;
    let outputs = net.layers.last().map_or(0, |last| last.outputs);
    let drawn = wishes.rows.is_empty().then(|| normal_rows(input.size()));
    let rows = drawn.as_deref().unwrap_or(wishes.rows);
    if let Some(row) = rows.iter().find(|row| row.len() != input.size()) {
        let message = format!("a row of {} numbers, and the model takes {}", row.len(), input.size());
        return Err(Refusal::new(
            message,
            "give rows of all its inputs, one question each, in its own order",
        ));
    }
    let names = match (wishes.classes, wishes.like) {
        ([], Some(like)) => like.classes.names().map(str::to_owned).collect(),
        ([], None) => (0..outputs).map(|at| at.to_string()).collect(),
        (classes, _) => classes.to_vec(),
    };
    if names.len() != outputs {
        let message = format!("the model answers {outputs} numbers, and there are {} names", names.len());
        return Err(Refusal::new(message, "give as many --classes, in the model's order"));
    }
    if let Some(like) = wishes.like
        && like.kind.features() != input.size()
    {
        let message = format!(
            "it takes {} numbers, the model it shall be like takes {}",
            input.size(),
            like.kind.features()
        );
        return Err(Refusal::new(message, "train it on the features that this model's plan makes"));
    }
    let order = inputs.order;
    let standard: Vec<Vec<f32>> = rows.iter().map(|row| inputs.standard(row, input)).collect();
    let network = Network::of(net, inputs, answer, &standard).ok_or_else(|| {
        Refusal::new(
            "the network is more than a node takes, or its weights are no numbers",
            "give a smaller one",
        )
    })?;
    let parts = Parts { network: &network, names: &names, like: wishes.like, input, order, about };
    let file = parts
        .file()
        .map_err(|error| Refusal::new(error.to_string(), "give a smaller network, or shorter names"))?;
    let bytes = file.model(Path::new("the new model"))?.bytes;
    let opened = network.opened();
    let report = Report {
        layers: opened.as_ref().map_or(0, |opened| opened.layers().count()),
        multiply_adds: opened.as_ref().map_or(0, |opened| opened.work().multiply_adds()),
        scratch: opened.map_or(0, |opened| opened.scratch()),
        bytes,
        drawn: drawn.is_some(),
        ..compared(&network, rows)
    };
    Ok((file, report))
}

/// The 8 bits against the floats.
fn compared(network: &Network, rows: &[Vec<f32>]) -> Report {
    let (mut same, mut off, mut sum, mut squares, mut count) = (0, 0.0, 0.0, 0.0, 0.0);
    for row in rows {
        let (floats, bits) = (network.floats(row), network.scores(row));
        same += usize::from(best(&floats) == best(&bits));
        for (float, bit) in floats.iter().zip(&bits) {
            off += (float - bit) * (float - bit);
            sum += float;
            squares += float * float;
            count += 1.0;
        }
    }
    let count = f64::max(count, 1.0);
    let varies = (squares / count - (sum / count) * (sum / count)).max(1e-30).sqrt();
    Report {
        layers: 0,
        multiply_adds: 0,
        scratch: 0,
        bytes: 0,
        asked: rows.len(),
        same: same as f64 / rows.len().max(1) as f64,
        off: (off / count).sqrt() / varies,
        drawn: false,
    }
}

fn normal_rows(length: usize) -> Vec<Vec<f32>> {
    let mut stream = Streams::new(1).stream("import.rows");
    (0..DRAWN).map(|_| (0..length).map(|_| stream.normal()).collect()).collect()
}

impl Report {
    pub fn text(&self) -> String {
        let Self { layers, multiply_adds, scratch, bytes: size, asked, same, off, .. } = self;
        format!(
            "{} of 8 bits, {} multiply-adds, {} of RAM, {} in the file\nagainst its floats over {}: the same answer in {}, scores off by {} of what they vary by (root mean square)\n",
            counted(*layers as u64, "layer"),
            grouped(*multiply_adds),
            bytes(*scratch as u64),
            bytes(*size as u64),
            counted(*asked as u64, "question"),
            percent(*same),
            percent(*off),
        )
    }
}

/// All that goes into a file.
struct Parts<'a> {
    network: &'a Network,
    names: &'a [String],
    like: Option<&'a Model<'a>>,
    input: Shape,
    order: Order,
    about: &'a str,
}

/// Most channels that a window may have, and readings that come without a window.
const CHANNELS: usize = 32;
const READINGS: usize = 255;

impl Parts<'_> {
    fn file(&self) -> Result<ModelFile, WriteError> {
        let mut room = vec![0; self.network.bytes() + (1 << 15)];
        let mut writer = Writer::new(&mut room)?;
        match self.like {
            Some(like) => {
                writer.section(Section::Inputs)?;
                writer.inputs(like.inputs.rate_hz, &like.inputs.channels().collect::<Vec<_>>())?;
                if let Some(plan) = &like.plan {
                    writer.section(Section::Plan)?;
                    writer.plan(&plan.head(), &plan.ops().collect::<Vec<_>>())?;
                }
            }
            None => self.plain_inputs(&mut writer)?,
        }
        writer.section(Section::Classes)?;
        writer.classes(self.names.iter().map(String::as_str))?;
        writer.section(Section::Model)?;
        self.network.write(&mut writer)?;
        writer.section(Section::About)?;
        writer.bytes(self.about.as_bytes())?;
        Ok(ModelFile::new(writer.finish()?))
    }

    /// Signals over time are a window of channels, a few readings are what they are, and anything else is a window of one
    /// channel, number after number.
    fn plain_inputs(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let Shape { channels, .. } = self.input;
        let signals = self.order == Order::ChannelsFirst && usize::from(channels) <= CHANNELS;
        let (channels, window) = match self.input.places() {
            1 if self.input.size() <= READINGS => (self.input.size(), 1),
            places if signals => (channels.into(), places),
            _ => (1, self.input.size()),
        };
        let names: Vec<String> = (0..channels).map(|at| format!("x{at}")).collect();
        let channel = |name| Channel { unit: Unit::Number, low: -1.0, high: 1.0, name };
        writer.section(Section::Inputs)?;
        writer.inputs(0.0, &names.iter().map(|name| channel(name.as_str())).collect::<Vec<_>>())?;
        if window == 1 {
            return Ok(());
        }
        let head = PlanHead { channels, window, hop: window, rate_hz: 1.0 };
        let ops: Vec<Op> =
            (0..channels as u8).flat_map(|channel| [Op::Channel { channel }, Op::Values {}]).collect();
        writer.section(Section::Plan)?;
        writer.plan(&head, &ops)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::file::ask;
    use crate::train::import::onnx;
    use node_core::ml::linear::Answer;

    const TIME: &[u8] = include_bytes!("onnx/fixtures/time.onnx");

    fn imported() -> Imported {
        onnx::read(TIME, "time.onnx", Answer::Values).unwrap()
    }

    #[test]
    fn a_signal_becomes_a_window_of_channels_and_the_file_says_what_the_network_says() {
        let classes = ["left".to_owned(), "right".to_owned()];
        let wishes = Wishes { classes: &classes, ..Wishes::default() };
        let (file, report) = made(imported(), "a test", &wishes).unwrap();
        let model = file.model(Path::new("x")).unwrap();
        assert_eq!((model.inputs.channels().count(), model.bytes, report.layers), (3, report.bytes, 4));
        let plan = model.plan.as_ref().unwrap();
        assert_eq!((plan.head().window, plan.outputs()), (20, 60));
        assert!(
            report.drawn && report.asked == DRAWN && report.same > 0.95 && report.off < 0.05,
            "{report:?}"
        );
        // Drawn once: the same bytes each time.
        let (again, _) = made(imported(), "a test", &wishes).unwrap();
        assert_eq!(file.bytes(), again.bytes());

        // Another network of as many inputs may take its plan and names over.
        let like = Wishes { like: Some(&model), ..Wishes::default() };
        let (other, _) = made(imported(), "like the first", &like).unwrap();
        let other = other.model(Path::new("y")).unwrap();
        assert_eq!(other.classes.names().collect::<Vec<_>>(), ["left", "right"]);
        let question = vec![0.25; 60];
        assert_eq!(ask(&other, &question), ask(&model, &question));
    }

    #[test]
    fn what_does_not_agree_is_refused() {
        let refused = |wishes: &Wishes| made(imported(), "", wishes).map(|_| ()).unwrap_err().message;
        let rows = [vec![0.0; 59]];
        let message = refused(&Wishes { rows: &rows, ..Wishes::default() });
        assert_eq!(message, "a row of 59 numbers, and the model takes 60");
        let message = refused(&Wishes { classes: &["one".into()], ..Wishes::default() });
        assert_eq!(message, "the model answers 2 numbers, and there are 1 names");
    }
}
