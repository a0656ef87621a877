# Completion of the command lines of fa-linear-function and fa-classify in bash.  -*- sh -*-
# SPDX-License-Identifier: MIT

# The words at the beginnings of lines of a list that the program itself ($1) prints with $2.
_fa_listed() {
    "$1" "$2" 2>/dev/null | sed -n 's/^\([a-z][a-z_]*\)\( .*\)\{0,1\}$/\1/p' | grep -vx quantity
}

# What the value of $2, an option of the program $1, may be or begin with: one a line.
_fa_values() {
    case $2 in
    --rules | --baseline)
        _fa_listed "$1" --list-rules ;;
    --lr)
        _fa_listed "$1" --list-rules | sed 's/$/=/' ;;
    --record-quantities)
        _fa_listed "$1" --list-quantities ;;
    --optimizer)
        _fa_listed "$1" --list-optimizers ;;
    --optimizer-param)
        "$1" --list-optimizers 2>/dev/null | sed -n 's/^  \([a-z][a-z_0-9]*\) .*/\1=/p' | sort -u ;;
    --rule-param | --grid)
        if [ "$2" = --grid ]; then
            printf '%s\n' lr= feedback_scale=
        fi
        "$1" --list-rules 2>/dev/null | sed -n 's/^    \([a-z][a-z_0-9]*=\).*/\1/p' | sort -u ;;
    --trainer-param)
        printf '%s\n' step_epochs= step_factor= final_factor= min_improvement= ;;
    --dtype)
        printf '%s\n' f32 f64 ;;
    --activation)
        printf '%s\n' tanh logistic relu erf identity ;;
    --output-activation)
        printf '%s\n' softmax logistic identity tanh relu erf ;;
    --loss)
        printf '%s\n' cross_entropy binary_cross_entropy squared_error ;;
    --init | --bias-init | --feedback-init)
        printf '%s\n' zero uniform normal glorot_uniform glorot_normal kaiming_uniform kaiming_normal ;;
    --hidden)
        printf '%s\n' none ;;
    --bp-layers)
        printf '%s\n' last ;;
    --schedule)
        printf '%s\n' constant step cosine ;;
    --monitor)
        printf '%s\n' loss error ;;
    esac
}

# Options of the program named $1.
_fa_options() {
    printf '%s\n' --rules --epochs --batch --dtype --seed --seeds --csv --plot --record --record-quantities \
        --record-every --quiet --list-rules --list-rules-markdown --list-quantities --help --version
    case $1 in
    *fa-linear-function)
        printf '%s\n' --eta --online --omega --beta --load --save ;;
    *)
        printf '%s\n' --data --validation --train --standardize --hidden --activation --loss --output-activation \
            --init --bias-init --feedback-init --feedback-scale --bp-layers --sparsity --hold-norm --dropout \
            --rule-param --mirror-steps --optimizer --optimizer-param --lr --lr-scale --bias-lr-scale --freeze \
            --no-shuffle --drop-last --schedule --warmup --trainer-param --patience --monitor --keep-best --threads \
            --eval-every --angle-every --grid --choose-seeds --jobs --jsonl --resume --checkpoints --replay \
            --baseline --list-optimizers --record-plot ;;
    esac
}

# Options without a value.
_fa_is_switch() {
    case $1 in
    --online | --quiet | --list-* | --help | --version | --standardize | --hold-norm | --no-shuffle | --drop-last | \
        --keep-best | --resume) return 0 ;;
    esac
    return 1
}

# Names of files that begin with $2 and end in one of $3..., and directories, each with $1 before it.
_fa_files() {
    local before=$1 begin=${2//\\/} end name
    shift 2
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        if [ -d "$name" ]; then
            COMPREPLY+=("$before$name")
            continue
        fi
        for end in "$@"; do
            case $name in
            *"$end") COMPREPLY+=("$before$name") ;;
            esac
        done
    done < <(compgen -f -- "$begin")
}

# The option whose value the line $1, up to the cursor, ends in; nothing where it ends in an option or something else.
_fa_option_before() {
    local word=${1##*[[:space:]]} rest option
    rest=${1%"$word"}
    rest=${rest%"${rest##*[![:space:]]}"}
    option=${rest##*[[:space:]]}
    case $word in
    --*=*) printf '%s\n' "${word%%=*}" ;;
    *)
        case $option in
        --*=*) ;;
        --*) _fa_is_switch "$option" || printf '%s\n' "$option" ;;
        esac ;;
    esac
}

# $2 is what bash replaces. Where "=" ends its words, as it does unless told otherwise, that is the value alone.
_fa_programs() {
    local option value=$2 before='' list=''
    COMPREPLY=()
    option=$(_fa_option_before "${COMP_LINE:0:COMP_POINT}")
    case $value in
    =) value= ;;
    --*=*)
        before=$option=
        value=${value#"$before"} ;;
    esac
    case $option in
    '')
        mapfile -t COMPREPLY < <(compgen -W "$(_fa_options "$1")" -- "$value") ;;
    --plot | --record-plot)
        _fa_files "$before" "$value" .svg .png ;;
    --csv)
        _fa_files "$before" "$value" .csv ;;
    --record)
        _fa_files "$before" "$value" .csv .jsonl ;;
    --jsonl | --replay)
        _fa_files "$before" "$value" .jsonl ;;
    --data | --load | --save | --checkpoints)
        _fa_files "$before" "$value" ;;
    *)
        # Of a list the last element is completed.
        case $option in
        --rules | --record-quantities | --lr | --*-param | --init | --bias-init | --bp-layers)
            list=${value%"${value##*,}"} ;;
        esac
        mapfile -t COMPREPLY < <(compgen -P "$before$list" -W "$(_fa_values "$1" "$option")" -- "${value#"$list"}")
        case ${COMPREPLY[0]-} in
        *=) compopt -o nospace 2>/dev/null ;;
        esac ;;
    esac
}

complete -F _fa_programs fa-linear-function fa-classify
