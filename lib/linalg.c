#include "linalg.h"

#include "matrix.h"
#include "status.h"

#include <float.h>
#include <math.h>

/* A matrix with its longer side down, column by column, in the workspace; and what rotations make of the identity. */
typedef struct tall {
    size_t  rows;
    size_t  cols;
    int     exponent; /* the matrix is 2^exponent times x */
    double *x;        /* [cols][rows] */
    double *v;        /* [cols][cols]; NULL where nobody needs it */
    double *squares;  /* [cols], of the columns' norms */
    double *values;   /* [cols] */
    double *line;     /* [rows] */
} tall;

size_t linalg_workspace(size_t rows, size_t cols)
{
    const size_t longer = rows > cols ? rows : cols, shorter = rows > cols ? cols : rows;
    size_t sides, bytes;

    /* x, squares, values, line, v. */
    if (__builtin_add_overflow(longer, shorter, &sides) || __builtin_add_overflow(sides, (size_t)2, &sides) ||
        __builtin_mul_overflow(sides, shorter, &sides) || __builtin_add_overflow(sides, longer, &sides) ||
        __builtin_mul_overflow(sides, sizeof(double), &bytes))
        return 0;
    return bytes / sizeof(double);
}

/* --- columns ------------------------------------------------------------------------------------------------ */

