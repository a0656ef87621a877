/* The sentence behind a status. */
#ifndef LIBFA_STATUS_H
#define LIBFA_STATUS_H

#include <fa/base.h>

/* Keep the sentence for fa_last_error() and return the status: `return status_set(FA_ERR_SHAPE, "...", ...)`. */
fa_status status_set(fa_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* FA_ERR_ARGUMENT, "<function>: <argument> is NULL". */
fa_status status_null(const char *function, const char *argument);

/* Sentences kept so far in this thread: whether a callback said something. */
unsigned long status_count(void);

#endif
