//! From a graph to a chain of layers.
//!
//! One value goes from node to node; its numbers are kept in the node's order (channels last) whatever the graph calls them,
//! and only how the graph sees them is followed: as channels of places, as places of channels, or as one row.

use super::Imported;
use super::graph::{Attribute, Graph, Node, Tensor};
use crate::refusal::Refusal;
use crate::train::network::net::{Layer, Net};
use crate::train::network::quantise::Inputs;
use node_core::ml::MAX_CLASSES;
use node_core::ml::linear::Answer;
use node_core::ml::network::{MAX_LAYERS, MAX_NUMBERS, MAX_STEPS, Operation, Order, Patch, Scaling, Shape};

/// How the graph sees the numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum View {
    /// [n, channels, height(, width)]: so many dimensions of places.
    ChannelsFirst(usize),
    /// [n, height(, width), channels]
    ChannelsLast(usize),
    /// [n, numbers], which had this order before.
    Row(Order),
}

struct Chain {
    net: Net,
    inputs: Inputs,
    shape: Shape,
    view: View,
    steps: u64,
    /// The last layer's patch is all that it takes.
    whole: bool,
}

type Made<T> = Result<T, Refusal>;

/// Most numbers in copied patches: what a computer has room for.
const MAX_COPIES: usize = 1 << 24;

pub(super) fn of(graph: &Graph, otherwise: Answer) -> Made<Imported> {
    let [(input, dims)] = graph.inputs.as_slice() else {
        let message = format!("{} inputs", graph.inputs.len());
        return Err(Refusal::new(message, "give a model with one input, for one question"));
    };
    let mut constants = graph.constants.clone();
    let (mut chain, dims) = Chain::begin(dims, graph, input)?;
    let mut now = input.as_str();
    let mut answer = None;
    for node in &graph.nodes {
        if node.operator == "Constant" {
            if let (Some(output), Some(Attribute::Tensor(tensor))) =
                (node.outputs.first(), node.attributes.get("value"))
            {
                constants.insert(output.clone(), tensor.clone());
            }
            continue;
        }
        // What chooses among shares adds nothing to them.
        if answer.is_some()
            && matches!(
                &*node.operator,
                "ArgMax" | "ZipMap" | "Cast" | "ArrayFeatureExtractor" | "Identity" | "Reshape" | "TopK"
            )
        {
            continue;
        }
        let (place, others) = taken(node, now)?;
        let others: Vec<&Tensor> = others
            .iter()
            .map(|name| {
                constants.get(*name).ok_or_else(|| {
                    let message = format!(
                        "{} takes {name}, which is neither a constant nor what the node before it gave",
                        said(node)
                    );
                    Refusal::new(message, "give a chain of layers: no branch can join it again")
                })
            })
            .collect::<Made<_>>()?;
        if answer.is_some() {
            return Err(refused(
                node,
                "nothing but a choice may follow the softmax",
                "end the model at its softmax",
            ));
        }
        let step = Step { node, others, place };
        if node.operator == "Softmax" {
            answer = Some(Answer::Shares);
        } else {
            step.apply(&mut chain)?;
        }
        now = node.outputs.first().map_or("", String::as_str);
    }
    chain.end()?;
    let Chain { net, inputs, .. } = chain;
    Ok(Imported { net, inputs, answer: answer.unwrap_or(otherwise), dims })
}

/// Where among a node's inputs the value is that goes through the chain, and the names of the others.
fn taken<'n>(node: &'n Node, now: &str) -> Made<(usize, Vec<&'n str>)> {
    let places: Vec<usize> = (0..node.inputs.len()).filter(|at| node.inputs[*at] == now).collect();
    let [place] = places[..] else {
        let message = format!(
            "{} takes {}, not what the node before it gave ({now})",
            said(node),
            node.inputs.join(", ")
        );
        return Err(Refusal::new(
            message,
            "give a chain of layers: no branches, no recurrence, one input each",
        ));
    };
    let others = node.inputs.iter().enumerate().filter(|(at, name)| *at != place && !name.is_empty());
    Ok((place, others.map(|(_, name)| name.as_str()).collect()))
}

fn said(node: &Node) -> String {
    let name = node.outputs.first().filter(|_| node.name.is_empty()).unwrap_or(&node.name);
    format!("{} ({name})", node.operator)
}

