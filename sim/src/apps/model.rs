//! A setting `model = "gestures.ntm"`: the file is read once, when the scenario is loaded, and what does not fit the app is
//! refused there. Opened models stay for as long as the program runs, each once, as in a node's flash.

use crate::parallel::lock;
use crate::train::fewer;
use crate::train::file::ModelFile;
use node_core::app::recogniser::{MAX_ROOM, Recogniser, Unfit};
use node_core::ml::ntm::{Model, NtmError};
use scenarios::place::Span;
use scenarios::{Problem, Settings};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

/// A model that an app can run, and what it was called.
#[derive(Clone)]
pub struct Fitting {
    pub model: &'static Model<'static>,
    /// Floats of memory that it works in.
    needs: usize,
    path: PathBuf,
    span: Span,
}

/// The memory of one boot.
pub struct Room {
    model: &'static Model<'static>,
    floats: Vec<f32>,
}

/// The model that the settings name; `room`: what the app needs for it.
pub fn take(
    settings: &mut Settings,
    room: impl Fn(&'static Model<'static>) -> Result<usize, Unfit>,
) -> Result<Option<Fitting>, Problem> {
    let (file, trees) = (settings.take_file("model")?, settings.take_optional::<u32>("trees")?);
    let trees_at = settings.span_of("trees");
    let Some((path, bytes)) = file else {
        if trees.is_some() {
            let help =
                "name one: model = \"walk.ntm\", made by `nodetwin train DATA --model forest -o walk.ntm`";
            return Err(Problem::new(trees_at, "`trees` of no model", help));
        }
        return Ok(None);
    };
    let span = settings.span_of("model");
    let bad = |error: NtmError| {
        let help = "take the file again from where it was made, or train it anew";
        Problem::new(span, format!("{}: {error}", path.display()), help)
    };
    let mut model = opened(&bytes).map_err(bad)?;
    if let Some(trees) = trees {
        let fewer = fewer::with_trees(&path.display().to_string(), &bytes, model, trees as usize)
            .map_err(|refused| Problem::new(trees_at, refused.message, refused.help))?;
        model = opened(&fewer).map_err(bad)?;
    }
    let fitting = Fitting { model, needs: 0, path, span };
    let needs = room(model).map_err(|unfit| fitting.refused(unfit))?;
    if needs > MAX_ROOM {
        return Err(fitting.refused(Unfit::Room { needs: 4 * needs, has: 4 * MAX_ROOM }));
    }
    Ok(Some(Fitting { needs, ..fitting }))
}

/// Each file's content is kept once, however many nodes and runs have it.
fn opened(bytes: &[u8]) -> Result<&'static Model<'static>, NtmError> {
    static MODELS: LazyLock<Mutex<BTreeMap<Vec<u8>, &'static Model<'static>>>> =
        LazyLock::new(Mutex::default);
    let mut models = lock(&MODELS);
    if let Some(known) = models.get(bytes) {
        return Ok(known);
    }
    let file = ModelFile::new(bytes);
    // Judged before anything is kept for good.
    Model::open(file.bytes())?;
    let file: &'static ModelFile = Box::leak(Box::new(file));
    let model: &'static Model<'static> = Box::leak(Box::new(Model::open(file.bytes())?));
    models.insert(bytes.to_vec(), model);
    Ok(model)
}

impl Fitting {
    pub fn refused(&self, unfit: Unfit) -> Problem {
        Problem::new(self.span, format!("{}: {unfit}", self.path.display()), unfit.cure())
    }

    /// What the model was trained with, another setting may not take away.
    pub fn demand(&self, right: bool, at: Span, key: &str, is: fmt::Arguments<'_>) -> Result<(), Problem> {
        if right {
            return Ok(());
        }
        let message = format!("`{key}` is not what {} was trained with: {is}", self.path.display());
        Err(Problem::new(at, message, format!("leave `{key}` out: the model says it")))
    }

    pub fn room(self) -> Room {
        Room { model: self.model, floats: vec![0.0; self.needs] }
    }
}

impl Room {
    pub fn given_to<'r>(
        &'r mut self,
        app: impl Fn(&'static Model<'static>, &'r mut [f32]) -> Result<Recogniser<'r>, Unfit>,
    ) -> Option<Recogniser<'r>> {
        app(self.model, &mut self.floats).ok()
    }
}

/// A setting that the model has of its own.
pub fn refuse_its_own(settings: &Settings, key: &str) -> Result<(), Problem> {
    if settings.keys().all(|known| known != key) {
        return Ok(());
    }
    let message = format!("`{key}` is the model's own");
    Err(Problem::new(settings.span_of(key), message, format!("leave `{key}` out, or train with another")))
}
