/* Statistics over seeds: every rule by itself, then differences between rules for the same seeds. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../common/interrupt.h"
#include "cells.h"
#include "report.h"

typedef struct row {
    const char *name;
    double      factor; /* errors are told in per cent */
} row;

static const row rows[ANGLE] = {
    [TRAIN_LOSS] = {"train loss", 1.0},
    [TRAIN_ERROR] = {"train error, %", 100.0},
    [VALIDATION_ERROR] = {"validation error, %", 100.0},
    [TEST_ERROR] = {"test error, %", 100.0},
    [ERROR_AT_BEST] = {"test error at best epoch, %", 100.0},
    [BEST_EPOCH] = {"best epoch", 1.0},
    [EPOCHS] = {"epochs", 1.0},
    [SECONDS] = {"seconds", 1.0},
};

static void report_moments(const moments *over, double factor)
{
    double mean = factor * over->mean, half = factor * moments_half_interval(over);

    printf("  %4zu", over->count);
    cell(10, "%10.4g", over->count ? mean : (double)NAN);
    cell(10, "%10.3g", factor * moments_deviation(over));
    cell(10, "%10.4g", mean - half);
    cell(10, "%10.4g", mean + half);
}

static void report_row(const char *rule, int width, const char *name, const moments *over, double factor)
{
    if (over->count == 0)
        return;
    printf("%-*s  %-27s", width, rule, name);
    report_moments(over, factor);
    putchar('\n');
}

static void report_contender(const experiment *all, contender one, int width)
{
    const char *rule = all->chosen->rules.at[one.rule]->name;
    char name[40];
    moments over;

    if (experiment_count(all, one, RUN_COMPLETE) == 0)
        printf("%-*s  no complete run\n", width, rule);

    for (size_t what = 0; what < ANGLE; what++) {
        over = experiment_moments(all, one, what);
        report_row(rule, width, rows[what].name, &over, rows[what].factor);
    }
    for (size_t l = 1; l <= all->chosen->n_hidden; l++) {
        over = experiment_moments(all, one, ANGLE + l - 1);
        snprintf(name, sizeof name, "angle of layer %zu", l);
        report_row(rule, width, name, &over, 1.0);
        over = experiment_moments(all, one, RATIO + l - 1);
        snprintf(name, sizeof name, "|delta|/|delta_bp|, layer %zu", l);
        report_row(rule, width, name, &over, 1.0);
    }
}

/* One rule minus another; false where no seed has both. Nothing is called better whose interval holds 0. */
static bool report_difference(const experiment *all, contender one, contender other, size_t what)
{
    const char *name = all->chosen->rules.at[one.rule]->name, *other_name = all->chosen->rules.at[other.rule]->name;
    moments over = experiment_difference(all, one, other, what);
    double half = moments_half_interval(&over);
    char label[200];

    if (over.count == 0)
        return false;
    snprintf(label, sizeof label, "%s (lr %g) - %s (lr %g)", name, experiment_lr(all, one), other_name,
             experiment_lr(all, other));
    printf("%-34s  %-27s", label, rows[what].name);
    report_moments(&over, 100.0);
    if (!isfinite(half))
        printf("  too few seeds to tell\n");
    else if (over.mean - half <= 0.0 && over.mean + half >= 0.0)
        printf("  neither is better: the interval holds 0\n");
    else
        printf("  %s is better\n", over.mean < 0.0 ? name : other_name);
    return true;
}

/* Every rule with every later one, where both have a learning rate; how many lines that made. */
static size_t report_differences(const experiment *all, const contender *chosen, size_t what)
{
    size_t lines = 0;

    for (size_t i = 0; i < all->n_rules; i++)
        for (size_t j = i + 1; j < all->n_rules; j++)
            if (chosen[i].rate < all->n_rates && chosen[j].rate < all->n_rates)
                lines += report_difference(all, chosen[i], chosen[j], what);
    return lines;
}

static void report_difference_columns(const char *title)
{
    printf("\n%-34s  %-27s  %4s  %10s  %10s  %22s\n", title, "quantity", "n", "mean", "sd", "95 % interval of mean");
}

static void report_contenders(const experiment *all, const contender *chosen)
{
    int width = rule_list_width(&all->chosen->rules, "rule");

    printf("%-*s  %-27s  %4s  %10s  %10s  %22s\n", width, "rule", "quantity, last epoch", "n", "mean", "sd",
           "95 % interval of mean");
    for (size_t i = 0; i < all->n_rules; i++)
        if (chosen[i].rate < all->n_rates)
            report_contender(all, chosen[i], width);
        else
            printf("%-*s  no learning rate was chosen\n", width, all->chosen->rules.at[i]->name);
    if (all->n_rules > 1) {
        report_difference_columns("paired difference");
        if (report_differences(all, chosen, TEST_ERROR) + report_differences(all, chosen, ERROR_AT_BEST) == 0)
            printf("no seed with complete runs of two rules\n");
    }
}

