#include "record_plot.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/gnuplot.h"
#include "../common/look.h"
#include "record_page.h"
#include "report.h"

/* Pixels. A row is a panel, its title, and the room for labels below it; a line is one of the legend. */
static const double LEFT = 88, TOP = 88, ROW = 158, PANEL = 112, BOTTOM = 68, KEY = 56, LINE = 18;

enum { MAX_TITLE = 200, USUAL_NAME = 12 };

/* Pixels of a character in the legend. */
static const double character = 8.2;

typedef struct drawing {
    gnuplot            gnuplot;
    const experiment  *all;
    const record_page *page;
    double             panel, gap; /* widths */
    double             width, height;
} drawing;

/* "fa", with a grid "fa, lr 0.1, feedback_scale 2". */
static void name_contender(const experiment *all, contender one, char text[MAX_TITLE])
{
    char values[MAX_TITLE - 40];

    experiment_values(all, one, values, sizeof values);
    snprintf(text, MAX_TITLE, "%.30s%s%s", all->chosen->rules.at[one.rule]->name,
             all->chosen->grid.n_axes ? ", " : "", all->chosen->grid.n_axes ? values : "");
}

static void name_layer(size_t l, char text[MAX_TITLE])
{
    if (l == 0)
        snprintf(text, MAX_TITLE, "all layers");
    else
        snprintf(text, MAX_TITLE, "layer %zu", l);
}

static void measure_page(drawing *made)
{
    size_t longest = USUAL_NAME;

    made->panel = made->page->by_layer ? 200.0 : 330.0;
    made->gap = made->page->by_layer ? 16.0 : 84.0;
    for (size_t i = 0; i < made->page->n_shown && made->page->by_layer; i++) {
        char title[MAX_TITLE];

        name_contender(made->all, made->page->shown[i], title);
        longest = strlen(title) > longest ? strlen(title) : longest;
    }
    made->width = LEFT + (double)made->page->columns * (made->panel + made->gap) + KEY + character * (double)longest;
    /* The two lines above the panels need some room. */
    made->width = fmax(made->width, 720.0);
    made->height = TOP + BOTTOM + ROW * (double)made->page->rows - (ROW - PANEL);
    /* Of a few panels the legend is higher. */
    made->height = fmax(made->height, TOP + BOTTOM + LINE * (double)(made->page->by_layer
                                                                         ? made->page->n_shown
                                                                         : made->all->chosen->n_hidden + 2));
}

/* A color between dark blue and yellow that all eyes see as lighter than the one before. */
static void put_shade(FILE *script, size_t i, size_t count)
{
    static const double anchors[][3] = {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {228, 205, 30}};
    double place = count > 1 ? 4.0 * (double)i / (double)(count - 1) : 0.0;
    size_t k = place >= 4.0 ? 3 : (size_t)place;
    int color[3];

    for (int c = 0; c < 3; c++)
        color[c] = (int)(anchors[k][c] + (place - (double)k) * (anchors[k + 1][c] - anchors[k][c]) + 0.5);
    fprintf(script, "'#%02x%02x%02x'", (unsigned)color[0], (unsigned)color[1], (unsigned)color[2]);
}

/* Layer l of one rule: all layers together are a black line of dashes. */
static void put_layer_style(const drawing *made, size_t l)
{
    if (l == 0) {
        fputs("lines lw 2 dt (8,5) lc '#000000'", made->gnuplot.script);
        return;
    }
    fputs("lines lw 2 lc ", made->gnuplot.script);
    put_shade(made->gnuplot.script, l - 1, made->all->chosen->n_hidden + 1);
}

static size_t place_of(const drawing *made, size_t shown)
{
    return look_of(made->all->chosen->rules.at[made->page->shown[shown].rule]);
}

/* One rule among several: its color, and its marks. */
static void put_rule(const drawing *made, size_t shown, size_t curve)
{
    FILE *script = made->gnuplot.script;

    fprintf(script, " $run%zu using 1:%zu with lines lw 1.6 lc '%s' notitle, $run%zu using 1:%zu ", shown, curve + 2,
            look_color(place_of(made, shown)), shown, curve + 2);
    look_put_every(script, made->page->tables[shown].points, shown, made->page->n_shown);
    fputs(" with ", script);
    look_put_points(script, place_of(made, shown), 0.5);
    fputs(" notitle,", script);
}

static void put_layer(const drawing *made, size_t shown, size_t curve)
{
    fprintf(made->gnuplot.script, " $run%zu using 1:%zu with ", shown, curve + 2);
    put_layer_style(made, made->page->curves.at[curve].layer);
    fputs(" notitle,", made->gnuplot.script);
}

