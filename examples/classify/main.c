/* fa-classify -- networks learn to tell classes apart by several learning rules, on Fashion-MNIST, MNIST or data of
 * your own.
 *
 * model.c is where the library's objects are made, run.c where they train; the rest reads, compares, tells and draws.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "../common/complain.h"
#include "../common/interrupt.h"
#include "../common/rule_docs.h"
#include "../common/streams.h"
#include "checkpoints.h"
#include "data.h"
#include "environment.h"
#include "experiment.h"
#include "lists.h"
#include "outputs.h"
#include "plot.h"
#include "record_files.h"
#include "record_plot.h"
#include "report.h"
#include "settings.h"
#include "status.h"

const char program_name[] = "fa-classify";

static void report(const experiment *all)
{
    if (interrupt_came())
        complain("interrupted; this is what there is so far");
    if (all->chosen->grid.n_axes)
        report_grid(all);
    else if (settings_study(all->chosen))
        report_study(all);
    else
        report_runs(all);
}

static bool all_complete(const experiment *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->states[i] == RUN_WAITING ||
            (all->states[i] == RUN_ENDED && (all->runs[i].outcome != RUN_COMPLETE || all->runs[i].unrecorded)))
            return false;
    return true;
}

static bool run_all(const settings *chosen, data *samples, outputs *files)
{
    experiment all;
    bool good = experiment_create(&all, chosen, samples, files) && experiment_possible(&all) &&
                record_files_possible(&all);

    if (good) {
        good = settings_study(chosen) ? experiment_run_in_processes(&all) : experiment_run_here(&all);
        report(&all);
        record_files_missing(&all);
        good = (!chosen->plot || plot(&all)) && good;
        good = (!chosen->record_plot || record_plot(&all)) && good;
        good = all_complete(&all) && good;
    }
    experiment_free(&all);
    return good;
}

static int run_experiment(const settings *chosen, data *samples)
{
    outputs files;
    bool good;

    if (!data_suffice(samples, chosen))
        return USAGE;
    good = outputs_open(&files, chosen, samples) && plot_possible(chosen) &&
           checkpoints_possible(chosen) && run_all(chosen, samples, &files);
    return outputs_close(&files) && good ? SUCCESS : FAILURE;
}

static int train(const settings *chosen)
{
    data samples;
    int status = FAILURE;

    interrupt_catch();
    if (data_read(&samples, chosen))
        status = run_experiment(chosen, &samples);
    data_free(&samples);
    return status;
}

static int act(const settings *chosen)
{
    switch (chosen->action) {
    case LIST_RULES:
        rule_docs_print(stdout);
        return SUCCESS;
    case LIST_RULES_MARKDOWN:
        rule_docs_print_markdown(stdout);
        return SUCCESS;
    case LIST_OPTIMIZERS:
        list_optimizers(stdout);
        return SUCCESS;
    case LIST_QUANTITIES:
        recording_list(stdout);
        return SUCCESS;
    case SHOW_HELP:
        settings_print_help(stdout);
        return SUCCESS;
    case SHOW_VERSION:
        printf("%s %s\n%s\n", program_name, fa_version(), fa_build_info());
        return SUCCESS;
    default:
        return train(chosen);
    }
}

int main(int argc, char **argv)
{
    settings chosen;
    int status;

    streams_occupy();
    environment_settle(argv);
    status = settings_read(&chosen, argc, argv);
    if (status == SUCCESS)
        status = act(&chosen);
    settings_free(&chosen);
    return streams_end(status);
}
