/* custom_rule -- a learning rule of one's own, beside two of the library's.
 *
 * "tracking" is feedback alignment whose feedback matrix follows the forward weights: whatever the optimizer adds to
 * W_{l+1} is added to V_l too, transposed.
 *
 *     delta_l = (V_l delta_{l+1}) .* f'(z_l)
 *     V_l <- V_l + gain dW_{l+1}^T          after the update
 *
 * W itself is never looked at. gain = 0 is feedback alignment; with gain > 0 what V started from fades beside what was
 * learned, and the angle between W^T and V falls. Started from V_l = W_{l+1}^T, gain = 1 would be back-propagation;
 * with gain = 1 and the same decay of W and V it is the rule of Kolen & Pollack (1994).
 *
 * The rule needs <fa/rule.h> only; everything from struct example on is the program that tries it.
 *
 * SPDX-License-Identifier: MIT */
#include <fa/rule.h>

#include <fa/fa.h>
#include <math.h>
#include <stdio.h>

static fa_status setup(fa_setup *arrays)
{
    fa_status status = FA_OK;

    for (size_t l = 1; l < fa_setup_depth(arrays) && status == FA_OK; l++)
        status = fa_setup_array(arrays, "V", l, fa_setup_width(arrays, l), fa_setup_width(arrays, l + 1),
                                FA_INIT_UNIFORM, 0.5);
    return status;
}

static fa_status backward(fa_step *step)
{
    fa_status status = FA_OK;

    for (size_t l = fa_step_depth(step) - 1; l >= 1 && status == FA_OK; l--)
        status = fa_step_transport_with(step, l, fa_step_array_operand(step, "V", l));
    return status;
}

/* V += gain dW^T. The views say where the elements lie: never assume that they are contiguous. */
static void add_transposed(const fa_matrix *V, const fa_matrix *dW, double gain)
{
    for (size_t i = 0; i < V->rows; i++) {
        for (size_t j = 0; j < V->cols; j++) {
            size_t to = i * V->row_stride + j * V->col_stride;
            size_t from = j * dW->row_stride + i * dW->col_stride;

            if (V->dtype == FA_FLOAT64)
                ((double *)V->data)[to] += gain * ((const double *)dW->data)[from];
            else
                ((float *)V->data)[to] += (float)gain * ((const float *)dW->data)[from];
        }
    }
}

/* Called after the update; it cannot fail, and neither can these calls. */
static void adapt(fa_step *step)
{
    double gain = 0.0;

    fa_step_param(step, "gain", &gain);
    for (size_t l = 1; l < fa_step_depth(step); l++) {
        fa_matrix V, dW;

        if (fa_step_array(step, "V", l, &V) == FA_OK && fa_step_increment(step, l + 1, &dW, NULL) == FA_OK)
            add_transposed(&V, &dW, gain);
    }
}

static const fa_param params[] = {
    {"gain", FA_PARAM_REAL, 1.0, 0.0, 1000.0, NULL, "how much of each weight change the feedback takes over"},
};

static const fa_rule tracking = {
    .struct_size = sizeof(fa_rule),
    .name = "tracking",
    .summary = "delta_l = (V_l delta_{l+1}) .* f'(z_l), V_l follows the transpose of W_{l+1}",
    .flags = FA_RULE_NEEDS_INCREMENT,
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .adapt = adapt,
};

/* --- trying it ------------------------------------------------------------------------------------------------- */

enum { N_INPUTS = 30, N_HIDDEN = 20, N_OUTPUTS = 10, N_SAMPLES = 75, EPOCHS = 1000 };

static const double learning_rate = 0.05;

typedef struct example {
    fa_network *start; /* every rule learns in a copy of it */
    fa_matrix   x, y, feedback;
} example;

static void example_free(example *task)
{
    fa_network_destroy(task->start);
    fa_matrix_free(&task->x);
    fa_matrix_free(&task->y);
    fa_matrix_free(&task->feedback);
}

