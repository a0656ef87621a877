#include "decimal.h"

#include <stdio.h>
#include <stdlib.h>

void decimal(char text[DECIMAL_SIZE], double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        double again;

        snprintf(text, DECIMAL_SIZE, "%.*g", digits, value);
        again = strtod(text, NULL);
        if (again <= value && again >= value)
            return;
    }
}
