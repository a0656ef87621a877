#include "plot.h"

#include <inttypes.h>
#include <math.h>

#include "../common/gnuplot.h"

/* Points of a curve at most: as fine as the width of the picture needs, and the SVG file stays small. */
enum { MAX_POINTS = 400 };

/* A rule's data block has these columns: the epoch, and for each quantity the line and the limits of its band. */
enum { TRAIN = 2, TEST = 5, UPDATE = 8, WEIGHT = 11, PSEUDO = 14, FLOW = 17, EXACT = 20, N_COLUMNS = 23 };

/* Pixels: the picture's width and what is above the panels; from one panel to the next, and between two; below them. */
enum { WIDTH = 900, TOP = 45, PITCH = 288, BETWEEN = 26, LAST = 233, BOTTOM = 74 };

/* Which columns of a rule hold a number at all: gnuplot complains about a curve without any. */
typedef struct block {
    bool filled[N_COLUMNS];
} block;

size_t plot_stride(size_t epochs)
{
    return epochs > MAX_POINTS ? (epochs + MAX_POINTS - 1) / MAX_POINTS : 1;
}

static void put_number(FILE *script, block *written, int column, double value)
{
    gnuplot_number(script, value);
    written->filled[column] = written->filled[column] || isfinite(value);
}

static void put_single(FILE *script, block *written, int column, double value)
{
    put_number(script, written, column, value);
    fputs(" ? ?", script);
}

static void put_band(FILE *script, block *written, int column, const moments *over, bool logarithm)
{
    double deviation = moments_deviation(over);
    double limits[3] = {over->mean, over->mean - deviation, over->mean + deviation};

    for (int i = 0; i < 3; i++) {
        double value = logarithm ? pow(10.0, limits[i]) : limits[i];

        put_number(script, written, column + i, over->count ? value : (double)NAN);
    }
}

static block put_run(FILE *script, const run *result, size_t number)
{
    block written = {0};

    fprintf(script, "$rule%zu << END\n", number);
    for (size_t i = 0; i < result->epochs; i += plot_stride(result->epochs)) {
        fprintf(script, "%zu", i + 1);
        put_single(script, &written, TRAIN, result->trace[i].train_loss);
        put_single(script, &written, TEST, result->trace[i].test_loss);
        put_single(script, &written, UPDATE, result->trace[i].update_angle);
        put_single(script, &written, WEIGHT, result->trace[i].weight_angle);
        put_single(script, &written, PSEUDO, result->trace[i].pseudo_angle);
        put_single(script, &written, FLOW, result->trace[i].flow_drift);
        put_single(script, &written, EXACT, result->trace[i].exact_drift);
        fputc('\n', script);
    }
    fputs("END\n", script);
    return written;
}

static block put_study(FILE *script, const study_rule *rule, size_t epochs, size_t number)
{
    block written = {0};

    fprintf(script, "$rule%zu << END\n", number);
    for (size_t i = 0; i < epochs; i += plot_stride(epochs)) {
        fprintf(script, "%zu", i + 1);
        put_band(script, &written, TRAIN, &rule->epochs[i].train_loss, true);
        put_band(script, &written, TEST, &rule->epochs[i].test_loss, true);
        put_band(script, &written, UPDATE, &rule->epochs[i].update_angle, false);
        put_band(script, &written, WEIGHT, &rule->epochs[i].weight_angle, false);
        put_band(script, &written, PSEUDO, &rule->epochs[i].pseudo_angle, false);
        put_band(script, &written, FLOW, &rule->epochs[i].flow_drift, true);
        put_band(script, &written, EXACT, &rule->epochs[i].exact_drift, true);
        fputc('\n', script);
    }
    fputs("END\n", script);
    return written;
}

/* Ends of the axis of drifts; there is no such panel where low is above high. */
typedef struct drift_range {
    double low, high;
} drift_range;

static void widen(drift_range *range, double value)
{
    if (!isfinite(value))
        return;
    range->low = fmin(range->low, value / 10.0);
    range->high = fmax(range->high, value * 10.0);
}

