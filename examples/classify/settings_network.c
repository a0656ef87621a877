/* Options about the network and its feedback matrices. */
#include "settings.h"

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

/* NAME or NAME=SCALE. */
static bool read_initialization(const char *name, const char *value, initialization *chosen)
{
    char kind[64];
    size_t length = strcspn(value, "=");

    if (length >= sizeof kind)
        length = sizeof kind - 1;
    memcpy(kind, value, length);
    kind[length] = '\0';
    chosen->scale = 1.0;
    if (fa_init_find(kind, &chosen->init) != FA_OK) {
        complain("%s: %s", name, fa_last_error());
        return false;
    }
    return value[length] == '\0' || option_real(name, value + length + 1, 0.0, 1e6, &chosen->scale);
}

static bool set_init(void *chosen, const char *name, const char *value)
{
    return read_initialization(name, value, &((settings *)chosen)->weights);
}

static bool set_bias_init(void *chosen, const char *name, const char *value)
{
    return read_initialization(name, value, &((settings *)chosen)->bias);
}

static bool set_feedback_init(void *chosen, const char *name, const char *value)
{
    ((settings *)chosen)->own_feedback = true;
    return read_initialization(name, value, &((settings *)chosen)->feedback);
}

static bool set_feedback_scale(void *chosen, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &((settings *)chosen)->feedback_scale);
}

static bool take_sparsity(void *data, const char *name, char *item)
{
    settings *chosen = data;
    char *value = named_split(name, item);
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

static bool take_dropout(void *data, const char *name, char *item)
{
    settings *chosen = data;
    char *value = named_split(name, item);
    uint64_t l;

    return value && option_whole(name, item, 0, chosen->n_hidden, &l) &&
           option_real(name, value, 0.0, 0.999, &chosen->dropout[l]);
}

static bool set_dropout(void *chosen, const char *name, const char *value)
{
    return option_each(name, value, take_dropout, chosen);
}

static const option table[] = {
    {"--hidden", "N[,N]", "neurons of the hidden layers, separated by commas, or none", set_hidden, "500"},
    {"--activation", "NAME", "of the hidden layers: tanh, logistic, relu, erf, identity", set_activation, "tanh"},
    {"--loss", "NAME", "cross_entropy (softmax outputs), binary_cross_entropy (logistic outputs: the\n"
                       "error enters without the slope of the output), squared_error",
     set_loss, "cross_entropy"},
    {"--output-activation", "NAME", "of the outputs; default: softmax with cross_entropy, else logistic",
     set_output_activation, NULL},
    {"--init", "NAME[=F]", "how W is drawn: zero, uniform (U[-F, F)), normal, glorot_uniform,\n"
                               "glorot_normal, kaiming_uniform, kaiming_normal; F is 1 if left out",
     set_init, "glorot_uniform"},
    {"--bias-init", "NAME[=F]", "the same for biases", set_bias_init, "zero"},
    {"--feedback-init", "NAME[=F]", "the same for the rule's B; default: as the rule does it (fa:\n"
                                        "U[-1/sqrt(n_l), 1/sqrt(n_l)))", set_feedback_init, NULL},
    {"--feedback-scale", "F", "multiply B by F; default 1", set_feedback_scale, NULL},
    {"--sparsity", "F|l=F,...", "remove this share of the connections of every layer, or of layer l, at\n"
                                "random: of W_l for good, of B_{l-1}, which stands for it, at the start",
     set_sparsity, "0"},
    {"--dropout", "l=P,...", "dropout of layer l with probability P; layer 0 are the inputs", set_dropout, NULL},
};

const option_group settings_network = {"Network", table, sizeof table / sizeof table[0]};
