//! Reads a scenario: TOML, overrides, then every table by its list of keys, then what holds between tables (names,
//! addresses, files, times). Everything that is wrong is reported at once where that is possible.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::closest::{closest, known_names};
use crate::compare::{Comparison, Scale};
use crate::error::{LoadError, Problem};
use crate::keys;
use crate::known::{Known, KnownBoard};
use crate::overrides::{self, Set};
use crate::place::{Source, Sources, Span};
use crate::reader::{Problems, Reader};
use crate::recording::{Channel, Limits};
use crate::schema::*;
use crate::signal;
use crate::tree::{self, Kind, Table};
use crate::units::{
    Accel, Angle, AngularRate, Decibels, Duration, Frequency, Length, Level, Percent, Power, Ppm,
    SpectralIrradiance, Wavelength,
};

/// Scenarios are written by hand: far below this, and a mistaken file far above.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// More repetitions than anybody needs are a slip of the unit, and would fill the memory.
const MAX_OCCURRENCES: u64 = 1_000_000;

const DEFAULT_TOLERANCE_NS: Ns = 500_000_000;
const DEFAULT_HOLD_NS: Ns = 120_000_000;

/// Reads a scenario from a file. Recordings are looked for from the file's folder.
pub fn load(path: &Path, known: &Known, overrides: &[Set]) -> Result<Scenario, LoadError> {
    let name = path.display().to_string();
    let text = read_text(path).map_err(|(text, problem)| {
        LoadError::new(Arc::new(vec![Source { name: name.clone(), text }]), vec![problem])
    })?;
    let dir = path.parent().unwrap_or(Path::new(""));
    let mut scenario = load_str(&name, &text, dir, known, overrides)?;
    scenario.file = path.to_path_buf();
    Ok(scenario)
}

/// Reads a scenario from a text; `name` is what errors call it.
pub fn load_str(
    name: &str,
    text: &str,
    dir: &Path,
    known: &Known,
    overrides: &[Set],
) -> Result<Scenario, LoadError> {
    let mut sources = vec![Source { name: name.to_string(), text: text.to_string() }];
    sources.extend(overrides.iter().map(|set| Source { name: "--set".into(), text: set.text.clone() }));
    let sources: Sources = Arc::new(sources);

    let mut root = tree::parse(text, 0).map_err(|problems| LoadError::new(sources.clone(), problems))?;
    let problems = Problems::default();
    for (set, number) in overrides.iter().zip(1u16..) {
        if let Err(problem) = overrides::apply(&mut root, set, number) {
            problems.borrow_mut().push(problem);
        }
    }
    if let Some(problem) = other_version(&root) {
        // Another version's keys mean other things: complaints about them would mislead.
        return Err(LoadError::new(sources, vec![problem]));
    }
    // What the whole file lacks is said at its beginning.
    root.span = Span::default();
    let scenario = Loading { known, dir, sources: sources.clone(), warnings: Vec::new() }
        .scenario(&Reader::new(&root, &keys::ROOT, &problems));
    let problems = problems.into_inner();
    match scenario {
        Some(scenario) if problems.is_empty() => Ok(Scenario { file: PathBuf::from(name), ..scenario }),
        _ => Err(LoadError::new(sources, problems)),
    }
}

fn other_version(root: &Table) -> Option<Problem> {
    let value = &root.get("schema")?.value;
    match value.node {
        Kind::Integer(SCHEMA) => None,
        Kind::Integer(version) => Some(Problem::new(
            value.span,
            format!("this file has schema {version}, and this program reads schema {SCHEMA}"),
            if version > SCHEMA { "a newer program wrote it: update this one" } else { "write schema = 1" },
        )),
        _ => Some(Problem::new(
            value.span,
            format!("`schema` is a number, not {}", value.describe()),
            "write schema = 1",
        )),
    }
}

/// Or as much of the text as could be read, and what is wrong.
fn read_text(path: &Path) -> Result<String, (String, Problem)> {
    let fail = |message: String, help: &str| (String::new(), Problem::new(Span::default(), message, help));
    let metadata = std::fs::metadata(path).map_err(|error| {
        let help = match neighbour(path) {
            Some(near) => format!("did you mean {}?", near.display()),
            None => "`nodetwin new` writes a commented scenario to start from".into(),
        };
        fail(format!("this file cannot be read: {error}"), &help)
    })?;
    if metadata.is_dir() {
        return Err(fail("this is a folder, not a scenario".into(), "name one of the .toml files in it"));
    }
    let too_large = || {
        fail(
            format!("this is too large for a scenario: more than {} MiB", MAX_FILE_BYTES >> 20),
            "a scenario is a text of a few pages; recordings stand in files of their own",
        )
    };
    if metadata.len() > MAX_FILE_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    File::open(path)
        // Some files do not know their length.
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| fail(format!("this file cannot be read: {error}"), "check its permissions"))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let problem = Problem::new(Span::new(0, at..at), "this is not a text in UTF-8", "save it as UTF-8");
        (text, problem)
    })
}

/// A file beside a missing one whose name is nearly the same.
fn neighbour(path: &Path) -> Option<PathBuf> {
    let wanted = path.file_name()?.to_str()?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .ok()?
        .take(10_000)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    // The order of a folder is the file system's own.
    names.sort();
    let near = closest(wanted, names.iter().map(String::as_str))?;
    Some(path.with_file_name(near))
}

struct Loading<'k> {
    known: &'k Known,
    dir: &'k Path,
    sources: Sources,
    warnings: Vec<String>,
}

