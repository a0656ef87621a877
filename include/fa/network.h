/* libfa -- the network: layers, weights, biases and the loss.
 *
 * Layers are counted l = 1 .. L. z_l = h_{l-1} W_l^T + b_l, h_l = f_l(z_l), h_0 = x, y = h_L; samples are rows,
 * W_l is [n_l x n_{l-1}], b_l is [n_l] (passed as [1 x n_l]).
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_NETWORK_H
#define LIBFA_NETWORK_H

#include <fa/base.h>

FA_BEGIN_DECLS

/** The network: opaque, owns layers, weights, biases and the choice of the loss. */
typedef struct fa_network fa_network;

/** Activation f of a layer, element by element (softmax: row by row). */
typedef enum fa_activation {
    FA_IDENTITY = 1, /**< z                                     f' = 1 */
    FA_TANH = 2,     /**< tanh z                                f' = 1 - h^2 */
    FA_LOGISTIC = 3, /**< 1 / (1 + exp(-z))                     f' = h (1 - h) */
    FA_RELU = 4,     /**< z where z > 0, else 0; NaN stays NaN  f' = 1 where h > 0, else 0 */
    FA_ERF = 5,      /**< erf(z / sqrt 2)                       f' = sqrt(2 / pi) exp(-z^2 / 2) */
    FA_SOFTMAX = 6   /**< exp z_i / sum_j exp z_j; last layer only */
} fa_activation;

/** Loss of one sample; the loss of a batch is the mean over its samples. */
typedef enum fa_loss {
    /** 1/2 sum_i (y_i - target_i)^2; e = (y - target) f'(z_L). The default. */
    FA_SQUARED_ERROR = 1,
    /**
     * -sum_i target_i ln y_i + (1 - target_i) ln(1 - y_i) on logistic outputs; e = y - target. Also what
     * "squared error with the error used raw" of Lillicrap et al. (2014) comes to.
     */
    FA_BINARY_CROSS_ENTROPY = 2,
    /** -sum_i target_i ln y_i on softmax outputs; e = y sum_i target_i - target (y - target where a row of target
     *  sums to 1). */
    FA_CROSS_ENTROPY = 3
} fa_loss;

/** How an array [rows x cols] is drawn; fan_in = cols, fan_out = rows. */
typedef enum fa_init {
    FA_INIT_ZERO = 1,            /**< 0 */
    FA_INIT_UNIFORM = 2,         /**< U[-scale, scale) */
    FA_INIT_NORMAL = 3,          /**< N(0, scale^2) */
    FA_INIT_GLOROT_UNIFORM = 4,  /**< U(+-scale sqrt(6 / (fan_in + fan_out))), Glorot & Bengio 2010 */
    FA_INIT_GLOROT_NORMAL = 5,   /**< N(0, scale^2 2 / (fan_in + fan_out)) */
    FA_INIT_KAIMING_UNIFORM = 6, /**< U(+-scale sqrt(6 / fan_in)), He et al. 2015 */
    FA_INIT_KAIMING_NORMAL = 7   /**< N(0, scale^2 2 / fan_in) */
} fa_init;

/**
 * New network without layers; its loss is FA_SQUARED_ERROR.
 *
 * @param[out] out       the network, to be released with fa_network_destroy(); NULL on failure
 * @param[in]  dtype     element type of everything the network holds and meets
 * @param[in]  n_inputs  n_0, 1 .. INT_MAX
 * @retval FA_ERR_ARGUMENT  out is NULL
 * @retval FA_ERR_DTYPE     unknown dtype
 * @retval FA_ERR_SHAPE     n_inputs is 0 or above INT_MAX
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.1.
 */
FA_API fa_status fa_network_create(fa_network **out, fa_dtype dtype, size_t n_inputs);

/** Release a network. NULL is fine. Passes, feedbacks and optimizers made for it may live on. Since 0.1. */
FA_API void fa_network_destroy(fa_network *net);

