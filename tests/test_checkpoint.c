/* Training that was interrupted and goes on from a checkpoint ends as if it had not been: bit for bit, in every
 * number that a checkpoint holds, for every rule, optimizer and form of feedback. */
#include "descent.h"
#include "files.h"
#include "training.h"

enum { EPOCHS = 6, FILE_MOST = 1 << 18 };

/* What differs between runs. */
typedef struct variant {
    const fa_rule *rule;
    const recipe *recipe;
    fa_dtype dtype;
    size_t batch;
    bool streaming;                         /* the pass */
    const char *form;                       /* of B; NULL: dense */
    fa_point point;                         /* where the checkpoint is made, */
    uint64_t epoch, update;                 /* and when */
    void (*prepare)(const scene *c);        /* before the run; NULL for nothing */
} variant;

/* A checkpoint at one point of a run. */
typedef struct saver {
    const scene *c;
    const variant *v;
    const char *path;
    bool saved;
} saver;

static fa_status save(const scene *c, const char *path)
{
    return fa_checkpoint_save(path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer);
}

static fa_status load(const scene *c, const char *path)
{
    return fa_checkpoint_load(path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer, 0);
}

static bool save_there(void *user_data, const fa_progress *p)
{
    saver *s = user_data;
    if (s->path && p->epoch == s->v->epoch && (s->v->point == FA_AFTER_EPOCH || p->batch == s->v->update)) {
        expect_ok(save(s->c, s->path));
        s->saved = true;
    }
    return true;
}

static void release_pass(void *pass)
{
    fa_pass_destroy(pass);
}

/* Everything that a run needs; another seed makes other weights, feedback, orders. */
static scene make(const variant *v, uint64_t seed)
{
    net_spec spec = make_spec(v->dtype, TRAINING_DEPTH, 7, FA_TANH, true);
    spec.bias[2] = false;
    scene c = {.s = make_session(&spec, v->rule, TRAINING_BATCH, seed)};
    c.s.opt = make_recipe_optimizer(c.s.net, v->recipe);
    if (v->streaming) {
        expect_ok(fa_pass_create_streaming(&c.s.pass, c.s.net, TRAINING_BATCH));
        keep(c.s.pass, release_pass);
    }
    c.trainer = make_trainer(c.s.net, seed + 9);
    c.training = make_samples(&spec, TRAINING_SAMPLES, 31);
    c.validation = make_samples(&spec, VALIDATION_SAMPLES, 32);
    if (v->form)
        expect_ok(fa_feedback_set_choice(c.s.fb, "feedback_form", v->form));
    if (v->form)
        expect_ok(fa_feedback_set_param(c.s.fb, "feedback_density", 0.4));
    if (v->form)
        expect_ok(fa_feedback_set_param(c.s.fb, "feedback_rank", 3));
    scene_set(&c, "epochs", EPOCHS);
    scene_set(&c, "batch", (double)v->batch);
    return c;
}

static void run_with(scene *c, saver *s)
{
    s->c = c;
    expect_ok(fa_trainer_set_callback(c->trainer, s->v->point, 1, save_there, s));
    expect_ok(scene_run(c));
}

static size_t read_checkpoint(const scene *c, const char *name, void *bytes)
{
    char path[PATH_SIZE];
    path_of(name, path);
    expect_ok(save(c, path));
    size_t size = get_file(path, bytes, FILE_MOST);
    ck_assert(size > 0 && size < FILE_MOST);
    return size;
}

/* Checkpoints of the two are the same file. */
static void expect_same(const scene *a, const scene *b)
{
    unsigned char *x = make_memory(FILE_MOST, 1), *y = make_memory(FILE_MOST, 1);
    size_t n = read_checkpoint(a, "a", x), m = read_checkpoint(b, "b", y);
    ck_assert_uint_eq(n, m);
    ck_assert_msg(memcmp(x, y, n) == 0, "the checkpoints differ");
    ck_assert(same_weights(a, b));
}

