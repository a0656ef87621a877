/* What a checkpoint holds of each handle: a JSON object that says what it is, and tensors.
 *
 * Every handle goes the same way. Saving: x_describe() makes the object, x_list() adds the tensors. Loading:
 * x_stage() makes a new handle as the object says, like the live one; x_list() says where its tensors go, and they
 * are read; x_commit() gives the live handle what was staged, and cannot fail. Descriptions are new, NULL if there
 * is no memory. */
#ifndef LIBFA_STATE_H
#define LIBFA_STATE_H

#include <fa/trainer.h>

#include "safetensors.h"

/* --- metadata of a file: a string of JSON for each handle --- */

#define STATE_FORMAT "libfa.format"
#define STATE_FORMAT_NUMBER "1"
#define STATE_NETWORK "libfa.network"
#define STATE_FEEDBACK "libfa.feedback"
#define STATE_OPTIMIZER "libfa.optimizer"
#define STATE_PASS "libfa.pass"
#define STATE_TRAINER "libfa.trainer"

/* What every file says. NULL if there is no memory. */
json_t *state_metadata(void);

/* Put an object, which is released, under a key. FA_ERR_MEMORY, also if one of them is NULL; FA_ERR_UNSUPPORTED if
 * it is too large to be read again. */
fa_status state_put(json_t *metadata, const char *key, json_t *object);

/* The object under a key, to be released with json_decref(), and a view of it. FA_ERR_FORMAT, FA_ERR_UNSUPPORTED (a
 * later form), FA_ERR_MEMORY. */
fa_status state_take(const safetensors *file, const char *key, const char *what, json_t **object, fields *from);

/* --- network: everything but what runs of a trainer change for their time --- */

/* `frozen` [depth] stands for what the layers say; NULL: nothing does. With `whole` false only architecture and
 * loss. */
json_t *network_describe(const fa_network *net, const bool *frozen, bool whole);

/* Weights and biases as "<prefix>layers.0.weight", ..., and masks of removed connections, "...weight_mask". */
void network_list(tensor_list *list, const fa_network *net, const char *prefix, bool masks);

/* A new network like the live one, with what the object says; FA_ERR_SHAPE if it is of another architecture. Tensors
 * are those of the object: masks are made. */
fa_status network_stage(const fields *from, const fa_network *net, fa_network **staged);

/* A new network as the object says, which is believed no further than the file has tensors. */
fa_status network_make(const fields *from, const safetensors *file, fa_network **made);

/* After its tensors were read: masks are of ones and zeros, and weights without connection are 0. */
fa_status network_settle(const fields *from, const fa_network *staged);

void network_commit(fa_network *net, fa_network *staged);

/* --- feedback --- */

/* FA_ERR_UNSUPPORTED if the rule has parameters or choices whose names are not UTF-8. */
fa_status feedback_check_names(const fa_feedback *fb);

json_t *feedback_describe(const fa_feedback *fb);
void feedback_list(tensor_list *list, const fa_feedback *fb);

/* The private state, as the rule saves it. FA_ERR_UNSUPPORTED, FA_ERR_RULE. */
fa_status feedback_list_state(tensor_list *list, const fa_feedback *fb);

/* FA_ERR_ARGUMENT if the rule is another one, or a parameter that decides which arrays there are has another value. */
fa_status feedback_stage(const fields *from, const fa_feedback *fb, fa_feedback *staged);

/* Entries of sparse B are where they have to be; and the private state. */
fa_status feedback_settle(const fields *from, safetensors *file, const fa_feedback *staged, const tensor_list *list);

void feedback_commit(fa_feedback *fb, const fa_feedback *staged);

/* --- optimizer; `schedule` is the factor to be saved --- */

json_t *optimizer_describe(const fa_optimizer *opt, double schedule);
void optimizer_list(tensor_list *list, const fa_optimizer *opt, const fa_network *net);
fa_status optimizer_stage(const fields *from, const fa_optimizer *opt, const fa_network *net, fa_optimizer **staged);

/* Rate factors are what they may be. */
fa_status optimizer_settle(const fields *from, const fa_optimizer *staged);
void optimizer_commit(fa_optimizer *opt, fa_optimizer *staged);

/* --- trainer: saved and staged ones have their records as tables in the list --- */

json_t *trainer_describe(const fa_trainer *trainer);
void trainer_list(tensor_list *list, const fa_trainer *trainer);
fa_status trainer_stage(const fields *from, const safetensors *file, const fa_trainer *trainer, const fa_network *net,
                        fa_trainer **staged);

/* Records from the tables of the list. */
fa_status trainer_settle(const fields *from, fa_trainer *staged, const tensor_list *list);
void trainer_commit(fa_trainer *trainer, fa_trainer *staged);

#endif
