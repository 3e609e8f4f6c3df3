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
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Refits what kernels cost from the stage timings that a device prints
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin calibrate --from sound.log --from motion.log -o desk.toml
  nodetwin calibrate --from profile.csv --board m5stickc
  nodetwin calibrate --serial /dev/ttyUSB0 --seconds 300 -o desk.toml
  nodetwin run scenarios/sound-sensor.toml --calibration desk.toml

A file whose name ends in .csv is CSV, any other is the firmware's log as it came over the serial line. The log's lines
`S ...` are used, and its first line names the board. The CSV has the same fields, a column for each kernel, and in it
calls/units, both over all runs of the row (`--board` names the board):

  stage,n,cycles,min,max,Convert,DcRemoval,Biquad
  convert,312,3089112,9873,11204,312/159744,312/159744,
  weighting,312,13961280,44690,45933,,,312/479232

A serial device is read as it is set: stty -F /dev/ttyUSB0 115200 raw -echo. It ends with Ctrl-C or after --seconds.
To keep what was read, log it first: cat /dev/ttyUSB0 > profile.log

How the factors are found and how sure they are is said below the table. Exit codes: 0 done, 2 a file is wrong or says
too little.")]
pub struct Args {
    /// A device's log or CSV; may be given again and again
    #[arg(long, value_name = "FILE", required_unless_present = "serial")]
    from: Vec<PathBuf>,
    /// Reads the log from a serial device
    #[arg(long, value_name = "DEVICE", conflicts_with = "from")]
    serial: Option<PathBuf>,
    /// Stops reading the device after N seconds; without it, Ctrl-C does
    #[arg(long, value_name = "N", requires = "serial", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: Option<u64>,
    /// The board, where the file does not say
    #[arg(long, value_name = "BOARD")]
    board: Option<String>,
    /// Writes the calibration, for --calibration of `run` and `test`
    #[arg(short, long, value_name = "FILE.toml")]
    output: Option<PathBuf>,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::input(refusal.message, refusal.help)
    }
}

pub fn calibrate(args: &Args, catalogue: &Catalogue) -> Result<Ending, Failure> {
    let output = args.output.as_deref().map(Output::open).transpose()?;
    let mut profile = Profile::default();
    for file in &args.from {
        profile.join(read(file)?)?;
    }
    if let Some(device) = &args.serial {
        profile.join(listen(device, args.seconds)?)?;
    }
    if let Some(board) = &args.board {
        profile.is_of(board)?;
    }
    let (board, table) = table(&profile, catalogue)?;
    let fit = fit(&profile, table)?;
    let files = args.from.iter().chain(&args.serial).map(|file| file.display().to_string()).collect();
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
