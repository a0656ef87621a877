#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"

enum { MAX_ITEM = 256, HELP_COLUMN = 20, LINE_WIDTH = 90 };

const option *options_find(const option_group *groups, size_t n_groups, const char *name, size_t length)
{
    for (size_t g = 0; g < n_groups; g++)
        for (size_t i = 0; i < groups[g].count; i++)
            if (strlen(groups[g].table[i].name) == length && strncmp(groups[g].table[i].name, name, length) == 0)
                return &groups[g].table[i];
    return NULL;
}

bool options_scan(const option_group *groups, size_t n_groups, int argc, char **argv,
                  bool (*found)(void *data, const option *option, const char *value), void *data)
{
    for (int i = 1; i < argc; i++) {
        const char *value = strchr(argv[i], '=');
        size_t length = value ? (size_t)(value - argv[i]) : strlen(argv[i]);
        const option *known = options_find(groups, n_groups, argv[i], length);

        if (!known) {
            complain("unknown argument '%s'; --help lists the options", argv[i]);
            return false;
        }
        if (!known->value && value) {
            complain("%s takes no value", known->name);
            return false;
        }
        if (value)
            value++;
        else if (known->value && ++i < argc)
            value = argv[i];
        if (known->value && !value) {
            complain("%s needs a value: %s %s", known->name, known->name, known->value);
            return false;
        }
        if (!found(data, known, value))
            return false;
    }
    return true;
}

static bool set(void *settings, const option *given, const char *value)
{
    return given->set(settings, given->name, value);
}

bool options_parse(const option_group *groups, size_t n_groups, int argc, char **argv, void *settings)
{
    return options_scan(groups, n_groups, argc, argv, set, settings);
}

static void print(const option *shown, FILE *stream)
{
    const char *line = shown->help;
    int width = fprintf(stream, "  %s %s", shown->name, shown->value ? shown->value : "");

    while (line) {
        const char *end = strchr(line, '\n');
        int length = end ? (int)(end - line) : (int)strlen(line);

        /* A long name has its help below it. */
        if (width >= HELP_COLUMN) {
            fputc('\n', stream);
            width = 0;
        }
        width += fprintf(stream, "%*s%.*s", HELP_COLUMN - width, "", length, line);
        if (!end && shown->preset && width + (int)strlen(shown->preset) > LINE_WIDTH)
            fprintf(stream, ";\n%*sdefault %s", HELP_COLUMN, "", shown->preset);
        else if (!end && shown->preset)
            fprintf(stream, "; default %s", shown->preset);
        fputc('\n', stream);
        width = 0;
        line = end ? end + 1 : NULL;
    }
}

void options_print(const option_group *groups, size_t n_groups, FILE *stream)
{
    for (size_t g = 0; g < n_groups; g++) {
        if (groups[g].heading)
            fprintf(stream, "%s%s\n", g ? "\n" : "", groups[g].heading);
        for (size_t i = 0; i < groups[g].count; i++)
            print(&groups[g].table[i], stream);
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

    if (!read_whole(text, &end, first) || *end != '-' || !read_whole(end + 1, &end, last) || *end || *first > *last) {
        complain("%s takes two whole numbers A-B, A not above B, not '%s'", name, text);
        return false;
    }
    return true;
}

bool option_path(const char *name, const char *text, const char **path)
{
    *path = text;
    if (strcmp(text, "-") == 0)
        complain("%s takes the name of a file: - does not stand for standard input or output", name);
    else if (!*text)
        complain("%s needs a name", name);
    else
        return true;
    return false;
}

bool option_dtype(const char *name, const char *text, fa_dtype *dtype)
{
    if (strcmp(text, "f32") != 0 && strcmp(text, "f64") != 0) {
        complain("%s takes f32 or f64, not '%s'", name, text);
        return false;
    }
    *dtype = strcmp(text, "f32") == 0 ? FA_FLOAT32 : FA_FLOAT64;
    return true;
}

bool option_each(const char *name, const char *text, bool (*take)(void *data, const char *name, char *item),
                 void *data)
{
    char item[MAX_ITEM];

    for (const char *rest = text;;) {
        size_t length = strcspn(rest, ",");

        if (length == 0 || length >= sizeof item) {
            complain("%s takes values separated by commas, not '%s'", name, text);
            return false;
        }
        memcpy(item, rest, length);
        item[length] = '\0';
        if (!take(data, name, item))
            return false;
        if (rest[length] == '\0')
            return true;
        rest += length + 1;
    }
}
