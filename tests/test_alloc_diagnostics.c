/* Diagnostics and the recorder when memory is out, and that observations ask for none after the first. */
#include "files.h"
#include "session.h"
#include "watch.h"

#include <string.h>

enum { DEPTH = 3, LARGEST = 30 };

static void release_recorder(void *recorder)
{
    fa_recorder_destroy(recorder);
}

static void release_invariant(void *invariant)
{
    fa_invariant_destroy(invariant);
}

static char everything[2048];

static void name_everything(void)
{
    everything[0] = '\0';
    for (size_t i = 0; i < fa_quantity_count(); i++) {
        strcat(everything, i > 0 ? "," : "");
        strcat(everything, fa_quantity_at(i)->name);
    }
}

static fa_status to_deltas(const session *s, const fa_matrix *x, const fa_matrix *target)
{
    fa_status status = fa_forward(s->net, s->pass, x);
    if (status == FA_OK)
        status = fa_error(s->net, s->pass, target, NULL);
    return status == FA_OK ? fa_backward(s->net, s->pass, s->fb) : status;
}

static session make_scene(void)
{
    net_spec spec = make_spec(FA_FLOAT32, DEPTH, 12, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), LARGEST, 3);
    expect_ok(to_deltas(&s, &s.x, &s.target));
    name_everything();
    return s;
}

static const char *const forms[] = {"dense", "sparse", "low_rank", "shared", "regenerated"};

enum { FORMS = sizeof forms / sizeof *forms };

/* The first batch is small, where products of samples are compared; later ones are of every size. */
START_TEST(observations_allocate_nothing)
{
    session s = make_scene();
    fa_recorder *rec;
    fa_status status = FA_OK;
    fa_matrix x, target;
    char path[PATH_SIZE];
    path_of("run", path);
    expect_ok(fa_feedback_set_choice(s.fb, "feedback_form", forms[_i / 2]));
    expect_ok(fa_recorder_create(&rec, s.net, everything, 1));
    keep(rec, release_recorder);
    expect_ok(fa_recorder_open(rec, path, _i % 2 ? FA_RECORD_CSV : FA_RECORD_JSONL));
    for (size_t n = 2; n <= LARGEST && status == FA_OK; n++) {
        expect_ok(fa_matrix_rows(&s.x, 0, n, &x));
        expect_ok(fa_matrix_rows(&s.target, 0, n, &target));
        expect_ok(to_deltas(&s, &x, &target));
        if (n > 2)
            watch(-1, false);
        status = fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, n);
        unwatch();
        ck_assert_int_eq(allocations, 0);
    }
    expect_ok(status);
}
END_TEST

START_TEST(invariants_allocate_nothing)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 6, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("fa"), 5, 3);
    fa_invariant_report report;
    fa_invariant *invariant;
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expect_ok(fa_invariant_create(&invariant, s.net, s.fb, 5));
    keep(invariant, release_invariant);
    expect_ok(to_deltas(&s, &s.x, &s.target));
    watch(-1, false);
    fa_status status = fa_invariant_observe(invariant, s.net, s.pass, s.fb, s.opt);
    if (status == FA_OK)
        status = fa_invariant_drift(invariant, s.net, s.fb, &report);
    unwatch();
    expect_ok(status);
    ck_assert_int_eq(allocations, 0);
}
END_TEST

/* --- failures: everything is made and released within a call --- */

static fa_status record(const session *s)
{
    char path[PATH_SIZE];
    fa_recorder *rec;
    fa_status status = fa_recorder_create(&rec, s->net, everything, 1);
    path_of("failing", path);
    if (status == FA_OK)
        status = fa_recorder_open(rec, path, FA_RECORD_CSV);
    if (status == FA_OK)
        status = fa_recorder_observe(rec, s->net, s->pass, s->fb, 1, 1);
    fa_recorder_destroy(rec);
    return status;
}

