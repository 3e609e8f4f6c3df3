//! `nodetwin cycles` without an emulator: what it says of programs that it cannot measure, and that nothing
//! in a program or in the tracer's words makes it panic.

use proptest::prelude::*;
use sim::cycles::core::{Core, Isa};
use sim::cycles::program::Program;
use sim::cycles::region::Regions;
use sim::cycles::stream::{Event, Reader};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const XTENSA: u16 = 94;
const RISCV: u16 = 243;
const AARCH64: u16 = 183;

/// A 32-bit ELF file with the symbols given, all of them functions in 64 bytes of code at 0x1000.
fn elf(machine: u16, functions: &[(&str, u32)]) -> Vec<u8> {
    const TEXT: u32 = 52;
    let section_names = b"\0.text\0.symtab\0.strtab\0.shstrtab\0";
    let mut names = vec![0];
    let mut symbols = vec![0; 16];
    for (name, address) in functions {
        let words = [names.len() as u32, *address, 4];
        symbols.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        // a global function in section 1
        symbols.extend([0x12, 0, 1, 0]);
        names.extend(name.bytes().chain([0]));
    }
    let symbols_at = TEXT + 64;
    let names_at = symbols_at + symbols.len() as u32;
    let section_names_at = names_at + names.len() as u32;
    let sections_at = (section_names_at + section_names.len() as u32).next_multiple_of(4);

    let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend([2, 0]);
    file.extend(machine.to_le_bytes());
    file.extend([1, 0x1000, 0, sections_at, 0].iter().flat_map(|word: &u32| word.to_le_bytes()));
    file.extend([52, 0, 0, 40, 5, 4].iter().flat_map(|half: &u16| half.to_le_bytes()));
    file.resize(TEXT as usize + 64, 0);
    file.extend(&symbols);
    file.extend(&names);
    file.extend(section_names);
    file.resize(sections_at as usize, 0);
    // name, type, flags, address, offset, size, link, info, alignment, entry size
    let sections: [[u32; 10]; 5] = [
        [0; 10],
        [1, 1, 6, 0x1000, TEXT, 64, 0, 0, 4, 0],
        [7, 2, 0, 0, symbols_at, symbols.len() as u32, 3, 1, 4, 16],
        [15, 3, 0, 0, names_at, names.len() as u32, 0, 0, 1, 0],
        [23, 3, 0, 0, section_names_at, section_names.len() as u32, 0, 0, 1, 0],
    ];
    file.extend(sections.iter().flatten().flat_map(|word| word.to_le_bytes()));
    file
}

const MARKED: [(&str, u32); 3] = [("kernel", 0x1000), ("twin_begin", 0x1010), ("twin_end", 0x1020)];

fn parse(bytes: &[u8]) -> Option<Program> {
    Program::parse(Path::new("kernel.elf"), bytes).ok()
}

#[test]
fn a_program_is_read() {
    for (machine, isa) in [(XTENSA, Isa::Xtensa), (RISCV, Isa::Riscv)] {
        let program = parse(&elf(machine, &MARKED)).unwrap();
        assert_eq!((program.isa, program.begin, program.end), (isa, 0x1010, 0x1020));
        let name = |address| program.function_name(program.function_index(address)).to_string();
        assert_eq!([name(0x1004), name(0x1010), name(0x0fff)], ["kernel", "twin_begin", "(no symbol)"]);
        assert!(program.is_constant(0x1004) && !program.is_constant(0x2000));
    }
}

#[test]
fn an_instruction_that_is_not_modelled_is_named_with_its_function() {
    let program = parse(&elf(XTENSA, &MARKED)).unwrap();
    let mut regions = Regions::new(&program, Core::of(Isa::Xtensa), None);
    let defined = |address, text: &str| Event::Defined {
        address,
        size: 3,
        bytes: [0x30, 0x20, 0xf4, 0, 0, 0, 0, 0],
        text: text.to_string(),
    };
    regions.take(defined(0x1010, "retw.n")).unwrap();
    // What is never executed is nobody's worry.
    regions.take(defined(0x1004, "lduw\ta2, a3")).unwrap();
    regions.take(Event::Begin).unwrap();
    regions.take(Event::Executed(0)).unwrap();
    let trouble = regions.take(Event::Executed(1)).unwrap_err();
    assert_eq!(trouble.message, "`lduw a2, a3` (bytes 30 20 f4) at 0x1004 in kernel is not modelled for lx6");
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cycles-{name}"));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Exit code and stderr; a panic is never an answer.
    fn cycles(&self, line: &str) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_nodetwin"))
            .arg("cycles")
            .args(line.split_whitespace())
            .current_dir(&self.0)
            .env_remove("NODETWIN_TRACER")
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!error.contains("panicked"), "{line}: {error}");
        (output.status.code(), error)
    }
}

