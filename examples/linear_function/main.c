/* fa-linear-function -- a network of linear neurons learns a linear map by several learning rules.
 *
 * The first experiment of Lillicrap, Cownden, Tweed, Akerman: Random feedback weights support learning in deep neural
 * networks (arXiv:1411.0247). learner.c is where the library trains; task.c is where the data come from; the rest
 * measures, tells and draws.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "../common/complain.h"
#include "../common/gnuplot.h"
#include "../common/interrupt.h"
#include "../common/rule_docs.h"
#include "../common/streams.h"
#include "csv.h"
#include "files.h"
#include "plot.h"
#include "report.h"
#include "settings.h"
#include "study.h"

const char program_name[] = "fa-linear-function";

enum { SUCCESS = 0, FAILURE = 1, USAGE = 2 };

/* Every rule on the same task. *count runs are left to report, whatever happened to the last one. */
static bool run_rules(const settings *chosen, const task *problem, csv *file, run *runs, size_t *count)
{
    progress shown = progress_start(chosen->quiet);
    bool good = true;

    for (*count = 0; *count < chosen->rules.count && good && !interrupt_came();) {
        run *result = &runs[*count];

        if (!run_learn(result, chosen->rules.at[*count], problem, chosen, &shown))
            return false;
        ++*count;
        csv_write(file, problem->seed, result);
        if (result->outcome == RUN_DIVERGED)
            complain("%s diverged at epoch %zu", result->rule->name, result->diverged_at);
        if (chosen->save && result->outcome == RUN_COMPLETE)
            good = files_save_weights(chosen->save, result->rule->name, result->net);
    }
    return good;
}

static int single(const settings *chosen, const task *problem, csv *file)
{
    run runs[MAX_RULES];
    size_t count;
    bool good = !chosen->save || files_save_task(chosen->save, problem);

    if (!good)
        return FAILURE;
    good = run_rules(chosen, problem, file, runs, &count);
    if (interrupt_came())
        complain("interrupted; this is what there is so far");
    report_runs(chosen, problem, runs, count);
    if (chosen->plot && count > 0)
        good = plot_runs(chosen, problem, runs, count) && good;
    for (size_t i = 0; i < count; i++) {
        good = good && runs[i].outcome == RUN_COMPLETE && !runs[i].unrecorded;
        run_free(&runs[i]);
    }
    return good ? SUCCESS : FAILURE;
}

static int run_single(const settings *chosen, csv *file)
{
    task problem;
    int status = USAGE;

    if (!(chosen->load ? task_load(&problem, chosen) : task_draw(&problem, chosen, chosen->first_seed)))
        return FAILURE;
    if (chosen->batch > problem.x_train.rows)
        complain("--batch is %zu, but there are only %zu training samples", chosen->batch, problem.x_train.rows);
    else
        status = single(chosen, &problem, file);
    task_free(&problem);
    return status;
}

static int run_study(const settings *chosen, csv *file)
{
    progress shown = progress_start(chosen->quiet);
    study all;
    bool good = study_run(&all, chosen, file, &shown);

    if (good) {
        report_study(chosen, &all);
        good = !interrupt_came() && (!chosen->plot || plot_study(chosen, &all));
        for (size_t i = 0; i < all.n_rules; i++)
            good = good && all.rules[i].diverged == 0 && all.rules[i].unrecorded == 0;
    }
    study_free(&all);
    return good ? SUCCESS : FAILURE;
}

static int run_experiment(const settings *chosen)
{
    csv file;
    int status;

    interrupt_catch();
    if (chosen->plot && !gnuplot_check(chosen->plot))
        return FAILURE;
    if (!csv_open(&file, chosen->csv, chosen->study))
        return FAILURE;
    status = chosen->study ? run_study(chosen, &file) : run_single(chosen, &file);
    if (!csv_close(&file) && status == SUCCESS)
        status = FAILURE;
    return status;
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
    else if (chosen.list_rules)
        rule_docs_print(stdout);
    else if (chosen.list_rules_markdown)
        rule_docs_print_markdown(stdout);
    else if (chosen.list_quantities)
        recording_list(stdout);
    else if (chosen.version)
        printf("%s %s\n%s\n", program_name, fa_version(), fa_build_info());
    else
        status = run_experiment(&chosen);
    return streams_end(status);
}