/* Four sums run at once. */
static double dot(size_t n, const double *a, const double *b)
{
    double s[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        s[0] += a[i] * b[i];
        s[1] += a[i + 1] * b[i + 1];
        s[2] += a[i + 2] * b[i + 2];
        s[3] += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++)
        s[0] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static void rotate(size_t n, double c, double s, double *restrict a, double *restrict b)
{
    for (size_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i];

        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

static void swap(size_t n, double *restrict a, double *restrict b)
{
    for (size_t i = 0; i < n; i++) {
        const double x = a[i];

        a[i] = b[i];
        b[i] = x;
    }
}

static void add(size_t n, double factor, const double *restrict a, double *restrict b)
{
    for (size_t i = 0; i < n; i++)
        b[i] += factor * a[i];
}

static void multiply(size_t n, double factor, double *a)
{
    for (size_t i = 0; i < n; i++)
        a[i] *= factor;
}

/* --- a matrix in the workspace -------------------------------------------------------------------------------- */

/* View of the matrix that has its longer side down. */
static fa_matrix upright(const fa_matrix *a)
{
    return a->rows < a->cols ? fa_matrix_transpose(*a) : *a;
}

/* View of x, shaped like upright(a). */
static fa_matrix stored(const tall *t)
{
    return fa_matrix_transpose(fa_matrix_view(t->x, t->cols, t->rows, FA_FLOAT64));
}

/* Copy, scaled so that the largest element is in [1/2, 1). */
static fa_status load(tall *t, const fa_matrix *a, bool with_v, double *workspace)
{
    const fa_matrix from = upright(a);
    fa_status status = matrix_check(a, "the matrix");
    double largest = 0.0;

    if (status == FA_OK)
        status = matrix_check_finite(a, "the matrix");
    if (status != FA_OK)
        return status;
    *t = (tall){.rows = from.rows, .cols = from.cols, .x = workspace};
    t->squares = t->x + t->rows * t->cols;
    t->values = t->squares + t->cols;
    t->line = t->values + t->cols;
    t->v = with_v ? t->line + t->rows : NULL;

    const fa_matrix to = stored(t);
    matrix_move(&from, &to);
    for (size_t i = 0; i < t->rows * t->cols; i++)
        largest = fmax(largest, fabs(t->x[i]));
    (void)frexp(largest, &t->exponent);
    for (size_t i = 0; i < t->rows * t->cols; i++)
        t->x[i] = ldexp(t->x[i], -t->exponent);
    return FA_OK;
}

static double *column(const tall *t, size_t j)
{
    return t->x + j * t->rows;
}

/* --- Jacobi --------------------------------------------------------------------------------------------------- */

/* Bring the longest of columns p, p + 1, .. to place p: so the values come out sorted, and fewer sweeps are needed. */
static void order(const tall *t, size_t p)
{
    size_t longest = p;

    for (size_t q = p + 1; q < t->cols; q++)
        if (t->squares[q] > t->squares[longest])
            longest = q;
    if (longest == p)
        return;
    swap(1, t->squares + p, t->squares + longest);
    swap(t->rows, column(t, p), column(t, longest));
    if (t->v)
        swap(t->cols, t->v + p * t->cols, t->v + longest * t->cols);
}

/* Whether columns p and q, which is no longer, had to be turned to make them orthogonal. p does not get shorter. */
static bool turn(const tall *t, size_t p, size_t q)
{
    /* Of a column that short, next to one of length 1/2 at least, squares would lose their digits to underflow. */
    const double nothing = 0x1p-900, tolerance = DBL_EPSILON * sqrt((double)t->rows);
    double *a = column(t, p), *b = column(t, q);

    if (t->squares[q] <= nothing)
        return false;

    const double product = dot(t->rows, a, b);
    if (fabs(product) <= tolerance * sqrt(t->squares[p]) * sqrt(t->squares[q]))
        return false;

    const double zeta = (t->squares[p] - t->squares[q]) / (2.0 * fabs(product));
    const double tangent = -copysign(1.0 / (zeta + hypot(1.0, zeta)), product);
    const double cosine = 1.0 / hypot(1.0, tangent), before = t->squares[q];
    rotate(t->rows, cosine, cosine * tangent, a, b);
    if (t->v)
        rotate(t->cols, cosine, cosine * tangent, t->v + p * t->cols, t->v + q * t->cols);
    t->squares[p] -= tangent * product;
    t->squares[q] += tangent * product;
    if (t->squares[q] < 0.5 * before) /* cancellation; without this, close columns take a sweep more */
        t->squares[q] = dot(t->rows, b, b);
    return true;
}

static bool sweep(const tall *t)
{
    bool turned = false;

    for (size_t j = 0; j < t->cols; j++)
        t->squares[j] = dot(t->rows, column(t, j), column(t, j));
    for (size_t p = 0; p + 1 < t->cols; p++) {
        order(t, p);
        for (size_t q = p + 1; q < t->cols; q++)
            turned = turn(t, p, q) || turned;
    }
    return turned;
}

/* Norms of the orthogonal columns, in descending order. */
static void take_values(const tall *t)
{
    for (size_t j = 0; j < t->cols; j++)
        t->squares[j] = dot(t->rows, column(t, j), column(t, j));
    for (size_t p = 0; p + 1 < t->cols; p++)
        order(t, p);
    for (size_t j = 0; j < t->cols; j++)
        t->values[j] = sqrt(t->squares[j]);
}

static void start(const tall *t)
{
    for (size_t i = 0; i < t->cols * t->cols; i++)
        t->v[i] = i % (t->cols + 1) == 0 ? 1.0 : 0.0;
}

static fa_status decompose(const tall *t, unsigned sweeps)
{
    if (t->v)
        start(t);
    for (unsigned done = 0; done < sweeps; done++)
        if (!sweep(t)) {
            take_values(t);
            return FA_OK;
        }
    return status_set(FA_ERR_UNSUPPORTED, "the singular values of a %zu x %zu matrix did not converge in %u sweeps",
                      t->rows, t->cols, sweeps);
}

static size_t rank_of(const tall *t, fa_dtype dtype)
{
    const double eps = dtype == FA_FLOAT32 ? (double)FLT_EPSILON : DBL_EPSILON;
    size_t rank = 0;

    while (rank < t->cols && t->values[rank] > (double)t->rows * eps * t->values[0])
        rank++;
    return rank;
}

/* What is to be told of it; this takes the scale back. */
static linalg_spectrum spectrum_of(const tall *t, size_t rank)
{
    const linalg_spectrum s = {
        .rank = rank,
        .condition = rank < t->cols ? (double)INFINITY : t->values[0] / t->values[t->cols - 1],
        .count = t->cols,
        .values = t->values,
    };

    for (size_t j = 0; j < t->cols; j++)
        t->values[j] = ldexp(t->values[j], t->exponent);
    return s;
}

fa_status linalg_singular_values(const fa_matrix *a, unsigned sweeps, double *workspace, linalg_spectrum *spectrum)
{
    tall t;
    fa_status status = load(&t, a, false, workspace);

    if (status == FA_OK)
        status = decompose(&t, sweeps);
    if (status == FA_OK)
        *spectrum = spectrum_of(&t, rank_of(&t, a->dtype));
    return status;
}

/* Row i of V S^-1 U^T, the inverse of the upright matrix; x = U S. The scale is taken back element by element: a power
 * of 2 may be too large for a factor where its product is not. */
static void inverse_row(const tall *t, size_t rank, size_t i)
{
    for (size_t j = 0; j < t->rows; j++)
        t->line[j] = 0.0;
    for (size_t k = 0; k < rank; k++)
        add(t->rows, t->v[k * t->cols + i] / t->values[k] / t->values[k], column(t, k), t->line);
    for (size_t j = 0; j < t->rows; j++)
        t->line[j] = ldexp(t->line[j], -t->exponent);
}

fa_status linalg_pseudo_inverse(const fa_matrix *a, const fa_matrix *inverse, double *workspace,
                                linalg_spectrum *spectrum)
{
    const fa_matrix to = a->rows < a->cols ? *inverse : fa_matrix_transpose(*inverse);
    tall t;
    fa_status status = load(&t, a, true, workspace);

    if (status == FA_OK)
        status = matrix_check_shape(inverse, "the pseudo-inverse", a->cols, a->rows, inverse->dtype);
    if (status == FA_OK)
        status = decompose(&t, LINALG_SWEEPS);
    if (status != FA_OK)
        return status;

    const size_t rank = rank_of(&t, a->dtype);
    for (size_t i = 0; i < t.cols; i++) {
        const fa_matrix line = fa_matrix_view(t.line, t.rows, 1, FA_FLOAT64);
        fa_matrix place = to;

        place.data = matrix_at(&to, 0, i);
        place.cols = 1;
        inverse_row(&t, rank, i);
        matrix_move(&line, &place);
    }
    if (spectrum)
        *spectrum = spectrum_of(&t, rank);
    return matrix_check_finite(inverse, "the pseudo-inverse");
}

/* --- Gram and Schmidt ------------------------------------------------------------------------------------------ */

/* Twice is enough (Giraud, Langou, Rozloznik 2005), unless nothing but rounding is left of the column. */
static bool orthogonalize(const tall *t, size_t j)
{
    double *a = column(t, j);
    const double before = sqrt(dot(t->rows, a, a));

    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < j; k++)
            add(t->rows, -dot(t->rows, column(t, k), a), column(t, k), a);

    const double after = sqrt(dot(t->rows, a, a));
    if (!(after > (double)t->rows * DBL_EPSILON * before))
        return false;
    multiply(t->rows, 1.0 / after, a);
    return true;
}

fa_status linalg_orthonormalize(const fa_matrix *a, double *workspace)
{
    tall t;
    fa_status status = load(&t, a, false, workspace);

    if (status != FA_OK)
        return status;
    for (size_t j = 0; j < t.cols; j++)
        if (!orthogonalize(&t, j))
            return status_set(FA_ERR_ARGUMENT,
                              "%s %zu (counted from 0) of a %zu x %zu matrix depends on those before it",
                              a->rows < a->cols ? "row" : "column", j, a->rows, a->cols);

    const fa_matrix from = stored(&t), to = upright(a);
    matrix_move(&from, &to);
    return FA_OK;
}
