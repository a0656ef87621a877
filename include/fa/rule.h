/* libfa -- the interface of learning rules.
 *
 * Every rule of the library is written with nothing but this header (see lib/rules/), and so is yours: fill an
 * fa_rule and hand it to fa_feedback_create().
 *
 * A training step has five phases: forward, error, deltas (the rule's `backward`), gradient, apply (the optimizer).
 * Every delta is computed from the weights before the update. A hidden layer whose delta the rule does not write
 * has delta 0. The gradient of W_l is the mean over the batch, (1/n) delta_l^T h_{l-1}, unless the rule writes its own.
 *
 * What a rule sees and does in a step is in <fa/step.h>, which this header brings along.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_RULE_H
#define LIBFA_RULE_H

#include <fa/network.h>
#include <fa/step.h>

FA_BEGIN_DECLS

/** The making of a feedback, seen by `setup`; lives during that call. */
typedef struct fa_setup fa_setup;

/** What a rule asks of the library; bits of fa_rule.flags. */
typedef enum fa_rule_flag {
    /** `adapt` calls fa_step_increment(). */
    FA_RULE_NEEDS_INCREMENT = 1 << 0,
    /** `backward` calls fa_step_gradient() to write gradients itself. */
    FA_RULE_WRITES_GRADIENT = 1 << 1,
    /**
     * delta_l follows from h_l, z_l and the target alone: the rule has `local`, which is called for layer l as soon as
     * h_l exists, before later layers have run and before the loss is known.
     */
    FA_RULE_LOCAL = 1 << 2,
    /** `adapt` needs no batch: fa_feedback_adapt() may call it by itself (weight mirrors). Since 0.3. */
    FA_RULE_MIRRORS = 1 << 3,
    /**
     * The increment has to be the gradient's alone: an optimizer whose weight decay is part of the gradient
     * ("weight_decay" of sgd, rmsprop, adam, adagrad) is refused with FA_ERR_UNSUPPORTED. Since 0.3.
     */
    FA_RULE_REFUSES_COUPLED_DECAY = 1 << 4
} fa_rule_flag;

/** A learning rule. Zero what you do not use. Strings and tables must outlive every feedback made with it. */
typedef struct fa_rule {
    size_t          struct_size; /**< sizeof(fa_rule), today's or an older one's; larger if what is unknown here is 0 */
    const char     *name;        /**< unique; a-z, 0-9 and _ */
    const char     *summary;     /**< one line, with the formula; may be NULL */
    uint32_t        flags;       /**< fa_rule_flag, or'ed */
    const fa_param *params;      /**< [n_params], or NULL */
    size_t          n_params;    /**< entries of params */

    /** Declare the arrays that the rule keeps; NULL if it keeps none. A failure ends fa_feedback_create(). */
    fa_status (*setup)(fa_setup *setup);

    /** Write delta_l, l = 1 .. L - 1. All that can fail happens here; a failure updates nothing. May be NULL. */
    fa_status (*backward)(fa_step *step);

    /** With FA_RULE_LOCAL, in the place of `backward`: write delta_l of hidden layer l. */
    fa_status (*local)(fa_step *step, size_t l);

    /** Change the rule's own arrays after the weights were updated; NULL if they are fixed. */
    void (*adapt)(fa_step *step);

    /** Bytes of private state that the library keeps for each feedback; 0 for none. */
    size_t state_size;

    /** Fill the zeroed state; after `setup`. NULL if zeros are right. A failure ends fa_feedback_create(). */
    fa_status (*init)(fa_setup *setup, void *state);

    /** Release what the state owns; NULL if nothing. Not called if `init` failed. The state itself is the library's. */
    void (*fini)(void *state);

    /**
     * For lists and tests: a learning rate of plain sgd at which the rule trains 784-100-10 (tanh, softmax,
     * cross-entropy) on MNIST in batches of 64; 0 if nobody knows one. Since 0.3.
     */
    double learning_rate;

    /** Where it was published, one line; may be NULL. Since 0.3. */
    const char *source;

    /**
     * Write the private state into `bytes`, which has room for `room`, in a form that `load` reads on any machine;
     * returns how many bytes the state takes, more than `room` if it does not fit (it is asked with 0 first), or 0 if
     * it cannot be saved. Numbers are best written byte by byte. NULL for a rule without private state; a rule with
     * state and without this cannot be in a checkpoint (FA_ERR_UNSUPPORTED). Since 0.4.
     */
    size_t (*save)(const void *state, void *bytes, size_t room);

    /**
     * Set the private state, which `init` has just filled, from bytes that `save` wrote; they may be anything, if the
     * file is from a stranger. A failure ends fa_checkpoint_load(), and `fini` is called. Goes with `save`. Since 0.4.
     */
    fa_status (*load)(void *state, const void *bytes, size_t size);
} fa_rule;

