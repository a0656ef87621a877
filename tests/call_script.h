/* Calls that a rule makes in its callbacks, with the status each should give: judged when the library call is over. */
#ifndef LIBFA_TESTS_CALL_SCRIPT_H
#define LIBFA_TESTS_CALL_SCRIPT_H

#include "support.h"

enum { MAX_CALLS = 80 };

typedef struct call_script {
    int calls;
    fa_status expected[MAX_CALLS], got[MAX_CALLS];
    int line[MAX_CALLS];
    double rate, rate_before;
    double numbers; /* what is no status; the test says what */
} call_script;

static inline void record(call_script *script, fa_status expected, fa_status got, int line)
{
    script->expected[script->calls] = expected;
    script->got[script->calls] = got;
    script->line[script->calls++] = line;
}

/* In a function that has a call_script *script. */
#define RECORD(status, call) record(script, (status), (call), __LINE__)

static inline void check_script(const call_script *script, int least)
{
    ck_assert_int_ge(script->calls, least);
    for (int i = 0; i < script->calls; i++)
        ck_assert_msg(script->got[i] == script->expected[i], "line %d: expected \"%s\", got \"%s\"", script->line[i],
                      fa_status_string(script->expected[i]), fa_status_string(script->got[i]));
}

#endif
