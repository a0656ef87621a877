/* Rank and condition, and the matrix that lies between weights and feedback. */
#include "diagnostics.h"

#include <math.h>

#include "blas.h"
#include "feedback.h"
#include "linalg.h"
#include "matrix.h"
#include "status.h"

/* --- spectra ---------------------------------------------------------------------------------------------------- */

static fa_status take_spectrum(const fa_matrix *matrix, double *workspace, fa_spectrum *spectrum)
{
    linalg_spectrum s;
    fa_status       status = linalg_singular_values(matrix, LINALG_SWEEPS, workspace, &s);

    if (status == FA_OK)
        *spectrum = (fa_spectrum){.rank = s.rank, .values = s.count, .largest = s.values[0],
                                  .smallest = s.values[s.count - 1], .condition = s.condition};
    return status;
}

fa_status diagnostics_spectrum(arena *a, const fa_matrix *matrix, fa_spectrum *spectrum)
{
    const size_t needed = linalg_workspace(matrix->rows, matrix->cols);
    fa_status    status;

    arena_begin(a);
    (void)arena_take(a, needed, sizeof(double));
    a->overflow = a->overflow || needed == 0;
    status = arena_commit(a);
    return status == FA_OK ? take_spectrum(matrix, arena_take(a, needed, sizeof(double)), spectrum) : status;
}

static fa_status lay_feedback(arena *a, const fa_feedback *fb, size_t l, fa_matrix *b, double **svd)
{
    fa_status status = diagnostics_feedback_lay(a, fb, l, b);

    if (status == FA_OK) {
        const size_t needed = linalg_workspace(b->rows, b->cols);

        *svd = arena_take(a, needed, sizeof **svd);
        a->overflow = a->overflow || needed == 0;
    }
    return status;
}

fa_status diagnostics_feedback_spectrum(arena *a, const fa_feedback *fb, size_t l, fa_spectrum *spectrum)
{
    fa_matrix b;
    double   *svd;
    fa_status status;

    arena_begin(a);
    status = lay_feedback(a, fb, l, &b, &svd);
    if (status == FA_OK)
        status = arena_commit(a);
    if (status == FA_OK)
        status = lay_feedback(a, fb, l, &b, &svd);
    return status == FA_OK ? take_spectrum(&b, svd, spectrum) : status;
}

fa_status fa_spectrum_of(const fa_matrix *a, fa_spectrum *spectrum)
{
    arena     scratch = {0};
    fa_status status;

    if (!spectrum)
        return status_null(__func__, "spectrum");
    *spectrum = (fa_spectrum){.largest = (double)NAN, .smallest = (double)NAN, .condition = (double)NAN};
    status = matrix_check(a, "a");
    if (status == FA_OK)
        status = diagnostics_spectrum(&scratch, a, spectrum);
    arena_release(&scratch);
    return status;
}

/* --- the alignment matrix ----------------------------------------------------------------------------------------- */

/* Scratch, in float64 but for B, and what comes of it. */
typedef struct between {
    fa_matrix given[2]; /* B_{l-1}, B_l; one that there is not is left out */
    double   *svd;     /* for any of the matrices */
    fa_matrix low;     /* B_{l-1}^+ [n_L x n_{l-1}] */
    fa_matrix high;    /* B_l^+ [n_L x n_l] */
    fa_matrix weights; /* W_l */
    fa_matrix half;    /* B_l^+ W_l [n_L x n_{l-1}] */
    fa_matrix a;
    fa_matrix result;  /* A_l in the network's dtype */
} between;

static fa_status lay(arena *a, const fa_network *net, const fa_feedback *fb, size_t l, between *s)
{
    fa_status    status = l > 1 ? diagnostics_feedback_lay(a, fb, l - 1, &s->given[0]) : FA_OK;
    const size_t out = fa_network_width(net, net->depth);
    const size_t n = fa_network_width(net, l), m = fa_network_width(net, l - 1);
    const size_t widest = n > m ? n : m, cols = l == 1 ? m : out;
    const size_t svd[2] = {linalg_workspace(widest, out), linalg_workspace(out, cols)};

    if (status == FA_OK && l < net->depth)
        status = diagnostics_feedback_lay(a, fb, l, &s->given[1]);
    if (status != FA_OK)
        return status;
    a->overflow = a->overflow || svd[0] == 0 || svd[1] == 0;
    s->svd = arena_take(a, svd[0] > svd[1] ? svd[0] : svd[1], sizeof *s->svd);
    s->low = arena_matrix(a, out, m, FA_FLOAT64);
    s->high = arena_matrix(a, out, n, FA_FLOAT64);
    s->weights = arena_matrix(a, n, m, FA_FLOAT64);
    s->half = arena_matrix(a, out, m, FA_FLOAT64);
    s->a = arena_matrix(a, out, cols, FA_FLOAT64);
    s->result = arena_matrix(a, out, cols, net->dtype);
    return FA_OK;
}

/* A_l in s->result. */
static fa_status solve(const fa_network *net, size_t l, between *s)
{
    const fa_matrix w = fa_matrix_transpose(network_layer(net, l)->weights_t), low_t = fa_matrix_transpose(s->low);
    fa_status       status = matrix_check_finite(&w, "W");

    if (status == FA_OK && l < net->depth)
        status = linalg_pseudo_inverse(&s->given[1], &s->high, s->svd, NULL);
    if (status == FA_OK && l > 1)
        status = linalg_pseudo_inverse(&s->given[0], &s->low, s->svd, NULL);
    if (status != FA_OK)
        return status;
    matrix_move(&w, &s->weights);
    if (l < net->depth)
        blas_product(1.0, &s->high, &s->weights, 0.0, &s->half);
    else
        s->half = s->weights;
    if (l > 1)
        blas_product(1.0, &s->half, &low_t, 0.0, &s->a);
    else
        s->a = s->half;
    matrix_move(&s->a, &s->result);
    return FA_OK;
}

static fa_status alignment(arena *a, const fa_network *net, const fa_feedback *fb, size_t l, between *s)
{
    fa_status status;

    arena_begin(a);
    status = lay(a, net, fb, l, s);
    if (status == FA_OK)
        status = arena_commit(a);
    if (status == FA_OK)
        status = lay(a, net, fb, l, s);
    return status == FA_OK ? solve(net, l, s) : status;
}

fa_status diagnostics_alignment_spectrum(arena *a, const fa_network *net, const fa_feedback *fb, size_t l,
                                         fa_spectrum *spectrum)
{
    between   s;
    fa_status status = alignment(a, net, fb, l, &s);

    return status == FA_OK ? take_spectrum(&s.result, s.svd, spectrum) : status;
}

fa_status fa_alignment_matrix(const fa_network *net, const fa_feedback *fb, size_t l, const fa_matrix *a)
{
    arena     scratch = {0};
    between   s;
    fa_status status;

    if (!net || !fb || !a)
        return status_null(__func__, !net ? "net" : !fb ? "fb" : "a");
    status = network_check_fits(net, fb->fingerprint, "feedback");
    if (status == FA_OK)
        status = diagnostics_check_alignment(net, fb, l, 1);
    if (status == FA_OK)
        status = matrix_check_shape(a, "a", fa_network_width(net, net->depth),
                                    fa_network_width(net, l == 1 ? 0 : net->depth), a->dtype);
    if (status == FA_OK)
        status = alignment(&scratch, net, fb, l, &s);
    if (status == FA_OK)
        matrix_move(&s.a, a);
    arena_release(&scratch);
    return status;
}
