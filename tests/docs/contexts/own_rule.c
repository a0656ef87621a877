/* The rule of the page, bound to a network. */
#include "dfa.c"

#include <fa/fa.h>

int main(void)
{
    const uint64_t seed = 1;
    fa_network *net = NULL;
    fa_feedback *fb = NULL;
    if (fa_network_create(&net, FA_FLOAT32, 3) || fa_network_add_dense(net, 4, FA_TANH, true)
        || fa_network_add_dense(net, 2, FA_IDENTITY, true))
        return 1;
    /* FRAGMENT */
    fa_network_destroy(net);
    if (fb == NULL)
        return 1;
    fa_feedback_destroy(fb);
    return 0;
}
