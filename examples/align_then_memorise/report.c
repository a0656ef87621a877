#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* A number in a column; "-" where it does not exist. */
static void cell(int width, int digits, double value)
{
    if (isfinite(value))
        printf("  %*.*g", width, digits, value);
    else
        printf("  %*s", width, "-");
}

static void report_head(const settings *chosen)
{
    printf("%zu inputs, teacher of %zu and student of %zu erf units, eta %g, time %g, ", chosen->inputs,
           chosen->teacher, chosen->student, chosen->eta, chosen->time);
    if (chosen->study)
        printf("seeds %" PRIu64 "-%" PRIu64 "\n", chosen->first_seed, chosen->last_seed);
    else
        printf("seed %" PRIu64 "\n", chosen->first_seed);
}

static void report_looks(const experiment *all, int width)
{
    printf("%-*s  %10s  %10s  %10s  %10s  %10s  %10s\n", width, "rule", "time", "error", "theory", "angle", "theory",
           "deviation");
    for (size_t i = 0; i < all->chosen->rules.count; i++) {
        const record *records = all->runs[0].rules[i].records;
        size_t shown[MAX_SHOWN], n = experiment_shown(&all->rules[i], shown);

        for (size_t k = 0; k < n; k++) {
            const record *seen = &records[shown[k]];

            printf("%-*s", width, all->chosen->rules.at[i]->name);
            cell(10, 4, seen->time);
            cell(10, 4, seen->error);
            cell(10, 4, seen->solution_error);
            cell(10, 4, seen->angle);
            cell(10, 4, seen->solution_angle);
            cell(10, 3, seen->deviation);
            putchar('\n');
        }
    }
}

static void report_single(const experiment *all, int width)
{
    report_looks(all, width);
    printf("\n%-*s  %17s  %10s  %14s  %10s  %7s\n", width, "rule", "largest deviation", "x sqrt N", "smallest angle",
           "at time", "seconds");
    for (size_t i = 0; i < all->chosen->rules.count; i++) {
        const summary *rule = &all->rules[i];

        printf("%-*s", width, all->chosen->rules.at[i]->name);
        cell(17, 3, rule->deviation.mean);
        cell(10, 3, rule->deviation.mean * sqrt((double)all->chosen->inputs));
        cell(14, 4, rule->smallest_angle.mean);
        cell(10, 3, pow(10.0, rule->turning.mean));
        cell(7, 3, rule->seconds.mean);
        putchar('\n');
    }
}

static void report_quantity(const char *rule, int width, const char *quantity, double time, const moments *over,
                            double factor)
{
    double half = factor * moments_half_interval(over), mean = factor * over->mean;
    char name[64];

    if (isnan(time))
        snprintf(name, sizeof name, "%s", quantity);
    else
        snprintf(name, sizeof name, "%s, time %.4g", quantity, time);
    printf("%-*s  %-32s  %6zu", width, rule, name, over->count);
    cell(10, 4, over->count ? mean : (double)NAN);
    cell(10, 3, factor * moments_deviation(over));
    cell(10, 4, mean - half);
    cell(10, 4, mean + half);
    putchar('\n');
}

static void report_rule(const experiment *all, size_t i, int width)
{
    const summary *rule = &all->rules[i];
    const char *name = all->chosen->rules.at[i]->name;
    size_t shown[MAX_SHOWN], n = experiment_shown(rule, shown);

    for (size_t k = 0; k < n; k++)
        report_quantity(name, width, "log10 error", rule->times[shown[k]], &rule->looks[shown[k]].error, 1.0);
    for (size_t k = 0; k < n; k++)
        report_quantity(name, width, "log10 theory error", rule->times[shown[k]],
                        &rule->looks[shown[k]].solution_error, 1.0);
    for (size_t k = 0; k < n; k++)
        report_quantity(name, width, "angle", rule->times[shown[k]], &rule->looks[shown[k]].angle, 1.0);
    for (size_t k = 0; k < n; k++)
        report_quantity(name, width, "theory angle", rule->times[shown[k]], &rule->looks[shown[k]].solution_angle, 1.0);
    report_quantity(name, width, "smallest angle", NAN, &rule->smallest_angle, 1.0);
    report_quantity(name, width, "log10 time of the smallest angle", NAN, &rule->turning, 1.0);
    report_quantity(name, width, "largest deviation", NAN, &rule->deviation, 1.0);
    report_quantity(name, width, "largest deviation x sqrt N", NAN, &rule->deviation,
                    sqrt((double)all->chosen->inputs));
    report_quantity(name, width, "seconds", NAN, &rule->seconds, 1.0);
}

static void report_study(const experiment *all, int width)
{
    printf("%-*s  %-32s  %6s  %10s  %10s  %22s\n", width, "rule", "quantity", "n", "mean", "sd",
           "95 % interval of mean");
    for (size_t i = 0; i < all->chosen->rules.count; i++)
        report_rule(all, i, width);
    for (size_t i = 0; i < all->chosen->rules.count; i++)
        printf("%s: %zu runs complete, %zu diverged\n", all->chosen->rules.at[i]->name, all->rules[i].complete,
               all->rules[i].diverged);
}

void report(const experiment *all)
{
    int width = rule_list_width(&all->chosen->rules, "rule");

    report_head(all->chosen);
    if (all->chosen->study)
        report_study(all, width);
    else
        report_single(all, width);
    printf("%s\n", fa_build_info());
}
