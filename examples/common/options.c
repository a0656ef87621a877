#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"

static const option *find(const option *table, size_t count, const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0)
            return &table[i];
    return NULL;
}

bool options_parse(const option *table, size_t count, int argc, char **argv, void *settings)
{
    for (int i = 1; i < argc; i++) {
        const char *value = strchr(argv[i], '=');
        size_t length = value ? (size_t)(value - argv[i]) : strlen(argv[i]);
        const option *found = find(table, count, argv[i], length);

        if (!found) {
            complain("unknown argument '%s'; --help lists the options", argv[i]);
            return false;
        }
        if (!found->value && value) {
            complain("%s takes no value", found->name);
            return false;
        }
        if (value)
            value++;
        else if (found->value && ++i < argc)
            value = argv[i];
        if (found->value && !value) {
            complain("%s needs a value: %s %s", found->name, found->name, found->value);
            return false;
        }
        if (!found->set(settings, found->name, value))
            return false;
    }
    return true;
}

void options_print(const option *table, size_t count, FILE *stream)
{
    for (size_t i = 0; i < count; i++) {
        const char *line = table[i].help;
        int width = fprintf(stream, "  %s %s", table[i].name, table[i].value ? table[i].value : "");

        while (line) {
            const char *end = strchr(line, '\n');
            int length = end ? (int)(end - line) : (int)strlen(line);

            fprintf(stream, "%*s%.*s\n", width < 20 ? 20 - width : 1, "", length, line);
            width = 0;
            line = end ? end + 1 : NULL;
        }
    }
}

bool option_real(const char *name, const char *text, double min, double max, double *value)
{
    char *end;
    double number = strtod(text, &end);

    /* strtod() passes over blanks and knows "nan"; the comparison refuses the latter. */
    if (end == text || *end || isspace((unsigned char)text[0]) || !(number >= min && number <= max)) {
        complain("%s takes a number from %g to %g, not '%s'", name, min, max, text);
        return false;
    }
    *value = number;
    return true;
}

/* A whole number without sign or blanks; *end is left after it. */
static bool read_whole(const char *text, char **end, uint64_t *value)
{
    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    *value = strtoull(text, end, 10);
    return errno == 0;
}

bool option_whole(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    char *end;
    uint64_t number;

    if (!read_whole(text, &end, &number) || *end || number < min || number > max) {
        complain("%s takes a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'", name, min, max, text);
        return false;
    }
    *value = number;
    return true;
}

bool option_range(const char *name, const char *text, uint64_t *first, uint64_t *last)
{
    char *end;

    if (!read_whole(text, &end, first) || *end != '-' || !read_whole(end + 1, &end, last) || *end || *first >= *last) {
        complain("%s takes two whole numbers A-B, A below B, not '%s'", name, text);
        return false;
    }
    return true;
}
