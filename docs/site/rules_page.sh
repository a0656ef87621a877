#!/bin/sh
# The page of the manual that lists the learning rules, from what `fa-classify` ($1) knows of them.
set -e
printf '# Learning rules {#rules}\n\n'
printf 'What `fa-classify --list-rules` prints, made from the same tables. B, W, e and delta are as in\n'
printf '`fa/rule.h`; learning rates are for plain sgd and mini-batches of 64.\n\n'
"$1" --list-rules-markdown
