/* Rules written by a user, on the public interface alone: setup, arrays, parameters, private state, failures.
 *
 * Callbacks only record what they see; the tests judge afterwards, when no library call is under way. */
#include "session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static net_spec small_spec(void)
{
    return make_spec(FA_FLOAT64, 3, 5, FA_TANH, true);
}

static fa_rule make_rule(void)
{
    fa_rule rule = {.struct_size = sizeof rule, .name = "mine", .summary = "a rule of the test"};
    return rule;
}

/* --- setup --- */

typedef struct setup_record {
    size_t depth, width[5];
    fa_status first, second_layer, twice, long_name, bad_name, empty_name, no_name, far_layer, no_rows, huge, bad_scale;
    fa_status bad_init, bad_topology, direct, direct_twice, slots, many_slots;
} setup_record;

static fa_status record_setup(fa_setup *setup)
{
    setup_record *r = fa_setup_user_data(setup);
    r->depth = fa_setup_depth(setup);
    for (size_t l = 0; l < 5; l++)
        r->width[l] = fa_setup_width(setup, l);
    r->first = fa_setup_array(setup, "R", 1, 3, 4, FA_INIT_UNIFORM, 0.25);
    r->second_layer = fa_setup_array(setup, "R", 0, 2, 2, FA_INIT_ZERO, 1);
    r->twice = fa_setup_array(setup, "R", 1, 3, 4, FA_INIT_UNIFORM, 0.25);
    r->long_name = fa_setup_array(setup, "abcdefghijklmnop", 1, 3, 4, FA_INIT_ZERO, 1);
    r->bad_name = fa_setup_array(setup, "a.b", 1, 3, 4, FA_INIT_ZERO, 1);
    r->empty_name = fa_setup_array(setup, "", 1, 3, 4, FA_INIT_ZERO, 1);
    r->no_name = fa_setup_array(setup, NULL, 1, 3, 4, FA_INIT_ZERO, 1);
    r->far_layer = fa_setup_array(setup, "S", 4, 3, 4, FA_INIT_ZERO, 1);
    r->no_rows = fa_setup_array(setup, "S", 1, 0, 4, FA_INIT_ZERO, 1);
    r->huge = fa_setup_array(setup, "S", 1, (size_t)1 << 31, 4, FA_INIT_ZERO, 1);
    r->bad_scale = fa_setup_array(setup, "S", 1, 3, 4, FA_INIT_UNIFORM, NAN);
    r->bad_init = fa_setup_array(setup, "S", 1, 3, 4, (fa_init)99, 1);
    r->bad_topology = fa_setup_feedback(setup, (fa_topology)99);
    r->direct = fa_setup_feedback(setup, FA_DIRECT);
    r->direct_twice = fa_setup_feedback(setup, FA_LAYERWISE);
    r->slots = fa_setup_slots(setup, 8);
    r->many_slots = fa_setup_slots(setup, 9);
    return FA_OK;
}

