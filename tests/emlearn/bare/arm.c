/* Cortex-M4F: QEMU's mps2-an386, -icount shift=7: an instruction is 128 ns. */
#include "bare.h"

int main(void);
extern uint32_t stack_top, bss_begin, bss_end;

static uint32_t semihosting(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void print(const char *text) { semihosting(4, text); }

static void leave(int code) {
    semihosting(0x18, (const void *)(code == 0 ? 0x20026 : 0x20023));
    for (;;) {}
}

void start(void) {
    *(volatile uint32_t *)0xE000ED88 |= 0xF << 20; /* the FPU */
    __asm__ volatile("dsb; isb");
    for (uint32_t *word = &bss_begin; word < &bss_end; word++) *word = 0;
    leave(main());
}

static void fault(void) {
    print("a CPU exception\n");
    leave(1);
}

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
    &stack_top, start, fault, fault, fault, fault, fault};

/* SysTick counts down at 25 MHz: 40 ns. */
void start_counter(void) {
    *(volatile uint32_t *)0xE000E014 = 0xFFFFFF;
    *(volatile uint32_t *)0xE000E018 = 0;
    *(volatile uint32_t *)0xE000E010 = 5;
}

/* A round has to be shorter than 2^24 ticks; only differences are used. */
uint32_t counter(void) {
    static uint32_t last, turns;
    uint32_t now = 0xFFFFFF - *(volatile uint32_t *)0xE000E018;
    if (now < last) turns += 0x1000000;
    last = now;
    return turns + now;
}

uint32_t instructions(uint32_t ticks) { return (uint32_t)((uint64_t)ticks * 5 / 16); }
