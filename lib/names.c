#include "names.h"

#include <stdio.h>
#include <string.h>

#include "status.h"

const char *names_of(const named *table, size_t n, int value)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].value == value)
            return table[i].name;
    return "unknown";
}

fa_status names_find(const named *table, size_t n, const char *what, const char *name, int *value)
{
    char   known[256] = "";
    size_t length = 0;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *value = table[i].value;
            return FA_OK;
        }
        int written = snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "", table[i].name);
        if (written > 0 && (size_t)written < sizeof known - length)
            length += (size_t)written;
    }
    return status_set(FA_ERR_ARGUMENT, "there is no %s \"%.40s\"; known: %s", what, name, known);
}