START_TEST(setup_takes_and_refuses)
{
    setup_record r = {0};
    net_spec spec = small_spec();
    fa_network *net = make_network(&spec, 1);
    fa_rule rule = make_rule();
    rule.setup = record_setup;
    fa_feedback *fb = make_feedback(net, &rule, &r, 1);
    ck_assert_uint_eq(r.depth, 3);
    for (size_t l = 0; l < 5; l++)
        ck_assert_uint_eq(r.width[l], l < 4 ? spec.width[l] : 0);
    ck_assert(r.first == FA_OK && r.second_layer == FA_OK && r.direct == FA_OK && r.slots == FA_OK);
    ck_assert(r.twice == FA_ERR_ARGUMENT && r.long_name == FA_ERR_ARGUMENT && r.bad_name == FA_ERR_ARGUMENT);
    ck_assert(r.empty_name == FA_ERR_ARGUMENT && r.no_name == FA_ERR_ARGUMENT && r.far_layer == FA_ERR_ARGUMENT);
    ck_assert(r.no_rows == FA_ERR_SHAPE && r.huge == FA_ERR_SHAPE);
    ck_assert(r.bad_scale == FA_ERR_ARGUMENT && r.bad_init == FA_ERR_ARGUMENT && r.bad_topology == FA_ERR_ARGUMENT);
    ck_assert(r.direct_twice == FA_ERR_ARGUMENT && r.many_slots == FA_ERR_ARGUMENT);
    expect_failure(FA_ERR_ARGUMENT, fa_setup_feedback(NULL, FA_DIRECT));
    expect_failure(FA_ERR_ARGUMENT, fa_setup_array(NULL, "A", 1, 1, 1, FA_INIT_ZERO, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_setup_slots(NULL, 1));
    fa_matrix view;
    expect_ok(fa_feedback_get(fb, "R", 1, &view));
    ck_assert(view.rows == 3 && view.cols == 4 && view.dtype == FA_FLOAT64);
    expect_ok(fa_feedback_get(fb, "R", 0, &view));
    ck_assert(view.rows == 2 && view.cols == 2 && norm(&view) == 0);
    expect_ok(fa_feedback_get(fb, "B", 1, &view));
    ck_assert(view.rows == spec.width[1] && view.cols == spec.width[3]);
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_get(fb, "S", 1, &view));
    ck_assert(is_zeroed(&view));
}
END_TEST

/* Array k of a rule comes from the stream {seed, feedback, l, step = k}. */
START_TEST(arrays_come_from_their_streams)
{
    setup_record r = {0};
    net_spec spec = small_spec();
    fa_rule rule = make_rule();
    rule.setup = record_setup;
    fa_feedback *fb = make_feedback(make_network(&spec, 1), &rule, &r, 42);
    fa_stream stream = {.seed = 42, .step = 0, .purpose = FA_PURPOSE_FEEDBACK, .layer = 1};
    fa_matrix view, expected = make_matrix(FA_FLOAT64, 3, 4);
    expect_ok(fa_random_uniform(&stream, -0.25, 0.25, &expected));
    expect_ok(fa_feedback_get(fb, "R", 1, &view));
    ck_assert(same_bits(&view, &expected));
    stream.step = 1;
    stream.layer = 2;
    double bound = 1 / sqrt((double)spec.width[2]);
    fa_matrix direct = make_matrix(FA_FLOAT64, spec.width[2], spec.width[3]);
    expect_ok(fa_random_uniform(&stream, -bound, bound, &direct));
    expect_ok(fa_feedback_get(fb, "B", 2, &view));
    ck_assert(same_bits(&view, &direct));
}
END_TEST

/* --- private state --- */

typedef struct life_record {
    int inits, finis;
    bool zeroed;
    fa_status verdict;
} life_record;

typedef struct private_state {
    life_record *life;
    double *memory;
    uint64_t steps;
} private_state;

static fa_status init_state(fa_setup *setup, void *state)
{
    private_state *s = state;
    s->life = fa_setup_user_data(setup);
    s->life->zeroed = s->memory == NULL && s->steps == 0;
    if (s->life->verdict != FA_OK)
        return s->life->verdict;
    s->memory = malloc(sizeof *s->memory);
    s->life->inits++;
    return s->memory == NULL ? FA_ERR_MEMORY : FA_OK;
}

static void fini_state(void *state)
{
    private_state *s = state;
    if (s->memory != NULL)
        s->life->finis++;
    free(s->memory);
}

static fa_status count_step(fa_step *step)
{
    private_state *s = fa_step_state(step);
    if (s->life != fa_step_user_data(step) || s->steps != fa_step_number(step))
        return fa_rule_fail("the state is not the one that was made");
    s->steps++;
    return FA_OK;
}

