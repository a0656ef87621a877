/* Write a file with a function of the library, for kill.py to see to it that something goes wrong.
 *
 * usage: writer npy|network|checkpoint|recorder old|new PATH
 *
 * The file is the same for equal arguments. getppid() marks the call in a trace: once before it, once after it. Exit
 * status 0, or 1 with a sentence if the library failed, or 2 if there is no such function in this build. */
#include <fa/fa.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INPUTS = 30, HIDDEN = 40, OUTPUTS = 10, SAMPLES = 12 };

/* Everything that can be saved; a "new" one has been trained. */
typedef struct state {
    fa_network   *net;
    fa_pass      *pass;
    fa_feedback  *fb;
    fa_optimizer *opt;
    fa_trainer   *trainer;
    fa_dataset   *data;
    double        x[SAMPLES * INPUTS];
    int32_t       labels[SAMPLES];
} state;

#define TRY(expression)                                                                                                \
    do {                                                                                                               \
        const fa_status status_ = (expression);                                                                        \
        if (status_ != FA_OK)                                                                                          \
            return status_;                                                                                            \
    } while (0)

static fa_status make(state *s, bool trained)
{
    const fa_matrix x = fa_matrix_view(s->x, SAMPLES, INPUTS, FA_FLOAT64);
    for (size_t i = 0; i < SAMPLES * INPUTS; i++)
        s->x[i] = (double)(i * i % 101) / 101;
    for (size_t i = 0; i < SAMPLES; i++)
        s->labels[i] = (int32_t)(i % OUTPUTS);
    TRY(fa_network_create(&s->net, FA_FLOAT64, INPUTS));
    TRY(fa_network_add_dense(s->net, HIDDEN, FA_TANH, true));
    TRY(fa_network_add_dense(s->net, OUTPUTS, FA_SOFTMAX, true));
    TRY(fa_network_set_loss(s->net, FA_CROSS_ENTROPY));
    TRY(fa_network_init_weights(s->net, 0, FA_INIT_GLOROT_UNIFORM, 1, 1));
    TRY(fa_pass_create(&s->pass, s->net, 4));
    TRY(fa_feedback_create(&s->fb, s->net, fa_rule_find("fa"), NULL, 1));
    TRY(fa_optimizer_create(&s->opt, s->net, "adam"));
    TRY(fa_trainer_create(&s->trainer, s->net, 1));
    TRY(fa_dataset_create_labelled(&s->data, &x, s->labels, OUTPUTS));
    TRY(fa_trainer_set(s->trainer, "epochs", trained ? 2 : 1));
    return fa_trainer_run(s->trainer, s->net, s->pass, s->fb, s->opt, s->data, NULL);
}

static void destroy(state *s)
{
    fa_dataset_destroy(s->data);
    fa_trainer_destroy(s->trainer);
    fa_optimizer_destroy(s->opt);
    fa_feedback_destroy(s->fb);
    fa_pass_destroy(s->pass);
    fa_network_destroy(s->net);
}

static fa_status write_npy(const state *s, const char *path)
{
    fa_matrix weights;
    TRY(fa_network_weights(s->net, 1, &weights));
    return fa_npy_write(path, &weights);
}

static fa_status write_network(const state *s, const char *path)
{
    return fa_network_save(s->net, path);
}

static fa_status write_checkpoint(const state *s, const char *path)
{
    return fa_checkpoint_save(path, s->net, s->fb, s->opt, s->pass, s->trainer);
}

/* Two rows more. */
static fa_status write_rows(const state *s, const char *path)
{
    const fa_matrix x = fa_matrix_view((void *)(uintptr_t)s->x, 4, INPUTS, FA_FLOAT64);
    double          one_hot[4 * OUTPUTS];
    const fa_matrix target = fa_matrix_view(one_hot, 4, OUTPUTS, FA_FLOAT64);
    fa_recorder    *rec;
    TRY(fa_one_hot(s->labels, 4, &target));
    TRY(fa_forward(s->net, s->pass, &x));
    TRY(fa_error(s->net, s->pass, &target, NULL));
    TRY(fa_backward(s->net, s->pass, s->fb));
    TRY(fa_recorder_create(&rec, s->net, "delta_angle,weight_norm", 1));
    fa_status status = fa_recorder_open(rec, path, FA_RECORD_CSV);
    for (uint64_t batch = 1; batch <= 2 && status == FA_OK; batch++)
        status = fa_recorder_observe(rec, s->net, s->pass, s->fb, 1, batch);
    if (status == FA_OK)
        status = fa_recorder_close(rec);
    fa_recorder_destroy(rec);
    return status;
}

static const struct {
    const char *name;
    fa_status (*write)(const state *s, const char *path);
} kinds[] = {
    {"npy", write_npy}, {"network", write_network}, {"checkpoint", write_checkpoint}, {"recorder", write_rows},
};

int main(int argc, char **argv)
{
    static state s;
    size_t       kind = 0;
    while (argc == 4 && kind < sizeof kinds / sizeof *kinds && strcmp(argv[1], kinds[kind].name) != 0)
        kind++;
    if (argc != 4 || kind == sizeof kinds / sizeof *kinds) {
        fputs("usage: writer npy|network|checkpoint|recorder old|new PATH\n", stderr);
        return 2;
    }

    fa_status status = make(&s, strcmp(argv[2], "new") == 0);
    if (status == FA_OK) {
        (void)getppid();
        status = kinds[kind].write(&s, argv[3]);
        (void)getppid();
    }
    if (status != FA_OK)
        printf("%s: %s\n", fa_status_string(status), fa_last_error());
    destroy(&s);
    return status == FA_OK ? 0 : status == FA_ERR_UNSUPPORTED ? 2 : 1;
}
