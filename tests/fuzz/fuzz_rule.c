/* A rule of a user's that makes any calls of <fa/rule.h> and <fa/step.h> in its callbacks, with views of the step and
 * matrices of its own. It keeps to the contract: what is read only is not written, and nothing is written over what is
 * being read. */
#include "print.h"

#include <string.h>

enum { VIEWS = 6, SETUP_CALLS = 5, STEP_CALLS = 12, STEPS = 8 };

typedef struct seen {
    fa_matrix view;
    bool writable;
} seen;

/* The user_data of the rule. */
typedef struct script {
    world *w;
    input *in;
    seen views[VIEWS];
    bool adapting;
} script;

static const char *take_array(input *in)
{
    static const char *const names[] = {"B", "A", "S", "A", "a_name_of_more_than_15_characters", "no name", "", NULL};
    const uint8_t byte = take_byte(in);
    return names[byte < 240 ? byte % 4 : 4 + byte % 4];
}

/* What a callback returns: the failure of a call, or not, or one of its own. */
static fa_status answer(input *in, fa_status status)
{
    const uint8_t byte = take_byte(in);
    if (byte >= 252)
        return fa_rule_fail(byte == 255 ? "" : "the fuzzer said so");
    return byte >= 128 ? status : FA_OK;
}

/* --- setup --- */

static fa_status setup_call(fa_setup *setup, input *in)
{
    const size_t l = take_layer(in, fa_setup_depth(setup));
    const fa_topology topology = (fa_topology)take_kind(in, 2);
    double value;
    switch (take_byte(in) % 9) {
    case 0:
        return fa_setup_feedback(setup, topology);
    case 1:
        return fa_setup_feedback_layer(setup, topology, l, (fa_feedback_draw)take_kind(in, 8));
    case 2:
        return fa_setup_derived_feedback(setup, topology);
    case 3: {
        const size_t rows = take_size(in), cols = take_size(in);
        const fa_init init = (fa_init)take_kind(in, 7);
        return fa_setup_array(setup, take_array(in), l, rows, cols, init, take_number(in));
    }
    case 4: {
        const size_t rows = take_size(in), cols = take_size(in);
        return fa_setup_scratch(setup, take_array(in), l, rows, cols);
    }
    case 5:
        return fa_setup_increments(setup, l);
    case 6:
        return fa_setup_param(setup, take_byte(in) % 2 == 0 ? "gain" : "size", &value);
    case 7: /* like W_l, so that it fits somewhere */
        return fa_setup_array(setup, "A", l, fa_setup_width(setup, l), fa_setup_width(setup, l > 0 ? l - 1 : 0),
                              FA_INIT_NORMAL, 1);
    default:
        return fa_setup_slots(setup, take_byte(in) % 10);
    }
}

static fa_status set_up(fa_setup *setup)
{
    script *s = fa_setup_user_data(setup);
    fa_status status = FA_OK;
    const int calls = take_byte(s->in) % SETUP_CALLS;
    for (int i = 0; i < calls && status == FA_OK; i++) {
        forget_failure();
        status = setup_call(setup, s->in);
        expect_told(status);
    }
    return answer(s->in, status);
}

/* --- what a step shows --- */

