#include "plot.h"

#include <inttypes.h>
#include <math.h>

#include "../common/complain.h"
#include "../common/gnuplot.h"
#include "report.h"

/* Points of a curve at most, and up to how many of them are marked: a single one would not be seen as a line. */
enum { MAX_POINTS = 400, MARKED_POINTS = 30, WIDTH = 900, HEIGHT = 900 };

/* A rule's data block has the epoch, and for each of these (and every layer's angle) the line and the limits of its
 * band: columns 2 + 3 i to 4 + 3 i. */
enum { PLOT_TRAIN_LOSS, PLOT_TEST_LOSS, PLOT_TRAIN_ERROR, PLOT_TEST_ERROR, PLOT_ANGLE };

bool plot_possible(const settings *chosen)
{
    return !chosen->plot || gnuplot_check(chosen->plot);
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
    moments over = {0};

    for (size_t i = 0; i < all->n_seeds; i++) {
        const run *result = experiment_at(all, one, i);

        if (result && epoch < result->epochs && (result->outcome != RUN_DIVERGED || all->n_seeds == 1))
            moments_add(&over, plotted(&result->trace[epoch], what));
    }
    return over;
}

/* Of a panel's vertical axis. */
typedef struct range {
    double low, high;
} range;

/* A logarithmic axis just holds the lines of two quantities. */
static range range_of(const experiment *all, const contender *shown, size_t what, size_t other)
{
    double least = INFINITY, greatest = 0.0;

    for (size_t i = 0; i < all->n_rules; i++) {
        for (size_t epoch = 0; epoch < all->chosen->epochs && shown[i].rate < all->n_rates; epoch++) {
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
    return (range){0.85 * least, 1.18 * greatest};
}

static void set_range(FILE *script, range axis)
{
    fprintf(script, "set yrange [%g:%g]\n", axis.low, axis.high);
    fputs("set ytics (", script);
    for (int decade = -8; decade <= 4; decade++) {
        fprintf(script, "1e%d, 2e%d, 5e%d, ", decade, decade, decade);
        if (axis.high < 14.0 * axis.low)
            fprintf(script, "1.5e%d, 3e%d, 7e%d, ", decade, decade, decade);
    }
    fputs("1e5)\n", script);
}

/* What a band exceeds its panel by is cut off here: gnuplot would fill other places of the picture too. */
static double cut(double value, range axis)
{
    return isfinite(value) ? fmin(fmax(value, axis.low), axis.high) : value;
}

static void put_block(FILE *script, const experiment *all, contender one, const range *panels)
{
    size_t epochs = all->chosen->epochs, stride = epochs > MAX_POINTS ? (epochs + MAX_POINTS - 1) / MAX_POINTS : 1;

    fprintf(script, "$rule%zu << END\n", one.rule);
    for (size_t epoch = 0; epoch < epochs; epoch += stride) {
        fprintf(script, "%zu", epoch + 1);
        for (size_t what = 0; what < PLOT_ANGLE + all->chosen->n_hidden; what++) {
            moments over = over_seeds(all, one, epoch, what);
            double half = moments_half_interval(&over), middle = over.count ? over.mean : (double)NAN;
            range panel = panels[what < PLOT_ANGLE ? what / 2 : 2];

            gnuplot_number(script, middle);
            gnuplot_number(script, cut(middle - half, panel));
            gnuplot_number(script, cut(middle + half, panel));
        }
        fputc('\n', script);
    }
    fputs("END\n", script);
}

/* gnuplot complains about a curve without any. A band needs two seeds. */
static bool has_points(const experiment *all, contender one, size_t what, size_t seeds)
{
    for (size_t epoch = 0; epoch < all->chosen->epochs; epoch++)
        if (over_seeds(all, one, epoch, what).count >= seeds)
            return true;
    return false;
}

static int column(size_t what)
{
    return (int)(2 + 3 * what);
}

/* Dashes of layer l's angles, or of training beside test. */
static const char *dash(size_t i)
{
    static const char *const dashes[] = {"1", "(12,6)", "(3,4)", "(12,4,3,4)", "(6,6)"};

    return dashes[i % (sizeof dashes / sizeof dashes[0])];
}

/* One epoch makes points, and hollow ones where there would be dashes. */
static const char *style(const settings *chosen, size_t dashes)
{
    if (chosen->epochs == 1)
        return dashes ? "linespoints pt 6 ps 1" : "linespoints pt 7 ps 1";
    return chosen->epochs <= MARKED_POINTS ? "linespoints pt 7 ps 0.35" : "lines";
}

static void put_curve(gnuplot *drawing, const experiment *all, contender one, size_t what, size_t dashes, bool named)
{
    const char *color = gnuplot_color(rule_place(all->chosen->rules.at[one.rule]));
    FILE *script = drawing->script;

    if (!has_points(all, one, what, 1))
        return;
    if (has_points(all, one, what, 2))
        fprintf(script, " $rule%zu using 1:%d:%d with filledcurves lc '%s' fs transparent solid 0.15 noborder notitle,",
                one.rule, column(what) + 1, column(what) + 2, color);
    fprintf(script, " $rule%zu using 1:%d with %s lw 2 dt %s lc '%s' title ", one.rule, column(what),
            style(all->chosen, dashes), dash(dashes), color);
    if (named && all->chosen->n_rates) {
        char title[100];

        snprintf(title, sizeof title, "%.60s, η = %g", all->chosen->rules.at[one.rule]->name,
                 experiment_lr(all, one));
        gnuplot_quote(drawing, title);
    } else {
        gnuplot_quote(drawing, named ? all->chosen->rules.at[one.rule]->name : "");
    }
    fputc(',', script);
}

/* What a dash means, in the legend. */
static void put_key(gnuplot *drawing, const settings *chosen, const char *title, size_t dashes)
{
    fprintf(drawing->script, " NaN with %s lw 2 dt %s lc '#606060' title ",
            chosen->epochs == 1 ? style(chosen, dashes) : "lines", dash(dashes));
    gnuplot_quote(drawing, title);
    fputc(',', drawing->script);
}

/* Test as a solid line, training as a dashed one. */
static void draw_pair(gnuplot *drawing, const experiment *all, const contender *shown, size_t test, size_t training,
                      bool named)
{
    fputs("plot", drawing->script);
    for (size_t i = 0; i < all->n_rules; i++) {
        if (shown[i].rate == all->n_rates)
            continue;
        put_curve(drawing, all, shown[i], training, 1, false);
        put_curve(drawing, all, shown[i], test, 0, named);
    }
    put_key(drawing, all->chosen, "test", 0);
    put_key(drawing, all->chosen, "training", 1);
    fputs(" NaN notitle\n", drawing->script);
}

static void draw_angles(gnuplot *drawing, const experiment *all, const contender *shown)
{
    size_t n_hidden = all->chosen->n_hidden;
    char title[32];

    fputs("plot", drawing->script);
    for (size_t i = 0; i < all->n_rules; i++)
        for (size_t l = 0; l < n_hidden && shown[i].rate < all->n_rates; l++)
            put_curve(drawing, all, shown[i], PLOT_ANGLE + l, l, false);
    for (size_t l = 0; l < n_hidden; l++) {
        snprintf(title, sizeof title, "layer %zu", l + 1);
        put_key(drawing, all->chosen, title, l);
    }
    fputs(" NaN notitle\n", drawing->script);
}

/* 90 degrees at least, and more where an angle needs it. */
static double angle_limit(const experiment *all, const contender *shown)
{
    double greatest = 0.0;

    for (size_t i = 0; i < all->n_rules; i++)
        for (size_t epoch = 0; epoch < all->chosen->epochs && shown[i].rate < all->n_rates; epoch++)
            for (size_t l = 0; l < all->chosen->n_hidden; l++)
                greatest = fmax(greatest, over_seeds(all, shown[i], epoch, PLOT_ANGLE + l).mean);
    return greatest <= 90.0 ? 90.0 : greatest <= 120.0 ? 120.0 : 180.0;
}

static void put_title(gnuplot *drawing, const experiment *all)
{
    const settings *chosen = all->chosen;
    char text[400];

    report_describe(all, text, sizeof text);
    fputs("set label 1 ", drawing->script);
    gnuplot_quote(drawing, text);
    fputs(" at screen 0.105,0.975 noenhanced font ',13'\nset label 2 ", drawing->script);
    if (all->n_seeds > 1)
        snprintf(text, sizeof text, "%.200s, seeds %" PRIu64 "-%" PRIu64 ", mean and its 95 %% interval", chosen->data,
                 chosen->first_seed, chosen->last_seed);
    else
        snprintf(text, sizeof text, "%.200s, seed %" PRIu64, chosen->data, chosen->first_seed);
    gnuplot_quote(drawing, text);
    fputs(" at screen 0.105,0.951 noenhanced font ',10' tc '#606060'\nset label 3 ", drawing->script);
    gnuplot_quote(drawing, fa_build_info());
    fputs(" at screen 0.965,0.012 right noenhanced font ',8' tc '#808080'\n", drawing->script);
}

/* What the panels share. Labels are drawn with the first one only. */
static void set_up(gnuplot *drawing, const experiment *all)
{
    fputs("set datafile missing '?'\n"
          "set border 3 lc '#606060'\n"
          "set tics nomirror out scale 0.6\n"
          "set grid ytics lc '#e4e4e4' lt 1\n"
          "set lmargin at screen 0.105\n"
          "set rmargin at screen 0.77\n"
          "set key at screen 0.78,0.935 top left Left reverse noenhanced samplen 2 spacing 1.1\n", drawing->script);
    put_title(drawing, all);
    if (all->chosen->epochs == 1)
        fputs("set xrange [0:2]\n", drawing->script);
    else
        fprintf(drawing->script, "set xrange [1:%zu]\n", all->chosen->epochs);
    if (all->chosen->epochs <= 10)
        fputs("set xtics 1\n", drawing->script);
    fputs("set multiplot\n", drawing->script);
}

/* A panel from the top, one of `count`: they share what the title and the axis below leave. */
static void place_panel(FILE *script, size_t i, size_t count)
{
    double pitch = 0.875 / (double)count, top = 0.93 - (double)i * pitch;

    fprintf(script, "set tmargin at screen %g\nset bmargin at screen %g\n", top, top - pitch + 0.02);
}

/* Whether any curve would be in the panel of angles. */
static bool has_angles(const experiment *all, const contender *shown)
{
    for (size_t i = 0; i < all->n_rules; i++)
        for (size_t l = 0; l < all->chosen->n_hidden && shown[i].rate < all->n_rates; l++)
            if (has_points(all, shown[i], PLOT_ANGLE + l, 1))
                return true;
    return false;
}

static void draw_panels(gnuplot *drawing, const experiment *all, const contender *shown, const range *panels)
{
    bool angles = has_angles(all, shown);
    size_t count = angles ? 3 : 2;

    place_panel(drawing->script, 0, count);
    fputs("set logscale y\nset format y '%g'\nset format x ''\nset ylabel 'loss' offset 0.5\n", drawing->script);
    set_range(drawing->script, panels[0]);
    draw_pair(drawing, all, shown, PLOT_TEST_LOSS, PLOT_TRAIN_LOSS, true);
    place_panel(drawing->script, 1, count);
    fputs("unset label\nset ylabel 'error, %' offset 0.5\nset key off\n", drawing->script);
    set_range(drawing->script, panels[1]);
    if (!angles)
        fputs("set format x '%g'\nset xlabel 'epoch'\n", drawing->script);
    draw_pair(drawing, all, shown, PLOT_TEST_ERROR, PLOT_TRAIN_ERROR, false);
    if (angles) {
        place_panel(drawing->script, 2, count);
        fputs("unset logscale y\nunset ytics\n"
              "set format y '%g°'\nset format x '%g'\nset ytics nomirror out scale 0.6 30\n"
              "set xlabel 'epoch'\nset ylabel 'angle to BP' offset 0.5\n"
              "set key on at screen 0.78,0.345\n", drawing->script);
        fprintf(drawing->script, "set yrange [0:%g]\n", panels[2].high);
        draw_angles(drawing, all, shown);
    }
    fputs("unset multiplot\n", drawing->script);
}

bool plot(const experiment *all)
{
    contender shown[MAX_RULES];
    range panels[3];
    gnuplot drawing;

    if (!gnuplot_start(&drawing, all->chosen->plot, WIDTH, HEIGHT))
        return false;
    set_up(&drawing, all);
    for (size_t i = 0; i < all->n_rules; i++)
        shown[i] = all->chosen->n_rates ? experiment_choose(all, i) : (contender){.rule = i};
    panels[0] = range_of(all, shown, PLOT_TRAIN_LOSS, PLOT_TEST_LOSS);
    panels[1] = range_of(all, shown, PLOT_TRAIN_ERROR, PLOT_TEST_ERROR);
    panels[2] = (range){0.0, angle_limit(all, shown)};
    for (size_t i = 0; i < all->n_rules; i++)
        if (shown[i].rate < all->n_rates)
            put_block(drawing.script, all, shown[i], panels);
    draw_panels(&drawing, all, shown, panels);
    return gnuplot_finish(&drawing);
}
