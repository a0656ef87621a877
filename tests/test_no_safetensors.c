/* A library that was built without jansson says so, and changes nothing. */
#include "files.h"
#include "training.h"

static void expect_said(const char *function)
{
    ck_assert_msg(strncmp(fa_last_error(), function, strlen(function)) == 0 &&
                  strstr(fa_last_error(), "without jansson") != NULL, "%s", fa_last_error());
}

START_TEST(unsupported)
{
    char path[PATH_SIZE];
    scene c = make_scene(FA_FLOAT32, 3);
    const state_copy before = take_snapshot(&c.s);
    fa_network *net = c.s.net;
    path_of("file", path);
    expect_failure(FA_ERR_UNSUPPORTED, fa_network_save(c.s.net, path));
    expect_said("fa_network_save");
    expect_failure(FA_ERR_UNSUPPORTED, fa_network_load(c.s.net, path, 0));
    expect_said("fa_network_load");
    expect_failure(FA_ERR_UNSUPPORTED, fa_network_open(&net, path, 0));
    expect_said("fa_network_open");
    ck_assert_ptr_null(net);
    expect_failure(FA_ERR_UNSUPPORTED, fa_network_open(NULL, path, 0));
    expect_failure(FA_ERR_UNSUPPORTED, fa_checkpoint_save(path, c.s.net, c.s.fb, c.s.opt, c.s.pass, c.trainer));
    expect_said("fa_checkpoint_save");
    expect_failure(FA_ERR_UNSUPPORTED, fa_checkpoint_load(path, c.s.net, c.s.fb, c.s.opt, c.s.pass, c.trainer, 0));
    expect_said("fa_checkpoint_load");
    ck_assert_uint_eq(list_directory(false), 0);
    const state_copy after = take_snapshot(&c.s);
    ck_assert(same_snapshot(&before, &after));
    expect_ok(scene_run(&c));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("no_safetensors");
    TCase *tcase = file_case(suite);
    tcase_add_test(tcase, unsupported);
    return support_run(suite, true);
}
