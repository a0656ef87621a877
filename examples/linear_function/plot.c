#include "plot.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../common/gnuplot.h"
#include "../common/look.h"

/* Points of a curve at most: as fine as the width of the picture needs, and the SVG file stays small. */
enum { MAX_POINTS = 400 };

/* A rule's data block has these columns: the epoch, and for each quantity the line and the limits of its band. */
enum { TRAIN = 2, TEST = 5, UPDATE = 8, WEIGHT = 11, PSEUDO = 14, FLOW = 17, EXACT = 20, N_COLUMNS = 23 };

/* Pixels: the panels' sides; what is above them; from one panel to the next, and between two; the last one's height and
 * what is below it; what the legend's lines take beside the names. */
enum { LEFT = 94, RIGHT = 868, TOP = 45, PITCH = 288, BETWEEN = 26, LAST = 233, BOTTOM = 74, SAMPLES = 66 };

/* Characters of the longest name in the legend that is not a rule's, and pixels of one. With more rules than MANY only
 * the solid lines are drawn: the others would hide each other. */
enum { KIND_NAME = 9, MANY = 8 };
static const double character = 8.2;

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

/* What is drawn, and the size of it. */
typedef struct page {
    const settings *chosen;
    size_t          count;  /* rules */
    size_t          points; /* of a curve without gaps */
    drift_range     drift;
    double          ceiling; /* of the axis of losses: what diverges leaves it */
    double          width;
    block           blocks[MAX_RULES];
} page;

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

static int n_panels(const page *drawn)
{
    return drawn->drift.low < drawn->drift.high ? 3 : 2;
}

static int height(const page *drawn)
{
    return TOP + PITCH * (n_panels(drawn) - 1) + LAST + BOTTOM;
}

static bool many(const page *drawn)
{
    return drawn->count > MANY;
}

static page lay_out(const settings *chosen, size_t count, drift_range drift, double greatest_loss)
{
    size_t longest = KIND_NAME;
    page drawn = {.chosen = chosen, .count = count, .drift = drift, .ceiling = 10.0 * greatest_loss};

    drawn.points = (chosen->epochs + plot_stride(chosen->epochs) - 1) / plot_stride(chosen->epochs);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(chosen->rules.at[i]->name);

        longest = length > longest ? length : longest;
    }
    drawn.width = RIGHT + SAMPLES + character * (double)longest;
    return drawn;
}

/* What the panels share. Labels are drawn with the first one only. */
static void set_up(gnuplot *plot, const page *drawn, const char *title)
{
    double left = (double)LEFT / drawn->width, right = (double)RIGHT / drawn->width;
    FILE *script = plot->script;

    fputs("set datafile missing '?'\n"
          "set border 3 lc '#606060'\n"
          "set tics nomirror out scale 0.6\n"
          "set grid ytics lc '#e4e4e4' lt 1\n", script);
    fprintf(script, "set lmargin at screen %g\nset rmargin at screen %g\nset label 1 ", left, right);
    gnuplot_quote(plot, title);
    fprintf(script, " at screen %g,%g noenhanced font ',15'\nset label 2 ", left, 1.0 - 21.8 / height(drawn));
    gnuplot_quote(plot, fa_build_info());
    fprintf(script, " at screen %g,%g right noenhanced font ',8' tc '#808080'\n", 1.0 - 16.0 / drawn->width,
            11.5 / height(drawn));
    fprintf(script, "set xrange [0:%zu]\nset multiplot\n", drawn->chosen->epochs);
}

/* A kind of line: the column that it shows (0: there is none), and what the legend calls it. */
typedef struct kind {
    int         column;
    const char *name;
} kind;

/* A panel's solid lines (with the bands), its dashed and its dotted ones. */
enum { N_KINDS = 3 };
static const char *const styles[N_KINDS] = {"lines lw 2 dt 1", "lines lw 1.6 dt (12,7)", "lines lw 1.6 dt (2,4)"};
static const kind losses[N_KINDS] = {{TRAIN, "training"}, {TEST, "test"}, {0, ""}};
static const kind angles[N_KINDS] = {{UPDATE, "Wᵀe to Be"}, {WEIGHT, "Wᵀ to B"}, {PSEUDO, "W⁺e to Be"}};
static const kind drifts[N_KINDS] = {{FLOW, "M = BW + WᵀBᵀ − W0 W0ᵀ"}, {EXACT, "M + Σ η² D Dᵀ"}, {0, ""}};