/** @name Built-in rules @{ */

/** Number of rules that come with the library. Since 0.1. */
FA_API size_t fa_rule_count(void);

/** Rule number i = 0 .. fa_rule_count() - 1, by name in ascending order; NULL for another i. Since 0.1. */
FA_API const fa_rule *fa_rule_at(size_t i);

/** Rule of that name; NULL, and a sentence in fa_last_error() that names the rules there are, if none. Since 0.1. */
FA_API const fa_rule *fa_rule_find(const char *name);

/** @} @name In setup: what the rule keeps @{ */

/** Where the feedback of a layer comes from. */
typedef enum fa_topology {
    FA_LAYERWISE = 1, /**< from the layer above: B_l [n_l x n_{l+1}] */
    FA_DIRECT = 2     /**< from the output: B_l [n_l x n_L] */
} fa_topology;

/** How B_l [n_l x m] is drawn; n is the widest layer l = 1 .. L - 1. Numbers are only ever added. Since 0.3. */
typedef enum fa_feedback_draw {
    FA_DRAW_NOKLAND = 1,   /**< U[-1/sqrt(n_l), 1/sqrt(n_l)): Nokland (2016) for direct feedback, Xiao et al. (2018) */
    FA_DRAW_BIOTORCH = 2,  /**< U[-a, a), a = sqrt(6 / (n_l + m)), Glorot's: Sanfiz and Akrout (2021) */
    FA_DRAW_LAUNAY = 3,    /**< U[-1, 1) / sqrt(n): Launay et al. (2020) */
    FA_DRAW_LILLICRAP = 4, /**< U[-0.5, 0.5): the linear experiment of Lillicrap et al. (2014) */
    FA_DRAW_FRENKEL = 5,   /**< U[-a, a), a = sqrt(6 / n_l): Frenkel et al. (2021) */
    FA_DRAW_AKROUT = 6,    /**< N(0, 1 / (n_l + m)): Akrout et al. (2019) */
    FA_DRAW_REFINETTI = 7, /**< N(0, 1) / sqrt(n): Refinetti et al. (2021) */
    FA_DRAW_ORTHOGONAL = 8 /**< orthonormal columns, or rows if there are fewer: uniform among all such B (Haar) */
} fa_feedback_draw;

/** Number of layers L. Since 0.1. */
FA_API size_t fa_setup_depth(const fa_setup *setup);

/** n_l, l = 0 .. L. Since 0.1. */
FA_API size_t fa_setup_width(const fa_setup *setup, size_t l);

/** The user_data given to fa_feedback_create(). Since 0.1. */
FA_API void *fa_setup_user_data(const fa_setup *setup);

/**
 * Value of a parameter of the rule while its arrays are being made. A parameter that `setup` asked for is structural:
 * to set it anew runs `setup` again and draws every array anew, which is possible before the first step only.
 *
 * @retval FA_ERR_ARGUMENT  a NULL or no such parameter
 * Since 0.3.
 */
FA_API fa_status fa_setup_param(fa_setup *setup, const char *name, double *value);

