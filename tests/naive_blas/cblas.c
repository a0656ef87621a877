#include "cblas.h"

#define REAL float
#define NAME(routine) cblas_s##routine
#include "routines.h"
#undef REAL
#undef NAME

#define REAL double
#define NAME(routine) cblas_d##routine
#include "routines.h"