static size_t place_of(const page *drawn, size_t rule)
{
    return look_of(drawn->chosen->rules.at[rule]);
}

static void draw_curve(FILE *script, const page *drawn, size_t rule, int column, const char *style)
{
    fprintf(script, " $rule%zu using 1:%d with %s lc '%s' notitle, $rule%zu using 1:%d ", rule, column, style,
            look_color(place_of(drawn, rule)), rule, column);
    look_put_every(script, drawn->points, rule, drawn->count);
    fputs(" with ", script);
    look_put_points(script, place_of(drawn, rule), 0.7);
    fputs(" notitle,", script);
}

/* What the kinds of lines mean, in the legend. */
static void name_kinds(gnuplot *plot, const kind kinds[N_KINDS])
{
    for (int k = 0; k < N_KINDS && kinds[k].column; k++) {
        fprintf(plot->script, " NaN with %s lc '#606060' title ", styles[k]);
        gnuplot_quote(plot, kinds[k].name);
        fputc(',', plot->script);
    }
}

static void draw(gnuplot *plot, const page *drawn, const kind kinds[N_KINDS], bool named)
{
    int column = kinds[0].column;
    FILE *script = plot->script;

    fputs("plot", script);
    for (size_t i = 0; i < drawn->count; i++)
        if (drawn->blocks[i].filled[column + 1])
            fprintf(script, " $rule%zu using 1:%d:%d with filledcurves lc '%s' fs transparent solid 0.2 noborder "
                            "notitle,", i, column + 1, column + 2, look_color(place_of(drawn, i)));
    for (size_t i = 0; i < drawn->count; i++)
        for (int k = N_KINDS - 1; k >= 0; k--)
            if (kinds[k].column && drawn->blocks[i].filled[kinds[k].column] && (k == 0 || kinds == drifts ||
                                                                                !many(drawn)))
                draw_curve(script, drawn, i, kinds[k].column, styles[k]);
    if (named)
        name_kinds(plot, kinds);
    fputs(" NaN notitle\n", script);
}

static void place_panel(FILE *script, const page *drawn, int row)
{
    int top = TOP + PITCH * row, length = row + 1 == n_panels(drawn) ? LAST : PITCH - BETWEEN;

    fprintf(script, "set tmargin at screen %g\nset bmargin at screen %g\n", 1.0 - (double)top / height(drawn),
            1.0 - (double)(top + length) / height(drawn));
    if (row + 1 == n_panels(drawn))
        fputs("set format x '%g'\nset xlabel 'epoch' offset 0,0.4\n", script);
    else
        fputs("set format x ''\n", script);
}

/* A legend beside the panels, so many pixels below the picture's top. */
static void place_key(FILE *script, const page *drawn, int down)
{
    fprintf(script, "set key on at screen %g,%g top left Left reverse noenhanced samplen 3 spacing 1.15\n",
            (RIGHT + 6) / drawn->width, 1.0 - (double)down / height(drawn));
}

/* gnuplot cuts a legend off that is higher than its panel: this one has all the height, and shows nothing else. */
static void draw_names(gnuplot *plot, const page *drawn)
{
    FILE *script = plot->script;

    fputs("set tmargin at screen 1\nset bmargin at screen 0\nunset border\nunset tics\nunset xlabel\nunset ylabel\n"
          "unset logscale y\nset yrange [0:1]\n", script);
    place_key(script, drawn, TOP);
    fputs("plot", script);
    for (size_t i = 0; i < drawn->count; i++) {
        fprintf(script, " NaN with linespoints lw 2 pt %d ps 0.7 lc '%s' title ", look_mark(place_of(drawn, i)),
                look_color(place_of(drawn, i)));
        gnuplot_quote(plot, drawn->chosen->rules.at[i]->name);
        fputc(',', script);
    }
    if (!many(drawn))
        name_kinds(plot, losses);
    fputs(" NaN notitle\n", script);
}

