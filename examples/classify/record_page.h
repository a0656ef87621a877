/* Where the panels of what was recorded are, and what they show.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_RECORD_PAGE_H
#define CLASSIFY_RECORD_PAGE_H

#include "record_table.h"

typedef struct record_panel {
    size_t first, count; /* its curves */
    size_t place, row, column;
    bool   begins; /* the first one of its quantity in its row: with labels at the left */
    bool   bottom; /* no panel below it */
} record_panel;

typedef struct record_page {
    contender      shown[MAX_RULES]; /* those that there is something of */
    size_t         n_shown;
    bool           by_layer; /* panels are layers; else layers are curves of a panel */
    record_curves  curves;
    record_table   tables[MAX_RULES]; /* of each that is shown */
    uint64_t       end; /* the last batch */
    record_panel  *panels;
    size_t         n_panels, rows;
    size_t         columns; /* of panels */
} record_page;

/* The vertical axis of a quantity, of that number in the library's table, over all layers and rules. */
typedef struct record_range {
    double low, high;
    bool   logarithmic;
} record_range;

/* Reads the files and lays the panels out; false after a complaint. To be freed either way. */
bool record_page_create(record_page *page, const experiment *all);
void record_page_free(record_page *page);

/* Whether a contender, or with n_shown any of them, has a number on a curve. */
bool record_page_has(const record_page *page, size_t shown, size_t curve);

record_range record_page_range(const record_page *page, size_t number);

#endif
