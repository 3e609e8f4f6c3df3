# Vectors, start-up and the few instructions that Rust cannot say. Vector offsets are those of the core
# `de233_fpu`, which are the ESP32's too (VECBASE + 0x000 windows, 0x1c0 level 3, 0x300 kernel, 0x340 user,
# 0x3c0 double exception).

# SIMCALL, which LLVM's assembler does not know (and binutils' knows no windowed registers here)
    .macro system_call
    .byte   0x00, 0x51, 0x00
    .endm

# --- window overflow and underflow: the ISA reference manual's own code (chapter 4.7.1.4) ---
    .section .vectors, "ax", @progbits
    .org 0x000                      # overflow, 4 registers
    s32e    a0, a5, -16
    s32e    a1, a5, -12
    s32e    a2, a5, -8
    s32e    a3, a5, -4
    rfwo
    .org 0x040                      # underflow, 4
    l32e    a0, a5, -16
    l32e    a1, a5, -12
    l32e    a2, a5, -8
    l32e    a3, a5, -4
    rfwu
    .org 0x080                      # overflow, 8
    s32e    a0, a9, -16
    l32e    a0, a1, -12
    s32e    a1, a9, -12
    s32e    a2, a9, -8
    s32e    a3, a9, -4
    s32e    a4, a0, -32
    s32e    a5, a0, -28
    s32e    a6, a0, -24
    s32e    a7, a0, -20
    rfwo
    .org 0x0c0                      # underflow, 8
    l32e    a0, a9, -16
    l32e    a1, a9, -12
    l32e    a2, a9, -8
    l32e    a7, a1, -12
    l32e    a3, a9, -4
    l32e    a4, a7, -32
    l32e    a5, a7, -28
    l32e    a6, a7, -24
    l32e    a7, a7, -20
    rfwu
    .org 0x100                      # overflow, 12
    s32e    a0, a13, -16
    l32e    a0, a1, -12
    s32e    a1, a13, -12
    s32e    a2, a13, -8
    s32e    a3, a13, -4
    s32e    a4, a0, -48
    s32e    a5, a0, -44
    s32e    a6, a0, -40
    s32e    a7, a0, -36
    s32e    a8, a0, -32
    s32e    a9, a0, -28
    s32e    a10, a0, -24
    s32e    a11, a0, -20
    rfwo
    .org 0x140                      # underflow, 12
    l32e    a0, a13, -16
    l32e    a1, a13, -12
    l32e    a2, a13, -8
    l32e    a11, a1, -12
    l32e    a3, a13, -4
    l32e    a4, a11, -48
    l32e    a5, a11, -44
    l32e    a6, a11, -40
    l32e    a7, a11, -36
    l32e    a8, a11, -32
    l32e    a9, a11, -28
    l32e    a10, a11, -24
    l32e    a11, a11, -20
    rfwu

# --- interrupt of level 3: CCOUNT went over (timer 1 compares with 0) ---
    .org 0x1c0
    j       ticks_over

# --- exceptions ---
    .org 0x300                      # kernel
    j       exception
    .org 0x340                      # user
    j       exception
    .org 0x3c0                      # double: an exception in a handler above, as when a window spills to no memory
    rsr     a2, depc
    wsr     a2, epc1
    j       exception

    .org 0x400
    .literal_position
ticks_over:
    wsr     a2, excsave3
    movi    a2, tick_words
    s32i    a3, a2, 4
    l32i    a3, a2, 0
    addi    a3, a3, 1
    s32i    a3, a2, 0
    movi    a3, 0
    wsr     a3, ccompare1           # compares with 0 again, and takes the interrupt back
    l32i    a3, a2, 4
    rsr     a2, excsave3
    rfi     3

exception:                          # nobody returns from here: no register is saved, a fresh stack and window are taken
    rsr     a2, excsave1
    bnez    a2, exception_in_exception
    movi    a2, 1
    wsr     a2, excsave1
    rsr     a2, exccause
    rsr     a3, epc1
    rsr     a4, excvaddr
    movi    a5, exception_words     # registers do not survive the change of window
    s32i    a2, a5, 0
    s32i    a3, a5, 4
    s32i    a4, a5, 8
    movi    a2, 0
    wsr     a2, windowbase
    rsync
    movi    a2, 1
    wsr     a2, windowstart
    movi    a2, 0x40020             # PS: windows on, user mode, exceptions taken
    wsr     a2, ps
    rsync
    movi    a0, 0
    movi    a1, __exception_stack_top
    movi    a5, exception_words
    l32i    a10, a5, 0
    l32i    a11, a5, 4
    l32i    a12, a5, 8
    movi    a8, machine_exception
    callx8  a8

exception_in_exception:             # say so by the exit code alone
    movi    a2, 1                   # SYS_EXIT
    movi    a3, 103
    system_call
    j       exception_in_exception

    .global _start
_start:
    movi    a2, 0
    wsr     a2, windowbase
    rsync
    movi    a2, 1
    wsr     a2, windowstart
    rsync
    movi    a0, 0
    wsr     a0, excsave1
    movi    a1, __stack_top
    movi    a2, __vectors
    wsr     a2, vecbase
    movi    a2, 1
    wsr     a2, cpenable            # the FPU is coprocessor 0
    movi    a3, __bss_start
    movi    a4, __bss_end
    movi    a2, 0
1:  bgeu    a3, a4, 2f
    s32i    a2, a3, 0
    addi    a3, a3, 4
    j       1b
2:  wsr     a2, ccount
    wsr     a2, ccompare1
    movi    a3, 1 << 10             # timer 1 is interrupt 10, level 3
    wsr     a3, intclear
    wsr     a3, intenable
    movi    a3, 0x40020             # PS: windows on, user mode, interrupts of every level
    wsr     a3, ps
    rsync
    movi    a8, machine_start
    callx8  a8

# --- what Rust cannot say ---
    .text
    .literal_position
    .align 4
    .global simcall
simcall:                            # (a2 number, a3.. arguments) -> a2
    entry   a1, 32
    system_call
    retw

    .align 4
    .global machine_ticks
machine_ticks:                      # -> a3:a2, of one moment: asked again if CCOUNT went over in between
    entry   a1, 32
    movi    a4, tick_words
1:  l32i    a3, a4, 0
    rsr     a2, ccount
    l32i    a5, a4, 0
    bne     a3, a5, 1b
    retw

    .align 4
    .global abort                   # LLVM's trap
abort:
    entry   a1, 32
    ill

    .section .bss.start, "aw", @nobits
    .align 4
tick_words:
    .space 8                        # how often CCOUNT went over; a saved register
exception_words:
    .space 12

# The core starts here: the reset vector of de233_fpu. Its literal has to lie before the code, and nothing
# lies before it.
    .section .reset, "ax", @progbits
    .align 4
    j       2f
    .align 4
1:  .long   _start
2:  l32r    a2, 1b
    jx      a2