/** A deep copy: layers, weights, biases, loss, frozen layers, dropout, removed connections, held norms. Errors as for
 *  fa_network_create(). Since 0.1. */
FA_API fa_status fa_network_copy(fa_network **out, const fa_network *net);

/**
 * Add a dense layer after the last one; its weights and bias are 0 until set or initialized. Passes, feedbacks and
 * optimizers made before no longer fit the network (FA_ERR_SHAPE).
 *
 * @param[in] n_outputs   n_l, 1 .. INT_MAX
 * @param[in] activation  FA_SOFTMAX ends the network: no layer can follow
 * @param[in] bias        whether the layer has b_l
 * @retval FA_ERR_ARGUMENT     net is NULL or activation unknown
 * @retval FA_ERR_SHAPE        n_outputs is 0 or above INT_MAX, or the layer's size overflows
 * @retval FA_ERR_UNSUPPORTED  the last layer is softmax, or the network's loss was already set to one that the new
 *                             output layer cannot have
 * @retval FA_ERR_MEMORY       out of memory
 * On failure the network is as before. Since 0.1.
 */
FA_API fa_status fa_network_add_dense(fa_network *net, size_t n_outputs, fa_activation activation, bool bias);

/**
 * Choose the loss. Call it after the last layer was added.
 *
 * @retval FA_ERR_ARGUMENT     net is NULL or loss unknown
 * @retval FA_ERR_STATE        the network has no layer
 * @retval FA_ERR_UNSUPPORTED  FA_BINARY_CROSS_ENTROPY without logistic outputs, FA_CROSS_ENTROPY without softmax
 * Since 0.1.
 */
FA_API fa_status fa_network_set_loss(fa_network *net, fa_loss loss);

/** The loss. FA_SQUARED_ERROR for NULL. Since 0.1. */
FA_API fa_loss fa_network_loss(const fa_network *net);

/** Number of layers with weights, L; 0 for NULL. Since 0.1. */
FA_API size_t fa_network_depth(const fa_network *net);

/** n_l, l = 0 .. L; 0 for NULL or another l. Since 0.1. */
FA_API size_t fa_network_width(const fa_network *net, size_t l);

/** Activation of layer l = 1 .. L; FA_IDENTITY for NULL or another l. Since 0.1. */
FA_API fa_activation fa_network_activation(const fa_network *net, size_t l);

/** Whether layer l = 1 .. L has a bias; false for NULL or another l. Since 0.1. */
FA_API bool fa_network_has_bias(const fa_network *net, size_t l);

/** Element type; 0 for NULL. Since 0.1. */
FA_API fa_dtype fa_network_dtype(const fa_network *net);

/** Number of weights and biases of the whole network; 0 for NULL. Since 0.1. */
FA_API size_t fa_network_parameter_count(const fa_network *net);

/** Bytes that the network's weights and biases take in memory, padding included; 0 for NULL. Since 0.1. */
FA_API size_t fa_network_bytes(const fa_network *net);

/**
 * Draw W_l from the stream {seed, FA_PURPOSE_WEIGHTS, l}; biases are left alone.
 *
 * @param[in] l      1 .. L, or 0 for every layer
 * @param[in] scale  finite and >= 0; see fa_init
 * @retval FA_ERR_ARGUMENT  net is NULL, l or init is unknown, or scale is out of range
 * Since 0.1.
 */
FA_API fa_status fa_network_init_weights(fa_network *net, size_t l, fa_init init, double scale, uint64_t seed);

/**
 * Draw b_l from the stream {seed, FA_PURPOSE_BIAS, l} with fan_in = n_{l-1}, fan_out = n_l. Layers without a bias
 * are passed over when l = 0 and FA_ERR_ARGUMENT otherwise. Else as fa_network_init_weights(). Since 0.1.
 */
