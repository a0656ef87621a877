/* What a recorder parses: the list of quantities (the input up to its first line feed), and the first line of a file
 * that it is to append to (the rest). */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

enum { N = 3, MOST = 1 << 12 };

/* A network in the middle of a step; the same for all inputs. */
typedef struct scene {
    fa_network *net;
    fa_pass *pass;
    fa_feedback *fb;
    double numbers[2 * N];
} scene;

static void set(scene *s)
{
    require(fa_network_create(&s->net, FA_FLOAT64, 2) == FA_OK);
    require(fa_network_add_dense(s->net, 3, FA_TANH, true) == FA_OK);
    require(fa_network_add_dense(s->net, 2, FA_IDENTITY, false) == FA_OK);
    require(fa_network_init_weights(s->net, 0, FA_INIT_UNIFORM, 1, 1) == FA_OK);
    require(fa_pass_create(&s->pass, s->net, N) == FA_OK);
    require(fa_feedback_create(&s->fb, s->net, fa_rule_find("fa"), NULL, 1) == FA_OK);
    for (int i = 0; i < 2 * N; i++)
        s->numbers[i] = 0.1 * i;
    const fa_matrix x = fa_matrix_view(s->numbers, N, 2, FA_FLOAT64);
    require(fa_forward(s->net, s->pass, &x) == FA_OK);
    require(fa_error(s->net, s->pass, &x, NULL) == FA_OK);
    require(fa_backward(s->net, s->pass, s->fb) == FA_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static scene s;
    static char names[MOST];
    if (s.net == NULL)
        set(&s);
    if (size >= MOST)
        return -1;
    const uint8_t *end = memchr(data, '\n', size);
    const size_t length = end != NULL ? (size_t)(end - data) : size;
    memcpy(names, data, length);
    names[length] = '\0';

    fa_recorder *rec = NULL;
    forget_failure();
    if (!expect_told(fa_recorder_create(&rec, s.net, end != NULL && length == 0 ? NULL : names, 1))) {
        require(rec == NULL);
        return 0;
    }
    const char *path = file_of(0, data + length, size - length);
    if (end != NULL)
        path = file_of(0, end + 1, size - length - 1);
    forget_failure();
    if (expect_told_of(fa_recorder_open(rec, path, size % 2 == 0 ? FA_RECORD_CSV : FA_RECORD_JSONL), path))
        require(fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1) == FA_OK);
    require(fa_recorder_close(rec) == FA_OK);
    fa_recorder_destroy(rec);
    return 0;
}
