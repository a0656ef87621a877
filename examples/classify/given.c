#include "given.h"

#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"

const option *given_option(const given *all, size_t i)
{
    for (size_t g = 0; g < all->n_groups; g++) {
        if (i < all->groups[g].count)
            return &all->groups[g].table[i];
        i -= all->groups[g].count;
    }
    return NULL;
}

size_t given_number(const given *all, const char *name)
{
    size_t i = 0;

    while (strcmp(given_option(all, i)->name, name) != 0)
        i++;
    return i;
}

const char *given_text(const given *all, const char *name)
{
    return all->texts[given_number(all, name)];
}

static bool takes_list(const option *known)
{
    return known->value && strstr(known->value, ",...");
}

bool given_add(given *all, size_t number, const char *text)
{
    char **place = &all->texts[number];
    bool joined = *place && takes_list(given_option(all, number));
    size_t before = joined ? strlen(*place) + 1 : 0, size = before + strlen(text) + 1;
    char *copy = malloc(size);

    if (!copy) {
        complain("out of memory");
        return false;
    }
    snprintf(copy, size, "%s%s%s", joined ? *place : "", joined ? "," : "", text);
    free(*place);
    *place = copy;
    return true;
}

void given_remove(given *all, size_t number)
{
    free(all->texts[number]);
    all->texts[number] = NULL;
}

void given_free(given *all)
{
    for (size_t i = 0; i < MAX_OPTIONS; i++)
        given_remove(all, i);
}
