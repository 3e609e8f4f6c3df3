//! A plugin for QEMU 7.2 that streams the instructions executed between `twin_begin` and `twin_end`, in
//! order, to `nodetwin cycles`.
//!
//!     qemu-system-xtensa ... -plugin libtracer.so,to=127.0.0.1:PORT,begin=0x1000,end=0x1010
//!
//! Each instruction is asked for by itself, not by block: a block may be left early by an exception or a
//! window overflow, and then a stream of blocks would tell of instructions that never ran. An instruction
//! that faults is in the stream, for it was begun: the handler follows it, and then the same instruction
//! again.
//!
//! What is sent is written down at [`stream`].

mod qemu;
mod stream;

use qemu::{Block, Instruction, MemoryAccess, PluginId};
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use stream::Stream;

/// QEMU refuses a plugin that speaks another version than its own.
#[unsafe(no_mangle)]
pub static qemu_plugin_version: c_int = qemu::API_VERSION;

/// Between the marks. Asked at every instruction and every load, so it is not behind the lock.
static RECORDING: AtomicBool = AtomicBool::new(false);
static TRACER: Mutex<Option<Tracer>> = Mutex::new(None);

struct Tracer {
    stream: Stream,
    begin: u64,
    end: u64,
    /// Blocks are translated again and again; an instruction keeps its number.
    numbers: HashMap<(u64, [u8; 8]), u32>,
    touched: Lines,
}

/// Which cache lines of the 4 GB were read.
struct Lines {
    bits: Vec<u64>,
    set: Vec<u32>,
}

/// Both chips' caches have lines of 32 bytes.
const LINE_BITS: u32 = 5;

impl Lines {
    fn new() -> Self {
        Self { bits: vec![0; 1 << (32 - LINE_BITS - 6)], set: Vec::new() }
    }

    /// Whether it is the first time.
    fn insert(&mut self, address: u32) -> bool {
        let line = address >> LINE_BITS;
        let word = &mut self.bits[(line >> 6) as usize];
        let bit = 1 << (line & 63);
        let fresh = *word & bit == 0;
        if fresh {
            *word |= bit;
            self.set.push(line);
        }
        fresh
    }

    fn clear(&mut self) {
        for line in self.set.drain(..) {
            self.bits[(line >> 6) as usize] = 0;
        }
    }
}

/// Called by QEMU when it loads the plugin; anything but 0 ends QEMU.
///
/// # Safety
/// `argv` points to `argc` C strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: PluginId,
    _info: *const c_void,
    argc: c_int,
    argv: *const *const c_char,
) -> c_int {
    let arguments =
        (0..argc as usize).map(|index| unsafe { CStr::from_ptr(*argv.add(index)) }.to_string_lossy());
    let (mut to, mut begin, mut end) = (None, None, None);
    for argument in arguments {
        match argument.split_once('=') {
            Some(("to", address)) => to = Some(address.to_string()),
            Some(("begin", address)) => begin = number(address),
            Some(("end", address)) => end = number(address),
            _ => {
                eprintln!("tracer: `{argument}` is none of to=HOST:PORT, begin=ADDRESS, end=ADDRESS");
                return 1;
            }
        }
    }
    let (Some(to), Some(begin), Some(end)) = (to, begin, end) else {
        eprintln!(
            "tracer: to=HOST:PORT, begin=ADDRESS and end=ADDRESS are needed; nodetwin cycles gives them"
        );
        return 1;
    };
    let stream = match Stream::connect(&to) {
        Ok(stream) => stream,
        Err(error) => {
            eprintln!("tracer: nobody listens at {to}: {error}");
            return 1;
        }
    };
    *lock() = Some(Tracer { stream, begin, end, numbers: HashMap::new(), touched: Lines::new() });
    unsafe {
        qemu::qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
        qemu::qemu_plugin_register_atexit_cb(id, ended, std::ptr::null_mut());
    }
    0
}

fn number(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).ok()
}

fn lock() -> std::sync::MutexGuard<'static, Option<Tracer>> {
    TRACER.lock().expect("a panic ends QEMU")
}

fn with_tracer(act: impl FnOnce(&mut Tracer)) {
    if let Some(tracer) = lock().as_mut() {
        act(tracer);
    }
}

extern "C" fn translated(_id: PluginId, block: *mut Block) {
    with_tracer(|tracer| {
        let count = unsafe { qemu::qemu_plugin_tb_n_insns(block) };
        for index in 0..count {
            let instruction = unsafe { qemu::qemu_plugin_tb_get_insn(block, index) };
            let address = unsafe { qemu::qemu_plugin_insn_vaddr(instruction) };
            let number = tracer.number(instruction, address);
            // The end comes before its instruction is recorded, the beginning too.
            if address == tracer.begin || address == tracer.end {
                let mark = if address == tracer.begin { stream::BEGIN } else { stream::END };
                unsafe { qemu::on_execution(instruction, marked, mark) };
            }
            unsafe {
                qemu::on_execution(instruction, executed, number);
                qemu::on_load(instruction, loaded);
            }
        }
    });
}

impl Tracer {
    fn number(&mut self, instruction: *const Instruction, address: u64) -> u32 {
        let mut bytes = [0; 8];
        let size = unsafe { qemu::qemu_plugin_insn_size(instruction) }.min(bytes.len());
        let data = unsafe { qemu::qemu_plugin_insn_data(instruction) };
        bytes[..size].copy_from_slice(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) });
        let fresh = self.numbers.len() as u32;
        *self.numbers.entry((address, bytes)).or_insert_with(|| {
            self.stream.define(address as u32, size, bytes, &unsafe { qemu::disassembly(instruction) });
            fresh
        })
    }
}

extern "C" fn marked(_cpu: c_uint, mark: *mut c_void) {
    let mark = mark.addr() as u32;
    with_tracer(|tracer| {
        RECORDING.store(mark == stream::BEGIN, Ordering::Relaxed);
        tracer.stream.word(mark);
        tracer.touched.clear();
    });
}

extern "C" fn executed(_cpu: c_uint, number: *mut c_void) {
    if RECORDING.load(Ordering::Relaxed) {
        with_tracer(|tracer| tracer.stream.word(number.addr() as u32));
    }
}

extern "C" fn loaded(_cpu: c_uint, _access: MemoryAccess, address: u64, _data: *mut c_void) {
    if RECORDING.load(Ordering::Relaxed) {
        with_tracer(|tracer| {
            if tracer.touched.insert(address as u32) {
                tracer.stream.word(stream::LINE);
                tracer.stream.word(address as u32);
            }
        });
    }
}

extern "C" fn ended(_id: PluginId, _data: *mut c_void) {
    with_tracer(|tracer| tracer.stream.flush());
}
