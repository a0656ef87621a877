/* libfa -- files: NumPy's .npy, weights and checkpoints as safetensors.
 *
 * In a library that was built without files (-Dio=disabled) everything here is FA_ERR_UNSUPPORTED, whatever it is
 * given.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_IO_H
#define LIBFA_IO_H

#include <fa/feedback.h>
#include <fa/optimizer.h>
#include <fa/pass.h>
#include <fa/trainer.h>

FA_BEGIN_DECLS

/**
 * Read a .npy file (format versions 1 to 3; little- and big-endian float32 and float64; C and Fortran order).
 * An array of shape () becomes [1 x 1], (n,) becomes [1 x n]; more than two dimensions are refused, and so are empty
 * arrays. The elements keep their type and their order: the view is row by row for C files, column by column for
 * Fortran files. NaN and infinity are read as they are.
 *
 * @param[in]  path    a regular file
 * @param[out] matrix  new, to be released with fa_matrix_free(); {0} on failure
 * @retval FA_ERR_ARGUMENT     a NULL
 * @retval FA_ERR_IO           the file cannot be opened or read, or is not a regular file
 * @retval FA_ERR_FORMAT       not a .npy file, damaged, truncated, or with bytes after the end
 * @retval FA_ERR_UNSUPPORTED  a .npy file of another element type or shape
 * @retval FA_ERR_MEMORY       out of memory; never more is asked for than the file holds
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_npy_read(const char *path, fa_matrix *matrix);

/**
 * Write a matrix as .npy version 1.0, little-endian; Fortran order if the view runs column by column, else C order.
 * The file is written beside the target under another name, flushed to the disk and then renamed: a file of that
 * name is either the old one or the new one, whole.
 *
 * @param[in] matrix  [rows x cols], written as a 2-dimensional array
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  not a valid view
 * @retval FA_ERR_IO        the file cannot be written (no space, no permission, ...)
 * @retval FA_ERR_MEMORY    out of memory
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_npy_write(const char *path, const fa_matrix *matrix);

/** @name Weights and checkpoints
 *
 * Both are safetensors files (https://huggingface.co/docs/safetensors): 8 bytes of length, a JSON header, raw
 * little-endian tensors, so that NumPy, PyTorch and JAX read them without libfa. docs/guide/checkpoints.md lists every
 * tensor and every entry of the header. The data begin on a multiple of 64 bytes, and the tensors lie by size of their
 * elements, the largest first, without holes.
 *
 * A file is written beside the target under another name, flushed to the disk and then renamed: whatever happens, a
 * file of that name is the old one or the new one, whole. What is loaded is checked whole before anything live is
 * touched: after an error every handle is as before.
 *
 * All of it needs a libfa that was built with jansson, else FA_ERR_UNSUPPORTED. @{ */

/** What loading is to let pass; or'ed. */
typedef enum fa_load_flag {
    FA_LOAD_NOT_FINITE = 1 << 0, /**< NaN and infinity in weights and other arrays */
    FA_LOAD_EXTRA = 1 << 1,      /**< tensors that the network does not have */
    FA_LOAD_CONVERT = 1 << 2     /**< float32 for float64 and the reverse, to nearest */
} fa_load_flag;

/**
 * Write the weights and biases, named as in a PyTorch module whose dense layers are the list `layers`:
 * "layers.0.weight" is W_1 [n_1 x n_0], "layers.0.bias" is b_1 [n_1]. The header says what network it is, so that
 * fa_network_open() can make it again.
 *
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_STATE     the network has no layer
 * @retval FA_ERR_IO        the file cannot be written (no space, no permission, ...)
 * @retval FA_ERR_UNSUPPORTED  there are more layers than could be read again (some ten thousand)
 * @retval FA_ERR_MEMORY    out of memory
 * Threads: any number may use the same network in const calls at once. Since 0.4.
 */
FA_API fa_status fa_network_save(const fa_network *net, const char *path);

