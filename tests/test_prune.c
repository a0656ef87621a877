/* Removed connections: which ones, and that nothing brings them back. */
#include "model.h"

#include <math.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

enum { DEPTH = 3, SAMPLES = 12, SEED = 31 };

static net_spec make_layers(fa_dtype dtype)
{
    return make_spec(dtype, DEPTH, 9, FA_TANH, true);
}

/* Weight (i, j) goes if number i n_{l-1} + j of {seed, FA_PURPOSE_PRUNING, l}, as float64, is below the fraction. */
static bool goes(uint64_t seed, size_t l, uint64_t number, double fraction)
{
    fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_PRUNING, .layer = (uint32_t)l};
    uint64_t word;
    expect_ok(fa_random_words(&stream, number, 1, &word));
    return ldexp((double)(word >> 11), -53) < fraction;
}

static void release_network(void *net)
{
    fa_network_destroy(net);
}

static void release_optimizer(void *opt)
{
    fa_optimizer_destroy(opt);
}

/* --- which --- */

/* The removed weights of layer l are 0, the others what they were in `before`. */
static void check_layer(const fa_network *net, const fa_network *before, size_t l, double fraction)
{
    fa_matrix w = weights_of(net, l), old = weights_of(before, l), b = bias_of(net, l), old_b = bias_of(before, l);
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++)
            ck_assert_double_eq(element(&w, i, j),
                                goes(SEED, l, i * w.cols + j, fraction) ? 0 : element(&old, i, j));
    ck_assert(same_bits(&b, &old_b));
}

/* l = 0: all layers. */
START_TEST(the_stream_says_which_go)
{
    static const double fractions[] = {0.05, 0.5, 0.9};
    size_t chosen = (size_t)_i / 2 % (DEPTH + 1);
    double fraction = fractions[_i / 2 / (DEPTH + 1)];
    net_spec spec = make_layers(dtypes[_i % 2]);
    fa_network *net = make_network(&spec, 1), *before = make_network(&spec, 1);
    expect_ok(fa_network_prune(net, chosen, fraction, SEED));
    for (size_t l = 1; l <= DEPTH; l++) {
        bool pruned = chosen == 0 || chosen == l;
        check_layer(net, before, l, pruned ? fraction : 0);
        ck_assert(fa_network_is_pruned(net, l) == pruned);
    }
}
END_TEST

static size_t count_zeros(const fa_network *net, size_t l)
{
    fa_matrix w = weights_of(net, l);
    size_t zeros = 0;
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++)
            zeros += element(&w, i, j) == 0;
    return zeros;
}

/* Further ones go; those that went stay away. A fraction of 0 removes none, 1 all. */
START_TEST(pruning_again_adds_up)
{
    net_spec spec = make_layers(FA_FLOAT32);
    fa_network *net = make_network(&spec, 1), *before = make_network(&spec, 1);
    fa_matrix w = weights_of(net, 2), old = weights_of(before, 2);
    expect_ok(fa_network_prune(net, 0, 0, SEED));
    ck_assert(!fa_network_is_pruned(net, 1) && same_bits(&w, &old));
    expect_ok(fa_network_prune(net, 2, 0.3, SEED));
    expect_ok(fa_network_prune(net, 2, 0.3, SEED + 1));
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++) {
            uint64_t number = i * w.cols + j;
            bool gone = goes(SEED, 2, number, 0.3) || goes(SEED + 1, 2, number, 0.3);
            ck_assert_double_eq(element(&w, i, j), gone ? 0 : element(&old, i, j));
        }
    expect_ok(fa_network_prune(net, 2, 0, SEED));
    ck_assert(fa_network_is_pruned(net, 2));
    expect_ok(fa_network_prune(net, 1, 1, SEED));
    ck_assert_uint_eq(count_zeros(net, 1), spec.width[0] * spec.width[1]);
    ck_assert_uint_eq(count_zeros(net, 3), 0);
}
END_TEST

