/* Every public function when memory is out: the list of them is complete, those that are said to allocate nothing do
 * not, and the others survive each failure, leak nothing, leave everything as it was, and then do what they would have
 * done. */
#include "calls.h"
#include "files.h"
#include "idx_files.h"
#include "npy_files.h"

static const call_table *const tables[] = {&calls_of_base,     &calls_of_data,     &calls_of_diagnostics,
                                           &calls_of_feedback, &calls_of_files,    &calls_of_network,
                                           &calls_of_pass,     &calls_of_recorder, &calls_of_rules,
                                           &calls_of_steps,    &calls_of_training};

enum { TABLES = sizeof tables / sizeof *tables, MOST_CALLS = 1000, MOST_FAILURES = 5000 };

static const every_call *all[MOST_CALLS];
static size_t            count;

static void collect(void)
{
    for (size_t t = 0; t < TABLES; t++)
        for (size_t i = 0; i < tables[t]->count && count < MOST_CALLS; i++)
            all[count++] = &tables[t]->calls[i];
}

/* --- the list --- */

static size_t times_listed(const char *name)
{
    size_t times = 0;
    for (size_t i = 0; i < count; i++)
        times += strcmp(all[i]->name, name) == 0;
    return times;
}

/* The names of the symbol map, one a line between "global:" and "local:". */
START_TEST(the_list_is_the_symbol_map)
{
    FILE  *map = fopen(LIBFA_MAP, "r");
    char   line[200], name[100];
    size_t mapped = 0;
    ck_assert_ptr_nonnull(map);
    while (fgets(line, sizeof line, map))
        if (sscanf(line, " %99[a-z0-9_];", name) == 1 && strncmp(name, "fa_", 3) == 0) {
            mapped++;
            ck_assert_msg(times_listed(name) == 1, "%s is listed %zu times: see calls.h", name, times_listed(name));
        }
    fclose(map);
    ck_assert_uint_gt(mapped, 200);
    ck_assert_uint_eq(mapped, count);
}
END_TEST

/* --- the world --- */

static void put_files(void)
{
    static const double values[] = {1, 2, 3, 4, 5, 6}, classes[] = {0, 1};
    char                path[PATH_SIZE];
    idx_bytes           images = idx_pixels(3, (const uint32_t[]){2, 3, 4});
    idx_bytes           labels = idx_header(FA_IDX_UINT8, 1, (const uint32_t[]){2});
    idx_word(&labels, 0, 1);
    idx_word(&labels, 1, 1);
    idx_save(&images, "x.idx", path);
    idx_save(&labels, "labels.idx", path);
    path_of("x.npy", path);
    npy_save(path, (npy_kind){"f8", 8}, '<', false, "(2, 3)", values, 6);
    path_of("labels.npy", path);
    npy_save(path, (npy_kind){"i8", 8}, '<', false, "(2,)", classes, 2);
}

static world world_for_calls, untroubled;

/* A world, and how many blocks it holds. */
static long make(world *w, const every_call *call)
{
    watch(-1, false);
    const fa_status status = world_make(w, call->place, directory);
    unwatch();
    ck_assert_msg(status == FA_OK, "%s", fa_last_error());
    return live;
}

static void destroy(world *w, const every_call *call, long held)
{
    watch(-1, false);
    world_destroy(w);
    unwatch();
    ck_assert_msg(live + held == 0, "%s leaks %ld blocks", call->name, live + held);
}

/* --- the calls --- */

/* In a valid call; whatever it releases is not counted. */
START_TEST(says_what_it_allocates)
{
    const every_call *call = all[_i];
    world            *w = &world_for_calls;
    put_files();
    long held = make(w, call);
    watch(-1, false);
    const fa_status status = world_invoke(w, call);
    unwatch();
    held += live;
    ck_assert_msg(status == FA_OK, "%s: \"%s\" (%s)", call->name, fa_status_string(status), fa_last_error());
    ck_assert_msg(call->allocates || w->made == 0, "%s makes %ld allocations", call->name, w->made);
    ck_assert_msg(!call->allocates || w->made > 0, "%s allocates nothing", call->name);
    destroy(w, call, held);
}
END_TEST

/* The digest of a world in which the call met no failure, and a step of training followed. */
static uint64_t untroubled_digest(const every_call *call)
{
    long held = make(&untroubled, call);
    watch(-1, false);
    const fa_status status = world_invoke(&untroubled, call);
    unwatch();
    held += live;
    ck_assert_int_eq(status, FA_OK);
    const uint64_t digest = world_digest(&untroubled);
    destroy(&untroubled, call, held);
    return digest;
}

static long failures;

/* Allocation 0, 1, ... fails (once, or from then on) until the call succeeds. */
START_TEST(survives_without_memory)
{
    const every_call *call = all[_i / 2];
    world            *w = &world_for_calls;
    if (!call->allocates)
        return;
    put_files();
    const uint64_t expected = untroubled_digest(call);
    long           held = make(w, call);
    const uint64_t before = world_digest(w);
    for (long fail = 0;; fail++, failures++) {
        support_forget();
        watch(fail, _i % 2);
        const fa_status status = world_invoke(w, call);
        unwatch();
        held += live;
        if (status == FA_OK) {
            ck_assert_msg(fail > 0, "%s meets no failure", call->name);
            ck_assert_msg(allocations <= fail, "%s does not tell that allocation %ld failed", call->name, fail);
            break;
        }
        support_failed(FA_ERR_MEMORY, status, call->name, __LINE__);
        ck_assert_msg(world_digest(w) == before, "%s changes something when allocation %ld fails", call->name, fail);
        ck_assert_msg(fail < MOST_FAILURES, "%s still fails after %d", call->name, MOST_FAILURES);
    }
    ck_assert_msg(world_digest(w) == expected, "%s does something else after failures", call->name);
    destroy(w, call, held);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("every function");
    TCase *tcase = file_case(suite);
    collect();
    tcase_add_test(tcase, the_list_is_the_symbol_map);
    tcase_add_loop_test(tcase, says_what_it_allocates, 0, (int)count);
    tcase_add_loop_test(tcase, survives_without_memory, 0, 2 * (int)count);
    const int failed = support_run(suite, false);
    size_t    allocating = 0;
    for (size_t i = 0; i < count; i++)
        allocating += all[i]->allocates;
    printf("# %zu functions, %zu allocate; %ld failures survived\n", count, allocating, failures);
    return failed;
}
