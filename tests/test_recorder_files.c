/* Files of the recorder: they hold the numbers exactly, and whole rows come what may. */
#include "recording.h"

#include "files.h"

#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { DEPTH = 3, ROOM = 1 << 16 };

static char *contents(const char *path)
{
    char *text = make_memory(ROOM, 1);
    text[get_file(path, text, ROOM - 1)] = '\0';
    return text;
}

static size_t count_of(const char *text, char c)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == c;
    return count;
}

/* Names and numbers of the last row, as doubles, against the values in memory. */
static void check_csv(const char *text, const fa_recorder *rec, size_t rows)
{
    const char *names = text, *row = text;
    ck_assert_uint_eq(count_of(text, '\n'), rows + 1);
    ck_assert(text[strlen(text) - 1] == '\n' && strncmp(text, "epoch,batch,", 12) == 0);
    for (size_t i = 0; i < rows; i++)
        row = strchr(row, '\n') + 1;
    names = strchr(strchr(names, ',') + 1, ',');
    row = strchr(strchr(row, ',') + 1, ',');
    while (*names == ',') {
        char name[64], *end;
        double value = strtod(row + 1, &end);
        const size_t length = strcspn(names + 1, ",\n");
        ck_assert(*row == ',' && end > row + 1 && (*end == ',' || *end == '\n'));
        memcpy(name, names + 1, length);
        name[length] = '\0';
        char *layer = strrchr(name, '_');
        *layer = '\0';
        expect_value(rec, name, strtoul(layer + 1, NULL, 10), value);
        names += 1 + length;
        row = end;
    }
    ck_assert(*names == '\n' && *row == '\n');
}

static void observe_steps(const session *s, fa_recorder *rec, uint64_t first, uint64_t count)
{
    for (uint64_t step = first; step < first + count; step++) {
        to_deltas(s);
        expect_ok(fa_recorder_observe(rec, s->net, s->pass, s->fb, 1, step));
        expect_ok(fa_update(s->net, s->pass, s->fb, s->opt));
    }
}

START_TEST(csv_reads_back_exactly)
{
    net_spec spec = make_spec(FA_FLOAT32, DEPTH, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find(_i ? "bp" : "fa"), 4, 3);
    char path[PATH_SIZE];
    path_of("run.csv", path);
    for (int again = 0; again < 2; again++) { /* appended to, with one header */
        fa_recorder *rec = make_recorder(s.net, all_names(), 2);
        expect_ok(fa_recorder_open(rec, path, FA_RECORD_CSV));
        expect_failure(FA_ERR_STATE, fa_recorder_open(rec, path, FA_RECORD_CSV));
        observe_steps(&s, rec, 1, 6);
        check_csv(contents(path), rec, again ? 6 : 3);
        expect_ok(fa_recorder_close(rec));
        expect_ok(fa_recorder_close(rec));
        observe_steps(&s, rec, 2, 1); /* in memory only */
        ck_assert_uint_eq(count_of(contents(path), '\n'), again ? 7 : 4);
    }
}
END_TEST

/* {"epoch":1,"batch":2,"delta_angle_1":12.5,...}: every value behind its name, null for what is not finite. */
START_TEST(jsonl_reads_back_exactly)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_IDENTITY, true);
    session s = make_session(&spec, fa_rule_find("fa"), 4, 3);
    fa_recorder *rec = make_recorder(s.net, "delta_angle,saturation,weight_condition", 1);
    fa_matrix zero = make_matrix(FA_FLOAT64, 5, 6);
    char path[PATH_SIZE];
    path_of("run.jsonl", path);
    expect_ok(fa_recorder_open(rec, path, FA_RECORD_JSONL));
    expect_ok(fa_network_set_weights(s.net, 2, &zero));
    observe_steps(&s, rec, 7, 1);
    const char *text = contents(path);
    ck_assert(strncmp(text, "{\"epoch\":1,\"batch\":7,\"delta_angle_1\":null,\"delta_angle_2\":", 58) == 0);
    ck_assert_ptr_nonnull(strstr(text, ",\"saturation_1\":null,\"saturation_2\":null,\"saturation_3\":null,"));
    ck_assert_ptr_nonnull(strstr(text, "\"weight_condition_2\":null,\"weight_condition_3\":"));
    ck_assert(strcmp(text + strlen(text) - 2, "}\n") == 0 && count_of(text, '\n') == 1);
    double value = 0;
    expect_ok(fa_recorder_value(rec, "delta_angle", 2, &value));
    ck_assert(strtod(strstr(text, "delta_angle_2\":") + strlen("delta_angle_2\":"), NULL) == value && value > 1);
    expect_ok(fa_recorder_value(rec, "weight_condition", 2, &value));
    ck_assert(isinf(value));
    observe_steps(&s, rec, 8, 2);
    ck_assert_uint_eq(count_of(contents(path), '{'), 3);
}
END_TEST

