/* A grid: tables of it, the choice that every rule makes, and statistics for what was chosen. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "report.h"
#include "report_parts.h"

enum { ROW_WIDTH = 8 };

/* Of the columns for the grid's names but the first one, whose values have a column each. */
static int name_width(const char *name)
{
    return strlen(name) > ROW_WIDTH ? (int)strlen(name) : ROW_WIDTH;
}

static void report_table_columns(const grid *tried, const axis_values *columns, int width)
{
    printf("%-*s", width, "rule");
    for (size_t axis = 1; axis < tried->n_axes; axis++)
        printf("  %*s", name_width(tried->names[axis]), tried->names[axis]);
    if (!columns)
        printf("  %18s", "-");
    for (size_t i = 0; columns && i < columns->count; i++)
        printf("  %18g", columns->at[i]);
    putchar('\n');
}

/* Mean (deviation), and how many diverged. */
static void report_cell(const experiment *all, contender one, size_t what)
{
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

/* "-" for a name that the rule has not got. */
static void put_value(int width, double value)
{
    char text[32] = "-";

    if (isfinite(value))
        snprintf(text, sizeof text, "%g", value);
    printf("  %*s", width, text);
}

static void report_table_row(const experiment *all, size_t rule, size_t row, size_t columns, size_t what, int width)
{
    const grid *tried = &all->chosen->grid;
    size_t rows = all->n_cells[rule] / columns;
    double at[MAX_AXES];

    grid_point(tried, rule, row, at);
    printf("%-*s", width, all->chosen->rules.at[rule]->name);
    for (size_t axis = 1; axis < tried->n_axes; axis++)
        put_value(name_width(tried->names[axis]), at[axis]);
    for (size_t i = 0; i < columns; i++)
        report_cell(all, (contender){.rule = rule, .cell = i * rows + row}, what);
    putchar('\n');
}

/* The first name's values have a column each; a rule has a line for each of the others' values. Where a rule has other
 * values than the one before, the line above the columns comes again. */
static void report_table(const experiment *all, size_t what)
{
    int width = rule_list_width(&all->chosen->rules, "rule");
    const axis_values *before = NULL;

    printf("%s: mean (sd), d = diverged\n", quantity_rows[what].name);
    for (size_t rule = 0; rule < all->n_rules; rule++) {
        const axis_values *columns = grid_values(&all->chosen->grid, 0, rule);
        size_t count = columns ? columns->count : 1;

        if (rule == 0 || columns != before)
            report_table_columns(&all->chosen->grid, columns, width);
        before = columns;
        for (size_t row = 0; row < all->n_cells[rule] / count; row++)
            report_table_row(all, rule, row, count, what, width);
    }
    putchar('\n');
}

/* Whether a cell lies at either end of an axis. */
static bool at_the_end(const grid *tried, contender one, size_t axis)
{
    const axis_values *list = grid_values(tried, axis, one.rule);
    double least = INFINITY, greatest = -INFINITY, at[MAX_AXES];

    grid_point(tried, one.rule, one.cell, at);
    for (size_t i = 0; list && i < list->count; i++) {
        least = fmin(least, list->at[i]);
        greatest = fmax(greatest, list->at[i]);
    }
    return list && !(at[axis] > least && at[axis] < greatest);
}

/* A choice at the end of the grid says that the grid is too short. */
static void report_choice(const experiment *all, contender best)
{
    const grid *tried = &all->chosen->grid;
    const char *rule = all->chosen->rules.at[best.rule]->name, *mark = tried->n_axes > 1 ? " in " : "";
    char values[MAX_LABEL];
    bool any = false;

    if (!experiment_has(all, best)) {
        printf("%s: no %s at which every run is complete\n", rule, tried->n_axes > 1 ? "cell" : "learning rate");
        return;
    }
    experiment_values(all, best, values, sizeof values);
    printf("%s: %s", rule, values);
    for (size_t axis = 0; axis < tried->n_axes; axis++) {
        if (!at_the_end(tried, best, axis))
            continue;
        printf("%s%s%s", any ? "" : ", at the end of the grid", mark, tried->n_axes > 1 ? tried->names[axis] : "");
        mark = " and ";
        any = true;
    }
    printf("%s\n", any ? ": a better one may lie beyond" : "");
}

/* Rules that were not tuned on the grid of the others. */
static void report_own_values(const experiment *all)
{
    const grid *tried = &all->chosen->grid;

    for (size_t i = 0; i < tried->n_lists; i++) {
        const axis_values *list = &tried->lists[i];

        if (list->rule != EVERY_RULE)
            printf("%s: values of %s of its own, not the same grid\n", all->chosen->rules.at[list->rule]->name,
                   tried->names[list->axis]);
    }
}

/* Whether two cells are equal in all that both rules have. */
static bool equal_cells(const grid *tried, contender one, contender other)
{
    double at[MAX_AXES], other_at[MAX_AXES];

    grid_point(tried, one.rule, one.cell, at);
    grid_point(tried, other.rule, other.cell, other_at);
    for (size_t axis = 0; axis < tried->n_axes; axis++)
        if (at[axis] < other_at[axis] || at[axis] > other_at[axis])
            return false;
    return true;
}

/* A rule's cell with the equal ones of other rules; how many lines that made. */
static size_t report_equals_of(const experiment *all, contender one, int width)
{
    size_t lines = 0;

    for (size_t other = 0; other < all->n_rules && experiment_has(all, one); other++)
        for (size_t cell = 0; cell < all->n_cells[other] && report_compares(all, one.rule, other); cell++)
            if (equal_cells(&all->chosen->grid, one, (contender){.rule = other, .cell = cell}))
                lines += report_difference(all, one, (contender){.rule = other, .cell = cell}, TEST_ERROR, width);
    return lines;
}

static void report_equals(const experiment *all)
{
    contender *cells = calloc(all->per_seed, sizeof *cells);
    size_t most = 0, count = 0, lines = 0;
    int width;

    if (!cells) {
        complain("out of memory");
        return;
    }
    for (size_t rule = 0; rule < all->n_rules; rule++) {
        most = all->n_cells[rule] > most ? all->n_cells[rule] : most;
        for (size_t cell = 0; cell < all->n_cells[rule]; cell++)
            cells[count++] = (contender){.rule = rule, .cell = cell};
    }
    width = report_difference_width(all, cells, count);
    free(cells);
    report_difference_columns(all->chosen->grid.n_axes > 1 ? "at equal values" : "at equal learning rates", width);
    for (size_t cell = 0; cell < most; cell++)
        for (size_t rule = 0; rule < all->n_rules; rule++)
            lines += report_equals_of(all, (contender){.rule = rule, .cell = cell}, width);
    if (lines == 0)
        printf("no seed with complete runs of two rules\n");
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
    report_own_values(all);
    putchar('\n');
    report_contenders(all, best);
    /* With seeds of their own the trials are there to choose, not to compare. */
    if (all->n_rules > 1 && !all->two_stages)
        report_equals(all);
    report_outcomes(all);
}
