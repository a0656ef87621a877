/* Statistics over seeds: every rule by itself, then differences between rules for the same seeds. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../common/interrupt.h"
#include "report.h"
#include "report_parts.h"

const quantity_row quantity_rows[ANGLE] = {
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
        report_row(rule, width, quantity_rows[what].name, &over, quantity_rows[what].factor);
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

/* "fa (lr 0.1)". */
static void label_contender(const experiment *all, contender one, char text[MAX_LABEL])
{
    char values[MAX_LABEL - 40];

    experiment_values(all, one, values, sizeof values);
    snprintf(text, MAX_LABEL, "%.30s (%s)", all->chosen->rules.at[one.rule]->name, values);
}

int report_difference_width(const experiment *all, const contender *shown, size_t count)
{
    size_t lengths[MAX_RULES] = {0}, longest = 0, next = 0, usual = 34;
    char text[MAX_LABEL];

    for (size_t i = 0; i < count; i++) {
        if (!experiment_has(all, shown[i]))
            continue;
        label_contender(all, shown[i], text);
        if (strlen(text) > lengths[shown[i].rule])
            lengths[shown[i].rule] = strlen(text);
    }
    for (size_t rule = 0; rule < all->n_rules; rule++) {
        next = lengths[rule] > longest ? longest : lengths[rule] > next ? lengths[rule] : next;
        longest = lengths[rule] > longest ? lengths[rule] : longest;
    }
    return (int)(longest + strlen(" - ") + next > usual ? longest + strlen(" - ") + next : usual);
}

bool report_difference(const experiment *all, contender one, contender other, size_t what, int width)
{
    const char *name = all->chosen->rules.at[one.rule]->name, *other_name = all->chosen->rules.at[other.rule]->name;
    moments over = experiment_difference(all, one, other, what);
    double half = moments_half_interval(&over);
    char left[MAX_LABEL], right[MAX_LABEL], label[2 * MAX_LABEL + 3];

    if (over.count == 0)
        return false;
    label_contender(all, one, left);
    label_contender(all, other, right);
    snprintf(label, sizeof label, "%s - %s", left, right);
    printf("%-*s  %-27s", width, label, quantity_rows[what].name);
    report_moments(&over, 100.0);
    if (!isfinite(half))
        printf("  too few seeds to tell\n");
    else if (over.mean - half <= 0.0 && over.mean + half >= 0.0)
        printf("  neither is better: the interval holds 0\n");
    else
        printf("  %s is better\n", over.mean < 0.0 ? name : other_name);
    return true;
}

bool report_compares(const experiment *all, size_t rule, size_t other)
{
    size_t baseline = all->chosen->baseline;

    return baseline == EVERY_RULE ? rule < other : other == baseline && rule != baseline;
}

/* Rules that are to be compared, where both have a cell; how many lines that made. */
static size_t report_differences(const experiment *all, const contender *shown, size_t what, int width)
{
    size_t lines = 0;

    for (size_t i = 0; i < all->n_rules; i++)
        for (size_t j = 0; j < all->n_rules; j++)
            if (report_compares(all, i, j) && experiment_has(all, shown[i]) && experiment_has(all, shown[j]))
                lines += report_difference(all, shown[i], shown[j], what, width);
    return lines;
}

void report_difference_columns(const char *title, int width)
{
    printf("\n%-*s  %-27s  %4s  %10s  %10s  %22s\n", width, title, "quantity", "n", "mean", "sd",
           "95 % interval of mean");
}

void report_contenders(const experiment *all, const contender *chosen)
{
    int width = rule_list_width(&all->chosen->rules, "rule");
    int wide = report_difference_width(all, chosen, all->n_rules);

    printf("%-*s  %-27s  %4s  %10s  %10s  %22s\n", width, "rule", "quantity, last epoch", "n", "mean", "sd",
           "95 % interval of mean");
    for (size_t i = 0; i < all->n_rules; i++)
        if (experiment_has(all, chosen[i]))
            report_contender(all, chosen[i], width);
        else
            printf("%-*s  no %s was chosen\n", width, all->chosen->rules.at[i]->name,
                   all->chosen->grid.n_axes > 1 ? "cell" : "learning rate");
    if (all->n_rules > 1) {
        report_difference_columns("paired difference", wide);
        if (report_differences(all, chosen, TEST_ERROR, wide) + report_differences(all, chosen, ERROR_AT_BEST, wide) ==
            0)
            printf("no seed with complete runs of two rules\n");
    }
}

void report_outcomes(const experiment *all)
{
    putchar('\n');
    for (size_t rule = 0; rule < all->n_rules; rule++) {
        size_t counts[] = {[RUN_COMPLETE] = 0, [RUN_DIVERGED] = 0, [RUN_INTERRUPTED] = 0}, missing = 0;

        for (size_t i = 0; i < all->count; i++) {
            if (all->states[i] == RUN_UNUSED || all->runs[i].rule != rule)
                continue;
            if (all->states[i] == RUN_ENDED)
                counts[all->runs[i].outcome]++;
            else
                missing++;
        }
        printf("%s: %zu runs complete, %zu diverged", all->chosen->rules.at[rule]->name, counts[RUN_COMPLETE],
               counts[RUN_DIVERGED]);
        if (counts[RUN_INTERRUPTED])
            printf(", %zu interrupted", counts[RUN_INTERRUPTED]);
        if (missing)
            printf(", %zu %s", missing, interrupt_came() ? "not begun" : "without a result");
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
