/* The recorder: the numbers are those of the diagnostics, the files hold them exactly, and training does not notice. */
#include "session.h"

#include "files.h"

#include <locale.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { DEPTH = 3, ROOM = 1 << 16 };

static void release_recorder(void *recorder)
{
    fa_recorder_destroy(recorder);
}

static fa_recorder *make_recorder(const fa_network *net, const char *quantities, uint64_t every)
{
    fa_recorder *rec;
    expect_ok(fa_recorder_create(&rec, net, quantities, every));
    return keep(rec, release_recorder);
}

static void to_deltas(const session *s)
{
    expect_ok(fa_forward(s->net, s->pass, &s->x));
    expect_ok(fa_error(s->net, s->pass, &s->target, NULL));
    expect_ok(fa_backward(s->net, s->pass, s->fb));
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void expect_value(const fa_recorder *rec, const char *quantity, size_t l, double expected)
{
    double got = 0;
    expect_ok(fa_recorder_value(rec, quantity, l, &got));
    ck_assert_msg(same(got, expected), "%s of layer %zu: %.17g, expected %.17g", quantity, l, got, expected);
}

/* Every quantity there is. */
static const char *all_names(void)
{
    char *names = make_memory(4096, 1);
    for (size_t i = 0; i < fa_quantity_count(); i++) {
        strcat(names, i > 0 ? "," : "");
        strcat(names, fa_quantity_at(i)->name);
    }
    return names;
}

/* --- the table --- */

START_TEST(table)
{
    static const char *const costs[] = {"low", "deltas", "backward", "svd"};
    ck_assert_uint_gt(fa_quantity_count(), 20);
    ck_assert_ptr_null(fa_quantity_at(fa_quantity_count()));
    for (size_t i = 0; i < fa_quantity_count(); i++) {
        const fa_quantity *q = fa_quantity_at(i);
        bool known = false;
        ck_assert(strlen(q->name) <= 40 && *q->doc && strspn(q->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(q->name));
        ck_assert(strcmp(q->unit, "1") == 0 || strcmp(q->unit, "degrees") == 0);
        for (size_t k = 0; k < 4; k++)
            known = known || strcmp(q->cost, costs[k]) == 0;
        ck_assert(known);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(q->name, fa_quantity_at(k)->name);
    }
}
END_TEST

/* What the table says of layers is what can be asked for. */
START_TEST(layers_are_those_of_the_table)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    fa_recorder *rec = make_recorder(s.net, all_names(), 1);
    for (size_t i = 0; i < fa_quantity_count(); i++) {
        const fa_quantity *q = fa_quantity_at(i);
        const size_t first = (size_t)(q->layers[0] - '0'), last = DEPTH - (strchr(q->layers, '-') ? 1 : 0);
        for (size_t l = 0; l <= DEPTH + 1; l++) {
            double value = 0;
            if (l < first || l > last)
                expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, q->name, l, &value));
            else
                expect_ok(fa_recorder_value(rec, q->name, l, &value));
            ck_assert(isnan(value));
        }
    }
}
END_TEST

/* --- values --- */

START_TEST(values_are_those_of_the_diagnostics)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    net_spec spec = make_spec(dtype, DEPTH, 7, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find(_i / 2 ? "bp" : "fa"), 5, 3);
    fa_recorder *rec = make_recorder(s.net, all_names(), 1);
    fa_delta_report deltas[DEPTH - 1], pseudo[DEPTH - 1];
    fa_update_report updates[DEPTH + 1];
    fa_norm_report norms[DEPTH];
    double saturated[DEPTH], angle = 0;
    fa_spectrum spectrum;
    expect_ok(fa_recorder_set_threshold(rec, 0.3));
    to_deltas(&s);
    expect_ok(fa_compare_deltas(s.net, s.pass, deltas));
    expect_ok(fa_compare_pseudo_deltas(s.net, s.pass, pseudo));
    expect_ok(fa_compare_updates(s.net, s.pass, updates));
    expect_ok(fa_layer_norms(s.net, s.pass, s.fb, norms));
    expect_ok(fa_saturation(s.net, s.pass, 0.3, saturated));
    expect_ok(fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
    expect_value(rec, "update_angle", 0, updates[0].angle);
    for (size_t l = 1; l <= DEPTH; l++) {
        const fa_matrix w = weights_of(s.net, l);
        expect_ok(fa_spectrum_of(&w, &spectrum));
        expect_value(rec, "weight_rank", l, (double)spectrum.rank);
        double condition = 0; /* of W^T, which has the same up to rounding */
        expect_ok(fa_recorder_value(rec, "weight_condition", l, &condition));
        ck_assert_double_le(fabs(condition / spectrum.condition - 1), 1e-12 * spectrum.condition);
        expect_value(rec, "update_angle", l, updates[l].angle);
        expect_value(rec, "update_ratio", l, updates[l].ratio);
        expect_value(rec, "weight_norm", l, norms[l - 1].weights);
        expect_value(rec, "bias_norm", l, norms[l - 1].bias);
        expect_value(rec, "activity_norm", l, norms[l - 1].activity);
        expect_value(rec, "delta_norm", l, norms[l - 1].delta);
        expect_value(rec, "saturation", l, saturated[l - 1]);
        if (l == DEPTH)
            break;
        expect_value(rec, "delta_angle", l, deltas[l - 1].angle);
        expect_value(rec, "delta_angle_mean", l, deltas[l - 1].angle_mean);
        expect_value(rec, "delta_angle_deviation", l, deltas[l - 1].angle_deviation);
        expect_value(rec, "delta_ratio", l, deltas[l - 1].ratio);
        expect_value(rec, "pseudo_angle", l, pseudo[l - 1].angle);
        expect_value(rec, "pseudo_ratio", l, pseudo[l - 1].ratio);
        expect_value(rec, "feedback_norm", l, norms[l - 1].feedback);
        if (_i / 2 == 0)
            expect_ok(fa_weight_angle(s.net, s.fb, l, &angle));
        expect_value(rec, "weight_angle", l, _i / 2 ? (double)NAN : angle);
    }
    if (_i / 2 == 0)
        expect_ok(fa_alignment_angle(s.net, s.fb, DEPTH, &angle));
    expect_value(rec, "alignment_angle", DEPTH, _i / 2 ? (double)NAN : angle);
    expect_value(rec, "alignment_rank", DEPTH, _i / 2 ? (double)NAN : 7);
    expect_value(rec, "alignment_angle", 2, NAN);
}
END_TEST

