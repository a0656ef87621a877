/* Data sets (<fa/data.h>) and random numbers (<fa/random.h>). */
#include "world.h"

/* --- data sets --- */

static fa_status adopt(fa_dataset **slot, fa_dataset *made, fa_status status)
{
    require((status == FA_OK) == (made != NULL));
    if (made != NULL) {
        fa_dataset_destroy(*slot);
        *slot = made;
    }
    return status;
}

static int32_t *take_labels(world *w, input *in, size_t count, size_t classes)
{
    int32_t *labels = keep_memory(w, count * sizeof *labels);
    uint32_t state = take_byte(in);
    for (size_t i = 0; i < count; i++) {
        state = state * UINT32_C(1664525) + UINT32_C(1013904223);
        labels[i] = (int32_t)((state >> 16) % (classes == 0 || classes > 100 ? 1 : classes));
    }
    if (take_chance(in, 8))
        labels[count - 1] = take_byte(in) % 2 == 0 ? -1 : INT32_MAX;
    return labels;
}

static fa_status create(world *w, input *in)
{
    const fa_network *net = w->net[slot_of(in)];
    const size_t classes = fa_network_width(net, fa_network_depth(net));
    const fa_matrix *x = take_x(w, in, net, take_size(in));
    fa_dataset *made = NULL;
    fa_status status;
    if (take_byte(in) % 2 == 0) {
        status = fa_dataset_create(&made, x, take_target(w, in, net, x == NULL ? 1 : x->rows));
    } else {
        const size_t count = x == NULL || x->rows > 100 || x->rows == 0 ? 100 : x->rows;
        const int32_t *labels = take_chance(in, 4) ? NULL : take_labels(w, in, count, classes);
        status = fa_dataset_create_labelled(&made, x, labels, take_chance(in, 8) ? take_size(in) : classes);
    }
    return adopt(&w->data[slot_of(in)], made, status);
}

static fa_status destroy(world *w, input *in)
{
    fa_dataset **slot = &w->data[slot_of(in)];
    if (!may_destroy(in))
        return FA_OK;
    fa_dataset_destroy(*slot);
    *slot = NULL;
    return FA_OK;
}

static fa_status part(world *w, input *in)
{
    const fa_dataset *data = PICK(w, in, data);
    fa_dataset *made = NULL, *parts[2] = {NULL, NULL};
    const size_t sizes[2] = {take_size(in), take_size(in)};
    fa_status status;
    switch (take_byte(in) % 3) {
    case 0:
        status = fa_dataset_rows(&made, data, sizes[0] - 1, sizes[1]);
        break;
    case 1:
        status = fa_dataset_copy(&made, data);
        break;
    default:
        status = fa_dataset_split(data, take_byte(in), take_byte(in) % 3, sizes, parts);
        fa_dataset_destroy(parts[1]);
        made = parts[0];
    }
    return adopt(&w->data[slot_of(in)], made, status);
}

static fa_status look(world *w, input *in)
{
    const fa_dataset *data = PICK(w, in, data);
    const size_t first = take_size(in) - 1, count = take_size(in), room = count > 100 ? 1 : count;
    const size_t inputs = fa_dataset_n_inputs(data), outputs = fa_dataset_n_outputs(data);
    fa_matrix x, target;
    fa_status status;
    switch (take_byte(in) % 3) {
    case 0:
        status = fa_dataset_view(data, first, count, &x, &target);
        look_at(status, &x);
        if (status == FA_OK && !fa_dataset_has_labels(data))
            look_at(status, &target);
        return status;
    case 1:
        return fa_dataset_labels(data, first, count, keep_memory(w, room * sizeof(int32_t)));
    default: {
        size_t *rows = take_byte(in) % 2 == 0 ? NULL : keep_memory(w, room * sizeof *rows);
        for (size_t i = 0; rows != NULL && i < room; i++)
            rows[i] = (size_t)take_byte(in) % (fa_dataset_size(data) + 1);
        const fa_matrix *to = take_matrix(w, in, room, inputs, fa_dataset_dtype(data));
        const fa_matrix *wanted = take_chance(in, 32) ? NULL
                                                      : take_matrix(w, in, room, outputs, fa_dataset_dtype(data));
        return fa_dataset_gather(data, rows, room, to, wanted);
    }
    }
}

static fa_status moments(world *w, input *in)
{
    fa_dataset *data = PICK(w, in, data);
    const fa_matrix *mean = take_matrix(w, in, 1, fa_dataset_n_inputs(data), FA_FLOAT64);
    const fa_matrix *deviation = take_matrix(w, in, 1, fa_dataset_n_inputs(data), FA_FLOAT64);
    const fa_status status = take_byte(in) % 4 == 0 ? FA_OK : fa_dataset_moments(data, mean, deviation);
    return status != FA_OK ? status : fa_dataset_standardize(data, mean, deviation);
}

static fa_status one_hot(world *w, input *in)
{
    const size_t count = take_size(in), room = count == 0 || count > 100 ? 1 : count, classes = take_size(in);
    const int32_t *labels = take_labels(w, in, room, classes);
    return fa_one_hot(labels, room, take_matrix(w, in, room, classes, (fa_dtype)take_kind(in, 2)));
}

const operation data_operations[] = {
    {create, NOTHING}, {create, NOTHING},  {destroy, NOTHING}, {part, NOTHING}, {look, NOTHING},
    {moments, NOTHING}, {one_hot, NOTHING}, {NULL, NOTHING},
};

/* --- random numbers and matrices --- */

static fa_status random(world *w, input *in)
{
    const fa_stream stream = {
        .seed = take_byte(in), .step = take_byte(in), .purpose = take_byte(in), .layer = take_byte(in)};
    const fa_stream *name = take_chance(in, 4) ? NULL : &stream;
    const size_t count = take_size(in), room = count > 100 ? 1 : count;
    switch (take_byte(in) % 4) {
    case 0:
        return fa_random_words(name, take_chance(in, 8) ? UINT64_MAX - 3 : take_word(in), room,
                               keep_memory(w, room * sizeof(uint64_t)));
    case 1:
        return fa_random_permutation(name, room, keep_memory(w, room * sizeof(size_t)));
    case 2:
        return fa_random_uniform(name, take_number(in), take_number(in), take_matrix(w, in, 3, room, FA_FLOAT32));
    default:
        return fa_random_normal(name, take_number(in), take_number(in), take_matrix(w, in, room, 3, FA_FLOAT64));
    }
}

static fa_status matrices(world *w, input *in)
{
    const size_t rows = take_size(in), cols = take_size(in);
    const fa_matrix *a = take_matrix(w, in, rows, cols, (fa_dtype)take_kind(in, 2));
    fa_matrix made;
    fa_status status;
    switch (take_byte(in) % 3) {
    case 0:
        return fa_matrix_copy(a, take_matrix(w, in, rows, cols, (fa_dtype)take_kind(in, 2)));
    case 1:
        if (a == NULL || a->rows > 100 || a->data == NULL) /* fa_matrix_rows() checks the range only */
            return FA_OK;
        status = fa_matrix_rows(a, take_size(in) - 1, take_size(in), &made);
        require(status != FA_OK || made.rows <= a->rows);
        return status;
    default:
        status = fa_matrix_alloc(&made, rows, cols, (fa_dtype)take_kind(in, 2));
        look_at(status, &made);
        fa_matrix_free(&made);
        return status;
    }
}

const operation random_operations[] = {{random, NOTHING}, {matrices, NOTHING}, {NULL, NOTHING}};