impl Loading<'_> {
    /// None only where a problem has been reported.
    fn scenario(mut self, root: &Reader<'_>) -> Option<Scenario> {
        let duration_ns = root.length_ns("duration").filter(|ns| self.duration_fits(root, *ns));
        let seed = root.integer("seed");
        let name = root.text("name");
        let description = root.text("description");
        let strict = root.flag("strict").unwrap_or(false);
        let tolerance_ns = root.ns("tolerance").unwrap_or(DEFAULT_TOLERANCE_NS);

        // What depends on the duration is read all the same, so that its own problems are seen too.
        let world = World {
            end_ns: duration_ns.unwrap_or(MAX_DURATION_NS),
            names: root.texts_under("node", "name"),
            boards: root.texts_under("node", "board"),
            labels: labels_in(root),
        };
        let nodes = self.nodes(root);
        let sounds = collect(root.tables("sound"), |index, table| self.sound(table, index, &world));
        let motions = collect(root.tables("motion"), |index, table| self.motion(table, index, &world));
        let samples = collect(root.tables("sample"), |index, table| self.sample(table, index, &world));
        let lights = collect(root.tables("light"), |_, table| self.light(table, &world));
        let radio = radio(root);
        let places = collect(root.tables("place"), |index, table| self.place(table, index, &world));
        let presses = collect(root.tables("press"), |_, table| self.press(table, &world));
        let faults = collect(root.tables("fault"), |_, table| self.fault(table, &world));
        let labels = collect(root.tables("label"), |_, table| self.label(table, &world));
        let mut expects = Vec::new();
        for table in root.tables("expect") {
            self.expect(&table, &world, &mut expects);
        }

        Some(Scenario {
            name: name?,
            description,
            duration_ns: duration_ns?,
            seed: seed?.unsigned_abs(),
            strict,
            tolerance_ns,
            nodes: nodes?,
            sounds: sounds?,
            motions: motions?,
            samples: samples?,
            lights: lights?,
            radio: radio?,
            places: places?,
            presses: presses?,
            faults: faults?,
            labels: labels?,
            expects,
            warnings: self.warnings,
            file: PathBuf::new(),
            dir: self.dir.to_path_buf(),
            sources: self.sources,
        })
    }

    fn duration_fits(&self, root: &Reader<'_>, ns: Ns) -> bool {
        if ns > MAX_DURATION_NS {
            root.problem(Problem::new(
                root.span_of("duration"),
                format!("{} is too long for a scenario", Duration { ns }),
                "at most 366 days: \"366d\"",
            ));
        }
        ns <= MAX_DURATION_NS
    }

    fn warn(&mut self, span: Span, message: String) {
        let located = LoadError::new(self.sources.clone(), vec![Problem::new(span, message, "")]);
        self.warnings.push(located.to_string());
    }

    fn nodes(&mut self, root: &Reader<'_>) -> Option<Vec<Node>> {
        let tables = root.tables("node");
        if tables.is_empty() && !root.has("node") {
            root.problem(Problem::new(
                Span::new(0, 0..0),
                "there is no [[node]]: nothing would run",
                "[[node]] with name = \"desk\", board = \"m5stickc\", app = \"sound\"",
            ));
        }
        let mut seen: Vec<&str> = Vec::new();
        for table in &tables {
            let Some(name) = table.raw_text("name") else { continue };
            if seen.contains(&name) {
                table.problem(Problem::new(
                    table.span_of("name"),
                    format!("there are two nodes called `{name}`"),
                    "give each node a name of its own",
                ));
            }
            seen.push(name);
        }
        collect(tables, |_, table| self.node(table))
    }

    fn node(&mut self, table: &Reader<'_>) -> Option<Node> {
        let name = table.text("name").filter(|name| {
            // Names become parts of file names, of random streams and of override paths.
            let good = name.len() <= 64 && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
            let number = name.parse::<u64>().is_ok();
            if !good || number {
                table.problem(Problem::new(
                    table.span_of("name"),
                    format!("`{name}` cannot be a node's name"),
                    "letters, digits, `-` and `_`; at most 64, and not digits alone",
                ));
            }
            good && !number
        });
        let board = table.known("board", self.known.boards.iter().map(|board| board.name.as_str()));
        let app = table.known("app", self.known.apps.iter().map(String::as_str));
        let settings = table.settings("settings").in_folder(self.dir);
        let cpu_hz = frequency(table, "cpu", 1e6..=1e9).map(|hz| hz as u32);
        let facts = board.as_deref().and_then(|board| self.known.board(board));
        if let (Some(hz), Some(facts)) = (cpu_hz, facts)
            && !facts.cpu_hz.is_empty()
            && !facts.cpu_hz.contains(&hz)
        {
            table.problem(no_such_clock(facts, table.span_of("cpu")));
        }
        let i2c_hz = frequency(table, "i2c", 1e3..=5e6).map(|hz| hz as u32);
        let drift = table.table("drift").map_or(Drift::default(), |drift| {
            // Beyond 10 % it would no longer be an oscillator.
            let ppm =
                |key| drift.quantity(key, |drift: &Ppm| drift.ppm, -100_000.0..=100_000.0).map(|d| d.ppm);
            Drift { cpu_ppm: ppm("cpu"), imu_ppm: ppm("imu"), rtc_ppm: ppm("rtc") }
        });
        let imu = table.table("imu").map_or(Imu::default(), |imu| Imu {
            accel_bias_g: imu.per_axis("accel_bias", |bias: &Accel| bias.g, 2.0),
            gyro_bias_dps: imu.per_axis("gyro_bias", |bias: &AngularRate| bias.dps, 250.0),
            noise: percent(&imu, "noise", 10_000.0),
        });
        let battery_level = table.table("battery").and_then(|battery| percent(&battery, "level", 100.0));
        let devices = self.devices(table, facts);
        let deadlines = deadlines(table);
        Some(Node {
            name: name?,
            board: board?,
            app: app?,
            settings,
            cpu_hz,
            i2c_hz,
            drift,
            imu,
            battery_level,
            devices: devices?,
            deadlines: deadlines?,
            board_span: table.span_of("board"),
            app_span: table.span_of("app"),
            span: table.span(),
        })
    }

    fn devices(&mut self, node: &Reader<'_>, board: Option<&KnownBoard>) -> Option<Vec<Device>> {
        let known = self.known;
        let mut taken: Vec<(String, u8, String)> = board
            .into_iter()
            .flat_map(|board| &board.chips)
            .map(|chip| (chip.bus.clone(), chip.address, format!("the board's {}", chip.name)))
            .collect();
        collect(node.tables("device"), |_, table| {
            let kind = table.known("kind", known.devices.iter().map(|device| device.name.as_str()));
            let address = table.integer("address").map(|address| address as u8);
            let bus = match (table.text("bus"), board) {
                (Some(bus), Some(board)) if !board.buses.contains(&bus) => {
                    table.problem(Problem::new(
                        table.span_of("bus"),
                        format!("`{}` has no bus `{bus}` to attach a device to", board.name),
                        known_names(&bus, board.buses.iter().map(String::as_str)),
                    ));
                    bus
                }
                (bus, _) => bus.unwrap_or_else(|| "grove".into()),
            };
            let own = kind.as_deref().and_then(|kind| known.device(kind)).and_then(|device| device.address);
            if kind.is_some() && own.is_none() && !table.has("address") {
                table.problem(Problem::new(
                    table.span(),
                    "[[node.device]] needs `address`",
                    "address = 0x29    # this device has no usual address",
                ));
            }
            if let (Some(kind), Some(address)) = (&kind, address.or(own)) {
                match taken.iter().find(|(on, at, _)| *on == bus && *at == address) {
                    Some((_, _, other)) => table.problem(Problem::new(
                        table.span_of("address"),
                        format!("address {address:#04x} on bus `{bus}` is taken by {other}"),
                        "two devices on one address answer at once: give one of them another",
                    )),
                    None => taken.push((bus.clone(), address, format!("another device, `{kind}`"))),
                }
            }
            let settings = table.settings("settings").in_folder(self.dir);
            let (kind_span, span) = (table.span_of("kind"), table.span());
            Some(Device { kind: kind?, address: address.or(own)?, bus, settings, kind_span, span })
        })
    }

    fn sound(&mut self, table: &Reader<'_>, index: usize, world: &World) -> Option<Sound> {
        let node = world.node(table);
        let label = table.text("label");
        let fade = table.ns("fade");
        let level = level(table, "level");
        let kind = self.sound_kind(table);
        let natural = match &kind {
            Some(SoundKind::Recording(_)) => Natural::Recording,
            Some(kind) => Natural::of(signal::sound::natural_length_ns(kind)),
            None => Natural::Endless,
        };
        let when = self.when(table, natural, world);
        let (kind, when) = (kind?, when?);
        let recorded = matches!(kind, SoundKind::Recording(_));
        let default_fade_ns = if matches!(natural, Natural::Endless) { 5_000_000 } else { 0 };
        let level = if recorded { self.recorded_level(table, level) } else { level.map(SoundLevel::Rms) };
        if let (Some(fade), Some(length)) = (fade, when.length_ns)
            && fade > length / 2
        {
            table.problem(Problem::new(
                table.span_of("fade"),
                format!("fades of {} do not fit into {}", Duration { ns: fade }, Duration { ns: length }),
                "at most half of the sound's length, since there is one at each end",
            ));
        }
        let fade_ns = fade.unwrap_or(default_fade_ns.min(when.length_ns.unwrap_or(u64::MAX) / 2));
        Some(Sound { kind, level: level?, when, node: node?, label, fade_ns, index, span: table.span() })
    }

    /// A recording has to say how loud it was, one way or the other.
    fn recorded_level(&self, table: &Reader<'_>, rms: Option<f32>) -> Option<SoundLevel> {
        let full_scale = level(table, "full_scale");
        match (table.has("level"), table.has("full_scale")) {
            (true, true) => {
                table.problem(Problem::new(
                    table.span_of("level"),
                    "`level` and `full_scale` say the same in two ways",
                    "give one of them",
                ));
                None
            }
            (true, false) => rms.map(SoundLevel::Rms),
            (false, true) => full_scale.map(SoundLevel::FullScale),
            (false, false) => {
                table.problem(Problem::new(
                    table.span(),
                    "nobody knows how loud this recording was",
                    "full_scale = \"120dBSPL\" if 0 dBFS is known, or level = \"70dB\" for its RMS",
                ));
                None
            }
        }
    }

    fn sound_kind(&mut self, table: &Reader<'_>) -> Option<SoundKind> {
        // Far beyond both ends of hearing; what a microphone makes of it is the chip's business.
        let hz = |key: &str| frequency(table, key, 1.0..=100e3).map(|hz| hz as f32);
        Some(match table.kind? {
            "white-noise" => SoundKind::WhiteNoise,
            "pink-noise" => SoundKind::PinkNoise,
            "tone" => SoundKind::Tone { frequency_hz: hz("frequency")? },
            "sweep" => {
                let (from, to) = (hz("from"), hz("to"));
                SoundKind::Sweep { from_hz: from?, to_hz: to? }
            }
            "clap" => SoundKind::Claps { count: 1, gap_ns: 400_000_000 },
            "claps" => SoundKind::Claps {
                count: table.integer("count").unwrap_or(3) as u32,
                gap_ns: table.length_ns("gap").unwrap_or(400_000_000),
            },
            "alarm" => SoundKind::Alarm {
                low_hz: hz("low").unwrap_or(800.0),
                high_hz: hz("high").unwrap_or(1000.0),
                period_ns: table.length_ns("period").unwrap_or(1_000_000_000),
            },
            "babble" => SoundKind::Babble { talkers: table.integer("talkers").unwrap_or(1) as u32 },
            "recording" => {
                let channel = table.channel("channel").unwrap_or(Channel::Only);
                let skip_ns = table.ns("skip").unwrap_or(0);
                let (file, file_span) = self.recording_file(table)?;
                SoundKind::Recording(SoundRecording { file, file_span, channel, skip_ns })
            }
            _ => return None,
        })
    }

    fn recording_file(&self, table: &Reader<'_>) -> Option<(PathBuf, Span)> {
        let name = table.text("file")?;
        let span = table.span_of("file");
        let path = self.dir.join(&name);
        let refuse = |message: String, help: String| {
            table.problem(Problem::new(span, message, help));
            None
        };
        let shown = path.display();
        match std::fs::metadata(&path) {
            Err(error) => match neighbour(&path) {
                Some(near) => refuse(
                    format!("`{name}` cannot be read: {error}"),
                    format!("did you mean {}?", near.display()),
                ),
                None => refuse(
                    format!("`{name}` cannot be read: {error}"),
                    format!("it was looked for at {shown}; paths start from the scenario's folder"),
                ),
            },
            Ok(metadata) if metadata.is_dir() => {
                refuse(format!("`{name}` is a folder"), "name one of the files in it".into())
            }
            Ok(metadata) if metadata.len() > Limits::default().file_bytes => refuse(
                format!("`{name}` is too large: {} MB", metadata.len() / 1_000_000),
                format!(
                    "at most {} MB are read; cut it into parts",
                    Limits::default().file_bytes / 1_000_000
                ),
            ),
            Ok(_) => Some((path, span)),
        }
    }

    fn motion(&mut self, table: &Reader<'_>, index: usize, world: &World) -> Option<Motion> {
        let node = world.node(table);
        let label = table.text("label");
        let kind = self.motion_kind(table);
        let natural = match &kind {
            Some(MotionKind::Recording(_)) => Natural::Recording,
            // Once, unless the scenario gives it more time.
            Some(MotionKind::Gesture { period_ns, .. }) => Natural::Lasts(*period_ns),
            Some(kind) => Natural::of(signal::motion::natural_length_ns(kind)),
            None => Natural::Endless,
        };
        let when = self.when(table, natural, world);
        Some(Motion { kind: kind?, when: when?, node: node?, label, index, span: table.span() })
    }

    fn motion_kind(&mut self, table: &Reader<'_>) -> Option<MotionKind> {
        let hz = |key: &str| frequency(table, key, 0.01..=10e3).map(|hz| hz as f32);
        let g = |table: &Reader<'_>, key: &str| {
            table.quantity(key, |accel: &Accel| accel.g, 0.0..=1000.0).map(|accel| accel.g as f32)
        };
        let axis = || table.one_of("axis").map(|axis| [Axis::X, Axis::Y, Axis::Z][axis]);
        // Peaks and paces of people where the scenario does not say (assumed; gait studies put walking near 1.8 and
        // running near 2.7 steps a second).
        Some(match table.kind? {
            "still" => MotionKind::Still,
            "walk" => MotionKind::Walk {
                cadence_hz: hz("cadence").unwrap_or(1.8),
                amplitude_g: g(table, "amplitude").unwrap_or(0.3),
            },
            "run" => MotionKind::Run {
                cadence_hz: hz("cadence").unwrap_or(2.7),
                amplitude_g: g(table, "amplitude").unwrap_or(1.2),
            },
            "shake" => MotionKind::Shake {
                frequency_hz: hz("frequency").unwrap_or(4.0),
                amplitude_g: g(table, "amplitude").unwrap_or(2.0),
                axis: axis().unwrap_or(Axis::X),
            },
            "tap" => MotionKind::Tap {
                amplitude_g: g(table, "amplitude").unwrap_or(3.0),
                count: table.integer("count").unwrap_or(1) as u32,
                gap_ns: table.length_ns("gap").unwrap_or(300_000_000),
                axis: axis().unwrap_or(Axis::Z),
            },
            "drop" => {
                let height = table.quantity("height", |height: &Length| height.m, 0.01..=100.0);
                let height_m = height.map_or(1.0, |height| height.m);
                MotionKind::Drop {
                    fall_ns: (libm::sqrt(2.0 * height_m / 9.806_65) * 1e9) as Ns,
                    impact_g: g(table, "impact").unwrap_or(12.0),
                }
            }
            "gesture" => {
                let shape = table.one_of("shape");
                let period_ns = table.length_ns("period").unwrap_or(1_000_000_000);
                let amplitude_g = g(table, "amplitude").unwrap_or(0.8);
                let shapes = [Shape::Circle, Shape::UpDown, Shape::Wave, Shape::Snake];
                MotionKind::Gesture { shape: shapes[shape?], period_ns, amplitude_g }
            }
            "vibration" => {
                let (frequency_hz, amplitude_g) = (hz("frequency"), g(table, "amplitude"));
                let bearing = table.table("bearing").map(|bearing| {
                    let hz = |key: &str| frequency(&bearing, key, 0.01..=10e3).map(|hz| hz as f32);
                    let (frequency_hz, amplitude_g) = (hz("frequency"), g(&bearing, "amplitude"));
                    let resonance_hz = hz("resonance").unwrap_or(300.0);
                    Some(Bearing { frequency_hz: frequency_hz?, amplitude_g: amplitude_g?, resonance_hz })
                });
                let harmonics = table.numbers("harmonics", 100.0).unwrap_or_default();
                let bearing = match bearing {
                    None => None,
                    Some(bearing) => Some(bearing?),
                };
                MotionKind::Vibration(Vibration {
                    frequency_hz: frequency_hz?,
                    amplitude_g: amplitude_g?,
                    harmonics,
                    axis: axis().unwrap_or(Axis::Z),
                    bearing,
                })
            }
            "rotate" => {
                let rate = table.quantity("rate", |rate: &AngularRate| rate.dps, -10_000.0..=10_000.0);
                MotionKind::Rotate { axis: axis()?, rate_dps: rate?.dps as f32 }
            }
            "orientation" => {
                let deg = |key| {
                    let angle = table.quantity(key, |angle: &Angle| angle.deg, -360.0..=360.0);
                    angle.map_or(0.0, |angle| angle.deg as f32)
                };
                MotionKind::Orientation(Attitude {
                    roll_deg: deg("roll"),
                    pitch_deg: deg("pitch"),
                    yaw_deg: deg("yaw"),
                })
            }
            "recording" => {
                let skip_ns = table.ns("skip").unwrap_or(0);
                let gaps = table
                    .one_of("gaps")
                    .map_or(Gaps::Hold, |gaps| [Gaps::Hold, Gaps::Linear, Gaps::Zero][gaps]);
                let (file, file_span) = self.recording_file(table)?;
                MotionKind::Recording(MotionRecording { file, file_span, skip_ns, gaps })
            }
            _ => return None,
        })
    }

    fn sample(&mut self, table: &Reader<'_>, index: usize, world: &World) -> Option<Sample> {
        let node = world.node(table);
        let label = table.text("label");
        let kind = self.sample_kind(table);
        let when = self.when(table, Natural::Endless, world);
        Some(Sample { kind: kind?, when: when?, node: node?, label, index, span: table.span() })
    }

    fn sample_kind(&self, table: &Reader<'_>) -> Option<SampleKind> {
        // Beyond white only because a tile is not the whitest thing there is.
        let reflectance = |usual| percent(table, "reflectance", 200.0).unwrap_or(usual);
        Some(match table.kind? {
            "grey" => SampleKind::Grey { reflectance: reflectance(1.0) },
            "mixture" => SampleKind::Mixture {
                base: reflectance(0.9),
                parts: collect(table.tables("part"), |_, part| {
                    let nm = |key, range| {
                        part.quantity(key, |wave: &Wavelength| wave.nm, range).map(|wave| wave.nm as f32)
                    };
                    let (name, peak_nm, amount) =
                        (part.text("name"), nm("peak", 200.0..=2500.0), part.number("amount", 0.0..=1e6));
                    let width_nm = nm("width", 1.0..=1000.0).unwrap_or(60.0);
                    let absorbance = part.number("absorbance", 0.0..=100.0).unwrap_or(1.0) as f32;
                    let up_to = part.number("up_to", 0.0..=1e6);
                    Some(Part {
                        name: name?,
                        peak_nm: peak_nm?,
                        width_nm,
                        absorbance,
                        amount: amount?,
                        up_to,
                    })
                })?,
            },
            "table" => {
                let (value, name) = (table.number("value", -1e9..=1e9), table.text("name"));
                let (file, span) = self.recording_file(table)?;
                let refuse = |message: String, help: &str| table.problem(Problem::new(span, message, help));
                let text = std::fs::read_to_string(&file)
                    .map_err(|error| refuse(format!("this file cannot be read: {error}"), "save it as UTF-8"))
                    .ok()?;
                let points = signal::light::spectrum(&text)
                    .map_err(|message| {
                        refuse(message, "two columns: wavelength in nm (ascending), reflectance from 0 to 2");
                    })
                    .ok()?;
                let values = name.zip(value).into_iter().collect();
                SampleKind::Table { points, values }
            }
            _ => return None,
        })
    }

    fn light(&mut self, table: &Reader<'_>, world: &World) -> Option<Light> {
        let node = world.node(table);
        let strength = table.quantity("strength", |strength: &SpectralIrradiance| strength.per_nm, 0.0..=1e6);
        let when = self.when(table, Natural::Endless, world);
        let irradiance_per_nm = strength?.per_nm as f32;
        Some(Light { irradiance_per_nm, when: when?, node: node?, span: table.span() })
    }

    fn place(&mut self, table: &Reader<'_>, index: usize, world: &World) -> Option<Place> {
        let node = world.node(table);
        let label = table.text("label");
        let (x, y) = (metres(table, "x"), metres(table, "y"));
        let wander_m = metres(table, "wander").unwrap_or(0.0);
        let when = self.when(table, Natural::Endless, world);
        Some(Place { at_m: [x?, y?], wander_m, when: when?, node: node?, label, index, span: table.span() })
    }

    fn press(&mut self, table: &Reader<'_>, world: &World) -> Option<Press> {
        let node = world.node(table);
        let button = table.one_of("button").map(|button| [Button::A, Button::B, Button::Power][button]);
        let when = self.when(table, Natural::Lasts(DEFAULT_HOLD_NS), world);
        Some(Press { node: node?, button: button?, when: when?, span: table.span() })
    }

    fn fault(&mut self, table: &Reader<'_>, world: &World) -> Option<Fault> {
        let node = world.node(table);
        let kind = table.known("kind", self.known.faults.iter().map(|fault| fault.name.as_str()));
        let target = table.text("target");
        if let Some(fault) = kind.as_deref().and_then(|kind| self.known.fault(kind)) {
            let targets = fault.targets.iter().map(String::as_str);
            match &target {
                Some(target) if !fault.targets.contains(target) => table.problem(Problem::new(
                    table.span_of("target"),
                    format!("no model lets `{}` strike `{target}`", fault.name),
                    known_names(target, targets),
                )),
                None if !fault.targets.is_empty() && !table.has("target") => table.problem(Problem::new(
                    table.span(),
                    format!("`{}` needs a `target`", fault.name),
                    known_names("", targets),
                )),
                _ => {}
            }
        }
        let params = table.settings("params");
        let when = self.when(table, Natural::Endless, world);
        Some(Fault { kind: kind?, node: node?, target, when: when?, params, span: table.span() })
    }

    fn label(&mut self, table: &Reader<'_>, world: &World) -> Option<LabelEntry> {
        let node = world.node(table);
        let label = table.text("label");
        let when = self.when(table, Natural::Endless, world);
        Some(LabelEntry { label: label?, node: node?, when: when?, span: table.span() })
    }

    fn expect(&mut self, table: &Reader<'_>, world: &World, out: &mut Vec<Expect>) {
        let Some(node) = world.node(table) else { return };
        let label = table.text("label");
        let event = if self.known.events.is_empty() {
            table.text("event")
        } else {
            table.known("event", self.known.events.iter().map(String::as_str))
        };
        let of_node = table.text("node").map_or(String::new(), |name| format!(" on {name}"));
        if let (Some(label), Some(labels)) = (&label, &world.labels)
            && !labels.contains(label)
        {
            table.problem(Problem::new(
                table.span_of("label"),
                format!("nothing is labelled `{label}`"),
                known_names(label, labels.iter().map(String::as_str)),
            ));
        }
        let before = out.len();
        let mut push = |what: Measure, said: String, want: Comparison| {
            let text = format!("{said}{of_node} {want}");
            out.push(Expect { what, want, node, text, span: table.span() });
        };

        for (key, what) in [
            ("deadline_misses", Measure::DeadlineMisses),
            ("overruns", Measure::Overruns),
            ("lost", Measure::Lost),
            ("unmodelled", Measure::Unmodelled),
            ("cpu_load", Measure::CpuLoad),
            ("state", Measure::Memory(MemoryMeasure::State)),
            ("stack", Measure::Memory(MemoryMeasure::Stack)),
            ("accuracy", Measure::Accuracy),
            ("macro_f1", Measure::MacroF1),
        ] {
            if let Some(want) = table.wanted(key) {
                push(what, key.replace('_', " "), want);
            }
        }
        if let Some(want) = table.wanted("value_error") {
            let name = table.text("value");
            let of = name.as_ref().map_or(String::new(), |name| format!(" of {name}"));
            push(Measure::ValueError { name }, format!("value error{of}"), want);
        }
        if let Some(want) = table.wanted("position_error") {
            push(Measure::PositionError, "position error".into(), want);
        }
        let (stage, pipeline) = (table.text("stage"), table.text("pipeline"));
        for (key, of) in [
            ("utilisation", StageMeasure::Utilisation),
            ("mean", StageMeasure::Mean),
            ("max", StageMeasure::Max),
        ] {
            // The CPU as a whole has a utilisation too.
            if of != StageMeasure::Utilisation && table.has(key) && !table.has("stage") {
                table.problem(Problem::new(
                    table.span_of(key),
                    format!("`{key}` needs to know of which stage"),
                    "stage = \"classify\" in the same [[expect]]; a run's table names the stages",
                ));
                continue;
            }
            let Some(want) = table.wanted(key) else { continue };
            match &stage {
                Some(stage) => {
                    push(
                        Measure::Stage { stage: stage.clone(), of },
                        format!("{key} of stage {stage}"),
                        want,
                    );
                }
                None => push(Measure::CpuLoad, "utilisation of the CPU".into(), want),
            }
        }
        const OF_STAGE: [&str; 3] = ["utilisation", "mean", "max"];
        if table.has("stage") && !OF_STAGE.iter().any(|key| table.has(key)) {
            table.problem(Problem::new(
                table.span_of("stage"),
                "`stage` says what is measured, and nothing is expected of it",
                "max = \"< 2ms\", mean = \"< 1ms\" or utilisation = \"< 10%\" in the same [[expect]]",
            ));
        }
        const OF_PIPELINE: [(&str, PipelineMeasure); 5] = [
            ("response_p50", PipelineMeasure::Response { permille: 500 }),
            ("response_p99", PipelineMeasure::Response { permille: 990 }),
            ("response_max", PipelineMeasure::Response { permille: 1_000 }),
            ("slack", PipelineMeasure::Slack),
            ("jitter", PipelineMeasure::Jitter),
        ];
        for (key, of) in OF_PIPELINE {
            if let Some(want) = table.wanted(key) {
                let of_which = pipeline.as_ref().map_or(String::new(), |name| format!(" of {name}"));
                let what = Measure::Pipeline { pipeline: pipeline.clone(), of };
                push(what, format!("{}{of_which}", key.replace('_', " ")), want);
            }
        }
        if let Some(want) = table.wanted("headroom") {
            let of_which = pipeline.as_ref().map_or(String::new(), |name| format!(" of {name}"));
            push(Measure::Headroom { pipeline: pipeline.clone() }, format!("headroom{of_which}"), want);
        }
        if let Some(mhz) = self.fits_at(table, world, node)
            && let Ok(nothing) = Comparison::parse("0", Scale::Count)
        {
            push(Measure::FitsAt { mhz }, format!("late or lost at {mhz} MHz"), nothing);
        }
        let of_pipeline = OF_PIPELINE.iter().map(|(key, _)| *key).chain(["headroom"]);
        if table.has("pipeline") && !of_pipeline.into_iter().any(|key| table.has(key)) {
            table.problem(Problem::new(
                table.span_of("pipeline"),
                "`pipeline` says what is measured, and nothing is expected of it",
                "response_p99 = \"< 20ms\" or slack = \">= 2ms\" in the same [[expect]]",
            ));
        }
        const OF_EVENT: [(&str, EventMeasure); 5] = [
            ("count", EventMeasure::Count),
            ("recall", EventMeasure::Recall),
            ("precision", EventMeasure::Precision),
            ("false_alarms", EventMeasure::FalseAlarms),
            ("latency", EventMeasure::Latency),
        ];
        let mut asked = false;
        for (key, of) in OF_EVENT {
            if !table.has(key) {
                continue;
            }
            asked = true;
            if !table.has("event") {
                table.problem(Problem::new(
                    table.span_of(key),
                    format!("`{key}` needs to know of which event"),
                    "event = \"loud\" in the same [[expect]]",
                ));
            }
            if let (Some(event), Some(want)) = (&event, table.wanted(key)) {
                let what = Measure::Event { event: event.clone(), label: label.clone(), of };
                push(what, event_words(event, label.as_deref(), key), want);
            }
        }
        match &event {
            // An event alone: it has to happen.
            Some(event) if !asked => {
                let what =
                    Measure::Event { event: event.clone(), label: label.clone(), of: EventMeasure::Count };
                if let Ok(want) = Comparison::parse(">= 1", Scale::Count) {
                    push(what, event_words(event, label.as_deref(), "count"), want);
                }
            }
            None if label.is_some() && !table.has("event") => table.problem(Problem::new(
                table.span_of("label"),
                "`label` says which labels an event is matched with, and there is no event",
                "event = \"loud\" in the same [[expect]]",
            )),
            _ => {}
        }
        let nothing = out.len() == before
            && !keys::EXPECT
                .keys
                .iter()
                .any(|key| !["node", "label"].contains(&key.name) && table.has(key.name));
        if nothing && label.is_none() {
            table.problem(Problem::new(
                table.span(),
                "this [[expect]] expects nothing",
                "deadline_misses = 0, or event = \"loud\" with recall = \">= 0.9\", ...",
            ));
        }
    }

    /// In MHz; a clock that the boards in question have.
    fn fits_at(&self, table: &Reader<'_>, world: &World, node: Option<usize>) -> Option<u32> {
        let hz = frequency(table, "fits_at", 1e6..=1e9)? as u32;
        let concerned = |index: &usize| node.is_none_or(|node| node == *index);
        for index in (0..world.boards.len()).filter(concerned) {
            let Some(board) = self.known.board(&world.boards[index]) else { continue };
            if !board.cpu_hz.is_empty() && !board.cpu_hz.contains(&hz) {
                table.problem(no_such_clock(board, table.span_of("fits_at")));
                return None;
            }
        }
        Some(hz / 1_000_000)
    }

    /// The times of a table, and whether they make sense together.
    fn when(&mut self, table: &Reader<'_>, natural: Natural, world: &World) -> Option<When> {
        let alias = |name, other: &'static str| match (self.has_listed(table, other), table.has(name)) {
            (true, true) => {
                table.problem(Problem::new(
                    table.span_of(other),
                    format!("`{other}` and `{name}` are the same"),
                    "give one of them",
                ));
                name
            }
            (true, false) => other,
            _ => name,
        };
        let (at_key, until_key) = (alias("at", "from"), alias("until", "to"));
        // A time that is there and wrong has been reported: going on would report it again in other words.
        let read = |key| if table.has(key) { table.ns(key).map(Some) } else { Some(None) };
        let at = read(at_key);
        let until = read(until_key);
        let length_or = |key| if table.has(key) { table.length_ns(key).map(Some) } else { Some(None) };
        let length = length_or("for");
        let every = length_or("every");
        let (at_ns, until, length, every_ns) = (at?.unwrap_or(0), until?, length?, every?);
        let span = table.span();
        let refuse = |key: &str, message: String, help: &str| {
            table.problem(Problem::new(table.span_of(key), message, help));
            None
        };

        if until.is_some_and(|until| until <= at_ns) {
            return refuse(
                until_key,
                "it ends before it starts".into(),
                "times count from the start of the scenario",
            );
        }
        if every_ns.is_none() && length.is_some() && until.is_some() {
            return refuse(
                until_key,
                format!("`for` and `{until_key}` both say when it ends"),
                "give one of them",
            );
        }
        let until_ns = until.unwrap_or(world.end_ns).min(world.end_ns);
        let length_ns = match (length, natural) {
            (Some(length), _) => Some(length),
            (None, Natural::Lasts(length)) => Some(length),
            (None, Natural::Recording) => None,
            (None, Natural::Endless) if every_ns.is_some() => {
                return refuse(
                    "every",
                    "`every` needs to know how long each one lasts".into(),
                    "for = \"5s\"",
                );
            }
            (None, Natural::Endless) => Some(until_ns.saturating_sub(at_ns)),
        };
        if let Some(every) = every_ns {
            if length_ns.is_some_and(|length| length > every) {
                let length = Duration { ns: length_ns.unwrap_or(0) };
                let message =
                    format!("each lasts {length}, longer than the {} to the next", Duration { ns: every });
                return refuse("every", message, "a longer `every`, or a shorter `for`");
            }
            let times = until_ns.saturating_sub(at_ns).div_ceil(every);
            if times > MAX_OCCURRENCES {
                return refuse(
                    "every",
                    format!("this would happen {times} times"),
                    "at most a million times",
                );
            }
        }
        if at_ns >= world.end_ns {
            let message = format!(
                "this never happens: it starts at {} and the scenario ends at {}",
                Duration { ns: at_ns },
                Duration { ns: world.end_ns }
            );
            self.warn(table.span_of(at_key), message);
        } else if length
            .is_some_and(|length| every_ns.is_none() && at_ns.saturating_add(length) > world.end_ns)
        {
            self.warn(
                table.span_of("for"),
                format!("this is cut short by the scenario's end at {}", Duration { ns: world.end_ns }),
            );
        } else if until.is_some_and(|until| until > world.end_ns) {
            self.warn(
                table.span_of(until_key),
                format!("the scenario ends before, at {}", Duration { ns: world.end_ns }),
            );
        }
        Some(When { at_ns, length_ns, every_ns, until_ns, span })
    }

    /// Whether a table has this key as a time: a sweep's `from` is a frequency.
    fn has_listed(&self, table: &Reader<'_>, key: &str) -> bool {
        table.list_is(&keys::LABEL_KEYS) && table.has(key)
    }
}

