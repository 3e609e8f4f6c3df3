//! The same model of fewer trees: how much of a forest is worth its bytes and its time is tried, not trained anew.

use super::{Fields, HEAD, Kind, Model, NtmError, Section, WriteError, Writer};

const STRANGE: WriteError = WriteError::Unfit("the file is not the model's");

impl Model<'_> {
    /// Trees that it asks, if it asks any.
    pub fn trees(&self) -> Option<usize> {
        match &self.kind {
            Kind::Forest(forest) => Some(forest.trees()),
            Kind::Boosted(boosted) => Some(boosted.trees().trees()),
            _ => None,
        }
    }

    /// Its `file` again, with the first `trees` of its trees alone. Boosted trees come in rounds of one for each sum.
    pub fn with_fewer_trees<'b>(
        &self,
        file: &[u8],
        trees: usize,
        room: &'b mut [u8],
    ) -> Result<&'b [u8], WriteError> {
        let mut writer = Writer::new(room)?;
        let mut fields = Fields::new(file.get(HEAD..).ok_or(STRANGE)?, HEAD);
        while fields.left() > 0 {
            let (number, bytes) = section(&mut fields).map_err(|_| STRANGE)?;
            writer.section_of(number)?;
            match &self.kind {
                Kind::Forest(forest) if number == Section::Model as u16 => {
                    writer.fewer_trees(forest, trees)?;
                }
                Kind::Boosted(boosted) if number == Section::Model as u16 => {
                    writer.fewer_boosted(boosted, trees)?;
                }
                _ if number == Section::Model as u16 => return Err(WriteError::Unfit("it has no trees")),
                _ => writer.bytes(bytes)?,
            }
        }
        writer.finish()
    }
}

fn section<'a>(fields: &mut Fields<'a>) -> Result<(u16, &'a [u8]), NtmError> {
    let number = fields.u16("a section's number")?;
    fields.u16("a section's reserved field")?;
    let length = fields.u32("a section's length")? as usize;
    let bytes = fields.take(length, "a section")?;
    fields.take(length.wrapping_neg() % 4, "the zeros after a section")?;
    Ok((number, bytes))
}
