/* What a program of many threads does at once: two networks learn from one data set, four threads ask a third network,
 * and two read the data set that everybody shares. */
#include "session.h"

#include <pthread.h>
#include <string.h>

enum { TRAINERS = 2, PREDICTORS = 4, READERS = 2, EVERYBODY = TRAINERS + PREDICTORS + READERS, SAMPLES = 24,
      EPOCHS = 20 };

/* What is the same for all, and only read. */
typedef struct commons {
    const fa_dataset *data;
    const fa_network *net;
    const fa_matrix *x, *y; /* y: what `net` makes of x when nobody else is there */
    const fa_matrix *mean;  /* of the inputs of `data` */
} commons;

typedef struct worker {
    const commons *all;
    session s;       /* of a trainer */
    fa_matrix own;   /* of a predictor or a reader: its result */
    fa_matrix other; /* of a reader */
    pthread_barrier_t *start;
    bool same;
    fa_status status;
} worker;

static void *train(void *argument)
{
    worker *w = argument;
    fa_epoch_options options = {.struct_size = sizeof options, .batch = 5, .shuffle = true, .seed = 7};
    pthread_barrier_wait(w->start);
    for (options.epoch = 1; options.epoch <= EPOCHS && w->status == FA_OK; options.epoch++)
        w->status = fa_train_epoch(w->s.net, w->s.pass, w->s.fb, w->s.opt, w->all->data, &options, NULL);
    return NULL;
}

static void *predict(void *argument)
{
    worker *w = argument;
    double loss = 0, first = 0;
    pthread_barrier_wait(w->start);
    for (int round = 0; round < EPOCHS && w->status == FA_OK; round++) {
        w->status = fa_network_predict(w->all->net, w->all->x, &w->own);
        w->same = w->same && same_bits(&w->own, w->all->y);
        if (w->status == FA_OK)
            w->status = fa_network_evaluate(w->all->net, w->all->x, w->all->y, &loss);
        first = round == 0 ? loss : first;
        w->same = w->same && memcmp(&loss, &first, sizeof loss) == 0;
    }
    return NULL;
}

/* Views, copies of rows, moments and parts of the shared data set; a part's count of owners is the only thing that
 * changes. */
static void *read_data(void *argument)
{
    worker *w = argument;
    pthread_barrier_wait(w->start);
    for (int round = 0; round < EPOCHS && w->status == FA_OK; round++) {
        fa_dataset *part = NULL;
        fa_matrix x = {0}, target = {0}, rows = {0};
        const size_t first = (size_t)round % (SAMPLES / 2), count = SAMPLES / 2;
        w->status = fa_dataset_rows(&part, w->all->data, first, count);
        if (w->status == FA_OK)
            w->status = fa_dataset_view(part, 0, count, &x, &target);
        if (w->status == FA_OK)
            w->status = fa_matrix_rows(w->all->x, first, count, &rows);
        if (w->status == FA_OK) {
            w->same = w->same && same_bits(&x, &rows);
            w->status = fa_dataset_moments(w->all->data, &w->own, &w->other);
            w->same = w->same && same_bits(&w->own, w->all->mean);
        }
        fa_dataset_destroy(part);
    }
    return NULL;
}

static void destroy_data(void *data)
{
    fa_dataset_destroy(data);
}

static worker trainer(const net_spec *spec, const commons *all, int t)
{
    return (worker){.all = all, .s = make_session(spec, fa_rule_find(t ? "fa" : "kolen_pollack"), 5, 3 + (uint64_t)t)};
}

START_TEST(everybody_at_once)
{
    uint64_t state = 1;
    const net_spec spec = make_spec(_i ? FA_FLOAT32 : FA_FLOAT64, 3, 20, FA_TANH, true);
    const fa_matrix x = make_uniform(spec.dtype, SAMPLES, spec.width[0], LAYOUT_C, 1, &state);
    const fa_matrix target = make_target(&spec, SAMPLES, LAYOUT_C, &state);
    fa_matrix y = make_matrix(spec.dtype, SAMPLES, spec.width[3]), mean = make_matrix(FA_FLOAT64, 1, spec.width[0]);
    fa_matrix deviation = make_matrix(FA_FLOAT64, 1, spec.width[0]);
    fa_dataset *data = NULL;
    worker alone[TRAINERS], workers[EVERYBODY];
    pthread_t threads[EVERYBODY];
    pthread_barrier_t start, nobody_else;
    expect_ok(fa_dataset_create(&data, &x, &target));
    keep(data, destroy_data);
    expect_ok(fa_dataset_moments(data, &mean, &deviation));
    const commons all = {data, make_network(&spec, 1), &x, &y, &mean};
    expect_ok(fa_network_predict(all.net, &x, &y));

    ck_assert_int_eq(pthread_barrier_init(&nobody_else, NULL, 1), 0);
    ck_assert_int_eq(pthread_barrier_init(&start, NULL, EVERYBODY), 0);
    for (int t = 0; t < TRAINERS; t++) {
        alone[t] = trainer(&spec, &all, t);
        alone[t].start = &nobody_else;
        train(&alone[t]);
        ck_assert_int_eq(alone[t].status, FA_OK);
    }
    for (int t = 0; t < EVERYBODY; t++) {
        void *(*const work)(void *) = t < TRAINERS ? train : t < TRAINERS + PREDICTORS ? predict : read_data;
        if (t < TRAINERS)
            workers[t] = trainer(&spec, &all, t);
        else if (work == predict)
            workers[t] = (worker){.all = &all, .own = make_matrix(spec.dtype, SAMPLES, spec.width[3])};
        else
            workers[t] = (worker){.all = &all, .own = make_matrix(FA_FLOAT64, 1, spec.width[0]),
                                  .other = make_matrix(FA_FLOAT64, 1, spec.width[0])};
        workers[t].start = &start;
        workers[t].same = true;
        ck_assert_int_eq(pthread_create(&threads[t], NULL, work, &workers[t]), 0);
    }
    for (int t = 0; t < EVERYBODY; t++)
        ck_assert_int_eq(pthread_join(threads[t], NULL), 0);
    for (int t = 0; t < EVERYBODY; t++)
        ck_assert_msg(workers[t].status == FA_OK && workers[t].same, "thread %d", t);
    for (int t = 0; t < TRAINERS; t++) {
        const state_copy a = take_snapshot(&alone[t].s), b = take_snapshot(&workers[t].s);
        ck_assert(same_snapshot(&a, &b));
    }
    pthread_barrier_destroy(&start);
    pthread_barrier_destroy(&nobody_else);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads_mixed");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, everybody_at_once, 0, 2);
    return support_run(suite, false);
}