/* --- for good --- */

/* A map of the zeros of W_l, taken right after pruning. */
static const bool *zeros_of(const fa_network *net, size_t l)
{
    fa_matrix w = weights_of(net, l);
    bool *zeros = make_memory(w.rows * w.cols, sizeof *zeros);
    for (size_t at = 0; at < w.rows * w.cols; at++)
        zeros[at] = element(&w, at / w.cols, at % w.cols) == 0;
    return zeros;
}

static void check_zeros(const fa_network *net, size_t l, const bool *zeros, const char *when)
{
    fa_matrix w = weights_of(net, l);
    size_t alive = 0;
    for (size_t at = 0; at < w.rows * w.cols; at++) {
        double value = element(&w, at / w.cols, at % w.cols);
        if (zeros[at])
            ck_assert_msg(value == 0, "%s, layer %zu: a removed weight is %g", when, l, value);
        alive += value != 0;
    }
    ck_assert_msg(alive > 0, "%s, layer %zu: nothing is left", when, l);
}

static const struct setting {
    const char *name;
    double value;
} settings[] = {{"momentum", 0.9}, {"weight_decay", 0.1}, {"nesterov", 1}, {"decoupled_weight_decay", 0.1},
                {"amsgrad", 1}, {"unscaled_weight_decay", 0.01}, {"centered", 1}, {"clip_norm", 0.5}, {"eps", 1e-30},
                {"learning_rate", 0.05}};

/* Everything that the kind of optimizer can be told, if `all`, and what the rule does not refuse. */
static fa_optimizer *make_kind(const fa_network *net, const char *kind, bool all, const fa_rule *rule)
{
    fa_optimizer *opt;
    double value;
    expect_ok(fa_optimizer_create(&opt, net, kind));
    keep(opt, release_optimizer);
    for (size_t i = 0; all && i < sizeof settings / sizeof settings[0]; i++) {
        bool coupled = strcmp(settings[i].name, "weight_decay") == 0 && strcmp(kind, "adamw") != 0;
        if (coupled && rule->flags & FA_RULE_REFUSES_COUPLED_DECAY)
            continue;
        if (fa_optimizer_get(opt, settings[i].name, &value) == FA_OK)
            expect_ok(fa_optimizer_set(opt, settings[i].name, settings[i].value));
    }
    return opt;
}

typedef enum path { STEP, ACCUMULATED, EPOCH, ONLINE, PATHS } path;

static void train(session *s, path way)
{
    fa_epoch_options options = {.struct_size = sizeof options, .batch = way == ONLINE ? 1 : 5, .shuffle = true};
    if (way == STEP) {
        expect_ok(session_step(s, NULL));
    } else if (way == ACCUMULATED) {
        expect_ok(fa_forward(s->net, s->pass, &s->x));
        expect_ok(fa_error(s->net, s->pass, &s->target, NULL));
        expect_ok(fa_backward(s->net, s->pass, s->fb));
        expect_ok(fa_gradient(s->net, s->pass, s->fb));
        expect_ok(session_phases(s, NULL));
    } else {
        expect_ok(fa_train_epoch(s->net, s->pass, s->fb, s->opt, make_dataset(&s->x, &s->target), &options, NULL));
    }
}

