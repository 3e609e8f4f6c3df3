// Vectors and start-up of a Cortex-M4. QEMU takes the first stack pointer and the first address from the first two words.
    .syntax unified
    .thumb
    .section .vectors, "a", %progbits
    .word __stack_top
    .word _start
    .rept 14                        // faults; no interrupt is enabled
    .word trap
    .endr

    .section .text.start, "ax", %progbits
    .globl _start
    .type _start, %function
    .thumb_func
_start:
    ldr     r0, =0xE000ED88         // CPACR: the FPU is on
    ldr     r1, [r0]
    orr     r1, r1, #(0xF << 20)
    str     r1, [r0]
    dsb
    isb
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    movs    r2, #0
1:  cmp     r0, r1
    bhs     2f
    str     r2, [r0], #4
    b       1b
2:  ldr     r0, =0x40000000         // TIMER0 (CMSDK): counts down from all ones
    mvns    r1, r2
    str     r1, [r0, #8]            // RELOAD
    str     r1, [r0, #4]            // VALUE
    movs    r1, #1
    str     r1, [r0]                // CTRL: enabled
    bl      machine_start

    .type trap, %function
    .thumb_func
trap:                               // nobody returns from here
    mrs     r0, ipsr
    ldr     r1, [sp, #24]           // where it happened, as the CPU has stacked it
    ldr     r3, =0xE000ED38         // BFAR
    ldr     r2, [r3]
    ldr     r3, =__exception_stack_top
    mov     sp, r3
    bl      machine_exception
    .pool