/* A rule without B, no feedback at all, and a shallow delta: what is not there is NaN, and the rest is there. */
START_TEST(what_is_not_there_is_nan)
{
    net_spec spec = make_spec(FA_FLOAT32, DEPTH, 7, FA_IDENTITY, false), single = make_spec(FA_FLOAT32, 1, 4, 0, true);
    session s = make_session(&spec, fa_rule_find("shallow"), 5, 3), one = make_session(&single, fa_rule_find("fa"), 5, 3);
    fa_recorder *rec = make_recorder(s.net, NULL, 1), *lone = make_recorder(one.net, all_names(), 1);
    double value = 0;
    to_deltas(&s);
    for (int i = 0; i < 2; i++) {
        expect_ok(fa_recorder_observe(rec, s.net, s.pass, i ? s.fb : NULL, 1, 1));
        expect_value(rec, "delta_angle", 1, NAN);
        expect_value(rec, "delta_ratio", 1, 0);
        expect_value(rec, "feedback_norm", 1, NAN);
        expect_value(rec, "weight_angle", 1, NAN);
        expect_value(rec, "alignment_angle", 3, NAN);
        expect_value(rec, "saturation", 1, NAN);
        expect_value(rec, "bias_norm", 1, NAN);
        expect_value(rec, "update_ratio", 3, 1);
        expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, "weight_rank", 1, &value)); /* not chosen */
    }
    to_deltas(&one);
    expect_ok(fa_recorder_observe(lone, one.net, one.pass, one.fb, 1, 1));
    expect_value(lone, "update_ratio", 0, 1);
    fa_matrix w = make_matrix(FA_FLOAT32, 8, 7); /* W W^T overflows: no pseudo-inverse, no products, but norms */
    for (size_t i = 0; i < 56; i++)
        ((float *)w.data)[i] = i % 8 == 0 ? 1e-38f : 0;
    rec = make_recorder(s.net, "pseudo_angle,weight_norm", 1);
    expect_ok(fa_network_set_weights(s.net, 3, &w));
    to_deltas(&s);
    expect_ok(fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
    ck_assert_uint_eq(fa_recorder_count(rec), 1);
    expect_ok(fa_recorder_value(rec, "weight_norm", 3, &value));
    ck_assert(value > 2e-38 && value < 4e-38);
}
END_TEST

/* --- nothing else changes --- */

typedef struct watcher {
    fa_recorder *rec;
    const session *s;
    uint64_t calls;
} watcher;

static bool observe(void *user_data, const fa_progress *progress)
{
    watcher *w = user_data;
    w->calls++;
    return fa_recorder_callback(w->rec, progress);
}

