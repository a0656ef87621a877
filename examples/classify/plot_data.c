#include "plot_data.h"

#include <math.h>

#include "../common/gnuplot.h"

/* Points of a curve at most. */
enum { MAX_POINTS = 400 };

/* Epochs from one point to the next. */
static size_t stride(const experiment *all)
{
    return (all->chosen->epochs + MAX_POINTS - 1) / MAX_POINTS;
}

size_t plot_points(const experiment *all)
{
    return (all->chosen->epochs + stride(all) - 1) / stride(all);
}

static double plotted(const record *seen, size_t what)
{
    switch (what) {
    case PLOT_TRAIN_LOSS:
        return seen->train_loss;
    case PLOT_TEST_LOSS:
        return seen->test_loss;
    case PLOT_TRAIN_ERROR:
        return 100.0 * seen->train_error;
    case PLOT_TEST_ERROR:
        return 100.0 * seen->test_error;
    default:
        return seen->angle[what - PLOT_ANGLE];
    }
}

/* Over the seeds that came so far. A run that diverged is in no mean, but alone it is shown. */
static moments over_seeds(const experiment *all, contender one, size_t epoch, size_t what)
{
    size_t n_seeds = experiment_seeds(all, one).count;
    moments over = {0};

    for (size_t i = 0; i < n_seeds; i++) {
        const run *result = experiment_at(all, one, i);

        if (result && epoch < result->epochs && (result->outcome != RUN_DIVERGED || n_seeds == 1))
            moments_add(&over, plotted(&result->trace[epoch], what));
    }
    return over;
}

plot_axis plot_range(const experiment *all, const contender *shown, size_t what, size_t other)
{
    double least = INFINITY, greatest = 0.0;

    for (size_t i = 0; i < all->n_rules; i++) {
        for (size_t epoch = 0; epoch < all->chosen->epochs && experiment_has(all, shown[i]); epoch++) {
            for (int k = 0; k < 2; k++) {
                moments over = over_seeds(all, shown[i], epoch, k ? other : what);

                if (over.count && over.mean > 0.0) {
                    least = fmin(least, over.mean);
                    greatest = fmax(greatest, over.mean);
                }
            }
        }
    }
    /* gnuplot gives up where it finds no range, and an experiment may have nothing to show. */
    if (!(greatest > 0.0))
        least = greatest = 1.0;
    return (plot_axis){0.85 * least, 1.18 * greatest};
}

/* What a band exceeds its panel by is cut off here: gnuplot would fill other places of the picture too. */
static double cut(double value, plot_axis axis)
{
    return isfinite(value) ? fmin(fmax(value, axis.low), axis.high) : value;
}

void plot_put_block(FILE *script, const experiment *all, contender one, const plot_axis *panels)
{
    fprintf(script, "$rule%zu << END\n", one.rule);
    for (size_t epoch = 0; epoch < all->chosen->epochs; epoch += stride(all)) {
        fprintf(script, "%zu", epoch + 1);
        for (size_t what = 0; what < PLOT_ANGLE + all->chosen->n_hidden; what++) {
            moments over = over_seeds(all, one, epoch, what);
            double half = moments_half_interval(&over), middle = over.count ? over.mean : (double)NAN;
            plot_axis panel = panels[what < PLOT_ANGLE ? what / 2 : 2];

            gnuplot_number(script, middle);
            gnuplot_number(script, cut(middle - half, panel));
            gnuplot_number(script, cut(middle + half, panel));
        }
        fputc('\n', script);
    }
    fputs("END\n", script);
}

bool plot_has_points(const experiment *all, contender one, size_t what, size_t seeds)
{
    for (size_t epoch = 0; epoch < all->chosen->epochs; epoch += stride(all))
        if (over_seeds(all, one, epoch, what).count >= seeds)
            return true;
    return false;
}

int plot_column(size_t what)
{
    return (int)(2 + 3 * what);
}

double plot_angle_limit(const experiment *all, const contender *shown)
{
    double greatest = 0.0;

    for (size_t i = 0; i < all->n_rules; i++)
        for (size_t epoch = 0; epoch < all->chosen->epochs && experiment_has(all, shown[i]); epoch++)
            for (size_t l = 0; l < all->chosen->n_hidden; l++)
                greatest = fmax(greatest, over_seeds(all, shown[i], epoch, PLOT_ANGLE + l).mean);
    return greatest <= 90.0 ? 90.0 : greatest <= 120.0 ? 120.0 : 180.0;
}

bool plot_has_angles(const experiment *all, const contender *shown)
{
    for (size_t i = 0; i < all->n_rules; i++)
        for (size_t l = 0; l < all->chosen->n_hidden && experiment_has(all, shown[i]); l++)
            if (plot_has_points(all, shown[i], PLOT_ANGLE + l, 1))
                return true;
    return false;
}
