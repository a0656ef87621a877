/* What the fuzz targets share: bytes to take values from, files that are bytes, and statements that have to hold. */
#ifndef LIBFA_FUZZ_HARNESS_H
#define LIBFA_FUZZ_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <fa/fa.h>

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of the fuzzer's input. Beyond its end everything is 0. */
typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

uint8_t take_byte(input *in);
uint64_t take_word(input *in);
bool take_chance(input *in, unsigned of_256);
/* 0 .. count - 1. */
size_t take_index(input *in, size_t count);

/* A regular file that lies in memory and holds these bytes until the next call with the same k = 0, 1; its path. */
const char *file_of(unsigned k, const void *bytes, size_t size);

/* Print what did not hold and where, and end the program: libFuzzer then keeps the input. */
#define require(statement) ((statement) ? (void)0 : require_failed(#statement, __FILE__, __LINE__))
void require_failed(const char *statement, const char *file, int line);

/* To be called before what expect_told() judges. */
void forget_failure(void);

/* That the status is one there is, and a failure left a sentence of its own. Returns whether it is FA_OK. */
bool expect_told(fa_status status);

/* The same for a reader, whose sentence begins with the name of the file. */
bool expect_told_of(fa_status status, const char *path);

/* That a reader's result is a contiguous matrix, all of which can be read, or {0} if the status is a failure. */
void expect_result(fa_status status, const fa_matrix *matrix);

/* The same for labels. Releases them. */
void expect_labels(fa_status status, int32_t *labels, size_t count);

#endif
