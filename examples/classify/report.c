#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cells.h"

enum { WIDEST_MATRIX = 26 };

void report_describe(const experiment *all, char *text, size_t size)
{
    const settings *chosen = all->chosen;
    char layers[200];
    int length = snprintf(layers, sizeof layers, "%zu", all->samples->n_inputs);

    for (size_t i = 0; i < chosen->n_hidden && length < (int)sizeof layers; i++)
        length += snprintf(layers + length, sizeof layers - (size_t)length, "-%zu", chosen->hidden[i]);
    snprintf(text, size, "%s-%zu %s, %s on %s outputs, %s, batch %zu, %s", layers, all->samples->n_classes,
             chosen->n_hidden ? fa_activation_name(chosen->activation) : "without hidden layers",
             fa_loss_name(chosen->loss), fa_activation_name(chosen->output_activation), chosen->optimizer,
             chosen->batch, fa_dtype_name(chosen->dtype));
}

static void print_seeds(seed_range seeds)
{
    printf("%s %" PRIu64, seeds.count > 1 ? "s" : "", seeds.first);
    if (seeds.count > 1)
        printf("-%" PRIu64, seeds.first + (seeds.count - 1));
}

void report_head(const experiment *all)
{
    const settings *chosen = all->chosen;
    char text[400];

    report_describe(all, text, sizeof text);
    printf("%s\n%s: %zu training, %zu validation, %zu test samples; seed", text, chosen->data,
           data_training_size(all->samples, chosen), chosen->validation, fa_dataset_size(all->samples->test));
    print_seeds(all->finals);
    if (all->two_stages) {
        printf(", the grid with seed");
        print_seeds(all->trials);
    }
    putchar('\n');
}

/* What is to be said beside the numbers of a run; "" for nothing. */
static void remark(const settings *chosen, const run *result)
{
    size_t epoch = result->epochs < chosen->epochs ? result->epochs + 1 : chosen->epochs;

    if (result->outcome == RUN_DIVERGED)
        printf("  diverged in epoch %zu", epoch);
    else if (result->outcome == RUN_INTERRUPTED && result->kept)
        printf("  stopped in epoch %zu of %zu; test error with the weights of epoch %zu", epoch, chosen->epochs,
               result->kept);
    else if (result->outcome == RUN_INTERRUPTED)
        printf("  stopped in epoch %zu of %zu; test error of these weights", epoch, chosen->epochs);
    else if (result->early)
        printf("  no improvement any more");
}

static void report_run(const experiment *all, const run *result, int width)
{
    const settings *chosen = all->chosen;
    const record *last = result->epochs ? &result->trace[result->epochs - 1] : NULL;

    printf("%-*s  %8g  %6zu", width, chosen->rules.at[result->rule]->name, result->lr, result->epochs);
    cell(10, "%10.4g", last ? last->train_loss : (double)NAN);
    cell(11, "%9.2f %%", last ? 100.0 * last->train_error : (double)NAN);
    if (chosen->validation) {
        cell(10, "%8.2f %%", 100.0 * result->validation_error);
        cell(10, "%10.0f", result->best ? (double)result->best : (double)NAN);
        cell(12, "%10.2f %%", 100.0 * run_error_at_best(result));
    }
    cell(10, "%8.2f %%", 100.0 * result->test_error);
    for (size_t i = 0; i < chosen->n_hidden; i++)
        cell(7, "%7.1f", last ? last->angle[i] : (double)NAN);
    for (size_t i = 0; i < chosen->n_hidden; i++)
        cell(7, "%7.3g", last ? last->ratio[i] : (double)NAN);
    printf("  %8.2f", result->seconds);
    remark(chosen, result);
    putchar('\n');
}

static void report_columns(const experiment *all, int width)
{
    const settings *chosen = all->chosen;
    char name[32];

    printf("%-*s  %8s  %6s  %10s  %11s", width, "rule", "lr", "epochs", "train loss", "train error");
    if (chosen->validation)
        printf("  %10s  %10s  %12s", "validation", "best epoch", "test at best");
    printf("  %10s", "test error");
    for (size_t i = 0; i < chosen->n_hidden; i++) {
        snprintf(name, sizeof name, "angle%zu", i + 1);
        printf("  %7s", name);
    }
    for (size_t i = 0; i < chosen->n_hidden; i++) {
        snprintf(name, sizeof name, "ratio%zu", i + 1);
        printf("  %7s", name);
    }
    printf("  %8s\n", "seconds");
}

static void report_confusion(const experiment *all, const run *result)
{
    size_t n = result->n_classes;

    printf("\n%s: test accuracy %.2f %%", all->chosen->rules.at[result->rule]->name,
           100.0 * (1.0 - result->test_error));
    if (result->kept)
        printf(" with the weights of epoch %zu", result->kept);
    if (n > WIDEST_MATRIX) {
        printf("; the confusion matrix of %zu classes is in the --jsonl file\n", n);
        return;
    }
    printf("; confusion matrix (row: true class, column: answer)\n      ");
    for (size_t j = 0; j < n; j++)
        printf("%6zu", j);
    putchar('\n');
    for (size_t i = 0; i < n; i++) {
        printf("%6zu", i);
        for (size_t j = 0; j < n; j++)
            printf("%6" PRIu64, result->confusion[i * n + j]);
        putchar('\n');
    }
}

void report_runs(const experiment *all)
{
    int width = rule_list_width(&all->chosen->rules, "rule");

    report_head(all);
    report_columns(all, width);
    for (size_t i = 0; i < all->count; i++)
        if (all->states[i] == RUN_ENDED)
            report_run(all, &all->runs[i], width);
    for (size_t i = 0; i < all->count; i++)
        if (all->states[i] == RUN_ENDED && all->runs[i].outcome != RUN_DIVERGED)
            report_confusion(all, &all->runs[i]);
    printf("%s\n", fa_build_info());
}
