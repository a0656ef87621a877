/* The calls of the page around the run of a trainer; afterwards there is a file run.csv with rows. */
#include <fa/fa.h>
#include <stdio.h>

static int rows_of(const char *path)
{
    int rows = 0, c;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    while ((c = getc(file)) != EOF)
        rows += c == '\n';
    fclose(file);
    return rows;
}

int main(void)
{
    double in[40] = {0}, out[40] = {0};
    for (int i = 0; i < 40; i++) {
        in[i] = i / 40.0;
        out[i] = 1 - in[i];
    }
    fa_matrix x = fa_matrix_view(in, 40, 1, FA_FLOAT64), target = fa_matrix_view(out, 40, 1, FA_FLOAT64);
    fa_dataset *training = NULL;
    const fa_dataset *validation = NULL;
    fa_network *net = NULL;
    fa_pass *pass = NULL;
    fa_feedback *fb = NULL;
    fa_optimizer *opt = NULL;
    fa_trainer *trainer = NULL;
    if (fa_dataset_create(&training, &x, &target) || fa_network_create(&net, FA_FLOAT64, 1)
        || fa_network_add_dense(net, 2, FA_TANH, true) || fa_network_add_dense(net, 1, FA_IDENTITY, true)
        || fa_network_init_weights(net, 0, FA_INIT_GLOROT_UNIFORM, 1, 1) || fa_pass_create(&pass, net, 2)
        || fa_feedback_create(&fb, net, fa_rule_find("fa"), NULL, 1) || fa_optimizer_create(&opt, net, "sgd")
        || fa_trainer_create(&trainer, net, 1) || fa_trainer_set(trainer, "epochs", 2))
        return 1;
    /* FRAGMENT */
    fa_recorder_destroy(rec);
    fa_trainer_destroy(trainer);
    fa_optimizer_destroy(opt);
    fa_feedback_destroy(fb);
    fa_pass_destroy(pass);
    fa_network_destroy(net);
    fa_dataset_destroy(training);
    return rows_of("run.csv") == 5 ? 0 : 1; /* a head, and every tenth of the 20 batches of two epochs */
}
