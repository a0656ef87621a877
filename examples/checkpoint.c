/* checkpoint -- training that goes on where it was, whatever ended it.
 *
 *     checkpoint FILE [EPOCHS]
 *
 * A network learns from a teacher network by feedback alignment with adam. After every epoch all that the training
 * needs is in FILE; if FILE is there when the program starts, training goes on from it. Kill it when you like, with
 * kill -9 too, and start it again: it prints the lines that it would have printed without.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fa/fa.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { N_INPUTS = 20, N_HIDDEN = 30, N_OUTPUTS = 5, N_SAMPLES = 1000, BATCH = 50, SEED = 1 };

/* Everything that trains, and where it is saved. */
typedef struct training {
    const char   *path;
    fa_network   *net;
    fa_pass      *pass;
    fa_feedback  *fb;
    fa_optimizer *opt;
    fa_trainer   *trainer;
    fa_matrix     x, y;
    fa_dataset   *data;
    fa_status     saved; /* what came of the latest checkpoint */
} training;

static void training_free(training *t)
{
    fa_dataset_destroy(t->data);
    fa_matrix_free(&t->x);
    fa_matrix_free(&t->y);
    fa_trainer_destroy(t->trainer);
    fa_optimizer_destroy(t->opt);
    fa_feedback_destroy(t->fb);
    fa_pass_destroy(t->pass);
    fa_network_destroy(t->net);
}

static fa_status make_network(fa_network **net, uint64_t seed)
{
    fa_status status = fa_network_create(net, FA_FLOAT32, N_INPUTS);

    if (status == FA_OK)
        status = fa_network_add_dense(*net, N_HIDDEN, FA_TANH, true);
    if (status == FA_OK)
        status = fa_network_add_dense(*net, N_OUTPUTS, FA_IDENTITY, true);
    if (status == FA_OK)
        status = fa_network_init_weights(*net, 0, FA_INIT_GLOROT_UNIFORM, 1.0, seed);
    return status;
}

/* Inputs from a stream, and what a network with other weights answers to them: the same in every process. */
static fa_status make_data(training *t)
{
    const fa_stream inputs = {.seed = SEED, .purpose = (uint32_t)FA_PURPOSE_USER};
    fa_network *teacher = NULL;
    fa_status status = make_network(&teacher, SEED + 1);

    if (status == FA_OK)
        status = fa_matrix_alloc(&t->x, N_SAMPLES, N_INPUTS, FA_FLOAT32);
    if (status == FA_OK)
        status = fa_matrix_alloc(&t->y, N_SAMPLES, N_OUTPUTS, FA_FLOAT32);
    if (status == FA_OK)
        status = fa_random_normal(&inputs, 0.0, 1.0, &t->x);
    if (status == FA_OK)
        status = fa_network_predict(teacher, &t->x, &t->y);
    if (status == FA_OK)
        status = fa_dataset_create(&t->data, &t->x, &t->y);
    fa_network_destroy(teacher);
    return status;
}

/* After every epoch: a line, and the checkpoint. Without it there is no point in going on. */
static bool after_epoch(void *user_data, const fa_progress *seen)
{
    training *t = user_data;

    printf("epoch %llu: loss %.9g\n", (unsigned long long)seen->epoch, seen->training.loss);
    fflush(stdout);
    t->saved = fa_checkpoint_save(t->path, t->net, t->fb, t->opt, t->pass, t->trainer);
    return t->saved == FA_OK;
}

static fa_status training_make(training *t, double epochs)
{
    fa_status status = make_network(&t->net, SEED);

    if (status == FA_OK)
        status = fa_pass_create(&t->pass, t->net, BATCH);
    if (status == FA_OK)
        status = fa_feedback_create(&t->fb, t->net, fa_rule_find("fa"), NULL, SEED);
    if (status == FA_OK)
        status = fa_optimizer_create(&t->opt, t->net, "adam");
    if (status == FA_OK)
        status = fa_trainer_create(&t->trainer, t->net, SEED);
    if (status == FA_OK)
        status = fa_trainer_set(t->trainer, "epochs", epochs);
    if (status == FA_OK)
        status = fa_trainer_set_callback(t->trainer, FA_AFTER_EPOCH, 1, after_epoch, t);
    return status == FA_OK ? make_data(t) : status;
}

/* What a former process has come to; parameters that may differ now are set after loading. */
static fa_status go_on(training *t, double epochs)
{
    fa_status status = fa_checkpoint_load(t->path, t->net, t->fb, t->opt, t->pass, t->trainer, 0);

    if (status == FA_OK)
        status = fa_trainer_set(t->trainer, "epochs", epochs);
    if (status == FA_OK)
        printf("going on after epoch %llu\n", (unsigned long long)fa_trainer_epochs(t->trainer));
    return status;
}

int main(int argc, char **argv)
{
    training t = {.path = argc > 1 ? argv[1] : NULL};
    char *end = NULL;
    const double epochs = argc > 2 ? strtod(argv[2], &end) : 20.0;
    fa_status status;

    if (argc < 2 || argc > 3 || (end && (*end || end == argv[2] || !(epochs >= 1.0 && epochs <= 1e6)))) {
        fprintf(stderr, "usage: checkpoint FILE [EPOCHS]\n");
        return 2;
    }
    status = training_make(&t, epochs);
    if (status == FA_OK && (access(t.path, F_OK) == 0 || errno != ENOENT))
        status = go_on(&t, epochs);
    if (status == FA_OK)
        status = fa_trainer_run(t.trainer, t.net, t.pass, t.fb, t.opt, t.data, NULL);
    if (status == FA_OK)
        status = t.saved;
    if (status != FA_OK)
        fprintf(stderr, "checkpoint: %s\n", fa_last_error());
    training_free(&t);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "checkpoint: cannot write to the standard output\n");
        return 1;
    }
    return status == FA_OK ? 0 : 1;
}
