/* Options about the network and its feedback matrices. */
#include "settings.h"

#include <ctype.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/options.h"

static bool take_width(void *data, const char *name, char *item)
{
    settings *chosen = data;
    uint64_t width;

    if (!option_whole(name, item, 1, INT32_MAX, &width))
        return false;
    if (chosen->n_hidden == MAX_HIDDEN) {
        complain("%s takes %d layers at most", name, MAX_HIDDEN);
        return false;
    }
    chosen->hidden[chosen->n_hidden++] = (size_t)width;
    return true;
}

static bool set_hidden(void *chosen, const char *name, const char *value)
{
    return strcmp(value, "none") == 0 || option_each(name, value, take_width, chosen);
}

static bool find_activation(const char *name, const char *value, fa_activation *activation)
{
    if (fa_activation_find(value, activation) == FA_OK)
        return true;
    complain("%s: %s", name, fa_last_error());
    return false;
}

static bool set_activation(void *data, const char *name, const char *value)
{
    settings *chosen = data;

    if (!find_activation(name, value, &chosen->activation))
        return false;
    if (chosen->activation != FA_SOFTMAX)
        return true;
    complain("%s: softmax is for the output layer only", name);
    return false;
}

static bool set_output_activation(void *chosen, const char *name, const char *value)
{
    return find_activation(name, value, &((settings *)chosen)->output_activation);
}

static bool set_loss(void *chosen, const char *name, const char *value)
{
    if (fa_loss_find(value, &((settings *)chosen)->loss) == FA_OK)
        return true;
    complain("%s: %s", name, fa_last_error());
    return false;
}

/* NAME or, after a mark, NAME=SCALE. */
static bool read_initialization(const char *name, const char *value, char mark, initialization *chosen)
{
    char kind[64];
    const char *end = strchr(value, mark);
    size_t length = end ? (size_t)(end - value) : strlen(value);

    if (length >= sizeof kind)
        length = sizeof kind - 1;
    memcpy(kind, value, length);
    kind[length] = '\0';
    chosen->scale = 1.0;
    if (fa_init_find(kind, &chosen->init) != FA_OK) {
        complain("%s: %s", name, fa_last_error());
        return false;
    }
    return !end || option_real(name, end + 1, 0.0, 1e6, &chosen->scale);
}

/* Of all layers, NAME[=F], or of one of them, l=NAME[:F]. */
static bool take_initialization(const settings *chosen, const char *name, char *item, initializations *drawn)
{
    char *value;
    uint64_t l;

    if (!isdigit((unsigned char)item[0]))
        return read_initialization(name, item, '=', &drawn->all);
    value = named_split(name, "NAME[=F] or l=NAME[:F]", item);
    if (!value || !option_whole(name, item, 1, chosen->n_hidden + 1, &l))
        return false;
    drawn->own[l] = true;
    return read_initialization(name, value, ':', &drawn->at[l]);
}

static bool take_init(void *data, const char *name, char *item)
{
    settings *chosen = data;

    return take_initialization(chosen, name, item, &chosen->weights);
}

static bool take_bias_init(void *data, const char *name, char *item)
{
    settings *chosen = data;

    return take_initialization(chosen, name, item, &chosen->biases);
}

/* --init and --bias-init may name single layers only. */
static bool set_init(void *data, const char *name, const char *value)
{
    settings *chosen = data;

    return read_initialization(name, "glorot_uniform", '=', &chosen->weights.all) &&
           option_each(name, value, take_init, chosen);
}

static bool set_bias_init(void *data, const char *name, const char *value)
{
    settings *chosen = data;

    return read_initialization(name, "zero", '=', &chosen->biases.all) &&
           option_each(name, value, take_bias_init, chosen);
}

static bool set_feedback_init(void *chosen, const char *name, const char *value)
{
    ((settings *)chosen)->own_feedback = true;
    return read_initialization(name, value, '=', &((settings *)chosen)->feedback);
}

static bool set_feedback_scale(void *chosen, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &((settings *)chosen)->feedback_scale);
}

static bool take_sparsity(void *data, const char *name, char *item)
{
    settings *chosen = data;
    char *value = named_split(name, "F or l=F", item);
    uint64_t l;

    return value && option_whole(name, item, 1, chosen->n_hidden + 1, &l) &&
           option_real(name, value, 0.0, 1.0, &chosen->sparsity[l - 1]);
}

