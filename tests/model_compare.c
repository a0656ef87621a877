#include "model.h"

#include <math.h>

double misfit_number(num expected, double got)
{
    double off = fabs(got - expected.v);
    if (isnan(off))
        return (double)INFINITY;
    return off == 0 ? 0 : off / expected.e;
}

double misfit(const num *expected, const fa_matrix *got)
{
    double worst = 0;
    for (size_t i = 0; i < got->rows; i++)
        for (size_t j = 0; j < got->cols; j++)
            worst = fmax(worst, misfit_number(expected[i * got->cols + j], element(got, i, j)));
    return worst;
}

double relative_bound(const num *expected, size_t count)
{
    double bound = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        bound = fmax(bound, expected[i].e);
        size = fmax(size, fabs(expected[i].v));
    }
    return size > 0 ? bound / size : 0;
}
