#include "activation.h"

#include "names.h"
#include "status.h"

static const named table[] = {
    {"identity", FA_IDENTITY}, {"tanh", FA_TANH}, {"logistic", FA_LOGISTIC},
    {"relu", FA_RELU},         {"erf", FA_ERF},   {"softmax", FA_SOFTMAX},
};

#define N_ACTIVATIONS (sizeof table / sizeof table[0])

bool activation_known(fa_activation activation)
{
    return activation >= FA_IDENTITY && activation <= FA_SOFTMAX;
}

bool activation_slope_needs_z(fa_activation activation)
{
    return activation == FA_ERF;
}

bool activation_loss_needs_z(fa_activation activation)
{
    return activation == FA_LOGISTIC || activation == FA_SOFTMAX;
}

const char *fa_activation_name(fa_activation activation)
{
    return names_of(table, N_ACTIVATIONS, (int)activation);
}

fa_status fa_activation_find(const char *name, fa_activation *activation)
{
    int       value = 0;
    fa_status status;

    if (!name)
        return status_null(__func__, "name");
    if (!activation)
        return status_null(__func__, "activation");
    status = names_find(table, N_ACTIVATIONS, "activation", name, &value);
    if (status == FA_OK)
        *activation = (fa_activation)value;
    return status;
}
