#include "environment.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

const char *const environment_variables[] = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS", NULL};

void environment_settle(char **argv)
{
    for (size_t i = 0; environment_variables[i]; i++)
        if (getenv(environment_variables[i]))
            return;
    for (size_t i = 0; environment_variables[i]; i++)
        if (setenv(environment_variables[i], "1", 1) != 0)
            return;
    execv("/proc/self/exe", argv);
}
