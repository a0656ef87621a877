/* Memory that runs out, and memory that a step must not ask for. */
#include "descent.h"
#include "watch.h"

#include <string.h>

/* --- steps allocate nothing --- */

/* Every kind of optimizer, at first without clipping, then with it. */
START_TEST(optimizers_allocate_nothing)
{
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 3, 12, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 16, 3);
    fa_status status = FA_OK;
    s.opt = make_recipe_optimizer(s.net, &recipes[_i / 2]);
    expect_ok(session_step(&s, NULL));
    watch(-1, false);
    for (int step = 0; step < 5 && status == FA_OK; step++)
        status = session_step(&s, NULL);
    if (status == FA_OK)
        status = fa_optimizer_set(s.opt, "clip_norm", 0.1);
    for (int step = 0; step < 5 && status == FA_OK; step++)
        status = session_step(&s, NULL);
    unwatch();
    expect_ok(status);
    ck_assert_int_eq(allocations, 0);
}
END_TEST

START_TEST(steps_allocate_nothing)
{
    const fa_rule *rule = fa_rule_at((size_t)_i / 4);
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 3, 12, FA_TANH, true);
    session s = make_session(&spec, rule, 16, 3);
    double loss;
    fa_status status = FA_OK;
    if (_i % 4 < 2)
        expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expect_ok(session_step(&s, &loss));
    expect_ok(session_phases(&s, &loss));
    watch(-1, false);
    for (int step = 0; step < 10 && status == FA_OK; step++)
        status = session_step(&s, &loss);
    for (int step = 0; step < 10 && status == FA_OK; step++)
        status = session_phases(&s, &loss);
    unwatch();
    expect_ok(status);
    ck_assert_int_eq(allocations, 0);
}
END_TEST

/* --- sweeps --- */

typedef struct scene {
    session s;
    fa_rule rule;
    fa_network *net;
    fa_pass *pass;
    fa_feedback *fb;
    fa_optimizer *opt;
    fa_matrix matrix;
    double number;
    fa_delta_report reports[MAX_DEPTH];
} scene;

static fa_status greedy_setup(fa_setup *setup)
{
    fa_status status = fa_setup_feedback(setup, FA_LAYERWISE);
    if (status == FA_OK)
        status = fa_setup_array(setup, "M", 1, 3, 4, FA_INIT_NORMAL, 1);
    return status == FA_OK ? fa_setup_slots(setup, 2) : status;
}

static fa_status greedy_backward(fa_step *step)
{
    fa_matrix weights;
    fa_status status = fa_step_forward(step, 1, NULL, 2);
    return status == FA_OK ? fa_step_gradient(step, 1, &weights, NULL) : status;
}

static fa_status network_create(scene *c)
{
    return fa_network_create(&c->net, FA_FLOAT32, 4);
}

static fa_status add_dense(scene *c)
{
    size_t depth = fa_network_depth(c->s.net);
    fa_status status = fa_network_add_dense(c->s.net, 3, FA_TANH, true);
    if (status != FA_OK)
        ck_assert_uint_eq(fa_network_depth(c->s.net), depth);
    return status;
}

static fa_status network_copy(scene *c)
{
    return fa_network_copy(&c->net, c->s.net);
}

static fa_status pass_create(scene *c)
{
    return fa_pass_create(&c->pass, c->s.net, 7);
}

static fa_status feedback_create(scene *c)
{
    return fa_feedback_create(&c->fb, c->s.net, &c->rule, NULL, 1);
}

static fa_status optimizer_create(scene *c)
{
    return fa_optimizer_create(&c->opt, c->s.net, "sgd");
}

static fa_status set_momentum(scene *c)
{
    fa_status status = fa_optimizer_set(c->s.opt, "momentum", 0.5);
    double momentum = 0.5;

    (void)fa_optimizer_get(c->s.opt, "momentum", &momentum);
    ck_assert((momentum > 0) == (status == FA_OK));
    return status;
}

static fa_status adam_create(scene *c)
{
    return fa_optimizer_create(&c->opt, c->s.net, "adam");
}

static fa_status matrix_alloc(scene *c)
{
    return fa_matrix_alloc(&c->matrix, 3, 4, FA_FLOAT64);
}

static fa_status predict(scene *c)
{
    return fa_network_predict(c->s.net, &c->s.x, &c->s.target);
}

static fa_status evaluate(scene *c)
{
    return fa_network_evaluate(c->s.net, &c->s.x, &c->s.target, &c->number);
}

static fa_status compare_deltas(scene *c)
{
    return fa_compare_deltas(c->s.net, c->s.pass, c->reports);
}

static fa_status gradient_check(scene *c)
{
    return fa_gradient_check(c->s.net, &c->s.x, &c->s.target, 0, &c->number);
}

static fa_status first_step(scene *c)
{
    return session_step(&c->s, NULL);
}

static fa_status first_backward(scene *c)
{
    return fa_backward(c->s.net, c->s.pass, c->s.fb);
}

static void release(scene *c)
{
    fa_network_destroy(c->net);
    fa_pass_destroy(c->pass);
    fa_feedback_destroy(c->fb);
    fa_optimizer_destroy(c->opt);
    fa_matrix_free(&c->matrix);
    c->net = NULL;
    c->pass = NULL;
    c->fb = NULL;
    c->opt = NULL;
}

typedef struct sweep {
    const char *name;
    fa_status (*run)(scene *c);
    bool greedy;    /* the session's own rule asks for slots and written gradients */
    bool keeps;     /* what succeeds stays with the session: it is not counted as a leak */
    bool went_back; /* after a backward pass of the session */
} sweep;