/* One run, and a second one that stands for another process: it knows of the first what the file says. */
static void expect_exact_resume(const variant *v)
{
    char path[PATH_SIZE];
    scene whole = make(v, 3), rest = make(v, 77);
    saver s = {.v = v, .path = path}, none = {.v = v};
    path_of("checkpoint", path);
    if (v->prepare)
        v->prepare(&whole);
    run_with(&whole, &s);
    ck_assert(s.saved);
    expect_ok(load(&rest, path));
    run_with(&rest, &none);
    ck_assert_uint_eq(fa_trainer_epochs(rest.trainer), fa_trainer_epochs(whole.trainer));
    ck_assert_int_eq(fa_trainer_stop(rest.trainer), fa_trainer_stop(whole.trainer));
    expect_same(&whole, &rest);
}

static const recipe plain = {"sgd", {{"learning_rate", 0.05}}};
static const recipe heavy = {"sgd", {{"learning_rate", 0.02}, {"momentum", 0.9}}};

/* Layers frozen for some epochs, dropout, a schedule, the best weights: what a run changes on its way. */
static void prepare_everything(const scene *c)
{
    expect_ok(fa_trainer_freeze(c->trainer, 2, 2, 4));
    expect_ok(fa_network_set_frozen(c->s.net, 1, true));
    expect_ok(fa_network_set_dropout(c->s.net, 1, 0.25));
    expect_ok(fa_network_prune(c->s.net, 3, 0.3, 5));
    expect_ok(fa_network_hold_norm(c->s.net, 3, true));
    expect_ok(fa_trainer_set_choice(c->trainer, "schedule", "cosine"));
    expect_ok(fa_trainer_set_choice(c->trainer, "keep_best", "yes"));
    scene_set(c, "warmup", 1.5);
    expect_ok(fa_optimizer_set_rate_factor(c->s.opt, 3, FA_BIASES, 0.5));
}

/* --- every rule, within an epoch and between epochs --- */

START_TEST(every_rule)
{
    const variant v = {.rule = fa_rule_at((size_t)_i / 4), .recipe = &heavy, .dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64,
                       .batch = TRAINING_BATCH, .point = _i / 2 % 2 ? FA_AFTER_EPOCH : FA_AFTER_UPDATE, .epoch = 3,
                       .update = 2, .prepare = prepare_everything};
    expect_exact_resume(&v);
}
END_TEST

/* --- every optimizer --- */

START_TEST(every_optimizer)
{
    const variant v = {.rule = fa_rule_find("fa"), .recipe = &recipes[_i / 2],
                       .dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64, .batch = TRAINING_BATCH, .point = FA_AFTER_UPDATE,
                       .epoch = 2, .update = 5};
    expect_exact_resume(&v);
}
END_TEST

/* --- every form of B --- */

static void prepare_feedback(const scene *c)
{
    expect_ok(fa_feedback_init(c->s.fb, "B", 1, FA_INIT_NORMAL, 0.25, 99));
}

static void prepare_weights(const scene *c)
{
    expect_ok(fa_feedback_use_weights(c->s.fb, 2, true));
}

START_TEST(every_form)
{
    static const char *const forms[] = {"dense", "sparse", "low_rank", "shared", "regenerated"};
    const variant v = {.rule = fa_rule_find(_i % 2 ? "fa" : "dfa"), .recipe = &plain, .dtype = FA_FLOAT32,
                       .form = forms[_i / 4], .batch = TRAINING_BATCH, .point = FA_AFTER_EPOCH, .epoch = 1,
                       .prepare = _i / 2 % 2 ? prepare_feedback : _i % 2 ? prepare_weights : NULL};
    expect_exact_resume(&v);
}
END_TEST

/* --- single samples, whose updates wait for each other --- */

START_TEST(online)
{
    const variant v = {.rule = fa_rule_find("fa"), .recipe = &plain, .dtype = FA_FLOAT32, .batch = 1,
                       .point = FA_AFTER_UPDATE, .epoch = 2, .update = (uint64_t)_i};
    expect_exact_resume(&v);
}
END_TEST

/* --- a pass that keeps two layers at a time --- */

START_TEST(streaming)
{
    const variant v = {.rule = fa_rule_find("drtp"), .recipe = &plain, .dtype = FA_FLOAT32, .batch = TRAINING_BATCH,
                       .streaming = true, .point = FA_AFTER_UPDATE, .epoch = 2, .update = (uint64_t)_i};
    expect_exact_resume(&v);
}
END_TEST

