//! `calibrate`: what a device's own timings make of the predicted costs.

use super::output::Output;
use super::terminal::{self, stderr_paint, stdout_paint};
use super::{Ending, Failure, stop};
use crate::calibrate::file::{Origin, from_toml, to_toml};
use crate::calibrate::profile::Profile;
use crate::calibrate::text::text;
use crate::calibrate::{Refusal, fit};
use crate::catalogue::Catalogue;
use crate::report::numbers::counted;
use crate::report::table::Tone;
use hal_shim::cost::{Calibration, CostTable};
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Refits what kernels cost from the stage timings that a device prints
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin calibrate --from sound.log --from motion.log -o desk.toml
  nodetwin calibrate --from profile.csv --board m5stickc
  nodetwin calibrate --from serial:/dev/ttyUSB0 --seconds 300 -o desk.toml
  nodetwin run scenarios/sound-sensor.toml --calibration desk.toml

A file whose name ends in .csv is CSV, any other is the firmware's log as it came over the serial line. The log's lines
`S ...` are used, and its first line names the board. The CSV has the same fields, a column for each kernel, and in it
calls/units, both over all runs of the row (`--board` names the board):

  stage,n,cycles,min,max,Convert,DcRemoval,Biquad
  convert,312,3089112,9873,11204,312/159744,312/159744,
  weighting,312,13961280,44690,45933,,,312/479232

A serial line is set to 115200 baud by stty(1), and read until Ctrl-C or for --seconds. To keep what it says, log it and
calibrate from the file: stty -F /dev/ttyUSB0 115200 raw -echo; cat /dev/ttyUSB0 > profile.log

How the factors are found and how sure they are is said below the table. Exit codes: 0 done, 2 a file is wrong or says
too little.")]
pub struct Args {
    /// A device's log or CSV, or serial:DEVICE; may be given again and again
    #[arg(long, value_name = "FILE", required = true, value_parser = Source::parse)]
    from: Vec<Source>,
    /// Stops reading a serial line after N seconds; without it, Ctrl-C does
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: Option<u64>,
    /// The board, where the file does not say
    #[arg(long, value_name = "BOARD")]
    board: Option<String>,
    /// Writes the calibration, for --calibration of `run` and `test`
    #[arg(short, long, value_name = "FILE.toml")]
    output: Option<PathBuf>,
}

#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    Serial(PathBuf),
}

impl Source {
    fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix("serial:") {
            Some("") => Err("which device? as in serial:/dev/ttyUSB0".into()),
            Some(device) => Ok(Self::Serial(device.into())),
            None => Ok(Self::File(text.into())),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Serial(path) => path,
        }
    }
}

pub fn calibrate(args: &Args, catalogue: &Catalogue) -> Result<Ending, Failure> {
    let output = args.output.as_deref().map(Output::open).transpose()?;
    if args.seconds.is_some() && !args.from.iter().any(|from| matches!(from, Source::Serial(_))) {
        let help = "leave it out, or read the board itself: --from serial:/dev/ttyUSB0";
        return Err(Failure::input("--seconds is for a serial line, and only files are read", help));
    }
    let mut profile = Profile::default();
    for from in &args.from {
        profile.join(match from {
            Source::File(file) => read(file)?,
            Source::Serial(device) => listen(device, args.seconds)?,
        })?;
    }
    if let Some(board) = &args.board {
        profile.is_of(board)?;
    }
    let (board, table) = table(&profile, catalogue)?;
    let fit = fit(&profile, table)?;
    let files = args.from.iter().map(|from| from.path().display().to_string()).collect();
    let origin = Origin {
        board,
        mcu: table.mcu,
        cpu_mhz: profile.cpu_mhz.clone(),
        commit: profile.commit.clone(),
        files,
    };
    let to_stdout = output.as_ref().is_some_and(Output::is_stdout);
    if !to_stdout {
        let title = format!("{}: measured by {}", origin.board, origin.files.join(", "));
        terminal::show(&text(&fit, &title, stdout_paint()))?;
    }
    if let Some(output) = output {
        let document = to_toml(&fit, &origin);
        output.write(|out| out.write_all(document.as_bytes()))?;
    }
    let measured = fit.scales.iter().filter(|scale| scale.told_apart).count();
    let said = format!("measured: {} of {}", counted(measured as u64, "kernel"), table.rows().len());
    terminal::tell(&format!("{}\n", stderr_paint().text(Tone::Good, &said)));
    Ok(Ending::Pass)
}