/* Every rule with every optimizer on every path, moments from before the pruning included. */
START_TEST(no_update_brings_them_back)
{
    size_t kinds = fa_optimizer_count();
    path way = (path)(_i % PATHS);
    bool all = _i / PATHS % 2;
    const char *kind = fa_optimizer_name_at((size_t)_i / (2 * PATHS) % kinds);
    const fa_rule *rule = fa_rule_at((size_t)_i / (2 * PATHS) / kinds);
    net_spec spec = make_layers(dtypes[(_i + _i / (2 * PATHS)) % 2]);
    session s = make_session(&spec, rule, SAMPLES, 3);
    const bool *zeros[DEPTH + 1];
    s.opt = make_kind(s.net, kind, all, rule);
    for (int i = 0; i < 2; i++)
        train(&s, way);
    expect_ok(fa_network_prune(s.net, 0, 0.5, SEED));
    for (size_t l = 1; l <= DEPTH; l++)
        zeros[l] = zeros_of(s.net, l);
    fa_network *before;
    expect_ok(fa_network_copy(&before, s.net));
    keep(before, release_network);
    for (int i = 0; i < 3; i++) {
        train(&s, way);
        for (size_t l = 1; l <= DEPTH; l++)
            check_zeros(s.net, l, zeros[l], kind);
    }
    fa_matrix w = weights_of(s.net, DEPTH), old = weights_of(before, DEPTH);
    ck_assert_msg(!same_bits(&w, &old), "%s: the others do not learn", kind);
}
END_TEST

/* What is left learns as if the removed gradients were 0: fused, and accumulated with momentum. */
START_TEST(the_others_learn_as_before)
{
    net_spec spec = make_layers(FA_FLOAT64);
    session s = make_session(&spec, fa_rule_find("fa"), SAMPLES, 3);
    double momentum = _i ? 0.5 : 0;
    expect_ok(fa_optimizer_set(s.opt, "momentum", momentum));
    expect_ok(fa_network_prune(s.net, 0, 0.5, SEED));
    model *m = make_model(&spec, s.net, s.fb);
    m->learning_rate = 0.05;
    m->momentum = momentum;
    for (size_t l = 1; l <= DEPTH; l++)
        memcpy(m->layer[l].removed, zeros_of(s.net, l), spec.width[l] * spec.width[l - 1] * sizeof(bool));
    for (int step = 0; step < 4; step++) {
        expect_ok(session_step(&s, NULL));
        model_forward(m, &s.x);
        model_error(m, &s.target);
        model_backward(m, "fa");
        model_gradient(m);
        model_update(m);
        for (size_t l = 1; l <= DEPTH; l++) {
            fa_matrix w = weights_of(s.net, l);
            ck_assert_double_le(misfit(m->layer[l].w, &w), 1);
        }
        model_read_weights(m, s.net);
    }
}
END_TEST

/* A rule that copies increments is told of none for a removed weight. */
typedef struct increments {
    const bool *zeros;
    size_t seen, calls;
} increments;

static void look_at_increment(fa_step *step)
{
    increments *p = fa_step_user_data(step);
    fa_matrix w;
    p->calls++;
    if (!p->zeros || fa_step_increment(step, DEPTH, &w, NULL) != FA_OK)
        return;
    for (size_t at = 0; at < w.rows * w.cols; at++)
        p->seen += p->zeros[at] && element(&w, at / w.cols, at % w.cols) != 0;
}

START_TEST(removed_weights_have_no_increment)
{
    increments p = {0};
    fa_rule rule = {.struct_size = sizeof rule, .name = "increments", .flags = FA_RULE_NEEDS_INCREMENT,
                    .adapt = look_at_increment};
    net_spec spec = make_layers(FA_FLOAT64);
    session s = make_session(&spec, fa_rule_find("bp"), SAMPLES, 3);
    s.fb = make_feedback(s.net, &rule, &p, 1);
    expect_ok(session_step(&s, NULL));
    expect_ok(fa_network_prune(s.net, DEPTH, 0.5, SEED));
    p.zeros = zeros_of(s.net, DEPTH);
    expect_ok(session_step(&s, NULL));
    ck_assert(p.calls == 2 && p.seen == 0);
}
END_TEST