/* --- early stopping: the epoch that ends it is the one of the checkpoint, or one before --- */

static void prepare_impatience(const scene *c)
{
    scene_set(c, "patience", 2);
    scene_set(c, "min_improvement", 1e9);
}

START_TEST(early_stopping)
{
    const variant v = {.rule = fa_rule_find("fa"), .recipe = &plain, .dtype = FA_FLOAT64, .batch = TRAINING_BATCH,
                       .point = _i % 2 ? FA_AFTER_EPOCH : FA_AFTER_UPDATE, .epoch = 1 + (uint64_t)_i / 2, .update = 5,
                       .prepare = prepare_impatience};
    expect_exact_resume(&v);
}
END_TEST

/* --- without a trainer: epochs by hand, and single parts --- */

static void epoch_by_hand(const session *s, const fa_dataset *data, uint64_t epoch)
{
    const fa_epoch_options options = {.struct_size = sizeof options, .shuffle = true, .seed = 4, .epoch = epoch};
    expect_ok(fa_train_epoch(s->net, s->pass, s->fb, s->opt, data, &options, NULL));
}

START_TEST(without_trainer)
{
    char path[PATH_SIZE];
    const variant v = {.rule = fa_rule_find("weight_mirror"), .recipe = &heavy, .dtype = FA_FLOAT32};
    scene whole = make(&v, 3), rest = make(&v, 77);
    path_of("checkpoint", path);
    expect_ok(fa_network_set_dropout(whole.s.net, 1, 0.5));
    expect_ok(fa_pass_set_dropout(whole.s.pass, 12, 0));
    for (uint64_t epoch = 1; epoch <= 4; epoch++) {
        epoch_by_hand(&whole.s, whole.training, epoch);
        if (epoch == 2)
            expect_ok(fa_checkpoint_save(path, whole.s.net, whole.s.fb, whole.s.opt, whole.s.pass, NULL));
    }
    expect_ok(fa_checkpoint_load(path, rest.s.net, rest.s.fb, rest.s.opt, rest.s.pass, NULL, 0));
    for (uint64_t epoch = 3; epoch <= 4; epoch++)
        epoch_by_hand(&rest.s, whole.training, epoch);
    ck_assert(same_weights(&whole, &rest));
    ck_assert_uint_eq(fa_optimizer_steps(rest.s.opt), fa_optimizer_steps(whole.s.opt));
    expect_failure(FA_ERR_FORMAT, load(&rest, path)); /* no trainer in it */
}
END_TEST

/* What is not asked for stays. */
START_TEST(parts)
{
    char path[PATH_SIZE];
    const variant v = {.rule = fa_rule_find("fa"), .recipe = &heavy, .dtype = FA_FLOAT64, .batch = TRAINING_BATCH};
    scene a = make(&v, 3), b = make(&v, 77);
    double rate;
    path_of("checkpoint", path);
    expect_ok(fa_optimizer_set(a.s.opt, "learning_rate", 0.125));
    expect_ok(scene_run(&a));
    expect_ok(save(&a, path));
    expect_ok(fa_checkpoint_load(path, b.s.net, NULL, NULL, NULL, NULL, 0));
    for (size_t l = 1; l <= TRAINING_DEPTH; l++) {
        fa_matrix x = weights_of(a.s.net, l), y = weights_of(b.s.net, l);
        ck_assert(same_bits(&x, &y));
    }
    expect_ok(fa_optimizer_get(b.s.opt, "learning_rate", &rate));
    ck_assert_double_eq(rate, 0.02);
    expect_ok(fa_checkpoint_load(path, b.s.net, b.s.fb, b.s.opt, b.s.pass, b.trainer, 0));
    expect_same(&a, &b);
}
END_TEST

/* --- private state of a rule --- */

typedef struct counter {
    uint64_t steps;
} counter;

