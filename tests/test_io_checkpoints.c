/* Weights and checkpoints on files that fail: the old checkpoint loads or the new one, nothing live is touched by a
 * file that cannot be read, nothing is lost. */
#include "files.h"
#include "io_watch.h"
#include "training.h"

#include <errno.h>

#define BIT(call) (1u << (call))

enum {
    READS = BIT(IO_OPEN) | BIT(IO_READ) | BIT(IO_FSTAT) | BIT(IO_CLOSE),
    WRITES = BIT(IO_OPEN) | BIT(IO_WRITE) | BIT(IO_FSYNC) | BIT(IO_CLOSE) | BIT(IO_RENAME) | BIT(IO_STAT)
};

static long runs; /* with a fault, in all */

static void sweep(const io_subject *subject)
{
    const long hits = io_sweep(subject);
    ck_assert_int_gt(hits, 40);
    runs += hits;
}

/* --- saving --- */

/* What is saved, and two files of it: the one that there was, and the one that there will be. */
typedef struct saving {
    scene scene;
    char path[PATH_SIZE];
    bool old_there;
    unsigned char *old, *new;
    size_t old_size, new_size;
    fa_status (*save)(const struct saving *s);
    fa_status (*load)(const struct saving *s);
} saving;

enum { FILE_MOST = 1 << 17 };

static fa_status save_network(const saving *s)
{
    return fa_network_save(s->scene.s.net, s->path);
}

static fa_status load_network(const saving *s)
{
    return fa_network_load(s->scene.s.net, s->path, 0);
}

static fa_status save_checkpoint(const saving *s)
{
    const scene *c = &s->scene;
    return fa_checkpoint_save(s->path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer);
}

static fa_status load_checkpoint(const saving *s)
{
    const scene *c = &s->scene;
    return fa_checkpoint_load(s->path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer, 0);
}

static size_t take_file(const saving *s, unsigned char **bytes)
{
    *bytes = make_memory(FILE_MOST, 1);
    expect_ok(s->save(s));
    const size_t size = get_file(s->path, *bytes, FILE_MOST);
    ck_assert(size > 0 && size < FILE_MOST);
    return size;
}

/* Trained between the two files. */
static void make_saving(saving *s, bool whole, bool old_there)
{
    *s = (saving){.scene = make_scene(FA_FLOAT32, 3), .old_there = old_there,
                  .save = whole ? save_checkpoint : save_network, .load = whole ? load_checkpoint : load_network};
    path_of("saved", s->path);
    s->old_size = take_file(s, &s->old);
    scene_set(&s->scene, "epochs", 1);
    expect_ok(scene_run(&s->scene));
    s->new_size = take_file(s, &s->new);
}

static fa_status save_it(void *data)
{
    const saving *s = data;
    return s->save(s);
}

static void put_old(void *data)
{
    const saving *s = data;
    list_directory(true);
    if (s->old_there)
        put_file(s->path, s->old, s->old_size);
}

static bool holds(const saving *s, const unsigned char *bytes, size_t size)
{
    static unsigned char found[FILE_MOST];
    return get_file(s->path, found, sizeof found) == size && memcmp(found, bytes, size) == 0;
}

/* The old file or the new one, whole and alone; after a failure the old one, unless the sentence says otherwise. */
static void check_file(void *data, fa_status status, const io_fault *first, const io_fault *second)
{
    const saving *s = data;
    const bool written = status == FA_OK || strstr(fa_last_error(), "is written, but") != NULL;
    const bool may_stay = (first && first->call == IO_CALLS) || (second && second->call == IO_UNLINK);
    /* Of the two files that are closed, the directory has nothing to lose. */
    const bool closing = first && first->call == IO_CLOSE && first->nth == 0 && first->error != EINTR;
    ck_assert(!closing || status != FA_OK);
    if (written)
        ck_assert(holds(s, s->new, s->new_size));
    else if (s->old_there)
        ck_assert(holds(s, s->old, s->old_size));
    else
        ck_assert_int_ne(access(s->path, F_OK), 0);
    ck_assert(may_stay || list_directory(false) == (written || s->old_there));
}

START_TEST(saving_leaves_the_old_or_the_new)
{
    static saving s;
    make_saving(&s, _i / 2, _i % 2);
    const io_subject subject = {.name = _i / 2 ? "fa_checkpoint_save" : "fa_network_save", .run = save_it,
                                .before = put_old, .after = check_file, .data = &s, .paths = {s.path}, .made = WRITES,
                                .harmless = BIT(IO_CLOSE)};
    sweep(&subject);
    put_file(s.path, s.old, s.old_size);
    expect_ok(s.load(&s));
    put_file(s.path, s.new, s.new_size);
    expect_ok(s.load(&s));
}
END_TEST

/* --- loading --- */

static fa_status load_it(void *data)
{
    const saving *s = data;
    return s->load(s);
}

/* The objects are as in the new file, the file is the old one. */
static void restore(void *data)
{
    const saving *s = data;
    put_file(s->path, s->new, s->new_size);
    expect_ok(s->load(s));
    put_file(s->path, s->old, s->old_size);
}

/* They are what the file says, or as before: to be seen from what saving them gives. */
static void check_objects(void *data, fa_status status, const io_fault *first, const io_fault *second)
{
    const saving *s = data;
    (void)first, (void)second;
    expect_ok(s->save(s));
    ck_assert(status == FA_OK ? holds(s, s->old, s->old_size) : holds(s, s->new, s->new_size));
}

START_TEST(loading_takes_all_or_nothing)
{
    static saving s;
    make_saving(&s, _i, true);
    const io_subject subject = {.name = _i ? "fa_checkpoint_load" : "fa_network_load", .run = load_it,
                                .before = restore, .after = check_objects, .data = &s, .paths = {s.path}, .made = READS,
                                .changes = _i == 1, .harmless = BIT(IO_CLOSE)};
    sweep(&subject);
}
END_TEST

static fa_status open_it(void *data)
{
    const saving *s = data;
    fa_network *net = NULL;
    const fa_status status = fa_network_open(&net, s->path, 0);
    const bool right = (net != NULL) == (status == FA_OK);
    fa_network_destroy(net);
    return right ? status : FA_ERR_RULE;
}

START_TEST(opening_makes_all_or_nothing)
{
    static saving s;
    make_saving(&s, _i, true);
    const io_subject subject = {.name = "fa_network_open", .run = open_it, .data = &s, .paths = {s.path}, .made = READS,
                                .harmless = BIT(IO_CLOSE)};
    sweep(&subject);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("io checkpoints");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, saving_leaves_the_old_or_the_new, 0, 4);
    tcase_add_loop_test(tcase, loading_takes_all_or_nothing, 0, 2);
    tcase_add_loop_test(tcase, opening_makes_all_or_nothing, 0, 2);
    const int failed = support_run(suite, false);
    printf("# %ld runs with a fault\n", runs);
    return failed;
}