fn refused(node: &Node, why: &str, help: &str) -> Refusal {
    Refusal::new(format!("{}: {why}", said(node)), help)
}

impl Chain {
    fn begin(dims: &[Option<usize>], graph: &Graph, name: &str) -> Made<(Self, Vec<usize>)> {
        let unknown = || {
            let message = format!("the input {name} has dimensions that are not known");
            Refusal::new(
                message,
                "export the model with fixed sizes; only the first, of how many are asked, may be open",
            )
        };
        let dims: Option<Vec<usize>> = dims.iter().skip(1).copied().collect();
        let dims = dims.filter(|dims| (1..=3).contains(&dims.len())).ok_or_else(unknown)?;
        let small = |length: usize| u16::try_from(length).ok();
        // The first node that asks for an order tells whether the channels come last.
        let turned = graph.nodes.iter().find(|node| node.inputs.iter().any(|input| input == name));
        let last = turned.is_some_and(|node| node.operator == "Transpose");
        let (shape, view) = match (&dims[..], last) {
            (&[numbers], _) => ((Some(1), Some(1), small(numbers)), View::Row(Order::ChannelsLast)),
            (&[channels, height], false) => {
                ((small(height), Some(1), small(channels)), View::ChannelsFirst(1))
            }
            (&[height, channels], true) => ((small(height), Some(1), small(channels)), View::ChannelsLast(1)),
            (&[channels, height, width], false) => {
                ((small(height), small(width), small(channels)), View::ChannelsFirst(2))
            }
            (&[height, width, channels], true) => {
                ((small(height), small(width), small(channels)), View::ChannelsLast(2))
            }
            _ => return Err(unknown()),
        };
        let (Some(height), Some(width), Some(channels)) = shape else { return Err(unknown()) };
        let shape = Shape { height, width, channels };
        if shape.size() > MAX_NUMBERS {
            let message = format!("the input {name} has {} numbers", shape.size());
            return Err(Refusal::new(message, format!("a node takes {MAX_NUMBERS} at most")));
        }
        let order =
            if let View::ChannelsFirst(_) = view { Order::ChannelsFirst } else { Order::ChannelsLast };
        let net = Net { input: shape, layers: Vec::new() };
        Ok((Self { net, inputs: Inputs::plain(order), shape, view, steps: 0, whole: false }, dims))
    }

    /// The last layer has to be dense, and to give what is.
    fn end(&mut self) -> Made<()> {
        let size = self.shape.size();
        if self.shape.places() != 1 || size > MAX_CLASSES {
            let message = format!("the model gives {size} numbers");
            return Err(Refusal::new(
                message,
                format!("a model gives 1 to {MAX_CLASSES}: one a class, or one a value"),
            ));
        }
        let sums = |last: &Layer| last.operation == Operation::Convolution && !last.relu;
        if self.whole && self.net.layers.last().is_some_and(sums) {
            return Ok(());
        }
        let unit = (0..size * size).map(|at| f32::from(u8::from(at % (size + 1) == 0)));
        let patch = Patch::whole(self.shape);
        self.add_layer(Operation::Convolution, patch, size, unit.collect(), vec![0.0; size])
            .map_err(|why| Refusal::new(why, "give a smaller model"))
    }

    /// The error is why it cannot be.
    fn add_layer(
        &mut self,
        operation: Operation,
        patch: Patch,
        outputs: usize,
        weights: Vec<f32>,
        biases: Vec<f32>,
    ) -> Result<(), String> {
        let layer = Layer { operation, patch, outputs, relu: false, weights, biases };
        let terms = layer.terms(self.shape.channels.into());
        let output = layer.output(self.shape).ok_or("its patch does not fit what comes in")?;
        if terms > 65535 || output.size() > MAX_NUMBERS || self.net.layers.len() >= MAX_LAYERS {
            return Err(format!(
                "a sum has {terms} terms of at most 65535, it gives {} numbers of at most {MAX_NUMBERS}, or there are over {MAX_LAYERS} layers",
                output.size()
            ));
        }
        self.steps += terms as u64 * output.size() as u64;
        if self.steps > MAX_STEPS || terms * output.places() > MAX_COPIES {
            return Err(format!("it makes {} million multiply-adds a question", self.steps / 1_000_000));
        }
        let whole = Patch { stride: patch.stride, ..Patch::whole(self.shape) };
        self.whole = patch == whole;
        self.net.layers.push(layer);
        self.shape = output;
        Ok(())
    }

