/* What is known of the learning rules, as the library's tables tell it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_RULE_DOCS_H
#define EXAMPLES_COMMON_RULE_DOCS_H

#include <stdio.h>

/* Every rule with its formula, source, learning rate and parameters, in lines of up to 90 characters. */
void rule_docs_print(FILE *stream);

/* The same as two tables in Markdown: rules, and their parameters. */
void rule_docs_print_markdown(FILE *stream);

#endif
