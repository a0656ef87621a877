/* The public interface, called with arguments of all kinds in any order. After every call: the status is one there is, a
 * failure has left a sentence, and no network has changed but where the headers say so. */
#include "print.h"

enum { KINDS = 9, CALLS = 60 };

static const operation *const operations[KINDS] = {
    network_operations, feedback_operations, optimizer_operations,   pass_operations,   training_operations,
    data_operations,    trainer_operations,  diagnostics_operations, random_operations,
};

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
    compare_prints(&before, &after, operation->change == NOTHING || !(ok || w->partly));
}

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
    end_world(&w);
    return 0;
}
