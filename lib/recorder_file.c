/* Observations as lines of text. */
#include "recorder.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "io/decimal.h"
#include "status.h"

/* A name, a layer, a number, and what stands between them. */
enum { CELL_SIZE = 64 + DECIMAL_SIZE };

static size_t columns(const fa_recorder *rec)
{
    size_t count = 2;

    for (size_t i = 0; i < rec->n_chosen; i++) {
        const recorder_quantity *q = rec->chosen[i];
        const size_t             end = recorder_last(q, rec->depth) + 1;

        count += end > q->lowest ? end - q->lowest : 0;
    }
    return count;
}

/* "delta_angle_1" behind a separator. */
static size_t put_name(char *to, const char *before, const recorder_quantity *q, size_t l, const char *after)
{
    return (size_t)snprintf(to, CELL_SIZE, "%s%s_%zu%s", before, q->told.name, l, after);
}

static size_t put_number(char *to, fa_record_format format, double value)
{
    if (format == FA_RECORD_CSV || isfinite(value))
        return decimal_write(to, value);
    memcpy(to, "null", 5);
    return 4;
}

/* The names of CSV; JSON lines carry theirs in every row. */
static size_t put_header(const fa_recorder *rec, char *to)
{
    char *at = to;

    if (rec->format == FA_RECORD_JSONL)
        return 0;
    at += snprintf(at, CELL_SIZE, "epoch,batch");
    for (size_t i = 0; i < rec->n_chosen; i++)
        for (size_t l = rec->chosen[i]->lowest; l <= recorder_last(rec->chosen[i], rec->depth); l++)
            at += put_name(at, ",", rec->chosen[i], l, "");
    *at++ = '\n';
    return (size_t)(at - to);
}

static size_t put_row(const fa_recorder *rec, uint64_t epoch, uint64_t batch, char *to)
{
    const bool csv = rec->format == FA_RECORD_CSV;
    char      *at = to;

    at += snprintf(at, CELL_SIZE, csv ? "%" PRIu64 ",%" PRIu64 : "{\"epoch\":%" PRIu64 ",\"batch\":%" PRIu64, epoch,
                   batch);
    for (size_t i = 0; i < rec->n_chosen; i++)
        for (size_t l = rec->chosen[i]->lowest; l <= recorder_last(rec->chosen[i], rec->depth); l++) {
            if (csv)
                *at++ = ',';
            else
                at += put_name(at, ",\"", rec->chosen[i], l, "\":");
            at += put_number(at, rec->format, recorder_value(rec, rec->chosen[i], l));
        }
    if (!csv)
        *at++ = '}';
    *at++ = '\n';
    return (size_t)(at - to);
}

fa_status fa_recorder_open(fa_recorder *rec, const char *path, fa_record_format format)
{
    fa_status status;

    if (!rec || !path)
        return status_null(__func__, !rec ? "rec" : "path");
    if (format != FA_RECORD_CSV && format != FA_RECORD_JSONL)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no format %d", __func__, (int)format);
    if (rec->file)
        return status_set(FA_ERR_STATE, "%s: the recorder writes to a file already", __func__);
    rec->row = mem_zeroed(columns(rec), CELL_SIZE);
    if (!rec->row)
        return FA_ERR_MEMORY;
    rec->format = format;
    status = rows_open(&rec->file, path, rec->row, put_header(rec, rec->row));
    if (status != FA_OK) {
        mem_free(rec->row);
        rec->row = NULL;
    }
    return status;
}

fa_status fa_recorder_close(fa_recorder *rec)
{
    fa_status status;

    if (!rec)
        return status_null(__func__, "rec");
    status = rows_close(rec->file);
    mem_free(rec->row);
    rec->file = NULL;
    rec->row = NULL;
    return status;
}

fa_status recorder_write(fa_recorder *rec, uint64_t epoch, uint64_t batch)
{
    return rec->file ? rows_append(rec->file, rec->row, put_row(rec, epoch, batch, rec->row)) : FA_OK;
}