/**
 * Keep an array "B" for every hidden layer l = 1 .. L - 1, of the shape of the topology, drawn from
 * U[-1/sqrt(n_l), 1/sqrt(n_l)) as Nokland (2016) does. fa_step_transport() and fa_step_inject() use it.
 *
 * @retval FA_ERR_ARGUMENT  setup is NULL, the topology unknown, or "B" declared before
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.1.
 */
FA_API fa_status fa_setup_feedback(fa_setup *setup, fa_topology topology);

/**
 * Keep "B" for one hidden layer l, of the topology's shape, drawn as these authors do. Layers that are not declared
 * have none. fa_setup_feedback() is this for every layer with FA_DRAW_NOKLAND.
 *
 * @retval FA_ERR_ARGUMENT  setup is NULL, l is no hidden layer, "B" of it is there already, another topology was
 *                          declared before, or topology or draw is unknown
 * Other errors as above. Since 0.3.
 */
FA_API fa_status fa_setup_feedback_layer(fa_setup *setup, fa_topology topology, size_t l, fa_feedback_draw draw);

/**
 * Keep an array "B" for every hidden layer as fa_setup_feedback() does, but one that `backward` computes in every step,
 * for instance from W: it may be written there, starts as 0, and cannot be set or drawn from outside.
 *
 * Errors as above. Since 0.3.
 */
FA_API fa_status fa_setup_derived_feedback(fa_setup *setup, fa_topology topology);

/**
 * Keep an array [rows x cols] for layer l under a name.
 *
 * @param[in] name   1 .. 15 characters a-z, A-Z, 0-9 and _; one name may be declared for several layers
 * @param[in] l      0 .. L, only a label: it is how the array is asked for later
 * @param[in] init   how it is drawn, from the stream {feedback's seed, FA_PURPOSE_FEEDBACK, l, step = k} for the k-th
 *                   name, k = 0, 1, ...
 * @param[in] scale  as in fa_network_init_weights()
 * @retval FA_ERR_ARGUMENT  a NULL, an ill-formed name, an l out of range, a name declared twice for l, or a wrong scale
 * @retval FA_ERR_SHAPE     rows or cols is 0 or above INT_MAX
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.1.
 */
FA_API fa_status fa_setup_array(fa_setup *setup, const char *name, size_t l, size_t rows, size_t cols, fa_init init,
                                double scale);

/**
 * Keep an array [rows x cols] for layer l that means nothing beyond one step: it may be written in every callback,
 * starts as 0, and is not saved. It runs row by row. Arguments and errors as above. Since 0.3.
 */
FA_API fa_status fa_setup_scratch(fa_setup *setup, const char *name, size_t l, size_t rows, size_t cols);

/**
 * With FA_RULE_NEEDS_INCREMENT: `adapt` asks for the increments of layers first .. L only, so that those below may be
 * updated in one product, without an increment. Not called: all layers.
 *
 * @retval FA_ERR_ARGUMENT  setup is NULL, or first is not 1 .. L
 * @retval FA_ERR_STATE     the rule lacks FA_RULE_NEEDS_INCREMENT
 * Since 0.3.
 */
FA_API fa_status fa_setup_increments(fa_setup *setup, size_t first);

/**
 * Ask for more activity sets: slots 1 .. count, each a matrix [n x n_l] for l = 0 .. L, for further forward passes, for
 * noise, for inputs of the rule's own. They belong to the pass and are made the first time that the rule runs on it.
 *
 * @retval FA_ERR_ARGUMENT  setup is NULL or count is above 8
 * Since 0.1.
 */
FA_API fa_status fa_setup_slots(fa_setup *setup, size_t count);

/** @} */

/**
 * Fail with a sentence of the rule's own: sets fa_last_error() to it (at most 255 characters) and returns FA_ERR_RULE.
 * The status is what `backward`, `local`, `setup` or `init` should return. Since 0.1.
 */
FA_API fa_status fa_rule_fail(const char *sentence);

FA_END_DECLS

#endif
