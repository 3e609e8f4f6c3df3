//! The wire format of protocol buffers, as far as ONNX needs it: fields by number, none of them believed.
//!
//! Nothing is copied and nothing recurs: a message is the bytes of a field, read when somebody asks for it.

use std::fmt;

/// What is wrong with the bytes, and where in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub at: usize,
    pub what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "byte {}: {}", self.at, self.what)
    }
}

/// A field's content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Number(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Message<'a>),
}

/// Bytes of a file, which are a message, a text or packed numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message<'a> {
    pub bytes: &'a [u8],
    /// Where in the file they begin.
    pub at: usize,
}

impl<'a> Message<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn malformed<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { at: self.at, what })
    }

    fn take(&mut self, count: u64) -> Result<Message<'a>, Malformed> {
        let split = usize::try_from(count).ok().and_then(|count| self.bytes.split_at_checked(count));
        let Some((bytes, rest)) = split else {
            return self.malformed("a field is longer than what is left of the file");
        };
        let taken = Message { bytes, at: self.at };
        (self.bytes, self.at) = (rest, self.at + bytes.len());
        Ok(taken)
    }

    /// A number in groups of 7 bits, the lowest first.
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for group in 0..10 {
            let [byte] = self.fixed()?;
            number |= u64::from(byte & 0x7f) << (7 * group);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        self.malformed("a number has more than 64 bits")
    }

    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let mut fixed = [0; N];
        fixed.copy_from_slice(self.take(N as u64)?.bytes);
        Ok(fixed)
    }

    fn field(&mut self) -> Result<(u64, Value<'a>), Malformed> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.fixed()?)),
            _ => return self.malformed("no field of a protocol buffer begins like this"),
        };
        Ok((key >> 3, value))
    }

    /// All fields with their numbers.
    pub fn fields(mut self) -> impl Iterator<Item = Result<(u64, Value<'a>), Malformed>> {
        std::iter::from_fn(move || {
            if self.bytes.is_empty() {
                return None;
            }
            let field = self.field();
            if field.is_err() {
                // What follows means nothing any more.
                self.bytes = &[];
            }
            Some(field)
        })
    }

    pub fn text(&self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes).or_else(|_| self.malformed("a name is not UTF-8"))
    }
}

impl<'a> Value<'a> {
    /// A message or a text.
    pub fn bytes(self, at: usize) -> Result<Message<'a>, Malformed> {
        match self {
            Self::Bytes(message) => Ok(message),
            _ => Err(Malformed { at, what: "a field holds a number where a message belongs" }),
        }
    }

    /// Appends one number, or packed ones.
    pub fn integers(self, to: &mut Vec<i64>) -> Result<(), Malformed> {
        match self {
            Self::Number(number) => to.push(number as i64),
            Self::Bytes(mut packed) => {
                while !packed.bytes.is_empty() {
                    to.push(packed.varint()? as i64);
                }
            }
            _ => return Err(Malformed { at: 0, what: "a field holds a float where whole numbers belong" }),
        }
        Ok(())
    }

    /// Appends one float, or packed ones.
    pub fn floats(self, to: &mut Vec<f32>) -> Result<(), Malformed> {
        match self {
            Self::Fixed32(bits) => to.push(f32::from_bits(bits)),
            Self::Bytes(mut packed) => {
                while !packed.bytes.is_empty() {
                    to.push(f32::from_le_bytes(packed.fixed()?));
                }
            }
            _ => return Err(Malformed { at: 0, what: "a field holds a whole number where floats belong" }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Field 1 = 150, field 2 = "testing": the examples of the format's own documentation.
    #[test]
    fn the_documentations_examples_are_read() {
        let bytes = [0x08, 0x96, 0x01, 0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67];
        let fields: Vec<_> = Message::new(&bytes).fields().map(Result::unwrap).collect();
        assert_eq!(fields[0], (1, Value::Number(150)));
        assert_eq!((fields[1].0, fields[1].1.bytes(0).unwrap().text().unwrap()), (2, "testing"));
        let mut packed = Vec::new();
        let numbers = Message { bytes: &[0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05], at: 0 };
        Value::Bytes(numbers).integers(&mut packed).unwrap();
        assert_eq!(packed, [3, 270, 86942]);
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let fields: Vec<_> = Message::new(&bytes).fields().collect();
            prop_assert!(fields.len() <= bytes.len());
            prop_assert!(fields.iter().rev().skip(1).all(Result::is_ok), "nothing follows an error");
        }
    }
}
