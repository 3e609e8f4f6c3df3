//! The names of what a model tells apart.

use super::read::{Fields, check};
use super::write::{WriteError, Writer};
use super::{NtmError, Wrong};
use crate::ml::MAX_CLASSES;

#[derive(Clone, Debug)]
pub struct Classes<'a> {
    count: u8,
    fields: Fields<'a>,
}

impl<'a> Classes<'a> {
    pub(crate) fn open(mut fields: Fields<'a>) -> Result<Self, NtmError> {
        let at = fields.at();
        let count = fields.u8("the number of classes")?;
        let right = (1..=MAX_CLASSES).contains(&usize::from(count));
        check(right, at, "the number of classes", count, "1 to 26")?;
        let classes = Self { count, fields: fields.clone() };
        for index in 0..usize::from(count) {
            let at = fields.at();
            let name = name(&mut fields)?;
            if classes.names().take(index).any(|before| before == name) {
                return Err(NtmError::new(at, Wrong::Text("a class's name, unlike the others,")));
            }
        }
        fields.end("classes")?;
        Ok(classes)
    }

    pub fn count(&self) -> usize {
        self.count.into()
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut fields = self.fields.clone();
        (0..self.count).map_while(move |_| name(&mut fields).ok())
    }
}

fn name<'a>(fields: &mut Fields<'a>) -> Result<&'a str, NtmError> {
    let length = fields.u8("a name's length")?;
    fields.text(length.into(), "a class's name", true)
}

impl Writer<'_> {
    /// What a section of classes holds.
    pub fn classes<'n>(&mut self, names: impl ExactSizeIterator<Item = &'n str>) -> Result<(), WriteError> {
        self.u8(u8::try_from(names.len()).map_err(|_| WriteError::Unfit("26 classes at most"))?)?;
        for name in names {
            self.name(name)?;
        }
        Ok(())
    }
}