static fa_status look(fa_step *step, script *s)
{
    input *in = s->in;
    const size_t l = take_layer(in, fa_step_depth(step)), slot = take_byte(in) % 4;
    seen *to = &s->views[take_index(in, VIEWS)];
    fa_matrix bias;
    fa_status status;
    to->writable = false;
    switch (take_byte(in) % 8) {
    case 0:
        status = fa_step_activity(step, slot, l, &to->view);
        to->writable = slot > 0;
        break;
    case 1:
        status = fa_step_target(step, &to->view);
        break;
    case 2:
        status = fa_step_delta(step, l, &to->view);
        to->writable = l < fa_step_depth(step) && !s->adapting;
        break;
    case 3:
        status = fa_step_weights(step, l, &to->view);
        break;
    case 4:
        status = fa_step_bias(step, l, &to->view);
        break;
    case 5:
        status = fa_step_array(step, take_array(in), l, &to->view);
        to->writable = s->adapting;
        break;
    case 6:
        status = fa_step_gradient(step, l, &to->view, take_byte(in) % 2 == 0 ? NULL : &bias);
        to->writable = true;
        break;
    default:
        status = fa_step_increment(step, l, &to->view, take_byte(in) % 2 == 0 ? NULL : &bias);
    }
    if (status != FA_OK)
        to->view = (fa_matrix){0};
    to->writable = to->writable && status == FA_OK;
    return status;
}

/* A view that was seen, as it is or transposed; sometimes a matrix of the rule's own of the same shape, or NULL. */
static const fa_matrix *take_view(script *s)
{
    const uint8_t byte = take_byte(s->in);
    const seen *found = &s->views[byte % VIEWS];
    if (byte >= 248) {
        /* By their alignment the library tells its own arrays: one that has it by chance would break the contract. */
        const fa_matrix *own = take_matrix(s->w, s->in, found->view.rows, found->view.cols, found->view.dtype);
        return own != NULL && (uintptr_t)own->data % 32 == 0 ? &found->view : own;
    }
    if (byte < 200)
        return &found->view;
    fa_matrix *turned = keep_memory(s->w, sizeof *turned);
    *turned = fa_matrix_transpose(found->view);
    return turned;
}

/* One that may be written; else nothing, which is refused. */
static const fa_matrix *take_result(script *s)
{
    static const fa_matrix nothing;
    const seen *found = &s->views[take_index(s->in, VIEWS)];
    return found->writable ? &found->view : &nothing;
}

/* Whether c may be written while a is read. */
static bool apart(const fa_matrix *a, const fa_matrix *c, bool whole)
{
    return a == NULL || a->data != c->data || a->data == NULL ||
           (!whole && a->row_stride == c->row_stride && a->col_stride == c->col_stride);
}

/* --- calls --- */

static fa_status deltas(fa_step *step, script *s)
{
    input *in = s->in;
    const size_t l = take_layer(in, fa_step_depth(step));
    const fa_operand *operand = take_byte(in) % 2 == 0 ? fa_step_weights_operand(step, l)
                                                       : fa_step_array_operand(step, take_array(in), l);
    switch (take_byte(in) % 10) {
    case 0:
        return fa_step_transport(step, l);
    case 1:
        return fa_step_inject(step, l);
    case 2:
        return fa_step_inject_signal(step, l, take_number(in), take_view(s));
    case 3:
        return fa_step_carry(step, l);
    case 4: {
        const fa_matrix *left = take_view(s);
        return fa_step_transport_through(step, l, left, take_view(s));
    }
    case 5:
        return fa_step_transport_with(step, l, operand);
    case 6:
        return fa_step_inject_with(step, l, operand);
    case 7:
        return fa_step_apply_slope(step, l);
    case 8:
        return fa_step_apply_mask(step, l);
    default:
        return take_byte(in) % 2 == 0 ? fa_step_set_presynaptic(step, l, take_view(s))
                                      : fa_step_set_postsynaptic(step, l, take_view(s));
    }
}

static fa_status passes(fa_step *step, script *s)
{
    input *in = s->in;
    const size_t l = take_layer(in, fa_step_depth(step)), slot = take_byte(in) % 4, noise = take_byte(in) % 4;
    switch (take_byte(in) % 6) {
    case 0:
        return fa_step_forward(step, slot, take_byte(in) % 2 == 0 ? NULL : take_view(s), noise);
    case 1:
        return fa_step_loss(step, slot, keep_memory(s->w, fa_step_batch(step) * sizeof(double)));
    case 2:
        return fa_step_error(step, slot, take_result(s));
    case 3:
        return fa_step_layer(step, l, take_view(s), noise, slot);
    case 4: {
        const double low = take_number(in), high = take_number(in);
        return fa_step_uniform(step, FA_PURPOSE_RULE, l, low, high, take_result(s));
    }
    default: {
        const double mean = take_number(in), deviation = take_number(in);
        return fa_step_normal(step, FA_PURPOSE_USER, l, mean, deviation, take_result(s));
    }
    }
}