static void put_blocks(const drawing *made)
{
    const record_page *page = made->page;
    FILE *script = made->gnuplot.script;

    for (size_t i = 0; i < page->n_shown; i++) {
        fprintf(script, "$run%zu << END\n", i);
        for (size_t point = 0; point < page->tables[i].points; point++) {
            fprintf(script, "%" PRIu64, page->tables[i].step * (uint64_t)(point + 1));
            for (size_t curve = 0; curve < page->curves.count; curve++)
                gnuplot_number(script, record_table_value(&page->tables[i], &page->curves, point, curve));
            fputc('\n', script);
        }
        fputs("END\n", script);
    }
}

static void put_label(drawing *made, int number, const char *text, double x, double y, const char *how)
{
    fprintf(made->gnuplot.script, "set label %d ", number);
    gnuplot_quote(&made->gnuplot, text);
    fprintf(made->gnuplot.script, " at screen %g,%g noenhanced %s\n", x / made->width, 1.0 - y / made->height, how);
}

static void put_titles(drawing *made)
{
    const settings *chosen = made->all->chosen;
    char text[400];

    report_describe(made->all, text, sizeof text);
    put_label(made, 1, text, LEFT, 22.5, "font ',12'");
    if (made->all->finals.count > 1)
        snprintf(text, sizeof text, "%.200s, mean over seeds %" PRIu64 "-%" PRIu64, chosen->data, chosen->first_seed,
                 chosen->last_seed);
    else
        snprintf(text, sizeof text, "%.200s, seed %" PRIu64, chosen->data, chosen->first_seed);
    put_label(made, 2, text, LEFT, 44.0, "font ',10' tc '#606060'");
    put_label(made, 3, fa_build_info(), made->width - 24.0, made->height - 9.0, "right font ',8' tc '#808080'");
}

/* 1, 2 or 5 times a power of ten, so that there are up to about four steps. */
static double nice_step(double length)
{
    double unit = pow(10.0, floor(log10(length / 4.0))), count = length / 4.0 / unit;

    return unit * (count <= 1.0 ? 1.0 : count <= 2.0 ? 2.0 : count <= 5.0 ? 5.0 : 10.0);
}

static void set_up(drawing *made)
{
    FILE *script = made->gnuplot.script;

    fputs("set datafile missing '?'\n"
          "set border 3 lc '#606060'\n"
          "set grid ytics lc '#e4e4e4' lt 1\n"
          "set key off\n", script);
    put_titles(made);
    fprintf(script, "set xrange [0:%" PRIu64 "]\n", made->page->end);
    fprintf(script, "set xtics nomirror out scale 0.6 %g font ',10'\n", nice_step((double)made->page->end));
    fputs("set multiplot\n", script);
}

/* Marks at 1, 2 and 5 times powers of ten within one or two decades, else at some powers of ten. */
static void put_log_tics(FILE *script, record_range range)
{
    int first = (int)floor(log10(range.low)), last = (int)ceil(log10(range.high));
    int stride = 1 + (last - first) / 5;

    fputs("set logscale y\nset ytics nomirror out scale 0.6 font ',10' (", script);
    for (int decade = first; decade <= last; decade++) {
        if (range.high < 3.0 * range.low)
            fprintf(script, "1.2e%d, 1.5e%d, 3e%d, 7e%d, ", decade, decade, decade, decade);
        if (range.high < 30.0 * range.low)
            fprintf(script, "2e%d, 5e%d, ", decade, decade);
        if (decade % stride == 0)
            fprintf(script, "1e%d, ", decade);
    }
    fprintf(script, "1e%d)\n", last + stride);
}

static void put_y_axis(drawing *made, const record_panel *panel)
{
    FILE *script = made->gnuplot.script;
    size_t number = made->page->curves.at[panel->first].quantity;
    const fa_quantity *told = fa_quantity_at(number);
    record_range range = record_page_range(made->page, number);
    bool degrees = strcmp(told->unit, "degrees") == 0;

    fputs("unset logscale y\nunset ytics\n", script);
    fprintf(script, "set yrange [%g:%g]\n", range.low, range.high);
    if (range.logarithmic)
        put_log_tics(script, range);
    else
        fprintf(script, "set ytics nomirror out scale 0.6 %g font ',10'\n",
                degrees && range.high >= 90.0 ? 30.0 : nice_step(range.high - range.low));
    fprintf(script, "set format y '%s'\n", !panel->begins ? "" : degrees ? "%g°" : "%g");
    fputs("set ylabel ", script);
    gnuplot_quote(&made->gnuplot, panel->begins ? told->name : "");
    fputs(" noenhanced font ',10' offset 0.5\n", script);
}

