//! The messages of ONNX that matter for a chain of layers, by the field numbers of its `onnx.proto3`.

use super::protobuf::{Malformed, Message, Value};
use std::collections::BTreeMap;

/// A tensor whose numbers are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    pub dims: Vec<usize>,
    pub numbers: Vec<f32>,
    /// Of a tensor of whole numbers: a shape, for instance.
    pub integers: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    Float(f32),
    Integer(i64),
    Text(String),
    Floats(Vec<f32>),
    Integers(Vec<i64>),
    Tensor(Tensor),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    pub name: String,
    pub operator: String,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub attributes: BTreeMap<String, Attribute>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub constants: BTreeMap<String, Tensor>,
    /// Inputs that are no constants, each with its dimensions: `None` where it has a name or nothing.
    pub inputs: Vec<(String, Vec<Option<usize>>)>,
}

impl Graph {
    pub fn read(file: &[u8]) -> Result<Self, Malformed> {
        let mut graph = Self::default();
        let mut found = false;
        for field in Message::new(file).fields() {
            if let (7, value) = field? {
                found = true;
                graph.read_graph(value.bytes(0)?)?;
            }
        }
        if !found {
            return Err(Malformed { at: 0, what: "it holds no graph" });
        }
        let Self { inputs, constants, .. } = &mut graph;
        inputs.retain(|(name, _)| !constants.contains_key(name));
        Ok(graph)
    }

    fn read_graph(&mut self, graph: Message) -> Result<(), Malformed> {
        for field in graph.fields() {
            match field? {
                (1, node) => self.nodes.push(Node::read(node.bytes(graph.at)?)?),
                (5, tensor) => {
                    let (name, tensor) = Tensor::read(tensor.bytes(graph.at)?)?;
                    self.constants.insert(name, tensor);
                }
                (11, input) => self.inputs.push(value_info(input.bytes(graph.at)?)?),
                (15, _) => return Err(Malformed { at: graph.at, what: "it has sparse constants" }),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A name and its dimensions.
fn value_info(message: Message) -> Result<(String, Vec<Option<usize>>), Malformed> {
    let (mut name, mut dims) = (String::new(), Vec::new());
    for field in message.fields() {
        match field? {
            (1, value) => name = value.bytes(message.at)?.text()?.to_owned(),
            (2, value) => {
                // Type, tensor type, shape, and then each dimension.
                let path = value.bytes(message.at)?;
                for tensor in inner(path, 1)? {
                    for shape in inner(tensor, 2)? {
                        for dimension in inner(shape, 1)? {
                            dims.push(known_length(dimension)?);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok((name, dims))
}

fn inner<'a>(message: Message<'a>, number: u64) -> Result<Vec<Message<'a>>, Malformed> {
    let mut found = Vec::new();
    for field in message.fields() {
        let (at, value) = field?;
        if at == number {
            found.push(value.bytes(message.at)?);
        }
    }
    Ok(found)
}

fn known_length(dimension: Message) -> Result<Option<usize>, Malformed> {
    for field in dimension.fields() {
        if let (1, Value::Number(length)) = field? {
            return Ok(usize::try_from(length).ok().filter(|length| *length > 0));
        }
    }
    Ok(None)
}

impl Node {
    fn read(message: Message) -> Result<Self, Malformed> {
        let mut node = Self::default();
        for field in message.fields() {
            let (number, value) = field?;
            let text = || Ok(value.bytes(message.at)?.text()?.to_owned());
            match number {
                1 => node.inputs.push(text()?),
                2 => node.outputs.push(text()?),
                3 => node.name = text()?,
                4 => node.operator = text()?,
                5 => {
                    if let Some((name, attribute)) = attribute(value.bytes(message.at)?)? {
                        node.attributes.insert(name, attribute);
                    }
                }
                _ => {}
            }
        }
        Ok(node)
    }
}

/// `None` of a kind that no layer has.
fn attribute(message: Message) -> Result<Option<(String, Attribute)>, Malformed> {
    let (mut name, mut one) = (String::new(), None);
    let (mut floats, mut integers) = (Vec::new(), Vec::new());
    for field in message.fields() {
        match field? {
            (1, value) => name = value.bytes(message.at)?.text()?.to_owned(),
            (2, Value::Fixed32(bits)) => one = Some(Attribute::Float(f32::from_bits(bits))),
            (3, Value::Number(number)) => one = Some(Attribute::Integer(number as i64)),
            (4, value) => {
                // What is no text is of no use to us.
                let text = value.bytes(message.at)?.text();
                one = text.ok().map(|text| Attribute::Text(text.to_owned()));
            }
            (5, value) => one = Some(Attribute::Tensor(Tensor::read(value.bytes(message.at)?)?.1)),
            (7, value) => value.floats(&mut floats)?,
            (8, value) => value.integers(&mut integers)?,
            _ => {}
        }
    }
    let many = if !floats.is_empty() {
        Some(Attribute::Floats(floats))
    } else if !integers.is_empty() {
        Some(Attribute::Integers(integers))
    } else {
        None
    };
    Ok(many.or(one).map(|attribute| (name, attribute)))
}

impl Tensor {
    fn read(message: Message) -> Result<(String, Self), Malformed> {
        let wrong = |what| Err(Malformed { at: message.at, what });
        let (mut name, mut dims, mut kind) = (String::new(), Vec::new(), 0);
        let mut tensor = Self::default();
        let mut raw = None;
        for field in message.fields() {
            match field? {
                (1, value) => value.integers(&mut dims)?,
                (2, Value::Number(number)) => kind = number,
                (4, value) => value.floats(&mut tensor.numbers)?,
                (5 | 7, value) => value.integers(&mut tensor.integers)?,
                (8, value) => name = value.bytes(message.at)?.text()?.to_owned(),
                (9, value) => raw = Some(value.bytes(message.at)?.bytes),
                (10, _) if kind != FLOAT => return wrong("a tensor of doubles: export the model in float32"),
                (13, _) => return wrong("a tensor lies in another file: export the model as one file"),
                _ => {}
            }
        }
        for length in dims {
            let Ok(length) = usize::try_from(length) else {
                return wrong("a tensor's dimension is negative");
            };
            tensor.dims.push(length);
        }
        const FLOAT: u64 = 1;
        const INT32: u64 = 6;
        const INT64: u64 = 7;
        match (kind, raw) {
            (FLOAT | INT32 | INT64, None) => {}
            (FLOAT, Some(raw)) if raw.len().is_multiple_of(4) => {
                tensor.numbers = raw.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            }
            (INT32, Some(raw)) if raw.len().is_multiple_of(4) => {
                let numbers = raw.as_chunks().0.iter().map(|bytes| i64::from(i32::from_le_bytes(*bytes)));
                tensor.integers = numbers.collect();
            }
            (INT64, Some(raw)) if raw.len().is_multiple_of(8) => {
                tensor.integers = raw.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect();
            }
            // Of some other type: whoever needs its numbers finds none.
            _ => tensor.dims.clear(),
        }
        let count = tensor.dims.iter().try_fold(1usize, |product, length| product.checked_mul(*length));
        let has = tensor.numbers.len().max(tensor.integers.len());
        if count != Some(has) && (has > 0 || kind == FLOAT) {
            return wrong("a tensor has another number of values than its dimensions say");
        }
        Ok((name, tensor))
    }
}
