/* fa_checkpoint_load() on files whose tensors are right and whose metadata are the fuzzer's.
 *
 * The first byte chooses the rule's feedback; the rest is texts that end with 0: of the network, the feedback, the
 * optimizer, the pass, the trainer. An empty one stays as it was written, "-" is left out; a sixth one is a part of
 * the header that is replaced. */
#include "harness.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORMS = 5, SAMPLES = 4, FILE_MOST = 1 << 16 };

static const char *const keys[] = {"libfa.network", "libfa.feedback", "libfa.optimizer", "libfa.pass", "libfa.trainer"};

/* Everything that a checkpoint is of. */
typedef struct handles {
    fa_network *net;
    fa_feedback *fb;
    fa_optimizer *opt;
    fa_pass *pass;
    fa_trainer *trainer;
} handles;

static handles make(unsigned form)
{
    handles h = {0};
    require(fa_network_create(&h.net, FA_FLOAT32, 3) == FA_OK &&
            fa_network_add_dense(h.net, 4, FA_TANH, true) == FA_OK &&
            fa_network_add_dense(h.net, 2, FA_IDENTITY, true) == FA_OK);
    require(fa_network_init_weights(h.net, 0, FA_INIT_UNIFORM, 1, 1) == FA_OK);
    require(fa_feedback_create(&h.fb, h.net, fa_rule_find("fa"), NULL, 1) == FA_OK);
    require(fa_feedback_set_param(h.fb, "feedback_form", form) == FA_OK);
    require(fa_optimizer_create(&h.opt, h.net, "adam") == FA_OK && fa_pass_create(&h.pass, h.net, SAMPLES) == FA_OK);
    require(fa_trainer_create(&h.trainer, h.net, 1) == FA_OK && fa_trainer_set(h.trainer, "epochs", 2) == FA_OK);
    return h;
}

static void release(handles *h)
{
    fa_trainer_destroy(h->trainer);
    fa_pass_destroy(h->pass);
    fa_optimizer_destroy(h->opt);
    fa_feedback_destroy(h->fb);
    fa_network_destroy(h->net);
}

static fa_status run(const handles *h)
{
    static float x[SAMPLES * 3] = {1, 2, 3, -1, -2, -3, 0.5f, 0, 1, 0, 1, 0}, y[SAMPLES * 2] = {1, 0, 0, 1, 1, 1, 0, 0};
    const fa_matrix in = fa_matrix_view(x, SAMPLES, 3, FA_FLOAT32), out = fa_matrix_view(y, SAMPLES, 2, FA_FLOAT32);
    fa_dataset *data = NULL;
    require(fa_dataset_create(&data, &in, &out) == FA_OK);
    const fa_status status = fa_trainer_run(h->trainer, h->net, h->pass, h->fb, h->opt, data, data);
    fa_dataset_destroy(data);
    return status;
}

/* The file of a sound checkpoint; its size. */
static size_t write_sound(const handles *h, unsigned char *bytes)
{
    char path[64];
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* memory: flushing a disk takes long */
    snprintf(path, sizeof path, "%s/fuzz-%ld.safetensors", folder, (long)getpid());
    require(fa_checkpoint_save(path, h->net, h->fb, h->opt, h->pass, h->trainer) == FA_OK);
    FILE *file = fopen(path, "rb");
    require(file != NULL);
    const size_t size = fread(bytes, 1, FILE_MOST, file);
    fclose(file);
    unlink(path);
    return size;
}

/* The next text; what does not end with 0 is the last one, and cut. */
static const char *next_text(const uint8_t **at, size_t *left, char text[2048])
{
    size_t length = 0;
    while (*left > 0 && **at != 0 && length < 2047) {
        text[length++] = (char)*(*at)++;
        --*left;
    }
    text[length] = '\0';
    if (*left > 0) {
        ++*at;
        --*left;
    }
    return text;
}

static void change_metadata(json_t *header, const uint8_t **at, size_t *left)
{
    json_t *metadata = json_object_get(header, "__metadata__");
    for (int i = 0; i < 5; i++) {
        char text[2048];
        next_text(at, left, text);
        if (strcmp(text, "-") == 0)
            json_object_del(metadata, keys[i]);
        else if (text[0] != '\0')
            json_object_set_new(metadata, keys[i], json_string(text)); /* fails if it is not UTF-8: nothing changes */
    }
}

/* Members of the header replaced by those of a JSON object. */
static void change_header(json_t *header, const uint8_t **at, size_t *left)
{
    char text[2048];
    json_t *change = json_loads(next_text(at, left, text), 0, NULL);
    json_object_update(header, change);
    json_decref(change);
}

static const char *make_file(const unsigned char *sound, size_t size, const uint8_t *data, size_t left)
{
    static unsigned char bytes[4 * FILE_MOST];
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | sound[i];
    json_t *header = json_loadb((const char *)sound + 8, (size_t)length, 0, NULL);
    require(header != NULL);
    change_metadata(header, &data, &left);
    change_header(header, &data, &left);
    const size_t made = json_dumpb(header, (char *)bytes + 8, 2 * FILE_MOST, JSON_COMPACT);
    json_decref(header);
    require(made > 0 && made < 2 * FILE_MOST);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(made >> 8 * i & 0xff);
    memcpy(bytes + 8 + made, sound + 8 + length, size - 8 - (size_t)length);
    return file_of(0, bytes, 8 + made + size - 8 - (size_t)length);
}

/* Handles are as before: they write the same file. */
static void expect_unchanged(const handles *h, const unsigned char *before, size_t size)
{
    static unsigned char after[FILE_MOST];
    require(write_sound(h, after) == size && memcmp(before, after, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char sound[FORMS][FILE_MOST];
    static size_t sizes[FORMS];
    static unsigned refused;
    const unsigned form = size > 0 ? data[0] % FORMS : 0;
    handles h = make(form);
    if (sizes[form] == 0) {
        handles trained = make(form);
        require(run(&trained) == FA_OK);
        sizes[form] = write_sound(&trained, sound[form]);
        release(&trained);
    }
    const char *path = make_file(sound[form], sizes[form], size > 0 ? data + 1 : data, size - (size > 0));
    static unsigned char before[FILE_MOST];
    const bool look = ++refused % 256 == 0; /* writing takes longer than all the rest */
    const size_t before_size = look ? write_sound(&h, before) : 0;
    forget_failure();
    const fa_status status = fa_checkpoint_load(path, h.net, h.fb, h.opt, h.pass, h.trainer, 0);
    if (status == FA_ERR_MEMORY)
        expect_told(status);
    else
        expect_told_of(status, path);
    if (status != FA_OK && look)
        expect_unchanged(&h, before, before_size);
    if (status == FA_OK && fa_trainer_epochs(h.trainer) < 100) {
        require(fa_trainer_set(h.trainer, "epochs", (double)fa_trainer_epochs(h.trainer) + 1) == FA_OK);
        forget_failure();
        expect_told(run(&h));
    }
    release(&h);
    return 0;
}