static fa_status arithmetic(fa_step *step, script *s)
{
    const fa_matrix *a = take_view(s), *b = take_view(s), *c = take_result(s);
    const double alpha = take_number(s->in), beta = take_number(s->in);
    switch (take_byte(s->in) % 7) {
    case 0:
        return fa_step_product(step, alpha, a, b, beta, c); /* which sees to it itself */
    case 1:
        return apart(a, c, false) ? fa_step_combine(step, alpha, a, beta, c) : FA_OK;
    case 2:
        return apart(a, c, false) && apart(b, c, false) ? fa_step_sign(step, alpha, b, a, c) : FA_OK;
    case 3:
        return apart(a, c, true) ? fa_step_pseudo_inverse(step, a, c) : FA_OK;
    case 4: {
        double *factors = keep_memory(s->w, (c->rows + 1) * sizeof *factors);
        for (size_t i = 0; i < c->rows; i++)
            factors[i] = alpha;
        return apart(a, c, false) ? fa_step_scale_rows(step, factors, a, c) : FA_OK;
    }
    case 5:
        return apart(a, c, true) ? fa_step_add_row(step, a, c) : FA_OK;
    default:
        return s->adapting ? fa_step_shrink_weights(step, take_layer(s->in, fa_step_depth(step)), alpha) : FA_OK;
    }
}

static fa_status ask(fa_step *step, script *s)
{
    double value;
    const fa_status status = fa_step_param(step, take_byte(s->in) % 2 == 0 ? "gain" : "nothing", &value);
    double *numbers = fa_step_numbers(step, take_byte(s->in) % 3);
    for (size_t i = 0; numbers != NULL && i < fa_step_batch(step); i++)
        numbers[i] = 1;
    require(fa_step_width(step, fa_step_depth(step)) > 0 && fa_dtype_size(fa_step_dtype(step)) > 0);
    require(s->adapting || fa_step_learning_rate(step) != fa_step_learning_rate(step));
    return status;
}

static fa_status make_calls(fa_step *step)
{
    script *s = fa_step_user_data(step);
    fa_status status = FA_OK;
    memset(s->views, 0, sizeof s->views);
    const int calls = take_byte(s->in) % STEP_CALLS;
    for (int i = 0; i < calls; i++) {
        forget_failure();
        const uint8_t kind = take_byte(s->in) % 7;
        status = kind < 3    ? look(step, s)
                 : kind == 3 ? deltas(step, s)
                 : kind == 4 ? passes(step, s)
                 : kind == 5 ? arithmetic(step, s)
                             : ask(step, s);
        expect_told(status);
    }
    return answer(s->in, status);
}

static fa_status backward(fa_step *step)
{
    ((script *)fa_step_user_data(step))->adapting = false;
    return make_calls(step);
}

static fa_status local(fa_step *step, size_t l)
{
    require(l >= 1 && l < fa_step_depth(step));
    return backward(step);
}

static void adapt(fa_step *step)
{
    ((script *)fa_step_user_data(step))->adapting = true;
    make_calls(step);
}

/* --- steps --- */

