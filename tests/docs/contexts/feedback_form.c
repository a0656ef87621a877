/* The calls of the page, for the feedback of a network. */
#include <fa/fa.h>
#include <stdio.h>

int main(void)
{
    fa_network *net = NULL;
    fa_feedback *fb = NULL;
    if (fa_network_create(&net, FA_FLOAT64, 3) || fa_network_add_dense(net, 4, FA_TANH, true)
        || fa_network_add_dense(net, 2, FA_IDENTITY, true)
        || fa_feedback_create(&fb, net, fa_rule_find("fa"), NULL, 1))
        return 1;
    fa_status last = FA_OK;
    fa_status failed = FA_OK;
    /* Each call of the page is asked for its status. */
#define fa_feedback_set_choice(...) (last = (fa_feedback_set_choice)(__VA_ARGS__), failed = failed ? failed : last)
#define fa_feedback_set_param(...) (last = (fa_feedback_set_param)(__VA_ARGS__), failed = failed ? failed : last)
    /* FRAGMENT */
    if (failed)
        fprintf(stderr, "%s\n", fa_last_error());
    fa_feedback_destroy(fb);
    fa_network_destroy(net);
    return failed ? 1 : 0;
}