static drift_range drift_of_runs(const run *runs, size_t count)
{
    drift_range range = {INFINITY, -INFINITY};

    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < runs[k].epochs; i++) {
            widen(&range, runs[k].trace[i].flow_drift);
            widen(&range, runs[k].trace[i].exact_drift);
        }
    }
    return range;
}

static drift_range drift_of_study(const study *all, size_t epochs)
{
    drift_range range = {INFINITY, -INFINITY};

    for (size_t k = 0; k < all->n_rules; k++) {
        for (size_t i = 0; i < epochs; i++) {
            const study_epoch *seen = &all->rules[k].epochs[i];

            widen(&range, seen->flow_drift.count ? pow(10.0, seen->flow_drift.mean) : (double)NAN);
            widen(&range, seen->exact_drift.count ? pow(10.0, seen->exact_drift.mean) : (double)NAN);
        }
    }
    return range;
}

static int n_panels(drift_range drift)
{
    return drift.low < drift.high ? 3 : 2;
}

static int height(drift_range drift)
{
    return TOP + PITCH * (n_panels(drift) - 1) + LAST + BOTTOM;
}

/* What the panels share. Labels are drawn with the first one only. */
static void set_up(gnuplot *plot, const char *title, size_t epochs, drift_range drift)
{
    FILE *script = plot->script;

    fputs("set datafile missing '?'\n"
          "set border 3 lc '#606060'\n"
          "set tics nomirror out scale 0.6\n"
          "set grid ytics lc '#e4e4e4' lt 1\n"
          "set lmargin at screen 0.105\n"
          "set rmargin at screen 0.965\n"
          "set label 1 ", script);
    gnuplot_quote(plot, title);
    fprintf(script, " at screen 0.105,%g noenhanced font ',15'\nset label 2 ", 1.0 - 21.8 / height(drift));
    gnuplot_quote(plot, fa_build_info());
    fprintf(script, " at screen 0.965,%g right noenhanced font ',8' tc '#808080'\n", 11.5 / height(drift));
    fprintf(script, "set xrange [0:%zu]\nset multiplot\n", epochs);
}

/* A panel: which columns are its solid lines (with the bands), its dashed and its dotted ones (0: none), and what the
 * legend calls them. */
typedef struct panel {
    int         solid, dashed, dotted;
    const char *solid_name, *dashed_name, *dotted_name;
    bool        rules_named;
} panel;

static const char dashes[] = "lw 1.6 dt (12,7)", dots[] = "lw 1.6 dt (2,4)";

static void draw_line(gnuplot *plot, size_t rule, int column, const char *style, const char *color, const char *title)
{
    fprintf(plot->script, " $rule%zu using 1:%d with lines %s lc '%s' title ", rule, column, style, color);
    gnuplot_quote(plot, title);
    fputc(',', plot->script);
}

/* What a kind of line means, in the legend. */
static void name_line(gnuplot *plot, const char *style, const char *title)
{
    fprintf(plot->script, " NaN with lines %s lc '#606060' title ", style);
    gnuplot_quote(plot, title);
    fputc(',', plot->script);
}

static void draw(gnuplot *plot, const settings *chosen, size_t count, const block *blocks, const panel *drawn)
{
    FILE *script = plot->script;

    fputs("plot", script);
    for (size_t i = 0; i < count; i++)
        if (blocks[i].filled[drawn->solid + 1])
            fprintf(script, " $rule%zu using 1:%d:%d with filledcurves lc '%s' fs transparent solid 0.2 noborder "
                            "notitle,", i, drawn->solid + 1, drawn->solid + 2,
                    gnuplot_color(rule_place(chosen->rules.at[i])));
    for (size_t i = 0; i < count; i++) {
        const char *color = gnuplot_color(rule_place(chosen->rules.at[i]));

        if (blocks[i].filled[drawn->dashed])
            draw_line(plot, i, drawn->dashed, dashes, color, "");
        if (drawn->dotted && blocks[i].filled[drawn->dotted])
            draw_line(plot, i, drawn->dotted, dots, color, "");
        if (blocks[i].filled[drawn->solid])
            draw_line(plot, i, drawn->solid, "lw 2", color, drawn->rules_named ? chosen->rules.at[i]->name : "");
    }
    name_line(plot, "lw 2", drawn->solid_name);
    name_line(plot, dashes, drawn->dashed_name);
    if (drawn->dotted)
        name_line(plot, dots, drawn->dotted_name);
    fputs(" NaN notitle\n", script);
}

