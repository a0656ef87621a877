/* A stranger's program: a few training steps through the installed library. */
#include <fa/fa.h>

#include <stdio.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, fa_last_error());
    return 1;
}

static int train(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt)
{
    double inputs[6] = {0.0, 1.0, 1.0, 0.0, 1.0, 1.0};
    double targets[3] = {1.0, -1.0, 0.0};
    fa_matrix x = fa_matrix_view(inputs, 3, 2, FA_FLOAT64);
    fa_matrix target = fa_matrix_view(targets, 3, 1, FA_FLOAT64);
    double first = 0.0;
    double last = 0.0;

    if (fa_train_step(net, pass, fb, opt, &x, &target, &first) != FA_OK)
        return fail("fa_train_step");
    for (int step = 0; step < 50; step++)
        if (fa_train_step(net, pass, fb, opt, &x, &target, &last) != FA_OK)
            return fail("fa_train_step");
    printf("%s: %zu parameters, loss %g -> %g\n", fa_build_info(), fa_network_parameter_count(net), first, last);
    return last < first ? 0 : 1;
}

int main(void)
{
    fa_network *net = NULL;
    fa_pass *pass = NULL;
    fa_feedback *fb = NULL;
    fa_optimizer *opt = NULL;
    int status = 1;

    if (fa_network_create(&net, FA_FLOAT64, 2) != FA_OK || fa_network_add_dense(net, 4, FA_TANH, true) != FA_OK ||
        fa_network_add_dense(net, 1, FA_IDENTITY, true) != FA_OK ||
        fa_network_init_weights(net, 0, FA_INIT_GLOROT_UNIFORM, 1.0, 1) != FA_OK)
        fail("network");
    else if (fa_pass_create(&pass, net, 3) != FA_OK || fa_optimizer_create(&opt, net, "sgd") != FA_OK ||
             fa_feedback_create(&fb, net, fa_rule_find("fa"), NULL, 2) != FA_OK)
        fail("handles");
    else
        status = train(net, pass, fb, opt);

    fa_optimizer_destroy(opt);
    fa_feedback_destroy(fb);
    fa_pass_destroy(pass);
    fa_network_destroy(net);
    return status;
}