#[test]
fn errors_say_what_to_do() {
    let folder = Folder::new("errors");
    let write = |name: &str, bytes: &[u8]| fs::write(folder.0.join(name), bytes).unwrap();
    write("good.elf", &elf(XTENSA, &MARKED));
    write("notes.txt", b"not a program");
    write("arm.elf", &elf(AARCH64, &MARKED));
    write("unmarked.elf", &elf(RISCV, &MARKED[..2]));
    write("merged.elf", &elf(XTENSA, &[("twin_begin", 0x1010), ("twin_end", 0x1010)]));
    let cases = [
        ("", "<ELF>", "Usage: nodetwin cycles"),
        ("nowhere.elf", "nowhere.elf: cannot be read", "give a bare-metal ELF file"),
        ("notes.txt", "notes.txt: is no ELF file", "give what the linker wrote"),
        ("arm.elf", "arm.elf: is for", "build it for the ESP32 (lx6) or the ESP32-C3 (esp32c3)"),
        (
            "unmarked.elf",
            "unmarked.elf: has no symbol `twin_end`",
            "call the empty functions twin_begin and twin_end",
        ),
        ("merged.elf", "twin_begin and twin_end are the same code at 0x1010", "give them different bodies"),
        ("good.elf --core lx7", "`lx7` is no core that is modelled", "cores: lx6, esp32c3"),
        ("good.elf --core esp32c3", "is for Xtensa, and ESP32-C3 (RV32IMC) is not", "give --core lx6"),
        ("good.elf --without luck", "`luck` is no stall rule", "rules: load-use, multiply"),
        ("good.elf --region 0", "0", "--region"),
        ("good.elf", "no tracer at firmware-esp32/lab/tracer", "cargo build --release --manifest-path"),
        ("good.elf --tracer lost.so", "no tracer at lost.so", "--tracer FILE or NODETWIN_TRACER"),
    ];
    for (line, message, help) in cases {
        let (code, error) = folder.cycles(line);
        // A terminal's width may break lines.
        let words = error.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code, Some(2), "{line}: {error}");
        assert!(words.contains(message) && words.contains(help), "{line}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Whatever a file says of itself, it is read or refused; and what was read can be asked.
    #[test]
    fn a_damaged_program_is_refused_or_read(
        machine in prop_oneof![Just(XTENSA), Just(RISCV), any::<u16>()],
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..24),
        words in prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![Just(u32::MAX), any::<u32>()]),
            0..4,
        ),
        length in prop::option::of(any::<prop::sample::Index>()),
        address in any::<u32>(),
    ) {
        let mut bytes = elf(machine, &MARKED);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for (at, word) in words {
            let at = at.index(bytes.len() / 4) * 4;
            bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        if let Some(length) = length {
            bytes.truncate(length.index(bytes.len()));
        }
        if let Some(program) = parse(&bytes) {
            program.function_name(program.function_index(address));
            program.is_constant(address);
        }
    }

    /// Nor do words that are not the tracer's, or are in no order.
    #[test]
    fn a_damaged_stream_is_refused_or_counted(
        words in prop::collection::vec(
            prop_oneof![
                Just(0xffff_0001_u32),
                Just(0xffff_0002),
                Just(0xffff_0003),
                Just(0xffff_0004),
                0..4_u32,
                any::<u32>(),
            ],
            0..200,
        ),
        machine in prop_oneof![Just(XTENSA), Just(RISCV)],
    ) {
        let program = parse(&elf(machine, &MARKED)).unwrap();
        let hello = [0xffff_7001_u32];
        let bytes: Vec<u8> = hello.iter().chain(&words).flat_map(|word| word.to_le_bytes()).collect();
        let mut reader = Reader::new(&bytes[..]);
        let mut regions = Regions::new(&program, Core::of(program.isa), None);
        while let Ok(Some(event)) = reader.event() {
            if regions.take(event).is_err() {
                return Ok(());
            }
        }
        let _ = regions.finish();
    }

    #[test]
    fn no_bytes_and_no_text_make_a_decoder_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..9),
        text in ".{0,40}",
    ) {
        Isa::Riscv.decode(&bytes, &text);
        Isa::Xtensa.decode(&bytes, &text);
    }

    /// Texts that are nearly instructions.
    #[test]
    fn no_operands_make_the_decoder_panic(
        name in prop::sample::select(vec![
            "add", "l32i", "loopnez", "any8", "all4", "wsr", "rsr.sar", "mula.dd.ll.ldinc", "umul.aa.hh",
            "madd.s", "entry", "s32e",
        ]),
        operands in prop::collection::vec("[abfm]?[0-9x-]{0,6}", 0..5),
    ) {
        Isa::Xtensa.decode(&[], &format!("{name}\t{}", operands.join(", ")));
    }
}

/// With --nocapture it prints the instructions a second, from the tracer's words to the figures.
#[test]
fn a_long_stream_is_counted_to_the_last_instruction() {
    let program = parse(&elf(XTENSA, &MARKED)).unwrap();
    let body =
        ["l32i\ta2, a3, 0", "add\ta4, a2, a4", "mul.s\tf0, f1, f2", "addi\ta3, a3, 4", "bnez\ta3, 0x1000"];
    let mut words = vec![0xffff_7001_u32];
    for (index, text) in body.iter().chain(&["retw.n"]).enumerate() {
        words.extend([0xffff_0001, 0x1000 + 3 * index as u32, 3 | (text.len() as u32) << 8, 0, 0]);
        for part in text.as_bytes().chunks(4) {
            words.push(part.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)));
        }
    }
    words.extend([0xffff_0002, 5]);
    const TURNS: u32 = 500_000;
    words.extend((0..TURNS).flat_map(|_| [0, 1, 2, 3, 4]));
    words.push(0xffff_0003);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let began = std::time::Instant::now();
    let mut reader = Reader::new(&bytes[..]);
    let mut regions = Regions::new(&program, Core::of(Isa::Xtensa), None);
    while let Some(event) = reader.event().unwrap() {
        regions.take(event).unwrap();
    }
    let seconds = began.elapsed().as_secs_f64();
    let regions = regions.finish().unwrap();
    assert_eq!(regions[0].instructions, u64::from(TURNS) * 5 - 1);
    println!("{:.1} million instructions a second", regions[0].instructions as f64 / seconds * 1e-6);
}