FA_API fa_status fa_network_init_bias(fa_network *net, size_t l, fa_init init, double scale, uint64_t seed);

/**
 * Set W_l from an array.
 *
 * @param[in] weights  [n_l x n_{l-1}], the network's dtype, any strides of fa_matrix; copied
 * @retval FA_ERR_ARGUMENT    a NULL or an l out of range
 * @retval FA_ERR_SHAPE       another shape
 * @retval FA_ERR_DTYPE       another dtype
 * @retval FA_ERR_NOT_FINITE  an element is NaN or infinite
 * On failure the weights are as before. Since 0.1.
 */
FA_API fa_status fa_network_set_weights(fa_network *net, size_t l, const fa_matrix *weights);

/**
 * Set b_l from an array [1 x n_l]. FA_ERR_ARGUMENT if layer l has none; else as fa_network_set_weights(). Since 0.1.
 */
FA_API fa_status fa_network_set_bias(fa_network *net, size_t l, const fa_matrix *bias);

/**
 * View of W_l [n_l x n_{l-1}] as it lies in the network; not contiguous in general. Read only: set through
 * fa_network_set_weights(). Valid until the network is destroyed; its elements change as the network learns.
 *
 * @param[out] view  {0} on failure
 * @retval FA_ERR_ARGUMENT  a NULL or an l out of range
 * Since 0.1.
 */
FA_API fa_status fa_network_weights(const fa_network *net, size_t l, fa_matrix *view);

/** View of b_l [1 x n_l]. FA_ERR_ARGUMENT if layer l has none; else as fa_network_weights(). Since 0.1. */
FA_API fa_status fa_network_bias(const fa_network *net, size_t l, fa_matrix *view);

/**
 * Freeze layer l (its W_l and b_l are left out of every update) or let it learn again. Errors still pass through it.
 *
 * @retval FA_ERR_ARGUMENT  net is NULL or l out of range
 * Since 0.1.
 */
FA_API fa_status fa_network_set_frozen(fa_network *net, size_t l, bool frozen);

/** Whether layer l is frozen; false for NULL or another l. Since 0.1. */
FA_API bool fa_network_is_frozen(const fa_network *net, size_t l);

/**
 * Dropout (Srivastava et al., JMLR 15, 2014) on the activities of layer l = 0 (the inputs) .. L - 1, in training only:
 * each is set to 0 with this probability, the others are multiplied by 1 / (1 - probability), so that prediction
 * needs no correction. Error signals pass through the same mask. Masks are drawn as fa_pass_set_dropout() says.
 *
 * @param[in] probability  0 (none, as at first) <= probability < 1
 * @retval FA_ERR_ARGUMENT  net is NULL, l out of range, or not such a probability
 * Since 0.2.
 */
FA_API fa_status fa_network_set_dropout(fa_network *net, size_t l, double probability);

/** Probability of dropout on layer l = 0 .. L - 1; 0 for NULL or another l. Since 0.2. */
FA_API double fa_network_dropout(const fa_network *net, size_t l);

/**
 * Remove connections of layer l at random and for good: those weights become 0 and stay 0 whatever the optimizer does;
 * setting or drawing W_l afterwards leaves them 0 too. Which ones follows from the stream {seed, FA_PURPOSE_PRUNING,
 * l}: weight (i, j) goes if its uniform number is below fraction. Pruning again removes further ones.
 *
 * @param[in] l         1 .. L, or 0 for every layer
 * @param[in] fraction  0 .. 1
 * @retval FA_ERR_ARGUMENT  net is NULL, l out of range, or fraction is not in [0, 1]
 * @retval FA_ERR_MEMORY    out of memory; nothing was removed
 * Since 0.2.
 */
FA_API fa_status fa_network_prune(fa_network *net, size_t l, double fraction, uint64_t seed);

/** Whether connections of layer l = 1 .. L were removed; false for NULL or another l. Since 0.2. */
FA_API bool fa_network_is_pruned(const fa_network *net, size_t l);