static fa_status train(world *w, input *in)
{
    fa_network *net = w->net[0];
    fa_pass *pass = w->pass[take_byte(in) % 4 == 0];
    const fa_matrix *x = take_x(w, in, net, take_batch(in, pass));
    const fa_matrix *target = take_target(w, in, net, x == NULL ? 1 : x->rows);
    fa_matrix view;
    fa_status status = FA_OK;
    w->partly = fa_pass_is_streaming(pass);
    switch (take_byte(in) % 8) {
    case 0:
        return fa_feedback_adapt(w->fb[0], net, pass, take_byte(in) % 3);
    case 1:
        return fa_feedback_set_param(w->fb[0], take_byte(in) % 2 == 0 ? "gain" : "size", take_number(in));
    case 2:
        return fa_feedback_use_weights(w->fb[0], take_layer(in, fa_network_depth(net)), take_byte(in) % 2 == 0);
    case 3:
        status = fa_feedback_get(w->fb[0], "A", take_layer(in, fa_network_depth(net)), &view);
        look_at(status, &view);
        return status;
    case 4:
    case 5:
        status = fa_forward(net, pass, x);
        if (status == FA_OK)
            status = fa_error(net, pass, target, NULL);
        if (status == FA_OK)
            status = fa_backward(net, pass, w->fb[0]);
        if (status == FA_OK && take_byte(in) % 2 == 0)
            status = fa_gradient(net, pass, w->fb[0]);
        return status == FA_OK ? fa_update(net, pass, w->fb[0], w->opt[0]) : status;
    default:
        return fa_train_step(net, pass, w->fb[0], w->opt[0], x, target, NULL);
    }
}

static void begin(world *w, input *in)
{
    const size_t depth = 1 + take_index(in, 3);
    require(fa_network_create(&w->net[0], take_byte(in) % 2 == 0 ? FA_FLOAT32 : FA_FLOAT64, 1 + take_index(in, 9)) ==
            FA_OK);
    for (size_t l = 1; l <= depth; l++)
        require(fa_network_add_dense(w->net[0], 1 + take_index(in, 9), (fa_activation)(1 + take_index(in, 5)),
                                     take_byte(in) % 4 != 0) == FA_OK);
    require(fa_network_init_weights(w->net[0], 0, FA_INIT_NORMAL, 0.5, 1) == FA_OK);
    if (take_byte(in) % 4 == 0)
        require(fa_network_set_dropout(w->net[0], take_index(in, depth), 0.5) == FA_OK);
    require(fa_pass_create(&w->pass[0], w->net[0], 1 + take_index(in, 6)) == FA_OK);
    require(fa_pass_create_streaming(&w->pass[1], w->net[0], 1 + take_index(in, 6)) == FA_OK);
    require(fa_pass_set_dropout(w->pass[0], 1, 0) == FA_OK);
    require(fa_optimizer_create(&w->opt[0], w->net[0], fa_optimizer_name_at(take_index(in, fa_optimizer_count()))) ==
            FA_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const fa_param params[] = {{"gain", FA_PARAM_REAL, 1, 0, 10, NULL, ""},
                                      {"size", FA_PARAM_INTEGER, 1, 1, 9, NULL, ""}};
    input in = {data, size};
    world w = {0};
    script s = {.w = &w, .in = &in};
    begin(&w, &in);
    const uint8_t has = take_byte(&in);
    fa_rule rule = {.struct_size = sizeof rule, .name = "fuzzed", .params = params, .n_params = 2, .setup = set_up,
                    .backward = backward, .adapt = has & 1 ? adapt : NULL, .flags = take_byte(&in) & 0x1f};
    if (rule.flags & FA_RULE_LOCAL && has & 2) {
        rule.local = local;
        rule.backward = NULL;
    }
    forget_failure();
    if (expect_told(fa_feedback_create(&w.fb[0], w.net[0], &rule, &s, 1)))
        for (int i = 0; i < STEPS && in.left > 0; i++) {
            print before, after;
            take_print(&w, &before);
            forget_failure();
            if (!expect_told(train(&w, &in)) && !w.partly) {
                take_print(&w, &after);
                compare_prints(&before, &after, true);
            }
        }
    end_world(&w);
    return 0;
}
