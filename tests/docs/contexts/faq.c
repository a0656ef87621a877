/* Answers of docs/guide/faq.md: samples of sin, handles that the answer makes, and what is made is released. */
#include <fa/fa.h>
#include <math.h>
#include <stdio.h>

enum { N = 60 };

int main(void)
{
    double in[N], out[N], loss = 0;
    fa_matrix x = fa_matrix_view(in, N, 1, FA_FLOAT64), target = fa_matrix_view(out, N, 1, FA_FLOAT64);
    fa_network *net = NULL;
    fa_feedback *fb = NULL;
    fa_optimizer *opt = NULL;
    fa_pass *pass = NULL;
    fa_status bad = FA_OK;
    for (int i = 0; i < N; i++) {
        in[i] = -1.0 + 2.0 * i / (N - 1);
        out[i] = 3.0 * (in[i] - in[i] * in[i] * in[i]);
    }
    (void)target; /* not every answer trains */
/* FRAGMENT */
    if (bad)
        fprintf(stderr, "%s\n", fa_last_error());
    fa_pass_destroy(pass);
    fa_optimizer_destroy(opt);
    fa_feedback_destroy(fb);
    fa_network_destroy(net);
    return bad || loss > 0.01 ? 1 : 0;
}
