/* A checkpoint that is cut short at every byte, and with every bit of its header turned over, one at a time: whatever
 * comes of it, what is live is as before or trains. */
#include "damaged_files.h"

#include <fcntl.h>

enum { PIECES = 8 };

/* A file that is damaged in place and mended again. */
typedef struct patient {
    const scene *live; /* what it was made of */
    char path[PATH_SIZE], sound[PATH_SIZE];
    int fd;
    size_t size, header; /* bytes in all; of the length and the header */
    unsigned char bytes[LIVE_SIZE_MOST];
} patient;

static void close_file(void *p)
{
    close(((patient *)p)->fd);
    free(p);
}

static fa_status load(const scene *live, const char *path)
{
    return fa_checkpoint_load(path, live->s.net, live->s.fb, live->s.opt, live->s.pass, live->trainer, 0);
}

/* A checkpoint in the middle of a run, in a file of its own and in another that stays. */
static bool save_there(void *user_data, const fa_progress *progress)
{
    const patient *p = user_data;
    const scene *live = p->live;
    if (progress->epoch == 3 && progress->batch == 2)
        expect_ok(fa_checkpoint_save(p->sound, live->s.net, live->s.fb, live->s.opt, live->s.pass, live->trainer));
    return true;
}

static patient *make_patient(const scene *live)
{
    patient *p = keep(calloc(1, sizeof *p), close_file);
    p->live = live;
    path_of("damaged", p->path);
    path_of("sound", p->sound);
    expect_ok(fa_network_prune(live->s.net, 2, 0.5, 1));
    expect_ok(fa_trainer_set_choice(live->trainer, "keep_best", "yes"));
    expect_ok(fa_trainer_freeze(live->trainer, 1, 2, 3));
    expect_ok(fa_trainer_set_callback(live->trainer, FA_AFTER_UPDATE, 1, save_there, p));
    expect_ok(scene_run(live));
    expect_ok(fa_trainer_set_callback(live->trainer, FA_AFTER_UPDATE, 1, NULL, NULL));
    p->size = get_file(p->sound, p->bytes, sizeof p->bytes);
    put_file(p->path, p->bytes, p->size);
    for (int i = 7; i >= 0; i--)
        p->header = p->header << 8 | p->bytes[i];
    p->header += 8;
    ck_assert(p->header > 8 && p->header < p->size && p->size < sizeof p->bytes);
    p->fd = open(p->path, O_RDWR);
    ck_assert_int_ge(p->fd, 0);
    expect_ok(load(live, p->path));
    return p;
}

static void put_byte(const patient *p, size_t at, unsigned char byte)
{
    ck_assert_int_eq(pwrite(p->fd, &byte, 1, (off_t)at), 1);
}

START_TEST(cut_short)
{
    scene live = make_live(NULL);
    const patient *p = make_patient(&live);
    const live_bytes *before = bytes_of(&live);
    for (size_t size = p->size; size-- > 0;) {
        fa_network *net;
        ck_assert_int_eq(ftruncate(p->fd, (off_t)size), 0);
        expect_failure_of_file(FA_ERR_FORMAT, p->path, load(&live, p->path));
        expect_failure_of_file(FA_ERR_FORMAT, p->path, fa_network_load(live.s.net, p->path, 0));
        expect_failure_of_file(FA_ERR_FORMAT, p->path, fa_network_open(&net, p->path, 0));
    }
    expect_same_bytes(before, bytes_of(&live), "something changed");
}
END_TEST

/* Every bit of a part of the header. What is accepted is another checkpoint, with which training does not have to
 * succeed: batches that are done may be more than there are. */
START_TEST(flipped)
{
    scene live = make_live(NULL);
    const patient *p = make_patient(&live);
    const live_bytes *before = bytes_of(&live);
    size_t accepted = 0, refused = 0;
    for (size_t at = p->header * (size_t)_i / PIECES; at < p->header * ((size_t)_i + 1) / PIECES; at++)
        for (int bit = 0; bit < 8; bit++) {
            fa_network *net;
            put_byte(p, at, (unsigned char)(p->bytes[at] ^ 1 << bit));
            if (fa_network_open(&net, p->path, 0) == FA_OK)
                fa_network_destroy(net);
            if (load(&live, p->path) == FA_OK) {
                (void)scene_run(&live);
                expect_ok(load(&live, p->sound));
                accepted++;
            } else {
                ck_assert_msg(strncmp(fa_last_error(), p->path, strlen(p->path)) == 0, "%s", fa_last_error());
                refused++;
            }
            if (fa_network_load(live.s.net, p->path, 0) == FA_OK)
                expect_ok(load(&live, p->sound));
            put_byte(p, at, p->bytes[at]);
        }
    ck_assert(refused > accepted);
    expect_same_bytes(before, bytes_of(&live), "something changed");
}
END_TEST

/* Every bit of the elements: other numbers, or a sentence. */
START_TEST(flipped_elements)
{
    scene live = make_live(NULL);
    const patient *p = make_patient(&live);
    const live_bytes *before = bytes_of(&live);
    for (size_t at = p->header; at < p->size; at++)
        for (int bit = 0; bit < 8; bit++) {
            put_byte(p, at, (unsigned char)(p->bytes[at] ^ 1 << bit));
            if (load(&live, p->path) == FA_OK) {
                (void)scene_run(&live);
                expect_ok(load(&live, p->sound));
            }
            put_byte(p, at, p->bytes[at]);
        }
    expect_same_bytes(before, bytes_of(&live), "something changed");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint_flips");
    TCase *tcase = file_case(suite);
    tcase_add_test(tcase, cut_short);
    tcase_add_loop_test(tcase, flipped, 0, PIECES);
    tcase_add_test(tcase, flipped_elements);
    return support_run(suite, true);
}
