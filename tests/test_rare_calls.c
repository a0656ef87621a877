/* Calls of the public interface that hardly anybody makes: a NULL where each argument stands, types that are mixed. */
#include "files.h"
#include "session.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 2, SAMPLES = 4 };

static void destroy_trainer(void *trainer)
{
    fa_trainer_destroy(trainer);
}

static void destroy_invariant(void *invariant)
{
    fa_invariant_destroy(invariant);
}

static session start(void)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 4, FA_IDENTITY, false);
    return make_session(&spec, fa_rule_find("fa"), SAMPLES, 1);
}

/* The call fails, and the sentence names the argument. */
#define expect_null(name, call)                                                                                        \
    (expect_failure(FA_ERR_ARGUMENT, call),                                                                            \
     ck_assert_msg(strstr(fa_last_error(), name) != NULL, "\"%s\" does not name %s", fa_last_error(), name))

START_TEST(parameters)
{
    session s = start();
    double value = 0;
    fa_trainer *trainer = NULL;
    expect_ok(fa_trainer_create(&trainer, s.net, 1));
    keep(trainer, destroy_trainer);
    expect_null("fb", fa_feedback_set_choice(NULL, "feedback_form", "dense"));
    expect_null("name", fa_feedback_set_choice(s.fb, NULL, "dense"));
    expect_null("choice", fa_feedback_set_choice(s.fb, "feedback_form", NULL));
    expect_null("fb", fa_feedback_param(NULL, "feedback_scale", &value));
    expect_null("name", fa_feedback_param(s.fb, NULL, &value));
    expect_null("value", fa_feedback_param(s.fb, "feedback_scale", NULL));
    expect_null("opt", fa_optimizer_set_choice(NULL, "nesterov", "no"));
    expect_null("name", fa_optimizer_set_choice(s.opt, NULL, "no"));
    expect_null("choice", fa_optimizer_set_choice(s.opt, "nesterov", NULL));
    expect_null("trainer", fa_trainer_set_choice(NULL, "schedule", "cosine"));
    expect_null("name", fa_trainer_set_choice(trainer, NULL, "cosine"));
    expect_null("choice", fa_trainer_set_choice(trainer, "schedule", NULL));
    expect_null("trainer", fa_trainer_get(NULL, "epochs", &value));
    expect_null("name", fa_trainer_get(trainer, NULL, &value));
    expect_null("value", fa_trainer_get(trainer, "epochs", NULL));
}
END_TEST

START_TEST(invariants)
{
    session s = start();
    fa_invariant *v = (fa_invariant *)&v;
    fa_invariant_report report = {0};
    expect_null("net", fa_invariant_create(&v, NULL, s.fb, SAMPLES));
    ck_assert_ptr_null(v);
    expect_null("fb", fa_invariant_create(&v, s.net, NULL, SAMPLES));
    expect_failure(FA_ERR_ARGUMENT, fa_invariant_create(&v, s.net, s.fb, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_invariant_create(&v, s.net, s.fb, SIZE_MAX));
    ck_assert_ptr_null(v);
    expect_ok(fa_invariant_create(&v, s.net, s.fb, SAMPLES));
    keep(v, destroy_invariant);
    expect_null("invariant", fa_invariant_observe(NULL, s.net, s.pass, s.fb, s.opt));
    expect_null("net", fa_invariant_observe(v, NULL, s.pass, s.fb, s.opt));
    expect_null("pass", fa_invariant_observe(v, s.net, NULL, s.fb, s.opt));
    expect_null("fb", fa_invariant_observe(v, s.net, s.pass, NULL, s.opt));
    expect_null("opt", fa_invariant_observe(v, s.net, s.pass, s.fb, NULL));
    expect_null("report", fa_invariant_drift(v, s.net, s.fb, NULL));
    expect_null("invariant", fa_invariant_drift(NULL, s.net, s.fb, &report));
    expect_null("net", fa_invariant_drift(v, NULL, s.fb, &report));
    expect_null("fb", fa_invariant_drift(v, s.net, NULL, &report));
}
END_TEST

/* A float32 matrix against a float64 one: as against its exact copy. */
START_TEST(angles_between_types)
{
    uint64_t state = 3;
    const fa_matrix a = make_uniform(FA_FLOAT64, 5, 7, (view_layout)(_i % LAYOUTS), 1, &state);
    const fa_matrix b = make_uniform(FA_FLOAT32, 5, 7, (view_layout)(_i / LAYOUTS), 1, &state);
    const fa_matrix wide = make_matrix(FA_FLOAT64, 5, 7);
    double mixed = 0, turned = 0, expected = 0;
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 7; j++)
            set_element(&wide, i, j, element(&b, i, j));
    expect_ok(fa_angle(&a, &b, &mixed));
    expect_ok(fa_angle(&b, &a, &turned));
    expect_ok(fa_angle(&a, &wide, &expected));
    /* Sums of 35 products in another order: 36 u of the cosine, at angles where its slope is above 1/2. */
    ck_assert(expected > 30 && expected < 150);
    ck_assert_double_le(fabs(mixed - expected), 2 * 3 * 36 * 0x1p-53 * 180);
    ck_assert(memcmp(&mixed, &turned, sizeof mixed) == 0);
    set_element(&b, 4, 6, (double)NAN);
    expect_failure(FA_ERR_NOT_FINITE, fa_angle(&a, &b, &mixed));
    ck_assert(isnan(mixed));
    expect_failure(FA_ERR_NOT_FINITE, fa_angle(&b, &a, &mixed));
    ck_assert(isnan(mixed));
}
END_TEST

