#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t slot_of(input *in)
{
    return take_chance(in, 40) ? 1 : 0;
}

bool may_destroy(input *in)
{
    return take_chance(in, 40);
}

void *keep_memory(world *w, size_t bytes)
{
    void *memory = malloc(bytes);
    require(memory != NULL && w->n_kept < KEPT);
    return w->kept[w->n_kept++] = memory;
}

size_t take_size(input *in)
{
    static const size_t strange[] = {0, SIZE_MAX, (size_t)INT32_MAX + 1, SIZE_MAX / 2 + 1};
    const uint8_t byte = take_byte(in);
    if (byte >= 252)
        return strange[byte - 252];
    return byte >= 240 ? 10 + take_byte(in) % 60 : 1 + byte % 9;
}

double take_number(input *in)
{
    static const double numbers[] = {0,      1,     0.5,    0.1,      0.9,      2,   3,         1e-3,
                                     10,     0.01,  100,    -1,       -0.0,     1e6, 1e-8,      1e30,
                                     1e-300, 1e308, -1e308, 4.9e-324, INFINITY, NAN, -INFINITY, 0.25,
                                     0.75,   1e-30, 0.9999, 1.5,      4,        5,   6,         2147483647};
    return numbers[take_index(in, sizeof numbers / sizeof numbers[0])];
}

size_t take_layer(input *in, size_t most)
{
    const uint8_t byte = take_byte(in);
    if (byte >= 248)
        return byte == 255 ? SIZE_MAX : most + byte - 247;
    return byte >= 224 || most == 0 ? 0 : 1 + byte % most;
}

int take_kind(input *in, size_t count)
{
    const uint8_t byte = take_byte(in);
    return byte >= 252 ? (int)byte - 253 : 1 + (int)(byte % count);
}

/* Up to 15 bytes as they are. */
static const char *take_text(world *w, input *in)
{
    size_t length = take_byte(in) % 16;
    char *text = keep_memory(w, length + 1);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)take_byte(in);
    text[length] = '\0';
    return text;
}

const char *take_name(world *w, input *in, const fa_param *params, size_t n)
{
    const uint8_t byte = take_byte(in);
    if (byte == 255)
        return NULL;
    return byte >= 250 || n == 0 ? take_text(w, in) : params[byte % n].name;
}

const char *take_choice_param(world *w, input *in, const fa_param *params, size_t n)
{
    const size_t first = take_byte(in);
    for (size_t i = 0; i < n; i++)
        if (params[(first + i) % n].choices != NULL)
            return params[(first + i) % n].name;
    return take_name(w, in, params, n);
}

const char *take_choice(world *w, input *in, const fa_param *params, size_t n, const char *name)
{
    const char *choices = NULL;
    for (size_t i = 0; i < n && name != NULL; i++)
        if (strcmp(params[i].name, name) == 0)
            choices = params[i].choices;
    if (choices == NULL || take_chance(in, 8))
        return take_chance(in, 8) ? NULL : take_text(w, in);
    size_t skip = take_byte(in) % 9;
    for (const char *bar; skip > 0 && (bar = strchr(choices, '|')) != NULL; skip--)
        choices = bar + 1;
    const size_t length = strcspn(choices, "|");
    char *choice = keep_memory(w, length + 1);
    memcpy(choice, choices, length);
    choice[length] = '\0';
    return choice;
}

/* --- matrices --- */

static void put(const fa_matrix *matrix, size_t i, size_t j, double value)
{
    const size_t at = i * matrix->row_stride + j * matrix->col_stride;
    if (matrix->dtype == FA_FLOAT32)
        ((float *)matrix->data)[at] = (float)value;
    else
        ((double *)matrix->data)[at] = value;
}

/* The kind of numbers is in the byte: small ones for most, else 0, one-hot rows, huge, tiny, one that is not finite. */
static void fill(const fa_matrix *matrix, uint8_t byte)
{
    const double factor = byte >= 236 ? 1e-42 : byte >= 226 ? 3e37 : byte >= 200 && byte < 210 ? 0 : 1;
    uint32_t state = byte * UINT32_C(2654435761) + 1;
    for (size_t i = 0; i < matrix->rows; i++)
        for (size_t j = 0; j < matrix->cols; j++) {
            state = state * UINT32_C(1664525) + UINT32_C(1013904223);
            const double number = (state >> 8) * 0x1p-23 - 1;
            put(matrix, i, j, byte >= 210 && byte < 226 ? (i + byte) % matrix->cols == j : factor * number);
        }
    if (byte >= 246)
        put(matrix, byte % matrix->rows, byte % matrix->cols, byte % 2 == 0 ? NAN : INFINITY);
}

