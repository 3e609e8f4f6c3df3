//! A picture of the window at a moment of a run, without a display. The same every time: no figure of the host's speed is in it.

use super::app::{Opening, Whole, offscreen};
use super::desk::Desk;
use super::dock::{self, Pane};
use crate::catalogue::Catalogue;
use crate::live::Ask;
use bevy::prelude::*;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What to take a picture of.
#[derive(Clone, Debug)]
pub struct Shot {
    pub file: PathBuf,
    pub sets: Vec<String>,
    pub at_ns: u64,
    pub panel: Option<Pane>,
    pub size: [u32; 2],
    pub scale: f32,
    pub dark: bool,
}

/// Frames until texts, textures and layouts have settled.
const SETTLING: usize = 12;
/// A run to the moment takes no longer, at 500 times real time and slower.
const MOST: Duration = Duration::from_secs(600);

/// Takes it; or says why not.
pub fn shot(catalogue: Arc<Catalogue>, wanted: &Shot) -> Result<image::Picture, String> {
    let mut desk = Desk::new(catalogue, wanted.dark);
    desk.still = true;
    desk.open(&wanted.file, wanted.sets.clone(), None);
    if let Some(error) = &desk.refused {
        return Err(error.to_string());
    }
    desk.ask(Ask::Seek(wanted.at_ns));
    if !desk.session.as_ref().is_some_and(|session| session.settle(MOST)) {
        return Err(format!("the run did not come to {} s in ten minutes", wanted.at_ns as f64 * 1e-9));
    }
    if let Some(pane) = wanted.panel {
        desk.tree = dock::alone(pane);
    }
    let mut app = offscreen(Opening { desk, size: wanted.size, scale: wanted.scale, controls: None });
    app.finish();
    app.cleanup();
    let asked = Instant::now();
    app.update();
    // The runs beside the one that plays are in the picture with what they came to.
    while !app.world().non_send::<Desk>().panels.what_if.settled() {
        if asked.elapsed() > MOST {
            return Err("what if: the runs did not end in ten minutes".into());
        }
        std::thread::sleep(Duration::from_millis(20));
        app.update();
    }
    for _ in 0..SETTLING {
        app.update();
    }
    let taken: Arc<Mutex<Option<Image>>> = Arc::default();
    let whole = app.world().resource::<Whole>().0.clone();
    let theirs = taken.clone();
    app.world_mut().spawn(Screenshot::image(whole)).observe(move |captured: On<ScreenshotCaptured>| {
        if let Ok(mut taken) = theirs.lock() {
            *taken = Some(captured.image.clone());
        }
    });
    for _ in 0..200 {
        app.update();
        if let Some(image) = taken.lock().ok().and_then(|mut taken| taken.take()) {
            return image::Picture::of(&image);
        }
    }
    Err("the picture did not come back from the renderer".into())
}

pub mod image {
    //! Pixels in memory, and as a PNG.

    use super::{Image, Path};
    use crate::report::picture;
    use std::io;

    /// Red, green and blue, row by row.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Picture {
        pub width: u32,
        pub height: u32,
        pub rgb: Vec<u8>,
    }

    impl Picture {
        pub(super) fn of(image: &Image) -> Result<Self, String> {
            let whole = image.clone().try_into_dynamic().map_err(|error| error.to_string())?.to_rgb8();
            Ok(Self { width: whole.width(), height: whole.height(), rgb: whole.into_raw() })
        }

        pub fn save(&self, path: &Path) -> io::Result<()> {
            let file = io::BufWriter::new(std::fs::File::create(path)?);
            picture::rgb(self.width, self.height, &self.rgb, file)
        }
    }
}
