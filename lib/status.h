/* The sentence behind a status. */
#ifndef LIBFA_STATUS_H
#define LIBFA_STATUS_H

#include <fa/base.h>

/* Keep the sentence for fa_last_error(). */
void status_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with the status as its value: `return status_set(FA_ERR_SHAPE, "...", ...)`. A macro, so that compilers and
 * static analyzers see that a failure is never FA_OK. */
#define status_set(status, ...) (status_say(__VA_ARGS__), (status))

/* FA_ERR_ARGUMENT, "<function>: <argument> is NULL". */
static inline fa_status status_null(const char *function, const char *argument)
{
    return status_set(FA_ERR_ARGUMENT, "%s: %s is NULL", function, argument);
}

/* Sentences kept so far in this thread: whether a callback said something. */
unsigned long status_count(void);

#endif