static void place(FILE *script, int row, drift_range drift)
{
    int top = TOP + PITCH * row, length = row + 1 == n_panels(drift) ? LAST : PITCH - BETWEEN;

    fprintf(script, "set tmargin at screen %g\nset bmargin at screen %g\n", 1.0 - (double)top / height(drift),
            1.0 - (double)(top + length) / height(drift));
    if (row + 1 == n_panels(drift))
        fputs("set format x '%g'\nset xlabel 'epoch'\n", script);
    else
        fputs("set format x ''\n", script);
}

static void draw_panels(gnuplot *plot, const settings *chosen, size_t count, const block *blocks, drift_range drift)
{
    static const panel losses = {TRAIN, TEST, 0, "training", "test", "", true};
    static const panel angles = {UPDATE, WEIGHT, PSEUDO, "Wᵀe to Be", "Wᵀ to B", "W⁺e to Be", false};
    static const panel drifts = {FLOW, EXACT, 0, "M = BW + WᵀBᵀ − W0 W0ᵀ", "M + Σ η² D Dᵀ", "", false};
    FILE *script = plot->script;

    place(script, 0, drift);
    fputs("set logscale y\nunset mytics\nset format y '10^{%T}'\nset ylabel 'loss  ½ ‖e‖²' offset 0.5\n"
          "set key top right noenhanced samplen 3 spacing 1.15\n", script);
    draw(plot, chosen, count, blocks, &losses);
    fputs("unset label\n", script);
    place(script, 1, drift);
    fputs("unset logscale y\nset format y '%g°'\nset yrange [0:180]\nset ytics 45\n"
          "set ylabel 'angle' offset 0.5\n", script);
    draw(plot, chosen, count, blocks, &angles);
    if (n_panels(drift) == 3) {
        place(script, 2, drift);
        fprintf(script, "set logscale y\nset format y '10^{%%T}'\nset yrange [%g:%g]\nset ytics auto\n", drift.low,
                drift.high);
        fputs("set ylabel 'drift, relative' offset 0.5\nset key center right\n", script);
        draw(plot, chosen, count, blocks, &drifts);
    }
    fputs("unset multiplot\n", script);
}

bool plot_runs(const settings *chosen, const task *problem, const run *runs, size_t count)
{
    drift_range drift = drift_of_runs(runs, count);
    block blocks[MAX_RULES];
    gnuplot plot;
    char title[160];

    if (chosen->load)
        snprintf(title, sizeof title, "Learning a linear function, η = %g, data from %.60s", chosen->eta,
                 chosen->load);
    else
        snprintf(title, sizeof title, "Learning a linear function, η = %g, seed %" PRIu64, chosen->eta, problem->seed);
    if (!gnuplot_start(&plot, chosen->plot, WIDTH, height(drift)))
        return false;
    set_up(&plot, title, chosen->epochs, drift);
    for (size_t i = 0; i < count; i++)
        blocks[i] = put_run(plot.script, &runs[i], i);
    draw_panels(&plot, chosen, count, blocks, drift);
    return gnuplot_finish(&plot);
}

bool plot_study(const settings *chosen, const study *all)
{
    drift_range drift = drift_of_study(all, chosen->epochs);
    block blocks[MAX_RULES];
    gnuplot plot;
    char title[200];

    snprintf(title, sizeof title, "Learning a linear function, η = %g, seeds %" PRIu64 "-%" PRIu64 ", mean ± sd",
             chosen->eta, chosen->first_seed, chosen->last_seed);
    if (!gnuplot_start(&plot, chosen->plot, WIDTH, height(drift)))
        return false;
    set_up(&plot, title, chosen->epochs, drift);
    for (size_t i = 0; i < all->n_rules; i++)
        blocks[i] = put_study(plot.script, &all->rules[i], chosen->epochs, i);
    draw_panels(&plot, chosen, all->n_rules, blocks, drift);
    return gnuplot_finish(&plot);
}
