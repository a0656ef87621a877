#include "plot.h"

#include <inttypes.h>
#include <string.h>

#include "../common/gnuplot.h"
#include "../common/look.h"
#include "plot_data.h"
#include "report.h"

/* With more rules than MANY there are no bands and no training curves, which would hide each other, and every layer's
 * angles have a panel, up to a number of layers. USUAL_NAME characters fit beside the panels of a picture of the usual
 * width. */
enum {
    WIDTH = 900,
    PANEL_HEIGHT = 300,
    MANY = 8,
    MOST_LAYERS = 4,
    USUAL_NAME = 17,
    MAX_TITLE = 200
};

/* Pixels of a character in the legend. */
static const double character = 8.2;

bool plot_possible(const settings *chosen)
{
    return (!chosen->plot || gnuplot_check(chosen->plot)) &&
           (!chosen->record_plot || gnuplot_check(chosen->record_plot));
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

/* Of a mark; one epoch makes no lines, and then small ones stand where there would be dashes. */
static double size(const settings *chosen, size_t dashes)
{
    return chosen->epochs == 1 && dashes ? 0.4 : 0.7;
}

static bool many(const experiment *all)
{
    return all->n_rules > MANY;
}

/* "fa", with a grid "fa, η = 0.1, feedback_scale 2". */
static void name_contender(const experiment *all, contender one, char text[MAX_TITLE])
{
    const char *name = all->chosen->rules.at[one.rule]->name;
    char values[MAX_TITLE - 40];

    experiment_values(all, one, values, sizeof values);
    if (all->chosen->grid.n_axes)
        snprintf(text, MAX_TITLE, "%.30s, η = %s", name, values + strlen("lr "));
    else
        snprintf(text, MAX_TITLE, "%s", name);
}

/* The picture's width: long names in the legend make it wider. */
static int full_width(const experiment *all, const contender *shown)
{
    size_t longest = USUAL_NAME;
    char title[MAX_TITLE];

    for (size_t i = 0; i < all->n_rules; i++) {
        if (!experiment_has(all, shown[i]))
            continue;
        name_contender(all, shown[i], title);
        longest = strlen(title) > longest ? strlen(title) : longest;
    }
    return WIDTH + (int)(character * (double)(longest - USUAL_NAME));
}

static double line_width(const experiment *all)
{
    return many(all) ? 1.5 : 2.0;
}

static void put_curve(FILE *script, const experiment *all, contender one, size_t what, size_t dashes)
{
    const char *color = look_color(look_of(all->chosen->rules.at[one.rule]));

    if (!plot_has_points(all, one, what, 1))
        return;
    if (plot_has_points(all, one, what, 2) && !many(all))
        fprintf(script, " $rule%zu using 1:%d:%d with filledcurves lc '%s' fs transparent solid 0.15 noborder notitle,",
                one.rule, plot_column(what) + 1, plot_column(what) + 2, color);
    fprintf(script, " $rule%zu using 1:%d with lines lw %g dt %s lc '%s' notitle,", one.rule, plot_column(what),
            line_width(all), dash(dashes), color);
    fprintf(script, " $rule%zu using 1:%d ", one.rule, plot_column(what));
    look_put_every(script, plot_points(all), one.rule, all->n_rules);
    fputs(" with ", script);
    look_put_points(script, look_of(all->chosen->rules.at[one.rule]), size(all->chosen, dashes));
    fputs(" notitle,", script);
}

/* A rule in the legend. */
static void put_name(gnuplot *drawing, const experiment *all, contender one)
{
    size_t place = look_of(all->chosen->rules.at[one.rule]);
    char title[MAX_TITLE];

    name_contender(all, one, title);
    fprintf(drawing->script, " NaN with linespoints lw %g pt %d ps 0.7 lc '%s' title ", line_width(all),
            look_mark(place), look_color(place));
    gnuplot_quote(drawing, title);
    fputc(',', drawing->script);
}

/* What a dash means, in the legend. */
static void put_key(gnuplot *drawing, const settings *chosen, const char *title, size_t dashes)
{
    if (chosen->epochs == 1)
        fprintf(drawing->script, " NaN with points pt 7 ps %g", size(chosen, dashes));
    else
        fprintf(drawing->script, " NaN with lines lw 2 dt %s", dash(dashes));
    fputs(" lc '#606060' title ", drawing->script);
    gnuplot_quote(drawing, title);
    fputc(',', drawing->script);
}

/* Test as a solid line, training as a dashed one, where there is room for it. */
static void draw_pair(gnuplot *drawing, const experiment *all, const contender *shown, size_t test, size_t training,
                      bool named)
{
    fputs("plot", drawing->script);
    for (size_t i = 0; i < all->n_rules; i++) {
        if (!experiment_has(all, shown[i]))
            continue;
        if (!many(all))
            put_curve(drawing->script, all, shown[i], training, 1);
        put_curve(drawing->script, all, shown[i], test, 0);
        if (named)
            put_name(drawing, all, shown[i]);
    }
    if (!many(all)) {
        put_key(drawing, all->chosen, "test", 0);
        put_key(drawing, all->chosen, "training", 1);
    }
    fputs(" NaN notitle\n", drawing->script);
}

/* Of the layers first .. last - 1. */
static void draw_angles(gnuplot *drawing, const experiment *all, const contender *shown, size_t first, size_t last)
{
    char title[32];

    fputs("plot", drawing->script);
    for (size_t i = 0; i < all->n_rules; i++)
        for (size_t l = first; l < last && experiment_has(all, shown[i]); l++)
            put_curve(drawing->script, all, shown[i], PLOT_ANGLE + l, l - first);
    for (size_t l = first; l < last && (last - first > 1 || all->chosen->n_hidden == 1); l++) {
        snprintf(title, sizeof title, "layer %zu", l + 1);
        put_key(drawing, all->chosen, title, l - first);
    }
    fputs(" NaN notitle\n", drawing->script);
}

/* Where things are, in pixels. */
typedef struct layout {
    double width, height, pitch; /* pitch: from one panel's top to the next one's */
    size_t layers;               /* in a panel of angles */
    size_t angle_panels;
} layout;

static layout lay_out(const experiment *all, const contender *shown)
{
    size_t n_hidden = all->chosen->n_hidden, panels;
    layout page = {.width = full_width(all, shown), .layers = n_hidden};

    if (plot_has_angles(all, shown)) {
        page.layers = many(all) && n_hidden <= MOST_LAYERS ? 1 : n_hidden;
        page.angle_panels = n_hidden / page.layers;
    }
    panels = 2 + page.angle_panels;
    page.height = (double)PANEL_HEIGHT * (panels > 3 ? (double)panels : 3.0);
    page.pitch = (page.height - 112.5) / (double)panels;
    return page;
}

static void put_title(gnuplot *drawing, const experiment *all, const layout *page)
{
    const settings *chosen = all->chosen;
    double left = 94.5 / page->width;
    char text[400];

    report_describe(all, text, sizeof text);
    fputs("set label 1 ", drawing->script);
    gnuplot_quote(drawing, text);
    fprintf(drawing->script, " at screen %g,%g noenhanced font ',13'\nset label 2 ", left, 1.0 - 22.5 / page->height);
    if (all->finals.count > 1)
        snprintf(text, sizeof text, "%.200s, seeds %" PRIu64 "-%" PRIu64 ", mean%s", chosen->data,
                 chosen->first_seed, chosen->last_seed, many(all) ? " on the test samples" : " and its 95 % interval");
    else
        snprintf(text, sizeof text, "%.200s, seed %" PRIu64 "%s", chosen->data, chosen->first_seed,
                 many(all) ? ", test samples" : "");
    gnuplot_quote(drawing, text);
    fprintf(drawing->script, " at screen %g,%g noenhanced font ',10' tc '#606060'\nset label 3 ", left,
            1.0 - 44.1 / page->height);
    gnuplot_quote(drawing, fa_build_info());
    fprintf(drawing->script, " at screen %g,%g right noenhanced font ',8' tc '#808080'\n", 1.0 - 31.5 / page->width,
            10.8 / page->height);
}

/* A legend's corner, so many pixels below the picture's top. */
static void place_key(FILE *script, const layout *page, double down)
{
    fprintf(script, "set key on at screen %g,%g top left Left reverse noenhanced samplen 2 spacing 1.1\n",
            702.0 / page->width, 1.0 - down / page->height);
}

/* What the panels share. Labels are drawn with the first one only. */
static void set_up(gnuplot *drawing, const experiment *all, const layout *page)
{
    fputs("set datafile missing '?'\n"
          "set border 3 lc '#606060'\n"
          "set tics nomirror out scale 0.6\n"
          "set grid ytics lc '#e4e4e4' lt 1\n", drawing->script);
    fprintf(drawing->script, "set lmargin at screen %g\nset rmargin at screen %g\n", 94.5 / page->width,
            693.0 / page->width);
    if (many(all))
        fputs("set key off\n", drawing->script);
    else
        place_key(drawing->script, page, 58.5);
    put_title(drawing, all, page);
    if (all->chosen->epochs == 1)
        fputs("set xrange [0:2]\n", drawing->script);
    else
        fprintf(drawing->script, "set xrange [1:%zu]\n", all->chosen->epochs);
    if (all->chosen->epochs <= 10)
        fputs("set xtics 1\n", drawing->script);
    fputs("set multiplot\n", drawing->script);
}

/* Pixels from the picture's top to a panel's. */
static double panel_top(const layout *page, size_t i)
{
    return 63.0 + (double)i * page->pitch;
}

static void place_panel(FILE *script, const layout *page, size_t i)
{
    double top = panel_top(page, i);

    fprintf(script, "set tmargin at screen %g\nset bmargin at screen %g\n", 1.0 - top / page->height,
            1.0 - (top + page->pitch - 18.0) / page->height);
}

static void end_axis(FILE *script)
{
    fputs("set format x '%g'\nset xlabel 'epoch' offset 0,0.4\n", script);
}

static void draw_angle_panels(gnuplot *drawing, const experiment *all, const contender *shown, const layout *page,
                              plot_axis axis)
{
    FILE *script = drawing->script;

    fputs("unset logscale y\nunset ytics\nset format y '%g°'\nset ytics nomirror out scale 0.6 30\n", script);
    fprintf(script, "set yrange [0:%g]\n", axis.high);
    for (size_t i = 0; i < page->angle_panels; i++) {
        size_t first = i * page->layers;

        place_panel(script, page, 2 + i);
        if (page->angle_panels > 1)
            fprintf(script, "set ylabel 'angle to BP, layer %zu' offset 0.5\n", first + 1);
        else
            fputs("set ylabel 'angle to BP' offset 0.5\n", script);
        if (page->layers > 1 || page->angle_panels == 1)
            place_key(script, page, panel_top(page, 2 + i) + 1.5);
        if (i + 1 == page->angle_panels)
            end_axis(script);
        draw_angles(drawing, all, shown, first, first + page->layers);
    }
}

/* gnuplot cuts a legend off that is higher than its panel: this one has all the height, and shows nothing else. */
static void draw_names(gnuplot *drawing, const experiment *all, const contender *shown, const layout *page)
{
    FILE *script = drawing->script;

    fprintf(script, "set tmargin at screen %g\nset bmargin at screen 0\n", 1.0 - 50.0 / page->height);
    fputs("unset border\nunset tics\nunset xlabel\nunset ylabel\nset yrange [0:1]\n", script);
    place_key(script, page, 58.5);
    fputs("plot", script);
    for (size_t i = 0; i < all->n_rules; i++)
        if (experiment_has(all, shown[i]))
            put_name(drawing, all, shown[i]);
    fputs(" NaN notitle\n", script);
}

static void draw_panels(gnuplot *drawing, const experiment *all, const contender *shown, const layout *page,
                        const plot_axis *panels)
{
    FILE *script = drawing->script;

    place_panel(script, page, 0);
    fputs("set logscale y\nset format y '%g'\nset format x ''\nset ylabel 'loss' offset 0.5\n", script);
    set_range(script, panels[0]);
    draw_pair(drawing, all, shown, PLOT_TEST_LOSS, PLOT_TRAIN_LOSS, !many(all));
    place_panel(script, page, 1);
    fputs("unset label\nset ylabel 'error, %' offset 0.5\nset key off\n", script);
    set_range(script, panels[1]);
    if (page->angle_panels == 0)
        end_axis(script);
    draw_pair(drawing, all, shown, PLOT_TEST_ERROR, PLOT_TRAIN_ERROR, false);
    draw_angle_panels(drawing, all, shown, page, panels[2]);
    if (many(all))
        draw_names(drawing, all, shown, page);
    fputs("unset multiplot\n", script);
}

bool plot(const experiment *all)
{
    contender shown[MAX_RULES];
    plot_axis panels[3];
    gnuplot drawing;
    layout page;

    for (size_t i = 0; i < all->n_rules; i++)
        shown[i] = all->chosen->grid.n_axes ? experiment_choose(all, i) : (contender){.rule = i};
    page = lay_out(all, shown);
    if (!gnuplot_start(&drawing, all->chosen->plot, (int)page.width, (int)page.height))
        return false;
    set_up(&drawing, all, &page);
    panels[0] = plot_range(all, shown, PLOT_TRAIN_LOSS, PLOT_TEST_LOSS);
    panels[1] = plot_range(all, shown, PLOT_TRAIN_ERROR, PLOT_TEST_ERROR);
    panels[2] = (plot_axis){0.0, plot_angle_limit(all, shown)};
    for (size_t i = 0; i < all->n_rules; i++)
        if (experiment_has(all, shown[i]))
            plot_put_block(drawing.script, all, shown[i], panels);
    draw_panels(&drawing, all, shown, &page, panels);
    return gnuplot_finish(&drawing);
}
