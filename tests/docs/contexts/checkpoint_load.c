/* The statements of the page, twice: without a checkpoint, and with one, where nothing is left to be done. */
#include <fa/fa.h>
#include <stdio.h>
#include <unistd.h>

static fa_status start(const char *path, fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt,
                       fa_trainer *trainer, const fa_dataset *training, const fa_dataset *validation)
{
    fa_status status = FA_OK;
    /* FRAGMENT */
    return status;
}

static bool refuse(void *user_data, const fa_progress *seen)
{
    (void)user_data;
    (void)seen;
    return false;
}

int main(void)
{
    double in[] = {0, 1, 2, 3}, out[] = {3, 2, 1, 0};
    fa_matrix x = fa_matrix_view(in, 4, 1, FA_FLOAT64), target = fa_matrix_view(out, 4, 1, FA_FLOAT64);
    fa_dataset *data = NULL;
    fa_network *net = NULL;
    fa_pass *pass = NULL;
    fa_feedback *fb = NULL;
    fa_optimizer *opt = NULL;
    fa_trainer *trainer = NULL;
    fa_status bad = fa_dataset_create(&data, &x, &target) || fa_network_create(&net, FA_FLOAT64, 1)
        || fa_network_add_dense(net, 1, FA_IDENTITY, true) || fa_pass_create(&pass, net, 2)
        || fa_feedback_create(&fb, net, fa_rule_find("fa"), NULL, 1) || fa_optimizer_create(&opt, net, "sgd")
        || fa_trainer_create(&trainer, net, 1) || fa_trainer_set(trainer, "epochs", 2)
        || start("saved", net, pass, fb, opt, trainer, data, NULL)
        || fa_checkpoint_save("saved", net, fb, opt, pass, trainer)
        || fa_trainer_set_callback(trainer, FA_AFTER_EPOCH, 1, refuse, NULL)
        || start("saved", net, pass, fb, opt, trainer, data, NULL);
    if (bad)
        fprintf(stderr, "%s\n", fa_last_error());
    fa_dataset_destroy(data);
    fa_trainer_destroy(trainer);
    fa_optimizer_destroy(opt);
    fa_feedback_destroy(fb);
    fa_pass_destroy(pass);
    fa_network_destroy(net);
    return bad ? 1 : 0;
}
