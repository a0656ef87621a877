#include "session.h"

#include <math.h>
#include <string.h>

static void release_network(void *net)
{
    fa_network_destroy(net);
}

static void release_pass(void *pass)
{
    fa_pass_destroy(pass);
}

static void release_feedback(void *fb)
{
    fa_feedback_destroy(fb);
}

static void release_optimizer(void *opt)
{
    fa_optimizer_destroy(opt);
}

static void release_dataset(void *data)
{
    fa_dataset_destroy(data);
}

/* --- networks --- */

static const struct output_pair {
    fa_activation activation;
    fa_loss loss;
} output_pairs[] = {
    {FA_IDENTITY, FA_SQUARED_ERROR}, {FA_TANH, FA_SQUARED_ERROR},    {FA_LOGISTIC, FA_SQUARED_ERROR},
    {FA_RELU, FA_SQUARED_ERROR},     {FA_ERF, FA_SQUARED_ERROR},     {FA_SOFTMAX, FA_SQUARED_ERROR},
    {FA_SOFTMAX, FA_CROSS_ENTROPY},  {FA_LOGISTIC, FA_BINARY_CROSS_ENTROPY},
};

size_t output_pair_count(void)
{
    return sizeof output_pairs / sizeof output_pairs[0];
}

void set_output_pair(net_spec *spec, size_t i)
{
    spec->activation[spec->depth] = output_pairs[i].activation;
    spec->loss = output_pairs[i].loss;
}

net_spec make_spec(fa_dtype dtype, size_t depth, size_t width, fa_activation activation, bool bias)
{
    net_spec spec = {.dtype = dtype, .loss = FA_SQUARED_ERROR, .depth = depth};
    for (size_t l = 0; l <= depth; l++) {
        spec.width[l] = width + l % 2;
        spec.activation[l] = l == depth ? FA_IDENTITY : activation;
        spec.bias[l] = bias;
    }
    return spec;
}

net_spec random_spec(fa_dtype dtype, uint64_t *state)
{
    net_spec spec = {.dtype = dtype, .depth = 1 + draw_index(state, MAX_DEPTH)};
    for (size_t l = 0; l <= spec.depth; l++) {
        spec.width[l] = 1 + draw_index(state, MAX_WIDTH);
        spec.activation[l] = (fa_activation)(FA_IDENTITY + draw_index(state, FA_ERF));
        spec.bias[l] = draw_index(state, 2) == 0;
    }
    set_output_pair(&spec, draw_index(state, output_pair_count()));
    return spec;
}

fa_network *make_network(const net_spec *spec, uint64_t seed)
{
    fa_network *net;
    expect_ok(fa_network_create(&net, spec->dtype, spec->width[0]));
    keep(net, release_network);
    uint64_t state = seed;
    for (size_t l = 1; l <= spec->depth; l++) {
        double bound = 1.5 / sqrt((double)spec->width[l - 1]);
        expect_ok(fa_network_add_dense(net, spec->width[l], spec->activation[l], spec->bias[l]));
        fa_matrix w = make_uniform(spec->dtype, spec->width[l], spec->width[l - 1], LAYOUT_C, bound, &state);
        expect_ok(fa_network_set_weights(net, l, &w));
        if (spec->bias[l]) {
            fa_matrix b = make_uniform(spec->dtype, 1, spec->width[l], LAYOUT_C, bound, &state);
            expect_ok(fa_network_set_bias(net, l, &b));
        }
    }
    expect_ok(fa_network_set_loss(net, spec->loss));
    return net;
}

fa_pass *make_pass(const fa_network *net, size_t max_batch)
{
    fa_pass *pass;
    expect_ok(fa_pass_create(&pass, net, max_batch));
    return keep(pass, release_pass);
}

fa_feedback *make_feedback(const fa_network *net, const fa_rule *rule, void *user_data, uint64_t seed)
{
    fa_feedback *fb;
    expect_ok(fa_feedback_create(&fb, net, rule, user_data, seed));
    return keep(fb, release_feedback);
}

fa_optimizer *make_optimizer(const fa_network *net, double learning_rate)
{
    fa_optimizer *opt;
    expect_ok(fa_optimizer_create(&opt, net, "sgd"));
    keep(opt, release_optimizer);
    expect_ok(fa_optimizer_set(opt, "learning_rate", learning_rate));
    return opt;
}

bool keeps_feedback(const fa_feedback *fb, const fa_network *net, size_t l)
{
    size_t rows, cols;
    return fa_feedback_shape(fb, "B", l, &rows, &cols) == FA_OK && rows == fa_network_width(net, l) &&
           (cols == fa_network_width(net, l + 1) || cols == fa_network_width(net, fa_network_depth(net)));
}

fa_matrix make_target(const net_spec *spec, size_t n, view_layout layout, uint64_t *state)
{
    size_t width = spec->width[spec->depth];
    fa_matrix target = make_uniform(spec->dtype, n, width, layout, 1.0, state);
    for (size_t i = 0; i < n && spec->loss != FA_SQUARED_ERROR; i++) {
        size_t label = draw_index(state, width);
        for (size_t j = 0; j < width; j++)
            set_element(&target, i, j, spec->loss == FA_CROSS_ENTROPY ? (j == label) : fabs(element(&target, i, j)));
    }
    return target;
}

/* --- dropout --- */

