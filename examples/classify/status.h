/* What the program returns.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_STATUS_H
#define CLASSIFY_STATUS_H

enum { SUCCESS = 0, FAILURE = 1, USAGE = 2 };

#endif
