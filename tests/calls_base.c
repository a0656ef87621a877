/* <fa/base.h>, <fa/random.h> */
#include "calls.h"

static const fa_stream stream = {.seed = 1, .purpose = FA_PURPOSE_USER};

HOLDS(fa_status_string, fa_status_string(FA_OK) != NULL)
HOLDS(fa_last_error, fa_last_error() != NULL)
HOLDS(fa_version, fa_version()[0] != '\0')
HOLDS(fa_build_info, fa_build_info()[0] != '\0')
HOLDS(fa_dtype_name, fa_dtype_name(FA_FLOAT32) != NULL)
HOLDS(fa_dtype_size, fa_dtype_size(FA_FLOAT32) == 4)
HOLDS(fa_matrix_view, fa_matrix_view(w->memory, 2, 3, FA_FLOAT64).rows == 2)
HOLDS(fa_matrix_transpose, fa_matrix_transpose(w->x).rows == w->x.cols)

CALL(fa_matrix_rows)
{
    fa_matrix rows;
    return fa_matrix_rows(&w->x, 1, 2, &rows);
}

CALL(fa_matrix_alloc)
{
    fa_matrix       matrix;
    const fa_status status = fa_matrix_alloc(&matrix, 3, 4, FA_FLOAT32);
    (void)w;
    if ((matrix.data != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_matrix_free(&matrix);
    return status;
}

HOLDS(fa_matrix_free, (fa_matrix_free(&w->spare_matrix), w->spare_matrix.data == NULL))

CALL(fa_matrix_copy)
{
    const fa_matrix copy = world_matrix(w, 2, CALLS_SAMPLES, 5);
    return fa_matrix_copy(&w->x, &copy);
}

CALL(fa_random_words)
{
    uint64_t words[7];
    (void)w;
    return fa_random_words(&stream, 1, 7, words);
}

CALL(fa_random_uniform)
{
    const fa_matrix matrix = world_matrix(w, 2, 5, 7);
    return fa_random_uniform(&stream, -1, 1, &matrix);
}

CALL(fa_random_normal)
{
    const fa_matrix matrix = world_matrix(w, 2, 5, 7);
    return fa_random_normal(&stream, 0, 1, &matrix);
}

CALL(fa_random_permutation)
{
    size_t order[9];
    (void)w;
    return fa_random_permutation(&stream, 9, order);
}

static const every_call calls[] = {
    NEVER(fa_status_string),  NEVER(fa_last_error),    NEVER(fa_version),          NEVER(fa_build_info),
    NEVER(fa_dtype_name),     NEVER(fa_dtype_size),    NEVER(fa_matrix_view),      NEVER(fa_matrix_transpose),
    NEVER(fa_matrix_rows),    NEVER(fa_matrix_free),   ALLOCATES(fa_matrix_alloc), NEVER(fa_matrix_copy),
    NEVER(fa_random_words),   NEVER(fa_random_normal), NEVER(fa_random_uniform),   NEVER(fa_random_permutation),
};

TABLE(calls_of_base, calls);
