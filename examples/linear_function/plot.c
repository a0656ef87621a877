#include "plot.h"

#include <inttypes.h>
#include <math.h>

#include "../common/gnuplot.h"

/* Points of a curve at most: as fine as the width of the picture needs, and the SVG file stays small. */
enum { MAX_POINTS = 400 };

/* A rule's data block has these columns: the epoch, and for each quantity the line and the limits of its band. */
enum { TRAIN = 2, TEST = 5, UPDATE = 8, WEIGHT = 11, N_COLUMNS = 14 };

/* Which columns of a rule hold a number at all: gnuplot complains about a curve without any. */
typedef struct block {
    bool filled[N_COLUMNS];
} block;

static size_t stride(size_t epochs)
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
    for (size_t i = 0; i < result->epochs; i += stride(result->epochs)) {
        fprintf(script, "%zu", i + 1);
        put_single(script, &written, TRAIN, result->trace[i].train_loss);
        put_single(script, &written, TEST, result->trace[i].test_loss);
        put_single(script, &written, UPDATE, result->trace[i].update_angle);
        put_single(script, &written, WEIGHT, result->trace[i].weight_angle);
        fputc('\n', script);
    }
    fputs("END\n", script);
    return written;
}

static block put_study(FILE *script, const study_rule *rule, size_t epochs, size_t number)
{
    block written = {0};

    fprintf(script, "$rule%zu << END\n", number);
    for (size_t i = 0; i < epochs; i += stride(epochs)) {
        fprintf(script, "%zu", i + 1);
        put_band(script, &written, TRAIN, &rule->epochs[i].train_loss, true);
        put_band(script, &written, TEST, &rule->epochs[i].test_loss, true);
        put_band(script, &written, UPDATE, &rule->epochs[i].update_angle, false);
        put_band(script, &written, WEIGHT, &rule->epochs[i].weight_angle, false);
        fputc('\n', script);
    }
    fputs("END\n", script);
    return written;
}

/* What both panels share. Labels are drawn with the first one only. */
static void set_up(gnuplot *plot, const char *title, size_t epochs)
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
    fputs(" at screen 0.105,0.966 noenhanced font ',15'\nset label 2 ", script);
    gnuplot_quote(plot, fa_build_info());
    fputs(" at screen 0.965,0.018 right noenhanced font ',8' tc '#808080'\n", script);
    fprintf(script, "set xrange [0:%zu]\nset multiplot\n", epochs);
}

/* A panel: which columns are its solid lines (with the bands) and its dashed ones, and what the legend calls them. */
typedef struct panel {
    int         solid, dashed;
    const char *solid_name, *dashed_name;
    bool        rules_named;
} panel;

static void draw_line(gnuplot *plot, size_t rule, int column, const char *style, const char *color, const char *title)
{
    fprintf(plot->script, " $rule%zu using 1:%d with lines %s lc '%s' title ", rule, column, style, color);
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
            draw_line(plot, i, drawn->dashed, "lw 1.6 dt (12,7)", color, "");
        if (blocks[i].filled[drawn->solid])
            draw_line(plot, i, drawn->solid, "lw 2", color, drawn->rules_named ? chosen->rules.at[i]->name : "");
    }
    fputs(" NaN with lines lw 2 lc '#606060' title ", script);
    gnuplot_quote(plot, drawn->solid_name);
    fputs(", NaN with lines lw 1.6 dt (12,7) lc '#606060' title ", script);
    gnuplot_quote(plot, drawn->dashed_name);
    fputc('\n', script);
}

static void draw_panels(gnuplot *plot, const settings *chosen, size_t count, const block *blocks)
{
    static const panel losses = {TRAIN, TEST, "training", "test", true};
    static const panel angles = {UPDATE, WEIGHT, "Wᵀe to Be", "Wᵀ to B", false};

    fputs("set tmargin at screen 0.93\nset bmargin at screen 0.52\n"
          "set logscale y\nunset mytics\nset format y '10^{%T}'\nset format x ''\n"
          "set ylabel 'loss  ½ ‖e‖²' offset 0.5\n"
          "set key top right noenhanced samplen 3 spacing 1.15\n", plot->script);
    draw(plot, chosen, count, blocks, &losses);
    fputs("unset label\nset tmargin at screen 0.48\nset bmargin at screen 0.115\n"
          "unset logscale y\nset format y '%g°'\nset format x '%g'\nset yrange [0:180]\nset ytics 45\n"
          "set xlabel 'epoch'\nset ylabel 'angle' offset 0.5\n", plot->script);
    draw(plot, chosen, count, blocks, &angles);
    fputs("unset multiplot\n", plot->script);
}

bool plot_runs(const settings *chosen, const task *problem, const run *runs, size_t count)
{
    block blocks[MAX_RULES];
    gnuplot plot;
    char title[160];

    if (chosen->load)
        snprintf(title, sizeof title, "Learning a linear function, η = %g, data from %.60s", chosen->eta,
                 chosen->load);
    else
        snprintf(title, sizeof title, "Learning a linear function, η = %g, seed %" PRIu64, chosen->eta, problem->seed);
    if (!gnuplot_start(&plot, chosen->plot, 900, 640))
        return false;
    set_up(&plot, title, chosen->epochs);
    for (size_t i = 0; i < count; i++)
        blocks[i] = put_run(plot.script, &runs[i], i);
    draw_panels(&plot, chosen, count, blocks);
    return gnuplot_finish(&plot);
}

bool plot_study(const settings *chosen, const study *all)
{
    block blocks[MAX_RULES];
    gnuplot plot;
    char title[200];

    snprintf(title, sizeof title, "Learning a linear function, η = %g, seeds %" PRIu64 "-%" PRIu64 ", mean ± sd",
             chosen->eta, chosen->first_seed, chosen->last_seed);
    if (!gnuplot_start(&plot, chosen->plot, 900, 640))
        return false;
    set_up(&plot, title, chosen->epochs);
    for (size_t i = 0; i < all->n_rules; i++)
        blocks[i] = put_study(plot.script, &all->rules[i], chosen->epochs, i);
    draw_panels(&plot, chosen, all->n_rules, blocks);
    return gnuplot_finish(&plot);
}