/* A locale with a comma must not make commas. */
START_TEST(numbers_do_not_follow_the_locale)
{
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8"};
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 4, 3);
    fa_recorder *rec = make_recorder(s.net, "delta_angle,weight_norm", 1);
    char path[PATH_SIZE];
    path_of("run.csv", path);
    for (size_t i = 0; i < sizeof locales / sizeof *locales && !setlocale(LC_NUMERIC, locales[i]); i++) {
    }
    expect_ok(fa_recorder_open(rec, path, FA_RECORD_CSV));
    observe_steps(&s, rec, 1, 2);
    setlocale(LC_NUMERIC, "C");
    check_csv(contents(path), rec, 2);
}
END_TEST

/* --- files that do not take it --- */

START_TEST(files_that_are_not_ours)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 4, 3);
    fa_recorder *rec = make_recorder(s.net, "delta_angle", 1);
    char path[PATH_SIZE];
    static const char other[] = "epoch,batch,delta_angle_1\n1,1,3\n";
    static const char cut[] = "epoch,batch,delta_angle_1,delta_angle_2\n1,";
    path_of("missing/run.csv", path);
    expect_failure_of_file(FA_ERR_IO, path, fa_recorder_open(rec, path, FA_RECORD_CSV));
    expect_failure_of_file(FA_ERR_IO, directory, fa_recorder_open(rec, directory, FA_RECORD_CSV));
    path_of("run.csv", path);
    put_file(path, other, strlen(other));
    expect_failure_of_file(FA_ERR_FORMAT, path, fa_recorder_open(rec, path, FA_RECORD_CSV));
    put_file(path, other, 4);
    expect_failure_of_file(FA_ERR_FORMAT, path, fa_recorder_open(rec, path, FA_RECORD_CSV));
    put_file(path, other, 1);
    expect_failure_of_file(FA_ERR_FORMAT, path, fa_recorder_open(rec, path, FA_RECORD_CSV));
    put_file(path, cut, strlen(cut));
    expect_failure_of_file(FA_ERR_FORMAT, path, fa_recorder_open(rec, path, FA_RECORD_CSV));
    expect_failure_of_file(FA_ERR_FORMAT, path, fa_recorder_open(rec, path, FA_RECORD_JSONL));
    ck_assert_str_eq(contents(path), cut);
    put_file(path, cut, strlen(cut) - 2);
    expect_ok(fa_recorder_open(rec, path, FA_RECORD_CSV));
    observe_steps(&s, rec, 1, 1);
    check_csv(contents(path), rec, 1);
}
END_TEST

START_TEST(device_that_is_full)
{
    struct stat info;
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 4, 3);
    fa_recorder *rec = make_recorder(s.net, "delta_angle", 1);
    if (stat("/dev/full", &info) != 0)
        return;
    expect_failure_of_file(FA_ERR_IO, "/dev/full", fa_recorder_open(rec, "/dev/full", FA_RECORD_CSV));
    expect_ok(fa_recorder_open(rec, "/dev/full", FA_RECORD_JSONL));
    to_deltas(&s);
    expect_failure_of_file(FA_ERR_IO, "/dev/full", fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
}
END_TEST

/* The file may not grow any further: what was written of the row is taken back, training stops, the reason stays. */
START_TEST(disk_that_becomes_full)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 12, 3);
    fa_recorder *rec = make_recorder(s.net, "delta_angle,weight_norm", 1);
    fa_dataset *data = make_dataset(&s.x, &s.target);
    fa_epoch_options options = {.struct_size = sizeof options, .batch = 2, .point = FA_AFTER_DELTAS, .epoch = 1,
                                .callback = fa_recorder_callback, .user_data = rec};
    fa_result result;
    char path[PATH_SIZE];
    path_of("run.csv", path);
    expect_ok(fa_recorder_open(rec, path, FA_RECORD_CSV));
    const size_t header = strlen(contents(path));
    observe_steps(&s, rec, 1, 1);
    const size_t two = strlen(contents(path)), row = two - header;
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {two + row / 2, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_ok(fa_train_epoch(s.net, s.pass, s.fb, s.opt, data, &options, &result));
    setrlimit(RLIMIT_FSIZE, &none);
    ck_assert_uint_eq(result.samples, 2); /* the batch is trained on, the next is not */
    ck_assert_int_eq(fa_recorder_status(rec), FA_ERR_IO);
    ck_assert_uint_eq(strlen(contents(path)), two);
    observe_steps(&s, rec, 2, 1); /* space again: a whole row */
    expect_ok(fa_recorder_status(rec));
    check_csv(contents(path), rec, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorder files");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, csv_reads_back_exactly, 0, 2);
    tcase_add_test(tcase, jsonl_reads_back_exactly);
    tcase_add_test(tcase, numbers_do_not_follow_the_locale);
    tcase_add_test(tcase, files_that_are_not_ours);
    tcase_add_test(tcase, device_that_is_full);
    tcase_add_test(tcase, disk_that_becomes_full);
    return support_run(suite, true);
}
