/* Parameters of a feedback: the rule's own, and those that every rule with feedback has. */
#include "feedback.h"

#include <limits.h>
#include <string.h>

#include "alloc.h"
#include "param.h"
#include "status.h"

static const fa_param common[] = {
    [FORM] = {"feedback_form", FA_PARAM_CHOICE, FORM_DENSE, 0, 4, "dense|sparse|low_rank|shared|regenerated",
              "how B is stored and multiplied"},
    [DENSITY] = {"feedback_density", FA_PARAM_REAL, 0.1, 1e-9, 1, NULL, "sparse: the probability of an entry"},
    [RANK] = {"feedback_rank", FA_PARAM_INTEGER, 10, 1, INT_MAX, NULL, "low_rank: the rank"},
    [DRAW] = {"feedback_draw", FA_PARAM_CHOICE, 0, 0, 8,
              "rule|nokland|biotorch|launay|lillicrap|frenkel|akrout|refinetti|orthogonal",
              "whose distribution B is drawn from"},
    [SCALE] = {"feedback_scale", FA_PARAM_REAL, 1, 1e-9, 1e9, NULL, "factor of every entry of B as drawn"},
};

const fa_param *fa_feedback_params(size_t *n)
{
    if (n)
        *n = FEEDBACK_PARAMS;
    return common;
}

/* Place of a name among the common parameters; FEEDBACK_PARAMS if it is none. */
static size_t find_common(const char *name)
{
    size_t i = 0;

    while (i < FEEDBACK_PARAMS && strcmp(common[i].name, name) != 0)
        i++;
    return i;
}

/* A value, or a choice by its name, into one of the two tables. */
static fa_status take(const fa_param *params, size_t n, double *values, const char *owner, const char *name,
                      double value, const char *choice)
{
    return choice ? param_set_choice(params, n, values, owner, name, choice)
                  : param_set(params, n, values, owner, name, value);
}

/* Arrays are only made anew before the first step. */
static fa_status check_fresh(const fa_feedback *fb, const char *name)
{
    if (fb->steps == 0)
        return FA_OK;
    return status_set(FA_ERR_STATE,
                      "rule %.40s: %s decides which arrays there are; the rule has been at work with them",
                      fb->rule.name, name);
}

/* The rule has a B that parameters can decide on. */
static fa_status check_drawn(const fa_feedback *fb, const char *name)
{
    if (fb->topology && !fb->derived)
        return FA_OK;
    return status_set(FA_ERR_UNSUPPORTED, "rule %.40s %s, so it has no %s", fb->rule.name,
                      fb->derived ? "computes its feedback itself" : "has no feedback", name);
}

static fa_status set_common(fa_feedback *fb, size_t i, double value, const char *choice)
{
    double    wanted[FEEDBACK_PARAMS];
    fa_status status;

    memcpy(wanted, fb->common, sizeof wanted);
    status = take(common, FEEDBACK_PARAMS, wanted, fb->rule.name, common[i].name, value, choice);
    if (status != FA_OK || memcmp(wanted, fb->common, sizeof wanted) == 0)
        return status;
    status = check_drawn(fb, common[i].name);
    if (status == FA_OK)
        status = check_fresh(fb, common[i].name);
    return status == FA_OK ? feedback_rebuild(fb, fb->values, wanted) : status;
}

/* After a parameter of the rule was set: arrays that it decides on follow. */
static fa_status follow(fa_feedback *fb, size_t i, double before)
{
    const double value = fb->values[i];
    double      *wanted;
    fa_status    status;

    if (value == before || !fb->structural[i])
        return FA_OK;
    fb->values[i] = before;
    status = check_fresh(fb, fb->rule.params[i].name);
    if (status != FA_OK)
        return status;
    wanted = mem_zeroed(fb->rule.n_params, sizeof *wanted);
    if (!wanted)
        return FA_ERR_MEMORY;
    memcpy(wanted, fb->values, fb->rule.n_params * sizeof *wanted);
    wanted[i] = value;
    status = feedback_rebuild(fb, wanted, fb->common);
    mem_free(wanted);
    return status;
}

static fa_status set(fa_feedback *fb, const char *name, double value, const char *choice)
{
    const size_t k = find_common(name);
    size_t       i;
    double       before;
    fa_status    status;

    if (k < FEEDBACK_PARAMS)
        return set_common(fb, k, value, choice);
    i = param_find(fb->rule.params, fb->rule.n_params, fb->rule.name, name);
    before = i < fb->rule.n_params ? fb->values[i] : 0.0;
    status = take(fb->rule.params, fb->rule.n_params, fb->values, fb->rule.name, name, value, choice);
    return status == FA_OK ? follow(fb, i, before) : status;
}

fa_status fa_feedback_set_param(fa_feedback *fb, const char *name, double value)
{
    if (!fb || !name)
        return status_null(__func__, !fb ? "fb" : "name");
    return set(fb, name, value, NULL);
}

fa_status fa_feedback_set_choice(fa_feedback *fb, const char *name, const char *choice)
{
    if (!fb || !name || !choice)
        return status_null(__func__, !fb ? "fb" : !name ? "name" : "choice");
    return set(fb, name, 0.0, choice);
}

bool fa_feedback_redraws(const fa_feedback *fb, const char *name)
{
    if (!fb || !name)
        return false;
    if (find_common(name) < FEEDBACK_PARAMS)
        return true;
    for (size_t i = 0; i < fb->rule.n_params; i++)
        if (strcmp(fb->rule.params[i].name, name) == 0)
            return fb->structural[i];
    return false;
}

fa_status fa_feedback_param(const fa_feedback *fb, const char *name, double *value)
{
    size_t    k;
    fa_status status;

    if (!fb || !name || !value)
        return status_null(__func__, !fb ? "fb" : !name ? "name" : "value");
    k = find_common(name);
    if (k == FEEDBACK_PARAMS)
        return param_get(fb->rule.params, fb->rule.n_params, fb->values, fb->rule.name, name, value);
    status = check_drawn(fb, name);
    if (status == FA_OK)
        *value = fb->common[k];
    return status;
}