/// Access points, walls and the air between.
fn radio(root: &Reader<'_>) -> Option<Radio> {
    let mut taken: Vec<[u8; 6]> = Vec::new();
    let points = collect(root.tables("access_point"), |_, table| {
        let bssid = table.text("bssid").and_then(|text| {
            let read = bssid(&text).filter(|bssid| !taken.contains(bssid));
            if read.is_none() {
                let message = format!("`{text}` is no address of an access point, or taken by another");
                let help = "six bytes, each by two hexadecimal digits: \"02:00:00:00:00:01\"";
                table.problem(Problem::new(table.span_of("bssid"), message, help));
            }
            read
        });
        taken.extend(bssid);
        let channel = table.integer("channel");
        let (x, y) = (metres(table, "x"), metres(table, "y"));
        let strength = table.quantity("strength", |power: &Power| power.dbm, -100.0..=30.0);
        let dbm_at_1m = strength.map_or(-38.0, |power| power.dbm as f32);
        Some(AccessPoint {
            bssid: bssid?,
            channel: channel? as u8,
            at_m: [x?, y?],
            dbm_at_1m,
            span: table.span(),
        })
    });
    let decibels = |table: &Reader<'_>, key: &str| {
        table.quantity(key, |loss: &Decibels| loss.db, 0.0..=100.0).map(|loss| loss.db as f32)
    };
    let walls = collect(root.tables("wall"), |_, table| {
        let ends = ["x1", "y1", "x2", "y2"].map(|key| metres(table, key));
        let [x1, y1, x2, y2] = ends;
        let loss_db = decibels(table, "loss").unwrap_or(5.0);
        Some(Wall { from_m: [x1?, y1?], to_m: [x2?, y2?], loss_db })
    });
    let usual = AirKeys::default();
    let air = root.table("air").map_or(usual, |air| AirKeys {
        exponent: air.number("exponent", 1.0..=6.0).map_or(usual.exponent, |exponent| exponent as f32),
        shadowing_db: decibels(&air, "shadowing").unwrap_or(usual.shadowing_db),
        shadow_length_m: metres(&air, "shadow_length").unwrap_or(usual.shadow_length_m).max(0.01),
        site: air.integer("site").map_or(usual.site, i64::unsigned_abs),
    });
    Some(Radio { points: points?, walls: walls?, air })
}

