/* Factors of the learning rate at every update, against PyTorch's definitions in their recursive form. */
#include "support.h"

#include "schedule.h"

#include <math.h>

enum { EPOCHS = 12 };

static const uint64_t updates[] = {1, 3, 7}; /* in an epoch */

/* Warm-up: update u of the first `warmup` epochs has (u + 1) / (warmup updates) of what the schedule says. */
static double warming(double warmup, uint64_t u, uint64_t per_epoch)
{
    double rising = warmup * (double)per_epoch;
    return (double)u < rising && (double)(u + 1) < rising ? (double)(u + 1) / rising : 1;
}

/* A handful of roundings of numbers of at most 1; `steps` of them where one comes from the other. */
static void check_factor(double expected, double got, size_t steps)
{
    ck_assert_msg(fabs(expected - got) <= (double)(steps + 8) * 0x1p-51, "%.17g is not %.17g", got, expected);
}

START_TEST(constant)
{
    uint64_t per_epoch = updates[_i % 3];
    schedule s = {.kind = SCHEDULE_CONSTANT, .epochs = EPOCHS, .step_epochs = 1, .step_factor = 0.5,
                  .warmup = _i < 3 ? 0 : 2.5};
    for (uint64_t u = 0; u < EPOCHS * per_epoch; u++)
        check_factor(warming(s.warmup, u, per_epoch), schedule_factor(&s, u, per_epoch), 1);
}
END_TEST

/* torch.optim.lr_scheduler.StepLR: after every step_size epochs the rate is multiplied by gamma. */
START_TEST(step)
{
    uint64_t per_epoch = updates[_i % 3], every = 1 + (uint64_t)_i / 3 % 4;
    schedule s = {.kind = SCHEDULE_STEP, .epochs = EPOCHS, .step_epochs = (double)every, .step_factor = 0.3,
                  .warmup = _i < 12 ? 0 : 3};
    double factor = 1;
    for (uint64_t epoch = 0, u = 0; epoch < EPOCHS; epoch++) {
        if (epoch > 0 && epoch % every == 0)
            factor *= 0.3;
        for (uint64_t b = 0; b < per_epoch; b++, u++)
            check_factor(factor * warming(s.warmup, u, per_epoch), schedule_factor(&s, u, per_epoch),
                         (size_t)epoch);
    }
}
END_TEST

/* Several steps in an epoch. */
START_TEST(step_within_an_epoch)
{
    schedule s = {.kind = SCHEDULE_STEP, .epochs = 2, .step_epochs = 0.5, .step_factor = 0.5};
    static const double expected[] = {1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125};
    for (uint64_t u = 0; u < 8; u++)
        ck_assert_double_eq(schedule_factor(&s, u, 4), expected[u]);
}
END_TEST

/* torch.optim.lr_scheduler.CosineAnnealingLR, stepped at every update, T_max = the updates behind the warm-up:
 * eta = eta_min + (1 + cos(pi T / T_max)) / (1 + cos(pi (T - 1) / T_max)) (eta - eta_min). The last quotients are of
 * small numbers with relative errors of some T_max u each: hence the square. */
START_TEST(cosine)
{
    const double pi = acos(-1), final = _i / 3 % 2 ? 0.1 : 0;
    uint64_t per_epoch = updates[_i % 3], warmup = _i < 6 ? 0 : 2, begin = warmup * per_epoch;
    size_t t_max = (size_t)((EPOCHS - warmup) * per_epoch);
    schedule s = {.kind = SCHEDULE_COSINE, .epochs = EPOCHS, .final_factor = final, .warmup = (double)warmup};
    double factor = 1;
    for (uint64_t u = 0; u < begin; u++)
        check_factor(warming(s.warmup, u, per_epoch), schedule_factor(&s, u, per_epoch), 1);
    for (size_t t = 0; t < t_max; t++) {
        if (t > 0)
            factor = final + (1 + cos(pi * (double)t / (double)t_max)) /
                                 (1 + cos(pi * (double)(t - 1) / (double)t_max)) * (factor - final);
        check_factor(factor, schedule_factor(&s, begin + t, per_epoch), t_max * t_max);
    }
    check_factor(final, schedule_factor(&s, begin + t_max, per_epoch), 1);
}
END_TEST

/* A warm-up as long as the run, or longer, is all there is. */
START_TEST(endless_warm_up)
{
    schedule s = {.kind = SCHEDULE_COSINE, .epochs = 3, .warmup = 3 + (double)_i};
    for (uint64_t u = 0; u < 15; u++)
        check_factor(warming(s.warmup, u, 5), schedule_factor(&s, u, 5), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schedule");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, constant, 0, 6);
    tcase_add_loop_test(tcase, step, 0, 24);
    tcase_add_test(tcase, step_within_an_epoch);
    tcase_add_loop_test(tcase, cosine, 0, 12);
    tcase_add_loop_test(tcase, endless_warm_up, 0, 2);
    return support_run(suite, true);
}