static const sweep sweeps[] = {
    {"fa_network_create", network_create, false, false, false},
    {"fa_network_add_dense", add_dense, false, true, false},
    {"fa_network_copy", network_copy, false, false, false},
    {"fa_pass_create", pass_create, false, false, false},
    {"fa_feedback_create", feedback_create, false, false, false},
    {"fa_optimizer_create", optimizer_create, false, false, false},
    {"fa_optimizer_create of adam", adam_create, false, false, false},
    {"fa_optimizer_set", set_momentum, false, true, false},
    {"fa_matrix_alloc", matrix_alloc, false, false, false},
    {"fa_network_predict", predict, false, false, false},
    {"fa_network_evaluate", evaluate, false, false, false},
    {"fa_compare_deltas", compare_deltas, false, false, true},
    {"fa_gradient_check", gradient_check, false, false, false},
    {"fa_train_step", first_step, true, true, false},
    {"fa_backward", first_backward, true, true, true},
};

/* A session whose optimizer has no momentum yet. */
static scene make_scene(const sweep *w)
{
    net_spec spec = make_spec(FA_FLOAT64, 3, 4, FA_ERF, true);
    scene c = {.rule = {.struct_size = sizeof c.rule, .name = "greedy", .flags = FA_RULE_WRITES_GRADIENT,
                        .state_size = 64, .setup = greedy_setup, .backward = greedy_backward}};
    c.s = make_session(&spec, w->greedy ? &c.rule : fa_rule_find("fa"), 5, 3);
    c.s.opt = make_optimizer(c.s.net, 0.1);
    if (w->run == network_copy)
        expect_ok(fa_network_prune(c.s.net, 0, 0.5, 1)); /* the map of what is kept is copied too */
    if (w->went_back) {
        expect_ok(fa_forward(c.s.net, c.s.pass, &c.s.x));
        expect_ok(fa_error(c.s.net, c.s.pass, &c.s.target, NULL));
        if (!w->greedy)
            expect_ok(fa_backward(c.s.net, c.s.pass, c.s.fb));
    }
    return c;
}

/* Fail allocation 0, 1, ... (once, or from then on) until the call succeeds. Each failure is FA_ERR_MEMORY with a
 * sentence, releases what it took, and leaves the weights alone; the call that succeeds does so on the same objects. */
START_TEST(failures_are_survived)
{
    enum { MOST = 200 };
    const sweep *w = &sweeps[_i / 2];
    bool on = _i % 2;
    scene c = make_scene(w);
    state_copy before = take_snapshot(&c.s);
    long failures = 0, held = 0;
    for (;; failures++) {
        support_forget();
        watch(failures, on);
        fa_status status = w->run(&c);
        unwatch();
        held += live;
        if (status == FA_OK) {
            ck_assert_int_le(allocations, failures); /* else one failed, and nobody was told */
            break;
        }
        support_failed(FA_ERR_MEMORY, status, w->name, __LINE__);
        ck_assert_msg(w->keeps || live == 0, "%s leaks %ld blocks", w->name, live);
        ck_assert(!c.net && !c.pass && !c.fb && !c.opt && !c.matrix.data);
        state_copy after = take_snapshot(&c.s);
        ck_assert_msg(same_snapshot(&before, &after), "%s changed weights", w->name);
        ck_assert_msg(failures < MOST, "%s still fails after %d", w->name, MOST);
    }
    ck_assert_msg(failures > 0, "%s allocates nothing", w->name);
    watch_on();
    release(&c);
    unwatch();
    ck_assert_msg(w->keeps || live == 0, "%s leaks %ld of %ld blocks", w->name, live, held);
}
END_TEST

/* A whole session, destroyed: nothing is left, whichever allocation failed. */
START_TEST(sessions_leak_nothing)
{
    bool done = false;
    for (long fail = 0; !done; fail++) {
        fa_network *net = NULL;
        fa_pass *pass = NULL;
        fa_feedback *fb = NULL;
        fa_optimizer *opt = NULL;
        double x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, t[4] = {1, 0, 1, 0};
        fa_matrix in = fa_matrix_view(x, 4, 2, FA_FLOAT64), out = fa_matrix_view(t, 4, 1, FA_FLOAT64);
        watch(fail, _i == 1);
        done = fa_network_create(&net, FA_FLOAT64, 2) == FA_OK &&
               fa_network_add_dense(net, 3, FA_TANH, true) == FA_OK &&
               fa_network_add_dense(net, 1, FA_LOGISTIC, true) == FA_OK && fa_pass_create(&pass, net, 4) == FA_OK &&
               fa_feedback_create(&fb, net, fa_rule_find("fa"), NULL, 1) == FA_OK &&
               fa_optimizer_create(&opt, net, "sgd") == FA_OK && fa_optimizer_set(opt, "momentum", 0.9) == FA_OK &&
               fa_train_step(net, pass, fb, opt, &in, &out, NULL) == FA_OK &&
               fa_network_predict(net, &in, &out) == FA_OK;
        fa_network_destroy(net);
        fa_pass_destroy(pass);
        fa_feedback_destroy(fb);
        fa_optimizer_destroy(opt);
        unwatch();
        ck_assert_int_eq(live, 0);
        ck_assert_int_lt(fail, 200);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc failure");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, steps_allocate_nothing, 0, 4 * (int)fa_rule_count());
    tcase_add_loop_test(tcase, optimizers_allocate_nothing, 0, 2 * (int)recipe_count);
    tcase_add_loop_test(tcase, failures_are_survived, 0, 2 * (int)(sizeof sweeps / sizeof sweeps[0]));
    tcase_add_loop_test(tcase, sessions_leak_nothing, 0, 2);
    return support_run(suite, false);
}
