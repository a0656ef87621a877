/* How much memory a file can make the library ask for, its JSON parser included: every piece, and all of them together,
 * are bounded by the size of the file, whatever it claims.
 *
 * The bounds: a piece has at most 8 bytes for a byte of the file, because rows of a layer of one unit are padded to 32
 * bytes, the size of 8 elements. All pieces have at most 80: "{}" and a comma are three bytes, and take the parser 219.
 * What is asked for whatever the file says is below 64 KiB. */
#include "files.h"
#include "training.h"

#include <fa/io.h>
#include <jansson.h>
#include <malloc.h>
#include <stdarg.h>

enum { PIECE_FACTOR = 8, TOTAL_FACTOR = 80, ALWAYS = 1 << 16 };

void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void __real_free(void *memory);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void __wrap_free(void *memory);

/* The library allocates with calloc, the parser is given malloc. */
static bool watching;
static size_t largest, held, peak;

static void *note(void *memory, size_t size)
{
    if (!watching || memory == NULL)
        return memory;
    largest = size > largest ? size : largest;
    held += malloc_usable_size(memory);
    peak = held > peak ? held : peak;
    return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return note(__real_calloc(count, size), count * size);
}

void *__wrap_malloc(size_t size)
{
    return note(__real_malloc(size), size);
}

void __wrap_free(void *memory)
{
    if (watching && memory != NULL)
        held -= malloc_usable_size(memory);
    __real_free(memory);
}

static void *parser_malloc(size_t size)
{
    return malloc(size);
}

static void parser_free(void *memory)
{
    free(memory);
}

static void start_watching(void)
{
    largest = held = peak = 0;
    watching = true;
}

/* By a file of `size` bytes. */
static void expect_bounded(const char *what, size_t size)
{
    ck_assert_msg(largest <= PIECE_FACTOR * size + ALWAYS, "%s: %zu bytes at once for a file of %zu", what, largest,
                  size);
    ck_assert_msg(peak <= TOTAL_FACTOR * size + ALWAYS, "%s: %zu bytes for a file of %zu", what, peak, size);
}

/* --- files --- */

/* Text that grows. */
typedef struct text {
    char *bytes;
    size_t length, room;
} text;

static void add_text(text *t, const char *more, size_t length)
{
    if (t->length + length > t->room) {
        const size_t room = 2 * (t->length + length);
        char *bytes = make_memory(1, room);
        if (t->length > 0)
            memcpy(bytes, t->bytes, t->length);
        t->bytes = bytes;
        t->room = room;
    }
    memcpy(t->bytes + t->length, more, length);
    t->length += length;
}