START_TEST(state_lives_and_dies_with_the_feedback)
{
    net_spec spec = small_spec();
    life_record life = {0};
    fa_rule rule = make_rule();
    rule.state_size = sizeof(private_state);
    rule.init = init_state;
    rule.fini = fini_state;
    rule.backward = count_step;
    session s = make_session(&spec, fa_rule_find("bp"), 4, 1);
    fa_feedback *fb;
    expect_ok(fa_feedback_create(&fb, s.net, &rule, &life, 1));
    memset(&rule, 0, sizeof rule); /* the struct was copied */
    ck_assert(life.inits == 1 && life.finis == 0 && life.zeroed);
    for (int i = 0; i < 3; i++)
        expect_ok(fa_train_step(s.net, s.pass, fb, s.opt, &s.x, &s.target, NULL));
    ck_assert_str_eq(fa_feedback_rule_name(fb), "mine");
    fa_feedback_destroy(fb);
    ck_assert(life.inits == 1 && life.finis == 1);
}
END_TEST

/* --- failures of the rule --- */

static fa_status fail_setup(fa_setup *setup)
{
    fa_status status = fa_setup_feedback(setup, FA_LAYERWISE);
    return status == FA_OK ? fa_rule_fail("setup would not") : status;
}

static fa_status fail_backward(fa_step *step)
{
    fa_matrix delta;
    fa_status status = fa_step_delta(step, 1, &delta);
    if (status != FA_OK)
        return status;
    set_element(&delta, 0, 0, 7);
    const bool *fails = fa_step_user_data(step);
    return *fails ? fa_rule_fail("backward would not") : FA_OK;
}

START_TEST(failing_setup_and_init_end_the_creation)
{
    net_spec spec = small_spec();
    fa_network *net = make_network(&spec, 1);
    life_record life = {.verdict = FA_ERR_UNSUPPORTED};
    fa_rule rule = make_rule();
    fa_feedback *fb = (fa_feedback *)&life;
    rule.setup = fail_setup;
    expect_failure(FA_ERR_RULE, fa_feedback_create(&fb, net, &rule, NULL, 1));
    ck_assert_ptr_null(fb);
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "setup would not"));
    rule.setup = NULL;
    rule.state_size = sizeof(private_state);
    rule.init = init_state;
    rule.fini = fini_state;
    ck_assert_int_eq(fa_feedback_create(&fb, net, &rule, &life, 1), FA_ERR_UNSUPPORTED);
    ck_assert_ptr_null(fb);
    ck_assert(life.inits == 0 && life.finis == 0);
}
END_TEST

START_TEST(failing_backward_changes_nothing)
{
    net_spec spec = small_spec();
    bool fails = true;
    fa_rule rule = make_rule();
    rule.backward = fail_backward;
    session s = make_session(&spec, fa_rule_find("fa"), 4, 1), t = make_session(&spec, fa_rule_find("fa"), 4, 1);
    fa_feedback *mine = make_feedback(s.net, &rule, &fails, 1);
    state_copy before = take_snapshot(&s);
    expect_failure(FA_ERR_RULE, fa_train_step(s.net, s.pass, mine, s.opt, &s.x, &s.target, NULL));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "backward would not"));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_failure(FA_ERR_RULE, fa_backward(s.net, s.pass, mine));
    expect_failure(FA_ERR_STATE, fa_update(s.net, s.pass, mine, s.opt));
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after) && fa_optimizer_steps(s.opt) == 0);
    expect_ok(session_step(&s, NULL));
    expect_ok(session_step(&t, NULL));
    after = take_snapshot(&s);
    before = take_snapshot(&t);
    ck_assert(same_snapshot(&before, &after));
    fails = false;
    expect_ok(fa_train_step(s.net, s.pass, mine, s.opt, &s.x, &s.target, NULL));
}
END_TEST

START_TEST(long_sentences_are_cut)
{
    char sentence[400];
    memset(sentence, 'x', sizeof sentence);
    sentence[399] = '\0';
    ck_assert_int_eq(fa_rule_fail(sentence), FA_ERR_RULE);
    ck_assert_uint_eq(strlen(fa_last_error()), 255);
    ck_assert_int_eq(fa_rule_fail("short %s"), FA_ERR_RULE);
    ck_assert_str_eq(fa_last_error(), "short %s");
    ck_assert_int_eq(fa_rule_fail(NULL), FA_ERR_RULE);
}
END_TEST