START_TEST(training_does_not_notice)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    const size_t batch = _i / 2 % 2 ? 1 : 6;
    net_spec spec = make_spec(dtype, DEPTH, 9, FA_TANH, true);
    session a = make_session(&spec, fa_rule_find("fa"), 20, 3), b = make_session(&spec, fa_rule_find("fa"), 20, 3);
    fa_dataset *data = make_dataset(&a.x, &a.target);
    watcher w = {.rec = make_recorder(b.net, all_names(), 3), .s = &b};
    if (_i / 4)
        for (int i = 0; i < 2; i++) {
            expect_ok(fa_network_set_dropout(i ? b.net : a.net, 2, 0.3));
            expect_ok(fa_optimizer_set(i ? b.opt : a.opt, "momentum", 0));
            expect_ok(fa_pass_set_dropout(i ? b.pass : a.pass, 4, 0));
        }
    for (uint64_t epoch = 1; epoch <= 3; epoch++) {
        fa_epoch_options options = {.struct_size = sizeof options, .batch = batch, .shuffle = true, .epoch = epoch};
        expect_ok(fa_train_epoch(a.net, a.pass, a.fb, a.opt, data, &options, NULL));
        options.point = FA_AFTER_DELTAS;
        options.callback = observe;
        options.user_data = &w;
        expect_ok(fa_train_epoch(b.net, b.pass, b.fb, b.opt, data, &options, NULL));
    }
    const uint64_t batches = batch == 1 ? 20 : 4;
    ck_assert_uint_eq(w.calls, 3 * batches);
    ck_assert_uint_eq(fa_recorder_count(w.rec), 3 * (batches / 3));
    expect_ok(fa_recorder_status(w.rec));
    state_copy left = take_snapshot(&a), right = take_snapshot(&b);
    ck_assert(same_snapshot(&left, &right));
}
END_TEST

/* --- files --- */

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
    static const char other[] = "epoch,batch,delta_angle_1\n1,1,3\n", cut[] = "epoch,batch,delta_angle_1,delta_angle_2\n1,";
    path_of("missing/run.csv", path);
    expect_failure_of_file(FA_ERR_IO, path, fa_recorder_open(rec, path, FA_RECORD_CSV));
    expect_failure_of_file(FA_ERR_IO, directory, fa_recorder_open(rec, directory, FA_RECORD_CSV));
    path_of("run.csv", path);
    put_file(path, other, strlen(other));
    expect_failure_of_file(FA_ERR_FORMAT, path, fa_recorder_open(rec, path, FA_RECORD_CSV));
    put_file(path, other, 4);
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

/* --- wrong calls --- */

START_TEST(wrong_calls)
{
    static const char *const wrong[] = {"", ",", "delta_angle,", "delta", "delta_angle,delta_angle", "delta_angle, saturation",
                                        "DELTA_ANGLE"};
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true), other = make_spec(FA_FLOAT64, 2, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 4, 3), o = make_session(&other, fa_rule_find("fa"), 4, 3);
    fa_recorder *rec = (fa_recorder *)&spec;
    double value = 0;
    fa_network *empty;
    expect_ok(fa_network_create(&empty, FA_FLOAT64, 3));
    expect_failure(FA_ERR_STATE, fa_recorder_create(&rec, empty, NULL, 1));
    fa_network_destroy(empty);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rec = (fa_recorder *)&spec;
        expect_failure(FA_ERR_ARGUMENT, fa_recorder_create(&rec, s.net, wrong[i], 1));
        ck_assert_ptr_null(rec);
    }
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_create(NULL, s.net, NULL, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_create(&rec, NULL, NULL, 1));
    rec = make_recorder(s.net, "delta_angle", 0);
    expect_failure(FA_ERR_STATE, fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
    ck_assert_int_eq(fa_recorder_status(rec), FA_ERR_STATE);
    to_deltas(&s);
    to_deltas(&o);
    expect_failure(FA_ERR_SHAPE, fa_recorder_observe(rec, o.net, o.pass, o.fb, 1, 1));
    expect_failure(FA_ERR_SHAPE, fa_recorder_observe(rec, s.net, o.pass, s.fb, 1, 1));
    expect_failure(FA_ERR_SHAPE, fa_recorder_observe(rec, s.net, s.pass, o.fb, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_observe(NULL, s.net, s.pass, s.fb, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_observe(rec, NULL, s.pass, s.fb, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_observe(rec, s.net, NULL, s.fb, 1, 1));
    ck_assert_uint_eq(fa_recorder_count(rec), 0);
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_open(NULL, "x", FA_RECORD_CSV));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_open(rec, NULL, FA_RECORD_CSV));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_open(rec, "x", (fa_record_format)3));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_close(NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_set_threshold(rec, 1.5));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_set_threshold(NULL, 0.5));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_status(NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(NULL, "delta_angle", 1, &value));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, NULL, 1, &value));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, "delta", 1, &value));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, "delta_angle", 1, NULL));
    ck_assert_uint_eq(fa_recorder_count(NULL), 0);
    fa_recorder_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorder");
    TCase *tcase = support_case(suite), *files = file_case(suite);
    tcase_add_test(tcase, table);
    tcase_add_test(tcase, layers_are_those_of_the_table);
    tcase_add_loop_test(tcase, values_are_those_of_the_diagnostics, 0, 4);
    tcase_add_test(tcase, what_is_not_there_is_nan);
    tcase_add_loop_test(tcase, training_does_not_notice, 0, 8);
    tcase_add_loop_test(files, csv_reads_back_exactly, 0, 2);
    tcase_add_test(files, jsonl_reads_back_exactly);
    tcase_add_test(files, numbers_do_not_follow_the_locale);
    tcase_add_test(files, files_that_are_not_ours);
    tcase_add_test(files, device_that_is_full);
    tcase_add_test(files, disk_that_becomes_full);
    tcase_add_test(tcase, wrong_calls);
    return support_run(suite, true);
}