static fa_status count_backward(fa_step *step)
{
    counter *c = fa_step_state(step);
    c->steps++;
    for (size_t l = fa_step_depth(step) - 1; l >= 1; l--) {
        fa_status status = fa_step_transport(step, l);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

static fa_status count_setup(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_LAYERWISE);
}

static size_t count_save(const void *state, void *bytes, size_t room)
{
    const counter *c = state;
    for (size_t i = 0; i < 8 && room >= 8; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)(c->steps >> 8 * i);
    return 8;
}

static fa_status count_load(void *state, const void *bytes, size_t size)
{
    counter *c = state;
    if (size != 8)
        return fa_rule_fail("the counter has 8 bytes");
    c->steps = 0;
    for (size_t i = 0; i < 8; i++)
        c->steps |= (uint64_t)((const unsigned char *)bytes)[i] << 8 * i;
    return FA_OK;
}

static const fa_rule counting = {.struct_size = sizeof counting, .name = "counting", .setup = count_setup,
                                 .backward = count_backward, .state_size = sizeof(counter), .save = count_save,
                                 .load = count_load};

START_TEST(private_state)
{
    const variant v = {.rule = &counting, .recipe = &heavy, .dtype = FA_FLOAT32, .batch = TRAINING_BATCH,
                       .point = FA_AFTER_UPDATE, .epoch = 2, .update = 1};
    expect_exact_resume(&v);
}
END_TEST

static size_t save_nothing(const void *state, void *bytes, size_t room)
{
    (void)state, (void)bytes, (void)room;
    return 0;
}

static size_t save_more_each_time(const void *state, void *bytes, size_t room)
{
    (void)state, (void)bytes;
    return room + 1;
}

static fa_status refuse(void *state, const void *bytes, size_t size)
{
    (void)state, (void)bytes, (void)size;
    return fa_rule_fail("no");
}

START_TEST(private_state_that_fails)
{
    char path[PATH_SIZE];
    fa_rule mute = counting, broken = counting, growing = counting, stubborn = counting, half = counting;
    path_of("checkpoint", path);
    mute.save = NULL;
    mute.load = NULL;
    broken.save = save_nothing;
    growing.save = save_more_each_time;
    stubborn.load = refuse;
    half.load = NULL;
    const variant v = {.rule = &counting, .recipe = &plain, .dtype = FA_FLOAT32};
    scene c = make(&v, 3);
    fa_feedback *fb = NULL;
    expect_failure(FA_ERR_UNSUPPORTED, fa_checkpoint_save(path, c.s.net, make_feedback(c.s.net, &mute, NULL, 1), NULL,
                                                          NULL, NULL));
    expect_failure(FA_ERR_RULE, fa_checkpoint_save(path, c.s.net, make_feedback(c.s.net, &broken, NULL, 1), NULL, NULL,
                                                   NULL));
    expect_failure(FA_ERR_RULE, fa_checkpoint_save(path, c.s.net, make_feedback(c.s.net, &growing, NULL, 1), NULL, NULL,
                                                   NULL));
    ck_assert_uint_eq(list_directory(false), 0);
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_create(&fb, c.s.net, &half, NULL, 1));
    expect_ok(fa_checkpoint_save(path, c.s.net, c.s.fb, NULL, NULL, NULL));
    expect_failure(FA_ERR_RULE, fa_checkpoint_load(path, c.s.net, make_feedback(c.s.net, &stubborn, NULL, 1), NULL,
                                                   NULL, NULL, 0));
    expect_failure(FA_ERR_UNSUPPORTED, fa_checkpoint_load(path, c.s.net, make_feedback(c.s.net, &mute, NULL, 1), NULL,
                                                          NULL, NULL, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, every_rule, 0, 4 * (int)fa_rule_count());
    tcase_add_loop_test(tcase, every_optimizer, 0, 2 * (int)recipe_count);
    tcase_add_loop_test(tcase, every_form, 0, 20);
    tcase_add_loop_test(tcase, online, 1, 4);
    tcase_add_loop_test(tcase, streaming, 1, 4);
    tcase_add_loop_test(tcase, early_stopping, 0, 6);
    tcase_add_test(tcase, without_trainer);
    tcase_add_test(tcase, parts);
    tcase_add_test(tcase, private_state);
    tcase_add_test(tcase, private_state_that_fails);
    return support_run(suite, true);
}
