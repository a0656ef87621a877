#include "print.h"

#include <string.h>

static uint64_t print_view(uint64_t mixed, const fa_matrix *view)
{
    for (size_t i = 0; i < view->rows; i++)
        for (size_t j = 0; j < view->cols; j++) {
            const size_t at = i * view->row_stride + j * view->col_stride, size = fa_dtype_size(view->dtype);
            uint64_t bits = 0;
            memcpy(&bits, (const char *)view->data + at * size, size);
            mixed = (mixed ^ bits) * UINT64_C(0x100000001b3);
            mixed ^= mixed >> 29;
        }
    return mixed;
}

void take_print(const world *w, print *p)
{
    memset(p, 0, sizeof *p);
    for (size_t k = 0; k < SLOTS; k++) {
        p->depth[k] = fa_network_depth(w->net[k]);
        for (size_t l = 1; l <= p->depth[k]; l++) {
            fa_matrix view;
            p->frozen[k][l] = fa_network_is_frozen(w->net[k], l);
            require(fa_network_weights(w->net[k], l, &view) == FA_OK);
            p->layer[k][l] = print_view(1, &view);
            if (!fa_network_has_bias(w->net[k], l))
                continue;
            require(fa_network_bias(w->net[k], l, &view) == FA_OK);
            p->layer[k][l] = print_view(p->layer[k][l], &view);
        }
    }
}

void compare_prints(const print *before, const print *after, bool all)
{
    for (size_t k = 0; k < SLOTS; k++) {
        require(before->depth[k] == after->depth[k]);
        for (size_t l = 1; l <= before->depth[k]; l++)
            require(before->layer[k][l] == after->layer[k][l] || !(all || before->frozen[k][l]));
    }
}