/// `02:00:00:00:00:01`.
fn bssid(text: &str) -> Option<[u8; 6]> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.len() == 2 && !part.starts_with('+'))?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

fn metres(table: &Reader<'_>, key: &str) -> Option<f32> {
    table.quantity(key, |length: &Length| length.m, -10_000.0..=10_000.0).map(|length| length.m as f32)
}

fn no_such_clock(board: &KnownBoard, span: Span) -> Problem {
    let can: Vec<String> = board.cpu_hz.iter().map(|hz| format!("\"{}MHz\"", f64::from(*hz) / 1e6)).collect();
    Problem::new(
        span,
        format!("the CPU of `{}` has no such clock", board.name),
        format!("it has: {}", can.join(", ")),
    )
}

fn deadlines(node: &Reader<'_>) -> Option<Vec<Deadline>> {
    let mut taken: Vec<String> = Vec::new();
    collect(node.tables("deadline"), |_, table| {
        let (pipeline, within) = (table.text("pipeline"), table.length_ns("within"));
        let (pipeline, within_ns) = (pipeline?, within?);
        if !within_ns.is_multiple_of(1_000) {
            // A node's own clock counts in microseconds.
            table.problem(Problem::new(
                table.span_of("within"),
                "a deadline is a whole number of microseconds",
                "within = \"20ms\", or as short as \"1us\"",
            ));
        }
        if taken.contains(&pipeline) {
            table.problem(Problem::new(
                table.span_of("pipeline"),
                format!("`{pipeline}` has a deadline already"),
                "one [[node.deadline]] for each pipeline",
            ));
        }
        taken.push(pipeline.clone());
        Some(Deadline { pipeline, within_ns, span: table.span() })
    })
}

