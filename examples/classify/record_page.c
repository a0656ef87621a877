#include "record_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"

/* Panels of a row. */
enum { LAYER_COLUMNS = 5, QUANTITY_COLUMNS = 2 };

bool record_page_has(const record_page *page, size_t shown, size_t curve)
{
    size_t first = shown < page->n_shown ? shown : 0, last = shown < page->n_shown ? shown + 1 : page->n_shown;

    for (size_t i = first; i < last; i++)
        for (size_t point = 0; point < page->tables[i].points; point++)
            if (isfinite(record_table_value(&page->tables[i], &page->curves, point, curve)))
                return true;
    return false;
}

static bool is_angle(size_t number)
{
    return strcmp(fa_quantity_at(number)->unit, "degrees") == 0;
}

static bool ends_in(const char *text, const char *end)
{
    return strlen(text) > strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

/* Ratios, norms and conditions tell by factors. */
static bool is_logarithmic(size_t number)
{
    const char *name = fa_quantity_at(number)->name;

    return ends_in(name, "_ratio") || ends_in(name, "_norm") || ends_in(name, "_condition");
}

/* Limits of the curves of a quantity, of positive values only where the axis is logarithmic. */
static record_range limits(const record_page *page, size_t number, bool logarithmic)
{
    record_range found = {.low = INFINITY, .high = -INFINITY, .logarithmic = logarithmic};

    for (size_t i = 0; i < page->n_shown; i++) {
        for (size_t curve = 0; curve < page->curves.count; curve++) {
            for (size_t point = 0; point < page->tables[i].points; point++) {
                double value = record_table_value(&page->tables[i], &page->curves, point, curve);

                if (page->curves.at[curve].quantity != number || !isfinite(value) || (logarithmic && value <= 0.0))
                    continue;
                found.low = fmin(found.low, value);
                found.high = fmax(found.high, value);
            }
        }
    }
    return found;
}

record_range record_page_range(const record_page *page, size_t number)
{
    record_range found = limits(page, number, is_logarithmic(number));

    /* All of them 0. */
    if (!(found.low <= found.high))
        return (record_range){.low = 0.0, .high = 1.0};
    if (found.logarithmic)
        return (record_range){.low = found.low / 1.15, .high = found.high * 1.15, .logarithmic = true};
    found.low = fmin(found.low, 0.0);
    if (is_angle(number) && !ends_in(fa_quantity_at(number)->name, "_deviation"))
        found.high = found.high <= 90.0 ? 90.0 : found.high <= 120.0 ? 120.0 : 180.0;
    else
        found.high = found.high > 0.0 ? 1.08 * found.high : 1.0;
    return found;
}

/* Where panels are layers, a layer has the same column in every row, with all together after the last one; a quantity
 * begins a row, and so does a layer for which there is no column left. Elsewhere one panel comes after the other. */
static void add_panel(record_page *page, size_t first, size_t count, size_t depth)
{
    record_panel *panel = &page->panels[page->n_panels], *before = page->n_panels ? panel - 1 : NULL;
    record_curve curve = page->curves.at[first];
    size_t columns = page->by_layer ? LAYER_COLUMNS : QUANTITY_COLUMNS;
    size_t place = page->by_layer ? (curve.layer ? curve.layer : depth + 1) - 1 : page->n_panels;
    bool new_quantity = !before || page->curves.at[before->first].quantity != curve.quantity;

    *panel = (record_panel){.first = first, .count = count, .place = place, .column = place % columns, .bottom = true};
    panel->begins = new_quantity || place / columns != before->place / columns;
    if (before)
        panel->row = before->row + (page->by_layer ? panel->begins : panel->column == 0);
    page->n_panels++;
    page->rows = panel->row + 1;
    page->columns = panel->column >= page->columns ? panel->column + 1 : page->columns;
}

/* Curves from `first` on that share a panel. */
static size_t in_panel(const record_page *page, size_t first)
{
    size_t count = 1;

    while (!page->by_layer && first + count < page->curves.count &&
           page->curves.at[first + count].quantity == page->curves.at[first].quantity)
        count++;
    return count;
}

static void lay_out(record_page *page, size_t depth)
{
    size_t count;

    for (size_t i = 0; i < page->curves.count; i += count) {
        bool any = false;

        count = in_panel(page, i);
        for (size_t k = i; k < i + count; k++)
            any = any || record_page_has(page, page->n_shown, k);
        if (any)
            add_panel(page, i, count, depth);
    }
    for (size_t i = 0; i < page->n_panels; i++)
        for (size_t k = i + 1; k < page->n_panels; k++)
            if (page->panels[k].column == page->panels[i].column)
                page->panels[i].bottom = false;
}

static void show(record_page *page, const experiment *all, size_t rule)
{
    contender one = all->chosen->grid.n_axes ? experiment_choose(all, rule) : (contender){.rule = rule};
    uint64_t end = experiment_has(all, one) ? record_table_end(all, one) : 0;

    if (end == 0)
        return;
    page->shown[page->n_shown++] = one;
    page->end = end > page->end ? end : page->end;
}

bool record_page_create(record_page *page, const experiment *all)
{
    *page = (record_page){0};
    for (size_t i = 0; i < all->n_rules; i++)
        show(page, all, i);
    page->by_layer = page->n_shown > 1;
    if (!record_curves_choose(&page->curves, all->chosen))
        return false;
    page->panels = calloc(page->curves.count + 1, sizeof *page->panels);
    if (!page->panels) {
        complain("out of memory");
        return false;
    }
    for (size_t i = 0; i < page->n_shown; i++)
        if (!record_table_read(&page->tables[i], all, page->shown[i], &page->curves, page->end))
            return false;
    lay_out(page, all->chosen->n_hidden + 1);
    return true;
}

void record_page_free(record_page *page)
{
    for (size_t i = 0; i < page->n_shown; i++)
        record_table_free(&page->tables[i]);
    record_curves_free(&page->curves);
    free(page->panels);
    *page = (record_page){0};
}
