/* libfa -- feedback alignment and its family, in C: everything at once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_FA_H
#define LIBFA_FA_H

#include <fa/base.h>
#include <fa/random.h>
#include <fa/network.h>
#include <fa/pass.h>
#include <fa/step.h>
#include <fa/rule.h>
#include <fa/feedback.h>
#include <fa/optimizer.h>
#include <fa/data.h>
#include <fa/train.h>
#include <fa/trainer.h>
#include <fa/diagnostics.h>
#include <fa/recorder.h>
#include <fa/io.h>

#endif
