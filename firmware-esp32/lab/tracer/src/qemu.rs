//! What is used of QEMU's plugin interface, declared by hand: Debian packages no header. After QEMU 7.2's
//! include/qemu/qemu-plugin.h.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

pub const API_VERSION: c_int = 1;

pub type PluginId = u64;
pub type MemoryAccess = u32;

/// QEMU's own, never looked into.
#[repr(C)]
pub struct Block {
    _private: [u8; 0],
}
#[repr(C)]
pub struct Instruction {
    _private: [u8; 0],
}

type OnExecution = extern "C" fn(c_uint, *mut c_void);
type OnAccess = extern "C" fn(c_uint, MemoryAccess, u64, *mut c_void);

/// QEMU_PLUGIN_CB_NO_REGS: the callback looks at no register.
const NO_REGISTERS: c_int = 0;
/// QEMU_PLUGIN_MEM_R
const READS: c_int = 1;

unsafe extern "C" {
    pub fn qemu_plugin_register_vcpu_tb_trans_cb(id: PluginId, callback: extern "C" fn(PluginId, *mut Block));
    pub fn qemu_plugin_register_atexit_cb(
        id: PluginId,
        callback: extern "C" fn(PluginId, *mut c_void),
        data: *mut c_void,
    );
    pub fn qemu_plugin_tb_n_insns(block: *const Block) -> usize;
    pub fn qemu_plugin_tb_get_insn(block: *const Block, index: usize) -> *mut Instruction;
    pub fn qemu_plugin_insn_vaddr(instruction: *const Instruction) -> u64;
    pub fn qemu_plugin_insn_size(instruction: *const Instruction) -> usize;
    pub fn qemu_plugin_insn_data(instruction: *const Instruction) -> *const c_void;
    fn qemu_plugin_insn_disas(instruction: *const Instruction) -> *mut c_char;
    fn qemu_plugin_register_vcpu_insn_exec_cb(
        instruction: *mut Instruction,
        callback: OnExecution,
        flags: c_int,
        data: *mut c_void,
    );
    fn qemu_plugin_register_vcpu_mem_cb(
        instruction: *mut Instruction,
        callback: OnAccess,
        flags: c_int,
        kind: c_int,
        data: *mut c_void,
    );
    /// GLib's, which QEMU is linked with.
    fn g_free(memory: *mut c_void);
}

/// Calls back before each execution of `instruction`.
///
/// # Safety
/// `instruction` is of the block that is being translated.
pub unsafe fn on_execution(instruction: *mut Instruction, callback: OnExecution, data: u32) {
    let data = std::ptr::without_provenance_mut(data as usize);
    unsafe { qemu_plugin_register_vcpu_insn_exec_cb(instruction, callback, NO_REGISTERS, data) };
}

/// Calls back after each load of `instruction`.
///
/// # Safety
/// As for [`on_execution`].
pub unsafe fn on_load(instruction: *mut Instruction, callback: OnAccess) {
    unsafe {
        qemu_plugin_register_vcpu_mem_cb(instruction, callback, NO_REGISTERS, READS, std::ptr::null_mut())
    };
}

/// # Safety
/// As for [`on_execution`].
pub unsafe fn disassembly(instruction: *const Instruction) -> String {
    let text = unsafe { qemu_plugin_insn_disas(instruction) };
    if text.is_null() {
        return String::new();
    }
    let owned = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    unsafe { g_free(text.cast()) };
    owned
}