/* A sound matrix. */
static fa_matrix make(world *w, uint8_t layout, size_t rows, size_t cols, fa_dtype dtype)
{
    const size_t pad = layout & 1 ? 3 : 0;
    fa_matrix matrix = fa_matrix_view(NULL, rows, cols, dtype);
    matrix.row_stride = layout & 2 ? 1 : cols + pad;
    matrix.col_stride = layout & 2 ? rows + pad : 1;
    const size_t last = (rows - 1) * matrix.row_stride + (cols - 1) * matrix.col_stride;
    matrix.data = keep_memory(w, (last + 1) * (dtype == FA_FLOAT32 ? sizeof(float) : sizeof(double)));
    memset(matrix.data, 0, (last + 1) * (dtype == FA_FLOAT32 ? sizeof(float) : sizeof(double)));
    return matrix;
}

/* What no function may take. */
static void spoil(fa_matrix *matrix, uint8_t byte)
{
    switch (byte % 5) {
    case 0:
        matrix->data = NULL;
        break;
    case 1:
        matrix->dtype = (fa_dtype)(byte % 3 == 0 ? 0 : 7);
        break;
    case 2:
        matrix->rows = SIZE_MAX / 2;
        matrix->row_stride = SIZE_MAX / 2;
        break;
    case 3:
        matrix->cols = 0;
        break;
    default:
        matrix->row_stride = matrix->col_stride = 2; /* neither is 1 */
        matrix->rows = matrix->cols = 2;
    }
}

const fa_matrix *take_matrix(world *w, input *in, size_t rows, size_t cols, fa_dtype dtype)
{
    const uint8_t how = take_byte(in), content = take_byte(in);
    if (how == 255)
        return NULL;
    rows += how == 250;
    cols += how == 251;
    if (rows < 1 || rows > 100)
        rows = 1;
    if (cols < 1 || cols > 100)
        cols = 1;
    if (dtype != FA_FLOAT32 && dtype != FA_FLOAT64)
        dtype = FA_FLOAT64;
    if (how == 252)
        dtype = dtype == FA_FLOAT32 ? FA_FLOAT64 : FA_FLOAT32;
    fa_matrix *matrix = keep_memory(w, sizeof *matrix);
    *matrix = make(w, how, rows, cols, dtype);
    fill(matrix, content);
    if (how == 253)
        spoil(matrix, content);
    return matrix;
}

const fa_matrix *take_x(world *w, input *in, const fa_network *net, size_t n)
{
    return take_matrix(w, in, n, fa_network_width(net, 0), fa_network_dtype(net));
}

const fa_matrix *take_target(world *w, input *in, const fa_network *net, size_t n)
{
    return take_matrix(w, in, n, fa_network_width(net, fa_network_depth(net)), fa_network_dtype(net));
}

size_t take_batch(input *in, const fa_pass *pass)
{
    const size_t most = fa_pass_max_batch(pass);
    const uint8_t byte = take_byte(in);
    return byte >= 252 || most == 0 ? most + 1 : byte % 2 == 0 ? most : 1 + byte / 2 % most;
}

static volatile double sink;

void look_at(fa_status status, const fa_matrix *view)
{
    if (status != FA_OK) {
        require(view->data == NULL && view->rows == 0 && view->cols == 0);
        return;
    }
    double sum = 0;
    for (size_t i = 0; i < view->rows; i++)
        for (size_t j = 0; j < view->cols; j++) {
            const size_t at = i * view->row_stride + j * view->col_stride;
            sum += view->dtype == FA_FLOAT32 ? (double)((const float *)view->data)[at]
                                             : ((const double *)view->data)[at];
        }
    sink = sum;
}

void end_world(world *w)
{
    for (size_t k = 0; k < SLOTS; k++) {
        fa_network_destroy(w->net[k]);
        fa_invariant_destroy(w->invariant[k]);
        fa_recorder_destroy(w->rec[k]);
        fa_trainer_destroy(w->trainer[k]);
        fa_dataset_destroy(w->data[k]);
        fa_optimizer_destroy(w->opt[k]);
        fa_feedback_destroy(w->fb[k]);
        fa_pass_destroy(w->pass[k]);
    }
    while (w->n_kept > 0)
        free(w->kept[--w->n_kept]);
}