static void place_panel(const drawing *made, const record_panel *panel)
{
    double left = LEFT + (double)panel->column * (made->panel + made->gap), top = TOP + ROW * (double)panel->row;
    FILE *script = made->gnuplot.script;

    fprintf(script, "set lmargin at screen %g\nset rmargin at screen %g\n", left / made->width,
            (left + made->panel) / made->width);
    fprintf(script, "set tmargin at screen %g\nset bmargin at screen %g\n", 1.0 - top / made->height,
            1.0 - (top + PANEL) / made->height);
}

static void draw_panel(drawing *made, const record_panel *panel)
{
    const record_page *page = made->page;
    FILE *script = made->gnuplot.script;
    char title[MAX_TITLE] = "";

    place_panel(made, panel);
    put_y_axis(made, panel);
    if (page->by_layer)
        name_layer(page->curves.at[panel->first].layer, title);
    fputs("set title ", script);
    gnuplot_quote(&made->gnuplot, title);
    fprintf(script, " font ',10' offset 0,-0.7\nset format x '%s'\nset xlabel '%s' font ',10' offset 0,0.4\n",
            panel->bottom ? "%g" : "", panel->bottom ? "batch" : "");
    fputs("plot", script);
    for (size_t i = 0; i < page->n_shown; i++) {
        for (size_t curve = panel->first; curve < panel->first + panel->count; curve++) {
            if (!record_page_has(page, i, curve))
                continue;
            if (page->by_layer)
                put_rule(made, i, curve);
            else
                put_layer(made, i, curve);
        }
    }
    fputs(" NaN notitle\nunset label\n", script);
}

/* Whether a layer is on any panel. */
static bool has_layer(const record_page *page, size_t l)
{
    for (size_t curve = 0; curve < page->curves.count; curve++)
        if (page->curves.at[curve].layer == l && record_page_has(page, page->n_shown, curve))
            return true;
    return false;
}

/* gnuplot cuts a legend off that is higher than its panel: this one has all the height, and shows nothing else. */
static void draw_key(drawing *made)
{
    const record_page *page = made->page;
    FILE *script = made->gnuplot.script;
    char title[MAX_TITLE];

    fprintf(script, "set tmargin at screen %g\nset bmargin at screen 0\n", 1.0 - 50.0 / made->height);
    fputs("unset border\nunset tics\nunset xlabel\nunset ylabel\nunset title\nunset logscale\nset yrange [0:1]\n",
          script);
    fprintf(script, "set key on at screen %g,%g top left Left reverse noenhanced samplen 2 spacing 1.1\nplot",
            (LEFT + (double)page->columns * (made->panel + made->gap)) / made->width, 1.0 - (TOP - 8.0) / made->height);
    for (size_t i = 0; i < (page->by_layer ? page->n_shown : made->all->chosen->n_hidden + 2); i++) {
        if (!page->by_layer && !has_layer(page, i))
            continue;
        fputs(" NaN with ", script);
        if (page->by_layer) {
            fprintf(script, "linespoints lw 1.6 pt %d ps 0.7 lc '%s'", look_mark(place_of(made, i)),
                    look_color(place_of(made, i)));
            name_contender(made->all, page->shown[i], title);
        } else {
            put_layer_style(made, i);
            name_layer(i, title);
        }
        fputs(" title ", script);
        gnuplot_quote(&made->gnuplot, title);
        fputc(',', script);
    }
    fputs(" NaN notitle\nunset multiplot\n", script);
}

static bool draw(const experiment *all, const record_page *page)
{
    drawing made = {.all = all, .page = page};

    measure_page(&made);
    if (!gnuplot_start(&made.gnuplot, all->chosen->record_plot, (int)made.width, (int)made.height))
        return false;
    set_up(&made);
    put_blocks(&made);
    for (size_t i = 0; i < page->n_panels; i++)
        draw_panel(&made, &page->panels[i]);
    draw_key(&made);
    return gnuplot_finish(&made.gnuplot);
}

bool record_plot(const experiment *all)
{
    record_page page;
    bool good = record_page_create(&page, all);

    if (good && page.n_panels == 0)
        complain("nothing to draw was recorded, so there is no %s", all->chosen->record_plot);
    good = good && page.n_panels > 0 && draw(all, &page);
    record_page_free(&page);
    return good;
}