    /// Where a number of a row lies in our order.
    fn ours(&self, order: Order, at: usize) -> usize {
        match order {
            Order::ChannelsLast => at,
            Order::ChannelsFirst => {
                let places = self.shape.places();
                at % places * usize::from(self.shape.channels) + at / places
            }
        }
    }

    /// A number times a factor and plus an offset: of each channel, or (before the first layer, of a row) of each number.
    fn scale(&mut self, factors: &[f32], offsets: &[f32]) -> Result<(), String> {
        let channels = usize::from(self.shape.channels);
        let spread = |numbers: &[f32]| -> Option<Vec<f32>> {
            match numbers {
                [one] => Some(vec![*one; channels]),
                many => (many.len() == channels).then(|| many.to_vec()),
            }
        };
        let (Some(factors), Some(offsets)) = (spread(factors), spread(offsets)) else {
            return Err("its constant is neither one number nor one a channel".into());
        };
        if self.net.layers.is_empty() {
            if factors.contains(&0.0) {
                return Err("it multiplies an input by 0".into());
            }
            // x' = (x - mean) / spread, and then x' * factor + offset.
            let old = self.inputs.clone();
            let of = |numbers: &[f32], channel: usize| numbers[if numbers.len() == 1 { 0 } else { channel }];
            self.inputs.scaling = Scaling::Channel;
            self.inputs.spread = (0..channels).map(|at| of(&old.spread, at) / factors[at]).collect();
            self.inputs.mean = (0..channels)
                .map(|at| of(&old.mean, at) - offsets[at] * of(&old.spread, at) / factors[at])
                .collect();
            return Ok(());
        }
        let last = self.net.layers.last_mut().filter(|last| last.is_weighted() && !last.relu);
        let Some(last) = last else {
            let point = Patch { height: 1, width: 1, stride: [1, 1], beyond: [0; 4] };
            return self.add_layer(Operation::Depthwise, point, channels, factors, offsets);
        };
        let sets = last.outputs;
        let terms = last.weights.len() / sets;
        for (at, weight) in last.weights.iter_mut().enumerate() {
            *weight *= factors[if last.operation == Operation::Convolution { at / terms } else { at % sets }];
        }
        for ((bias, factor), offset) in last.biases.iter_mut().zip(&factors).zip(&offsets) {
            *bias = *bias * factor + offset;
        }
        Ok(())
    }
}

/// A node at its turn.
struct Step<'g> {
    node: &'g Node,
    others: Vec<&'g Tensor>,
    /// Which of its inputs is what goes through the chain.
    place: usize,
}