START_TEST(files)
{
    session s = start();
    fa_network *net = (fa_network *)&net;
    if (fa_network_save(s.net, "missing/x") == FA_ERR_UNSUPPORTED)
        return; /* built without them */
    expect_null("net", fa_network_save(NULL, "x"));
    expect_null("path", fa_network_save(s.net, NULL));
    expect_null("net", fa_network_load(NULL, "x", 0));
    expect_null("path", fa_network_load(s.net, NULL, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_network_load(s.net, "x", 1u << 30));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "0x40000000"));
    expect_null("out", fa_network_open(NULL, "x", 0));
    expect_null("path", fa_network_open(&net, NULL, 0));
    ck_assert_ptr_null(net);
    expect_null("path", fa_checkpoint_save(NULL, s.net, s.fb, s.opt, s.pass, NULL));
    expect_null("net", fa_checkpoint_save("x", NULL, s.fb, s.opt, s.pass, NULL));
    expect_null("path", fa_checkpoint_load(NULL, s.net, s.fb, s.opt, s.pass, NULL, 0));
    expect_null("net", fa_checkpoint_load("x", NULL, s.fb, s.opt, s.pass, NULL, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_checkpoint_load("x", s.net, s.fb, s.opt, s.pass, NULL, FA_LOAD_CONVERT));
}
END_TEST

/* Handles of another network, one at a time, and a network without layers: refused before a file is made. */
START_TEST(handles_that_do_not_fit)
{
    session s = start(), t = start();
    net_spec spec = make_spec(FA_FLOAT64, DEPTH + 1, 4, FA_IDENTITY, false);
    session other = make_session(&spec, fa_rule_find("fa"), SAMPLES, 1);
    fa_trainer *trainer = NULL;
    fa_network *empty = NULL;
    char path[PATH_SIZE];
    path_of("checkpoint", path);
    expect_ok(fa_trainer_create(&trainer, s.net, 1));
    keep(trainer, destroy_trainer);
    if (fa_network_save(s.net, "missing/x") == FA_ERR_UNSUPPORTED)
        return;
    expect_ok(fa_network_create(&empty, FA_FLOAT64, 3));
    expect_failure(FA_ERR_STATE, fa_checkpoint_save(path, empty, s.fb, s.opt, s.pass, trainer));
    fa_network_destroy(empty);
    expect_failure(FA_ERR_SHAPE, fa_checkpoint_save(path, s.net, other.fb, s.opt, s.pass, trainer));
    expect_failure(FA_ERR_SHAPE, fa_checkpoint_save(path, s.net, s.fb, other.opt, s.pass, trainer));
    expect_failure(FA_ERR_SHAPE, fa_checkpoint_save(path, s.net, s.fb, s.opt, other.pass, trainer));
    expect_failure(FA_ERR_SHAPE, fa_checkpoint_save(path, other.net, other.fb, other.opt, other.pass, trainer));
    ck_assert_uint_eq(list_directory(false), 0);
    expect_ok(session_step(&s, NULL));
    expect_ok(fa_checkpoint_save(path, s.net, s.fb, s.opt, s.pass, trainer));
    expect_failure(FA_ERR_SHAPE, fa_checkpoint_load(path, t.net, other.fb, t.opt, t.pass, NULL, 0));
    expect_failure(FA_ERR_SHAPE, fa_checkpoint_load(path, t.net, t.fb, other.opt, t.pass, NULL, 0));
    state_copy before = take_snapshot(&s), after = take_snapshot(&t);
    ck_assert(!same_snapshot(&before, &after));
    expect_ok(fa_checkpoint_load(path, t.net, t.fb, t.opt, t.pass, NULL, 0));
    after = take_snapshot(&t);
    ck_assert(same_snapshot(&before, &after));
}
END_TEST

