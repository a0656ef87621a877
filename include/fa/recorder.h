/* libfa -- a recorder of diagnostics: quantities of <fa/diagnostics.h>, step after step, in memory and in a file.
 *
 *     fa_recorder *rec = NULL;
 *     fa_recorder_create(&rec, net, "delta_angle,update_angle,weight_norm", 10);
 *     fa_recorder_open(rec, "run.csv", FA_RECORD_CSV);
 *     fa_trainer_set_callback(trainer, FA_AFTER_DELTAS, 1, fa_recorder_callback, rec);
 *     fa_trainer_run(trainer, net, pass, fb, opt, training, validation);
 *     if (fa_recorder_close(rec)) ...
 *
 * Training with a recorder ends, bit for bit, where it ends without.
 *
 * A file has one row for an observation: epoch, batch, and a column for every quantity and layer, named like
 * delta_angle_1 (all layers together: update_angle_0). So gnuplot plots a column by its name, and pandas has a series
 * for every curve without turning the table:
 *
 *     gnuplot> set datafile separator comma; plot 'run.csv' using 0:'delta_angle_1' with lines
 *     python>  pandas.read_csv("run.csv").plot(y=["delta_angle_1", "delta_angle_2"])
 *
 * JSON lines hold the same, one object with the same names for a row: pandas.read_json(path, lines=True). Numbers are
 * in the fewest of 15 to 17 digits that read back as the same double, with a point whatever the locale is. What is not
 * defined (an angle with 0, feedback that the rule does not keep) is nan in CSV; it is null in JSON lines, and so is
 * infinity (inf in CSV).
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_RECORDER_H
#define LIBFA_RECORDER_H

#include <fa/diagnostics.h>
#include <fa/train.h>

FA_BEGIN_DECLS

/** Chosen quantities, their last values, and maybe a file that they go to; opaque. */
typedef struct fa_recorder fa_recorder;

/** What a recorder can record. Layers are counted from 1 to L; this layout is frozen. */
typedef struct fa_quantity {
    const char *name;   /**< as fa_recorder_create() takes it */
    const char *unit;   /**< "degrees", or "1" for a pure number */
    const char *layers; /**< which layers have it, for instance "1..L-1"; 0 stands for all layers together */
    const char *cost;   /**< "low", "deltas" or "backward" (of one pass of back-propagation), or "svd" */
    const char *doc;    /**< one line */
} fa_quantity;

/** Number of quantities. Since 0.3. */
FA_API size_t fa_quantity_count(void);

/** Quantity number i = 0 .. fa_quantity_count() - 1; NULL for another i. Since 0.3. */
FA_API const fa_quantity *fa_quantity_at(size_t i);

/** Kinds of files. Numbers are only ever added. */
typedef enum fa_record_format {
    FA_RECORD_CSV = 1,  /**< a line of names, then lines of numbers, separated by commas */
    FA_RECORD_JSONL = 2 /**< an object a line */
} fa_record_format;

/**
 * New recorder.
 *
 * What is chosen costs together at most about a backward pass of back-propagation (deltas and gradients) for an
 * observation, whatever it is, but for quantities of cost "svd": those need the singular values of all matrices of that
 * kind (see fa_compare_pseudo_deltas()). Batches that are not observed cost nothing.
 *
 * @param[out] out         to be released with fa_recorder_destroy(); NULL on failure
 * @param[in]  net         the recorder fits its architecture
 * @param[in]  quantities  names separated by commas; NULL for all whose cost is not "svd"
 * @param[in]  every       observe batches every, 2 every, ...; 0 counts as 1
 * @retval FA_ERR_ARGUMENT  out or net is NULL, no quantity of that name (the sentence lists them), or one twice
 * @retval FA_ERR_STATE     the network has no layer
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.3.
 */
FA_API fa_status fa_recorder_create(fa_recorder **out, const fa_network *net, const char *quantities, uint64_t every);

/** Close the file, whatever comes of it, and release the recorder. NULL is fine. Since 0.3. */
FA_API void fa_recorder_destroy(fa_recorder *rec);

/** Threshold of the quantity "saturation", at first 0.01. FA_ERR_ARGUMENT: rec is NULL, or not 0 .. 1. Since 0.3. */
FA_API fa_status fa_recorder_set_threshold(fa_recorder *rec, double threshold);

/**
 * Append rows to a file from now on; it is made if it is not there, and gets the names (CSV) if it is empty. A row is
 * written whole at every observation, and nothing is held back.
 *
 * @param[in] path  a file of this recorder's columns, or a new one; devices and pipes are fine
 * @retval FA_ERR_ARGUMENT  a NULL, or an unknown format
 * @retval FA_ERR_STATE     the recorder writes to a file already
 * @retval FA_ERR_IO        the system says no
 * @retval FA_ERR_FORMAT    the file's first line holds other names (CSV), or its last line is not complete
 * @retval FA_ERR_MEMORY    out of memory
 * @retval FA_ERR_UNSUPPORTED  the library was built without files (-Dio=disabled)
 * Since 0.3.
 */
FA_API fa_status fa_recorder_open(fa_recorder *rec, const char *path, fa_record_format format);

/**
 * Flush the file to the disk and close it. Without a file nothing happens.
 *
 * @retval FA_ERR_ARGUMENT  rec is NULL
 * @retval FA_ERR_IO        the system says no; the file is closed all the same
 * Since 0.3.
 */
FA_API fa_status fa_recorder_close(fa_recorder *rec);

/**
 * Observe a batch, if `every` divides its number: between fa_backward() and fa_update(). Values that cannot be computed
 * because something is NaN, infinite or not kept by the rule are NaN. Nothing is allocated after the first observation
 * with a pass of the same size.
 *
 * @param[in] fb     NULL for none: what is about feedback is NaN
 * @param[in] epoch  goes into the row
 * @param[in] batch  goes into the row
 * @retval FA_ERR_ARGUMENT  rec, net or pass is NULL
 * @retval FA_ERR_SHAPE     rec, pass or fb does not fit net
 * @retval FA_ERR_STATE     no error signals in the pass
 * @retval FA_ERR_MEMORY    out of memory
 * @retval FA_ERR_IO        the row cannot be written, for instance because the disk is full; the file has whole rows
 *                          all the same, and the values are there in memory
 * Threads: nothing else may use rec, or change net, pass or fb. Since 0.3.
 */
FA_API fa_status fa_recorder_observe(fa_recorder *rec, const fa_network *net, const fa_pass *pass,
                                     const fa_feedback *fb, uint64_t epoch, uint64_t batch);

/**
 * An fa_callback for FA_AFTER_DELTAS with a recorder as its user_data: fa_recorder_observe(), and false, which stops
 * training, if that fails; fa_recorder_status() then tells why. Since 0.3.
 */
FA_API bool fa_recorder_callback(void *rec, const fa_progress *progress);

/** What came of the last observation; FA_OK before the first. FA_ERR_ARGUMENT for NULL. Since 0.3. */
FA_API fa_status fa_recorder_status(const fa_recorder *rec);

/** Observations so far; 0 for NULL. Since 0.3. */
FA_API uint64_t fa_recorder_count(const fa_recorder *rec);

/**
 * Value of a quantity at the last observation.
 *
 * @param[out] value  NaN before the first one, and on failure
 * @retval FA_ERR_ARGUMENT  a NULL, a quantity that was not chosen, or a layer that does not have it
 * Since 0.3.
 */
FA_API fa_status fa_recorder_value(const fa_recorder *rec, const char *quantity, size_t l, double *value);

FA_END_DECLS

#endif
