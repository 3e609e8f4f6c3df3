/* Asks three forests the same questions: emlearn's two forms and ours.
 *
 * On a host: nanoseconds a question. Each question comes once a round, so that no branch can learn its answer; the forests
 * alternate. The questions are timed in blocks, and the best of the rounds counts for each block: other programs then
 * disturb little. On a bare machine: instructions a question, from the machine's own counter.
 */
#include <stdint.h>

#include "emlearn_inline.h"
#include "emlearn_loadable.h"

enum { FEATURES = 20 };

/* ours: node/src/lib.rs */
int32_t ours_open(void);
int32_t ours_predict(const int16_t *features, int32_t count);

typedef int32_t (*Ask)(const int16_t *features, int32_t count);

static int32_t nothing(const int16_t *features, int32_t count) {
    (void)count;
    return features[0] & 7;
}

#define NOINLINE __attribute__((noinline))

static NOINLINE int32_t ask_all(Ask ask, const int16_t *questions, int32_t count, uint8_t *answers) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        int32_t answer = ask(questions + i * FEATURES, FEATURES);
        answers[i] = (uint8_t)answer;
        sum += answer;
    }
    return sum;
}

#ifndef BARE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 20000, BLOCK = 500, ROUNDS = 60 };
static int16_t questions[MOST * FEATURES];
static uint8_t expected[MOST], answers[MOST];

static size_t load(const char *path, void *into, size_t size) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    size_t read = fread(into, 1, size, file);
    fclose(file);
    return read;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(void) {
    int32_t count = (int32_t)(load("asked.bin", questions, sizeof questions) / (2 * FEATURES));
    load("answers.bin", expected, sizeof expected);
    if (ours_open() != 0) {
        fprintf(stderr, "ours: the model was refused\n");
        return 2;
    }
    static struct { const char *name; Ask ask; double best[MOST / BLOCK]; } forests[] = {
        {"nothing", nothing, {0}},
        {"inline", eml_inline_predict, {0}},
        {"loadable", eml_loadable_predict, {0}},
        {"ours", ours_predict, {0}},
    };
    int kinds = sizeof forests / sizeof *forests;
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < kinds; k++) {
            for (int block = 0; block < count / BLOCK; block++) {
                double begin = now();
                ask_all(forests[k].ask, questions + block * BLOCK * FEATURES, BLOCK, answers);
                double took = now() - begin, *best = &forests[k].best[block];
                if (round == 0 || took < *best) *best = took;
            }
        }
    }
    double ns[4] = {0};
    for (int k = 0; k < kinds; k++) {
        for (int block = 0; block < count / BLOCK; block++) ns[k] += forests[k].best[block] / count;
    }
    for (int k = 1; k < kinds; k++) {
        int32_t agree = 0;
        ask_all(forests[k].ask, questions, count, answers);
        for (int32_t i = 0; i < count; i++) agree += answers[i] == expected[i];
        printf("%s %.1f %.2f\n", forests[k].name, ns[k] - ns[0], 100.0 * agree / count);
    }
    return 0;
}

#else
#include "bare.h"
#include "few.h"

static uint8_t answers[FEW];

static void number(uint32_t value) {
    char digits[11], *at = digits + 10;
    *at = 0;
    do *--at = (char)('0' + value % 10);
    while (value /= 10);
    print(at);
}

int main(void) {
    start_counter();
    if (ours_open() != 0) {
        print("ours: the model was refused\n");
        return 2;
    }
    uint32_t begin = counter();
    ask_all(nothing, few, FEW, answers);
    uint32_t base = counter() - begin;
    static const struct { const char *name; Ask ask; } forests[] = {
        {"inline ", eml_inline_predict}, {"loadable ", eml_loadable_predict}, {"ours ", ours_predict}};
    for (int k = 0; k < 3; k++) {
        begin = counter();
        int32_t sum = ask_all(forests[k].ask, few, FEW, answers);
        uint32_t took = counter() - begin;
        print(forests[k].name);
        number(instructions(took - base) / FEW);
        print(" ");
        number((uint32_t)sum);
        print("\n");
    }
    return 0;
}
#endif
