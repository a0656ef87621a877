#define _GNU_SOURCE /* memfd_create */
#include "harness.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- bytes --- */

uint8_t take_byte(input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

uint64_t take_word(input *in)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word = word << 8 | take_byte(in);
    return word;
}

bool take_chance(input *in, unsigned of_256)
{
    return 255u - take_byte(in) < of_256; /* the zeros beyond the end mean no */
}

size_t take_index(input *in, size_t count)
{
    return take_byte(in) % count;
}

/* --- files --- */

const char *file_of(unsigned k, const void *bytes, size_t size)
{
    static int fd[2] = {-1, -1};
    static char path[2][32];
    if (fd[k] < 0) {
        fd[k] = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path[k], sizeof path[k], "/proc/self/fd/%d", fd[k]);
    }
    require(fd[k] >= 0 && ftruncate(fd[k], 0) == 0);
    require(pwrite(fd[k], bytes, size, 0) == (ssize_t)size);
    return path[k];
}

/* --- statements --- */

void require_failed(const char *statement, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s (last error: \"%s\")\n", file, line, statement, fa_last_error());
    abort();
}

static char forgotten[64];

void forget_failure(void)
{
    fa_loss loss;
    fa_loss_find("forgotten", &loss);
    memcpy(forgotten, fa_last_error(), sizeof forgotten - 1);
}

bool expect_told(fa_status status)
{
    require(status <= FA_OK && status >= FA_ERR_RULE);
    const bool told = strncmp(fa_last_error(), forgotten, sizeof forgotten - 1) != 0;
    require(status == FA_OK || (told && fa_last_error()[0] != '\0'));
    return status == FA_OK;
}

bool expect_told_of(fa_status status, const char *path)
{
    const bool ok = expect_told(status);
    require(ok || strncmp(fa_last_error(), path, strlen(path)) == 0);
    return ok;
}

/* So that no compiler leaves the reading out. */
static volatile double sink;

void expect_result(fa_status status, const fa_matrix *matrix)
{
    static const fa_matrix nothing;
    if (status != FA_OK) {
        require(matrix->data == nothing.data && matrix->rows == 0 && matrix->cols == 0 && matrix->row_stride == 0 &&
                matrix->col_stride == 0 && matrix->dtype == 0);
        return;
    }
    require(matrix->data != NULL && matrix->rows >= 1 && matrix->cols >= 1);
    require(matrix->rows <= INT_MAX && matrix->cols <= INT_MAX);
    require((matrix->col_stride == 1 && matrix->row_stride == matrix->cols) ||
            (matrix->row_stride == 1 && matrix->col_stride == matrix->rows));
    const size_t bytes = matrix->rows * matrix->cols * fa_dtype_size(matrix->dtype);
    unsigned sum = 0;
    for (size_t i = 0; i < bytes; i++)
        sum += ((const unsigned char *)matrix->data)[i];
    sink = sum;
}

void expect_labels(fa_status status, int32_t *labels, size_t count)
{
    require((status == FA_OK) == (labels != NULL) && (status == FA_OK) == (count > 0));
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += labels[i];
    sink = sum;
    fa_labels_free(labels);
}