/**
 * Read weights and biases into a network of the same shapes: a file of fa_network_save() or fa_checkpoint_save(), or
 * one with tensors of these names that somebody else wrote. Removed connections stay 0, whatever the file holds.
 * Loss, activations, dropout and everything else but weights and biases stay as they are.
 *
 * @param[in,out] net    changes only if FA_OK is returned
 * @param[in]     flags  of fa_load_flag
 * @retval FA_ERR_ARGUMENT    a NULL or an unknown flag
 * @retval FA_ERR_STATE       the network has no layer
 * @retval FA_ERR_IO          the file cannot be opened or read, or is not a regular file
 * @retval FA_ERR_FORMAT      not a safetensors file, damaged, truncated, or with bytes after the end; a tensor is
 *                            missing, or there is one that the network does not have (the sentence names it)
 * @retval FA_ERR_SHAPE       a tensor has another shape than the network's
 * @retval FA_ERR_DTYPE       a tensor has another element type than the network's
 * @retval FA_ERR_NOT_FINITE  NaN or infinity in a tensor
 * @retval FA_ERR_MEMORY      out of memory; what is asked for is bounded by the network and the size of the file
 * Threads: nothing else may use net. Since 0.4.
 */
FA_API fa_status fa_network_load(fa_network *net, const char *path, uint32_t flags);

/**
 * Make the network that a file of fa_network_save() or fa_checkpoint_save() holds: layers, loss and weights; of a
 * checkpoint also frozen layers, dropout, removed connections and held norms.
 *
 * @param[out] out    to be released with fa_network_destroy(); NULL on failure
 * @param[in]  flags  of fa_load_flag
 * Errors as for fa_network_load(); FA_ERR_FORMAT also if the file does not say what network it is. Since 0.4.
 */
FA_API fa_status fa_network_open(fa_network **out, const char *path, uint32_t flags);

/**
 * Write all that training needs to go on as if it had never stopped: the network with everything that was set on it;
 * of the feedback the rule's name, parameters, arrays, step and private state; parameters and moments of the
 * optimizer, its rate factors and counts; the pass's stream of dropout; the trainer's parameters, seed, records,
 * best weights and how far it has come, in the middle of an epoch too. From a callback at FA_AFTER_UPDATE or
 * FA_AFTER_EPOCH it is what the run has come to, and fa_trainer_run() goes on from there after fa_checkpoint_load(),
 * bit for bit on the same machine with the same BLAS. (Training on single samples flushes what it has put off when a
 * callback is called: the same bits need the same calls.) Data and callbacks are not in it.
 *
 * @param[in] fb, opt, pass, trainer  each may be NULL: then it is not in the file. Inside a run give all that it uses
 * @retval FA_ERR_ARGUMENT    path or net is NULL
 * @retval FA_ERR_SHAPE       a handle that does not fit net
 * @retval FA_ERR_STATE       the network has no layer; a callback at FA_AFTER_DELTAS; a gradient is being accumulated
 * @retval FA_ERR_UNSUPPORTED the rule has private state and no fa_rule.save, or parameters whose names are not UTF-8;
 *                            there are more layers or frozen spans than could be read again (docs/limits.md)
 * @retval FA_ERR_RULE        fa_rule.save failed
 * Other errors and threads as for fa_network_save(). Since 0.4.
 */
FA_API fa_status fa_checkpoint_save(const char *path, const fa_network *net, const fa_feedback *fb,
                                    const fa_optimizer *opt, const fa_pass *pass, const fa_trainer *trainer);

/**
 * Read a checkpoint into handles made for the same architecture, rule and optimizer; their parameters and seeds
 * become those of the file. Views of arrays of fb end (fa_feedback_get()); those of net stay. Callbacks of the
 * trainer stay. The batch that the pass holds, and a gradient that it accumulates, are forgotten.
 *
 * @param[in,out] net, fb, opt, pass, trainer  change only if FA_OK is returned; all but net may be NULL: that part of
 *                                             the file is left alone
 * @param[in]     flags  of fa_load_flag; FA_LOAD_CONVERT and FA_LOAD_EXTRA are not for checkpoints: FA_ERR_ARGUMENT
 * @retval FA_ERR_ARGUMENT  path or net is NULL, an unknown flag, or the file's rule or optimizer is another one
 * @retval FA_ERR_SHAPE     a handle does not fit net, or the file holds another network
 * @retval FA_ERR_STATE     pass or trainer are those of a training that is running: called from one of its callbacks
 * @retval FA_ERR_FORMAT    also if a part that is asked for is not in the file
 * @retval FA_ERR_UNSUPPORTED  the file was written by a later version in a form that this one does not know
 * @retval FA_ERR_RULE      fa_rule.load refused the private state
 * Other errors as for fa_network_load(). Threads: nothing else may use any of them. Since 0.4.
 */
FA_API fa_status fa_checkpoint_load(const char *path, fa_network *net, fa_feedback *fb, fa_optimizer *opt,
                                    fa_pass *pass, fa_trainer *trainer, uint32_t flags);

/** @} */

FA_END_DECLS

#endif
