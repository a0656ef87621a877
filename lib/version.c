#include <fa/base.h>

#include "blas.h"
#include "config.h"
#include "cpu.h"
#include "kernels.h"

#include <stdio.h>

const char *fa_version(void)
{
    return FA_VERSION;
}

const char *fa_build_info(void)
{
    static _Thread_local char line[512];

    (void)snprintf(line, sizeof(line), "libfa %s; BLAS %s; kernels %s; exp, tanh, erf %s", FA_VERSION, blas_file(),
                   cpu_level_name(cpu_level_now()), kernels_math());
    return line;
}
