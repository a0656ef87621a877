#include "shared.h"

#include "blas.h"
#include "kernels.h"

/* Operands of one operation; what each of them means is the operation's business. */
typedef struct job {
    double           alpha, beta;
    const fa_matrix *a, *b, *c, *d, *e;
    const void      *z, *kept;
    fa_activation    f;
} job;

/* A few microseconds of work on each side. */
enum { ENOUGH = 100000 };

team *shared_team(team *t, size_t rows, size_t cols, size_t depth)
{
    return t && cols > ENOUGH / rows / depth ? t : NULL;
}

fa_matrix shared_block(const fa_matrix *matrix, const team_block *block)
{
    fa_matrix view = *matrix;

    if (block->row > 0 || block->col > 0)
        view.data = (char *)matrix->data + (block->row * matrix->row_stride + block->col * matrix->col_stride) *
                                               fa_dtype_size(matrix->dtype);
    view.rows = block->rows;
    view.cols = block->cols;
    return view;
}

static void product_part(void *data, size_t part, size_t parts)
{
    const job       *j = data;
    const team_block block = team_split(j->c->rows, j->c->cols, j->c->dtype, part, parts);
    const fa_matrix  a = shared_block(j->a, &(team_block){block.row, block.rows, 0, j->a->cols});
    const fa_matrix  b = shared_block(j->b, &(team_block){0, j->b->rows, block.col, block.cols});
    const fa_matrix  c = shared_block(j->c, &block);

    if (block.cols > 0)
        blas_product(j->alpha, &a, &b, j->beta, &c);
}

void shared_product(team *t, double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c)
{
    team *used = shared_team(t, c->rows, c->cols, a->cols);
    job   j = {.alpha = alpha, .beta = beta, .a = a, .b = b, .c = c};

    if (used)
        team_run(used, product_part, &j);
    else
        blas_product(alpha, a, b, beta, c);
}

static void slope_part(void *data, size_t part, size_t parts)
{
    const job       *j = data;
    const team_block block = team_split(j->c->rows, j->c->cols, j->c->dtype, part, parts);
    const fa_matrix  delta = shared_block(j->c, &block);
    const size_t     offset = (size_t)((const char *)delta.data - (const char *)j->c->data);

    if (block.cols > 0)
        kernels_for(delta.dtype)->slope(j->f, delta.rows, delta.cols, delta.row_stride,
                                        (const char *)j->a->data + offset, j->z ? (const char *)j->z + offset : NULL,
                                        delta.data);
}

void shared_slope(team *t, fa_activation f, const fa_matrix *h, const void *z, const fa_matrix *delta)
{
    job j = {.a = h, .z = z, .c = delta, .f = f};

    team_run(shared_team(t, delta->rows, delta->cols, 8), slope_part, &j);
}

static void column_sums_part(void *data, size_t part, size_t parts)
{
    const job *j = data;
    size_t     length;
    size_t     first = team_share(j->a->cols, 64 / fa_dtype_size(j->a->dtype), part, parts, &length);
    size_t     offset = first * fa_dtype_size(j->a->dtype);

    if (length > 0)
        kernels_for(j->a->dtype)->column_sums(j->a->rows, length, j->a->row_stride, j->alpha,
                                              (const char *)j->a->data + offset, j->beta, (char *)j->c->data + offset);
}

void shared_column_sums(team *t, double alpha, const fa_matrix *a, double beta, const fa_matrix *out)
{
    job j = {.alpha = alpha, .beta = beta, .a = a, .c = out};

    team_run(shared_team(t, a->rows, a->cols, 2), column_sums_part, &j);
}

typedef struct squares {
    fa_matrix m; /* row by row */
    double    sums[TEAM_MAX];
} squares;

static void sum_squares_part(void *data, size_t part, size_t parts)
{
    squares        *s = data;
    const fa_matrix m = s->m;
    size_t          length;
    size_t          first = team_share(m.rows, 1, part, parts, &length);
    const char     *data_at = (const char *)m.data + first * m.row_stride * fa_dtype_size(m.dtype);

    s->sums[part] = length > 0 ? kernels_for(m.dtype)->sum_squares(length, m.cols, m.row_stride, data_at) : 0.0;
}

double shared_sum_squares(team *t, const fa_matrix *m)
{
    team   *used = shared_team(t, m->rows, m->cols, 2);
    double  sum = 0.0;
    squares s;

    s.m = m->col_stride == 1 || m->cols == 1 ? *m : fa_matrix_transpose(*m);
    if (!used)
        return kernels_for(m->dtype)->sum_squares(s.m.rows, s.m.cols, s.m.row_stride, s.m.data);
    team_run(used, sum_squares_part, &s);
    for (size_t part = 0; part < team_size(used); part++)
        sum += s.sums[part];
    return sum;
}

static void update_product_part(void *data, size_t part, size_t parts)
{
    const job      *j = data;
    const fa_matrix w = *j->d;
    size_t          length;
    size_t          first = team_share(w.cols, 64 / fa_dtype_size(w.dtype), part, parts, &length);
    size_t          offset = first * fa_dtype_size(w.dtype);

    if (length > 0)
        kernels_for(w.dtype)->update_product(w.rows, length, w.row_stride, j->alpha, j->a ? j->a->data : NULL,
                                             (const char *)j->b->data + offset, j->beta,
                                             j->kept ? (const char *)j->kept + offset : NULL, j->c->data,
                                             (char *)w.data + offset, (char *)j->e->data + offset);
}

void shared_update_product(team *t, double alpha, const fa_matrix *h, const fa_matrix *delta, double beta,
                           const void *kept, const fa_matrix *x, const fa_matrix *w, const fa_matrix *z)
{
    job j = {.alpha = alpha, .beta = beta, .a = h, .b = delta, .c = x, .d = w, .e = z, .kept = kept};

    team_run(shared_team(t, w->rows, w->cols, 2), update_product_part, &j);
}
