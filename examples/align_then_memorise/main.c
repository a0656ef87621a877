/* align_then_memorise -- a student network follows the differential equations of online learning.
 *
 * The shallow network of Refinetti, d'Ascoli, Ohana, Goldt: Align, then memorise: the dynamics of learning with
 * feedback alignment (arXiv:2011.12428). committee.c has the theory; student.c is where the library trains; the rest
 * draws samples, measures, tells and draws.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "../common/complain.h"
#include "../common/gnuplot.h"
#include "../common/interrupt.h"
#include "../common/streams.h"
#include "experiment.h"
#include "plot.h"
#include "report.h"

const char program_name[] = "align_then_memorise";

enum { SUCCESS = 0, FAILURE = 1, USAGE = 2 };

static bool all_complete(const experiment *all)
{
    for (size_t i = 0; i < all->chosen->rules.count; i++)
        if (all->rules[i].complete != all->count)
            return false;
    return true;
}

static int run_experiment(const settings *chosen)
{
    experiment all;
    output csv;
    bool good;

    interrupt_catch();
    if ((chosen->plot && !gnuplot_check(chosen->plot)) || !output_open(&csv, chosen->csv))
        return FAILURE;
    good = experiment_run(&all, chosen, &csv);
    if (all.rules) {
        report(&all);
        good = (!chosen->plot || plot(&all)) && all_complete(&all) && good;
    }
    experiment_free(&all);
    return output_close(&csv) && good ? SUCCESS : FAILURE;
}

int main(int argc, char **argv)
{
    settings chosen;
    int status = SUCCESS;

    streams_occupy();
    if (!settings_read(&chosen, argc, argv))
        return USAGE;
    if (chosen.help)
        settings_print_help(stdout);
    else if (chosen.version)
        printf("%s %s\n%s\n", program_name, fa_version(), fa_build_info());
    else
        status = run_experiment(&chosen);
    return streams_end(status);
}
