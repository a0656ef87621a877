/* Going on from a checkpoint where something went wrong before: nothing is lost, and nothing of before is left over. */
#include "files.h"
#include "training.h"

enum { EPOCHS = 4 };

/* --- a rule whose steps can fail --- */

static bool no_memory;

static fa_status setup(fa_setup *s)
{
    return fa_setup_feedback(s, FA_LAYERWISE);
}

static fa_status backward(fa_step *step)
{
    fa_status status = no_memory ? FA_ERR_MEMORY : FA_OK;
    for (size_t l = fa_step_depth(step) - 1; l >= 1 && status == FA_OK; l--)
        status = fa_step_transport(step, l);
    return status;
}

static const fa_rule rule = {.struct_size = sizeof rule, .name = "failing", .setup = setup, .backward = backward};

static scene make(uint64_t seed)
{
    net_spec spec = make_spec(FA_FLOAT64, TRAINING_DEPTH, 7, FA_TANH, true);
    scene c = {.s = make_session(&spec, &rule, TRAINING_BATCH, seed)};
    c.trainer = make_trainer(c.s.net, seed + 9);
    c.training = make_samples(&spec, TRAINING_SAMPLES, 31);
    c.validation = make_samples(&spec, VALIDATION_SAMPLES, 32);
    scene_set(&c, "epochs", EPOCHS);
    expect_ok(fa_trainer_set_choice(c.trainer, "keep_best", "yes"));
    return c;
}

static fa_status save(const scene *c, const char *path)
{
    return fa_checkpoint_save(path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer);
}

static fa_status load(const scene *c, const char *path)
{
    return fa_checkpoint_load(path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer, 0);
}

static const scene *running;

static bool save_within_epoch(void *path, const fa_progress *p)
{
    if (p->epoch == 2 && p->batch == 4)
        expect_ok(save(running, path));
    return true;
}

/* A whole run, and a checkpoint of its second epoch after the fourth of five batches. */
static scene run_whole(char path[PATH_SIZE])
{
    scene whole = make(3);
    path_of("checkpoint", path);
    running = &whole;
    expect_ok(fa_trainer_set_callback(whole.trainer, FA_AFTER_UPDATE, 1, save_within_epoch, path));
    expect_ok(scene_run(&whole));
    return whole;
}

START_TEST(saved_after_a_run_that_had_no_memory)
{
    char path[PATH_SIZE], again[PATH_SIZE];
    scene whole = run_whole(path), first = make(77), second = make(78);
    path_of("again", again);
    expect_ok(load(&first, path));
    no_memory = true;
    ck_assert_int_eq(scene_run(&first), FA_ERR_MEMORY);
    no_memory = false;
    expect_ok(save(&first, again));
    expect_ok(load(&second, again));
    expect_ok(scene_run(&second));
    ck_assert(same_weights(&whole, &second));
    expect_ok(scene_run(&first));
    ck_assert(same_weights(&whole, &first));
}
END_TEST

/* Too few data are found out before anything is changed. */
START_TEST(too_few_data_at_first)
{
    char path[PATH_SIZE];
    scene whole = run_whole(path), rest = make(77), untouched = make(78);
    expect_ok(load(&rest, path));
    expect_ok(load(&untouched, path));
    fa_dataset *right = rest.training;
    rest.training = make_scattered(right, 2 * TRAINING_BATCH, 5);
    expect_failure(FA_ERR_SHAPE, scene_run(&rest));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "training is to go on after batch 4 of an epoch that has 2"));
    ck_assert(same_weights(&untouched, &rest));
    rest.training = right;
    expect_ok(scene_run(&rest));
    ck_assert(same_weights(&whole, &rest));
}
END_TEST

/* What a pass holds of other weights goes when a checkpoint is loaded. */
START_TEST(gradient_of_before)
{
    char path[PATH_SIZE];
    scene a = make(3), b = make(77);
    path_of("checkpoint", path);
    expect_ok(save(&a, path));
    expect_ok(fa_forward(b.s.net, b.s.pass, &b.s.x));
    expect_ok(fa_error(b.s.net, b.s.pass, &b.s.target, NULL));
    expect_ok(fa_backward(b.s.net, b.s.pass, b.s.fb));
    expect_ok(fa_gradient(b.s.net, b.s.pass, b.s.fb));
    expect_ok(load(&b, path));
    expect_failure(FA_ERR_STATE, fa_update(b.s.net, b.s.pass, b.s.fb, b.s.opt));
    for (scene *c = &a; c; c = c == &a ? &b : NULL) {
        expect_ok(fa_forward(c->s.net, c->s.pass, &a.s.x));
        expect_ok(fa_error(c->s.net, c->s.pass, &a.s.target, NULL));
        expect_ok(fa_backward(c->s.net, c->s.pass, c->s.fb));
        expect_ok(fa_update(c->s.net, c->s.pass, c->s.fb, c->s.opt));
    }
    ck_assert(same_weights(&a, &b));
}
END_TEST

/* A file that could not be read again does not take the place of one that can. */
START_TEST(too_much_to_be_read_again)
{
    enum { SPANS = 210000 }; /* of five values */
    char path[PATH_SIZE];
    scene c = make(3);
    path_of("checkpoint", path);
    expect_ok(save(&c, path));
    for (uint64_t i = 1; i <= SPANS; i++)
        expect_ok(fa_trainer_freeze(c.trainer, 1, i, i));
    expect_failure(FA_ERR_UNSUPPORTED, save(&c, path));
    expect_ok(load(&c, path));
}
END_TEST

