#include "plot.h"

#include <inttypes.h>
#include <string.h>

#include "../common/gnuplot.h"
#include "plot_data.h"
#include "report.h"

/* Up to so many points of a curve are marked: a single one would not be seen as a line. */
enum { MARKED_POINTS = 30, WIDTH = 900, HEIGHT = 900 };

bool plot_possible(const settings *chosen)
{
    return !chosen->plot || gnuplot_check(chosen->plot);
}

static void set_range(FILE *script, plot_axis axis)
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

/* "fa, η = 0.1, feedback_scale 2". */
static void name_contender(const experiment *all, contender one, char *text, size_t size)
{
    char values[160];

    experiment_values(all, one, values, sizeof values);
    snprintf(text, size, "%.30s, η = %s", all->chosen->rules.at[one.rule]->name, values + strlen("lr "));
}

static void put_curve(gnuplot *drawing, const experiment *all, contender one, size_t what, size_t dashes, bool named)
{
    const char *color = gnuplot_color(rule_place(all->chosen->rules.at[one.rule]));
    FILE *script = drawing->script;

    if (!plot_has_points(all, one, what, 1))
        return;
    if (plot_has_points(all, one, what, 2))
        fprintf(script, " $rule%zu using 1:%d:%d with filledcurves lc '%s' fs transparent solid 0.15 noborder notitle,",
                one.rule, plot_column(what) + 1, plot_column(what) + 2, color);
    fprintf(script, " $rule%zu using 1:%d with %s lw 2 dt %s lc '%s' title ", one.rule, plot_column(what),
            style(all->chosen, dashes), dash(dashes), color);
    if (named && all->chosen->grid.n_axes) {
        char title[200];

        name_contender(all, one, title, sizeof title);
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
        if (!experiment_has(all, shown[i]))
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
        for (size_t l = 0; l < n_hidden && experiment_has(all, shown[i]); l++)
            put_curve(drawing, all, shown[i], PLOT_ANGLE + l, l, false);
    for (size_t l = 0; l < n_hidden; l++) {
        snprintf(title, sizeof title, "layer %zu", l + 1);
        put_key(drawing, all->chosen, title, l);
    }
    fputs(" NaN notitle\n", drawing->script);
}

static void put_title(gnuplot *drawing, const experiment *all)
{
    const settings *chosen = all->chosen;
    char text[400];

    report_describe(all, text, sizeof text);
    fputs("set label 1 ", drawing->script);
    gnuplot_quote(drawing, text);
    fputs(" at screen 0.105,0.975 noenhanced font ',13'\nset label 2 ", drawing->script);
    if (all->finals.count > 1)
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

static void draw_panels(gnuplot *drawing, const experiment *all, const contender *shown, const plot_axis *panels)
{
    bool angles = plot_has_angles(all, shown);
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
    plot_axis panels[3];
    gnuplot drawing;

    if (!gnuplot_start(&drawing, all->chosen->plot, WIDTH, HEIGHT))
        return false;
    set_up(&drawing, all);
    for (size_t i = 0; i < all->n_rules; i++)
        shown[i] = all->chosen->grid.n_axes ? experiment_choose(all, i) : (contender){.rule = i};
    panels[0] = plot_range(all, shown, PLOT_TRAIN_LOSS, PLOT_TEST_LOSS);
    panels[1] = plot_range(all, shown, PLOT_TRAIN_ERROR, PLOT_TEST_ERROR);
    panels[2] = (plot_axis){0.0, plot_angle_limit(all, shown)};
    for (size_t i = 0; i < all->n_rules; i++)
        if (experiment_has(all, shown[i]))
            plot_put_block(drawing.script, all, shown[i], panels);
    draw_panels(&drawing, all, shown, panels);
    return gnuplot_finish(&drawing);
}
