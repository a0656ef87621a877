/* Drawing the arrays of a feedback. */
#include "feedback.h"

#include <math.h>
#include <string.h>

#include "alloc.h"
#include "elementwise.h"
#include "linalg.h"
#include "rng.h"
#include "status.h"

fa_stream feedback_stream(const feedback_array *array, fa_purpose purpose, uint64_t seed)
{
    return (fa_stream){.seed = seed, .step = array->number, .purpose = purpose, .layer = (uint32_t)array->l};
}

void feedback_draw(const fa_feedback *fb, feedback_array *array, fa_init init, double scale, uint64_t seed)
{
    feedback_array *whole = feedback_is_shared(fb, array) ? fb->shared : array;
    const fa_stream stream = feedback_stream(whole, FA_PURPOSE_FEEDBACK, seed);
    const fa_stream form = feedback_stream(whole, FA_PURPOSE_FORM, seed);

    operand_draw(&whole->operand, init, scale, &stream, &form);
}

size_t feedback_widest(const fa_feedback *fb)
{
    size_t found = 1;

    for (size_t l = 1; l < fb->depth; l++)
        if (fb->widths[l] > found)
            found = fb->widths[l];
    return found;
}

/* A distribution for rng_fill(). */
typedef struct law {
    fa_init init;
    double  scale;
} law;

static law law_of(fa_feedback_draw draw, double rows, double cols, double widest)
{
    switch (draw) {
    case FA_DRAW_NOKLAND:
        break;
    case FA_DRAW_BIOTORCH:
        return (law){FA_INIT_UNIFORM, sqrt(6.0 / (rows + cols))};
    case FA_DRAW_LAUNAY:
        return (law){FA_INIT_UNIFORM, 1.0 / sqrt(widest)};
    case FA_DRAW_LILLICRAP:
        return (law){FA_INIT_UNIFORM, 0.5};
    case FA_DRAW_FRENKEL:
        return (law){FA_INIT_UNIFORM, sqrt(6.0 / rows)};
    case FA_DRAW_AKROUT:
        return (law){FA_INIT_NORMAL, 1.0 / sqrt(rows + cols)};
    case FA_DRAW_REFINETTI:
        return (law){FA_INIT_NORMAL, 1.0 / sqrt(widest)};
    case FA_DRAW_ORTHOGONAL:
        return (law){FA_INIT_NORMAL, 1.0};
    }
    return (law){FA_INIT_UNIFORM, 1.0 / sqrt(rows)};
}

/* A matrix of normal numbers becomes a scaled one with orthonormal columns or rows. */
static fa_status make_orthogonal(const fa_matrix *matrix, double scale)
{
    const size_t doubles = linalg_workspace(matrix->rows, matrix->cols);
    double      *workspace;
    fa_status    status;

    if (doubles == 0)
        return status_set(FA_ERR_SHAPE, "B of %zu x %zu is too large to be made orthogonal", matrix->rows,
                          matrix->cols);
    workspace = mem_zeroed(doubles, sizeof *workspace);
    if (!workspace)
        return FA_ERR_MEMORY;
    status = linalg_orthonormalize(matrix, workspace);
    mem_free(workspace);
    if (status == FA_OK && scale != 1.0)
        elementwise_combine(0.0, NULL, scale, matrix);
    return status;
}

fa_status feedback_draw_as(const fa_feedback *fb, feedback_array *array, fa_feedback_draw draw)
{
    feedback_array  *whole = feedback_is_shared(fb, array) ? fb->shared : array;
    const fa_matrix *matrix = &whole->operand.matrix;
    law              chosen;

    if (whole == fb->shared && whole->drawn)
        return FA_OK; /* with the first layer */
    if (fb->common[DRAW] > 0.0)
        draw = (fa_feedback_draw)fb->common[DRAW];
    chosen = law_of(draw, (double)matrix->rows, (double)matrix->cols, (double)feedback_widest(fb));
    whole->drawn = true;
    if (draw != FA_DRAW_ORTHOGONAL) {
        feedback_draw(fb, array, chosen.init, chosen.scale * fb->common[SCALE], fb->seed);
        return FA_OK;
    }
    if (!matrix->data)
        return status_set(FA_ERR_UNSUPPORTED, "B can be made orthogonal in the forms dense and shared only");
    feedback_draw(fb, array, chosen.init, chosen.scale, fb->seed);
    return make_orthogonal(matrix, fb->common[SCALE]);
}

fa_status fa_feedback_init(fa_feedback *fb, const char *name, size_t l, fa_init init, double scale, uint64_t seed)
{
    bool      found = false;
    fa_status status;

    if (!fb || !name)
        return status_null(__func__, !fb ? "fb" : "name");
    status = rng_check(init, scale);
    if (status != FA_OK)
        return status;
    for (feedback_array *array = fb->arrays; array; array = array->next) {
        if (strcmp(array->name, name) != 0 || (l != 0 && array->l != l))
            continue;
        if (array->kind != FEEDBACK_KEPT)
            return feedback_derived(fb, name);
        found = true;
        feedback_draw(fb, array, init, scale, seed);
    }
    return found ? FA_OK : feedback_no_array(fb, name, l);
}