/* --- rules that cannot be saved, or refuse to be loaded --- */

static size_t save_byte(const void *state, void *bytes, size_t room)
{
    if (room > 0)
        memcpy(bytes, state, 1);
    return 1;
}

static fa_status refuse_silently(void *state, const void *bytes, size_t size)
{
    (void)state, (void)bytes, (void)size;
    return FA_ERR_RULE;
}

START_TEST(refusal_without_a_sentence)
{
    char path[PATH_SIZE], missing[PATH_SIZE];
    scene c = make(3);
    fa_rule silent = rule;
    path_of("checkpoint", path);
    path_of("missing", missing);
    silent.state_size = 1;
    silent.save = save_byte;
    silent.load = refuse_silently;
    fa_feedback *fb = make_feedback(c.s.net, &silent, NULL, 1);
    expect_ok(fa_checkpoint_save(path, c.s.net, fb, NULL, NULL, NULL));
    expect_failure(FA_ERR_IO, fa_checkpoint_load(missing, c.s.net, fb, NULL, NULL, NULL, 0));
    ck_assert_int_eq(fa_checkpoint_load(path, c.s.net, fb, NULL, NULL, NULL, 0), FA_ERR_RULE);
    ck_assert_str_eq(fa_last_error(), "rule failing: load failed: learning rule failed");
}
END_TEST

START_TEST(names_that_are_not_utf_8)
{
    static const fa_param params[2][1] = {{{"rate\xff", FA_PARAM_REAL, 0.5, 0.0, 1.0, NULL, "a rate"}},
                                          {{"way", FA_PARAM_CHOICE, 0.0, 0.0, 1.0, "on\xfe|off", "a way"}}};
    char path[PATH_SIZE];
    scene c = make(3);
    fa_rule odd = rule;
    path_of("checkpoint", path);
    odd.params = params[_i];
    odd.n_params = 1;
    fa_feedback *fb = make_feedback(c.s.net, &odd, NULL, 1);
    expect_failure(FA_ERR_UNSUPPORTED, fa_checkpoint_save(path, c.s.net, fb, NULL, NULL, NULL));
    ck_assert_uint_eq(list_directory(false), 0);
}
END_TEST

/* --- parameters that decide which arrays there are have to be the file's before --- */

START_TEST(structure)
{
    char path[PATH_SIZE];
    scene c = make(3);
    fa_feedback *pfa = make_feedback(c.s.net, fa_rule_find("pfa"), NULL, 1);
    fa_feedback *dfa = make_feedback(c.s.net, fa_rule_find("dfa"), NULL, 1);
    double expansion = 0;
    path_of("checkpoint", path);
    expect_ok(fa_feedback_set_param(pfa, "expansion", 3));
    expect_ok(fa_checkpoint_save(path, c.s.net, pfa, NULL, NULL, NULL));
    expect_ok(fa_feedback_set_param(pfa, "expansion", 4));
    expect_failure(FA_ERR_ARGUMENT, fa_checkpoint_load(path, c.s.net, pfa, NULL, NULL, NULL, 0));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "expansion is 3 in the file and 4 here"));
    expect_ok(fa_feedback_param(pfa, "expansion", &expansion));
    ck_assert_double_eq(expansion, 4);
    expect_ok(fa_feedback_set_param(pfa, "expansion", 3));
    expect_ok(fa_checkpoint_load(path, c.s.net, pfa, NULL, NULL, NULL, 0));
    expect_ok(fa_feedback_set_choice(dfa, "feedback_form", "sparse"));
    expect_ok(fa_checkpoint_save(path, c.s.net, dfa, NULL, NULL, NULL));
    expect_ok(fa_feedback_set_param(dfa, "feedback_density", 0.5));
    expect_failure(FA_ERR_ARGUMENT, fa_checkpoint_load(path, c.s.net, dfa, NULL, NULL, NULL, 0));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "feedback_density is 0.1 in the file and 0.5 here"));
}
END_TEST

/* --- the weights of a checkpoint, without the rest --- */

START_TEST(weights_of_a_checkpoint)
{
    char path[PATH_SIZE];
    scene c = make(3), other = make(5);
    fa_network *opened = NULL;
    path_of("checkpoint", path);
    expect_ok(fa_network_prune(c.s.net, 2, 0.5, 1));
    expect_ok(save(&c, path));
    expect_ok(fa_network_load(other.s.net, path, 0));
    expect_ok(fa_network_open(&opened, path, 0));
    for (size_t l = 1; l <= TRAINING_DEPTH; l++) {
        fa_matrix saved = weights_of(c.s.net, l), loaded = weights_of(other.s.net, l), made = weights_of(opened, l);
        ck_assert(same_bits(&saved, &loaded) && same_bits(&saved, &made));
        ck_assert(fa_network_is_pruned(opened, l) == (l == 2) && !fa_network_is_pruned(other.s.net, l));
    }
    fa_network_destroy(opened);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resume");
    TCase *tcase = file_case(suite);
    tcase_add_test(tcase, saved_after_a_run_that_had_no_memory);
    tcase_add_test(tcase, too_few_data_at_first);
    tcase_add_test(tcase, gradient_of_before);
    tcase_add_test(tcase, too_much_to_be_read_again);
    tcase_add_test(tcase, refusal_without_a_sentence);
    tcase_add_test(tcase, structure);
    tcase_add_test(tcase, weights_of_a_checkpoint);
    tcase_add_loop_test(tcase, names_that_are_not_utf_8, 0, 2);
    return support_run(suite, true);
}
