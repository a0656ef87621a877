/* Files of tests/data/safetensors, what they are loaded into, and what has to become of it.
 *
 * After a refusal everything live is bit for bit as before: compared are checkpoints of it, which hold all that there
 * is, and what further training makes of it. */
#ifndef LIBFA_TESTS_DAMAGED_FILES_H
#define LIBFA_TESTS_DAMAGED_FILES_H

#include "descent.h"
#include "files.h"
#include "training.h"

/* A file, and what loading it has to come to: the sentence has this part. */
typedef struct damaged_file {
    const char *name;
    fa_status status;
    const char *sentence; /* NULL with FA_OK */
} damaged_file;

enum { LIVE_SIZE_MOST = 1 << 16, LIVE_BATCH = 3 };

/* The network of make_safetensors.py with everything that trains it; equal for equal arguments. `form` of B, or
 * NULL. */
static inline scene make_live(const char *form)
{
    const net_spec spec = {.dtype = FA_FLOAT32, .loss = FA_SQUARED_ERROR, .depth = 2, .width = {3, 2, 2},
                           .activation = {FA_IDENTITY, FA_TANH, FA_IDENTITY}, .bias = {false, true, false}};
    const recipe adam = {"adam", {{"learning_rate", 0.01}}};
    scene live = {.s = make_session(&spec, fa_rule_find("fa"), LIVE_BATCH, 11)};
    live.s.opt = make_recipe_optimizer(live.s.net, &adam);
    live.trainer = make_trainer(live.s.net, 12);
    live.training = make_samples(&spec, 8, 13);
    live.validation = make_samples(&spec, 4, 14);
    if (form)
        expect_ok(fa_feedback_set_choice(live.s.fb, "feedback_form", form));
    expect_ok(fa_network_set_dropout(live.s.net, 1, 0.25));
    scene_set(&live, "epochs", 2);
    expect_ok(scene_run(&live));
    scene_set(&live, "epochs", 3);
    return live;
}

/* All of it, as bytes. */
typedef struct live_bytes {
    size_t size;
    unsigned char bytes[LIVE_SIZE_MOST];
} live_bytes;

static inline live_bytes *bytes_of(const scene *live)
{
    char path[PATH_SIZE];
    live_bytes *found = make_memory(1, sizeof *found);
    path_of("live", path);
    expect_ok(fa_checkpoint_save(path, live->s.net, live->s.fb, live->s.opt, live->s.pass, live->trainer));
    found->size = get_file(path, found->bytes, sizeof found->bytes);
    ck_assert(found->size > 0 && found->size < sizeof found->bytes);
    return found;
}

static inline void expect_same_bytes(const live_bytes *a, const live_bytes *b, const char *what)
{
    ck_assert_msg(a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0, "%s", what);
}

/* What was refused left no trace in `live`; `other` never saw it. */
static inline void expect_untouched(const scene *live, const live_bytes *before, const scene *other, const char *name)
{
    char what[128];
    snprintf(what, sizeof what, "%s: refused, but something changed", name);
    expect_same_bytes(before, bytes_of(live), what);
    expect_ok(scene_run(live));
    expect_ok(scene_run(other));
    snprintf(what, sizeof what, "%s: refused, but training goes another way", name);
    expect_same_bytes(bytes_of(other), bytes_of(live), what);
}

static inline void damaged_path(const char *kind, const char *name, char path[PATH_SIZE])
{
    const char *data = getenv("LIBFA_TEST_DATA");
    ck_assert_msg(data != NULL, "LIBFA_TEST_DATA has to name tests/data");
    snprintf(path, PATH_SIZE, "%s/safetensors/%s/%s.safetensors", data, kind, name);
}

/* The status, and the sentence: the file's name, then what is wrong with it. */
static inline void expect_verdict(const damaged_file *file, const char *path, fa_status status)
{
    const char *sentence = status == FA_OK ? "" : fa_last_error();
    ck_assert_msg(status == file->status, "%s: expected \"%s\", got \"%s\" (%s)", file->name,
                  fa_status_string(file->status), fa_status_string(status), sentence);
    if (status == FA_OK)
        return;
    ck_assert_msg(strncmp(sentence, path, strlen(path)) == 0, "%s: \"%s\" does not name the file", file->name,
                  sentence);
    ck_assert_msg(strstr(sentence, file->sentence) != NULL, "%s: \"%s\" does not say \"%s\"", file->name, sentence,
                  file->sentence);
}

/* Every file of a folder is in its table. */
static inline void expect_complete(const char *kind, size_t count)
{
    char path[PATH_SIZE];
    size_t found = 0;
    damaged_path(kind, "good", path);
    *strrchr(path, '/') = '\0';
    DIR *list = opendir(path);
    ck_assert_msg(list != NULL, "no folder %s", path);
    for (struct dirent *entry; (entry = readdir(list)) != NULL;)
        found += strstr(entry->d_name, ".safetensors") != NULL;
    closedir(list);
    ck_assert_uint_eq(found, count);
}

#endif
