/* The safetensors format (https://huggingface.co/docs/safetensors): 8 bytes with the length of the header, the
 * header, which is a JSON object {"__metadata__": {name: string, ...}, name: {"dtype", "shape", "data_offsets"},
 * ...}, then the elements. */
#ifndef LIBFA_SAFETENSORS_H
#define LIBFA_SAFETENSORS_H

#include "fields.h"
#include "file.h"
#include "tensor.h"

/* The longest header that is read, as in the format's own library. */
enum { SAFETENSORS_HEADER_MAX = 100000000 };

/* Write a list, which is sorted for it, and strings about it. The target is the old file or the new one. */
fa_status safetensors_write(const char *path, const json_t *metadata, tensor_list *list);

/* A file whose header has been checked. */
typedef struct safetensors {
    input    in;
    json_t  *header;
    uint64_t data; /* where the elements begin */
} safetensors;

/* A tensor of a file. */
typedef struct safetensors_entry {
    const char *dtype;
    size_t      rank;
    uint64_t    shape[2]; /* the first two */
    uint64_t    begin;    /* behind the header */
    uint64_t    end;
} safetensors_entry;

/* Open a file and check its header: that every tensor's bytes are there, that they fill the file without holes or
 * overlaps, and that their number follows from shape and type. On failure nothing is open. */
fa_status safetensors_open(safetensors *file, const char *path);

void safetensors_close(safetensors *file);

/* A string of the metadata, or NULL. */
const char *safetensors_metadata(const safetensors *file, const char *name);

/* A tensor by name; false if there is none. */
bool safetensors_find(const safetensors *file, const char *name, safetensors_entry *entry);

/* FA_ERR_FORMAT, naming it, if the file has a tensor that is neither in the list nor accepted. */
fa_status safetensors_check_names(const safetensors *file, const tensor_list *list,
                                  bool (*accept)(const void *data, const char *name), const void *data);

/* Fill the tensors of a list, which is sorted for it, each of which has to be there in that shape and type. `flags`
 * are of fa_load_flag: FA_LOAD_CONVERT takes floats of the other size, FA_LOAD_NOT_FINITE any value. After a failure
 * part of them may be filled. */
fa_status safetensors_read(safetensors *file, tensor_list *list, uint32_t flags);

#endif
