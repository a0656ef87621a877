#include "plot.h"

#include <inttypes.h>
#include <math.h>

#include "../common/gnuplot.h"

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
          "set lmargin at screen 0.105\n"
          "set rmargin at screen 0.965\n"
          "set tmargin at screen 0.90\n"
          "set bmargin at screen 0.16\n"
          "set label 1 ", script);
    gnuplot_quote(drawn, title);
    fputs(" at screen 0.105,0.95 noenhanced font ',15'\nset label 2 ", script);
    gnuplot_quote(drawn, fa_build_info());
    fputs(" at screen 0.965,0.024 right noenhanced font ',8' tc '#808080'\n"
          "set logscale y\nset format y '10^{%T}'\nset format x '%.0s%c'\n"
          "set xlabel 'samples'\nset ylabel 'normalized squared error' offset 0.5\n"
          "set key bottom left noenhanced samplen 4 spacing 1.15\n", script);
    fprintf(script, "set xrange [0:%" PRIu64 "]\n", chosen->samples);
}

static void draw(gnuplot *drawn, const experiment *all)
{
    FILE *script = drawn->script;
    char title[100];

    fputs("plot", script);
    for (size_t contender = 0; contender < all->n_contenders; contender++) {
        const fa_rule *rule = all->chosen->rules.at[contender_rule(contender)];
        const char *color = gnuplot_color(rule_place(rule));

        if (experiment_complete(all, contender) == 0)
            continue;
        if (experiment_complete(all, contender) > 1)
            fprintf(script, " $contender%zu using 1:3:4 with filledcurves lc '%s' fs transparent solid 0.15 noborder "
                            "notitle,", contender, color);
        fprintf(script, " $contender%zu using 1:2 with lines %s lc '%s' title ", contender,
                contender_layers(contender) == 4 ? "lw 2" : "lw 1.6 dt (12,7)", color);
        snprintf(title, sizeof title, "%.60s, %zu layers", rule->name, contender_layers(contender));
        gnuplot_quote(drawn, title);
        fputc(',', script);
    }
    fputs(" NaN notitle\n", script);
}

bool plot(const experiment *all)
{
    gnuplot drawn;

    if (!gnuplot_start(&drawn, all->chosen->plot, 900, 480))
        return false;
    set_up(&drawn, all->chosen);
    for (size_t contender = 0; contender < all->n_contenders; contender++)
        put_contender(drawn.script, all, contender);
    draw(&drawn, all);
    return gnuplot_finish(&drawn);
}
