/* Files that released versions wrote load for ever: tests/data/golden has a folder for every version. What they hold is
 * compared with numbers.txt, which an independent reader wrote, and training goes on from them. */
#include "golden.h"

static const char *const versions[] = {"0.4.0", "0.5.0"};

enum { VERSIONS = sizeof versions / sizeof versions[0] };

static void golden_path(const char *version, const char *name, char path[PATH_SIZE])
{
    const char *data = getenv("LIBFA_TEST_DATA");
    ck_assert_msg(data != NULL, "LIBFA_TEST_DATA has to name tests/data");
    snprintf(path, PATH_SIZE, "%s/golden/%s/%s", data, version, name);
}

/* A number of what was loaded, by the key that it has in numbers.txt. */
static double number_of(const scene *c, const char *key)
{
    size_t l, i, j;
    fa_matrix view;
    if (sscanf(key, "weight.%zu.%zu.%zu", &l, &i, &j) == 3)
        view = weights_of(c->s.net, l);
    else if (i = 0, sscanf(key, "bias.%zu.%zu", &l, &j) == 2)
        view = bias_of(c->s.net, l);
    else if (sscanf(key, "B.%zu.%zu.%zu", &l, &i, &j) == 3)
        expect_ok(fa_feedback_get(c->s.fb, "B", l, &view));
    else if (sscanf(key, "loss.%zu", &l) == 1)
        return record_of(c, l).training.loss;
    else if (strcmp(key, "steps") == 0)
        return (double)fa_optimizer_steps(c->s.opt);
    else if (strcmp(key, "epochs") == 0)
        return (double)fa_trainer_epochs(c->trainer);
    else
        ck_abort_msg("there is no number \"%s\"", key);
    return element(&view, i, j);
}

/* Every line of numbers.txt about this file: its name, a key, a number. */
static void expect_numbers(const char *version, const golden *g, const scene *c)
{
    char path[PATH_SIZE], name[64], key[64], text[64];
    size_t compared = 0;
    golden_path(version, "numbers.txt", path);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "no file %s", path);
    while (fscanf(file, "%63s %63s %63s", name, key, text) == 3)
        if (strcmp(name, g->name) == 0) {
            ck_assert_msg(number_of(c, key) == strtod(text, NULL), "%s: %s is %a, not %s", name, key, number_of(c, key),
                          text);
            compared++;
        }
    fclose(file);
    ck_assert_uint_ge(compared, 4);
}

START_TEST(loads)
{
    const golden *g = &goldens[_i % GOLDENS];
    const char *version = versions[_i / GOLDENS];
    char path[PATH_SIZE], name[64];
    scene c = make_golden(g, 77);
    fa_network *made;
    snprintf(name, sizeof name, "%s.safetensors", g->name);
    golden_path(version, name, path);
    if (g->weights_only)
        expect_ok(fa_network_load(c.s.net, path, 0));
    else
        expect_ok(fa_checkpoint_load(path, c.s.net, c.s.fb, c.s.opt, c.s.pass, c.trainer, 0));
    expect_numbers(version, g, &c);
    expect_ok(fa_network_open(&made, path, 0));
    fa_matrix a = weights_of(made, 1), b = weights_of(c.s.net, 1);
    ck_assert(same_bits(&a, &b));
    fa_network_destroy(made);
    expect_ok(scene_run(&c));
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), GOLDEN_EPOCHS);
    ck_assert_int_eq(fa_trainer_stop(c.trainer), FA_STOP_EPOCHS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, loads, 0, VERSIONS * GOLDENS);
    return support_run(suite, true);
}