/// The board's name, and the prices that were predicted for it.
fn table(profile: &Profile, catalogue: &Catalogue) -> Result<(String, &'static CostTable), Failure> {
    let names: Vec<String> = catalogue.known().boards.into_iter().map(|board| board.name).collect();
    let help = format!("there are: {}", names.join(", "));
    let Some(name) = &profile.board else {
        let cure = format!("name it with --board; {help}");
        return Err(Failure::input("nothing says which board this was measured on", cure));
    };
    let facts = catalogue
        .board(name)
        .ok_or_else(|| Failure::input(format!("no board `{name}` to calibrate"), help))?;
    let table = CostTable::of(facts.mcu).ok_or_else(|| {
        let message = format!("{name}: nobody has counted yet what kernels cost on its {:?}", facts.mcu);
        Failure::input(message, "a calibration scales predictions, and there are none to scale")
    })?;
    Ok((name.clone(), table))
}

/// Days of lines. What is larger is no profile.
const MOST_BYTES: u64 = 64 << 20;

fn read(path: &Path) -> Result<Profile, Failure> {
    const HELP: &str = "`cat /dev/ttyUSB0 > profile.log` keeps what a device says";
    let mut bytes = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    opened.map_err(|error| Failure::unreadable(path, &error, HELP))?;
    if bytes.len() as u64 > MOST_BYTES {
        let help = "log some minutes of each app, not days";
        return Err(Failure::input(format!("{}: larger than 64 MB", path.display()), help));
    }
    // A boot loader speaks at another rate: what is no text is no line of ours.
    let text = String::from_utf8_lossy(&bytes);
    let name = path.display().to_string();
    let csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let profile = if csv { Profile::from_csv(&name, &text) } else { Profile::from_log(&name, &text) };
    Ok(profile?)
}

