/* Sizes that no machine has memory for: every sum and product that would wrap around is refused, before anything is
 * allocated. The networks are not real ones: nothing but their extents is ever looked at. */
#include "support.h"

#include "alloc.h"
#include "network.h"

#include <limits.h>
#include <string.h>

START_TEST(allocation)
{
    support_forget();
    ck_assert_ptr_null(mem_zeroed(SIZE_MAX / 2, 3));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "more than there are addresses for"));
    support_forget();
    ck_assert_ptr_null(mem_zeroed(1, (size_t)PTRDIFF_MAX));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "more than there are addresses for"));
}
END_TEST

/* A refused sum says so, and one that fits is a multiple of 64. */
START_TEST(sums)
{
    size_t total = 1;
    ck_assert(mem_add(&total, 3, 7) && total == 128);
    ck_assert(!mem_add(&total, SIZE_MAX / 2, 3)); /* the product */
    ck_assert(!mem_add(&total, 1, SIZE_MAX - 1)); /* the product, rounded up */
    total = SIZE_MAX - 1;
    ck_assert(!mem_add(&total, 1, 1)); /* the total, rounded up */
    total = SIZE_MAX - 127;
    ck_assert(!mem_add(&total, 1, 128)); /* their sum */
    total = SIZE_MAX - 127;
    ck_assert(mem_add(&total, 1, 64) && total == SIZE_MAX - 63);
}
END_TEST

/* --- passes --- */

static layer layer_of(size_t n_in, size_t n_out, fa_activation activation)
{
    return (layer){.kind = &layer_dense, .dtype = FA_FLOAT64, .n_in = n_in, .n_out = n_out, .activation = activation,
                   .has_bias = true};
}

/* Batches and layers whose activities, weights, or sums of those are more than there are addresses for. */
static const struct {
    size_t max_batch;
    size_t width[3];
} huge[] = {
    {INT_MAX, {1, INT_MAX, 1}},             /* h_1 */
    {INT_MAX, {1, 1, INT_MAX}},             /* h_2 */
    {1, {INT_MAX, INT_MAX, 1}},             /* W_1 */
    {1, {1, INT_MAX, INT_MAX}},             /* W_2 */
    {1, {1 << 30, 1 << 30, 1 << 30}},       /* W_1 and W_2 together */
    {INT_MAX, {1, (1 << 29) + 4, 1 << 29}}, /* h_1 and h_2 together */
    {INT_MAX, {1, 1 << 29, 1 << 29}},       /* those and an error signal */
    {INT_MAX, {1, 322122548, 322122548}},   /* those and z_1: four times 0.3 of 2^64 */
};

START_TEST(passes)
{
    layer layers[2] = {layer_of(huge[_i].width[0], huge[_i].width[1], FA_ERF),
                       layer_of(huge[_i].width[1], huge[_i].width[2], FA_IDENTITY)};
    const fa_network net = {.dtype = FA_FLOAT64, .n_inputs = huge[_i].width[0], .depth = 2, .fingerprint = 1,
                            .loss = FA_SQUARED_ERROR, .layers = layers};
    const bool streams = _i == 4; /* it keeps one gradient at a time */
    fa_pass *pass = (fa_pass *)&pass;
    size_t bytes = 9;
    expect_failure(FA_ERR_SHAPE, fa_pass_create(&pass, &net, huge[_i].max_batch));
    ck_assert_ptr_null(pass);
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "too large"));
    expect_failure(FA_ERR_SHAPE, fa_pass_bytes(&net, huge[_i].max_batch, &bytes));
    ck_assert_uint_eq(bytes, 0);
    if (streams)
        return;
    pass = (fa_pass *)&pass;
    bytes = 9;
    expect_failure(FA_ERR_SHAPE, fa_pass_create_streaming(&pass, &net, huge[_i].max_batch));
    ck_assert_ptr_null(pass);
    expect_failure(FA_ERR_SHAPE, fa_pass_streaming_bytes(&net, huge[_i].max_batch, &bytes));
    ck_assert_uint_eq(bytes, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sizes");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, allocation);
    tcase_add_test(tcase, sums);
    if (sizeof(size_t) == 8)
        tcase_add_loop_test(tcase, passes, 0, (int)(sizeof huge / sizeof *huge));
    return support_run(suite, true);
}
