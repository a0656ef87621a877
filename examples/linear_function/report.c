#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void report_describe(const settings *chosen, const task *problem, char *text, size_t size)
{
    size_t samples = problem->x_train.rows;
    char taught[80];

    if (chosen->online)
        snprintf(taught, sizeof taught, "%zu fresh samples an epoch", samples);
    else
        snprintf(taught, sizeof taught, "%zu training samples", samples);
    snprintf(text, size, "%zu-%zu-%zu linear, %s, %zu test samples, %zu epochs, eta %g, %s", problem->W0.cols,
             problem->W0.rows, problem->W.rows, taught, problem->x_test.rows, chosen->epochs, chosen->eta,
             fa_dtype_name(problem->dtype));
}

/* A number in a column; "-" where it does not exist. */
static void cell(int width, int digits, double value)
{
    if (isfinite(value))
        printf("  %*.*g", width, digits, value);
    else
        printf("  %*s", width, "-");
}

static void report_run(const run *result, int width)
{
    if (result->epochs == 0) {
        printf("%-*s  diverged or stopped in the first epoch\n", width, result->rule->name);
        return;
    }
    printf("%-*s", width, result->rule->name);
    cell(12, 6, result->first_loss);
    if (result->outcome == RUN_DIVERGED) {
        printf("  diverged at epoch %zu\n", result->diverged_at);
        return;
    }
    cell(12, 6, result->last.train_loss);
    cell(12, 6, result->last.test_loss);
    cell(12, 4, result->last.update_angle);
    cell(12, 4, result->last.weight_angle);
    printf("  %7.3f", result->seconds);
    if (result->outcome == RUN_INTERRUPTED)
        printf("  stopped after epoch %zu", result->epochs);
    putchar('\n');
}

static void report_expected_errors(const run *runs, size_t count, int width)
{
    printf("\nExpected error |T - W W0|^2 / |T|^2 after so many updates\n%-*s", width, "rule");
    for (size_t i = 0; i < N_CHECKPOINTS; i++)
        printf("  %11zu", checkpoints[i]);
    putchar('\n');
    for (size_t k = 0; k < count; k++) {
        printf("%-*s", width, runs[k].rule->name);
        for (size_t i = 0; i < N_CHECKPOINTS; i++)
            cell(11, 6, runs[k].expected_error[i]);
        putchar('\n');
    }
}

void report_runs(const settings *chosen, const task *problem, const run *runs, size_t count)
{
    char description[200];
    int width = rule_list_width(&chosen->rules, "rule");

    report_describe(chosen, problem, description, sizeof description);
    if (chosen->load)
        printf("%s, from %s\n", description, chosen->load);
    else
        printf("%s, seed %" PRIu64 "\n", description, problem->seed);
    printf("%-*s  %12s  %12s  %12s  %12s  %12s  %7s\n", width, "rule", "first loss", "last loss", "test loss",
           "update angle", "weight angle", "seconds");
    for (size_t i = 0; i < count; i++)
        report_run(&runs[i], width);
    if (chosen->online)
        report_expected_errors(runs, count, width);
    printf("%s\n", fa_build_info());
}

static void report_quantity(const char *rule, int width, const char *quantity, const moments *over)
{
    double half = moments_half_interval(over);

    printf("%-*s  %-28s  %6zu", width, rule, quantity, over->count);
    if (over->count == 0) {
        putchar('\n');
        return;
    }
    cell(12, 6, over->mean);
    cell(12, 6, moments_deviation(over));
    cell(12, 6, over->mean - half);
    cell(12, 6, over->mean + half);
    putchar('\n');
}

static void report_rule(const study_rule *rule, int width, bool online)
{
    static const char *const names[STUDY_EXPECTED_ERROR] = {"first loss", "log10 last loss", "log10 test loss",
                                                            "update angle", "weight angle"};
    char quantity[40];

    for (size_t i = 0; i < STUDY_EXPECTED_ERROR; i++)
        report_quantity(rule->rule->name, width, names[i], &rule->end[i]);
    for (size_t i = 0; online && i < N_CHECKPOINTS; i++) {
        if (rule->end[STUDY_EXPECTED_ERROR + i].count == 0)
            continue;
        snprintf(quantity, sizeof quantity, "log10 expected error, %zu", checkpoints[i]);
        report_quantity(rule->rule->name, width, quantity, &rule->end[STUDY_EXPECTED_ERROR + i]);
    }
}

void report_study(const settings *chosen, const study *all)
{
    int width = rule_list_width(&chosen->rules, "rule");

    printf("%s, seeds %" PRIu64 "-%" PRIu64 "\n", all->description, chosen->first_seed, chosen->last_seed);
    printf("%-*s  %-28s  %6s  %12s  %12s  %26s\n", width, "rule", "quantity", "n", "mean", "sd",
           "95 % interval of the mean");
    for (size_t i = 0; i < all->n_rules; i++)
        report_rule(&all->rules[i], width, chosen->online);
    for (size_t i = 0; i < all->n_rules; i++)
        printf("%s: %zu runs complete, %zu diverged\n", all->rules[i].rule->name, all->rules[i].complete,
               all->rules[i].diverged);
    printf("%s\n", fa_build_info());
}