/// Reads lines until Ctrl-C or the time is over.
fn listen(device: &Path, seconds: Option<u64>) -> Result<Profile, Failure> {
    const HELP: &str =
        "plug the board in, see `ls /dev/ttyUSB* /dev/ttyACM*`, and be in the group that owns the device";
    let file = File::open(device).map_err(|error| Failure::unreadable(device, &error, HELP))?;
    if file.is_terminal() {
        set_line(device, &file)?;
    }
    stop::listen();
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let (lines, arriving) = mpsc::channel();
    // Reading blocks, and stopping must not wait for it: the thread ends with the program, or the device.
    thread::spawn(move || {
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        while matches!(reader.by_ref().take(MOST_BYTES).read_until(b'\n', &mut line), Ok(1..)) {
            if lines.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
    let mut text = String::new();
    let mut stages = 0;
    while !stop::asked() && end.is_none_or(|end| Instant::now() < end) && text.len() < MOST_BYTES as usize {
        match arriving.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => {
                let line = String::from_utf8_lossy(&line);
                stages += u64::from(line.starts_with("S "));
                if line.starts_with("S ") && stages.is_multiple_of(10) {
                    terminal::tell(&format!("{}\n", counted(stages, "stage line")));
                }
                text.push_str(&line);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    // The first line is from its middle on, unless the board was started later.
    let whole = text.split_once('\n').map_or("", |(_, rest)| rest);
    let from = if text.starts_with("nodetwin ") { &text } else { whole };
    Ok(Profile::from_log(&device.display().to_string(), from)?)
}

/// Speed of the log, and bytes as they come: as it is after plugging in, a terminal edits lines and echoes.
fn set_line(device: &Path, line: &File) -> Result<(), Failure> {
    const SETTING: [&str; 3] = ["115200", "raw", "-echo"];
    let wrong = |said: String| {
        let setting = SETTING.join(" ");
        let message = format!("{}: stty {setting} does not work: {}", device.display(), said.trim());
        Failure::input(message, "log it by other means, and give the file: --from profile.log")
    };
    let stty = line.try_clone().and_then(|line| {
        Command::new("stty").args(SETTING).stdin(Stdio::from(line)).stdout(Stdio::null()).output()
    });
    match stty {
        Err(error) => Err(wrong(error.to_string())),
        Ok(said) if !said.status.success() => Err(wrong(String::from_utf8_lossy(&said.stderr).into())),
        Ok(_) => Ok(()),
    }
}

/// The value of `--calibration`.
pub fn load(path: &str) -> Result<Arc<Calibration>, String> {
    let said = |refusal: Refusal| format!("{}\n  help: {}", refusal.message, refusal.help);
    const HELP: &str = "`nodetwin calibrate --from profile.log -o FILE` writes one";
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
        .map_err(|error| format!("it cannot be read: {error}\n  help: {HELP}"))?;
    from_toml(path, &text).map(Arc::new).map_err(said)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::fmt::Write as _;
    use std::io::Write as _;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parsed(line: &str) -> Result<Args, String> {
        let words = std::iter::once("calibrate").chain(line.split_whitespace());
        Line::try_parse_from(words).map(|line| line.args).map_err(|error| error.to_string())
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("nodetwin-calibrate-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// A device that needs `factor` times what is predicted, each kernel in a stage of its own.
    fn log(factor: f64) -> String {
        let table = CostTable::of(node_core::boards::Mcu::Esp32).unwrap();
        let mut log =
            String::from("nodetwin 1 board=m5stickc app=sound cpu_mhz=240 commit=0123abc name=desk\n");
        for second in 1..=6 {
            for kernel in [node_core::meter::Kernel::Biquad, node_core::meter::Kernel::Convert] {
                let row = table.row(kernel);
                let cycles = (factor * f64::from(row.per_call + 512.0 * row.per_unit)) as u64;
                let (sum, max) = (300 * cycles + 900, cycles + 600);
                writeln!(
                    log,
                    "S {second}0000000 only-{kernel:?} n=300 cycles={sum} min={cycles} max={max} {kernel:?}=300/153600"
                )
                .unwrap();
            }
        }
        log
    }

    /// A pipe by name stands for the port: what comes out of it is read until whoever speaks is gone.
    #[test]
    fn what_comes_over_a_line_becomes_a_calibration() {
        let folder = folder("line");
        let (port, file) = (folder.join("port"), folder.join("desk.toml"));
        assert!(Command::new("mkfifo").arg(&port).status().unwrap().success());
        let device = port.clone();
        let speaker = thread::spawn(move || {
            let mut port = std::fs::OpenOptions::new().write(true).open(device).unwrap();
            // From the middle of a line on, as after plugging in; in pieces, with a boot loader's noise.
            port.write_all(b"ycles=77 min=9\n\xff\xfe\x00ets Jun  8 2016\r\n").unwrap();
            for piece in log(1.3).as_bytes().chunks(50) {
                port.write_all(piece).unwrap();
            }
        });
        let line = format!("--from serial:{} --seconds 60 -o {}", port.display(), file.display());
        let ended = calibrate(&parsed(&line).unwrap(), &Catalogue::builtin());
        speaker.join().unwrap();
        assert!(matches!(ended, Ok(Ending::Pass)), "{ended:?}");
        let calibration = load(&file.display().to_string()).unwrap();
        assert_eq!(calibration.rows.len(), 2);
        let table = CostTable::of(calibration.mcu).unwrap();
        for row in &calibration.rows {
            let factor = row.per_unit / table.row(row.kernel).per_unit;
            assert!((factor - 1.3).abs() < 0.02, "{row:?}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn wrong_sources_are_refused_with_a_cure() {
        assert!(parsed("--from serial:").unwrap_err().contains("serial:/dev/ttyUSB0"));
        assert!(parsed("").unwrap_err().contains("--from"));
        let failure =
            |line: &str| calibrate(&parsed(line).unwrap(), &Catalogue::builtin()).unwrap_err().text(false);
        let said = failure("--from a.log --seconds 5");
        assert!(said.contains("only files are read") && said.contains("serial:/dev/ttyUSB0"), "{said}");
        let said = failure("--from serial:/nowhere/ttyUSB9 --seconds 5");
        assert!(
            said.contains("/nowhere/ttyUSB9: cannot be read") && said.contains("plug the board in"),
            "{said}"
        );
        let folder = folder("wrong");
        let file = folder.join("a.log");
        std::fs::write(&file, "nodetwin 1 board=m5stickc\nS 1 level n=1 cycles=4o min=1 max=1\n").unwrap();
        let said = failure(&format!("--from {}", file.display()));
        assert!(said.contains("a.log:2: cycles is `4o`") && said.contains("delete the line"), "{said}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
