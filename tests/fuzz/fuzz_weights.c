/* fa_network_open() and fa_network_load() on any bytes, and on files whose header is of the right length.
 *
 * The first byte chooses; the header of such a file ends at the first 0. */
#include "harness.h"

#include <string.h>

/* A file with these bytes, or with the length of its header in front. */
static const char *make_file(const uint8_t *data, size_t size)
{
    static unsigned char bytes[8 + 65536];
    if (size == 0 || data[0] % 4 == 0 || size > 65536)
        return file_of(0, data + (size > 0), size - (size > 0));
    const uint8_t *header = data + 1, *end = memchr(header, 0, size - 1);
    const size_t length = end ? (size_t)(end - header) : size - 1, rest = end ? size - 2 - length : 0;
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> 8 * i & 0xff);
    memcpy(bytes + 8, header, length);
    if (rest > 0)
        memcpy(bytes + 8 + length, end + 1, rest);
    return file_of(0, bytes, 8 + length + rest);
}

static fa_network *make_network(void)
{
    fa_network *net = NULL;
    require(fa_network_create(&net, FA_FLOAT32, 3) == FA_OK && fa_network_add_dense(net, 4, FA_TANH, true) == FA_OK &&
            fa_network_add_dense(net, 2, FA_SOFTMAX, false) == FA_OK);
    require(fa_network_init_weights(net, 0, FA_INIT_UNIFORM, 1, 1) == FA_OK);
    return net;
}

/* What the network answers to a sample. */
static void answer(const fa_network *net, float y[2])
{
    float x[3] = {1, -2, 3};
    const fa_matrix in = fa_matrix_view(x, 1, 3, FA_FLOAT32), out = fa_matrix_view(y, 1, 2, FA_FLOAT32);
    require(fa_network_predict(net, &in, &out) == FA_OK);
}

static void load(fa_network *net, const char *path, uint32_t flags)
{
    float before[2], after[2];
    answer(net, before);
    forget_failure();
    const fa_status status = fa_network_load(net, path, flags);
    expect_told(status);
    answer(net, after);
    require(status == FA_OK || memcmp(before, after, sizeof before) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint32_t flags = size > 0 ? data[0] / 4 % 8 : 0;
    const char *path = make_file(data, size);
    fa_network *net = make_network(), *made;
    forget_failure();
    const fa_status status = fa_network_open(&made, path, flags);
    if (status == FA_ERR_MEMORY)
        expect_told(status);
    else
        expect_told_of(status, path);
    require((status == FA_OK) == (made != NULL));
    require(made == NULL || fa_network_depth(made) > 0);
    load(net, path, flags);
    fa_network_destroy(made);
    fa_network_destroy(net);
    return 0;
}