/* y = T x for a random T, computed by a network of one layer. */
static fa_status make_samples(example *task, uint64_t seed)
{
    fa_stream inputs = {.seed = seed, .purpose = (uint32_t)FA_PURPOSE_USER};
    fa_network *teacher = NULL;
    fa_status status = fa_network_create(&teacher, FA_FLOAT64, N_INPUTS);

    if (status == FA_OK)
        status = fa_network_add_dense(teacher, N_OUTPUTS, FA_IDENTITY, false);
    if (status == FA_OK)
        status = fa_network_init_weights(teacher, 1, FA_INIT_UNIFORM, 1.0, seed + 1);
    if (status == FA_OK)
        status = fa_matrix_alloc(&task->x, N_SAMPLES, N_INPUTS, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_matrix_alloc(&task->y, N_SAMPLES, N_OUTPUTS, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_random_normal(&inputs, 0.0, 1.0, &task->x);
    if (status == FA_OK)
        status = fa_network_predict(teacher, &task->x, &task->y);
    fa_network_destroy(teacher);
    return status;
}

static fa_status example_make(example *task, uint64_t seed)
{
    fa_stream feedback = {.seed = seed, .purpose = (uint32_t)FA_PURPOSE_USER + 1};
    fa_status status = make_samples(task, seed);

    if (status == FA_OK)
        status = fa_network_create(&task->start, FA_FLOAT64, N_INPUTS);
    if (status == FA_OK)
        status = fa_network_add_dense(task->start, N_HIDDEN, FA_IDENTITY, false);
    if (status == FA_OK)
        status = fa_network_add_dense(task->start, N_OUTPUTS, FA_IDENTITY, false);
    if (status == FA_OK)
        status = fa_network_init_weights(task->start, 0, FA_INIT_UNIFORM, 0.01, seed);
    if (status == FA_OK)
        status = fa_matrix_alloc(&task->feedback, N_HIDDEN, N_OUTPUTS, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_random_uniform(&feedback, -0.5, 0.5, &task->feedback);
    return status;
}

/* What the table shows. */
typedef struct outcome {
    double first_loss, last_loss;
    size_t epochs_to_percent; /* until the loss is 1 % of the first; 0: never */
    double angle;             /* between W^T and the feedback, degrees; NaN without one */
} outcome;

static fa_status learn(const example *task, fa_network *net, fa_feedback *fb, outcome *seen)
{
    fa_pass *pass = NULL;
    fa_optimizer *opt = NULL;
    fa_status status = fa_pass_create(&pass, net, N_SAMPLES);

    if (status == FA_OK)
        status = fa_optimizer_create(&opt, net, "sgd");
    if (status == FA_OK)
        status = fa_optimizer_set(opt, "learning_rate", learning_rate);
    for (size_t epoch = 0; epoch < EPOCHS && status == FA_OK; epoch++) {
        status = fa_train_step(net, pass, fb, opt, &task->x, &task->y, &seen->last_loss);
        if (epoch == 0)
            seen->first_loss = seen->last_loss;
        if (seen->epochs_to_percent == 0 && seen->last_loss < 0.01 * seen->first_loss)
            seen->epochs_to_percent = epoch;
    }
    fa_pass_destroy(pass);
    fa_optimizer_destroy(opt);
    return status;
}

/* array: the name of the rule's feedback, NULL if it keeps none. gain: NULL if the rule has no such parameter. */
static fa_status try_rule(const example *task, const fa_rule *rule, const char *array, const double *gain,
                          outcome *seen)
{
    fa_network *net = NULL;
    fa_feedback *fb = NULL;
    fa_status status = fa_network_copy(&net, task->start);

    *seen = (outcome){.angle = NAN};
    if (status == FA_OK)
        status = fa_feedback_create(&fb, net, rule, NULL, 1);
    if (status == FA_OK && array)
        status = fa_feedback_set(fb, array, 1, &task->feedback);
    if (status == FA_OK && gain)
        status = fa_feedback_set_param(fb, "gain", *gain);
    if (status == FA_OK)
        status = learn(task, net, fb, seen);
    if (status == FA_OK && array) {
        fa_matrix W, feedback;

        status = fa_network_weights(net, 2, &W);
        if (status == FA_OK)
            status = fa_feedback_get(fb, array, 1, &feedback);
        W = fa_matrix_transpose(W);
        if (status == FA_OK)
            status = fa_angle(&W, &feedback, &seen->angle);
    }
    fa_feedback_destroy(fb);
    fa_network_destroy(net);
    return status;
}

static void show(const char *name, const outcome *seen)
{
    printf("%-18s  %10.4g  %10.3g  %12zu", name, seen->first_loss, seen->last_loss, seen->epochs_to_percent);
    if (isfinite(seen->angle))
        printf("  %16.1f\n", seen->angle);
    else
        printf("  %16s\n", "-");
}

static fa_status compare(const example *task, bool *learned)
{
    static const double gains[] = {0.0, 0.5, 1.0, 2.0};
    outcome bp, fa, own;
    fa_status status = try_rule(task, fa_rule_find("bp"), NULL, NULL, &bp);

    if (status == FA_OK)
        status = try_rule(task, fa_rule_find("fa"), "B", NULL, &fa);
    if (status != FA_OK)
        return status;
    printf("%-18s  %10s  %10s  %12s  %16s\n", "rule", "first loss", "last loss", "epochs to 1%", "W^T to feedback");
    show("bp", &bp);
    show("fa", &fa);
    for (size_t i = 0; i < sizeof gains / sizeof gains[0] && status == FA_OK; i++) {
        char name[32];

        status = try_rule(task, &tracking, "V", &gains[i], &own);
        snprintf(name, sizeof name, "tracking, gain %.1f", gains[i]);
        if (status == FA_OK)
            show(name, &own);
    }
    printf("Learning rate %g for all: the larger the feedback, the faster the hidden layer moves.\n", learning_rate);
    *learned = own.last_loss < 1e-6 * own.first_loss && own.angle < fa.angle;
    return status;
}

int main(void)
{
    example task = {0};
    bool learned = false;
    fa_status status = example_make(&task, 1);

    if (status == FA_OK)
        status = compare(&task, &learned);
    example_free(&task);
    if (status != FA_OK)
        fprintf(stderr, "custom_rule: %s\n", fa_last_error());
    else if (!learned)
        fprintf(stderr, "custom_rule: the rule did not learn\n");
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "custom_rule: cannot write to the standard output\n");
        return 1;
    }
    return status == FA_OK && learned ? 0 : 1;
}
