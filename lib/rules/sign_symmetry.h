/* What the rules of sign-symmetry share: B_l = s_l |M_l|^T .* sign(W_{l+1})^T with the scale s_l that some authors give
 * it.
 *
 * W_{l+1} has n_l inputs and n_{l+1} outputs. */
#ifndef LIBFA_SIGN_SYMMETRY_H
#define LIBFA_SIGN_SYMMETRY_H

#include <fa/rule.h>

#include <math.h>

#define SIGN_SYMMETRY_SCALE                                                                                            \
    {                                                                                                                  \
        "scale", FA_PARAM_CHOICE, 0, 0, 2, "xiao|liao|biotorch",                                                       \
            "s_l: 1/sqrt(n_l) (Xiao et al.), 1 (Liao et al.), or sqrt(2/(n_l + n_{l+1})) (BioTorch)"                   \
    }

static inline double sign_symmetry_scale(const fa_step *step, size_t l)
{
    const double in = (double)fa_step_width(step, l), out = (double)fa_step_width(step, l + 1);
    double       choice = 0;

    (void)fa_step_param(step, "scale", &choice);
    return choice > 1.5 ? sqrt(2 / (in + out)) : choice > 0.5 ? 1 : 1 / sqrt(in);
}

/* B_l = scale |magnitude| .* sign(W_{l+1})^T, then the transport through it; magnitude, shaped like B_l, may be NULL or
 * B_l itself. */
static inline fa_status sign_symmetry_transport(fa_step *step, size_t l, double scale, const fa_matrix *magnitude)
{
    fa_matrix B, W;
    fa_status status = fa_step_array(step, "B", l, &B);

    if (status == FA_OK)
        status = fa_step_weights(step, l + 1, &W);
    if (status != FA_OK)
        return status;
    W = fa_matrix_transpose(W);
    status = fa_step_sign(step, scale, magnitude, &W, &B);
    return status == FA_OK ? fa_step_transport(step, l) : status;
}

#endif
