#include "plot.h"

#include <inttypes.h>
#include <math.h>

#include "../common/gnuplot.h"
#include "../common/look.h"

/* Samples, and the error with the limits of its band. */
static void put_contender(FILE *script, const experiment *all, size_t contender)
{
    fprintf(script, "$contender%zu << END\n", contender);
    for (size_t i = 0; i < all->chosen->looks; i++) {
        moments over = experiment_test(all, contender, i, true);
        double deviation = moments_deviation(&over);

        fprintf(script, "%" PRIu64, run_look(&all->reported[contender], all->chosen, i));
        gnuplot_number(script, pow(10.0, over.mean));
        gnuplot_number(script, pow(10.0, over.mean - deviation));
        gnuplot_number(script, pow(10.0, over.mean + deviation));
        fputc('\n', script);
    }
    fputs("END\n", script);
}

static void set_up(gnuplot *drawn, const settings *chosen)
{
    FILE *script = drawn->script;
    char title[200], seeds[64];

    if (chosen->study)
        snprintf(seeds, sizeof seeds, "seeds %" PRIu64 "-%" PRIu64 ", mean ± sd", chosen->seeds.first,
                 chosen->seeds.last);
    else
        snprintf(seeds, sizeof seeds, "seed %" PRIu64, chosen->seeds.first);
    snprintf(title, sizeof title, "Learning a network 30-20-10-10, %s", seeds);
    fputs("set datafile missing '?'\n"
          "set border 3 lc '#606060'\n"
          "set tics nomirror out scale 0.6\n"
          "set grid ytics lc '#e4e4e4' lt 1\n"
          "set lmargin at screen 0.09\n"
          "set rmargin at screen 0.76\n"
          "set tmargin at screen 0.90\n"
          "set bmargin at screen 0.16\n"
          "set label 1 ", script);
    gnuplot_quote(drawn, title);
    fputs(" at screen 0.09,0.95 noenhanced font ',15'\nset label 2 ", script);
    gnuplot_quote(drawn, fa_build_info());
    fputs(" at screen 0.965,0.024 right noenhanced font ',8' tc '#808080'\n"
          "set logscale y\nset format y '10^{%T}'\nset format x '%.0s%c'\n"
          "set xlabel 'samples' offset 0,0.4\nset ylabel 'normalized squared error' offset 0.5\n"
          "set key at screen 0.77,0.9 top left Left reverse noenhanced samplen 3 spacing 1.15\n", script);
    fprintf(script, "set xrange [0:%" PRIu64 "]\n", chosen->samples);
}

/* Pixels of the picture, if the legend does not need more; of the height, for each line of the legend. */
enum { WIDTH = 1020, HEIGHT = 480 };
static const double LEGEND_LINE = 27.0;

/* Four layers are solid lines, three are dashed ones. */
static const char *style(size_t layers)
{
    return layers == 4 ? "lw 2 dt 1" : "lw 1.6 dt (12,7)";
}

static void draw(gnuplot *drawn, const experiment *all)
{
    FILE *script = drawn->script;

    fputs("plot", script);
    for (size_t contender = 0; contender < all->n_contenders; contender++) {
        size_t rule = contender_rule(contender), place = look_of(all->chosen->rules.at[rule]);

        if (experiment_complete(all, contender) == 0)
            continue;
        if (experiment_complete(all, contender) > 1)
            fprintf(script, " $contender%zu using 1:3:4 with filledcurves lc '%s' fs transparent solid 0.15 noborder "
                            "notitle,", contender, look_color(place));
        fprintf(script, " $contender%zu using 1:2 with lines %s lc '%s' notitle, $contender%zu using 1:2 ", contender,
                style(contender_layers(contender)), look_color(place), contender);
        look_put_every(script, all->chosen->looks, rule, all->chosen->rules.count);
        fputs(" with ", script);
        look_put_points(script, place, 0.7);
        fputs(" notitle,", script);
    }
    for (size_t i = 0; i < all->chosen->rules.count; i++) {
        size_t place = look_of(all->chosen->rules.at[i]);

        if (experiment_complete(all, 2 * i) + experiment_complete(all, 2 * i + 1) == 0)
            continue;
        fprintf(script, " NaN with linespoints lw 2 pt %d ps 0.7 lc '%s' title ", look_mark(place), look_color(place));
        gnuplot_quote(drawn, all->chosen->rules.at[i]->name);
        fputc(',', script);
    }
    fprintf(script, " NaN with lines %s lc '#606060' title '3 layers', NaN with lines %s lc '#606060' title "
                    "'4 layers'\n", style(3), style(4));
}

/* Whether there is something to see below the error 10^exponent: gnuplot wants a point in its ranges. */
static bool any_below(const experiment *all, double exponent)
{
    for (size_t contender = 0; contender < all->n_contenders; contender++)
        for (size_t i = 0; i < all->chosen->looks && experiment_complete(all, contender) > 0; i++)
            if (experiment_test(all, contender, i, true).mean < exponent)
                return true;
    return false;
}

bool plot(const experiment *all)
{
    gnuplot drawn;
    int height = (int)(LEGEND_LINE * (double)(all->chosen->rules.count + 2));

    if (!gnuplot_start(&drawn, all->chosen->plot, WIDTH, height > HEIGHT ? height : HEIGHT))
        return false;
    set_up(&drawn, all->chosen);
    for (size_t contender = 0; contender < all->n_contenders; contender++)
        put_contender(drawn.script, all, contender);
    /* Who knows the mean only has the error 1. What diverges leaves the picture. */
    if (any_below(all, 1.0))
        fputs("set yrange [*:10]\n", drawn.script);
    draw(&drawn, all);
    return gnuplot_finish(&drawn);
}
