#include "sparse.h"

static void change(const fa_matrix *B, const fa_matrix *numbers, double factor, double fraction)
{
    double *elements = B->data;
    const double *number = numbers->data;

    for (size_t i = 0; i < B->rows * B->cols; i++)
        elements[i] = number[i] < fraction ? 0.0 : factor * elements[i];
}

fa_status sparse_feedback(fa_feedback *feedback, size_t l, double factor, double fraction, uint64_t seed)
{
    fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_USER, .layer = (uint32_t)l};
    fa_matrix view, B = {0}, numbers = {0}, rounded = {0};
    fa_status status;

    if (factor >= 1.0 && factor <= 1.0 && !(fraction > 0.0))
        return FA_OK;
    status = fa_feedback_get(feedback, "B", l, &view);
    if (status != FA_OK)
        return status;
    status = fa_matrix_alloc(&B, view.rows, view.cols, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_matrix_alloc(&numbers, view.rows, view.cols, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_matrix_alloc(&rounded, view.rows, view.cols, view.dtype);
    if (status == FA_OK)
        status = fa_random_uniform(&stream, 0.0, 1.0, &numbers);
    if (status == FA_OK)
        status = fa_matrix_copy(&view, &B);
    if (status == FA_OK) {
        change(&B, &numbers, factor, fraction);
        status = fa_matrix_copy(&B, &rounded);
    }
    if (status == FA_OK)
        status = fa_feedback_set(feedback, "B", l, &rounded);
    fa_matrix_free(&B);
    fa_matrix_free(&numbers);
    fa_matrix_free(&rounded);
    return status;
}
