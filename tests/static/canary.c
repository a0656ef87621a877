/* A mistake that each of the static analyses has to find, or run.sh takes it for broken. Part of no program. */
#include <stdlib.h>

int canary(void);

int canary(void)
{
    int *p = malloc(sizeof(*p));

    if (p == NULL)
        return *p;
    free(p);
    return 0;
}