/* --- ill-formed rules --- */

static fa_status local_nothing(fa_step *step, size_t l)
{
    (void)step;
    (void)l;
    return FA_OK;
}

static void check_refused(const fa_network *net, fa_rule rule, fa_status status)
{
    fa_feedback *fb = (fa_feedback *)&rule;
    expect_failure(status, fa_feedback_create(&fb, net, &rule, NULL, 1));
    ck_assert_ptr_null(fb);
}

START_TEST(ill_formed_rules_are_refused)
{
    net_spec spec = small_spec();
    fa_network *net = make_network(&spec, 1);
    fa_rule rule = make_rule();
    make_feedback(net, &rule, NULL, 1); /* deltas of 0: shallow */
    fa_rule bad = rule;
    bad.struct_size = 0;
    check_refused(net, bad, FA_ERR_ARGUMENT);
    bad.struct_size = sizeof rule - 1;
    check_refused(net, bad, FA_ERR_ARGUMENT);
    bad = rule;
    bad.name = NULL;
    check_refused(net, bad, FA_ERR_ARGUMENT);
    bad.name = "";
    check_refused(net, bad, FA_ERR_ARGUMENT);
    bad.name = "Mine";
    check_refused(net, bad, FA_ERR_ARGUMENT);
    bad = rule;
    bad.n_params = 1;
    check_refused(net, bad, FA_ERR_ARGUMENT);
    bad = rule;
    bad.flags = FA_RULE_LOCAL;
    check_refused(net, bad, FA_ERR_ARGUMENT);
    bad.local = local_nothing;
    make_feedback(net, &bad, NULL, 1);
}
END_TEST

START_TEST(ill_formed_parameters_are_refused)
{
    static const fa_param good = {"a", FA_PARAM_REAL, 0.5, 0, 1, NULL, "a number"};
    fa_param bad[7];
    for (size_t i = 0; i < 7; i++)
        bad[i] = good;
    bad[0].name = NULL;
    bad[1].type = (fa_param_type)99;
    bad[2].default_value = 2;
    bad[3].min = NAN;
    bad[4].type = FA_PARAM_CHOICE;
    bad[5].type = FA_PARAM_INTEGER;
    net_spec spec = small_spec();
    fa_network *net = make_network(&spec, 1);
    fa_rule rule = make_rule();
    rule.n_params = 1;
    for (size_t i = 0; i < 6; i++) {
        rule.params = &bad[i];
        check_refused(net, rule, FA_ERR_ARGUMENT);
    }
    fa_param twins[] = {good, good};
    rule.params = twins;
    rule.n_params = 2;
    check_refused(net, rule, FA_ERR_ARGUMENT);
}
END_TEST

/* A struct of a later library, whose new tail asks for something. */
START_TEST(later_rules_are_unsupported)
{
    struct {
        fa_rule rule;
        void *later;
    } grown = {make_rule(), NULL};
    net_spec spec = small_spec();
    fa_network *net = make_network(&spec, 1);
    fa_feedback *fb = (fa_feedback *)&grown;
    grown.rule.struct_size = sizeof grown;
    grown.later = &grown;
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_create(&fb, net, &grown.rule, NULL, 1));
    ck_assert_ptr_null(fb);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule_interface");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, setup_takes_and_refuses);
    tcase_add_test(tcase, arrays_come_from_their_streams);
    tcase_add_test(tcase, state_lives_and_dies_with_the_feedback);
    tcase_add_test(tcase, failing_setup_and_init_end_the_creation);
    tcase_add_test(tcase, failing_backward_changes_nothing);
    tcase_add_test(tcase, long_sentences_are_cut);
    tcase_add_test(tcase, ill_formed_rules_are_refused);
    tcase_add_test(tcase, ill_formed_parameters_are_refused);
    tcase_add_test(tcase, later_rules_are_unsupported);
    return support_run(suite, true);
}