/**
 * From now on rescale W_l after every update to the Frobenius norm that it has now, so that only its direction learns
 * (weight normalization of Moskovitz, Litwin-Kumar & Abbott, arXiv:1812.06488), or stop doing so. b_l is left alone,
 * and so is the whole layer while it is frozen. Drawing, setting or pruning W_l later does not change the norm that is
 * held; calling this again takes the present one. The rescaling is no part of what fa_step_increment() tells a rule. An
 * update that makes W_l all 0 leaves it so until the next one.
 *
 * @param[in] l  1 .. L, or 0 for every layer
 * @retval FA_ERR_ARGUMENT    net is NULL or l out of range
 * @retval FA_ERR_STATE       a layer's weights are all 0, so that it has no norm to hold; nothing was changed
 * @retval FA_ERR_NOT_FINITE  a layer's norm is NaN or infinite; nothing was changed
 * Since 0.3.
 */
FA_API fa_status fa_network_hold_norm(fa_network *net, size_t l, bool hold);

/** The norm at which W_l, l = 1 .. L, is held; 0 if it is not, for NULL, or for another l. Since 0.3. */
FA_API double fa_network_held_norm(const fa_network *net, size_t l);

/**
 * Outputs for any number of samples. NaN in x gives NaN in y; it is not an error.
 *
 * @param[in]  x  [n x n_0], n >= 1
 * @param[out] y  [n x n_L], must not overlap x
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_STATE     the network has no layer
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  x or y does not fit the network
 * @retval FA_ERR_MEMORY    out of memory
 * Threads: any number may use the same network in const calls at once. Since 0.1.
 */
FA_API fa_status fa_network_predict(const fa_network *net, const fa_matrix *x, const fa_matrix *y);

/**
 * Activity h_l of any layer for any number of samples; l = L is fa_network_predict().
 *
 * @param[in]  l  1 .. L
 * @param[out] h  [n x n_l], must not overlap x
 * Errors and threads as for fa_network_predict(); FA_ERR_ARGUMENT for another l. Since 0.1.
 */
FA_API fa_status fa_network_activity(const fa_network *net, const fa_matrix *x, size_t l, const fa_matrix *h);

/**
 * Mean loss over any number of samples; nothing is trained.
 *
 * @param[in]  target  [n x n_L]
 * @param[out] loss    NaN on failure
 * @retval FA_ERR_NOT_FINITE  the loss is NaN or infinite
 * Other errors and threads as for fa_network_predict(). Since 0.1.
 */
FA_API fa_status fa_network_evaluate(const fa_network *net, const fa_matrix *x, const fa_matrix *target, double *loss);

/** Name of an activation ("tanh"), "unknown" for another number. Since 0.1. */
FA_API const char *fa_activation_name(fa_activation activation);

/** Activation of that name: identity, tanh, logistic, relu, erf, softmax. FA_ERR_ARGUMENT if none. Since 0.1. */
FA_API fa_status fa_activation_find(const char *name, fa_activation *activation);

/** Name of a loss ("squared_error"), "unknown" for another number. Since 0.1. */
FA_API const char *fa_loss_name(fa_loss loss);

/** Loss of that name: squared_error, binary_cross_entropy, cross_entropy. FA_ERR_ARGUMENT if none. Since 0.1. */
FA_API fa_status fa_loss_find(const char *name, fa_loss *loss);

/** Name of an initialization ("glorot_uniform"), "unknown" for another number. Since 0.1. */
FA_API const char *fa_init_name(fa_init init);

/**
 * Initialization of that name: zero, uniform, normal, glorot_uniform, glorot_normal, kaiming_uniform,
 * kaiming_normal. FA_ERR_ARGUMENT if none. Since 0.1.
 */
FA_API fa_status fa_init_find(const char *name, fa_init *init);

FA_END_DECLS

#endif
