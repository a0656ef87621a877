#include "io/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A locale's decimal point, of one byte or more, is all that is not a character of a number. */
static size_t restore_point(char *text)
{
    const char *from = text;
    char *to = text;

    while (*from != '\0') {
        if (strchr("+-0123456789e", *from) != NULL) {
            *to++ = *from++;
        } else {
            *to++ = '.';
            from += strcspn(from, "+-0123456789e");
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* The locale's decimal point is what it writes between two digits. */
static size_t find_point(char point[DECIMAL_SIZE])
{
    const int length = snprintf(point, DECIMAL_SIZE, "%.1f", 1.5);

    memmove(point, point + 1, (size_t)length);
    point[length - 2] = '\0';
    return (size_t)length - 2;
}

double decimal_read(const char *text)
{
    char local[128 + DECIMAL_SIZE];
    const size_t length = strlen(text), before = strcspn(text, ".");

    memcpy(local, text, length + 1);
    if (before < length) {
        char point[DECIMAL_SIZE];
        const size_t width = find_point(point);

        memcpy(local + before, point, width);
        memcpy(local + before + width, text + before + 1, length - before);
    }
    return strtod(local, NULL);
}

size_t decimal_write(char text[DECIMAL_SIZE], double value)
{
    if (!isfinite(value)) {
        strcpy(text, isnan(value) ? "nan" : value > 0.0 ? "inf" : "-inf");
        return strlen(text);
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, DECIMAL_SIZE, "%.*g", digits, value);
        const double again = strtod(text, NULL);
        if (again <= value && again >= value)
            break;
    }
    return restore_point(text);
}