void draw_mask(double probability, uint64_t seed, uint64_t step, size_t l, size_t count, double *mask)
{
    uint64_t words[MAX_BATCH * MAX_WIDTH / 2 + 1];
    fa_stream stream = {.seed = seed, .step = step, .purpose = FA_PURPOSE_DROPOUT, .layer = (uint32_t)l};
    expect_ok(fa_random_words(&stream, 0, count / 2 + 1, words));
    for (size_t i = 0; i < count; i++) {
        uint64_t half = i % 2 ? words[i / 2] >> 32 : words[i / 2] & 0xffffffff;
        mask[i] = half < (uint64_t)floor(probability * 4294967296.0) ? 0 : 1 / (1 - probability);
    }
}

/* --- data sets --- */

int32_t *make_labels(size_t n, size_t n_classes, uint64_t *state)
{
    int32_t *labels = make_memory(n, sizeof *labels);
    for (size_t i = 0; i < n; i++)
        labels[i] = (int32_t)draw_index(state, n_classes);
    return labels;
}

fa_dataset *make_dataset(const fa_matrix *x, const fa_matrix *target)
{
    fa_dataset *data;
    expect_ok(fa_dataset_create(&data, x, target));
    return keep(data, release_dataset);
}

fa_dataset *make_labelled(const fa_matrix *x, const int32_t *labels, size_t n_classes)
{
    fa_dataset *data;
    expect_ok(fa_dataset_create_labelled(&data, x, labels, n_classes));
    return keep(data, release_dataset);
}

fa_dataset *make_scattered(const fa_dataset *whole, size_t count, uint64_t seed)
{
    fa_dataset *data;
    expect_ok(fa_dataset_split(whole, seed, 1, &count, &data));
    return keep(data, release_dataset);
}

/* --- sessions --- */

session make_session(const net_spec *spec, const fa_rule *rule, size_t n, uint64_t seed)
{
    uint64_t state = seed + 1000;
    session s = {.spec = *spec, .net = make_network(spec, seed)};
    s.pass = make_pass(s.net, n);
    s.fb = make_feedback(s.net, rule, NULL, seed);
    s.opt = make_optimizer(s.net, 0.05);
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0.5));
    s.x = make_uniform(spec->dtype, n, spec->width[0], LAYOUT_C, 1.0, &state);
    s.target = make_target(spec, n, LAYOUT_C, &state);
    return s;
}

fa_status session_step(session *s, double *loss)
{
    return fa_train_step(s->net, s->pass, s->fb, s->opt, &s->x, &s->target, loss);
}

fa_status session_phases(session *s, double *loss)
{
    fa_status status = fa_forward(s->net, s->pass, &s->x);
    if (status == FA_OK)
        status = fa_error(s->net, s->pass, &s->target, loss);
    if (status == FA_OK)
        status = fa_backward(s->net, s->pass, s->fb);
    if (status == FA_OK)
        status = fa_update(s->net, s->pass, s->fb, s->opt);
    return status;
}

fa_matrix weights_of(const fa_network *net, size_t l)
{
    fa_matrix view;
    expect_ok(fa_network_weights(net, l, &view));
    return view;
}

fa_matrix bias_of(const fa_network *net, size_t l)
{
    fa_matrix view;
    expect_ok(fa_network_bias(net, l, &view));
    return view;
}

fa_matrix delta_of(const fa_pass *pass, size_t l)
{
    fa_matrix view;
    expect_ok(fa_pass_delta(pass, l, &view));
    return view;
}

static void append(state_copy *copy, const fa_matrix *view)
{
    for (size_t i = 0; i < view->rows; i++)
        for (size_t j = 0; j < view->cols; j++)
            copy->values[copy->count++] = element(view, i, j);
}

/* "B" and, of what else rules learn, "R"; not what a rule computes anew in every step. */
static const char *const learnt[] = {"B", "R"};

static bool find_learnt(const session *s, size_t i, size_t l, fa_matrix *view)
{
    if (fa_feedback_get(s->fb, learnt[i], l, view) != FA_OK)
        return false;
    fa_matrix copy = make_matrix(view->dtype, view->rows, view->cols);
    expect_ok(fa_matrix_copy(view, &copy));
    return fa_feedback_set(s->fb, learnt[i], l, &copy) != FA_ERR_UNSUPPORTED;
}

state_copy take_snapshot(const session *s)
{
    size_t room = 0;
    fa_matrix view;
    for (size_t l = 1; l <= s->spec.depth; l++) {
        room += s->spec.width[l] * (s->spec.width[l - 1] + 1);
        for (size_t i = 0; i < sizeof learnt / sizeof learnt[0]; i++)
            if (find_learnt(s, i, l, &view))
                room += view.rows * view.cols;
    }
    state_copy copy = {0, make_memory(room, sizeof(double))};
    for (size_t l = 1; l <= s->spec.depth; l++) {
        view = weights_of(s->net, l);
        append(&copy, &view);
        if (s->spec.bias[l]) {
            view = bias_of(s->net, l);
            append(&copy, &view);
        }
        for (size_t i = 0; i < sizeof learnt / sizeof learnt[0]; i++)
            if (find_learnt(s, i, l, &view))
                append(&copy, &view);
    }
    return copy;
}

bool same_snapshot(const state_copy *a, const state_copy *b)
{
    return a->count == b->count && memcmp(a->values, b->values, a->count * sizeof *a->values) == 0;
}
