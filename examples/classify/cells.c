#include "cells.h"

#include <math.h>
#include <stdio.h>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif

void cell(int width, const char *format, double value)
{
    fputs("  ", stdout);
    if (isfinite(value))
        printf(format, value);
    else
        printf("%*s", width, "-");
}
