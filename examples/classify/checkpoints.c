#include "checkpoints.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/complain.h"
#include "../common/decimal.h"

/* A record of an epoch is a row of numbers. */
enum { COLUMNS = sizeof(record) / sizeof(double) };

/* --- names --- */

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t state, const char *text)
{
    for (; *text; text++)
        state = (state ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (state ^ 0x100) * UINT64_C(0x100000001b3);
}

/* Of every parameter but those that a run's name tells. */
static uint64_t fingerprint(const settings *chosen)
{
    uint64_t state = UINT64_C(0xcbf29ce484222325);
    const option *known;

    for (size_t i = 0; (known = given_option(&chosen->texts, i)) && settings_is_parameter(i); i++)
        if (chosen->texts.texts[i] && !settings_selects_runs(known->name + strlen("--")))
            state = hash(hash(state, known->name), chosen->texts.texts[i]);
    return state;
}

static void put(char *text, size_t size, const char *name, double value)
{
    size_t length = strlen(text);
    char number[DECIMAL_SIZE];

    decimal(number, value);
    snprintf(text + length, size - length, "-%s%s", name, number);
}

/* "fa-seed1-lr0.1-0123456789abcdef"; NULL after a complaint. */
static char *file_name(const settings *chosen, const run *wanted, const char *ending)
{
    const grid *tried = &chosen->grid;
    char name[256];
    size_t size = strlen(chosen->checkpoints) + sizeof name + 32;
    char *path = malloc(size);

    if (!path) {
        complain("out of memory");
        return NULL;
    }
    snprintf(name, sizeof name, "%.63s-seed%" PRIu64, chosen->rules.at[wanted->rule]->name, wanted->seed);
    put(name, sizeof name, "lr", wanted->lr);
    for (size_t axis = 0; axis < tried->n_axes; axis++)
        if (axis != grid_find(tried, "lr") && isfinite(wanted->at[axis]))
            put(name, sizeof name, tried->names[axis], wanted->at[axis]);
    if (strlen(name) == sizeof name - 1) {
        complain("--checkpoints: the name of a file would be too long; the grid has too many names");
        free(path);
        return NULL;
    }
    snprintf(path, size, "%s/%s-%016" PRIx64 "%s", chosen->checkpoints, name, fingerprint(chosen), ending);
    return path;
}

bool checkpoints_possible(const settings *chosen)
{
    struct stat found;

    if (!chosen->checkpoints)
        return true;
    if (mkdir(chosen->checkpoints, 0777) != 0 && errno != EEXIST)
        complain("%s: cannot be made: %s", chosen->checkpoints, strerror(errno));
    else if (stat(chosen->checkpoints, &found) == 0 && !S_ISDIR(found.st_mode))
        complain("%s: is no directory", chosen->checkpoints);
    else if (access(chosen->checkpoints, W_OK | X_OK) != 0)
        complain("%s: cannot be written to: %s", chosen->checkpoints, strerror(errno));
    else
        return true;
    return false;
}

bool checkpoint_prepare(checkpoint *kept, const settings *chosen, const run *wanted)
{
    if (!chosen->checkpoints)
        return true;
    kept->state = file_name(chosen, wanted, ".safetensors");
    kept->trace = file_name(chosen, wanted, ".npy");
    return kept->state && kept->trace;
}

void checkpoint_free(checkpoint *kept)
{
    free(kept->state);
    free(kept->trace);
    *kept = (checkpoint){0};
}

/* --- reading --- */

static bool failed(void)
{
    complain("%s", fa_last_error());
    return false;
}

/* The epochs that the trainer knows of; the trace, which is written first, may have one more. */
static bool restore_trace(const checkpoint *kept, size_t epochs, run *result)
{
    fa_matrix rows;
    bool good;

    if (fa_npy_read(kept->trace, &rows) != FA_OK)
        return failed();
    good = rows.dtype == FA_FLOAT64 && rows.cols == COLUMNS && rows.rows >= epochs && rows.col_stride == 1;
    if (good)
        memcpy(result->trace, rows.data, epochs * sizeof *result->trace);
    else
        complain("%s: not the %zu epochs that %s has come to", kept->trace, epochs, kept->state);
    fa_matrix_free(&rows);
    return good;
}

bool checkpoint_restore(const checkpoint *kept, const settings *chosen, const model *student, run *result)
{
    size_t epochs;

    if (!kept->state || (access(kept->state, F_OK) != 0 && errno == ENOENT))
        return true;
    if (fa_checkpoint_load(kept->state, student->net, student->feedback, student->optimizer, student->pass,
                           student->trainer, 0) != FA_OK)
        return failed();
    epochs = (size_t)fa_trainer_epochs(student->trainer);
    if (epochs > chosen->epochs) {
        complain("%s: has come to epoch %zu of %zu", kept->state, epochs, chosen->epochs);
        return false;
    }
    if (epochs > 0 && !restore_trace(kept, epochs, result))
        return false;
    result->epochs = epochs;
    for (size_t i = 0; i < epochs; i++)
        result->seconds += result->trace[i].seconds;
    return true;
}

/* --- writing --- */

bool checkpoint_keep(const checkpoint *kept, const model *student, const run *result)
{
    fa_matrix rows = fa_matrix_view(result->trace, result->epochs, COLUMNS, FA_FLOAT64);

    if (!kept->state)
        return true;
    if (fa_npy_write(kept->trace, &rows) != FA_OK ||
        fa_checkpoint_save(kept->state, student->net, student->feedback, student->optimizer, student->pass,
                           student->trainer) != FA_OK)
        return failed();
    return true;
}
