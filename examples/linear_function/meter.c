#include "meter.h"

#include <float.h>
#include <math.h>

#include "../common/complain.h"

bool meter_create(meter *instrument, const task *problem, const fa_network *net)
{
    double unit = problem->dtype == FA_FLOAT64 ? DBL_EPSILON / 2 : (double)FLT_EPSILON / 2;
    size_t terms = fa_network_width(net, 0) + fa_network_width(net, 1);
    fa_status status;

    /* The products W0 x and W h sum n_0 and n_1 terms, so y is known to (n_0 + n_1) u, relative to the size of
     * what is summed (Higham 2002, section 3.1). Where e counts, y is y* to all digits: |y| + |y*| = 2 |y*|. */
    *instrument = (meter){.problem = problem, .y_norm = frobenius(&problem->y_train),
                          .rounding = 2.0 * unit * (double)terms};
    status = fa_feedback_create(&instrument->alignment, net, fa_rule_find("fa"), NULL, problem->seed);
    if (status == FA_OK)
        status = fa_feedback_set(instrument->alignment, "B", 1, &problem->B);
    if (status == FA_OK)
        status = fa_pass_create(&instrument->pass, net, problem->x_train.rows);
    if (!succeeded(status))
        meter_free(instrument);
    return status == FA_OK;
}

void meter_free(meter *instrument)
{
    fa_feedback_destroy(instrument->alignment);
    fa_pass_destroy(instrument->pass);
    *instrument = (meter){0};
}

/* Whether e is more than rounding errors; false for NaN. */
static bool exceeds_rounding(const meter *instrument, double loss, double y_norm)
{
    return sqrt(2.0 * loss) > instrument->rounding * y_norm;
}

double meter_update_angle(const meter *instrument, const fa_network *net, fa_pass *pass, double loss, double y_norm)
{
    fa_delta_report report;

    if (!exceeds_rounding(instrument, loss, y_norm))
        return NAN;
    if (fa_backward(net, pass, instrument->alignment) != FA_OK || fa_compare_deltas(net, pass, &report) != FA_OK)
        return NAN;
    return report.angle;
}

record record_unknown(void)
{
    return (record){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

void meter_read_pseudo(const meter *instrument, const fa_network *net, record *into)
{
    const task *problem = instrument->problem;
    fa_delta_report report;
    double loss = NAN;
    fa_status status = fa_forward(net, instrument->pass, &problem->x_train);

    if (status == FA_OK)
        status = fa_error(net, instrument->pass, &problem->y_train, &loss);
    if (status != FA_OK || !exceeds_rounding(instrument, loss * (double)problem->x_train.rows, instrument->y_norm))
        return;
    status = fa_backward(net, instrument->pass, instrument->alignment);
    if (status == FA_OK && fa_compare_pseudo_deltas(net, instrument->pass, &report) == FA_OK)
        into->pseudo_angle = report.angle;
}

void meter_read_weights(const meter *instrument, const fa_network *net, record *into)
{
    const task *problem = instrument->problem;

    fa_weight_angle(net, instrument->alignment, 1, &into->weight_angle);
    fa_network_evaluate(net, &problem->x_test, &problem->y_test, &into->test_loss);
    into->test_loss *= (double)problem->x_test.rows;
}

fa_status meter_read(const meter *instrument, const fa_network *net, record *into)
{
    const task *problem = instrument->problem;
    double loss = NAN;
    fa_status status = fa_forward(net, instrument->pass, &problem->x_train);

    if (status == FA_OK)
        status = fa_error(net, instrument->pass, &problem->y_train, &loss);
    into->train_loss = loss * (double)problem->x_train.rows;
    into->update_angle = NAN;
    if (status == FA_OK)
        into->update_angle = meter_update_angle(instrument, net, instrument->pass, into->train_loss,
                                                instrument->y_norm);
    meter_read_weights(instrument, net, into);
    return status;
}