/* Which layers are reached through the weights is what the file says, whatever it was before; the schedule too. */
START_TEST(weights_in_the_place_of_feedback)
{
    net_spec spec = make_spec(FA_FLOAT64, 4, 4, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("fa"), SAMPLES, 1),
            t = make_session(&spec, fa_rule_find("fa"), SAMPLES, 1);
    char path[PATH_SIZE];
    path_of("checkpoint", path);
    if (fa_network_save(s.net, "missing/x") == FA_ERR_UNSUPPORTED)
        return;
    expect_ok(fa_feedback_use_weights(s.fb, 2, true));
    expect_ok(fa_feedback_use_weights(t.fb, 0, true));
    expect_ok(fa_optimizer_set_schedule(s.opt, 0.5));
    expect_ok(fa_checkpoint_save(path, s.net, s.fb, s.opt, s.pass, NULL));
    expect_ok(fa_checkpoint_load(path, t.net, t.fb, t.opt, t.pass, NULL, 0));
    for (size_t l = 1; l < 4; l++)
        ck_assert(fa_feedback_uses_weights(t.fb, l) == (l == 2));
}
END_TEST

/* Where the elements of a tensor begin in a file. */
static size_t place_of(const unsigned char *bytes, const char *name)
{
    size_t length = 0, begin = 0;
    for (size_t k = 0; k < 8; k++)
        length |= (size_t)bytes[k] << (8 * k);
    char *header = make_memory(length + 1, 1);
    memcpy(header, bytes + 8, length);
    const char *entry = strstr(header, name);
    ck_assert_msg(entry != NULL, "no %s in %s", name, header);
    entry = strstr(entry, "\"data_offsets\"");
    ck_assert_ptr_nonnull(entry);
    ck_assert_int_eq(sscanf(strchr(entry, '['), "[%zu", &begin), 1);
    return 8 + length + begin;
}

/* The places of sparse feedback are those that its seed gives; a file with others is none of this library's. */
START_TEST(places_of_sparse_feedback)
{
    static const char *const names[] = {"\"rule.B.1.rows\"", "\"rule.B.1.columns\""};
    enum { MOST = 1 << 15 };
    net_spec spec = make_spec(FA_FLOAT64, 3, 6, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("fa"), SAMPLES, 1);
    unsigned char *bytes = make_memory(MOST, 1);
    char path[PATH_SIZE];
    path_of("checkpoint", path);
    if (fa_network_save(s.net, "missing/x") == FA_ERR_UNSUPPORTED)
        return;
    expect_ok(fa_feedback_set_choice(s.fb, "feedback_form", "sparse"));
    expect_ok(fa_feedback_set_param(s.fb, "feedback_density", 0.5));
    expect_ok(fa_checkpoint_save(path, s.net, s.fb, s.opt, s.pass, NULL));
    expect_ok(fa_checkpoint_load(path, s.net, s.fb, s.opt, s.pass, NULL, 0));
    const size_t size = get_file(path, bytes, MOST);
    ck_assert_uint_lt(size, MOST);
    for (size_t which = 0; which < 2; which++)
        for (size_t entry = 0; entry < 4; entry += 3) {
            unsigned char *place = bytes + place_of(bytes, names[which]) + 4 * entry;
            *place ^= 1;
            put_file(path, bytes, size);
            expect_failure(FA_ERR_FORMAT, fa_checkpoint_load(path, s.net, s.fb, s.opt, s.pass, NULL, 0));
            ck_assert_msg(strstr(fa_last_error(), "where its seed puts none") != NULL, "%s", fa_last_error());
            *place ^= 1;
        }
}
END_TEST

