/* The public interface, called with arguments of all kinds in any order. After every call: the status is one there is,
 * a failure has left a sentence, and no network has changed but where the headers say so. */
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

/* A network of one kind or another; one in eight is what <fa/diagnostics.h> watches conserved quantities of. */
static void begin_network(world *w, input *in)
{
    const bool linear = take_index(in, 8) == 7;
    const size_t depth = linear ? 2 : 1 + take_index(in, 3);
    const fa_dtype dtype = take_byte(in) % 2 == 0 ? FA_FLOAT32 : FA_FLOAT64;
    require(fa_network_create(&w->net[0], dtype, 1 + take_index(in, 9)) == FA_OK);
    for (size_t l = 1; l <= depth; l++) {
        const size_t width = 1 + take_index(in, 9);
        const fa_activation activation = (fa_activation)(1 + take_index(in, l == depth ? 6 : 5));
        const bool bias = take_byte(in) % 4 != 0 && !linear;
        require(fa_network_add_dense(w->net[0], width, linear ? FA_IDENTITY : activation, bias) == FA_OK);
    }
    require(fa_network_init_weights(w->net[0], 0, FA_INIT_NORMAL, 0.5, take_byte(in)) == FA_OK);
}

/* All that trains it, so that most inputs come far. */
static void begin(world *w, input *in)
{
    begin_network(w, in);
    const fa_network *net = w->net[0];
    require(fa_pass_create(&w->pass[0], net, 1 + take_index(in, 6)) == FA_OK);
    /* A rule may refuse the network. */
    fa_feedback_create(&w->fb[0], net, fa_rule_at(take_index(in, fa_rule_count())), NULL, 1);
    w->kind = fa_optimizer_name_at(take_index(in, fa_optimizer_count()));
    require(fa_optimizer_create(&w->opt[0], net, w->kind) == FA_OK);
    require(fa_trainer_create(&w->trainer[0], net, 1) == FA_OK && fa_trainer_set(w->trainer[0], "epochs", 2) == FA_OK);
    require(fa_recorder_create(&w->rec[0], net, NULL, 1) == FA_OK);
    const size_t n = 1 + take_index(in, 9);
    const fa_matrix *x = take_x(w, in, net, n);
    /* So may a data set, if the fuzzer has spoiled a matrix. */
    fa_dataset_create(&w->data[0], x, take_target(w, in, net, n));
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
