/* nonlinear -- do learning rules make use of a further layer?
 *
 * The third experiment of Lillicrap, Cownden, Tweed, Akerman: Random feedback weights support learning in deep neural
 * networks (arXiv:1411.0247). run.c is where the library trains; task.c is where the data come from; the rest compares,
 * tells and draws.
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

const char program_name[] = "nonlinear";

enum { SUCCESS = 0, FAILURE = 1, USAGE = 2 };

static int run_experiment(const settings *chosen)
{
    experiment all;
    output csv;
    bool good;

    interrupt_catch();
    if ((chosen->plot && !gnuplot_check(chosen->plot)) || !output_open(&csv, chosen->csv))
        return FAILURE;
    good = experiment_run(&all, chosen, &csv);
    if (all.n_tuning > 0 || all.n_reported > 0)
        report(&all);
    if (chosen->plot && all.n_reported > 0)
        good = plot(&all) && good;
    good = experiment_all_complete(&all) && good;
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