/* A process without a standard input: its first file gets descriptor 0, which is as good as any other. */
START_TEST(descriptor_0)
{
    session s = start(), t = start();
    fa_recorder *rec = NULL;
    fa_matrix back = {.data = NULL};
    char weights[PATH_SIZE], numbers[PATH_SIZE], table[PATH_SIZE], other[PATH_SIZE];
    path_of("weights", weights);
    path_of("numbers", numbers);
    path_of("table", table);
    path_of("other", other);
    put_file(other, (const unsigned char *)"no table\n", 9);
    const int input = dup(0);
    close(0);
    const fa_status saved = fa_network_save(s.net, weights), loaded = fa_network_load(t.net, weights, 0);
    const fa_status written = fa_npy_write(numbers, &s.x), got = fa_npy_read(numbers, &back);
    const fa_status made = fa_recorder_create(&rec, s.net, "weight_norm", 1);
    const fa_status refused = made == FA_OK ? fa_recorder_open(rec, other, FA_RECORD_CSV) : made;
    const fa_status opened = made == FA_OK ? fa_recorder_open(rec, table, FA_RECORD_CSV) : made;
    fa_recorder_destroy(rec);
    const int lowest = dup(1); /* what a file left open would have */
    if (input >= 0) {
        dup2(input, 0);
        close(input);
    }
    ck_assert_int_eq(lowest, 0);
    if (written == FA_ERR_UNSUPPORTED)
        return;
    expect_ok(written);
    expect_ok(got);
    ck_assert(same_bits(&s.x, &back));
    fa_matrix_free(&back);
    expect_ok(opened);
    ck_assert(refused != FA_OK);
    if (saved != FA_ERR_UNSUPPORTED) {
        expect_ok(saved);
        expect_ok(loaded);
    }
}
END_TEST

/* A sum of gradients is not in a checkpoint, so none is made of a pass that has one. */
START_TEST(no_checkpoint_of_half_a_step)
{
    session s = start();
    char path[PATH_SIZE];
    path_of("checkpoint", path);
    if (fa_network_save(s.net, "missing/x") == FA_ERR_UNSUPPORTED)
        return;
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_STATE, fa_checkpoint_save(path, s.net, s.fb, s.opt, s.pass, NULL));
    ck_assert_uint_eq(list_directory(false), 0);
    expect_ok(fa_checkpoint_save(path, s.net, s.fb, s.opt, NULL, NULL));
    fa_gradient_reset(s.pass);
    expect_ok(fa_checkpoint_save(path, s.net, s.fb, s.opt, s.pass, NULL));
}
END_TEST

typedef struct visit {
    const session *s;
    const char *path;
    size_t calls;
    fa_point point;
} visit;

/* Between deltas and update there is nothing to save; while an epoch runs nothing is loaded. */
static bool save_and_load(void *user_data, const fa_progress *progress)
{
    visit *v = user_data;
    const session *s = v->s;
    (void)progress;
    if (v->point == FA_AFTER_DELTAS)
        expect_failure(FA_ERR_STATE, fa_checkpoint_save(v->path, s->net, s->fb, s->opt, s->pass, NULL));
    else
        expect_ok(fa_checkpoint_save(v->path, s->net, s->fb, s->opt, s->pass, NULL));
    expect_failure(FA_ERR_STATE, fa_checkpoint_load(v->path, s->net, s->fb, s->opt, s->pass, NULL, 0));
    v->calls++;
    return true;
}

START_TEST(checkpoints_within_an_epoch)
{
    session s = start();
    char path[PATH_SIZE];
    visit v = {.s = &s, .path = path, .point = _i ? FA_AFTER_UPDATE : FA_AFTER_DELTAS};
    const fa_epoch_options options = {.struct_size = sizeof options, .batch = 2, .point = v.point,
                                      .callback = save_and_load, .user_data = &v};
    fa_result result;
    path_of("checkpoint", path);
    if (fa_network_save(s.net, "missing/x") == FA_ERR_UNSUPPORTED)
        return;
    expect_ok(fa_train_epoch(s.net, s.pass, s.fb, s.opt, make_dataset(&s.x, &s.target), &options, &result));
    ck_assert_uint_eq(v.calls, SAMPLES / 2);
    ck_assert_uint_eq(list_directory(false), _i ? 1 : 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rare_calls");
    TCase *tcase = file_case(suite);
    tcase_add_test(tcase, parameters);
    tcase_add_test(tcase, invariants);
    tcase_add_loop_test(tcase, angles_between_types, 0, LAYOUTS * LAYOUTS);
    tcase_add_test(tcase, files);
    tcase_add_test(tcase, handles_that_do_not_fit);
    tcase_add_test(tcase, weights_in_the_place_of_feedback);
    tcase_add_test(tcase, places_of_sparse_feedback);
    tcase_add_test(tcase, descriptor_0);
    tcase_add_test(tcase, no_checkpoint_of_half_a_step);
    tcase_add_loop_test(tcase, checkpoints_within_an_epoch, 0, 2);
    return support_run(suite, true);
}
