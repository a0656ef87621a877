#include "names.h"

#include <stdio.h>
#include <string.h>

#include "status.h"

void names_list_add(names_list *list, const char *name, size_t length)
{
    const size_t room = sizeof list->text - list->length;
    const int    written = snprintf(list->text + list->length, room, "%s%.*s", list->length > 0 ? ", " : "",
                                    (int)length, name);

    if (written > 0)
        list->length += (size_t)written < room ? (size_t)written : room - 1;
}

const char *names_of(const named *table, size_t n, int value)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].value == value)
            return table[i].name;
    return "unknown";
}

fa_status names_find(const named *table, size_t n, const char *what, const char *name, int *value)
{
    names_list known = {0};

    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *value = table[i].value;
            return FA_OK;
        }
        names_list_add(&known, table[i].name, strlen(table[i].name));
    }
    return status_set(FA_ERR_ARGUMENT, "there is no %s \"%.40s\"; known: %s", what, name, known.text);
}
