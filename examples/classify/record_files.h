/* The files of --record: one for every run.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_RECORD_FILES_H
#define CLASSIFY_RECORD_FILES_H

#include "experiment.h"

/* Name of a run's file: FILE where there is one rule only, FILE-RULE where there are several, and in a study
 * FILE-RULE-seedN with the grid's values, so that a study which grows keeps its names. To be freed; NULL after a
 * complaint. */
char *record_file(const settings *chosen, const run *wanted);

/* Whether no run's file is one of the others that the program writes; false after a complaint. */
bool record_files_possible(const experiment *all);

/* Says on stderr of how many runs that --resume has found there is no file. */
void record_files_missing(const experiment *all);

#endif
