# Start-up and the trap vector. QEMU jumps to the first byte of the memory, so .text.start is linked there.
    .section .text.start, "ax", @progbits
    .globl _start
_start:
    la      sp, __stack_top
    la      t0, trap
    csrw    mtvec, t0
    li      t0, 0x2000              # mstatus.FS: the FPU is on where there is one
    csrs    mstatus, t0
    la      t0, __bss_start
    la      t1, __bss_end
1:  bgeu    t0, t1, 2f
    sw      zero, 0(t0)
    addi    t0, t0, 4
    j       1b
    # The guard below the stack is locked by PMP entry 0 (no permission, NAPOT): a stack that runs over traps.
2:  la      t0, __stack_guard
    srli    t0, t0, 2
    la      t1, __stack_guard_ones
    or      t0, t0, t1
    csrw    pmpaddr0, t0
    li      t0, 0x98                # locked, NAPOT, no access
    csrw    pmpcfg0, t0
    csrw    minstret, zero          # QEMU starts it anywhere
    csrw    minstreth, zero
    call    machine_start

    .text
    .balign 4
trap:                               # nobody returns from here, so nothing is saved
    la      t0, trap_in_trap
    csrw    mtvec, t0
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    la      sp, __exception_stack_top
    call    machine_exception

    .balign 4
trap_in_trap:                       # the trap's own code failed: say so by the exit code alone
    li      t0, 0x100000            # sifive_test
    li      t1, (103 << 16) | 0x3333
    sw      t1, 0(t0)
    j       trap_in_trap