impl Step<'_> {
    fn apply(&self, chain: &mut Chain) -> Made<()> {
        match &*self.node.operator {
            "Gemm" => self.gemm(chain),
            "MatMul" => {
                let weights = self.constant(0)?;
                self.dense(chain, weights, false, 1.0)
            }
            "Conv" => self.convolution(chain),
            "Add" | "Sub" | "Mul" | "Div" => self.arithmetic(chain),
            "BatchNormalization" => self.normalisation(chain),
            "Scaler" => self.scaler(chain),
            "Relu" => self.relu(chain),
            "MaxPool" | "AveragePool" => self.pooling(chain),
            "GlobalMaxPool" | "GlobalAveragePool" => self.global_pooling(chain),
            "Flatten" | "Reshape" => self.flat(chain),
            "Squeeze" | "Unsqueeze" => self.squeezed(chain),
            "Transpose" => self.transposed(chain),
            "Identity" | "Dropout" | "Cast" => Ok(()),
            "Clip" | "Sigmoid" | "Tanh" | "LeakyRelu" | "Elu" | "HardSwish" | "HardSigmoid" | "Gelu"
            | "PRelu" => Err(self.refused("this activation is not known", "train with Relu")),
            "LSTM" | "GRU" | "RNN" => {
                Err(self.refused("a recurrent layer is not known", "use convolutions over time"))
            }
            _ => {
                Err(self
                    .refused("this operator is not known", "see `nodetwin import --help` for those that are"))
            }
        }
    }

    fn refused(&self, why: impl AsRef<str>, help: &str) -> Refusal {
        refused(self.node, why.as_ref(), help)
    }

    fn too_large(&self) -> impl Fn(String) -> Refusal + '_ {
        |why| self.refused(why, "give a smaller model, or one with this layer otherwise")
    }

    fn constant(&self, at: usize) -> Made<&Tensor> {
        let missing = || self.refused("a constant is missing", "export the model with its weights in it");
        self.others.get(at).copied().filter(|tensor| !tensor.numbers.is_empty()).ok_or_else(missing)
    }

    fn integer(&self, name: &str, otherwise: i64) -> i64 {
        match self.node.attributes.get(name) {
            Some(Attribute::Integer(number)) => *number,
            _ => otherwise,
        }
    }

    fn float(&self, name: &str, otherwise: f32) -> f32 {
        match self.node.attributes.get(name) {
            Some(Attribute::Float(number)) => *number,
            _ => otherwise,
        }
    }

    fn integers(&self, name: &str) -> Option<&[i64]> {
        match self.node.attributes.get(name) {
            Some(Attribute::Integers(numbers)) => Some(numbers),
            _ => None,
        }
    }

    fn gemm(&self, chain: &mut Chain) -> Made<()> {
        if self.integer("transA", 0) != 0 || self.place != 0 {
            return Err(self.refused("it turns what comes in", "give a model of layers that take rows"));
        }
        self.dense(chain, self.constant(0)?, self.integer("transB", 0) != 0, self.float("alpha", 1.0))?;
        if self.others.len() > 1 {
            let beta = self.float("beta", 1.0);
            let biases: Vec<f32> = self.constant(1)?.numbers.iter().map(|bias| bias * beta).collect();
            chain.scale(&[1.0], &biases).map_err(self.too_large())?;
        }
        Ok(())
    }

    /// Weights as [inputs, outputs], or turned as [outputs, inputs].
    fn dense(&self, chain: &mut Chain, weights: &Tensor, turned: bool, alpha: f32) -> Made<()> {
        let size = chain.shape.size();
        let order = match chain.view {
            View::Row(order) => order,
            _ if chain.shape.places() == 1 => Order::ChannelsLast,
            _ => {
                return Err(
                    self.refused("a dense layer over places", "flatten what comes before it, or use Conv")
                );
            }
        };
        let (inputs, outputs) = match (&weights.dims[..], turned) {
            (&[inputs, outputs], false) | (&[outputs, inputs], true) => (inputs, outputs),
            _ => (0, 0),
        };
        if inputs != size || outputs == 0 || self.place != 0 {
            let why = format!("weights of {:?}, and {size} numbers come in", weights.dims);
            return Err(self.refused(why, "give weights with one row or column for each"));
        }
        let mut ours = vec![0.0; inputs * outputs];
        for input in 0..inputs {
            let at = chain.ours(order, input);
            for output in 0..outputs {
                let theirs = if turned { output * inputs + input } else { input * outputs + output };
                ours[output * inputs + at] = alpha * weights.numbers[theirs];
            }
        }
        let patch = Patch::whole(chain.shape);
        let made = chain.add_layer(Operation::Convolution, patch, outputs, ours, vec![0.0; outputs]);
        made.map_err(self.too_large())?;
        chain.view = View::Row(Order::ChannelsLast);
        Ok(())
    }

    /// The patch of a convolution or pooling of so many dimensions of places.
    fn patch(&self, chain: &Chain, lengths: &[usize]) -> Made<Patch> {
        let unfit =
            |what: &str| self.refused(what, "use lengths that a node knows: see `nodetwin import --help`");
        let View::ChannelsFirst(dims) = chain.view else {
            return Err(unfit("it needs channels and places, and a row or channels last come in"));
        };
        if lengths.len() != dims {
            return Err(unfit("its patch has other dimensions than what comes in"));
        }
        if self.integers("dilations").is_some_and(|dilations| dilations.iter().any(|by| *by != 1)) {
            return Err(unfit("patches with gaps (dilations)"));
        }
        if self.integer("ceil_mode", 0) != 0 {
            return Err(unfit("ceil_mode, a last patch that is not whole"));
        }
        let strides = self.integers("strides").map_or(vec![1; dims], <[i64]>::to_vec);
        if strides.len() != dims {
            return Err(unfit("other strides than dimensions"));
        }
        let across =
            |numbers: &[i64], at: usize, otherwise: i64| numbers.get(at).copied().unwrap_or(otherwise);
        let length = |at: usize| lengths.get(at).copied().unwrap_or(1);
        let auto = match self.node.attributes.get("auto_pad") {
            Some(Attribute::Text(text)) => text.as_str(),
            _ => "NOTSET",
        };
        let pads = match auto {
            "NOTSET" => self.integers("pads").map_or(vec![0; 2 * dims], <[i64]>::to_vec),
            "VALID" => vec![0; 2 * dims],
            "SAME_UPPER" | "SAME_LOWER" => {
                let sizes = [chain.shape.height, chain.shape.width];
                // As many outputs as strides begin, the odd place at the upper or lower end.
                let around = |at: usize| {
                    let (size, stride) = (i64::from(sizes[at]), strides[at].max(1));
                    let all = ((size + stride - 1) / stride - 1) * stride + length(at) as i64 - size;
                    let half = all.max(0) / 2;
                    if auto == "SAME_UPPER" { (half, all.max(0) - half) } else { (all.max(0) - half, half) }
                };
                (0..dims).map(|at| around(at).0).chain((0..dims).map(|at| around(at).1)).collect()
            }
            _ => return Err(unfit("an auto_pad that is not known")),
        };
        if pads.len() != 2 * dims {
            return Err(unfit("other pads than edges"));
        }
        let wide = |at: usize| if dims == 2 { across(&pads, at, 0) } else { 0 };
        let numbers = [pads[0], wide(1), pads[dims], wide(3)].map(u8::try_from);
        let [Ok(top), Ok(left), Ok(bottom), Ok(right)] = numbers else {
            return Err(unfit("pads below 0 or above 255"));
        };
        let strides = [across(&strides, 0, 1), across(&strides, 1, 1)].map(u8::try_from);
        let (Ok(height), Ok(width), [Ok(down), Ok(right_by)]) =
            (u16::try_from(length(0)), u16::try_from(length(1)), strides)
        else {
            return Err(unfit("a patch or stride that is too large"));
        };
        Ok(Patch { height, width, stride: [down, right_by], beyond: [top, left, bottom, right] })
    }

    fn convolution(&self, chain: &mut Chain) -> Made<()> {
        let weights = self.constant(0)?;
        let (Some((&[outputs, per_group], lengths)), 0) = (weights.dims.split_first_chunk(), self.place)
        else {
            return Err(
                self.refused("its weights have less than three dimensions", "give weights of whole patches")
            );
        };
        let patch = self.patch(chain, lengths)?;
        let channels = usize::from(chain.shape.channels);
        let groups = usize::try_from(self.integer("group", 1)).unwrap_or(0);
        let places: usize = lengths.iter().product();
        let biases = match self.others.get(1) {
            Some(_) => self.constant(1)?.numbers.clone(),
            None => vec![0.0; outputs],
        };
        let operation = match (groups, per_group) {
            (1, of) if of == channels => Operation::Convolution,
            (groups, 1) if groups == channels && outputs == channels => Operation::Depthwise,
            _ => {
                let why =
                    format!("{groups} groups of {per_group} for {channels} channels and {outputs} outputs");
                return Err(self.refused(why, "use one group, or one a channel with one output each"));
            }
        };
        if biases.len() != outputs || outputs == 0 {
            return Err(self.refused("other biases than outputs", "export the model again"));
        }
        // Theirs: [output, channel, place]; of a depthwise layer [channel, 1, place].
        let mut ours = vec![0.0; weights.numbers.len()];
        for (at, &weight) in weights.numbers.iter().enumerate() {
            let (set, place) = (at / places, at % places);
            let to = match operation {
                Operation::Convolution => (set / channels * places + place) * channels + set % channels,
                _ => place * channels + set,
            };
            ours[to] = weight;
        }
        chain.add_layer(operation, patch, outputs, ours, biases).map_err(self.too_large())
    }

    fn arithmetic(&self, chain: &mut Chain) -> Made<()> {
        let constant = self.constant(0)?;
        // How it is spread over what comes in: of the last dimensions but those of places.
        let places = if let View::ChannelsFirst(places) = chain.view { places } else { 0 };
        let (channel, ones) = constant.dims.split_at(constant.dims.len().saturating_sub(places));
        let channels = usize::from(chain.shape.channels);
        let fits = channel.last() == Some(&channels) && ones.iter().all(|length| *length == 1);
        let constant = &constant.numbers;
        if constant.len() != 1 && !fits {
            return Err(
                self.refused("its constant is not one number a channel", "use one number, or one a channel")
            );
        }
        let negative = |numbers: &[f32]| numbers.iter().map(|x| -x).collect::<Vec<f32>>();
        let inverse = |numbers: &[f32]| numbers.iter().map(|x| 1.0 / x).collect::<Vec<f32>>();
        let scaled = match (&*self.node.operator, self.place) {
            ("Add", _) => chain.scale(&[1.0], constant),
            ("Mul", _) => chain.scale(constant, &[0.0]),
            ("Sub", 0) => chain.scale(&[1.0], &negative(constant)),
            ("Sub", _) => chain.scale(&[-1.0], constant),
            ("Div", 0) if !constant.contains(&0.0) => chain.scale(&inverse(constant), &[0.0]),
            _ => {
                return Err(self.refused("it divides by what comes in, or by 0", "leave it out of the model"));
            }
        };
        scaled.map_err(self.too_large())
    }

    fn normalisation(&self, chain: &mut Chain) -> Made<()> {
        let [scale, offset, mean, variance] =
            [self.constant(0)?, self.constant(1)?, self.constant(2)?, self.constant(3)?];
        let epsilon = self.float("epsilon", 1e-5);
        let factors: Vec<f32> = scale
            .numbers
            .iter()
            .zip(&variance.numbers)
            .map(|(scale, variance)| scale / (variance + epsilon).sqrt())
            .collect();
        let moved = mean.numbers.iter().zip(&factors).map(|(mean, factor)| mean * factor);
        let offsets: Vec<f32> =
            offset.numbers.iter().zip(moved).map(|(offset, moved)| offset - moved).collect();
        chain.scale(&factors, &offsets).map_err(self.too_large())
    }

    /// (x - offset) * scale, of ONNX-ML.
    fn scaler(&self, chain: &mut Chain) -> Made<()> {
        let numbers = |name| match self.node.attributes.get(name) {
            Some(Attribute::Floats(numbers)) => Ok(numbers),
            _ => Err(self.refused("its offset or scale is missing", "export the model again")),
        };
        let (offset, scale) = (numbers("offset")?, numbers("scale")?);
        let negative: Vec<f32> = offset.iter().map(|x| -x).collect();
        let scaled = chain.scale(&[1.0], &negative).and_then(|()| chain.scale(scale, &[0.0]));
        scaled.map_err(self.too_large())
    }

    fn relu(&self, chain: &mut Chain) -> Made<()> {
        if chain.net.layers.is_empty() {
            // A pooling of one place, which is held to what is not negative.
            let point = Patch { height: 1, width: 1, stride: [1, 1], beyond: [0; 4] };
            let channels = chain.shape.channels.into();
            let made = chain.add_layer(Operation::Greatest, point, channels, Vec::new(), Vec::new());
            made.map_err(self.too_large())?;
        }
        chain.net.layers.iter_mut().last().into_iter().for_each(|last| last.relu = true);
        Ok(())
    }

    fn pooling(&self, chain: &mut Chain) -> Made<()> {
        let lengths = self.integers("kernel_shape").unwrap_or_default();
        let lengths: Vec<usize> =
            lengths.iter().map(|length| usize::try_from(*length).unwrap_or(0)).collect();
        let patch = self.patch(chain, &lengths)?;
        let operation = if self.node.operator == "MaxPool" { Operation::Greatest } else { Operation::Mean };
        if operation == Operation::Mean && patch.beyond != [0; 4] {
            return Err(self.refused("a mean over the edges (pads)", "use AveragePool without padding"));
        }
        self.pool(chain, operation, patch)
    }

    fn global_pooling(&self, chain: &mut Chain) -> Made<()> {
        let operation =
            if self.node.operator == "GlobalMaxPool" { Operation::Greatest } else { Operation::Mean };
        if !matches!(chain.view, View::ChannelsFirst(_)) {
            return Err(self.refused("it needs channels and places", "pool before flattening"));
        }
        self.pool(chain, operation, Patch::whole(chain.shape))
    }

    fn pool(&self, chain: &mut Chain, operation: Operation, patch: Patch) -> Made<()> {
        let channels = chain.shape.channels.into();
        chain.add_layer(operation, patch, channels, Vec::new(), Vec::new()).map_err(self.too_large())
    }

    /// Into one row, or into what it is already.
    fn flat(&self, chain: &mut Chain) -> Made<()> {
        let size = chain.shape.size() as i64;
        let flat = match &*self.node.operator {
            "Flatten" => self.integer("axis", 1) == 1,
            _ => match self.others.first().map(|shape| &shape.integers[..]) {
                Some([_, numbers]) => *numbers == -1 || *numbers == size,
                // One question's numbers and nothing else.
                Some([-1]) => true,
                Some([_, rest @ ..]) => {
                    return match (rest, chain.view) {
                        (&[channels, height, ref more @ ..], View::Row(Order::ChannelsLast))
                            if chain.net.layers.is_empty() =>
                        {
                            self.shaped(chain, channels, height, more)
                        }
                        _ => Err(self.refused("it makes another shape than a row", "use Flatten")),
                    };
                }
                _ => false,
            },
        };
        if !flat {
            return Err(self.refused("it makes another shape than a row", "use Flatten with axis 1"));
        }
        chain.view = match chain.view {
            View::ChannelsFirst(_) => View::Row(Order::ChannelsFirst),
            View::ChannelsLast(_) => View::Row(Order::ChannelsLast),
            row @ View::Row(_) => row,
        };
        Ok(())
    }

    /// A row that comes in becomes channels of places.
    fn shaped(&self, chain: &mut Chain, channels: i64, height: i64, more: &[i64]) -> Made<()> {
        let lengths = [channels, height, more.first().copied().unwrap_or(1)];
        let known = lengths
            .iter()
            .filter(|length| **length > 0)
            .try_fold(1i64, |product, length| product.checked_mul(*length));
        let size = chain.shape.size() as i64;
        // One length may be left open.
        let open = known.filter(|known| *known > 0 && size % known == 0).map_or(0, |known| size / known);
        let [channels, height, width] = lengths.map(|length| if length == -1 { open } else { length });
        let fits = channels.checked_mul(height).and_then(|places| places.checked_mul(width)) == Some(size);
        let (true, 0..=1, Ok(channels), Ok(height), Ok(width)) =
            (fits, more.len(), u16::try_from(channels), u16::try_from(height), u16::try_from(width))
        else {
            return Err(self.refused("it makes another shape than a row", "use Flatten"));
        };
        let one = chain.inputs.mean.len() == 1;
        if !one {
            return Err(self.refused("a scale for each number of an image", "scale after the shape is made"));
        }
        chain.shape = Shape { height, width, channels };
        chain.net.input = chain.shape;
        chain.inputs.order = Order::ChannelsFirst;
        chain.view = View::ChannelsFirst(1 + more.len());
        Ok(())
    }

    /// Dimensions of length 1 come and go where there is one place.
    fn squeezed(&self, chain: &mut Chain) -> Made<()> {
        if chain.shape.places() != 1 {
            return Err(self.refused("it changes the dimensions of places", "leave it out of the model"));
        }
        chain.view = View::Row(Order::ChannelsLast);
        Ok(())
    }

    fn transposed(&self, chain: &mut Chain) -> Made<()> {
        chain.view = match (chain.view, self.integers("perm").unwrap_or_default()) {
            (View::ChannelsLast(2), [0, 3, 1, 2]) => View::ChannelsFirst(2),
            (View::ChannelsFirst(2), [0, 2, 3, 1]) => View::ChannelsLast(2),
            (View::ChannelsLast(1), [0, 2, 1]) => View::ChannelsFirst(1),
            (View::ChannelsFirst(1), [0, 2, 1]) => View::ChannelsLast(1),
            _ => {
                return Err(
                    self.refused("it turns more than the channels", "turn channels only: first or last")
                );
            }
        };
        Ok(())
    }
}
