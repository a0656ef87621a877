/* A run whose diagnostics are recorded. */
#include <fa/fa.h>
#include <stdio.h>

int main(void)
{
    static double in[200 * 5], out[200 * 2];
    fa_matrix x = fa_matrix_view(in, 200, 5, FA_FLOAT64), target = fa_matrix_view(out, 200, 2, FA_FLOAT64);
    fa_stream stream = {.seed = 1, .purpose = FA_PURPOSE_USER};
    fa_network *net = NULL;
    fa_pass *pass = NULL;
    fa_feedback *fb = NULL;
    fa_optimizer *opt = NULL;
    fa_trainer *trainer = NULL;
    fa_dataset *training = NULL, *validation = NULL;
    fa_status bad = fa_random_normal(&stream, 0, 1, &x) || fa_random_normal(&stream, 0, 1, &target)
        || fa_network_create(&net, FA_FLOAT64, 5) || fa_network_add_dense(net, 20, FA_TANH, true)
        || fa_network_add_dense(net, 2, FA_IDENTITY, true)
        || fa_network_init_weights(net, 0, FA_INIT_GLOROT_UNIFORM, 1.0, 1) || fa_pass_create(&pass, net, 10)
        || fa_feedback_create(&fb, net, fa_rule_find("fa"), NULL, 1) || fa_optimizer_create(&opt, net, "sgd")
        || fa_trainer_create(&trainer, net, 1) || fa_dataset_create(&training, &x, &target);
    if (bad)
        return 1;
    /* FRAGMENT */
    fa_dataset_destroy(training);
    fa_trainer_destroy(trainer);
    fa_optimizer_destroy(opt);
    fa_feedback_destroy(fb);
    fa_pass_destroy(pass);
    fa_network_destroy(net);
    return bad ? 1 : 0;
}
