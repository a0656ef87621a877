#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/complain.h"
#include "../common/student.h"

/* A number in a column; "-" where it does not exist. */
static void cell(int width, int digits, double value)
{
    if (isfinite(value))
        printf("  %*.*g", width, digits, value);
    else
        printf("  %*s", width, "-");
}

static const char *rule_name(const experiment *all, size_t contender)
{
    return all->chosen->rules.at[contender_rule(contender)]->name;
}

static void report_head(const settings *chosen)
{
    printf("30-20-10 and 30-20-10-10 tanh, %" PRIu64 " samples in batches of %zu, %zu test samples, %s, ",
           chosen->samples / chosen->batch * chosen->batch, chosen->batch, chosen->test,
           fa_dtype_name(chosen->dtype));
    if (chosen->study)
        printf("seeds %" PRIu64 "-%" PRIu64 "\n", chosen->seeds.first, chosen->seeds.last);
    else
        printf("seed %" PRIu64 "\n", chosen->seeds.first);
}

/* A choice at the end of the grid says that the grid is too short. */
static const char *remark(const experiment *all, size_t contender)
{
    double least = INFINITY, greatest = 0.0, lr = all->lr[contender];

    for (size_t i = 0; i < all->chosen->n_rates; i++) {
        least = fmin(least, all->chosen->rates[i]);
        greatest = fmax(greatest, all->chosen->rates[i]);
    }
    if (isnan(lr))
        return "  none";
    return lr > least && lr < greatest ? "" : "  at the end of the grid: a better one may lie beyond";
}

static void report_tuning(const experiment *all, int width)
{
    printf("Validation error, mean over the seeds %" PRIu64 "-%" PRIu64 "\n%-*s  %6s", all->chosen->tuning.first,
           all->chosen->tuning.last, width, "rule", "layers");
    for (size_t i = 0; i < all->chosen->n_rates; i++)
        printf("  lr %-7.4g", all->chosen->rates[i]);
    puts("  chosen");
    for (size_t contender = 0; contender < all->n_contenders; contender++) {
        printf("%-*s  %6zu", width, rule_name(all, contender), contender_layers(contender));
        for (size_t i = 0; i < all->chosen->n_rates; i++) {
            moments over = experiment_validation(all, contender, i);

            cell(10, 4, over.count ? over.mean : (double)NAN);
        }
        cell(6, 4, all->lr[contender]);
        puts(remark(all, contender));
    }
    putchar('\n');
}

static void report_errors(const experiment *all, int width)
{
    printf("Test error\n%-*s  %6s  %8s  %4s  %10s  %10s  %22s  %8s\n", width, "rule", "layers", "lr", "n", "mean", "sd",
           "95 % interval of mean", "diverged");
    for (size_t contender = 0; contender < all->n_contenders; contender++) {
        moments over = experiment_test(all, contender, all->chosen->looks - 1, false);
        double half = moments_half_interval(&over);

        printf("%-*s  %6zu", width, rule_name(all, contender), contender_layers(contender));
        cell(8, 4, all->lr[contender]);
        printf("  %4zu", over.count);
        cell(10, 4, over.count ? over.mean : (double)NAN);
        cell(10, 3, moments_deviation(&over));
        cell(10, 4, over.mean - half);
        cell(10, 4, over.mean + half);
        printf("  %8zu\n", experiment_diverged(all, contender));
    }
}

/* Last test errors of the seeds for which both students of a rule are complete. */
static size_t pairs(const experiment *all, size_t rule, bool logarithm, double *three, double *four)
{
    size_t n = 0;

    for (size_t k = 0; k < all->n_reported / all->n_contenders; k++) {
        const run *a = experiment_reported(all, k, 2 * rule), *b = experiment_reported(all, k, 2 * rule + 1);

        if (!run_complete(a, all->chosen) || !run_complete(b, all->chosen))
            continue;
        three[n] = a->errors[a->count - 1];
        four[n] = b->errors[b->count - 1];
        if (logarithm) {
            three[n] = log10(three[n]);
            four[n] = log10(four[n]);
        }
        n++;
    }
    return n;
}

static void report_test(const char *rule, int width, const char *quantity, const char *name, size_t n, t_test result)
{
    printf("%-*s  %-11s  %-6s  %4zu", width, rule, quantity, name, n);
    cell(10, 4, n ? result.difference : (double)NAN);
    cell(10, 4, result.difference - result.half);
    cell(10, 4, result.difference + result.half);
    cell(8, 4, result.t);
    cell(6, 4, result.degrees_of_freedom);
    cell(9, 2, result.p);
    putchar('\n');
}

static void report_tests(const experiment *all, int width)
{
    size_t seeds = all->n_reported / all->n_contenders;
    double *three = calloc(2 * seeds, sizeof *three), *four = three + seeds;

    if (!three) {
        complain("out of memory");
        return;
    }
    puts("\nFour layers against three: test error of four minus that of three");
    printf("%-*s  %-11s  %-6s  %4s  %10s  %22s  %8s  %6s  %9s\n", width, "rule", "of", "test", "n", "difference",
           "95 % interval", "t", "df", "p");
    for (size_t rule = 0; rule < all->chosen->rules.count; rule++) {
        for (int logarithm = 0; logarithm < 2; logarithm++) {
            const char *name = all->chosen->rules.at[rule]->name, *quantity = logarithm ? "log10 error" : "error";
            size_t n = pairs(all, rule, logarithm != 0, three, four);

            report_test(name, width, quantity, "paired", n, t_test_paired(four, three, n));
            report_test(name, width, quantity, "Welch", n, t_test_welch(four, n, three, n));
        }
    }
    free(three);
}

static void report_single(const experiment *all, int width)
{
    printf("%-*s  %6s  %8s  %10s  %8s\n", width, "rule", "layers", "lr", "test error", "seconds");
    for (size_t contender = 0; contender < all->n_contenders; contender++) {
        const run *result = experiment_reported(all, 0, contender);

        printf("%-*s  %6zu", width, rule_name(all, contender), contender_layers(contender));
        cell(8, 4, result->lr);
        cell(10, 4, result->count ? result->errors[result->count - 1] : (double)NAN);
        cell(8, 3, result->seconds);
        if (result->diverged)
            printf("  diverged after %zu looks", result->count);
        else if (!run_complete(result, all->chosen))
            printf("  stopped after %zu looks", result->count);
        putchar('\n');
    }
}

void report(const experiment *all)
{
    int width = rule_list_width(&all->chosen->rules, "rule");

    report_head(all->chosen);
    if (all->n_tuning > 0)
        report_tuning(all, width);
    if (all->n_reported > 0 && all->chosen->study) {
        report_errors(all, width);
        report_tests(all, width);
    } else if (all->n_reported > 0) {
        report_single(all, width);
    }
    printf("%s\n", fa_build_info());
}
