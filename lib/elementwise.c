#include "elementwise.h"

#include "kernels.h"
#include "matrix.h"

/* Pieces of a matrix that runs across are turned on the stack, so many elements each way. */
enum { PIECE = 32 };

typedef struct piece {
    double memory[PIECE * PIECE] __attribute__((aligned(64)));
} piece;

/* A vector runs in any direction. */
static bool runs_by_columns(const fa_matrix *m)
{
    return m->cols > 1 && m->col_stride != 1;
}

static fa_matrix part_of(const fa_matrix *m, size_t i, size_t rows, size_t j, size_t cols)
{
    fa_matrix part = *m;

    part.data = matrix_at(m, i, j);
    part.rows = rows;
    part.cols = cols;
    return part;
}

/* A part as rows whose elements lie side by side: itself, or a copy. */
static fa_matrix lines_of(const fa_matrix *part, piece *copy)
{
    fa_matrix lines;

    if (!runs_by_columns(part))
        return *part;
    lines = fa_matrix_view(copy->memory, part->rows, part->cols, part->dtype);
    kernels_for(part->dtype)->transpose(part->cols, part->rows, part->data, part->col_stride, copy->memory, part->cols);
    return lines;
}

/* One call, with everything turned so that c runs by rows. */
typedef struct work {
    double           alpha;
    double           beta;
    const fa_matrix *a; /* or NULL */
    const fa_matrix *magnitude; /* or NULL */
    bool             sign;
} work;

static void do_part(const work *w, size_t i, size_t rows, size_t j, size_t cols, const fa_matrix *c)
{
    const kernels  *k = kernels_for(c->dtype);
    const fa_matrix to = part_of(c, i, rows, j, cols);
    piece           turned_a, turned_magnitude;
    fa_matrix       a = {0}, magnitude = {0};

    if (w->a) {
        a = part_of(w->a, i, rows, j, cols);
        a = lines_of(&a, &turned_a);
    }
    if (w->magnitude) {
        magnitude = part_of(w->magnitude, i, rows, j, cols);
        magnitude = lines_of(&magnitude, &turned_magnitude);
    }
    for (size_t r = 0; r < rows; r++) {
        const void *from = w->a ? matrix_at(&a, r, 0) : NULL;

        if (w->sign)
            k->sign(cols, w->alpha, w->magnitude ? matrix_at(&magnitude, r, 0) : NULL, from, matrix_at(&to, r, 0));
        else
            k->combine(cols, w->alpha, from, w->beta, matrix_at(&to, r, 0));
    }
}

static void do_all(const work *w, const fa_matrix *c)
{
    const bool   across = (w->a && runs_by_columns(w->a)) || (w->magnitude && runs_by_columns(w->magnitude));
    const size_t rows = across ? PIECE : c->rows;
    const size_t cols = across ? PIECE : c->cols;

    for (size_t i = 0; i < c->rows; i += rows)
        for (size_t j = 0; j < c->cols; j += cols)
            do_part(w, i, c->rows - i < rows ? c->rows - i : rows, j, c->cols - j < cols ? c->cols - j : cols, c);
}

/* Turn all so that c runs by rows. */
static void do_turned(const work *w, const fa_matrix *c)
{
    const bool      turned = runs_by_columns(c);
    const fa_matrix to = turned ? fa_matrix_transpose(*c) : *c;
    work            by_rows = *w;
    fa_matrix       a, magnitude;

    if (turned && w->a) {
        a = fa_matrix_transpose(*w->a);
        by_rows.a = &a;
    }
    if (turned && w->magnitude) {
        magnitude = fa_matrix_transpose(*w->magnitude);
        by_rows.magnitude = &magnitude;
    }
    do_all(&by_rows, &to);
}

void elementwise_combine(double alpha, const fa_matrix *a, double beta, const fa_matrix *c)
{
    do_turned(&(work){.alpha = alpha, .beta = beta, .a = alpha != 0.0 ? a : NULL}, c);
}

void elementwise_sign(double alpha, const fa_matrix *magnitude, const fa_matrix *a, const fa_matrix *c)
{
    do_turned(&(work){.alpha = alpha, .a = a, .magnitude = magnitude, .sign = true}, c);
}