fn event_words(event: &str, label: Option<&str>, measure: &str) -> String {
    let measure = measure.replace('_', " ");
    match label {
        Some(label) => format!("{measure} of {event} for \"{label}\""),
        None => format!("{measure} of {event}"),
    }
}

/// How long a thing lasts if nobody says.
#[derive(Clone, Copy)]
enum Natural {
    Endless,
    Lasts(Ns),
    /// As long as its file, which is not opened here.
    Recording,
}

impl Natural {
    /// From what a signal says of itself: the largest number stands for no end.
    fn of(length_ns: Ns) -> Self {
        if length_ns == Ns::MAX { Self::Endless } else { Self::Lasts(length_ns) }
    }
}

/// What tables refer to.
struct World {
    end_ns: Ns,
    /// Of the nodes, and their boards.
    names: Vec<String>,
    boards: Vec<String>,
    /// What something is labelled, if all of it stands in the file: a recording may bring labels of its own.
    labels: Option<Vec<String>>,
}

impl World {
    /// None: reported. Some(None): every node.
    fn node(&self, table: &Reader<'_>) -> Option<Option<usize>> {
        if !table.has("node") {
            return Some(None);
        }
        let name = table.known("node", self.names.iter().map(String::as_str))?;
        Some(self.names.iter().position(|known| *known == name))
    }
}

