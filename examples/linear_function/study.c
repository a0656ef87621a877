#include "study.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "../common/complain.h"
#include "../common/interrupt.h"
#include "report.h"

void study_free(study *all)
{
    for (size_t i = 0; i < all->n_rules; i++)
        free(all->rules[i].epochs);
    *all = (study){0};
}

static bool start(study *all, const settings *chosen)
{
    *all = (study){.n_rules = chosen->rules.count};
    for (size_t i = 0; i < chosen->rules.count; i++) {
        all->rules[i].rule = chosen->rules.at[i];
        if (!chosen->plot)
            continue;
        all->rules[i].epochs = calloc(chosen->epochs, sizeof *all->rules[i].epochs);
        if (!all->rules[i].epochs) {
            complain("out of memory for %zu epochs", chosen->epochs);
            return false;
        }
    }
    return true;
}

static void add(study_rule *rule, const run *result)
{
    const record *last = &result->last;

    rule->complete++;
    moments_add(&rule->end[STUDY_FIRST_LOSS], result->first_loss);
    moments_add(&rule->end[STUDY_TRAIN_LOSS], log10(last->train_loss));
    moments_add(&rule->end[STUDY_TEST_LOSS], log10(last->test_loss));
    moments_add(&rule->end[STUDY_UPDATE_ANGLE], last->update_angle);
    moments_add(&rule->end[STUDY_WEIGHT_ANGLE], last->weight_angle);
    for (size_t i = 0; i < N_CHECKPOINTS; i++)
        moments_add(&rule->end[STUDY_EXPECTED_ERROR + i], log10(result->expected_error[i]));
    for (size_t i = 0; rule->epochs && i < result->epochs; i++) {
        moments_add(&rule->epochs[i].train_loss, log10(result->trace[i].train_loss));
        moments_add(&rule->epochs[i].test_loss, log10(result->trace[i].test_loss));
        moments_add(&rule->epochs[i].update_angle, result->trace[i].update_angle);
        moments_add(&rule->epochs[i].weight_angle, result->trace[i].weight_angle);
        moments_add(&rule->epochs[i].pseudo_angle, result->trace[i].pseudo_angle);
        moments_add(&rule->epochs[i].flow_drift, log10(result->trace[i].flow_drift));
        moments_add(&rule->epochs[i].exact_drift, log10(result->trace[i].exact_drift));
    }
}

/* Every rule on the task of one seed. */
static bool run_seed(study *all, const settings *chosen, uint64_t seed, csv *file, progress *shown)
{
    task problem;
    progress none = progress_start(true);
    bool good = task_draw(&problem, chosen, seed);

    if (!good)
        return false;
    report_describe(chosen, &problem, all->description, sizeof all->description);
    for (size_t i = 0; i < all->n_rules && good && !interrupt_came(); i++) {
        run result;

        good = run_learn(&result, chosen->rules.at[i], &problem, chosen, &none);
        if (!good)
            break;
        csv_write(file, seed, &result);
        all->rules[i].unrecorded += result.unrecorded;
        if (result.outcome == RUN_COMPLETE) {
            add(&all->rules[i], &result);
        } else if (result.outcome == RUN_DIVERGED) {
            all->rules[i].diverged++;
            progress_clear(shown);
            complain("%s diverged at epoch %zu with seed %" PRIu64, result.rule->name, result.diverged_at, seed);
        }
        run_free(&result);
    }
    task_free(&problem);
    return good;
}

bool study_run(study *all, const settings *chosen, csv *file, progress *shown)
{
    uint64_t count = chosen->last_seed - chosen->first_seed + 1;

    if (!start(all, chosen))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!run_seed(all, chosen, chosen->first_seed + i, file, shown))
            return false;
        if (interrupt_came()) {
            progress_clear(shown);
            complain("interrupted with seed %" PRIu64, chosen->first_seed + i);
            return true;
        }
        if (progress_due(shown, (size_t)(i + 1), (size_t)count))
            progress_line(shown, "%" PRIu64 " of %" PRIu64 " seeds done", i + 1, count);
    }
    progress_clear(shown);
    return true;
}
