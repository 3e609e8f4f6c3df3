//! A place to write to, checked before the work begins: nobody should wait an hour for "no such folder".

use super::Failure;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that can be written, or stdout (`-`). A file that was not there before is taken away again if nothing was
/// written; one that was stays as it is until then.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    /// `None`: stdout.
    file: Option<File>,
    fresh: bool,
}

impl Output {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self { path: path.into(), file: None, fresh: false });
        }
        let fresh = !path.exists();
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|error| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let (message, help) = if path.is_dir() {
                ("is a folder".to_string(), "name a file in it".to_string())
            } else if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
                ("its folder does not exist".into(), format!("mkdir -p {}", folder.display()))
            } else {
                (
                    format!("cannot be written: {error}"),
                    "name a file in a folder of yours, or `-` for stdout".into(),
                )
            };
            Failure::input(format!("{}: {message}", path.display()), help)
        })?;
        Ok(Self { path: path.into(), file: Some(file), fresh })
    }

    pub fn is_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// Replaces what was there.
    pub fn write(mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let name = self.path.display().to_string();
        let written = match &mut self.file {
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                write(&mut out).and_then(|()| out.flush())
            }
            Some(file) => truncated(file).and_then(|()| {
                let mut out = BufWriter::new(&mut *file);
                write(&mut out).and_then(|()| out.flush())
            }),
        };
        self.fresh &= written.is_err();
        match written {
            // Whoever read the pipe has seen enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::unwritten(&name, error)),
            _ => Ok(()),
        }
    }
}

/// Pipes and devices have no length.
fn truncated(file: &mut File) -> io::Result<()> {
    if file.metadata()?.is_file() { file.set_len(0) } else { Ok(()) }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.fresh && self.file.is_some() {
            // It was made by the check alone.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// At most one of them may be stdout.
pub fn refuse_mixing<'a>(outputs: impl IntoIterator<Item = &'a Output>) -> Result<bool, Failure> {
    match outputs.into_iter().filter(|output| output.is_stdout()).count() {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Failure::input("two outputs go to stdout", "give `-` once, and file names to the others")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_when_it_is_written_and_left_alone_until_then() {
        let folder = std::env::temp_dir().join(format!("nodetwin-output-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (old, fresh) = (folder.join("old"), folder.join("fresh"));
        std::fs::write(&old, "a long text that was there").unwrap();
        drop(Output::open(&old).unwrap());
        drop(Output::open(&fresh).unwrap());
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "a long text that was there");
        assert!(!fresh.exists());
        Output::open(&old).unwrap().write(|out| out.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "new");
        assert!(Output::open(&folder).is_err());
        let help = Output::open(&folder.join("no/where")).unwrap_err().text(false);
        assert!(help.contains("mkdir -p"), "{help}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
