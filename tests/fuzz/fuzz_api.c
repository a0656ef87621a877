/* The public interface, called with arguments of all kinds in any order. After every call: the status is one there is, a
 * failure has left a sentence, and no network has changed but where the headers say so. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum { KINDS = 9, CALLS = 60 };

static const operation *const operations[KINDS] = {
    network_operations, feedback_operations, optimizer_operations,   pass_operations,   training_operations,
    data_operations,    trainer_operations,  diagnostics_operations, random_operations,
};

/* --- what may not change --- */

/* A number for the weights and biases of every layer. */
typedef struct print {
    size_t depth[SLOTS];
    uint64_t layer[SLOTS][LAYERS];
    bool frozen[SLOTS][LAYERS];
} print;

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

static void take_print(const world *w, print *p)
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

static void compare(const print *before, const print *after, bool all)
{
    for (size_t k = 0; k < SLOTS; k++) {
        require(before->depth[k] == after->depth[k]);
        for (size_t l = 1; l <= before->depth[k]; l++)
            require(before->layer[k][l] == after->layer[k][l] || !(all || before->frozen[k][l]));
    }
}

static void make_call(world *w, const operation *operation, input *in)
{
    print before, after;
    take_print(w, &before);
    forget_failure();
    w->partly = false;
    const bool ok = expect_told(operation->run(w, in));
    if (operation->change == RUNNING || (operation->change == ON_OK && ok))
        return;
    take_print(w, &after);
    compare(&before, &after, operation->change == NOTHING || !(ok || w->partly));
}

/* --- beginning and end --- */

/* A network and what trains it, so that most inputs come far. */
static void begin(world *w, input *in)
{
    const size_t depth = 1 + take_index(in, 3);
    require(fa_network_create(&w->net[0], take_byte(in) % 2 == 0 ? FA_FLOAT32 : FA_FLOAT64, 1 + take_index(in, 9)) == FA_OK);
    for (size_t l = 1; l <= depth; l++)
        require(fa_network_add_dense(w->net[0], 1 + take_index(in, 9), (fa_activation)(1 + take_index(in, 5 + (l == depth))),
                                     take_byte(in) % 4 != 0) == FA_OK);
    require(fa_network_init_weights(w->net[0], 0, FA_INIT_NORMAL, 0.5, take_byte(in)) == FA_OK);
    require(fa_pass_create(&w->pass[0], w->net[0], 1 + take_index(in, 6)) == FA_OK);
    /* A rule may refuse the network. */
    fa_feedback_create(&w->fb[0], w->net[0], fa_rule_at(take_index(in, fa_rule_count())), NULL, 1);
    require(fa_optimizer_create(&w->opt[0], w->net[0], fa_optimizer_name_at(take_index(in, fa_optimizer_count()))) == FA_OK);
}

static void end(world *w)
{
    for (size_t k = 0; k < SLOTS; k++) {
        fa_network_destroy(w->net[k]);
        fa_invariant_destroy(w->invariant[k]);
        fa_recorder_destroy(w->rec[k]);
        fa_trainer_destroy(w->trainer[k]);
        fa_dataset_destroy(w->data[k]);
        fa_optimizer_destroy(w->opt[k]);
        fa_feedback_destroy(w->fb[k]);
        fa_pass_destroy(w->pass[k]);
    }
    while (w->n_kept > 0)
        free(w->kept[--w->n_kept]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    world w = {0};
    begin(&w, &in);
    for (int i = 0; i < CALLS && in.left > 0; i++) {
        const operation *list = operations[take_index(&in, KINDS)];
        size_t n = 0;
        while (list[n].run != NULL)
            n++;
        make_call(&w, &list[take_index(&in, n)], &in);
    }
    end(&w);
    return 0;
}
