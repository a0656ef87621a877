/* Write the golden files of this version: make_golden FOLDER. Once for a version; see tests/data/golden/README.md. */
#include "golden.h"

#include "support.h"

static const char *folder;

/* Where a checkpoint is written. */
typedef struct writer {
    const golden *g;
    const scene *c;
} writer;

static void write_golden(const writer *w)
{
    char path[PATH_SIZE];
    const scene *c = w->c;
    snprintf(path, sizeof path, "%s/%s.safetensors", folder, w->g->name);
    if (w->g->weights_only)
        expect_ok(fa_network_save(c->s.net, path));
    else
        expect_ok(fa_checkpoint_save(path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer));
}

static bool write_there(void *user_data, const fa_progress *p)
{
    const writer *w = user_data;
    if (p->epoch == 2 && (p->point == FA_AFTER_EPOCH || p->batch == 3))
        write_golden(w);
    return true;
}

START_TEST(file)
{
    const golden *g = &goldens[_i];
    scene c = make_golden(g, 5);
    writer w = {g, &c};
    if (g->everything) {
        expect_ok(fa_trainer_freeze(c.trainer, 2, 2, 3));
        expect_ok(fa_network_set_frozen(c.s.net, 1, true));
        expect_ok(fa_network_set_dropout(c.s.net, 1, 0.25));
        expect_ok(fa_network_prune(c.s.net, 3, 0.3, 5));
        expect_ok(fa_network_hold_norm(c.s.net, 3, true));
        expect_ok(fa_trainer_set_choice(c.trainer, "schedule", "cosine"));
        expect_ok(fa_optimizer_set_rate_factor(c.s.opt, 3, FA_BIASES, 0.5));
    }
    if (g->best)
        expect_ok(fa_trainer_set_choice(c.trainer, "keep_best", "yes"));
    expect_ok(fa_trainer_set_callback(c.trainer, g->inside ? FA_AFTER_UPDATE : FA_AFTER_EPOCH, 1, write_there, &w));
    expect_ok(scene_run(&c));
}
END_TEST

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_golden FOLDER\n");
        return EXIT_FAILURE;
    }
    folder = argv[1];
    Suite *suite = suite_create("make_golden");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, file, 0, GOLDENS);
    return support_run(suite, true);
}
