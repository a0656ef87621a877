/* What the tests of the recorder share. */
#ifndef LIBFA_TESTS_RECORDING_H
#define LIBFA_TESTS_RECORDING_H

#include "session.h"

#include <math.h>
#include <string.h>

static inline void release_recorder(void *recorder)
{
    fa_recorder_destroy(recorder);
}

static inline fa_recorder *make_recorder(const fa_network *net, const char *quantities, uint64_t every)
{
    fa_recorder *rec;
    expect_ok(fa_recorder_create(&rec, net, quantities, every));
    return keep(rec, release_recorder);
}

static inline void to_deltas(const session *s)
{
    expect_ok(fa_forward(s->net, s->pass, &s->x));
    expect_ok(fa_error(s->net, s->pass, &s->target, NULL));
    expect_ok(fa_backward(s->net, s->pass, s->fb));
}

static inline bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static inline void expect_value(const fa_recorder *rec, const char *quantity, size_t l, double expected)
{
    double got = 0;
    expect_ok(fa_recorder_value(rec, quantity, l, &got));
    ck_assert_msg(same(got, expected), "%s of layer %zu: %.17g, expected %.17g", quantity, l, got, expected);
}

/* Every quantity there is. */
static inline const char *all_names(void)
{
    char *names = make_memory(4096, 1);
    for (size_t i = 0; i < fa_quantity_count(); i++) {
        strcat(names, i > 0 ? "," : "");
        strcat(names, fa_quantity_at(i)->name);
    }
    return names;
}

#endif