static void add(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(text *t, const char *format, ...)
{
    char piece[512];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    ck_assert(length >= 0 && (size_t)length < sizeof piece);
    add_text(t, piece, (size_t)length);
}

/* A file of that header, the length that it claims to have (0: its own), and data of zeros. */
static size_t write_file(char path[PATH_SIZE], const text *header, uint64_t claimed, size_t data)
{
    path_of("file", path);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    if (claimed == 0)
        claimed = header->length;
    for (int i = 0; i < 8; i++)
        fputc((int)(claimed >> 8 * i & 0xff), file);
    fwrite(header->bytes, 1, header->length, file);
    for (size_t i = 0; i < data; i++)
        fputc(0, file);
    ck_assert_int_eq(fclose(file), 0);
    return 8 + header->length + data;
}

/* --- what is claimed --- */

static fa_status open_watched(const char *path, uint32_t flags)
{
    fa_network *net;
    start_watching();
    const fa_status status = fa_network_open(&net, path, flags);
    if (status == FA_OK)
        fa_network_destroy(net);
    watching = false;
    ck_assert_msg(held == 0, "%zu bytes are left", held);
    return status;
}

#define METADATA "\"__metadata__\":{\"libfa.format\":\"1\","                                      \
                 "\"libfa.network\":\"{\\\"dtype\\\":\\\"%s\\\",\\\"inputs\\\":%llu," \
                 "\\\"loss\\\":\\\"squared_error\\\",\\\"layers\\\":["
#define LAYER "{\\\"kind\\\":\\\"dense\\\",\\\"outputs\\\":%llu,\\\"activation\\\":\\\"identity\\\",\\\"bias\\\":false}"

/* A network of one layer, and a tensor for it. */
static void one_layer(text *t, const char *dtype, unsigned long long in, unsigned long long out, const char *type,
                      unsigned long long rows, unsigned long long cols, unsigned long long bytes)
{
    add(t, "{" METADATA LAYER "]}\"},", dtype, in, out);
    add(t, "\"layers.0.weight\":{\"dtype\":\"%s\",\"shape\":[%llu,%llu],\"data_offsets\":[0,%llu]}}", type, rows, cols,
        bytes);
}

START_TEST(huge_layers)
{
    const unsigned long long most = 2147483647;
    const struct {
        const char *dtype, *type;
        unsigned long long in, out, rows, cols, bytes;
        size_t data;
        fa_status status;
    } cases[] = {
        {"float64", "F64", most, most, 2, 2, 32, 32, FA_ERR_FORMAT},                   /* the tensor is small */
        {"float64", "F64", most, most, most, most, 8 * most * most, 32, FA_ERR_FORMAT}, /* above 2^64 bits */
        {"float64", "F64", most, 1, 1, most, 8 * most, 32, FA_ERR_FORMAT},              /* not in the file */
        {"float64", "F64", most, 1, 1, most, 0, 0, FA_ERR_FORMAT},
        {"float64", "F64", most, 1, 0, most, 0, 0, FA_ERR_FORMAT},
        {"float64", "F4", 1 << 20, 1, 1, 1 << 20, 1 << 19, 1 << 19, FA_ERR_DTYPE},      /* half a byte for 32 */
        {"float64", "U8", 1 << 20, 1, 1, 1 << 20, 1 << 20, 1 << 20, FA_ERR_DTYPE},
        {"float64", "F32", 1 << 18, 1, 1, 1 << 18, 1 << 20, 1 << 20, FA_OK},            /* the most that there can be */
        {"float32", "F32", 1 << 18, 1, 1, 1 << 18, 1 << 20, 1 << 20, FA_OK},
        {"float64", "F32", 1 << 9, 1 << 9, 1 << 9, 1 << 9, 1 << 20, 1 << 20, FA_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[PATH_SIZE], what[32];
        text t = {0};
        one_layer(&t, cases[i].dtype, cases[i].in, cases[i].out, cases[i].type, cases[i].rows, cases[i].cols,
                  cases[i].bytes);
        const size_t size = write_file(path, &t, 0, cases[i].data);
        const fa_status status = open_watched(path, FA_LOAD_CONVERT);
        snprintf(what, sizeof what, "layer %zu", i);
        expect_bounded(what, size);
        ck_assert_msg(status == cases[i].status, "%s: %s: %s", what, fa_status_string(status), fa_last_error());
    }
}
END_TEST

/* As many layers as a header can hold: one unit each, which takes the most beside its element. */
START_TEST(many_layers)
{
    enum { LAYERS = 20000 };
    char path[PATH_SIZE];
    text t = {0};
    add(&t, "{" METADATA, "float32", 1ull);
    for (size_t l = 0; l < LAYERS; l++)
        add(&t, "%s" LAYER, l > 0 ? "," : "", 1ull);
    add(&t, "]}\"}");
    for (size_t l = 0; l < LAYERS; l++)
        add(&t, ",\"layers.%zu.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[%zu,%zu]}", l, 4 * l,
            4 * l + 4);
    add(&t, "}");
    const size_t size = write_file(path, &t, 0, 4 * LAYERS);
    const fa_status status = open_watched(path, 0);
    expect_bounded("many layers", size);
    expect_ok(status);
}
END_TEST

START_TEST(claimed_lengths)
{
    static const uint64_t claimed[] = {99999999, 100000000, 100000001, UINT64_C(1) << 31, UINT64_C(1) << 32,
                                       UINT64_C(1) << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof claimed / sizeof claimed[0]; i++) {
        char path[PATH_SIZE];
        text t = {0};
        add(&t, "{}");
        const size_t size = write_file(path, &t, claimed[i], 0);
        const fa_status status = open_watched(path, 0);
        expect_bounded("a length", size);
        ck_assert_int_eq(status, FA_ERR_FORMAT);
    }
}
END_TEST

/* --- values for the parser --- */

START_TEST(many_values)
{
    static const char *const kinds[] = {"[]", "{}", "0", "1.5", "\"\"", "{\"a\":0}", "null"};
    static const size_t sizes[] = {1 << 10, 1 << 14};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            const size_t values = sizes[s];
            char path[PATH_SIZE], what[64];
            text t = {0};
            add(&t, "{\"a\":[%s", kinds[k]);
            for (size_t i = 1; i < values; i++)
                add(&t, ",%s", kinds[k]);
            add(&t, "]}");
            const size_t size = write_file(path, &t, 0, 0);
            const fa_status status = open_watched(path, 0);
            snprintf(what, sizeof what, "%zu times %s", values, kinds[k]);
            expect_bounded(what, size);
            ck_assert_int_eq(status, FA_ERR_FORMAT);
        }
}
END_TEST

/* The most that a file can make the parser take, where an object counts twice; and one more, which is refused. */
START_TEST(most_values)
{
    for (size_t more = 0; more < 2; more++) {
        char path[PATH_SIZE];
        text t = {0};
        add(&t, "{\"a\":[{}");
        for (size_t i = 1; i < (1 << 19) - 2 + more; i++)
            add_text(&t, ",{}", 3);
        add(&t, "]}");
        const size_t size = write_file(path, &t, 0, 0);
        ck_assert_int_eq(open_watched(path, 0), FA_ERR_FORMAT);
        ck_assert_msg(strstr(fa_last_error(), more ? "more than 1048576 values" : "tensor a: is not an object") != NULL,
                      "%s", fa_last_error());
        expect_bounded("2^20 values", size);
        ck_assert_msg(peak < (size_t)1 << 27, "%zu bytes for the most values", peak);
    }
}
END_TEST

START_TEST(long_texts)
{
    for (int i = 0; i < 4; i++) {
        char path[PATH_SIZE];
        text t = {0};
        add(&t, i % 2 ? "{\"__metadata__\":{\"libfa.format\":\"1\",\"libfa.network\":\"{\\\"" : "{\"");
        for (size_t k = 0; k < 1 << 18; k++)
            add(&t, i / 2 ? "\\u0041" : "A");
        add(&t, i % 2 ? "\\\":1}\"}}" : "\":1}");
        const size_t size = write_file(path, &t, 0, 0);
        const fa_status status = open_watched(path, 0);
        expect_bounded("a long text", size);
        ck_assert_int_eq(status, FA_ERR_FORMAT);
    }
}
END_TEST

/* --- checkpoints, into what there is --- */

/* A checkpoint of the scene in which one piece of the header's text is another one, and elements are 0. */
static size_t write_changed(const scene *c, const char *from, const text *to, char path[PATH_SIZE])
{
    enum { MOST = 1 << 16 };
    unsigned char *bytes = make_memory(1, MOST);
    char *header = (char *)bytes + 8;
    text t = {0};
    path_of("whole", path);
    expect_ok(fa_checkpoint_save(path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer));
    const size_t size = get_file(path, bytes, MOST), length = (size_t)bytes[0] | (size_t)bytes[1] << 8;
    ck_assert(size < MOST && header[length - 1] == ' ');
    header[length - 1] = '\0';
    char *at = strstr(header, from);
    ck_assert_msg(at != NULL, "no %s in the header", from);
    *at = '\0';
    add_text(&t, header, strlen(header));
    add_text(&t, to->bytes, to->length);
    add_text(&t, at + strlen(from), strlen(at + strlen(from)));
    return write_file(path, &t, 0, size - 8 - length);
}

static fa_status load_watched(const scene *c, const char *path)
{
    start_watching();
    const fa_status status = fa_checkpoint_load(path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer, 0);
    watching = false;
    return status;
}

START_TEST(claims_of_a_checkpoint)
{
    static const struct {
        const char *from, *to;
    } claims[] = {
        {"\\\"epochs\\\":\\\"1\\\"", "\\\"epochs\\\":\\\"1000000000000000\\\""},
        {"\\\"epochs\\\":\\\"1\\\"", "\\\"epochs\\\":\\\"18446744073709551615\\\""},
        {"\\\"feedback_rank\\\":10.0", "\\\"feedback_rank\\\":2147483647.0"},
        {"\\\"feedback_form\\\":\\\"dense\\\"", "\\\"feedback_form\\\":\\\"low_rank\\\""},
        {"\\\"inputs\\\":7", "\\\"inputs\\\":2147483647"},
        {"\\\"outputs\\\":8", "\\\"outputs\\\":2147483647"},
        {"\\\"momentum_buffer\\\"", "\\\"exp_avg\\\""},
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        char path[PATH_SIZE];
        scene c = make_scene(FA_FLOAT32, 3);
        text to = {0};
        scene_set(&c, "epochs", 1);
        expect_ok(scene_run(&c));
        add(&to, "%s", claims[i].to);
        const size_t size = write_changed(&c, claims[i].from, &to, path);
        const fa_status status = load_watched(&c, path);
        expect_bounded(claims[i].to, size);
        ck_assert_msg(status != FA_OK, "%s was believed", claims[i].to);
    }
}
END_TEST

/* A quarter of a million frozen spans: sound, and done in a moment. */
START_TEST(many_spans)
{
    enum { SPANS = 200000 };
    char path[PATH_SIZE];
    scene c = make_scene(FA_FLOAT32, 3);
    text to = {0};
    add(&to, "\\\"frozen_spans\\\":[");
    for (size_t i = 0; i < SPANS; i++)
        add(&to, "%s{\\\"layer\\\":1,\\\"first\\\":\\\"9\\\",\\\"last\\\":\\\"9\\\"}", i > 0 ? "," : "");
    add(&to, "]");
    const size_t size = write_changed(&c, "\\\"frozen_spans\\\":[]", &to, path);
    const fa_status status = load_watched(&c, path);
    expect_bounded("spans", size);
    expect_ok(status);
    scene_set(&c, "epochs", 1);
    expect_ok(scene_run(&c));
}
END_TEST

int main(void)
{
    json_set_alloc_funcs(parser_malloc, parser_free);
    Suite *suite = suite_create("safetensors_bounds");
    TCase *tcase = file_case(suite);
    tcase_add_test(tcase, huge_layers);
    tcase_add_test(tcase, many_layers);
    tcase_add_test(tcase, claimed_lengths);
    tcase_add_test(tcase, many_values);
    tcase_add_test(tcase, most_values);
    tcase_add_test(tcase, long_texts);
    tcase_add_test(tcase, claims_of_a_checkpoint);
    tcase_add_test(tcase, many_spans);
    return support_run(suite, false);
}
