//! QEMU, with the tracer plugged in: it runs the program and tells what it executes.

use super::Trouble;
use super::core::{Core, Isa};
use super::instruction::Rule;
use super::program::Program;
use super::region::{Region, Regions};
use super::stream::{Reader, too_long};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// The tracer's library; where it is looked for if absent says [`find_tracer`].
    pub tracer: Option<PathBuf>,
    pub without: Option<Rule>,
    /// Nothing that comes after this region is run.
    pub until_region: Option<usize>,
    /// A program that runs longer, in wall time, is stopped.
    pub limit: Duration,
}

pub const TRACER_VARIABLE: &str = "NODETWIN_TRACER";
const TRACER_PLACE: &str = "firmware-esp32/lab/tracer/target/release/libtracer.so";

/// Runs `program` and counts the cycles of its regions on `core`.
pub fn measure(program: &Program, core: &'static Core, options: &Options) -> Result<Vec<Region>, Trouble> {
    if program.isa != core.isa {
        return Err(Trouble::input(
            format!("{}: is for {}, and {} is not", program.path.display(), program.isa.name(), core.title),
            format!("leave --core away, or give --core {}", Core::of(program.isa).name),
        ));
    }
    let tracer = find_tracer(options.tracer.as_deref())?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| {
        Trouble::broken(format!("no port for the tracer: {error}"), "allow connections to 127.0.0.1")
    })?;
    let deadline = Instant::now() + options.limit;
    let mut qemu = Emulator::start(program, &tracer, &listener)?;
    let connection = qemu.connection(&listener, deadline)?;
    let mut reader = Reader::new(Limited { connection, deadline });
    let mut regions = Regions::new(program, core, options.without);
    loop {
        let Some(event) = reader.event()? else {
            qemu.ended()?;
            break;
        };
        regions.take(event)?;
        if options.until_region.is_some_and(|last| regions.completed() >= last) {
            break;
        }
    }
    let regions = regions.finish()?;
    if regions.is_empty() {
        return Err(Trouble::input(
            format!("{}: ran to its end and never called twin_begin and twin_end", program.path.display()),
            "call them around what is to be measured",
        ));
    }
    Ok(regions)
}

/// The one that is named, else the environment's, else where `cargo build` puts it.
pub fn find_tracer(named: Option<&Path>) -> Result<PathBuf, Trouble> {
    let environment = std::env::var_os(TRACER_VARIABLE).filter(|value| !value.is_empty());
    let place = named.map(PathBuf::from).or_else(|| environment.map(PathBuf::from));
    let place = place.unwrap_or_else(|| TRACER_PLACE.into());
    // QEMU looks for a name without a slash in the system's library folders.
    place.canonicalize().map_err(|_| {
        Trouble::input(
            format!("no tracer at {}", place.display()),
            format!(
                "build it (cargo build --release --manifest-path firmware-esp32/lab/tracer/Cargo.toml, from the \
                 repository's top), or say where it is with --tracer FILE or {TRACER_VARIABLE}"
            ),
        )
    })
}

/// Ended with its owner, whatever happens.
struct Emulator {
    child: Child,
    name: &'static str,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Emulator {
    fn start(program: &Program, tracer: &Path, listener: &TcpListener) -> Result<Self, Trouble> {
        let (name, machine): (&'static str, &[&str]) = match program.isa {
            Isa::Xtensa => ("qemu-system-xtensa", &["-M", "sim", "-cpu", "de233_fpu", "-semihosting"]),
            Isa::Riscv => ("qemu-system-riscv32", &["-M", "virt", "-bios", "none", "-serial", "stdio"]),
        };
        let port = listener
            .local_addr()
            .map_err(|error| Trouble::broken(format!("no port for the tracer: {error}"), ""))?
            .port();
        // A comma ends an argument of -plugin unless it is doubled.
        let plugin = format!(
            "{},to=127.0.0.1:{port},begin={:#x},end={:#x}",
            tracer.display().to_string().replace(',', ",,"),
            program.begin,
            program.end,
        );
        let child = Command::new(name)
            .args(machine)
            .args(["-m", "128M", "-display", "none", "-monitor", "none", "-plugin", &plugin, "-kernel"])
            .arg(&program.path)
            .stdin(Stdio::null())
            // What the program says is no data of ours.
            .stdout(io::stderr())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Trouble::input(
                    format!("no {name} on this machine"),
                    "install QEMU 7.2 or later with plugins: apt install qemu-system-misc",
                ),
                _ => Trouble::broken(format!("{name} cannot be started: {error}"), ""),
            })?;
        Ok(Self { child, name })
    }

    /// The tracer's call.
    fn connection(&mut self, listener: &TcpListener, deadline: Instant) -> Result<TcpStream, Trouble> {
        let lost = |error: io::Error| Trouble::broken(format!("the tracer is out of reach: {error}"), "");
        listener.set_nonblocking(true).map_err(lost)?;
        loop {
            match listener.accept() {
                Ok((connection, _)) => {
                    connection.set_nonblocking(false).map_err(lost)?;
                    return Ok(connection);
                }
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(lost(error)),
                Err(_) => {}
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Trouble::broken(
                    format!("{} ended ({status}) before the program began", self.name),
                    "its own words are above; the tracer is built for QEMU 7.2's plugin interface",
                ));
            }
            if Instant::now() > deadline {
                return Err(too_long());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The program has to end well: what a panicking one executed is not what was to be measured.
    fn ended(&mut self) -> Result<(), Trouble> {
        let status = self.child.wait();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Trouble::broken(
                format!("the program ended with a failure ({status})"),
                "its own words are above, if it said any",
            )),
            Err(error) => Err(Trouble::broken(format!("{} is lost: {error}", self.name), "")),
        }
    }
}

/// A program that goes round in circles outside the markers sends nothing.
struct Limited {
    connection: TcpStream,
    deadline: Instant,
}

impl io::Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        if left.is_zero() {
            return Err(late());
        }
        self.connection.set_read_timeout(Some(left))?;
        self.connection.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => late(),
            _ => error,
        })
    }
}