/* Set, drawn or copied. */
START_TEST(no_new_weights_bring_them_back)
{
    uint64_t state = 1;
    net_spec spec = make_layers(dtypes[_i]);
    session s = make_session(&spec, fa_rule_find("fa"), SAMPLES, 3);
    expect_ok(fa_network_prune(s.net, 2, 0.5, SEED));
    const bool *zeros = zeros_of(s.net, 2);
    fa_matrix w = make_uniform(spec.dtype, spec.width[2], spec.width[1], LAYOUT_FORTRAN, 1, &state);
    fa_matrix now = weights_of(s.net, 2);
    expect_ok(fa_network_set_weights(s.net, 2, &w));
    for (size_t at = 0; at < w.rows * w.cols; at++)
        ck_assert_double_eq(element(&now, at / w.cols, at % w.cols),
                            zeros[at] ? 0 : element(&w, at / w.cols, at % w.cols));
    expect_ok(fa_network_init_weights(s.net, 0, FA_INIT_NORMAL, 1, 5));
    check_zeros(s.net, 2, zeros, "drawn");
    fa_network *copy;
    expect_ok(fa_network_copy(&copy, s.net));
    s.net = keep(copy, release_network);
    ck_assert(fa_network_is_pruned(copy, 2) && !fa_network_is_pruned(copy, 1));
    check_zeros(copy, 2, zeros, "copied");
    for (int i = 0; i < 3; i++)
        expect_ok(session_step(&s, NULL));
    check_zeros(copy, 2, zeros, "trained as a copy");
}
END_TEST

/* Feedback is drawn for the whole layer, and stays as it is. */
START_TEST(feedback_is_not_pruned)
{
    net_spec spec = make_layers(FA_FLOAT64);
    session s = make_session(&spec, fa_rule_find("fa"), SAMPLES, 3);
    expect_ok(fa_network_prune(s.net, 0, 0.5, SEED));
    fa_feedback *after = make_feedback(s.net, fa_rule_find("fa"), NULL, 3);
    for (size_t l = 1; l < DEPTH; l++) {
        fa_matrix b, drawn;
        expect_ok(fa_feedback_get(s.fb, "B", l, &b));
        expect_ok(fa_feedback_get(after, "B", l, &drawn));
        ck_assert(same_bits(&b, &drawn));
        for (size_t i = 0; i < b.rows; i++)
            for (size_t j = 0; j < b.cols; j++)
                ck_assert_double_ne(element(&b, i, j), 0);
    }
}
END_TEST

START_TEST(bad_arguments)
{
    static const double wrong[] = {-0.1, 1.1, (double)NAN, (double)INFINITY};
    net_spec spec = make_layers(FA_FLOAT64);
    fa_network *net = make_network(&spec, 1), *before = make_network(&spec, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_failure(FA_ERR_ARGUMENT, fa_network_prune(net, 0, wrong[i], SEED));
    expect_failure(FA_ERR_ARGUMENT, fa_network_prune(net, DEPTH + 1, 0.5, SEED));
    expect_failure(FA_ERR_ARGUMENT, fa_network_prune(NULL, 0, 0.5, SEED));
    ck_assert(!fa_network_is_pruned(NULL, 1) && !fa_network_is_pruned(net, 0) && !fa_network_is_pruned(net, DEPTH + 1));
    for (size_t l = 1; l <= DEPTH; l++) {
        check_layer(net, before, l, 0);
        ck_assert(!fa_network_is_pruned(net, l));
    }
}
END_TEST

int main(void)
{
    int optimizers = (int)fa_optimizer_count(), rules = (int)fa_rule_count();
    Suite *suite = suite_create("prune");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, the_stream_says_which_go, 0, 2 * (DEPTH + 1) * 3);
    tcase_add_test(tcase, pruning_again_adds_up);
    tcase_add_loop_test(tcase, no_update_brings_them_back, 0, 2 * PATHS * optimizers * rules);
    tcase_add_loop_test(tcase, the_others_learn_as_before, 0, 2);
    tcase_add_test(tcase, removed_weights_have_no_increment);
    tcase_add_loop_test(tcase, no_new_weights_bring_them_back, 0, 2);
    tcase_add_test(tcase, feedback_is_not_pruned);
    tcase_add_test(tcase, bad_arguments);
    return support_run(suite, true);
}