static void report_outcomes(const experiment *all)
{
    putchar('\n');
    for (size_t rule = 0; rule < all->n_rules; rule++) {
        size_t complete = 0, diverged = 0, interrupted = 0;

        for (size_t rate = 0; rate < all->n_rates; rate++) {
            contender one = {.rule = rule, .rate = rate};

            complete += experiment_count(all, one, RUN_COMPLETE);
            diverged += experiment_count(all, one, RUN_DIVERGED);
            interrupted += experiment_count(all, one, RUN_INTERRUPTED);
        }
        printf("%s: %zu runs complete, %zu diverged", all->chosen->rules.at[rule]->name, complete, diverged);
        if (interrupted)
            printf(", %zu interrupted", interrupted);
        if (complete + diverged + interrupted < all->n_rates * all->n_seeds)
            printf(", %zu %s", all->n_rates * all->n_seeds - complete - diverged - interrupted,
                   interrupt_came() ? "not begun" : "without a result");
        putchar('\n');
    }
    printf("%s\n", fa_build_info());
}

void report_study(const experiment *all)
{
    contender same[MAX_RULES];

    for (size_t i = 0; i < all->n_rules; i++)
        same[i] = (contender){.rule = i};
    report_head(all);
    report_contenders(all, same);
    report_outcomes(all);
}

/* One line a rule, one column a learning rate: mean (deviation), and how many diverged. */
static void report_table(const experiment *all, size_t what)
{
    int width = rule_list_width(&all->chosen->rules, "rule");

    printf("%s: mean (sd), d = diverged\n%-*s", rows[what].name, width, "rule");
    for (size_t rate = 0; rate < all->n_rates; rate++)
        printf("  %18g", all->chosen->rates[rate]);
    putchar('\n');
    for (size_t rule = 0; rule < all->n_rules; rule++) {
        printf("%-*s", width, all->chosen->rules.at[rule]->name);
        for (size_t rate = 0; rate < all->n_rates; rate++) {
            contender one = {.rule = rule, .rate = rate};
            moments over = experiment_moments(all, one, what);
            size_t diverged = experiment_count(all, one, RUN_DIVERGED);
            double deviation = 100.0 * moments_deviation(&over);
            char text[64] = "-";

            if (over.count && isfinite(deviation))
                snprintf(text, sizeof text, "%.2f (%.2f)", 100.0 * over.mean, deviation);
            else if (over.count)
                snprintf(text, sizeof text, "%.2f", 100.0 * over.mean);
            if (diverged)
                snprintf(text + strlen(text), sizeof text - strlen(text), " %zud", diverged);
            printf("  %18s", text);
        }
        putchar('\n');
    }
    putchar('\n');
}

static void report_equal_rates(const experiment *all)
{
    contender same[MAX_RULES];
    size_t lines = 0;

    if (all->n_rules < 2)
        return;
    report_difference_columns("at equal learning rates");
    for (size_t rate = 0; rate < all->n_rates; rate++) {
        for (size_t i = 0; i < all->n_rules; i++)
            same[i] = (contender){.rule = i, .rate = rate};
        lines += report_differences(all, same, TEST_ERROR);
    }
    if (lines == 0)
        printf("no seed with complete runs of two rules\n");
}

/* A choice at the end of the grid says that the grid is too short. */
static void report_choice(const experiment *all, contender chosen)
{
    const double *rates = all->chosen->rates;
    double least = INFINITY, greatest = 0.0, lr;
    const char *rule = all->chosen->rules.at[chosen.rule]->name;

    if (chosen.rate == all->n_rates) {
        printf("%s: no learning rate at which every run is complete\n", rule);
        return;
    }
    for (size_t rate = 0; rate < all->n_rates; rate++) {
        least = fmin(least, rates[rate]);
        greatest = fmax(greatest, rates[rate]);
    }
    lr = experiment_lr(all, chosen);
    printf("%s: lr %g%s\n", rule, lr,
           lr > least && lr < greatest ? "" : ", at the end of the grid: a better one may lie beyond");
}

void report_grid(const experiment *all)
{
    contender best[MAX_RULES];

    report_head(all);
    putchar('\n');
    report_table(all, VALIDATION_ERROR);
    report_table(all, TEST_ERROR);
    printf("Chosen by the mean validation error\n");
    for (size_t i = 0; i < all->n_rules; i++) {
        best[i] = experiment_choose(all, i);
        report_choice(all, best[i]);
    }
    putchar('\n');
    report_contenders(all, best);
    report_equal_rates(all);
    report_outcomes(all);
}