static void draw_panels(gnuplot *plot, const page *drawn)
{
    FILE *script = plot->script;

    place_panel(script, drawn, 0);
    fputs("set logscale y\nunset mytics\nset format y '10^{%T}'\n", script);
    if (drawn->ceiling > 0.0 && isfinite(drawn->ceiling))
        fprintf(script, "set yrange [*:%g]\n", drawn->ceiling);
    fprintf(script, "set ylabel '%sloss  ½ ‖e‖²' offset 0.5\nset key off\n", many(drawn) ? "training " : "");
    draw(plot, drawn, losses, false);
    fputs("unset label\n", script);
    place_panel(script, drawn, 1);
    fputs("unset logscale y\nset format y '%g°'\nset yrange [0:180]\nset ytics 45\n", script);
    fprintf(script, "set ylabel 'angle%s' offset 0.5\n", many(drawn) ? ", Wᵀe to Be" : "");
    if (!many(drawn))
        place_key(script, drawn, TOP + PITCH);
    draw(plot, drawn, angles, !many(drawn));
    if (n_panels(drawn) == 3) {
        place_panel(script, drawn, 2);
        fprintf(script, "set logscale y\nset format y '10^{%%T}'\nset yrange [%g:%g]\nset ytics auto\n",
                drawn->drift.low, drawn->drift.high);
        fputs("set ylabel 'drift, relative' offset 0.5\n"
              "set key on inside center right Right noreverse noenhanced samplen 3 spacing 1.15\n", script);
        draw(plot, drawn, drifts, true);
    }
    draw_names(plot, drawn);
    fputs("unset multiplot\n", script);
}

/* The greatest of those from which the rules start. */
static double first_loss(double greatest, double training, double test)
{
    greatest = training > greatest ? training : greatest;
    return test > greatest ? test : greatest;
}

bool plot_runs(const settings *chosen, const task *problem, const run *runs, size_t count)
{
    double loss = 0.0;
    page drawn;
    gnuplot plot;
    char title[160];

    for (size_t i = 0; i < count; i++)
        if (runs[i].epochs)
            loss = first_loss(loss, runs[i].trace[0].train_loss, runs[i].trace[0].test_loss);
    drawn = lay_out(chosen, count, drift_of_runs(runs, count), loss);
    if (chosen->load)
        snprintf(title, sizeof title, "Learning a linear function, η = %g, data from %.60s", chosen->eta,
                 chosen->load);
    else
        snprintf(title, sizeof title, "Learning a linear function, η = %g, seed %" PRIu64, chosen->eta, problem->seed);
    if (!gnuplot_start(&plot, chosen->plot, (int)drawn.width, height(&drawn)))
        return false;
    set_up(&plot, &drawn, title);
    for (size_t i = 0; i < count; i++)
        drawn.blocks[i] = put_run(plot.script, &runs[i], i);
    draw_panels(&plot, &drawn);
    return gnuplot_finish(&plot);
}

bool plot_study(const settings *chosen, const study *all)
{
    double loss = 0.0;
    page drawn;
    gnuplot plot;
    char title[200];

    for (size_t i = 0; i < all->n_rules; i++)
        if (all->rules[i].epochs[0].train_loss.count)
            loss = first_loss(loss, pow(10.0, all->rules[i].epochs[0].train_loss.mean),
                              pow(10.0, all->rules[i].epochs[0].test_loss.mean));
    drawn = lay_out(chosen, all->n_rules, drift_of_study(all, chosen->epochs), loss);
    snprintf(title, sizeof title, "Learning a linear function, η = %g, seeds %" PRIu64 "-%" PRIu64 ", mean ± sd",
             chosen->eta, chosen->first_seed, chosen->last_seed);
    if (!gnuplot_start(&plot, chosen->plot, (int)drawn.width, height(&drawn)))
        return false;
    set_up(&plot, &drawn, title);
    for (size_t i = 0; i < all->n_rules; i++)
        drawn.blocks[i] = put_study(plot.script, &all->rules[i], chosen->epochs, i);
    draw_panels(&plot, &drawn);
    return gnuplot_finish(&plot);
}
