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

size_t decimal_write(char text[DECIMAL_SIZE], double value)
{
    if (!isfinite(value)) {
        strcpy(text, isnan(value) ? "nan" : value > 0.0 ? "inf" : "-inf");
        return strlen(text);
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, DECIMAL_SIZE, "%.*g", digits, value);
        const double again = strtod(text, NULL);
        if (again <= value && again >= value)
            break;
    }
    return restore_point(text);
}
