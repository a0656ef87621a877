#include "recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "options.h"

/* Quantities that a list may name. */
enum { MAX_QUANTITIES = 256 };

static const char *ending(const char *path)
{
    static const char *const known[] = {".csv", ".jsonl"};
    size_t length = strlen(path);

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (length > strlen(known[i]) && strcmp(path + length - strlen(known[i]), known[i]) == 0)
            return path + length - strlen(known[i]);
    return NULL;
}

bool recording_is_jsonl(const char *path)
{
    return strcmp(ending(path), ".jsonl") == 0;
}

bool recording_set_path(recording *wanted, const char *name, const char *value)
{
    if (ending(value))
        return option_path(name, value, &wanted->path);
    complain("%s takes a file name that ends in .csv or .jsonl, not '%s'", name, value);
    return false;
}

size_t recording_find(const char *name, size_t length)
{
    size_t i = 0;

    while (i < fa_quantity_count() &&
           (strlen(fa_quantity_at(i)->name) != length || strncmp(fa_quantity_at(i)->name, name, length) != 0))
        i++;
    return i;
}

static bool take_quantity(void *data, const char *name, char *item)
{
    bool *seen = data;
    size_t i = recording_find(item, strlen(item));

    if (i >= fa_quantity_count() || i >= MAX_QUANTITIES) {
        complain("%s: there is no quantity '%s'; --list-quantities lists them", name, item);
        return false;
    }
    if (seen[i])
        complain("%s names %s twice", name, item);
    seen[i] = !seen[i];
    return seen[i];
}

bool recording_set_quantities(recording *wanted, const char *name, const char *value)
{
    bool seen[MAX_QUANTITIES] = {false};

    wanted->quantities = value;
    return option_each(name, value, take_quantity, seen);
}

bool recording_set_every(recording *wanted, const char *name, const char *value)
{
    return option_whole(name, value, 1, 1000000000, &wanted->every);
}

bool recording_check(const recording *wanted)
{
    if (wanted->path || (!wanted->quantities && !wanted->every))
        return true;
    complain("%s says what --record writes: it needs --record FILE",
             wanted->quantities ? "--record-quantities" : "--record-every");
    return false;
}

char *recording_name(const char *path, const char *suffix)
{
    size_t size = strlen(path) + strlen(suffix) + 1;
    const char *end = ending(path);
    char *name = malloc(size);

    if (name)
        snprintf(name, size, "%.*s%s%s", (int)(end - path), path, suffix, end);
    else
        complain("out of memory");
    return name;
}

/* Of a file that was there before nothing is kept; a device or a pipe has nothing to be kept. */
static bool empty(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || truncate(path, 0) == 0)
        return true;
    complain("cannot write %s: %s", path, strerror(errno));
    return false;
}

uint64_t recording_every(const recording *wanted)
{
    return wanted->every ? wanted->every : RECORD_EVERY;
}

fa_recorder *recording_start(const recording *wanted, const char *path, const fa_network *net)
{
    fa_record_format format = recording_is_jsonl(path) ? FA_RECORD_JSONL : FA_RECORD_CSV;
    fa_recorder *recorder = NULL;

    if (empty(path) && succeeded(fa_recorder_create(&recorder, net, wanted->quantities, recording_every(wanted))) &&
        succeeded(fa_recorder_open(recorder, path, format)))
        return recorder;
    fa_recorder_destroy(recorder);
    return NULL;
}

fa_status recording_observe(const recording *wanted, fa_recorder *recorder, const fa_network *net, const fa_pass *pass,
                            const fa_feedback *feedback, uint64_t epoch, uint64_t batch)
{
    if (batch % recording_every(wanted) != 0)
        return FA_OK;
    return fa_recorder_observe(recorder, net, pass, feedback, epoch, batch);
}

bool recording_end(fa_recorder *recorder)
{
    bool good = !recorder || succeeded(fa_recorder_close(recorder));

    fa_recorder_destroy(recorder);
    return good;
}

void recording_list(FILE *stream)
{
    fprintf(stream, "%-22s  %-7s  %-6s  %-8s  %s\n", "quantity", "unit", "layers", "cost", "meaning");
    for (size_t i = 0; i < fa_quantity_count(); i++) {
        const fa_quantity *told = fa_quantity_at(i);

        fprintf(stream, "%-22s  %-7s  %-6s  %-8s  %s\n", told->name, told->unit, told->layers, told->cost, told->doc);
    }
    fputs("\n"
          "Layers are counted from 1 to L, the output's; layer 0 stands for all together. Costs: low; deltas or\n"
          "backward: that part of one pass of back-propagation; svd: singular values, which large layers take\n"
          "seconds for. What does not exist (an angle with 0, feedback that a rule does not keep) is nan, or null\n"
          "in JSON lines.\n", stream);
}
