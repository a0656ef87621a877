#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"

enum { MAX_ITEM = 256, MAX_NAME = 40, MAX_HELP = 2000, HELP_COLUMN = 20, LINE_WIDTH = 79 };

const option *options_find(const option_group *groups, size_t n_groups, const char *name, size_t length)
{
    for (size_t g = 0; g < n_groups; g++)
        for (size_t i = 0; i < groups[g].count; i++)
            if (strlen(groups[g].table[i].name) == length && strncmp(groups[g].table[i].name, name, length) == 0)
                return &groups[g].table[i];
    return NULL;
}

/* Letters to change, add or leave out to make the one text (of some length) the other; up to MAX_NAME of each count. */
static size_t distance(const char *one, size_t length, const char *other)
{
    size_t row[MAX_NAME + 1], other_length = strlen(other);

    length = length < MAX_NAME ? length : MAX_NAME;
    other_length = other_length < MAX_NAME ? other_length : MAX_NAME;
    for (size_t j = 0; j <= other_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= length; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= other_length; j++) {
            size_t changed = corner + (one[i - 1] != other[j - 1]), least = row[j] < row[j - 1] ? row[j] : row[j - 1];

            corner = row[j];
            row[j] = changed < least + 1 ? changed : least + 1;
        }
    }
    return row[other_length];
}

/* The option whose name is nearest, if it is near, or which is the first that begins so; NULL else. */
static const option *nearest(const option_group *groups, size_t n_groups, const char *name, size_t length)
{
    const option *found = NULL;
    size_t least = 3;

    for (size_t g = 0; g < n_groups; g++) {
        for (size_t i = 0; i < groups[g].count; i++) {
            const char *candidate = groups[g].table[i].name;
            bool begins = length >= 5 && strncmp(candidate, name, length) == 0;
            size_t away = begins ? 1 : distance(name, length, candidate);

            if (away < least) {
                least = away;
                found = &groups[g].table[i];
            }
        }
    }
    return found;
}

static void complain_of(const option_group *groups, size_t n_groups, const char *argument, size_t length)
{
    const option *meant = nearest(groups, n_groups, argument, length);

    if (argument[0] != '-')
        complain("unexpected argument '%s': there are options only, --help lists them", argument);
    else if (meant)
        complain("unknown option '%.*s'; did you mean %s? --help lists all", (int)length, argument, meant->name);
    else
        complain("unknown option '%.*s'; --help lists all", (int)length, argument);
}

bool options_scan(const option_group *groups, size_t n_groups, int argc, char **argv,
                  bool (*found)(void *data, const option *option, const char *value), void *data)
{
    for (int i = 1; i < argc; i++) {
        const char *value = strchr(argv[i], '=');
        size_t length = value ? (size_t)(value - argv[i]) : strlen(argv[i]);
        const option *known = options_find(groups, n_groups, argv[i], length);

        if (!known && strcmp(argv[i], "-h") == 0)
            known = options_find(groups, n_groups, "--help", strlen("--help"));
        if (!known) {
            complain_of(groups, n_groups, argv[i], length);
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

/* Words from column `column` on, as many on a line as fit; further lines begin at HELP_COLUMN. */
static void print_words(const char *text, int column, FILE *stream)
{
    const char *blank = "";

    while (*text) {
        int length = (int)strcspn(text, " ");

        if (*blank && column + 1 + length > LINE_WIDTH) {
            fprintf(stream, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
            blank = "";
        }
        column += fprintf(stream, "%s%.*s", blank, length, text);
        blank = " ";
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', stream);
}

static void print(const option *shown, FILE *stream)
{
    const char *preset = shown->preset ? shown->preset : "";
    char help[MAX_HELP];
    int width = fprintf(stream, "  %s%s%s", shown->name, shown->value ? " " : "", shown->value ? shown->value : "");

    /* A long name has its help below it. */
    if (width >= HELP_COLUMN) {
        fputc('\n', stream);
        width = 0;
    }
    fprintf(stream, "%*s", HELP_COLUMN - width, "");
    snprintf(help, sizeof help, "%s%s%s", shown->help, *preset ? "; default " : "", preset);
    print_words(help, HELP_COLUMN, stream);
}

void options_print(const option_group *groups, size_t n_groups, FILE *stream)
{
    for (size_t g = 0; g < n_groups; g++) {
        if (groups[g].heading)
            fprintf(stream, "%s%s:\n", g ? "\n" : "", groups[g].heading);
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

bool options_files_differ(const char *const names[], const char *const paths[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (paths[i] && paths[k] && strcmp(paths[i], paths[k]) == 0) {
                complain("%s and %s name the same file", names[k], names[i]);
                return false;
            }
        }
    }
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