static bool set_sparsity(void *data, const char *name, const char *value)
{
    settings *chosen = data;
    double all;

    if (strchr(value, '='))
        return option_each(name, value, take_sparsity, chosen);
    if (!option_real(name, value, 0.0, 1.0, &all))
        return false;
    for (size_t l = 1; l <= chosen->n_hidden + 1; l++)
        chosen->sparsity[l - 1] = all;
    return true;
}

static bool set_hold_norm(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->hold_norm = true;
    return true;
}

static bool take_dropout(void *data, const char *name, char *item)
{
    settings *chosen = data;
    char *value = named_split(name, "l=P (a layer and a probability)", item);
    uint64_t l;

    return value && option_whole(name, item, 0, chosen->n_hidden, &l) &&
           option_real(name, value, 0.0, 0.999, &chosen->dropout[l]);
}

static bool set_dropout(void *chosen, const char *name, const char *value)
{
    return option_each(name, value, take_dropout, chosen);
}

static bool take_bp_layer(void *data, const char *name, char *item)
{
    settings *chosen = data;
    uint64_t l;

    if (chosen->n_hidden == 0) {
        complain("%s takes hidden layers, and --hidden is none", name);
        return false;
    }
    if (strcmp(item, "last") == 0) {
        chosen->bp_layers[chosen->n_hidden] = true;
        return true;
    }
    if (!option_whole(name, item, 1, chosen->n_hidden, &l))
        return false;
    chosen->bp_layers[l] = true;
    return true;
}

static bool set_bp_layers(void *chosen, const char *name, const char *value)
{
    return option_each(name, value, take_bp_layer, chosen);
}

static const option table[] = {
    {"--hidden", "N[,N]", "neurons of the hidden layers, separated by commas, or none", set_hidden, "500"},
    {"--activation", "NAME", "of the hidden layers: tanh, logistic, relu, erf, identity", set_activation, "tanh"},
    {"--loss", "NAME", "cross_entropy (softmax outputs), binary_cross_entropy (logistic outputs: the "
                       "error enters without the slope of the output), squared_error",
     set_loss, "cross_entropy"},
    {"--output-activation", "NAME", "of the outputs; default: softmax with cross_entropy, else logistic",
     set_output_activation, NULL},
    {"--init", "NAME[=F],l=NAME[:F],...",
     "how W is drawn: zero, uniform (U[-F, F)), normal, glorot_uniform, "
     "glorot_normal, kaiming_uniform, kaiming_normal; F is 1 if left out. With l= it is "
     "that of layer l alone, e.g. zero,1=kaiming_uniform:0.4", set_init, "glorot_uniform"},
    {"--bias-init", "NAME[=F],l=NAME[:F],...", "the same for biases", set_bias_init, "zero"},
    {"--feedback-init", "NAME[=F]", "the same for the rule's B; default: as the rule does it (fa: "
                                        "U[-1/sqrt(n_l), 1/sqrt(n_l))). Rules without a B that could be set, as "
                                        "bp or sign-symmetry, are left alone, here and below", set_feedback_init, NULL},
    {"--feedback-scale", "F", "multiply B by F, however it is drawn; default 1", set_feedback_scale, NULL},
    {"--bp-layers", "l,...", "hidden layers (numbers, or last) that the error reaches through W_{l+1}^T from "
                             "the layer above, as by back-propagation, and not through B_l. Rules that have "
                             "no B are left alone; one whose B cannot be replaced, such as drtp, which works "
                             "before the error is known, is refused", set_bp_layers, NULL},
    {"--sparsity", "F|l=F,...", "remove this share of the connections of every layer, or of layer l, at "
                                "random: of W_l for good, of B_{l-1}, which stands for it, at the start",
     set_sparsity, "0"},
    {"--hold-norm", NULL, "rescale every W_l after each update to the Frobenius norm that it starts with",
     set_hold_norm, NULL},
    {"--dropout", "l=P,...", "dropout of layer l with probability P; layer 0 are the inputs", set_dropout, NULL},
};

const option_group settings_network = {"Network", table, sizeof table / sizeof table[0]};