/// None: there are recordings, which may bring labels of their own.
fn labels_in(root: &Reader<'_>) -> Option<Vec<String>> {
    let mut labels = Vec::new();
    for key in ["sound", "motion", "sample", "place", "label"] {
        if key != "label" && root.texts_under(key, "kind").iter().any(|kind| kind == "recording") {
            return None;
        }
        labels.extend(root.texts_under(key, "label").into_iter().filter(|label| !label.is_empty()));
    }
    labels.sort();
    labels.dedup();
    Some(labels)
}

/// All entries, or None if one of them has a problem (the others' have been reported too).
fn collect<'a, T>(
    tables: Vec<Reader<'a>>,
    mut read: impl FnMut(usize, &Reader<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = tables.len();
    let read: Vec<T> = tables.iter().enumerate().filter_map(|(index, table)| read(index, table)).collect();
    (read.len() == count).then_some(read)
}

fn frequency(table: &Reader<'_>, key: &str, range: std::ops::RangeInclusive<f64>) -> Option<f64> {
    table.quantity(key, |frequency: &Frequency| frequency.hz, range).map(|frequency| frequency.hz)
}

fn level(table: &Reader<'_>, key: &str) -> Option<f32> {
    // 194 dB SPL is one atmosphere of pressure swing; below -40 dB air itself is louder.
    table.quantity(key, |level: &Level| level.db_spl, -40.0..=194.0).map(|level| level.db_spl as f32)
}

fn percent(table: &Reader<'_>, key: &str, most: f64) -> Option<f32> {
    table.quantity(key, |part: &Percent| part.percent, 0.0..=most).map(|part| (part.percent / 100.0) as f32)
}
