#include "plot.h"

#include <inttypes.h>
#include <math.h>

#include "../common/gnuplot.h"
#include "../common/look.h"

/* A rule's data block has the time and, for each panel, the student with the limits of its band and the theory. */
enum { ERROR = 2, ANGLE = 6 };

static void put(FILE *script, const moments *simulated, const moments *theory, bool logarithm)
{
    double deviation = moments_deviation(simulated);
    double values[4] = {simulated->mean, simulated->mean - deviation, simulated->mean + deviation, theory->mean};

    for (size_t i = 0; i < 4; i++)
        gnuplot_number(script, logarithm ? pow(10.0, values[i]) : values[i]);
}

static void put_rule(FILE *script, const summary *rule, size_t number)
{
    fprintf(script, "$rule%zu << END\n", number);
    /* Time 0 has no place on a logarithmic axis. */
    for (size_t r = 1; r < rule->count; r++) {
        fprintf(script, "%.6g", rule->times[r]);
        put(script, &rule->looks[r].error, &rule->looks[r].solution_error, true);
        put(script, &rule->looks[r].angle, &rule->looks[r].solution_angle, false);
        fputc('\n', script);
    }
    fputs("END\n", script);
}

/* What both panels share. Labels are drawn with the first one only. */
static void set_up(gnuplot *drawn, const settings *chosen)
{
    FILE *script = drawn->script;
    char title[200], seeds[64];

    if (chosen->study)
        snprintf(seeds, sizeof seeds, "seeds %" PRIu64 "-%" PRIu64 ", mean ± sd", chosen->first_seed,
                 chosen->last_seed);
    else
        snprintf(seeds, sizeof seeds, "seed %" PRIu64, chosen->first_seed);
    snprintf(title, sizeof title, "Align, then memorize: N = %zu, M = %zu, K = %zu, η = %g, %s", chosen->inputs,
             chosen->teacher, chosen->student, chosen->eta, seeds);
    fputs("set datafile missing '?'\n"
          "set border 3 lc '#606060'\n"
          "set tics nomirror out scale 0.6\n"
          "set grid ytics lc '#e4e4e4' lt 1\n"
          "set lmargin at screen 0.105\n"
          "set rmargin at screen 0.965\n"
          "set logscale x\n"
          "set label 1 ", script);
    gnuplot_quote(drawn, title);
    fputs(" at screen 0.105,0.966 noenhanced font ',15'\nset label 2 ", script);
    gnuplot_quote(drawn, fa_build_info());
    fprintf(script, " at screen 0.965,0.014 right noenhanced font ',8' tc '#808080'\nset xrange [0.1:%g]\n"
                    "set multiplot\n", chosen->time);
}

static void draw(gnuplot *drawn, const experiment *all, int column, bool named)
{
    FILE *script = drawn->script;
    const rule_list *rules = &all->chosen->rules;

    fputs("plot", script);
    for (size_t i = 0; i < rules->count; i++) {
        const char *color = look_color(look_of(rules->at[i]));

        if (all->rules[i].count < 2)
            continue;
        if (all->rules[i].complete > 1)
            fprintf(script, " $rule%zu using 1:%d:%d with filledcurves lc '%s' fs transparent solid 0.15 noborder "
                            "notitle,", i, column + 1, column + 2, color);
        fprintf(script, " $rule%zu using 1:%d with ", i, column);
        look_put_points(script, look_of(rules->at[i]), 0.45);
        fputs(" title '',", script);
        fprintf(script, " $rule%zu using 1:%d with lines lw 2 lc '%s' notitle, NaN with linespoints lw 2 pt %d ps 0.7 "
                        "lc '%s' title ", i, column + 3, color, look_mark(look_of(rules->at[i])), color);
        gnuplot_quote(drawn, named ? rules->at[i]->name : "");
        fputc(',', script);
    }
    fputs(" NaN with points pt 7 ps 0.45 lc '#606060' title ", script);
    gnuplot_quote(drawn, named ? "student" : "");
    fputs(", NaN with lines lw 2 lc '#606060' title ", script);
    gnuplot_quote(drawn, named ? "theory, N → ∞" : "");
    fputc('\n', script);
}

bool plot(const experiment *all)
{
    gnuplot drawn;

    if (!gnuplot_start(&drawn, all->chosen->plot, 900, 640))
        return false;
    set_up(&drawn, all->chosen);
    for (size_t i = 0; i < all->chosen->rules.count; i++)
        put_rule(drawn.script, &all->rules[i], i);
    fputs("set tmargin at screen 0.93\nset bmargin at screen 0.52\n"
          "set logscale y\nset format y '10^{%T}'\nset format x ''\n"
          "set ylabel 'error  ⟨(y* − y)²⟩' offset 0.5\n"
          "set key bottom left noenhanced samplen 3 spacing 1.15\n", drawn.script);
    draw(&drawn, all, ERROR, true);
    fputs("unset label\nset tmargin at screen 0.48\nset bmargin at screen 0.115\n"
          "unset logscale y\nset format y '%g°'\nset format x '%g'\nset yrange [0:*]\nset ytics 15\n"
          "set xlabel 'time, in units of N samples' noenhanced offset 0,0.6\nset ylabel 'angle, v to b' offset 0.5\n",
          drawn.script);
    draw(&drawn, all, ANGLE, false);
    fputs("unset multiplot\n", drawn.script);
    return gnuplot_finish(&drawn);
}