static fa_status compare_deltas(const session *s)
{
    fa_delta_report reports[DEPTH - 1];
    return fa_compare_deltas(s->net, s->pass, reports);
}

static fa_status compare_pseudo_deltas(const session *s)
{
    fa_delta_report reports[DEPTH - 1];
    return fa_compare_pseudo_deltas(s->net, s->pass, reports);
}

static fa_status compare_updates(const session *s)
{
    fa_update_report reports[DEPTH + 1];
    return fa_compare_updates(s->net, s->pass, reports);
}

static fa_status align(const session *s)
{
    float data[13 * 13];
    const size_t width = fa_network_width(s->net, DEPTH);
    const fa_matrix a = fa_matrix_view(data, width, width, FA_FLOAT32);
    return fa_alignment_matrix(s->net, s->fb, DEPTH, &a);
}

static fa_status spectrum(const session *s)
{
    fa_spectrum found;
    fa_matrix w;
    fa_status status = fa_network_weights(s->net, 1, &w);
    return status == FA_OK ? fa_spectrum_of(&w, &found) : status;
}

static fa_status setup_direct(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

static const fa_rule direct = {.struct_size = sizeof(fa_rule), .name = "direct", .setup = setup_direct};

static fa_status regenerated_angles(const session *s)
{
    double degrees;
    fa_norm_report norms[DEPTH];
    fa_feedback *fb;
    fa_status status = fa_feedback_create(&fb, s->net, &direct, NULL, 1);
    if (status == FA_OK)
        status = fa_feedback_set_choice(fb, "feedback_form", "regenerated");
    if (status == FA_OK)
        status = fa_alignment_angle(s->net, fb, 2, &degrees);
    if (status == FA_OK)
        status = fa_weight_angle(s->net, fb, DEPTH - 1, &degrees);
    if (status == FA_OK)
        status = fa_layer_norms(s->net, s->pass, fb, norms);
    fa_feedback_destroy(fb);
    return status;
}

static fa_status watch_invariant(const session *s)
{
    fa_network *net = NULL;
    fa_feedback *fb = NULL;
    fa_invariant *invariant = NULL;
    fa_status status = fa_network_create(&net, FA_FLOAT32, 3);
    (void)s;
    for (size_t l = 1; l <= 2 && status == FA_OK; l++)
        status = fa_network_add_dense(net, 4, FA_IDENTITY, false);
    if (status == FA_OK)
        status = fa_feedback_create(&fb, net, fa_rule_find("fa"), NULL, 1);
    if (status == FA_OK)
        status = fa_invariant_create(&invariant, net, fb, 5);
    fa_invariant_destroy(invariant);
    fa_feedback_destroy(fb);
    fa_network_destroy(net);
    return status;
}

typedef fa_status (*attempt)(const session *s);

static const attempt attempts[] = {record, compare_deltas, compare_pseudo_deltas, compare_updates, align, spectrum,
                                   regenerated_angles, watch_invariant};

START_TEST(failures_are_survived)
{
    const attempt run = attempts[_i / 2];
    session s = make_scene();
    state_copy before = take_snapshot(&s);
    long failures = 0;
    for (;; failures++) {
        support_forget();
        watch(failures, _i % 2);
        fa_status status = run(&s);
        unwatch();
        ck_assert_int_eq(live, 0);
        if (status == FA_OK) {
            ck_assert_int_le(allocations, failures); /* else one failed, and nobody was told */
            break;
        }
        support_failed(FA_ERR_MEMORY, status, "diagnostics", __LINE__);
        ck_assert_int_lt(failures, 100);
    }
    ck_assert_int_gt(failures, 0);
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc diagnostics");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, observations_allocate_nothing, 0, 2 * FORMS);
    tcase_add_test(tcase, invariants_allocate_nothing);
    tcase_add_loop_test(tcase, failures_are_survived, 0, 2 * (int)(sizeof attempts / sizeof *attempts));
    return support_run(suite, false);
}
