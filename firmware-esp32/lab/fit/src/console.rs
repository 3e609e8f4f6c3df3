//! What the bench prints, read back.

use crate::Wrong;
use node_core::meter::Kernel;

/// A case as one machine ran it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub kernel: Kernel,
    /// In one call.
    pub units: u32,
    pub calls: u32,
    /// Charges of all calls: kernel, calls, units.
    pub work: Vec<(Kernel, u32, u32)>,
    pub purpose: Purpose,
    /// Of all calls. A host counts none.
    pub instructions: Option<u64>,
    /// Number of the marked region.
    pub region: Option<usize>,
    pub crc: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    Fit,
    OtherData(String),
    OtherUse(String),
}

impl Line {
    /// Names the case among those of a machine.
    pub fn name(&self) -> String {
        let Self { kernel, units, .. } = self;
        match &self.purpose {
            Purpose::Fit => format!("{kernel:?} {units}"),
            Purpose::OtherData(what) | Purpose::OtherUse(what) => format!("{kernel:?} {units} ({what})"),
        }
    }

    /// `key=value` after `case`.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let value = |key: &str| {
            let prefixed = text.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
            prefixed.ok_or_else(|| format!("no {key}= in the line `{text}`"))
        };
        let work = value("work")?.split('+').map(|charge| {
            let mut parts = charge.split(':');
            let mut next = || parts.next().ok_or_else(|| format!("`{charge}` is not KERNEL:CALLS:UNITS"));
            Ok((kernel(next()?)?, number(next()?)?, number(next()?)?))
        });
        let purpose = match value("purpose")? {
            "fit" => Purpose::Fit,
            other => match other.split_once(':') {
                Some(("other-data", what)) => Purpose::OtherData(what.into()),
                Some(("other-use", what)) => Purpose::OtherUse(what.into()),
                _ => return Err(format!("`{other}` is no purpose that is known")),
            },
        };
        Ok(Self {
            kernel: kernel(value("kernel")?)?,
            units: number(value("units")?)?,
            calls: number(value("calls")?)?,
            work: work.collect::<Result<_, Wrong>>()?,
            purpose,
            instructions: value("instructions").ok().map(number).transpose()?,
            region: value("region").ok().map(number).transpose()?,
            crc: value("crc")?.into(),
        })
    }
}

fn kernel(name: &str) -> Result<Kernel, Wrong> {
    let known = Kernel::ALL.into_iter().find(|kernel| format!("{kernel:?}") == name);
    known.ok_or_else(|| format!("node-core has no kernel `{name}`"))
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, Wrong> {
    text.parse().map_err(|_| format!("`{text}` is no number that fits"))
}

/// All lines of a console; refused if the program did not come to its end.
pub fn parse(text: &str) -> Result<Vec<Line>, Wrong> {
    if text.lines().last() != Some("end") {
        return Err(format!(
            "it did not come to its end: {}",
            text.lines().last().unwrap_or("nothing was printed")
        ));
    }
    text.lines().filter_map(|line| line.strip_prefix("case ")).map(Line::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "kernel=PowerSpectrum units=33 calls=2 work=Window:2:128+PowerSpectrum:2:66 purpose=fit \
                        instructions=68157 region=101 crc=e03afa4f";

    #[test]
    fn a_line_is_read_back() {
        let line = Line::parse(LINE).unwrap();
        assert_eq!((line.kernel, line.units, line.calls), (Kernel::PowerSpectrum, 33, 2));
        assert_eq!(line.work, [(Kernel::Window, 2, 128), (Kernel::PowerSpectrum, 2, 66)]);
        assert_eq!((line.instructions, line.region, &line.crc[..]), (Some(68_157), Some(101), "e03afa4f"));
        assert_eq!(line.purpose, Purpose::Fit);
        let other = Line::parse(&LINE.replace("purpose=fit", "purpose=other-use:search")).unwrap();
        assert_eq!(other.name(), "PowerSpectrum 33 (search)");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(Line::parse(&LINE.replace("units=33", "")).unwrap_err().contains("no units="));
        assert!(Line::parse(&LINE.replace("Window", "Door")).unwrap_err().contains("Door"));
        assert!(parse("case x\nCPU exception 2").unwrap_err().contains("CPU exception 2"));
    }
}
