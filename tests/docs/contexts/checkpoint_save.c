/* Two epochs, the callback of the page after each, and a checkpoint that loads. */
#include <fa/fa.h>
#include <stdio.h>

typedef struct training {
    const char   *path;
    fa_network   *net;
    fa_pass      *pass;
    fa_feedback  *fb;
    fa_optimizer *opt;
    fa_trainer   *trainer;
} training;

/* FRAGMENT */

int main(void)
{
    double in[] = {0, 1, 2, 3}, out[] = {3, 2, 1, 0};
    fa_matrix x = fa_matrix_view(in, 4, 1, FA_FLOAT64), target = fa_matrix_view(out, 4, 1, FA_FLOAT64);
    training t = {.path = "saved"};
    fa_dataset *data = NULL;
    fa_status bad = fa_dataset_create(&data, &x, &target) || fa_network_create(&t.net, FA_FLOAT64, 1)
        || fa_network_add_dense(t.net, 1, FA_IDENTITY, true) || fa_pass_create(&t.pass, t.net, 2)
        || fa_feedback_create(&t.fb, t.net, fa_rule_find("fa"), NULL, 1) || fa_optimizer_create(&t.opt, t.net, "sgd")
        || fa_trainer_create(&t.trainer, t.net, 1) || fa_trainer_set(t.trainer, "epochs", 2)
        || fa_trainer_set_callback(t.trainer, FA_AFTER_EPOCH, 1, after_epoch, &t)
        || fa_trainer_run(t.trainer, t.net, t.pass, t.fb, t.opt, data, NULL)
        || fa_checkpoint_load(t.path, t.net, t.fb, t.opt, t.pass, t.trainer, 0);
    if (bad)
        fprintf(stderr, "%s\n", fa_last_error());
    fa_dataset_destroy(data);
    fa_trainer_destroy(t.trainer);
    fa_optimizer_destroy(t.opt);
    fa_feedback_destroy(t.fb);
    fa_pass_destroy(t.pass);
    fa_network_destroy(t.net);
    return bad ? 1 : 0;
}
