/* What measure.c needs of a machine without an operating system; arm.c and riscv.c have it. */
#include <stdint.h>

void print(const char *text);
void start_counter(void);
uint32_t counter(void);
/* Ticks of the counter as instructions. */
uint32_t instructions(uint32_t ticks);
