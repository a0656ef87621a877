/* What may run at once: const calls on one network, whole trainings of separate ones; the sentence is each thread's. */
#include "session.h"

#include <pthread.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 200 };

typedef struct job {
    const fa_network *net;
    fa_matrix x, y, expected, target;
    double loss;
    bool same;
    fa_status status;
} job;

static void *predict_again_and_again(void *argument)
{
    job *j = argument;
    double loss = 0;
    j->same = true;
    for (int round = 0; round < ROUNDS && j->status == FA_OK; round++) {
        j->status = fa_network_predict(j->net, &j->x, &j->y);
        j->same = j->same && same_bits(&j->y, &j->expected);
        if (j->status == FA_OK)
            j->status = fa_network_evaluate(j->net, &j->x, &j->target, &loss);
        j->same = j->same && memcmp(&loss, &j->loss, sizeof loss) == 0;
    }
    return NULL;
}

START_TEST(one_network_serves_many)
{
    uint64_t state = 1;
    net_spec spec = make_spec(_i ? FA_FLOAT32 : FA_FLOAT64, 3, 30, FA_TANH, true);
    const fa_network *net = make_network(&spec, 1);
    job jobs[THREADS] = {{0}};
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) {
        size_t n = 5 + 20 * (size_t)t;
        jobs[t].net = net;
        jobs[t].x = make_uniform(spec.dtype, n, spec.width[0], LAYOUT_C, 1, &state);
        jobs[t].y = make_matrix(spec.dtype, n, spec.width[3]);
        jobs[t].expected = make_matrix(spec.dtype, n, spec.width[3]);
        jobs[t].target = make_target(&spec, n, LAYOUT_C, &state);
        expect_ok(fa_network_predict(net, &jobs[t].x, &jobs[t].expected));
        expect_ok(fa_network_evaluate(net, &jobs[t].x, &jobs[t].target, &jobs[t].loss));
    }
    for (int t = 0; t < THREADS; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, predict_again_and_again, &jobs[t]), 0);
    for (int t = 0; t < THREADS; t++) {
        ck_assert_int_eq(pthread_join(threads[t], NULL), 0);
        ck_assert(jobs[t].status == FA_OK && jobs[t].same);
    }
}
END_TEST

typedef struct training {
    session s;
    fa_status status;
} training;

static void *train(void *argument)
{
    training *t = argument;
    for (int step = 0; step < ROUNDS && t->status == FA_OK; step++)
        t->status = session_step(&t->s, NULL);
    return NULL;
}

START_TEST(trainings_do_not_meet)
{
    net_spec spec = make_spec(_i ? FA_FLOAT32 : FA_FLOAT64, 3, 20, FA_TANH, true);
    training alone[2] = {{.status = FA_OK}}, together[2] = {{.status = FA_OK}};
    pthread_t threads[2];
    for (int t = 0; t < 2; t++) {
        alone[t].s = make_session(&spec, fa_rule_find(t ? "fa" : "bp"), 10, 3 + (uint64_t)t);
        together[t].s = make_session(&spec, fa_rule_find(t ? "fa" : "bp"), 10, 3 + (uint64_t)t);
        train(&alone[t]);
        ck_assert_int_eq(alone[t].status, FA_OK);
    }
    for (int t = 0; t < 2; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, train, &together[t]), 0);
    for (int t = 0; t < 2; t++) {
        ck_assert_int_eq(pthread_join(threads[t], NULL), 0);
        ck_assert_int_eq(together[t].status, FA_OK);
        state_copy a = take_snapshot(&alone[t].s), b = take_snapshot(&together[t].s);
        ck_assert(same_snapshot(&a, &b));
    }
}
END_TEST

typedef struct sentences {
    char first[256], second[256];
} sentences;

static void *fail_elsewhere(void *argument)
{
    sentences *s = argument;
    strncpy(s->first, fa_last_error(), sizeof s->first - 1);
    fa_network_set_frozen(NULL, 1, true);
    strncpy(s->second, fa_last_error(), sizeof s->second - 1);
    return NULL;
}

/* "" in a thread that never failed; a failure there leaves the sentence here alone, and so does a success. */
START_TEST(sentences_belong_to_threads)
{
    sentences s = {"?", "?"};
    char here[256] = {0};
    pthread_t thread;
    fa_rule_find("no_such_rule");
    strncpy(here, fa_last_error(), sizeof here - 1);
    ck_assert_str_ne(here, "");
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &s), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_str_eq(s.first, "");
    ck_assert(s.second[0] != '\0' && strcmp(s.second, here) != 0);
    ck_assert_str_eq(fa_last_error(), here);
    ck_assert_ptr_nonnull(fa_rule_find("bp"));
    ck_assert_str_eq(fa_last_error(), here);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, one_network_serves_many, 0, 2);
    tcase_add_loop_test(tcase, trainings_do_not_meet, 0, 2);
    tcase_add_test(tcase, sentences_belong_to_threads);
    return support_run(suite, false);
}
