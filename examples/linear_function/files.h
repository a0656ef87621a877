/* A task and what was learned, as .npy files in a directory: float64, samples in columns.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_FILES_H
#define LINEAR_FUNCTION_FILES_H

#include "task.h"

/* Makes the directory if it is missing and writes the task into it; false after a complaint. */
bool files_save_task(const char *directory, const task *problem);

/* Writes W0 and W of a network as RULE_W0.npy and RULE_W.npy; false after a complaint. */
bool files_save_weights(const char *directory, const char *rule, const fa_network *net);

#endif
